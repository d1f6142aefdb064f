package export

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// comparison is the workbook of a difference as it is put together.
type comparison struct {
	volume
	d          *Difference
	currencies seriesCurrencies
	lines      *listing // rows of Instructions

	accepted, wired area // rows of Summary that others refer to

	summary, terms, wires, instructions, rejects *sheet
}

// WriteDifference writes the workbook of a difference. The same difference always
// gives the same bytes.
func WriteDifference(w io.Writer, d *Difference) error {
	return writeDifference(w, d, excelize.TotalRows)
}

func writeDifference(w io.Writer, d *Difference, rowsPerSheet int) error {
	b := &comparison{volume: d.volume(rowsPerSheet), d: d, currencies: d.currencies()}
	b.layInstructions() // before Summary, which adds them up
	b.laySummary()
	b.layTerms()
	b.layRejects()
	b.wires = b.layWireChanges(d.Wires, "Wires that differ", "What the second run would pay in addition to what the first lists, and what less.")
	var sheets []*sheet
	for _, s := range []*sheet{b.summary, b.terms, b.wires, b.instructions, b.rejects} {
		for ; s != nil; s = s.next {
			sheets = append(sheets, s)
		}
	}
	if err := b.write(w, sheets); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

func (d *Difference) volume(rowsPerSheet int) volume {
	runs := d.Was.Run + " and " + d.Now.Run
	made := d.Was.AsOf
	if d.Now.AsOf.After(made) {
		made = d.Now.AsOf
	}
	return volume{
		title:      fmt.Sprintf("%s: difference between two runs of the tender offer %s", d.Issuer, d.Offer),
		subject:    "Runs " + runs,
		version:    d.Version,
		made:       made,
		subtitle:   fmt.Sprintf("%s  ·  cash tender offer %s  ·  runs %s", d.Issuer, d.Offer, runs),
		banner:     d.banner(),
		indicative: d.Now.Phase != tender.Final,
		footer:     runs,
		paper:      cmp.Or(d.Paper, tender.PaperA4), rowsPerSheet: rowsPerSheet,
	}
}

// banner says what is compared with what.
func (d *Difference) banner() cell {
	side := func(s Side) string {
		return strings.ToUpper(string(s.Phase)) + " as of " + tender.WallTime(s.AsOf, d.zoneOf(s))
	}
	c := label("DIFFERENCE from " + side(d.Was) + " to " + side(d.Now)).as(inBanner)
	if d.Now.Phase != tender.Final {
		c = c.toned(doubtful)
	}
	return c
}

// zoneOf is the zone in which the instants of a run are shown: the offer's, or
// where that is not known the offset of the run's own instant.
func (d *Difference) zoneOf(s Side) *time.Location {
	if d.Zone != nil {
		return d.Zone
	}
	return s.AsOf.Location()
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
	s := b.newSheet("Summary", "Difference between two runs")
	b.summary = s
	s.put(bannerRow+1, 1, label(b.statusWords()).as(inSection).toned(b.statusTone()))
	s.tall(bannerRow+1, 22)
	row := b.laySides(firstRow)
	row = b.laySeries(row + 1)
	row, b.wired = layFigures(b, row+1, "To be wired", "Settlement date", fundingMeasures, b.d.Funding, b.fundingName)
	row = b.layFundingTotals(row)
	row, _ = layFigures(b, row+1, "Caps", "Cap", capMeasures, b.d.Caps, func(c *CapResult) named {
		return named{label(c.Name), "counts " + result.MeasureWords(c.Measure), c.Currency}
	})
	row = b.layMoved(row + 1)
	b.layFiles(row + 1)
	s.whole = s.height() <= 50
}

func (b *comparison) statusTone() tone {
	if b.d.Differs() {
		return doubtful
	}
	return good
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
	return fmt.Sprintf("%s  ·  %s  ·  instructions: %d new, %d gone, %d amended, %d accepted differently  ·  %s",
		terms, display.Plural(len(d.Files), "file", "files"), n[result.New], n[result.Gone], n[result.Amended], n[result.Reclassed], display.Plural(len(d.Rejects), "reject", "rejects"))
}

// laySides lays out what the two runs are, and returns the next free row.
func (b *comparison) laySides(top int) int {
	s := b.summary
	row := func(n int, name string, was, now cell, r role) {
		first := r
		if r == inBody {
			first = inFact
		}
		for col := difName; col <= difLast; col++ {
			s.put(n, col, cell{}.as(r))
		}
		s.put(n, difName, label(name).as(first))
		s.put(n, difCurrency, was.as(r).aligned(left))
		s.put(n, difFirst+2, now.as(r).aligned(left))
		s.merges = append(s.merges, area{n, difCurrency, n, difFirst + 1}, area{n, difFirst + 2, n, difLast})
	}
	row(top, "Run", label(inFirst), label(inSecond), inHeading)
	for i, f := range b.sideFacts() {
		row(top+1+i, f.name, f.was, f.now, inBody)
	}
	return top + 1 + len(b.sideFacts())
}

type sideFact struct {
	name     string
	was, now cell
}

func (b *comparison) sideFacts() []sideFact {
	was, now := b.d.Was, b.d.Now
	terms := func(s Side) cell { return label(fmt.Sprintf("version %d, %.12s", s.Terms, s.Digest)) }
	counts := func(s Side) cell {
		return label(fmt.Sprintf("%d read, %d counted, %d not counted, %d rejected", s.Counts.Rows, s.Counts.Counted, s.Counts.NotCounted, s.Counts.Rejected))
	}
	facts := []sideFact{
		{"Name", label(was.Run), label(now.Run)},
		{"Phase", label(string(was.Phase)), label(string(now.Phase))},
		{"As of (" + b.d.zoneOf(now).String() + ")", instantCell(was.AsOf, b.d.zoneOf(was)), instantCell(now.AsOf, b.d.zoneOf(now))},
		{"Terms", terms(was), terms(now)},
		{"Rows", counts(was), counts(now)},
		{"Program", label(was.Version), label(now.Version)},
	}
	if was.Replaces+now.Replaces != "" {
		facts = append(facts, sideFact{"Replaces the run", label(was.Replaces), label(now.Replaces)})
	}
	return facts
}

// figureColumns are the columns of a block of amounts.
func figureColumns(name string, names []measure, more ...column) []column {
	columns := []column{{heading: name, least: 34, widest: 48}, {heading: "Currency"}, {heading: "", least: 10}}
	for _, m := range names {
		columns = append(columns, column{heading: m.heading, right: true, least: 16})
	}
	return append(columns, more...)
}

// layFigures lays out three rows for each part of a result: what the first run
// says, what the second says, and the change. It returns the next free row and the
// rows of the block.
func layFigures[T Figured](b *comparison, row int, title, heading string, m measures[T], pairs []result.Pair[T], name func(*T) named) (next int, body area) {
	s := b.summary
	s.put(row, 1, label(title).as(inSection))
	t := table{columns: figureColumns(heading, m.names), none: "None."}
	for _, p := range pairs {
		t.rows = append(t.rows, figureRows(row+2+len(t.rows), m, p, name)...)
	}
	body = s.table(row+1, t)
	return body.bottom + 1, body
}

// named is how a part of a result is named: in its first row, and in small in its
// second.
type named struct {
	name             cell
	detail, currency string
}

// figureRows are the three rows of one part of a result, from a row of the sheet
// on.
func figureRows[T Figured](row int, m measures[T], p result.Pair[T], name func(*T) named) [][]cell {
	was, now, change := Amounts(p)
	n := name(p.Either())
	currency := n.currency
	rows := [][]cell{
		{n.name, label(currency), label(inFirst)},
		{label(n.detail).toned(muted), label(currency), label(inSecond)},
		{{}, label(currency), label(changed)},
	}
	for i := range m.names {
		col, cells := difFirst+i, [3]cell{}
		if was != nil {
			cells[0] = m.cell(i, was[i], currency)
		}
		if now != nil {
			cells[1] = m.cell(i, now[i], currency)
		}
		cells[2] = m.cell(i, change[i], currency).by(at(row+1, col) + "-" + at(row, col))
		if change[i].IsZero() {
			cells[2] = cells[2].toned(muted)
		}
		for n := range rows {
			rows[n] = append(rows[n], cells[n])
		}
	}
	for i, c := range rows[2] {
		rows[2][i] = c.as(inSubtotal)
	}
	return rows
}

// laySeries lays out the acceptance by series with its factors, and the totals in
// the currency of the caps.
func (b *comparison) laySeries(row int) int {
	s := b.summary
	s.put(row, 1, label("Acceptance").as(inSection))
	t := table{columns: figureColumns("Series", seriesMeasures.names, column{heading: "Proration factor", right: true}), none: "None."}
	for _, p := range b.d.Series {
		rows := figureRows(row+2+len(t.rows), seriesMeasures, p, func(r *SeriesResult) named { return named{label(r.ID), r.Title, r.Currency} })
		for i, r := range []*SeriesResult{p.Was, p.Now} {
			if r != nil {
				rows[i] = append(rows[i], factorCell(r))
			}
		}
		rows[2] = append(rows[2], cell{}.as(inSubtotal))
		t.rows = append(t.rows, rows...)
	}
	b.accepted = area{row + 2, 1, row + 1 + max(1, len(t.rows)), difLast}
	for _, p := range b.d.Totals {
		t.rows = append(t.rows, b.totalRows(row+2+len(t.rows), p)...)
	}
	return s.table(row+1, t).bottom + 1
}

// totalRows put the two totals under the columns tendered and accepted.
func (b *comparison) totalRows(row int, p result.Pair[TotalResult]) [][]cell {
	rows := figureRows(row, totalMeasures, p, func(t *TotalResult) named {
		return named{label("All series"), "at the offer's rates", t.Currency}
	})
	const tendered = difFirst + 2
	for i, r := range rows {
		wide := append(slices.Clone(r[:difFirst-1]), make([]cell, difLast-difFirst+1)...)
		wide[tendered-1], wide[tendered] = r[difFirst-1], r[difFirst]
		if i == 2 {
			for n := range wide {
				wide[n] = wide[n].as(inSubtotal)
			}
			for n := tendered; n <= tendered+1; n++ {
				wide[n-1] = wide[n-1].by(at(row+1, n) + "-" + at(row, n))
			}
		}
		rows[i] = wide
	}
	return rows
}

// factorCell is a published factor: a number where it is one a spreadsheet keeps.
func factorCell(r *SeriesResult) cell {
	words := r.FactorWords()
	d, err := decimal.NewFromString(words)
	if err != nil || d.NumDigits() > excelDigits {
		return label(words).aligned(right)
	}
	return percentage(d, decimals.Places(d.Shift(2)))
}

// paidBefore marks what an early settlement paid.
const paidBefore = "paid already"

func (b *comparison) fundingName(f *FundingResult) named {
	n := named{name: label(f.Date), currency: f.Currency}
	if date, err := tender.ParseDate(f.Date); err == nil {
		n.name = day(date).aligned(left)
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
			cells := make([]cell, difLast-1)
			cells[difCurrency-1], cells[difWhich-1] = label(currency), label(which)
			if i == 0 {
				cells[0] = label("Total " + currency)
			}
			for n, sum := range b.fundingSum(currency, i) {
				col := difFirst + n
				cells[col-1] = fundingMeasures.cell(n, sum, currency).by(fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", body.column(col).fixed(),
					body.column(difCurrency).fixed(), at(row, difCurrency), body.column(difWhich).fixed(), at(row, difWhich)))
			}
			b.summary.line(row, cells, figureColumns("", fundingMeasures.names), inTotal)
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
	sum := make([]decimal.Decimal, len(fundingMeasures.names))
	for _, p := range b.d.Funding {
		if p.Either().Currency != currency {
			continue
		}
		was, now, change := Amounts(p)
		for i, d := range [3][]decimal.Decimal{was, now, change}[which] {
			sum[i] = sum[i].Add(d)
		}
	}
	return sum
}

// layFiles lays out the files that differ.
func (b *comparison) layFiles(row int) int {
	s := b.summary
	s.put(row, 1, label("Files").as(inSection))
	t := table{columns: []column{
		{heading: "File", widest: 48}, {}, {heading: "File is"}, {heading: "Rows before", right: true}, {heading: "Rows now", right: true},
		{heading: "Counted before", right: true}, {heading: "Counted now", right: true}, {heading: "SHA-256 before"}, {heading: "SHA-256 now"},
	}, none: "Both runs used the same files."}
	for _, p := range b.d.Files {
		cells := make([]cell, difLast)
		cells[0], cells[difWhich-1] = label(p.Either().File), label(FileWord(p))
		for i, in := range []*result.Input{p.Was, p.Now} {
			if in != nil {
				cells[difFirst-1+i], cells[difFirst+1+i] = count(in.Rows), count(in.Counted)
				cells[difFirst+3+i] = label(fmt.Sprintf("%.12s…", in.SHA256))
			}
		}
		t.rows = append(t.rows, cells)
	}
	return s.table(row+1, t).bottom + 1
}

var termDiffColumns = []column{
	{heading: "Term, as offer.yaml names it", widest: 56},
	{heading: "Before", widest: 50, least: 26},
	{heading: "Now", widest: 50, least: 26},
	{heading: "Change", right: true, least: 18},
}

// layTerms lays out every value of the terms that differs.
func (b *comparison) layTerms() {
	const title = "Terms that differ"
	s := b.newSheet("Terms", title)
	b.terms = s
	s.put(bannerRow+1, 1, label(b.termWords()).as(inSubtitle))
	s.tall(bannerRow+1, 20)
	l := &listing{columns: termDiffColumns, count: len(b.d.Terms), none: "No value is shown."}
	l.maker = func() rowMaker { return func(i int, cells []cell) { b.termRow(b.d.Terms[i], cells) } }
	b.lay(l, s, firstRow, 0, b.goOn(s, title))
}

func (b *comparison) termWords() string {
	d := b.d
	switch {
	case d.NotCompared != "":
		return fmt.Sprintf("The terms differ (version %d and %d), but cannot be compared value by value: %s.", d.Was.Terms, d.Now.Terms, d.NotCompared)
	case !d.TermsDiffer():
		return "The same terms were in force."
	}
	return fmt.Sprintf("%s; version %d of the terms before, %d now.", display.Plural(len(d.Terms), "value differs", "values differ"), d.Was.Terms, d.Now.Terms)
}

func (b *comparison) termRow(p result.Pair[tender.Term], cells []cell) {
	cells[0], cells[1], cells[2] = label(p.Either().Path), b.termCell(p.Was), b.termCell(p.Now)
	if p.Was != nil && p.Now != nil && p.Was.Kind == tender.TermNumber && p.Now.Kind == tender.TermNumber {
		was, errWas := decimal.NewFromString(p.Was.Text)
		now, errNow := decimal.NewFromString(p.Now.Text)
		if errWas == nil && errNow == nil {
			cells[3] = principal(now.Sub(was)).by("C#-B#")
		}
	}
}

// termCell is a value of the terms: a number or a date where it is one.
func (b *comparison) termCell(t *tender.Term) cell {
	if t == nil {
		return label("none").toned(muted)
	}
	switch t.Kind {
	case tender.TermNumber:
		if d, err := decimal.NewFromString(t.Text); err == nil {
			return principal(d).aligned(left)
		}
	case tender.TermDate:
		if d, err := tender.ParseDate(t.Text); err == nil {
			return day(d).aligned(left)
		}
	case tender.TermInstant:
		if at, err := time.Parse(time.RFC3339Nano, t.Text); err == nil {
			return instantCell(at, at.Location()).aligned(left)
		}
	}
	return label(t.Text)
}
