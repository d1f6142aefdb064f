package workbook

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// comparison is the workbook of a difference as it is put together.
type comparison struct {
	frame      spreadsheet.Frame
	d          *compare.Difference
	currencies compare.Currencies
	lines      *spreadsheet.Listing // rows of Instructions

	accepted, wired spreadsheet.Area // rows of Summary that others refer to

	summary, terms, wires, instructions, rejects *spreadsheet.Sheet
}

// WriteDifference writes the workbook of a difference. The same difference always
// gives the same bytes.
func WriteDifference(w io.Writer, d *compare.Difference) error {
	return writeDifference(w, d, excelize.TotalRows)
}

func writeDifference(w io.Writer, d *compare.Difference, rowsPerSheet int) error {
	b := &comparison{frame: differenceFrame(d, rowsPerSheet), d: d, currencies: d.SeriesCurrencies()}
	b.layInstructions() // before Summary, which adds them up
	b.laySummary()
	b.layTerms()
	b.layRejects()
	b.wires = layWireChanges(&b.frame, d.Wires, "Wires that differ",
		"What the second run would pay in addition to what the first lists, and what less.")
	var sheets []*spreadsheet.Sheet
	for _, s := range []*spreadsheet.Sheet{b.summary, b.terms, b.wires, b.instructions, b.rejects} {
		for ; s != nil; s = s.Next {
			sheets = append(sheets, s)
		}
	}
	if err := b.frame.Write(w, sheets); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

// differenceFrame is what is around the sheets of a difference.
func differenceFrame(d *compare.Difference, rowsPerSheet int) spreadsheet.Frame {
	runs := d.Was.Run + " and " + d.Now.Run
	made := d.Was.AsOf
	if d.Now.AsOf.After(made) {
		made = d.Now.AsOf
	}
	return spreadsheet.Frame{
		Title:      fmt.Sprintf("%s: difference between two runs of the tender offer %s", d.Issuer, d.Offer),
		Subject:    "Runs " + runs,
		Version:    d.Version,
		Made:       made,
		Subtitle:   fmt.Sprintf("%s  ·  cash tender offer %s  ·  runs %s", d.Issuer, d.Offer, runs),
		Banner:     differenceBanner(d),
		Indicative: d.Now.Phase != tender.Final,
		Footer:     runs,
		Paper:      cmp.Or(d.Paper, tender.PaperA4), RowsPerSheet: rowsPerSheet,
	}
}

// banner says what is compared with what.
func differenceBanner(d *compare.Difference) spreadsheet.Cell {
	side := func(s compare.Side) string {
		return strings.ToUpper(string(s.Phase)) + " as of " + tender.WallTime(s.AsOf, d.ZoneOf(s))
	}
	c := spreadsheet.Label("DIFFERENCE from " + side(d.Was) + " to " + side(d.Now)).As(spreadsheet.InBanner)
	if d.Now.Phase != tender.Final {
		c = c.WithTone(spreadsheet.Doubtful)
	}
	return c
}

// The columns of Summary. Every block has a name, a currency and, but for the
// facts about the runs, which of before, now and change a row shows.
const (
	difName = iota + 1
	difCurrency
	difWhich
	difFirst // of the amounts
	difLast  = difFirst + 5
)

// What the rows of Summary show.
const (
	inFirst  = "Before"
	inSecond = "Now"
	changed  = "Change"
)

func (b *comparison) laySummary() {
	s := b.frame.NewSheet("Summary", "Difference between two runs")
	b.summary = s
	s.Put(spreadsheet.BannerRow+1, 1,
		spreadsheet.Label(b.statusWords()).As(spreadsheet.InSection).WithTone(b.statusTone()))
	s.SetHeight(spreadsheet.BannerRow+1, 22)
	row := b.laySides(spreadsheet.FirstRow)
	row = b.laySeries(row + 1)
	row, b.wired = layFigures(b, row+1, "To be wired", "Settlement date", compare.FundingMeasures, b.d.Funding,
		b.fundingName)
	row = b.layFundingTotals(row)
	row, _ = layFigures(b, row+1, "Caps", "Cap", compare.CapMeasures, b.d.Caps, func(c *compare.CapResult) named {
		return named{spreadsheet.Label(c.Name), "counts " + result.MeasureWords(c.Measure), c.Currency}
	})
	row = b.layMoved(row + 1)
	b.layFiles(row + 1)
	s.Whole = s.Height() <= 50
}

func (b *comparison) statusTone() spreadsheet.Tone {
	if b.d.Differs() {
		return spreadsheet.Doubtful
	}
	return spreadsheet.Good
}

// statusWords say in one line what differs.
func (b *comparison) statusWords() string {
	d := b.d
	if !d.Differs() {
		return "No difference"
	}
	n := d.Kinds()
	terms := display.Plural(len(d.Terms), "value", "values") + " of the terms"
	if d.NotCompared != "" {
		terms = "other terms"
	}
	return fmt.Sprintf("%s  ·  %s  ·  instructions: %d new, %d no longer counted, %d amended, %d accepted differently  "+
		"·  %s",
		terms, display.Plural(len(d.Files), "file", "files"), n[result.New], n[result.NoLonger], n[result.Amended],
		n[result.Reclassed], display.Plural(len(d.Findings), "reject", "rejects"))
}

// laySides lays out what the two runs are, and returns the next free row.
func (b *comparison) laySides(top int) int {
	s := b.summary
	row := func(n int, name string, was, now spreadsheet.Cell, r spreadsheet.Role) {
		first := r
		if r == spreadsheet.InBody {
			first = spreadsheet.InFact
		}
		for col := difName; col <= difLast; col++ {
			s.Put(n, col, spreadsheet.Cell{}.As(r))
		}
		s.Put(n, difName, spreadsheet.Label(name).As(first))
		s.Put(n, difCurrency, was.As(r).Aligned(spreadsheet.Left))
		s.Put(n, difFirst+2, now.As(r).Aligned(spreadsheet.Left))
		s.Merges = append(s.Merges, spreadsheet.Area{Top: n, Left: difCurrency, Bottom: n, Right: difFirst + 1},
			spreadsheet.Area{Top: n, Left: difFirst + 2, Bottom: n, Right: difLast})
	}
	row(top, "Run", spreadsheet.Label(inFirst), spreadsheet.Label(inSecond), spreadsheet.InHeading)
	for i, f := range b.sideFacts() {
		row(top+1+i, f.name, f.was, f.now, spreadsheet.InBody)
	}
	return top + 1 + len(b.sideFacts())
}

type sideFact struct {
	name     string
	was, now spreadsheet.Cell
}

func (b *comparison) sideFacts() []sideFact {
	was, now := b.d.Was, b.d.Now
	terms := func(s compare.Side) spreadsheet.Cell {
		return spreadsheet.Label(fmt.Sprintf("version %d, %.12s", s.Terms, s.Digest))
	}
	counts := func(s compare.Side) spreadsheet.Cell {
		return spreadsheet.Label(fmt.Sprintf("%d read, %d counted, %d not counted, %d rejected", s.Counts.Rows,
			s.Counts.Counted, s.Counts.NotCounted, s.Counts.Rejected))
	}
	facts := []sideFact{
		{"Name", spreadsheet.Label(was.Run), spreadsheet.Label(now.Run)},
		{"Phase", spreadsheet.Label(string(was.Phase)), spreadsheet.Label(string(now.Phase))},
		{"As of (" + b.d.ZoneOf(now).String() + ")", spreadsheet.InstantCell(was.AsOf, b.d.ZoneOf(was)),
			spreadsheet.InstantCell(now.AsOf, b.d.ZoneOf(now))},
		{"Terms", terms(was), terms(now)},
		{"Rows", counts(was), counts(now)},
		{"Program", spreadsheet.Label(was.Version), spreadsheet.Label(now.Version)},
	}
	if was.Replaces+now.Replaces != "" {
		facts = append(facts, sideFact{"Replaces the run", spreadsheet.Label(was.Replaces), spreadsheet.Label(now.Replaces)})
	}
	return facts
}

// figureColumns are the columns of a block of amounts.
func figureColumns(name string, names []compare.Measure, more ...spreadsheet.Column) []spreadsheet.Column {
	columns := []spreadsheet.Column{{Heading: name, Least: 34, Widest: 48}, {Heading: "Currency"},
		{Heading: "", Least: 10}}
	for _, m := range names {
		columns = append(columns, spreadsheet.Column{Heading: m.Heading, Right: true, Least: 16})
	}
	return append(columns, more...)
}

// layFigures lays out three rows for each part of a result: what the first run
// says, what the second says, and the change. It returns the next free row and the
// rows of the block.
func layFigures[T compare.Figured](b *comparison, row int, title, heading string, m compare.Measures[T],
	pairs []result.Pair[T], name func(*T) named) (next int, body spreadsheet.Area) {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label(title).As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: figureColumns(heading, m.Names), None: "None."}
	for _, p := range pairs {
		t.Rows = append(t.Rows, figureRows(row+2+len(t.Rows), m, p, name)...)
	}
	body = s.Table(row+1, t)
	return body.Bottom + 1, body
}

// named is how a part of a result is named: in its first row, and in small in its
// second.
type named struct {
	name             spreadsheet.Cell
	detail, currency string
}

// figureRows are the three rows of one part of a result, from a row of the sheet
// on.
func figureRows[T compare.Figured](row int, m compare.Measures[T], p result.Pair[T],
	name func(*T) named) [][]spreadsheet.Cell {
	was, now, change := compare.Amounts(p)
	n := name(p.Either())
	currency := n.currency
	rows := [][]spreadsheet.Cell{
		{n.name, spreadsheet.Label(currency), spreadsheet.Label(inFirst)},
		{spreadsheet.Label(n.detail).WithTone(spreadsheet.Muted), spreadsheet.Label(currency), spreadsheet.Label(inSecond)},
		{{}, spreadsheet.Label(currency), spreadsheet.Label(changed)},
	}
	for i := range m.Names {
		col, cells := difFirst+i, [3]spreadsheet.Cell{}
		if was != nil {
			cells[0] = measureCell(m, i, was[i], currency)
		}
		if now != nil {
			cells[1] = measureCell(m, i, now[i], currency)
		}
		cells[2] = measureCell(m, i, change[i], currency).By(spreadsheet.At(row+1, col) + "-" + spreadsheet.At(row, col))
		if change[i].IsZero() {
			cells[2] = cells[2].WithTone(spreadsheet.Muted)
		}
		for n := range rows {
			rows[n] = append(rows[n], cells[n])
		}
	}
	for i, c := range rows[2] {
		rows[2][i] = c.As(spreadsheet.InSubtotal)
	}
	return rows
}

// laySeries lays out the acceptance by series with its factors, and the totals in
// the currency of the caps.
func (b *comparison) laySeries(row int) int {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label("Acceptance").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: figureColumns("Series", compare.SeriesMeasures.Names,
		spreadsheet.Column{Heading: "Proration factor", Right: true}), None: "None."}
	for _, p := range b.d.Series {
		rows := figureRows(row+2+len(t.Rows), compare.SeriesMeasures, p,
			func(r *compare.SeriesResult) named { return named{spreadsheet.Label(r.ID), r.Title, r.Currency} })
		for i, r := range []*compare.SeriesResult{p.Was, p.Now} {
			if r != nil {
				rows[i] = append(rows[i], factorCell(r))
			}
		}
		rows[2] = append(rows[2], spreadsheet.Cell{}.As(spreadsheet.InSubtotal))
		t.Rows = append(t.Rows, rows...)
	}
	b.accepted = spreadsheet.Area{Top: row + 2, Left: 1, Bottom: row + 1 + max(1, len(t.Rows)), Right: difLast}
	for _, p := range b.d.Totals {
		t.Rows = append(t.Rows, b.totalRows(row+2+len(t.Rows), p)...)
	}
	return s.Table(row+1, t).Bottom + 1
}

// totalRows put the two totals under the columns tendered and accepted.
func (b *comparison) totalRows(row int, p result.Pair[compare.TotalResult]) [][]spreadsheet.Cell {
	rows := figureRows(row, compare.TotalMeasures, p, func(t *compare.TotalResult) named {
		return named{spreadsheet.Label("All series"), "at the offer's rates", t.Currency}
	})
	const tendered = difFirst + 2
	for i, r := range rows {
		wide := append(slices.Clone(r[:difFirst-1]), make([]spreadsheet.Cell, difLast-difFirst+1)...)
		wide[tendered-1], wide[tendered] = r[difFirst-1], r[difFirst]
		if i == 2 {
			for n := range wide {
				wide[n] = wide[n].As(spreadsheet.InSubtotal)
			}
			for n := tendered; n <= tendered+1; n++ {
				wide[n-1] = wide[n-1].By(spreadsheet.At(row+1, n) + "-" + spreadsheet.At(row, n))
			}
		}
		rows[i] = wide
	}
	return rows
}

// factorCell is a published factor: a number where it is one a spreadsheet keeps.
func factorCell(r *compare.SeriesResult) spreadsheet.Cell {
	words := r.FactorWords()
	d, err := decimal.NewFromString(words)
	if err != nil || d.NumDigits() > spreadsheet.ExcelDigits {
		return spreadsheet.Label(words).Aligned(spreadsheet.Right)
	}
	return spreadsheet.Percentage(d, decimals.Places(d.Shift(2)))
}

// paidBefore marks what an early settlement paid.
const paidBefore = "paid already"

func (b *comparison) fundingName(f *compare.FundingResult) named {
	n := named{name: spreadsheet.Label(f.Date), currency: f.Currency}
	if date, err := tender.ParseDate(f.Date); err == nil {
		n.name = spreadsheet.Day(date).Aligned(spreadsheet.Left)
	}
	if f.Status == settle.Paid {
		n.detail = paidBefore
	}
	return n
}

// layFundingTotals adds up what is wired in each currency that has several days.
func (b *comparison) layFundingTotals(row int) int {
	body := b.wired
	for _, currency := range b.fundingCurrencies() {
		for i, which := range []string{inFirst, inSecond, changed} {
			cells := make([]spreadsheet.Cell, difLast-1)
			cells[difCurrency-1], cells[difWhich-1] = spreadsheet.Label(currency), spreadsheet.Label(which)
			if i == 0 {
				cells[0] = spreadsheet.Label("Total " + currency)
			}
			for n, sum := range b.fundingSum(currency, i) {
				col := difFirst + n
				cells[col-1] = measureCell(compare.FundingMeasures, n, sum,
					currency).By(fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", body.Column(col).Fixed(),
					body.Column(difCurrency).Fixed(), spreadsheet.At(row, difCurrency), body.Column(difWhich).Fixed(),
					spreadsheet.At(row, difWhich)))
			}
			b.summary.Line(row, cells, figureColumns("", compare.FundingMeasures.Names), spreadsheet.InTotal)
			row++
		}
	}
	return row
}

// fundingCurrencies are the currencies that are wired on several days.
func (b *comparison) fundingCurrencies() []string {
	n, several := make(map[string]int), []string{}
	for _, p := range b.d.Funding {
		currency := p.Either().Currency
		if n[currency]++; n[currency] == 2 {
			several = append(several, currency)
		}
	}
	return several
}

// fundingSum adds up the first run's amounts, the second's or the changes.
func (b *comparison) fundingSum(currency string, which int) []decimal.Decimal {
	sum := make([]decimal.Decimal, len(compare.FundingMeasures.Names))
	for _, p := range b.d.Funding {
		if p.Either().Currency != currency {
			continue
		}
		was, now, change := compare.Amounts(p)
		for i, d := range [3][]decimal.Decimal{was, now, change}[which] {
			sum[i] = sum[i].Add(d)
		}
	}
	return sum
}

// layFiles lays out the files that differ.
func (b *comparison) layFiles(row int) int {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label("Files").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: []spreadsheet.Column{
		{Heading: "File", Widest: 48}, {}, {Heading: "File is"}, {Heading: "Rows before", Right: true},
		{Heading: "Rows now", Right: true},
		{Heading: "Counted before", Right: true}, {Heading: "Counted now", Right: true}, {Heading: "SHA-256 before"},
		{Heading: "SHA-256 now"},
	}, None: "Both runs used the same files."}
	for _, p := range b.d.Files {
		cells := make([]spreadsheet.Cell, difLast)
		cells[0], cells[difWhich-1] = spreadsheet.Label(p.Either().File), spreadsheet.Label(compare.FileWord(p))
		for i, in := range []*result.Input{p.Was, p.Now} {
			if in != nil {
				cells[difFirst-1+i], cells[difFirst+1+i] = spreadsheet.Count(in.Rows), spreadsheet.Count(in.Counted)
				cells[difFirst+3+i] = spreadsheet.Label(fmt.Sprintf("%.12s…", in.SHA256))
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return s.Table(row+1, t).Bottom + 1
}

// termDiffRow is a value of the terms that differs.
type termDiffRow struct{ result.Pair[tender.Term] }

// termDiffFields are the columns of Terms.
var termDiffFields = fields[termDiffRow]{
	{key: "term", column: spreadsheet.Column{Heading: "Term, as offer.yaml names it", Widest: 56},
		cell: func(r *termDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Either().Path) }},
	{key: "was", column: spreadsheet.Column{Heading: "Before", Widest: 50, Least: 26},
		cell: func(r *termDiffRow) spreadsheet.Cell { return termCell(r.Was) }},
	{key: "now", column: spreadsheet.Column{Heading: "Now", Widest: 50, Least: 26},
		cell: func(r *termDiffRow) spreadsheet.Cell { return termCell(r.Now) }},
	{key: "change", column: spreadsheet.Column{Heading: "Change", Right: true, Least: 18}, formula: "{now}-{was}",
		cell: func(r *termDiffRow) spreadsheet.Cell { return r.change() }},
}

// layTerms lays out every value of the terms that differs.
func (b *comparison) layTerms() {
	const title = "Terms that differ"
	s := b.frame.NewSheet("Terms", title)
	b.terms = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(b.termWords()).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	l := termDiffFields.list(len(b.d.Terms), "No value is shown.", func() func(i int) *termDiffRow {
		return func(i int) *termDiffRow { return &termDiffRow{b.d.Terms[i]} }
	})
	b.frame.Lay(l, s, spreadsheet.FirstRow, 0, b.frame.Continuation(s, title))
}

func (b *comparison) termWords() string {
	d := b.d
	switch {
	case d.NotCompared != "":
		return fmt.Sprintf("The terms differ (version %d and %d), but cannot be compared value by value: %s.", d.Was.Terms,
			d.Now.Terms, d.NotCompared)
	case !d.TermsDiffer():
		return "The same terms were in force."
	}
	return fmt.Sprintf("%s; version %d of the terms before, %d now.",
		display.Plural(len(d.Terms), "value differs", "values differ"), d.Was.Terms, d.Now.Terms)
}

// change is the difference of two numbers; empty for other values.
func (r *termDiffRow) change() spreadsheet.Cell {
	if r.Was == nil || r.Now == nil || r.Was.Kind != tender.TermNumber || r.Now.Kind != tender.TermNumber {
		return spreadsheet.Cell{}
	}
	was, errWas := decimal.NewFromString(r.Was.Text)
	now, errNow := decimal.NewFromString(r.Now.Text)
	if errWas != nil || errNow != nil {
		return spreadsheet.Cell{}
	}
	return spreadsheet.Principal(now.Sub(was))
}

// termCell is a value of the terms: a number or a date where it is one.
func termCell(t *tender.Term) spreadsheet.Cell {
	if t == nil {
		return spreadsheet.Label("none").WithTone(spreadsheet.Muted)
	}
	switch t.Kind {
	case tender.TermNumber:
		if d, err := decimal.NewFromString(t.Text); err == nil {
			return spreadsheet.Principal(d).Aligned(spreadsheet.Left)
		}
	case tender.TermDate:
		if d, err := tender.ParseDate(t.Text); err == nil {
			return spreadsheet.Day(d).Aligned(spreadsheet.Left)
		}
	case tender.TermInstant:
		if at, err := time.Parse(time.RFC3339Nano, t.Text); err == nil {
			return spreadsheet.InstantCell(at, at.Location()).Aligned(spreadsheet.Left)
		}
	}
	return spreadsheet.Label(t.Text)
}
