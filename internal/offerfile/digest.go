package offerfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// termsDigest is the SHA-256 of the terms in force, in hexadecimal. It is taken
// of one line for each value, path="value", in a fixed order: amounts without
// trailing zeros, instants in UTC. How the file is written makes no difference.
// When runs are made (schedule, catch_up, run_after), who releases them, the names of password
// variables and the notes of amendments and waivers are left out: no figure depends on them.
func termsDigest(o *tender.Offer) string {
	sum := sha256.New()
	l := lister{zone: time.UTC, put: func(t tender.Term) { fmt.Fprintf(sum, "%s=%q\n", t.Path, t.Text) }}
	l.terms(o)
	return hex.EncodeToString(sum.Sum(nil))
}

// ListTerms returns every value of the terms in force that the digest is taken
// of, and the notes of the amendments, for people: under the paths of offer.yaml,
// the elements of lists by name, instants in the offer's zone. What is not given
// is left out. Of each list there is also one value that names its elements in
// their order. If the digests of two offers differ, these lists differ.
func ListTerms(o *tender.Offer) []tender.Term {
	var all []tender.Term
	l := lister{zone: o.Zone, named: make(map[string]int), put: func(t tender.Term) {
		if t.Text != "" {
			all = append(all, t)
		}
	}}
	l.terms(o)
	return all
}

// lister puts the values of the terms one by one, in a fixed order.
type lister struct {
	put   func(tender.Term)
	zone  *time.Location // of the instants
	named map[string]int // how often each path of an element was given; nil: elements go by number
}

func (l lister) terms(o *tender.Offer) {
	dates := ""
	if l.named != nil {
		dates = "dates."
	}
	l.text("id", o.ID)
	l.text("issuer", o.Issuer)
	l.text("timezone", o.Zone.String())
	if o.Paper != "" {
		l.text("paper", string(o.Paper))
	}
	l.date(dates+"launch", o.Launch)
	l.cutOff(dates+"early_tender", o.Early)
	l.cutOff(dates+"expiration", o.Expiration)
	l.settlement(dates+"settlement.", o.Settlement)
	l.cutOff(dates+"guaranteed_delivery.deadline", o.Guaranteed.Deadline)
	l.date(dates+"guaranteed_delivery.settlement", o.Guaranteed.Settlement)
	l.cutOff("withdrawal.early", o.Withdrawal.Early)
	l.cutOff("withdrawal.late", o.Withdrawal.Late)
	l.acceptance(o.Acceptance)
	eachOf(l, "caps", o.Caps, func(c tender.Cap) string { return c.Name }, l.limit)
	if len(o.Pools) > 0 {
		eachOf(l, "pools", o.Pools, func(p tender.Pool) string { return p.Name }, l.pool)
	}
	if len(o.Auctions) > 0 {
		eachOf(l, "auctions", o.Auctions, func(a tender.Auction) string { return a.Name }, l.auction)
	}
	eachOf(l, "fx", o.Rates, func(r tender.Rate) string { return r.From + "/" + r.To }, l.rate)
	l.pricing(o)
	eachOf(l, "conditions", o.Conditions, func(c tender.Condition) string { return c.Name }, l.condition)
	eachOf(l, "series", o.Series, func(s tender.Series) string { return s.ID }, l.series)
	eachOf(l, "depositaries", o.Depositaries, func(p tender.Depositary) string { return p.Name }, l.depositary)
	eachOf(l, "waivers", o.Waivers, func(w tender.Waiver) string {
		return strings.TrimSpace(w.Depositary + " " + w.Instruction + " " + w.Rule)
	}, l.waiver)
	if len(o.Resolutions) > 0 {
		eachOf(l, "resolutions", o.Resolutions, func(r tender.Resolution) string {
			return strings.Join(strings.Fields(r.Depositary+" "+r.Instruction+" "+r.Rule), " ")
		}, l.resolution)
	}
	eachOf(l, "amendments", o.Amendments, func(a tender.Amendment) string {
		return a.Effective.In(l.zone).Format(time.RFC3339Nano)
	}, l.amendment)
}

func (l lister) settlement(at string, s tender.Settlement) {
	l.date(at+"early", s.Early)
	l.text(at+"early_run", s.EarlyRun)
	l.date(at+"final", s.Final)
	for i, interim := range s.Interim {
		under := l.element(at+"interim", i, interim.On.String())
		l.date(under+"on", interim.On)
		l.unless("", under+"run", interim.Run)
	}
}

// eachOf puts the elements of a list one by one. By name, it first puts all names.
func eachOf[Element any](l lister, path string, elements []Element, name func(Element) string,
	put func(at string, e Element)) {
	if l.named != nil {
		names := make([]string, len(elements))
		for i, e := range elements {
			names[i] = name(e)
		}
		l.text(path, strings.Join(names, ", "))
	}
	for i, e := range elements {
		put(l.element(path, i, name(e)), e)
	}
}

// element is the path of an element of a list, up to its values. Elements of the
// same name are numbered from the second on.
func (l lister) element(list string, i int, name string) string {
	if l.named == nil {
		return fmt.Sprintf("%s[%d].", list, i)
	}
	path := list + "." + name
	if l.named[path]++; l.named[path] > 1 {
		path = fmt.Sprintf("%s (%d)", path, l.named[path])
	}
	return path + "."
}

// words puts a list of words: one by one, or by name all in one.
func (l lister) words(path string, words []string) {
	if l.named != nil {
		l.text(path, strings.Join(words, ", "))
		return
	}
	for i, w := range words {
		l.text(fmt.Sprintf("%s[%d]", path, i), w)
	}
}

// entry is the path of an entry of a mapping.
func (l lister) entry(path, key string) string {
	if l.named != nil {
		return path + "." + key
	}
	return fmt.Sprintf("%s[%q]", path, key)
}

func (l lister) text(path, value string) {
	l.put(tender.Term{Path: path, Kind: tender.TermWords, Text: value})
}

func (l lister) amount(path string, v decimal.Decimal) {
	l.put(tender.Term{Path: path, Kind: tender.TermNumber, Text: v.String()})
}

func (l lister) count(path string, n int) {
	l.put(tender.Term{Path: path, Kind: tender.TermNumber, Text: fmt.Sprint(n)})
}

func (l lister) date(path string, v tender.Date) {
	l.put(tender.Term{Path: path, Kind: tender.TermDate, Text: v.String()})
}

func (l lister) instant(path string, t time.Time) {
	l.put(tender.Term{Path: path, Kind: tender.TermInstant, Text: t.In(l.zone).Format(time.RFC3339Nano)})
}

func (l lister) cutOff(path string, c tender.CutOff) {
	if !c.IsZero() {
		l.instant(path+".at", c.At)
		l.text(path+".boundary", string(c.Boundary))
	}
}

func (l lister) condition(at string, c tender.Condition) {
	l.text(at+"name", c.Name)
	l.text(at+"text", c.Text)
	l.text(at+"satisfied", fmt.Sprint(c.Satisfied))
	if m := c.Minimum; m != nil {
		l.amount(at+"minimum_tendered.amount", m.Amount)
		l.text(at+"minimum_tendered.currency", m.Currency)
		l.words(at+"minimum_tendered.series", m.Series)
	}
}

// amendment puts the note for people, who know the instant by the name; no figure
// depends on it.
func (l lister) amendment(at string, a tender.Amendment) {
	if l.named != nil {
		l.text(at+"note", a.Note)
		return
	}
	l.instant(at+"effective", a.Effective)
}

func (l lister) acceptance(a tender.Acceptance) {
	l.text("acceptance.order", string(a.Order))
	l.text("acceptance.shortfall", string(a.Shortfall))
	l.text("acceptance.factor", string(a.Factor))
	l.amount("acceptance.given", a.Given)
	l.text("acceptance.below_minimum", string(a.BelowMinimum))
	l.text("acceptance.returned_below_minimum", string(a.ReturnedBelowMinimum))
}

func (l lister) limit(at string, c tender.Cap) {
	l.text(at+"name", c.Name)
	l.amount(at+"amount", c.Amount)
	l.text(at+"currency", c.Currency)
	l.text(at+"measure", string(c.Measure))
	l.words(at+"series", c.Series)
}

func (l lister) pool(at string, p tender.Pool) {
	l.text(at+"name", p.Name)
	if p.HasCap {
		l.capOf(at, p.Cap, p.Less)
	}
	l.unless("", at+"shortfall", string(p.Shortfall))
	l.announced(at, p.Announced)
	l.text(at+"counts", string(p.Counts))
	l.words(at+"only_if_full", p.OnlyIfFull)
	if p.Satisfied {
		l.text(at+"satisfied", "true")
	}
}

// announced puts a factor that was announced for a pool or an auction.
func (l lister) announced(at string, factor decimal.Decimal) {
	if factor.Sign() > 0 {
		l.amount(at+"factor", factor)
	}
}

// capOf puts the cap of a pool or an auction, of a pool also what its total is less of.
func (l lister) capOf(at string, c tender.Cap, less []string) {
	amount := "amount"
	if len(less) > 0 {
		amount = "total"
		l.words(at+"cap.less", less)
	}
	l.amount(at+"cap."+amount, c.Amount)
	l.text(at+"cap.currency", c.Currency)
	l.text(at+"cap.measure", string(c.Measure))
}

func (l lister) auction(at string, a tender.Auction) {
	l.text(at+"name", a.Name)
	l.words(at+"series", a.Series)
	l.text(at+"form", string(a.Form))
	l.text(at+"bid", string(a.Bid))
	l.amount(at+"range.from", a.From)
	l.amount(at+"range.to", a.To)
	l.amount(at+"increment", a.Increment)
	for _, id := range slices.Sorted(maps.Keys(a.BaseSpreads)) {
		l.amount(l.entry(at+"base_spreads", id), a.BaseSpreads[id])
	}
	for _, id := range slices.Sorted(maps.Keys(a.References)) {
		l.text(l.entry(at+"references", id), a.References[id])
	}
	l.capOf(at, a.Cap, nil)
	l.text(at+"no_bid", string(a.NoBid))
	l.text(at+"undersubscribed", string(a.Undersubscribed))
	l.text(at+"set_by", string(a.SetBy))
	l.announced(at, a.Announced)
	if a.HasClearing {
		l.amount(at+"clearing", a.Clearing)
	}
}

func (l lister) rate(at string, r tender.Rate) {
	l.text(at+"from", r.From)
	l.text(at+"to", r.To)
	if r.Rate.Sign() > 0 {
		l.amount(at+"rate", r.Rate)
	}
	l.date(at+"date", r.Date)
	if !r.At.IsZero() {
		l.instant(at+"at", r.At)
	}
	l.text(at+"source", r.Source)
}

func (l lister) series(at string, s tender.Series) {
	l.text(at+"id", s.ID)
	l.text(at+"title", s.Title)
	l.words(at+"securities", s.Securities)
	l.text(at+"currency", s.Currency)
	l.unless("", at+"pool", s.Pool)
	l.count(at+"priority", s.Priority)
	l.amount(at+"outstanding", s.Outstanding)
	if s.HasMaximum {
		l.amount(at+"maximum_offer_amount", s.MaximumOfferAmount)
	}
	l.spread(at, s)
	if s.HasPrice() {
		l.amount(at+"tender_offer_consideration", s.TenderOfferConsideration)
	}
	l.amount(at+"early_tender_payment", s.EarlyTenderPayment)
	l.amount(at+"denomination.minimum", s.Denomination.Minimum)
	l.amount(at+"denomination.multiple", s.Denomination.Multiple)
	l.amount(at+"interest.coupon", s.Interest.Coupon)
	l.text(at+"interest.day_count", string(s.Interest.DayCount))
	l.date(at+"interest.last_paid", s.Interest.LastPaid)
	l.count(at+"interest.frequency", s.Interest.Frequency)
	l.date(at+"interest.first_payment", s.Interest.FirstPayment)
	l.date(at+"interest.accretes_until", s.Interest.AccretesUntil)
	if s.Interest.FixedDay {
		l.text(at+"interest.end_of_month", "false")
	}
	for i, step := range s.Interest.Steps {
		under := l.element(at+"interest.steps", i, step.From.String())
		l.date(under+"from", step.From)
		l.amount(under+"coupon", step.Coupon)
	}
}

func (l lister) depositary(at string, p tender.Depositary) {
	l.text(at+"name", p.Name)
	l.text(at+"files", p.Files)
	l.text(at+"incremental", fmt.Sprint(p.Incremental))
	l.text(at+"timezone", p.Zone.String())
	l.sheets(at, p.Sheets)
	l.words(at+"skip_sheets", p.Skip)
	for _, column := range slices.Sorted(maps.Keys(p.Columns)) {
		l.text(l.entry(at+"columns", column), p.Columns[column])
	}
	for _, code := range slices.Sorted(maps.Keys(p.Statuses)) {
		l.text(l.entry(at+"statuses", code), string(p.Statuses[code]))
	}
	l.unless("", at+"date_format", string(p.Dates))
	l.unless(string(tender.RejectFormulas), at+"formulas", string(p.Formulas))
	l.unless(string(tender.UTF8), at+"encoding", string(p.Encoding))
	if len(p.Ignored) > 0 {
		l.words(at+"ignore_columns", p.Ignored)
	}
	if p.WithdrawnYes != "" {
		l.text(at+"withdrawn.yes", p.WithdrawnYes)
	}
	if p.WithdrawnNo != "" {
		l.text(at+"withdrawn.no", p.WithdrawnNo)
	}
	l.unless("", at+"decimal", string(p.Decimal))
	if len(p.Blanks) > 0 {
		l.words(at+"blanks", p.Blanks)
	}
	if p.NoStatus {
		l.text(at+"status", "none")
	}
	l.unless(usualRejectLimit.String(), at+"reject_limit", p.RejectLimit.String())
	if !p.Closed.IsZero() {
		l.instant(at+"closed", p.Closed)
	}
	if p.Expected != nil {
		l.text(at+"expected", p.Expected.String())
	}
}

// sheets takes one name as the key sheet gives it, so that it makes no
// difference which of the two keys does.
func (l lister) sheets(at string, names []string) {
	if len(names) <= 1 {
		l.text(at+"sheet", strings.Join(names, ""))
		return
	}
	l.words(at+"sheets", names)
}

// unless takes a value that is not the default. Keys that came later are taken
// so: the digest of terms that do not use them stays what it was.
func (l lister) unless(usual, path, value string) {
	if value != usual && value != "" {
		l.text(path, value)
	}
}

func (l lister) resolution(at string, r tender.Resolution) {
	l.text(at+"depositary", r.Depositary)
	l.text(at+"instruction", r.Instruction)
	l.text(at+"file", r.File)
	if r.Row > 0 {
		l.text(at+"row", fmt.Sprint(r.Row))
	}
	l.text(at+"rule", r.Rule)
	l.text(at+"outcome", string(r.Outcome))
	l.text(at+"by", r.By)
	l.date(at+"on", r.On)
}

func (l lister) waiver(at string, w tender.Waiver) {
	l.text(at+"depositary", w.Depositary)
	l.text(at+"instruction", w.Instruction)
	l.text(at+"rule", w.Rule)
	l.text(at+"by", w.By)
	l.date(at+"on", w.On)
}
