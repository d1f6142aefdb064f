package export

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
)

// The columns of Changes.
const (
	chgKind = iota + 1
	chgDepositary
	chgInstruction
	chgSeriesWas
	chgSeriesNow
	chgWindowWas
	chgWindowNow
	chgTenderedWas
	chgTenderedNow
	chgTendered
	chgAcceptedWas
	chgAcceptedNow
	chgAccepted
	chgTotalWas
	chgTotalNow
	chgTotal
)

// comparedColumns are what both tables compare.
var comparedColumns = []column{
	{heading: "Tendered before", right: true},
	{heading: "Tendered now", right: true},
	{heading: "Change", right: true},
	{heading: "Accepted before", right: true},
	{heading: "Accepted now", right: true},
	{heading: "Change", right: true},
	{heading: "Cash before", right: true},
	{heading: "Cash now", right: true},
	{heading: "Change", right: true},
}

var seriesChangeColumns = append([]column{
	{heading: "Series", widest: 24}, {}, {}, {heading: "Currency"}, {}, {}, {},
}, comparedColumns...)

var changeColumns = append([]column{
	{heading: "Change", widest: 24},
	{heading: "Depositary", widest: 16},
	{heading: "Instruction", widest: 24},
	{heading: "Series before", widest: 20},
	{heading: "Series now", widest: 20},
	{heading: "Window before"},
	{heading: "Window now"},
}, comparedColumns...)

const changesTitle = "Changes since the previous run"

// layChanges lays out what is different from the previous published run: first
// what became of the series, then every instruction that differs.
func (b *workbook) layChanges() {
	s := b.newSheet("Changes", changesTitle)
	b.changes = s
	s.put(bannerRow+1, 1, label(b.changeWords()).as(inSubtitle))
	s.tall(bannerRow+1, 20)
	c := b.run.Changes
	if c == nil {
		s.widen(1, 110) // the title line has nothing beside it to run into
		return
	}
	t := table{columns: seriesChangeColumns, none: "The offer has no series."}
	for _, change := range c.Series {
		t.rows = append(t.rows, b.seriesChangeRow(change))
	}
	s.put(firstRow, 1, label("Series").as(inSection))
	body := s.table(firstRow+1, t)
	b.layChangedLines(body.bottom + 2)
}

func (b *workbook) layChangedLines(top int) {
	s := b.changes
	s.put(top, 1, label("Instructions").as(inSection))
	l := &listing{columns: changeColumns, count: len(b.run.Changes.Lines), none: "No instruction changed."}
	l.maker = func() rowMaker {
		return func(i int, cells []cell) { b.changeRow(&b.run.Changes.Lines[i], cells) }
	}
	// Its headings stand below another table: they repeat in print, but do not
	// stay in sight.
	frozen := s.frozen
	b.lay(l, s, top+1, 0, b.goOn(s, changesTitle))
	s.frozen = frozen
}

func (b *workbook) changeWords() string {
	c := b.run.Changes
	if c == nil {
		return "First run: there is no earlier run to compare with."
	}
	n := c.Kinds()
	return fmt.Sprintf("Compared with run %s: %d new, %d gone, %d amended, %d accepted differently.",
		c.Previous, n[result.New], n[result.Gone], n[result.Amended], n[result.Reclassed])
}

func (b *workbook) seriesChangeRow(c result.SeriesChange) []cell {
	cells := make([]cell, chgTotalWas+2)
	cells[0], cells[chgSeriesWas-1] = label(c.Series), label(b.run.CurrencyOf(c.Series))
	compare(cells, chgTenderedWas, principal(c.TenderedWas), principal(c.TenderedNow), c.TenderedNow.Sub(c.TenderedWas))
	compare(cells, chgAcceptedWas, principal(c.AcceptedWas), principal(c.AcceptedNow), c.AcceptedNow.Sub(c.AcceptedWas))
	currency := b.run.CurrencyOf(c.Series)
	compare(cells, chgTotalWas, cash(c.CashWas, currency), cash(c.CashNow, currency), c.CashNow.Sub(c.CashWas))
	return cells
}

// compare sets three cells: before, now and the change.
func compare(cells []cell, col int, was, now cell, change decimal.Decimal) {
	difference := now
	if now.kind == empty {
		difference = was
	}
	difference = difference.holding(change)
	cells[col-1], cells[col], cells[col+1] = was, now, difference.by(letters(col+1)+"#-"+letters(col)+"#")
}

// ChangeName says a kind in words.
func ChangeName(k result.ChangeKind) string { return changeNames[k] }

var changeNames = map[result.ChangeKind]string{
	result.New: "new", result.Gone: "gone", result.Amended: "amended", result.Reclassed: "accepted differently",
}

func (b *workbook) changeRow(c *result.Change, cells []cell) {
	cells[chgKind-1], cells[chgDepositary-1], cells[chgInstruction-1] = label(ChangeName(c.Kind)), label(c.Depositary), label(c.Instruction)
	was, now := b.positionCells(c.Was), b.positionCells(c.Now)
	cells[chgSeriesWas-1], cells[chgSeriesNow-1] = was[0], now[0]
	cells[chgWindowWas-1], cells[chgWindowNow-1] = was[1], now[1]
	compare(cells, chgTenderedWas, was[2], now[2], c.Now.Tendered.Sub(c.Was.Tendered))
	compare(cells, chgAcceptedWas, was[3], now[3], c.Now.Accepted.Sub(c.Was.Accepted))
	compare(cells, chgTotalWas, was[4], now[4], c.Now.Total.Sub(c.Was.Total))
}

// positionCells are series, window, tendered, accepted and cash; empty for an
// instruction that did not count.
func (b *workbook) positionCells(p result.Position) [5]cell {
	if !p.Counted() {
		return [5]cell{}
	}
	return [5]cell{
		label(p.Series), label(string(p.Window)), principal(p.Tendered), principal(p.Accepted),
		cash(p.Total, b.tally.currency(p.Series)),
	}
}
