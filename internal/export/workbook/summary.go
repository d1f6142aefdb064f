package workbook

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The columns of the results table.
const (
	sumTitle = iota + 1
	sumSeries
	sumLevel
	sumCurrency
	sumOutstanding
	sumMaximum
	sumEarly
	sumLate
	sumTendered
	sumPercent
	sumAccepted
	sumFactor
	sumReturned
)

var summaryColumns = []spreadsheet.Column{
	{Heading: "Title of security", Widest: 34},
	{Heading: "Series", Widest: 14},
	{Heading: "Level"},
	{Heading: "Currency"},
	{Heading: "Principal outstanding", Right: true},
	{Heading: "Maximum Offer Amount", Right: true},
	{Heading: "Tendered early", Right: true},
	{Heading: "Tendered late", Right: true},
	{Heading: "Tendered", Right: true},
	{Heading: "% of outstanding", Right: true},
	{Heading: "Accepted", Right: true},
	{Heading: "Proration factor", Right: true},
	{Heading: "Returned", Right: true},
}

// priceColumns stand below the first of those. The words are the offer's.
var priceColumns = []spreadsheet.Column{
	{Heading: "Title of security", Widest: 34}, {Heading: "Series", Widest: 14}, {Heading: "Level"}, {Heading: "Currency"},
	{Heading: "CUSIP or ISIN", Widest: 15},
	{Heading: "Tender Offer Consideration", Right: true},
	{Heading: "Early Tender Payment", Right: true},
	{Heading: "Total Consideration", Right: true},
}

// amountColumns are those of figures.each.
var amountColumns = [6]int{sumOutstanding, sumEarly, sumLate, sumTendered, sumAccepted, sumReturned}

// laySummary lays out the sheet that answers at one look: what it is, as of
// when, whether anything is wrong, what is bought, at what factor, and what is
// to be wired when.
func (b *workbook) laySummary() {
	s := b.frame.NewSheet("Summary", b.run.Offer.Issuer)
	b.summary, b.byLevel = s, result.SeriesByLevel(b.run)
	s.Put(spreadsheet.SubtitleRow, 1, spreadsheet.Label(fmt.Sprintf("Results of the cash tender offer %s  ·  run %s",
		b.run.Offer.ID, b.run.Name)).As(spreadsheet.InSubtitle))
	row := b.layStatus(spreadsheet.BannerRow + 1)
	row = b.layFacts(s.Gap(row))
	row = b.layResults(s.Gap(row))
	charts := s.Gap(row)
	row = b.layWires(charts)
	row = b.layPrices(s.Gap(row))
	row = b.layCaps(s.Gap(row))
	row = b.layCharts(charts, row)
	b.laySignatures(s, s.Gap(row), sumReturned)
	s.Whole = true
}

// layStatus says in one line whether anything is wrong, then each warning, and
// returns the next free row.
func (b *workbook) layStatus(row int) int {
	s, warnings := b.summary, b.run.WarningTexts()
	checked := fmt.Sprintf("All %d invariants hold", len(b.run.Invariants))
	if len(b.run.Invariants) == 0 {
		checked = "No invariant was checked"
	} else if n := b.run.BrokenInvariants(); n > 0 {
		checked = fmt.Sprintf("%d of %s BROKEN: do not pay from this workbook", n,
			display.Plural(len(b.run.Invariants), "invariant", "invariants"))
	}
	warned := "no warnings"
	if n := len(warnings); n > 0 {
		warned = display.Plural(n, "warning", "warnings")
	}
	said := []string{checked, b.rejectWords(), warned}
	if n := b.run.UnsatisfiedConditions(); n > 0 {
		said = append(said, display.Plural(n, "condition", "conditions")+" not satisfied")
	}
	s.Put(row, 1, spreadsheet.Label(strings.Join(said, "  ·  ")).As(spreadsheet.InSection).WithTone(b.statusTone()))
	s.SetHeight(row, 22)
	for _, w := range warnings {
		row++
		s.Put(row, 1, spreadsheet.Label("Warning: "+w).WithTone(spreadsheet.Doubtful).Wrapped())
		s.Merges = append(s.Merges, spreadsheet.Area{Top: row, Left: 1, Bottom: row, Right: sumReturned})
	}
	return row + 1
}

func (b *workbook) statusTone() spreadsheet.Tone {
	switch {
	case b.run.BrokenInvariants() > 0:
		return spreadsheet.Bad
	case len(b.run.WarningTexts()) > 0, findingsOf(b.run).rejected > 0, b.run.UnsatisfiedConditions() > 0,
		len(b.run.Invariants) == 0:
		return spreadsheet.Doubtful
	}
	return spreadsheet.Good
}

// fact is a name and the value next to it.
type fact struct {
	name  string
	value spreadsheet.Cell
}

// layFacts lays out dates and exchange rates at the left and terms at the right, and
// returns the next free row.
func (b *workbook) layFacts(top int) int {
	s, dates, terms := b.summary, b.dateFacts(), b.termFacts()
	for i, f := range dates {
		b.putFact(spreadsheet.Area{Top: top + i, Left: sumTitle, Bottom: top + i, Right: sumSeries},
			spreadsheet.Area{Top: top + i, Left: sumSeries, Bottom: top + i, Right: sumCurrency}, f)
	}
	for i, f := range terms {
		b.putFact(spreadsheet.Area{Top: top + i, Left: sumMaximum, Bottom: top + i, Right: sumMaximum},
			spreadsheet.Area{Top: top + i, Left: sumEarly, Bottom: top + i, Right: sumReturned}, f)
	}
	b.putRates(top + len(dates))
	b.terms = top
	b.frame.Name("AsOf", s, spreadsheet.Fixed(top, sumSeries))
	return top + max(len(dates)+len(b.run.Offer.KnownRates()), len(terms))
}

func (b *workbook) putFact(name, value spreadsheet.Area, f fact) {
	b.summary.Put(name.Top, name.Left, spreadsheet.Label(f.name).As(spreadsheet.InFact))
	b.summary.Put(value.Top, value.Left, f.value.Aligned(spreadsheet.Left))
	b.summary.Merges = append(b.summary.Merges, value)
}

func (b *workbook) dateFacts() []fact {
	o := b.run.Offer
	facts := []fact{
		{"As of (" + o.Zone.String() + ")", spreadsheet.InstantCell(b.run.AsOf, o.Zone)},
		{"Produced", producedCell(b.run)},
		{"Early Tender Date" + boundaryWords(o.Early), cutOffCell(o.Early, o)},
		{"Expiration Date" + boundaryWords(o.Expiration), cutOffCell(o.Expiration, o)},
	}
	if !o.Settlement.Early.IsZero() {
		facts = append(facts, fact{"Early settlement", spreadsheet.Day(o.Settlement.Early)})
	}
	for _, s := range o.Settlement.Interim {
		facts = append(facts, fact{"Interim settlement", spreadsheet.Day(s.On)})
	}
	facts = append(facts, fact{"Final settlement", spreadsheet.Day(o.Settlement.Final)})
	if !o.Guaranteed.Settlement.IsZero() {
		facts = append(facts, fact{"Guaranteed deliveries", spreadsheet.Day(o.Guaranteed.Settlement)})
	}
	return facts
}

// producedCell says when the run was made, and by whom.
func producedCell(r *result.Run) spreadsheet.Cell {
	if r.Made.IsZero() {
		return spreadsheet.Label("not published")
	}
	said := tender.WallTime(r.Made.Truncate(time.Minute), r.Offer.Zone)
	if r.By != "" {
		said += " by " + r.By
	}
	return spreadsheet.Label(said).Wrapped()
}

func boundaryWords(c tender.CutOff) string {
	switch {
	case c.IsZero():
		return ""
	case c.Boundary == tender.AtOrBefore:
		return " (at or before)"
	}
	return " (before)"
}

func cutOffCell(c tender.CutOff, o *tender.Offer) spreadsheet.Cell {
	if c.IsZero() {
		return spreadsheet.Label("none")
	}
	return spreadsheet.InstantCell(c.At, o.Zone)
}

func (b *workbook) termFacts() []fact {
	o := b.run.Offer
	facts := []fact{
		{"Control checks", spreadsheet.Label(allAgree)}, // see checkFact
		{"Terms", spreadsheet.Label(fmt.Sprintf("version %d, %s in force", o.Version(),
			display.Plural(len(o.Amendments), "amendment", "amendments")))},
	}
	if newest := b.run.Newest(); len(newest) > 0 {
		facts = append(facts, fact{"Newest reports", spreadsheet.Label(strings.Join(newest, "; ")).Wrapped()})
	}
	if b.run.Replaces != "" {
		facts = append(facts, fact{"Replaces", spreadsheet.Label("the final run " +
			b.run.Replaces).WithTone(spreadsheet.Bad).Wrapped()})
	}
	if b.run.Held != "" {
		facts = append(facts, fact{"Not in force", spreadsheet.Label(b.run.Held).WithTone(spreadsheet.Bad).Wrapped()})
	}
	if b.run.MustBeReleased() {
		facts = append(facts, fact{"Release", spreadsheet.Label(b.run.Offer.Release.Words()).Wrapped()})
	}
	for _, change := range b.run.TermChanges {
		facts = append(facts, fact{"Changed in place",
			spreadsheet.Label(compare.TermWords(change)).WithTone(spreadsheet.Doubtful).Wrapped()})
	}
	for _, d := range b.run.Decisions {
		facts = append(facts, fact{"Decided", spreadsheet.Label(d.String()).Wrapped()})
	}
	for _, a := range o.Amendments {
		words := tender.WallTime(a.Effective, o.Zone)
		if a.Note != "" {
			words += ": " + a.Note
		}
		facts = append(facts, fact{"Amended", spreadsheet.Label(words).Wrapped()})
	}
	for i := range o.Conditions {
		c := &o.Conditions[i]
		words := conditionWords(b.run, c)
		said := spreadsheet.Label(c.Name + ": satisfied (" + words + ")")
		if !b.run.Satisfied(c) {
			said = spreadsheet.Label(c.Name + ": NOT SATISFIED (" + words + ")").WithTone(spreadsheet.Bad)
		}
		facts = append(facts, fact{"Condition", said.Wrapped()})
	}
	return append(facts, b.poolFacts()...)
}

// conditionWords are the text of a condition, and what was tendered of what it needs.
func conditionWords(r *result.Run, c *tender.Condition) string {
	switch {
	case c.Minimum == nil:
		return c.Text
	case c.Text == "":
		return c.Minimum.Words(r.Offer, r.Book)
	}
	return c.Text + "; " + c.Minimum.Words(r.Offer, r.Book)
}

// poolFacts are the conditions between pools, and the pools without a cap, which no list of caps has.
func (b *workbook) poolFacts() (facts []fact) {
	for i := range b.run.Offer.Pools {
		p := &b.run.Offer.Pools[i]
		if !p.HasCap {
			facts = append(facts, fact{"Pool", spreadsheet.Label(p.Name + ": no cap, everything tendered is bought").Wrapped()})
		}
		terms := p.Name + ": only if everything tendered in " + strings.Join(p.OnlyIfFull, " and ") + " is bought: "
		switch b.run.OutcomeOf(p) {
		case result.ConditionMet:
			facts = append(facts, fact{"Condition", spreadsheet.Label(terms + "met").Wrapped()})
		case result.ConditionWaived:
			facts = append(facts, fact{"Condition", spreadsheet.Label(terms + "satisfied or waived").Wrapped()})
		case result.ConditionNotMet:
			facts = append(facts, fact{"Condition",
				spreadsheet.Label(terms + "NOT MET, so nothing of " + p.Name + " is").WithTone(spreadsheet.Doubtful).Wrapped()})
		}
	}
	return facts
}

// checkFact says on Summary whether the live checks on Controls all agree. It is
// the first of the facts about the terms, and known only when Controls is laid
// out.
func (b *workbook) checkFact(agree bool) {
	said := spreadsheet.Label(allAgree)
	if !agree {
		said = spreadsheet.Label(notAgree)
		status := b.summary.Get(spreadsheet.BannerRow+1, 1)
		b.summary.Put(spreadsheet.BannerRow+1, 1,
			spreadsheet.Label(notAgree+"  ·  "+status.Value).As(spreadsheet.InSection).WithTone(spreadsheet.Bad))
	}
	b.summary.Alarm = spreadsheet.Area{Top: b.terms, Left: sumEarly, Bottom: b.terms, Right: sumReturned}
	b.summary.Put(b.terms, sumEarly, said.Aligned(spreadsheet.Left).By(`IF(AND(ControlChecks),"`+allAgree+`","`+notAgree+`")`))
}

// What Summary says of the live checks on Controls.
const (
	allAgree = "all figures agree (see Controls)"
	notAgree = "FIGURES DISAGREE: see Controls"
)

// layResults lays out the table of the release with its totals, and returns the
// next free row.
func (b *workbook) layResults(top int) int {
	s, t := b.summary, spreadsheet.Table{Columns: summaryColumns}
	for n, i := range b.byLevel {
		t.Rows = append(t.Rows, b.resultRow(i, top+1+n))
	}
	body := spreadsheet.Area{Top: top + 1, Left: 1, Bottom: top + len(t.Rows), Right: sumReturned}
	currencies := b.run.Currencies()
	for i, currency := range currencies {
		t.Totals = append(t.Totals, b.resultTotal(currency, body, body.Bottom+1+i))
	}
	if converted := b.convertedTotal(body.Bottom + 1); converted != nil {
		t.Totals = append(t.Totals, converted)
	}
	b.results = s.Table(top, t)
	b.frame.Name("Results", s, spreadsheet.Area{Top: top, Left: 1, Bottom: b.results.Bottom,
		Right: b.results.Right}.Fixed())
	return b.results.Bottom + len(t.Totals) + 1
}

func (b *workbook) resultRow(i, row int) []spreadsheet.Cell {
	series, f := &b.run.Offer.Series[i], b.run.SeriesFigures(i)
	limit := spreadsheet.Cell{}
	if series.HasMaximum {
		limit = spreadsheet.Principal(series.MaximumOfferAmount)
	}
	percent := spreadsheet.Cell{}
	if series.Outstanding.Sign() > 0 {
		percent = spreadsheet.Percentage(result.Share(f.Tendered(), series.Outstanding, 3), 1).
			By("ROUND(" + spreadsheet.At(row, sumTendered) + "/" + spreadsheet.At(row, sumOutstanding) + ",3)")
	}
	return []spreadsheet.Cell{
		spreadsheet.Label(series.Title), spreadsheet.Label(series.ID), b.levelCell(series),
		spreadsheet.Label(series.Currency), spreadsheet.Principal(series.Outstanding), limit,
		spreadsheet.Principal(f.Early), spreadsheet.Principal(f.Late),
		spreadsheet.Principal(f.Tendered()).By(spreadsheet.At(row, sumEarly) + "+" + spreadsheet.At(row, sumLate)),
		percent, spreadsheet.Principal(f.Accepted()), seriesFactor(b.run.Allocation.Series[i]),
		spreadsheet.Principal(f.Left).By(spreadsheet.At(row, sumTendered) + "-" + spreadsheet.At(row, sumAccepted)),
	}
}

// levelCell is the level of a series, or what takes its place.
func (b *workbook) levelCell(s *tender.Series) spreadsheet.Cell {
	switch {
	case b.run.Offer.AuctionOf(s.ID) != nil:
		return spreadsheet.Label("auction")
	case s.Priority == 0:
		return spreadsheet.Label("all")
	case s.Pool != "":
		return spreadsheet.Label(s.LevelText())
	}
	return spreadsheet.Count(s.Priority).Aligned(spreadsheet.Left)
}

// layPrices lays out which securities the series are and what is paid for them, and
// returns the next free row.
func (b *workbook) layPrices(row int) int {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label("Securities, and prices per 1,000 of principal").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: priceColumns}
	b.totals = make([]string, len(b.run.Offer.Series))
	for n, i := range b.byLevel {
		series, r := &b.run.Offer.Series[i], row+2+n
		total := priceCell(series, series.TotalConsideration())
		if series.HasPrice() && !series.TenderOfferConsideration.IsZero() {
			total = total.By(spreadsheet.At(r, sumMaximum) + "+" + spreadsheet.At(r, sumEarly))
		}
		b.totals[i] = spreadsheet.Fixed(r, len(priceColumns))
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(series.Title), spreadsheet.Label(series.ID), b.levelCell(series),
			spreadsheet.Label(series.Currency),
			spreadsheet.Label(strings.Join(series.Securities, " ")),
			priceCell(series, series.TenderOfferConsideration), spreadsheet.Price(series.EarlyTenderPayment), total,
		})
	}
	return s.Table(row+1, t).Bottom + 1
}

func (b *workbook) resultTotal(currency string, body spreadsheet.Area, row int) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, sumReturned)
	cells[0], cells[sumCurrency-1] = spreadsheet.Label("Total "+currency), spreadsheet.Label(currency)
	for i, amount := range b.run.CurrencyFigures(currency).Each() {
		col := amountColumns[i]
		cells[col-1] = spreadsheet.Principal(amount).By(spreadsheet.SumOf(body.Column(col).Fixed(),
			body.Column(sumCurrency).Fixed(), spreadsheet.At(row, sumCurrency)))
	}
	return cells
}

// convertedTotal adds the totals of several currencies in that of the caps; nil
// if there is one currency only, or no rate for one of them.
func (b *workbook) convertedTotal(first int) []spreadsheet.Cell {
	to := b.run.Offer.TotalCurrency()
	rated, without := b.run.RatedCurrencies()
	if len(rated) < 2 {
		return nil
	}
	words := "All series in " + to + " at the offer's rates"
	if len(without) > 0 {
		words = "Series but those in " + strings.Join(without, ", ") + ", in " + to
	}
	cells := make([]spreadsheet.Cell, sumReturned)
	cells[0], cells[sumCurrency-1] = spreadsheet.Label(words), spreadsheet.Label(to)
	for i, col := range amountColumns {
		amount, ok := b.run.Total(func(f result.Figures) decimal.Decimal { return f.Each()[i] })
		if !ok {
			return nil
		}
		// Shown in whole units as an issuer publishes it; the value has the cents.
		cells[col-1] = spreadsheet.Digits(amount, 0).By(b.convertFormula(first, col))
	}
	return cells
}

// convertFormula converts the totals in a column with the named rates.
func (b *workbook) convertFormula(first, col int) string {
	to, terms := b.run.Offer.TotalCurrency(), []string{}
	for i, currency := range b.run.Currencies() {
		if _, known := b.run.Offer.Rate(currency, to); known {
			terms = append(terms, spreadsheet.At(first+i, col)+b.rateFactor(currency, to))
		}
	}
	return fmt.Sprintf("ROUND(%s,%d)", strings.Join(terms, "+"), tender.CashPlaces(to))
}

// rateFactor is how a formula turns one currency into another, by the same rate
// that the offer takes.
func (b *workbook) rateFactor(from, to string) string {
	if from == to {
		return ""
	}
	for _, r := range b.run.Offer.KnownRates() {
		if r.From == from && r.To == to {
			return "*" + rateName(r)
		}
	}
	return "/" + rateName(tender.Rate{From: to, To: from})
}

// rateName is the name of the cell with a rate. Currencies are three capital
// letters.
func rateName(r tender.Rate) string { return "Rate_" + r.From + "_" + r.To }

// layCaps lays out the caps that the offer names and what is left of them, and returns the
// next free row. The maximum of each series is next to what is accepted of it.
func (b *workbook) layCaps(row int) int {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label("Caps").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: []spreadsheet.Column{
		{Heading: "Cap", Widest: 34}, {Heading: "Counts", Widest: 16}, {}, {Heading: "Currency"},
		{Heading: "Amount", Right: true}, {Heading: "Used", Right: true}, {Heading: "Left", Right: true},
	}, None: "The offer has no caps over several series."}
	for _, c := range b.run.SharedCaps() {
		shown := spreadsheet.WholeUnits(c.Left, c.Currency)
		r, sums := row+2+len(t.Rows), spreadsheet.Amounts(c.Currency, c.Amount, c.Amount.Sub(shown), shown)
		name := b.capName(c.Cap)
		if !c.Applied() {
			why := noPrice
			if len(c.Unrated) > 0 {
				why = "no rate yet"
			}
			sums[1] = spreadsheet.Label("not applied: " + why).Aligned(spreadsheet.Right)
			t.Rows = append(t.Rows, []spreadsheet.Cell{
				spreadsheet.Label(name), spreadsheet.Label(result.MeasureWords(c.Measure)), {}, spreadsheet.Label(c.Currency),
				sums[0], sums[1], {},
			})
			continue
		}
		left := sums[2].By(spreadsheet.At(r, sumOutstanding) + "-" + spreadsheet.At(r, sumMaximum))
		if c.Left.Sign() < 0 {
			left = left.WithTone(spreadsheet.Bad)
		}
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(name), spreadsheet.Label(result.MeasureWords(c.Measure)), {}, spreadsheet.Label(c.Currency),
			sums[0], sums[1], left,
		})
	}
	return s.Table(row+1, t).Bottom + 1
}

// capName is a cap with what it is over: the total of which a pool has the rest, or series.
func (b *workbook) capName(c tender.Cap) string {
	for i := range b.run.Offer.Pools {
		if p := &b.run.Offer.Pools[i]; p.Name == c.Name && len(p.Less) > 0 {
			return c.Name + " (total with " + strings.Join(p.Less, ", ") + ")"
		}
	}
	if len(c.Series) > 1 && len(b.run.Offer.SeriesIn(c.Name)) == 0 {
		return c.Name + " (" + result.CapWords(c) + ")"
	}
	return c.Name
}

// summaryWires are the columns of Funding that Summary repeats.
var summaryWires = []string{"date", "settlement", "status", "currency", "accepted", "consideration", "early",
	"interest", "total"}

// layWires lays out what is to be wired in each currency on each day, and
// returns the next free row. The figures are those of Funding.
func (b *workbook) layWires(row int) int {
	s := b.summary
	title := "To be wired"
	if len(fundingOf(b.run.Settlement.Funding, settle.Paid)) > 0 {
		title = "Paid, and to be wired"
	}
	s.Put(row, 1, spreadsheet.Label(title).As(spreadsheet.InSection))
	t := spreadsheet.Table{None: b.nothingWired(), Rows: make([][]spreadsheet.Cell,
		len(b.run.Settlement.Funding))}
	for _, key := range summaryWires {
		col := fundingFields.at(key)
		t.Columns = append(t.Columns, fundingFields[col-1].column)
		for i := range t.Rows {
			c := b.funding.Get(b.fundingRows.Top+i, col)
			if fundingFields[col-1].total {
				c = c.By(b.funding.Of(spreadsheet.At(b.fundingRows.Top+i, col)))
			}
			t.Rows[i] = append(t.Rows[i], c)
		}
	}
	return s.Table(row+1, t).Bottom + 1
}

// putRates puts the exchange rates below the dates and names their cells.
func (b *workbook) putRates(top int) {
	s, named := b.summary, make(map[string]bool)
	for i, r := range b.run.Offer.KnownRates() {
		row := top + i
		s.Put(row, sumTitle, spreadsheet.Label(r.To+" for one "+r.From).As(spreadsheet.InFact))
		s.Put(row, sumSeries, spreadsheet.Digits(r.Rate, decimals.Places(r.Rate)).Aligned(spreadsheet.Left))
		source := spreadsheet.Area{Top: row, Left: sumLevel, Bottom: row, Right: sumOutstanding}
		s.Put(row, sumLevel, spreadsheet.Label(strings.TrimSuffix(r.Date.String()+", "+r.Source, ", ")).Wrapped())
		s.Merges = append(s.Merges, source)
		if name := rateName(r); !named[name] {
			named[name] = true
			b.frame.Name(name, s, spreadsheet.Fixed(row, sumSeries))
		}
	}
}

// leastChartRows is how many rows a chart is high at least.
const leastChartRows = 8

// layCharts puts a chart of each currency at the right of the blocks between two rows,
// one below the other, and returns the next free row.
func (b *workbook) layCharts(top, bottom int) int {
	currencies := b.run.Currencies()
	height := max(leastChartRows, (bottom-top)/max(1, len(currencies)))
	for n, currency := range currencies {
		b.summary.Charts = append(b.summary.Charts, b.barChart(currency, top+n*height, height-1))
	}
	return max(bottom, top+len(currencies)*height)
}

// barChart is that of the series in a currency, in the order of the table.
func (b *workbook) barChart(currency string, top, height int) *spreadsheet.Chart {
	format, unit := b.scale(currency)
	var rows []int
	for n, i := range b.byLevel {
		if b.run.Offer.Series[i].Currency == currency {
			rows = append(rows, b.results.Top+n)
		}
	}
	of := func(col int) []spreadsheet.Area { return runs(rows, col) }
	heading := b.results.Top - 1
	return &spreadsheet.Chart{
		Over:   spreadsheet.Area{Top: top, Left: sumPercent, Bottom: top + height, Right: sumReturned},
		Title:  fmt.Sprintf("Tendered and accepted, in %s of %s", unit, currency),
		Format: format,
		Groups: of(sumSeries),
		Bars: []spreadsheet.Bar{
			{Name: spreadsheet.Fixed(heading, sumTendered), Values: of(sumTendered), Colour: barLight},
			{Name: spreadsheet.Fixed(heading, sumAccepted), Values: of(sumAccepted), Colour: spreadsheet.Accent},
		},
		Limit: spreadsheet.Bar{Name: spreadsheet.Fixed(heading, sumMaximum), Values: of(sumMaximum), Colour: spreadsheet.Red},
	}
}

// runs are the cells of a column in some rows, those below each other as one area.
func runs(rows []int, col int) []spreadsheet.Area {
	var all []spreadsheet.Area
	for _, row := range rows {
		if n := len(all); n > 0 && all[n-1].Bottom == row-1 {
			all[n-1].Bottom = row
			continue
		}
		all = append(all, spreadsheet.Area{Top: row, Left: col, Bottom: row, Right: col})
	}
	return all
}

// barLight is the colour of the lighter bars of a chart.
const barLight = "8FB0D0"

// scale is the format of the figures in a chart of a currency, and their unit in words.
func (b *workbook) scale(currency string) (format, unit string) {
	most := decimal.Zero
	for i, s := range b.run.Offer.Series {
		if s.Currency == currency {
			most = decimal.Max(most, b.run.SeriesFigures(i).Tendered(), s.MaximumOfferAmount)
		}
	}
	return scaleOf(most)
}

// scaleOf is the same for figures up to an amount.
func scaleOf(most decimal.Decimal) (format, unit string) {
	if most.GreaterThanOrEqual(decimal.New(1, 7)) {
		return "#,##0,,", "millions"
	}
	return "#,##0", "units"
}
