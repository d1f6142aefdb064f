package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// release is what an issuer publishes of a run: a headline, paragraphs and the
// table between them.
type release struct {
	draft          string // what is not for publication, "" for nothing
	headline       string
	before, after  []string // paragraphs around the table
	columns        []releaseColumn
	rows           [][]string
	tableFootnotes []string
}

type releaseColumn struct {
	heading string
	right   bool
}

// stage is how far an offer has come, for its release.
type stage uint8

const (
	toDate       stage = iota // what is tendered so far
	earlyResults              // and what is bought at the early settlement
	pricingTerms              // the prices, determined from yields
	results                   // of the whole offer
)

// stage of the run. Before the offer has expired there are results only if early
// tenders are bought on a day of their own, and if every cap could be applied.
func stageOf(r *result.Run) stage {
	switch o := r.Offer; {
	case r.Phase == tender.Final:
		return results
	case len(o.WithoutPrice()) == 0 && priced(r):
		return pricingTerms
	case suspended(o):
		return toDate
	case !o.Settlement.Early.IsZero() && !o.Early.IsZero() && !r.AsOf.Before(o.Early.At):
		return earlyResults
	}
	return toDate
}

func newRelease(r *result.Run) *release {
	t := &release{headline: r.Offer.Issuer + " announces " + [...]string{
		"tenders received to date in", "early results of", "pricing of", "results of",
	}[stageOf(r)] + " its cash tender offer"}
	if r.Phase != tender.Final {
		t.draft = "Indicative, as of " + releaseTime(r, r.AsOf) + ". Figures can change until the Expiration Date."
	}
	t.before = []string{openingWords(r), tenderedWords(r)}
	if words := withdrawalWords(r); words != "" {
		t.before = append(t.before, words)
	}
	t.before = append(t.before, pricingWords(r)...)
	t.table(r)
	if showsAccepted(r) {
		t.after = append(t.after, acceptedWords(r)...)
		if words := priceWords(r); words != "" {
			t.after = append(t.after, words)
		}
	}
	t.after = append(t.after, conditionWords(r)...)
	return t
}

func openingWords(r *result.Run) string {
	o := r.Offer
	opening := fmt.Sprintf("%s today reports on its offer to purchase for cash the securities listed in the table below",
		o.Issuer)
	if expired := r.Phase == tender.Final; expired {
		return opening + ". The offer expired " + deadlineWords(r, o.Expiration) + "."
	}
	return opening + ". The offer will expire " + deadlineWords(r, o.Expiration) +
		", unless it is extended or ended earlier."
}

// tenderedWords say how much was tendered, and up to when.
func tenderedWords(r *result.Run) string {
	until := "As of " + releaseTime(r, r.AsOf)
	switch early := r.Offer.Early; {
	case r.Phase == tender.Final:
		until = "By then"
	case !early.IsZero() && r.AsOf.Equal(early.At):
		until = "By the Early Tender Date, " + deadlineWords(r, early)
	}
	return fmt.Sprintf("%s, holders had validly tendered, and not validly withdrawn, %s%s.%s", until,
		principalWords(r, result.Figures.Tendered), ratesWords(r), guaranteedWords(r))
}

// principalWords are an amount of all series: in the currency of the caps, or in
// each currency if there is no rate.
func principalWords(r *result.Run, amount func(result.Figures) decimal.Decimal) string {
	if sum, ok := r.Total(amount); ok {
		return money(sum.Floor(), r.Offer.TotalCurrency()) + " in aggregate principal amount of securities"
	}
	var each []string
	for _, currency := range r.Currencies() {
		each = append(each, money(amount(r.CurrencyFigures(currency)), currency))
	}
	return joined(each) + " in aggregate principal amount of securities"
}

// ratesWords name the rates with which currencies were added up.
func ratesWords(r *result.Run) string {
	if _, ok := r.Total(result.Figures.Tendered); !ok || len(r.Currencies()) < 2 {
		return ""
	}
	var said []string
	for _, rate := range r.Offer.KnownRates() {
		said = append(said, fmt.Sprintf("%s 1 = %s %s", rate.From, rate.To, rate.Rate))
	}
	return ", with other currencies converted at the rate fixed in the terms (" + strings.Join(said, "; ") + ")"
}

func (t *release) table(r *result.Run) {
	priced, accepted := showsPricing(r), showsAccepted(r)
	t.columns = []releaseColumn{{"Title of security (CUSIP/ISIN)", false}, {"Level", true}, {"Outstanding", true},
		{"Tendered", true}, {"% tendered", true}}
	if priced {
		t.columns = append(t.columns, pricingColumns...)
	}
	if accepted {
		t.columns = append(t.columns, releaseColumn{"Accepted", true}, releaseColumn{"Proration factor", true})
	}
	for _, i := range result.SeriesByLevel(r) {
		s, f := &r.Offer.Series[i], r.SeriesFigures(i)
		level := fmt.Sprint(s.Priority)
		switch {
		case r.Offer.AuctionOf(s.ID) != nil:
			level = "auction"
		case s.Priority == 0:
			level = "all"
		case s.Pool != "":
			level = s.LevelText()
		}
		row := []string{
			plainLine(s.Title + inBrackets(s.Securities)), level, money(s.Outstanding, s.Currency),
			money(f.Tendered(), s.Currency),
			result.Share(f.Tendered(), s.Outstanding, 3).Shift(2).StringFixed(1) + "%",
		}
		if priced {
			row = append(row, pricingCells(r, i)...)
		}
		if accepted {
			words := factorWords(r.Allocation.Series[i])
			if r.Offer.AuctionOf(s.ID) != nil && !f.Left.IsZero() {
				words = "by bid"
			}
			row = append(row, money(f.Accepted(), s.Currency), words)
		}
		t.rows = append(t.rows, row)
	}
	t.tableFootnotes = []string{"Amounts are principal amounts; of discount notes, principal amounts at maturity."}
	if priced {
		t.tableFootnotes = append(t.tableFootnotes, horizonFootnotes(r)...)
	}
}

// inBrackets lists what follows a title.
func inBrackets(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// factorWords are the factor of a series as an issuer prints it, or those of its
// windows where they differ.
func factorWords(a allocate.Accepted) string {
	switch f := a.Factor(); {
	case a.Several:
		return a.FactorWords()
	case !f.None():
		return result.PercentText(f)
	case a.EarlyFactor.None():
		return "none tendered"
	}
	return "early " + result.PercentText(a.EarlyFactor) + ", late " + result.PercentText(a.LateFactor)
}

// acceptedWords say what is bought, of which series only a part, and why.
func acceptedWords(r *result.Run) []string {
	verb := "has accepted"
	if r.Phase != tender.Final || r.UnsatisfiedConditions() > 0 {
		verb = "expects to accept"
	}
	said := []string{fmt.Sprintf("%s %s for purchase %s.", r.Offer.Issuer, verb,
		principalWords(r, result.Figures.Accepted))}
	var whole []string
	returned := false
	for _, i := range result.SeriesByLevel(r) {
		s, f := &r.Offer.Series[i], r.SeriesFigures(i)
		returned = returned || !f.Left.IsZero()
		switch {
		case f.Tendered().IsZero(), r.Offer.AuctionOf(s.ID) != nil: // see below
		case f.Left.IsZero():
			whole = append(whole, s.Title)
		case !f.Accepted().IsZero():
			said = append(said, proratedWords(r, i))
		}
	}
	for i := range r.Allocation.Auctions {
		said = append(said, auctionWords(r, &r.Allocation.Auctions[i]))
	}
	if len(whole) > 0 {
		said = append(said, "Accepted in full: "+joined(whole)+".")
	}
	said = append(append(said, refusedWords(r)...), exhaustedWords(r)...)
	if returned {
		said = append(said, "Securities that are not accepted will be returned to their holders promptly and at no cost.")
	}
	return said
}

// proratedWords say of a series how each of its tenders was cut back.
func proratedWords(r *result.Run, i int) string {
	s, f := r.Offer.Series[i], r.SeriesFigures(i)
	said := fmt.Sprintf("Of the %s tendered, %s is accepted%s.", s.Title, money(f.Accepted(), s.Currency), partWords(r, s.ID))
	a, cut := r.Allocation.Series[i], roundedWords(r.Offer, s)
	each := "Each tender"
	if missing := undeliveredWords(r, s.ID); missing != "" {
		each, said = "Each other tender", said+missing
	}
	if a.Several {
		return said + cutWordsBySettlement(r, i, each)
	}
	if !a.Factor().None() {
		return said + cutWords(each, a.Factor(), cut)
	}
	return said + cutWords(each+" made by the Early Tender Date", a.EarlyFactor, cut) +
		cutWords(each+" made after the Early Tender Date", a.LateFactor, cut)
}

// partWords say why only a part of a series is accepted, "" if nothing names it.
func partWords(r *result.Run, series string) string {
	for n := range r.Book.Lines {
		reason := r.Allocation.Lines[n].Reason
		switch {
		case r.Book.Lines[n].Series != series || reason.Cap == "":
		case reason.Code == allocate.PoolCondition:
			return ", as not everything that was tendered in " + reason.Cap + " is purchased"
		case reason.Code == allocate.LevelSkipped:
			return ", as the rest does not fit whole into the " + limitWords(r, reason.Cap)
		default:
			return ", as the " + limitWords(r, reason.Cap) + " is reached"
		}
	}
	return ""
}

// pricesBefore are the prices at which earlier settlements were made, where they are others.
func pricesBefore(r *result.Run) (each []string) {
	type paid struct {
		made   int
		series string
		price  string
	}
	seen := map[paid]bool{}
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		if l.Settled == nil || l.Settled.AtTerms == nil || r.Offer.AuctionOf(l.Series) != nil {
			continue
		}
		at, known := r.Offer.SeriesByID(l.Series)
		s := &r.Offer.Series[at]
		price := l.Settled.AtTerms.Consideration
		p := paid{l.Settled.Made, l.Series, price.String()}
		if !known || seen[p] || price.Equal(s.TenderOfferConsideration) {
			continue
		}
		seen[p] = true
		words, then := perThousand(price, s.Currency), r.Book.Made[l.Settled.Made].Then
		if was, known := then.SeriesByID(s.ID); known && !then.Series[was].EarlyTenderPayment.IsZero() {
			words += " (Total Consideration " + perThousand(then.Series[was].TotalConsideration(), s.Currency) + ")"
		}
		each = append(each, fmt.Sprintf("for those settled on %s, %s for each %s of the %s",
			releaseDate(r.Book.Made[l.Settled.Made].On), words,
			money(decimal.New(tender.PerThousand, 0), s.Currency), s.Title))
	}
	return each
}

// cutWordsBySettlement say what the factor of each settlement did to the tenders of a series.
func cutWordsBySettlement(r *result.Run, i int, each string) (said string) {
	s := r.Offer.Series[i]
	for _, step := range r.Allocation.Steps {
		for _, share := range step.Shares {
			if share.Series != s.ID || share.Demand.IsZero() {
				continue
			}
			who := each + " that was not settled before"
			if step.Settled {
				who = each + " settled on " + releaseDate(step.On)
			}
			said += cutWords(who, share.Factor, roundedWords(r.Offer, s))
		}
	}
	return said
}

// cutWords say what a factor did to some tenders, and how each was rounded then.
func cutWords(tenders string, f allocate.Factor, rounded string) string {
	switch words := result.PercentText(f); words {
	case "0%":
		return " No" + strings.TrimPrefix(tenders, "Each") + " was accepted."
	case "100%":
		return " " + tenders + " was accepted in full."
	default:
		return fmt.Sprintf(" %s was multiplied by a proration factor of %s%s.", tenders, words, rounded)
	}
}

// roundedWords say how a tender that was multiplied by a factor was rounded (R10), and what
// became of small pieces (R11).
func roundedWords(o *tender.Offer, s tender.Series) string {
	said := " and rounded down to a multiple of " + money(s.Denomination.Multiple, s.Currency)
	minimum := money(s.Denomination.Minimum, s.Currency)
	accepted := map[tender.SmallPiece]string{
		tender.RejectPiece: "nothing is accepted", tender.ToMinimum: "the minimum is accepted",
		tender.UpTo: "the next multiple is accepted", tender.Whole: "the tender is accepted in full",
	}[o.Acceptance.BelowMinimum]
	returned := map[tender.SmallPiece]string{
		tender.TakeWhole: "the tender is accepted in full", tender.RejectPiece: "nothing is accepted",
		tender.Adjust: "so much less is accepted that the minimum is returned",
	}[o.Acceptance.ReturnedBelowMinimum]
	if legal := s.Denomination.Minimum.Equal(s.Denomination.Multiple); legal {
		returned = "" // every multiple can be returned
		if o.Acceptance.BelowMinimum == tender.RejectPiece {
			accepted = "" // what rounds down to nothing
		}
	}
	if accepted != "" {
		said += "; where that is less than the minimum of " + minimum + ", " + accepted
	}
	if returned != "" {
		said += "; where less than the minimum of " + minimum + " would be returned, " + returned
	}
	return said
}

// paymentDays are the days on which anything is paid. That of guaranteed deliveries, on which nothing else is paid, is
// said apart, as their interest is that of the others (R15).
func paymentDays(r *result.Run) (days []string, guaranteed string) {
	var dates []tender.Date
	for i := range r.Settlement.Lines {
		date := r.Settlement.Lines[i].Date
		if r.Book.Lines[i].Delivery != tender.GuaranteedDelivery && r.Settlement.Lines[i].Payment >= 0 && !slices.Contains(dates, date) {
			dates = append(dates, date)
		}
	}
	alone := len(dates) == 0
	for _, f := range r.Settlement.Funding {
		switch {
		case slices.Contains(dates, f.Date):
		case alone || f.Date != r.Offer.Guaranteed.Settlement:
			dates = append(dates, f.Date)
		default:
			guaranteed = " Securities delivered under the guaranteed delivery procedures are paid for on " + releaseDate(f.Date) +
				", with interest up to the same day as the others."
		}
	}
	slices.SortFunc(dates, func(a, b tender.Date) int { return a.Time().Compare(b.Time()) })
	for _, d := range dates {
		days = append(days, releaseDate(d))
	}
	return days, guaranteed
}

// conditionWords name the conditions that still prevent payment.
func conditionWords(r *result.Run) []string {
	var open []string
	for i := range r.Offer.Conditions {
		if c := &r.Offer.Conditions[i]; !r.Satisfied(c) {
			open = append(open, c.Name+" ("+c.Text+")")
		}
	}
	if len(open) == 0 {
		return nil
	}
	return []string{"The offer remains subject to these conditions, which have not been satisfied: " + joined(open) + "."}
}

// deadlineWords are a cut-off as issuers write it: midnight belongs to the day
// that ends.
func deadlineWords(r *result.Run, c tender.CutOff) string {
	t := c.At.In(r.Offer.Zone)
	if h, m, s := t.Clock(); h+m+s == 0 {
		return fmt.Sprintf("at midnight, %s, at the end of %s", zoneWords(r, t),
			t.AddDate(0, 0, -1).Format("January 2, 2006"))
	}
	return "at " + releaseTime(r, c.At)
}

func releaseTime(r *result.Run, t time.Time) string {
	t = t.In(r.Offer.Zone)
	clock := "3:04 pm"
	if t.Second() != 0 {
		clock = "3:04:05 pm"
	}
	hour := strings.NewReplacer("am", "a.m.", "pm", "p.m.").Replace(t.Format(clock))
	return hour + ", " + zoneWords(r, t) + ", on " + t.Format("January 2, 2006")
}

func zoneWords(r *result.Run, t time.Time) string {
	switch name := r.Offer.Zone.String(); name {
	case "America/New_York":
		return "New York City time"
	case "America/Toronto":
		return "Eastern time"
	case "Europe/London":
		return "London time"
	}
	return t.Format("MST")
}

func releaseDate(d tender.Date) string { return d.Time().Format("January 2, 2006") }

// money is an amount with its currency; cents only where there are any.
func money(d decimal.Decimal, currency string) string {
	digits := d.String()
	if decimals.Places(d) > 0 {
		digits = d.StringFixed(max(decimals.Places(d), tender.CashPlaces(currency)))
	}
	if currency == "USD" {
		return "$" + display.Thousands(digits)
	}
	return currency + " " + display.Thousands(digits)
}

// perThousand is a price per 1,000 of principal.
func perThousand(d decimal.Decimal, currency string) string {
	return strings.Replace(money(decimal.Zero, currency), "0", display.Thousands(d.StringFixed(max(2,
		decimals.Places(d)))), 1)
}

// joined is a list in a sentence.
func joined(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// plainLine is text of an input on one line.
func plainLine(s string) string { return strings.Join(strings.Fields(spreadsheet.Clean(s)), " ") }

// releaseWidth is how many letters a line of release.txt has at most, but for
// the table.
const releaseWidth = 92

// WriteReleaseText writes release.txt, the results as an issuer would publish
// them.
func WriteReleaseText(w io.Writer, r *result.Run) error {
	t := newRelease(r)
	var b strings.Builder
	for _, p := range slices.Concat([]string{t.draft, t.headline}, t.before) {
		writeWrapped(&b, p)
	}
	t.writeTextTable(&b)
	for _, p := range slices.Concat(t.tableFootnotes, t.after) {
		writeWrapped(&b, p)
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// writeWrapped writes a paragraph and a blank line.
func writeWrapped(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	for _, line := range wrapped(text, releaseWidth) {
		b.WriteString(line + "\n")
	}
	b.WriteString("\n")
}

// wrapped breaks text into lines between words.
func wrapped(text string, width int) []string {
	var all []string
	line := ""
	for word := range strings.FieldsSeq(spreadsheet.Clean(text)) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			all, line = append(all, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(all, line)
}

// titleWidth is at which the title of a security goes on on the next line.
const titleWidth = 30

func (t *release) writeTextTable(b *strings.Builder) {
	heading := make([]string, len(t.columns))
	for i, c := range t.columns {
		heading[i] = c.heading
	}
	widths := make([]int, len(t.columns))
	widths[0] = titleWidth
	for i := 1; i < len(widths); i++ {
		for _, row := range append([][]string{heading}, t.rows...) {
			widths[i] = max(widths[i], len([]rune(row[i])))
		}
	}
	t.writeTextRow(b, heading, widths)
	rule := make([]string, len(widths))
	for i, n := range widths {
		rule[i] = strings.Repeat("-", n)
	}
	t.writeTextRow(b, rule, widths)
	for _, row := range t.rows {
		t.writeTextRow(b, row, widths)
	}
	b.WriteString("\n")
}

func (t *release) writeTextRow(b *strings.Builder, row []string, widths []int) {
	titles := wrapped(row[0], titleWidth)
	for n, title := range titles {
		line := title + strings.Repeat(" ", max(0, titleWidth-len([]rune(title))))
		for i := 1; i < len(row) && n == 0; i++ {
			line += "  " + strings.Repeat(" ", widths[i]-len([]rune(row[i]))) + row[i]
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// WriteReleaseMarkdown writes release.md, the same as release.txt in Markdown.
func WriteReleaseMarkdown(w io.Writer, r *result.Run) error {
	t := newRelease(r)
	var b strings.Builder
	if t.draft != "" {
		b.WriteString("> " + markdown(t.draft) + "\n\n")
	}
	b.WriteString("# " + markdown(t.headline) + "\n\n")
	for _, p := range t.before {
		b.WriteString(markdown(p) + "\n\n")
	}
	t.writeMarkdownTable(&b)
	for _, p := range slices.Concat(t.tableFootnotes, t.after) {
		b.WriteString("\n" + markdown(p) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *release) writeMarkdownTable(b *strings.Builder) {
	for _, c := range t.columns {
		b.WriteString("| " + markdown(c.heading) + " ")
	}
	b.WriteString("|\n")
	for _, c := range t.columns {
		if c.right {
			b.WriteString("| ---: ")
		} else {
			b.WriteString("| --- ")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		for _, text := range row {
			b.WriteString("| " + markdown(text) + " ")
		}
		b.WriteString("|\n")
	}
}

// markdown is text that Markdown shows as written: text of an input becomes
// neither markup nor a link.
func markdown(s string) string { return markup.Replace(plainLine(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "#", `\#`,
	"~", `\~`, "&", `\&`, "@", `\@`, "://", `\://`, "www.", `www\.`, "$", `\$`,
)
