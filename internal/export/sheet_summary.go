package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
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

var summaryColumns = []column{
	{heading: "Title of security", widest: 34},
	{heading: "Series", widest: 14},
	{heading: "Level"},
	{heading: "Currency"},
	{heading: "Principal outstanding", right: true},
	{heading: "Maximum Offer Amount", right: true},
	{heading: "Tendered early", right: true},
	{heading: "Tendered late", right: true},
	{heading: "Tendered", right: true},
	{heading: "% of outstanding", right: true},
	{heading: "Accepted", right: true},
	{heading: "Proration factor", right: true},
	{heading: "Returned", right: true},
}

// priceColumns stand below the first of those. The words are the offer's.
var priceColumns = []column{
	{heading: "Title of security", widest: 34}, {heading: "Series", widest: 14}, {heading: "Level"}, {heading: "Currency"},
	{heading: "CUSIP or ISIN", widest: 15},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Total Consideration", right: true},
}

// amountColumns are those of figures.each.
var amountColumns = [6]int{sumOutstanding, sumEarly, sumLate, sumTendered, sumAccepted, sumReturned}

// laySummary lays out the sheet that answers at one look: what it is, as of
// when, whether anything is wrong, what is bought, at what factor, and what is
// to be wired when.
func (b *workbook) laySummary() {
	s := b.newSheet("Summary", b.run.Offer.Issuer)
	b.summary, b.byLevel = s, byLevel(b.run)
	s.put(subtitleRow, 1, label(fmt.Sprintf("Results of the cash tender offer %s  ·  run %s", b.run.Offer.ID, b.run.Name)).as(inSubtitle))
	row := b.layStatus(bannerRow + 1)
	row = b.layFacts(s.gap(row))
	row = b.layResults(s.gap(row))
	charts := s.gap(row)
	row = b.layWires(charts)
	row = b.layPrices(s.gap(row))
	row = b.layCaps(s.gap(row))
	row = b.layCharts(charts, row)
	b.laySignatures(s, s.gap(row), sumReturned)
	s.whole = true
}

// byLevel lists the places of the series in the offer, in the order in which they are
// accepted: first what is bought any and all, then by level.
func byLevel(r *result.Run) []int {
	order := make([]int, len(r.Offer.Series))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(r.Offer.Series[i].Priority, r.Offer.Series[j].Priority)
	})
	return order
}

// layStatus says in one line whether anything is wrong, then each warning, and
// returns the next free row.
func (b *workbook) layStatus(row int) int {
	s, warnings := b.summary, b.run.WarningTexts()
	checked := fmt.Sprintf("All %d invariants hold", len(b.run.Invariants))
	if len(b.run.Invariants) == 0 {
		checked = "No invariant was checked"
	} else if n := b.run.BrokenInvariants(); n > 0 {
		checked = fmt.Sprintf("%d of %s BROKEN: do not pay from this workbook", n, display.Plural(len(b.run.Invariants), "invariant", "invariants"))
	}
	warned := "no warnings"
	if n := len(warnings); n > 0 {
		warned = display.Plural(n, "warning", "warnings")
	}
	said := []string{checked, b.rejectWords(), warned}
	if n := b.run.UnsatisfiedConditions(); n > 0 {
		said = append(said, display.Plural(n, "condition", "conditions")+" not satisfied")
	}
	s.put(row, 1, label(strings.Join(said, "  ·  ")).as(inSection).toned(b.statusTone()))
	s.tall(row, 22)
	for _, w := range warnings {
		row++
		s.put(row, 1, label("Warning: "+w).toned(doubtful).wrapped())
		s.merges = append(s.merges, area{row, 1, row, sumReturned})
	}
	return row + 1
}

func (b *workbook) statusTone() tone {
	switch {
	case b.run.BrokenInvariants() > 0:
		return bad
	case len(b.run.WarningTexts()) > 0, findingsOf(b.run).rejected > 0, b.run.UnsatisfiedConditions() > 0, len(b.run.Invariants) == 0:
		return doubtful
	}
	return good
}

// fact is a name and what stands beside it.
type fact struct {
	name  string
	value cell
}

// layFacts lays out dates and exchange rates at the left and terms at the right, and
// returns the next free row.
func (b *workbook) layFacts(top int) int {
	s, dates, terms := b.summary, b.dateFacts(), b.termFacts()
	for i, f := range dates {
		b.putFact(area{top + i, sumTitle, top + i, sumSeries}, area{top + i, sumSeries, top + i, sumCurrency}, f)
	}
	for i, f := range terms {
		b.putFact(area{top + i, sumMaximum, top + i, sumMaximum}, area{top + i, sumEarly, top + i, sumReturned}, f)
	}
	b.putRates(top + len(dates))
	b.terms = top
	b.name("AsOf", s, fixed(top, sumSeries))
	return top + max(len(dates)+len(b.run.Offer.Rates), len(terms))
}

func (b *workbook) putFact(name, value area, f fact) {
	b.summary.put(name.top, name.left, label(f.name).as(inFact))
	b.summary.put(value.top, value.left, f.value.aligned(left))
	b.summary.merges = append(b.summary.merges, value)
}

func (b *workbook) dateFacts() []fact {
	o := b.run.Offer
	facts := []fact{
		{"As of (" + o.Zone.String() + ")", instantCell(b.run.AsOf, o.Zone)},
		{"Produced", producedCell(b.run)},
		{"Early Tender Date" + boundaryWords(o.Early), cutOffCell(o.Early, o)},
		{"Expiration Date" + boundaryWords(o.Expiration), cutOffCell(o.Expiration, o)},
	}
	if !o.Settlement.Early.IsZero() {
		facts = append(facts, fact{"Early settlement", day(o.Settlement.Early)})
	}
	facts = append(facts, fact{"Final settlement", day(o.Settlement.Final)})
	if !o.Guaranteed.Settlement.IsZero() {
		facts = append(facts, fact{"Guaranteed deliveries", day(o.Guaranteed.Settlement)})
	}
	return facts
}

// producedCell says when the run was made, and by whom.
func producedCell(r *result.Run) cell {
	if r.Made.IsZero() {
		return label("not published")
	}
	said := tender.WallTime(r.Made.Truncate(time.Minute), r.Offer.Zone)
	if r.By != "" {
		said += " by " + r.By
	}
	return label(said).wrapped()
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

func cutOffCell(c tender.CutOff, o *tender.Offer) cell {
	if c.IsZero() {
		return label("none")
	}
	return instantCell(c.At, o.Zone)
}

func (b *workbook) termFacts() []fact {
	o := b.run.Offer
	facts := []fact{
		{"Control checks", label(allAgree)}, // see checkFact
		{"Terms", label(fmt.Sprintf("version %d, %s in force", o.Version(), display.Plural(len(o.Amendments), "amendment", "amendments")))},
	}
	if newest := b.run.Newest(); len(newest) > 0 {
		facts = append(facts, fact{"Newest reports", label(strings.Join(newest, "; ")).wrapped()})
	}
	if b.run.Replaces != "" {
		facts = append(facts, fact{"Replaces", label("the final run " + b.run.Replaces).toned(bad).wrapped()})
	}
	if b.run.Held != "" {
		facts = append(facts, fact{"Not in force", label(b.run.Held).toned(bad).wrapped()})
	}
	for _, change := range b.run.TermChanges {
		facts = append(facts, fact{"Changed in place", label(TermWords(change)).toned(doubtful).wrapped()})
	}
	for _, d := range b.run.Decisions {
		facts = append(facts, fact{"Decided", label(d.String()).wrapped()})
	}
	for _, a := range o.Amendments {
		words := tender.WallTime(a.Effective, o.Zone)
		if a.Note != "" {
			words += ": " + a.Note
		}
		facts = append(facts, fact{"Amended", label(words).wrapped()})
	}
	for _, c := range o.Conditions {
		said := label(c.Name + ": satisfied (" + c.Text + ")")
		if !c.Satisfied {
			said = label(c.Name + ": NOT SATISFIED (" + c.Text + ")").toned(bad)
		}
		facts = append(facts, fact{"Condition", said.wrapped()})
	}
	return facts
}

// checkFact says on Summary whether the live checks on Controls all agree. It is
// the first of the facts about the terms, and known only when Controls is laid
// out.
func (b *workbook) checkFact(agree bool) {
	said := label(allAgree)
	if !agree {
		said = label(notAgree)
		status := b.summary.get(bannerRow+1, 1)
		b.summary.put(bannerRow+1, 1, label(notAgree+"  ·  "+status.value).as(inSection).toned(bad))
	}
	b.summary.alarm = area{b.terms, sumEarly, b.terms, sumReturned}
	b.summary.put(b.terms, sumEarly, said.aligned(left).by(`IF(AND(ControlChecks),"`+allAgree+`","`+notAgree+`")`))
}

// What Summary says of the live checks on Controls.
const (
	allAgree = "all figures agree (see Controls)"
	notAgree = "FIGURES DISAGREE: see Controls"
)

// layResults lays out the table of the release with its totals, and returns the
// next free row.
func (b *workbook) layResults(top int) int {
	s, t := b.summary, table{columns: summaryColumns}
	for n, i := range b.byLevel {
		t.rows = append(t.rows, b.resultRow(i, top+1+n))
	}
	body := area{top + 1, 1, top + len(t.rows), sumReturned}
	currencies := b.run.Currencies()
	for i, currency := range currencies {
		t.totals = append(t.totals, b.resultTotal(currency, body, body.bottom+1+i))
	}
	if converted := b.convertedTotal(body.bottom + 1); converted != nil {
		t.totals = append(t.totals, converted)
	}
	b.results = s.table(top, t)
	b.name("Results", s, area{top, 1, b.results.bottom, b.results.right}.fixed())
	return b.results.bottom + len(t.totals) + 1
}

func (b *workbook) resultRow(i, row int) []cell {
	series, f := b.run.Offer.Series[i], b.run.SeriesFigures(i)
	limit := cell{}
	if series.HasMaximum {
		limit = principal(series.MaximumOfferAmount)
	}
	percent := cell{}
	if series.Outstanding.Sign() > 0 {
		percent = percentage(result.Share(f.Tendered(), series.Outstanding, 3), 1).
			by("ROUND(" + at(row, sumTendered) + "/" + at(row, sumOutstanding) + ",3)")
	}
	return []cell{
		label(series.Title), label(series.ID), levelCell(series.Priority), label(series.Currency), principal(series.Outstanding), limit,
		principal(f.Early), principal(f.Late), principal(f.Tendered()).by(at(row, sumEarly) + "+" + at(row, sumLate)),
		percent, principal(f.Accepted()), seriesFactor(b.run.Allocation.Series[i]),
		principal(f.Left).by(at(row, sumTendered) + "-" + at(row, sumAccepted)),
	}
}

func levelCell(level int) cell {
	if level == 0 {
		return label("all")
	}
	return count(level).aligned(left)
}

// layPrices lays out which securities the series are and what is paid for them, and
// returns the next free row.
func (b *workbook) layPrices(row int) int {
	s := b.summary
	s.put(row, 1, label("Securities, and prices per 1,000 of principal").as(inSection))
	t := table{columns: priceColumns}
	for n, i := range b.byLevel {
		series, r := &b.run.Offer.Series[i], row+2+n
		t.rows = append(t.rows, []cell{
			label(series.Title), label(series.ID), levelCell(series.Priority), label(series.Currency),
			label(strings.Join(series.Securities, " ")),
			price(series.TenderOfferConsideration), price(series.EarlyTenderPayment),
			price(series.TotalConsideration()).by(at(r, sumMaximum) + "+" + at(r, sumEarly)),
		})
	}
	return s.table(row+1, t).bottom + 1
}

func (b *workbook) resultTotal(currency string, body area, row int) []cell {
	cells := make([]cell, sumReturned)
	cells[0], cells[sumCurrency-1] = label("Total "+currency), label(currency)
	for i, amount := range b.run.CurrencyFigures(currency).Each() {
		col := amountColumns[i]
		cells[col-1] = principal(amount).by(sumOf(body.column(col).fixed(), body.column(sumCurrency).fixed(), at(row, sumCurrency)))
	}
	return cells
}

// convertedTotal adds the totals of several currencies in that of the caps; nil
// if there is one currency only, or no rate for one of them.
func (b *workbook) convertedTotal(first int) []cell {
	to := b.run.Offer.TotalCurrency()
	rated, without := b.run.RatedCurrencies()
	if len(rated) < 2 {
		return nil
	}
	words := "All series in " + to + " at the offer's rates"
	if len(without) > 0 {
		words = "Series but those in " + strings.Join(without, ", ") + ", in " + to
	}
	cells := make([]cell, sumReturned)
	cells[0], cells[sumCurrency-1] = label(words), label(to)
	for i, col := range amountColumns {
		amount, ok := b.run.Total(func(f result.Figures) decimal.Decimal { return f.Each()[i] })
		if !ok {
			return nil
		}
		// Shown in whole units as an issuer publishes it; the value has the cents.
		cells[col-1] = digits(amount, 0).by(b.convertFormula(first, col))
	}
	return cells
}

// convertFormula converts the totals in a column with the named rates.
func (b *workbook) convertFormula(first, col int) string {
	to, terms := b.run.Offer.TotalCurrency(), []string{}
	for i, currency := range b.run.Currencies() {
		if _, known := b.run.Offer.Rate(currency, to); known {
			terms = append(terms, at(first+i, col)+b.rateFactor(currency, to))
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
	for _, r := range b.run.Offer.Rates {
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
// next free row. The maximum of each series stands beside what is accepted of it.
func (b *workbook) layCaps(row int) int {
	s := b.summary
	s.put(row, 1, label("Caps").as(inSection))
	t := table{columns: []column{
		{heading: "Cap", widest: 34}, {heading: "Counts", widest: 14}, {}, {heading: "Currency"},
		{heading: "Amount", right: true}, {heading: "Used", right: true}, {heading: "Left", right: true},
	}, none: "The offer has no caps over several series."}
	for _, c := range b.run.Allocation.Caps[:len(b.run.Offer.Caps)] {
		shown := wholeUnits(c.Left, c.Currency)
		r, sums := row+2+len(t.rows), amounts(c.Currency, c.Amount, c.Amount.Sub(shown), shown)
		name := c.Name
		if len(c.Series) > 1 {
			name += " (" + result.CapWords(c.Cap) + ")"
		}
		left := sums[2].by(at(r, sumOutstanding) + "-" + at(r, sumMaximum))
		if c.Left.Sign() < 0 {
			left = left.toned(bad)
		}
		t.rows = append(t.rows, []cell{
			label(name), label(result.MeasureWords(c.Measure)), {}, label(c.Currency), sums[0], sums[1], left,
		})
	}
	return s.table(row+1, t).bottom + 1
}

// layWires lays out what is to be wired in each currency on each day, and
// returns the next free row. The figures are those of Funding.
func (b *workbook) layWires(row int) int {
	s := b.summary
	title := "To be wired"
	if len(fundingOf(b.run.Settlement.Funding, settle.Paid)) > 0 {
		title = "Paid, and to be wired"
	}
	s.put(row, 1, label(title).as(inSection))
	t := table{columns: []column{
		{heading: "Settlement date"}, {heading: "Settlement"}, {heading: "Status"}, {heading: "Currency"},
		{heading: "Principal accepted", right: true}, {heading: "Tender Offer Consideration", right: true},
		{heading: "Early Tender Payment", right: true}, {heading: "Accrued interest", right: true},
		{heading: "Total", right: true},
	}, none: "Nothing is to be wired."}
	for i := range b.run.Settlement.Funding {
		f := b.fundingRows.top + i
		cells := []cell{b.funding.get(f, fundDate), b.funding.get(f, fundWhich), b.funding.get(f, fundStatus), b.funding.get(f, fundCurrency)}
		for col := fundAccepted; col <= fundTotal; col++ {
			cells = append(cells, b.funding.get(f, col).by(b.funding.of(at(f, col))))
		}
		t.rows = append(t.rows, cells)
	}
	return s.table(row+1, t).bottom + 1
}

// putRates puts the exchange rates below the dates and names their cells.
func (b *workbook) putRates(top int) {
	s, named := b.summary, make(map[string]bool)
	for i, r := range b.run.Offer.Rates {
		row := top + i
		s.put(row, sumTitle, label(r.To+" for one "+r.From).as(inFact))
		s.put(row, sumSeries, digits(r.Rate, decimals.Places(r.Rate)).aligned(left))
		source := area{row, sumLevel, row, sumOutstanding}
		s.put(row, sumLevel, label(r.Date.String()+", "+r.Source).wrapped())
		s.merges = append(s.merges, source)
		if name := rateName(r); !named[name] {
			named[name] = true
			b.name(name, s, fixed(row, sumSeries))
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
		b.summary.charts = append(b.summary.charts, b.barChart(currency, top+n*height, height-1))
	}
	return max(bottom, top+len(currencies)*height)
}

// barChart is that of the series in a currency, in the order of the table.
func (b *workbook) barChart(currency string, top, height int) *chart {
	format, unit := b.scale(currency)
	var rows []int
	for n, i := range b.byLevel {
		if b.run.Offer.Series[i].Currency == currency {
			rows = append(rows, b.results.top+n)
		}
	}
	of := func(col int) []area { return runs(rows, col) }
	heading := b.results.top - 1
	return &chart{
		over:   area{top, sumPercent, top + height, sumReturned},
		title:  fmt.Sprintf("Tendered and accepted, in %s of %s", unit, currency),
		format: format,
		groups: of(sumSeries),
		bars: []bar{
			{fixed(heading, sumTendered), of(sumTendered), "8FB0D0"},
			{fixed(heading, sumAccepted), of(sumAccepted), accent},
		},
		limit: bar{fixed(heading, sumMaximum), of(sumMaximum), red},
	}
}

// runs are the cells of a column in some rows, those below each other as one area.
func runs(rows []int, col int) []area {
	var all []area
	for _, row := range rows {
		if n := len(all); n > 0 && all[n-1].bottom == row-1 {
			all[n-1].bottom = row
			continue
		}
		all = append(all, area{row, col, row, col})
	}
	return all
}

// scale is the format of the figures in a chart of a currency, and their unit in words.
func (b *workbook) scale(currency string) (format, unit string) {
	for i, s := range b.run.Offer.Series {
		if s.Currency == currency && decimal.Max(b.run.SeriesFigures(i).Tendered(), s.MaximumOfferAmount).GreaterThanOrEqual(decimal.New(1, 7)) {
			return "#,##0,,", "millions"
		}
	}
	return "#,##0", "units"
}
