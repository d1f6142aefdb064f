package workbook

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
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
var comparedColumns = []spreadsheet.Column{
	{Heading: "Tendered before", Right: true},
	{Heading: "Tendered now", Right: true},
	{Heading: "Change", Right: true},
	{Heading: "Accepted before", Right: true},
	{Heading: "Accepted now", Right: true},
	{Heading: "Change", Right: true},
	{Heading: "Cash before", Right: true},
	{Heading: "Cash now", Right: true},
	{Heading: "Change", Right: true},
}

var seriesChangeColumns = append([]spreadsheet.Column{
	{Heading: "Series", Widest: 24}, {}, {}, {Heading: "Currency"}, {}, {}, {},
}, comparedColumns...)

var changeColumns = append([]spreadsheet.Column{
	{Heading: "Change", Widest: 24},
	{Heading: "Depositary", Widest: 16},
	{Heading: "Instruction", Widest: 24},
	{Heading: "Series before", Widest: 20},
	{Heading: "Series now", Widest: 20},
	{Heading: "Window before"},
	{Heading: "Window now"},
}, comparedColumns...)

const changesTitle = "Changes since the previous run"

// layChanges lays out what is different from the previous published run: first
// what became of the series, then every instruction that differs.
func (b *workbook) layChanges() {
	s := b.NewSheet("Changes", changesTitle)
	b.changes = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(b.changeWords()).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	c := b.run.Changes
	if c == nil {
		s.Widen(1, 110) // the title line has nothing beside it to run into
		return
	}
	t := spreadsheet.Table{Columns: seriesChangeColumns, None: "The offer has no series."}
	for _, change := range c.Series {
		t.Rows = append(t.Rows, b.seriesChangeRow(change))
	}
	s.Put(spreadsheet.FirstRow, 1, spreadsheet.Label("Series").As(spreadsheet.InSection))
	body := s.Table(spreadsheet.FirstRow+1, t)
	b.layChangedLines(body.Bottom + 2)
}

func (b *workbook) layChangedLines(top int) {
	s := b.changes
	s.Put(top, 1, spreadsheet.Label("Instructions").As(spreadsheet.InSection))
	l := &spreadsheet.Listing{Columns: changeColumns, Count: len(b.run.Changes.Lines), None: "No instruction changed."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { b.changeRow(&b.run.Changes.Lines[i], cells) }
	}
	// Its headings stand below another table: they repeat in print, but do not
	// stay in sight.
	frozen := s.Frozen
	b.Lay(l, s, top+1, 0, b.Continuation(s, changesTitle))
	s.Frozen = frozen
}

func (b *workbook) changeWords() string {
	c := b.run.Changes
	if c == nil {
		return "First run: there is no earlier run to compare with."
	}
	n := c.Kinds()
	return fmt.Sprintf("Compared with run %s: %d new, %d no longer counted, %d amended, %d accepted differently.",
		c.Previous, n[result.New], n[result.NoLonger], n[result.Amended], n[result.Reclassed])
}

func (b *workbook) seriesChangeRow(c result.SeriesChange) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, chgTotalWas+2)
	cells[0], cells[chgSeriesWas-1] = spreadsheet.Label(c.Series), spreadsheet.Label(b.run.CurrencyOf(c.Series))
	wasAndNow(cells, chgTenderedWas, spreadsheet.Principal(c.TenderedWas), spreadsheet.Principal(c.TenderedNow), c.TenderedNow.Sub(c.TenderedWas))
	wasAndNow(cells, chgAcceptedWas, spreadsheet.Principal(c.AcceptedWas), spreadsheet.Principal(c.AcceptedNow), c.AcceptedNow.Sub(c.AcceptedWas))
	currency := b.run.CurrencyOf(c.Series)
	wasAndNow(cells, chgTotalWas, spreadsheet.Cash(c.CashWas, currency), spreadsheet.Cash(c.CashNow, currency), c.CashNow.Sub(c.CashWas))
	return cells
}

// wasAndNow sets three cells: before, now and the change.
func wasAndNow(cells []spreadsheet.Cell, col int, was, now spreadsheet.Cell, change decimal.Decimal) {
	difference := now
	if now.Kind == spreadsheet.Empty {
		difference = was
	}
	difference = difference.Holding(change)
	cells[col-1], cells[col], cells[col+1] = was, now, difference.By(spreadsheet.Letters(col+1)+"#-"+spreadsheet.Letters(col)+"#")
}

// ChangeName says a kind in words.
func ChangeName(k result.ChangeKind) string { return changeNames[k] }

var changeNames = map[result.ChangeKind]string{
	result.New: "new", result.NoLonger: "no longer counted", result.Amended: "amended", result.Reclassed: "accepted differently",
}

func (b *workbook) changeRow(c *result.Change, cells []spreadsheet.Cell) {
	cells[chgKind-1], cells[chgDepositary-1], cells[chgInstruction-1] = spreadsheet.Label(ChangeName(c.Kind)), spreadsheet.Label(c.Depositary), spreadsheet.Label(c.Instruction)
	was, now := b.positionCells(c.Was), b.positionCells(c.Now)
	cells[chgSeriesWas-1], cells[chgSeriesNow-1] = was[0], now[0]
	cells[chgWindowWas-1], cells[chgWindowNow-1] = was[1], now[1]
	wasAndNow(cells, chgTenderedWas, was[2], now[2], c.Now.Tendered.Sub(c.Was.Tendered))
	wasAndNow(cells, chgAcceptedWas, was[3], now[3], c.Now.Accepted.Sub(c.Was.Accepted))
	wasAndNow(cells, chgTotalWas, was[4], now[4], c.Now.Total.Sub(c.Was.Total))
}

// positionCells are series, window, tendered, accepted and cash; empty for an
// instruction that did not count.
func (b *workbook) positionCells(p result.Position) [5]spreadsheet.Cell {
	if !p.Counted() {
		return [5]spreadsheet.Cell{}
	}
	return [5]spreadsheet.Cell{
		spreadsheet.Label(p.Series), spreadsheet.Label(string(p.Window)), spreadsheet.Principal(p.Tendered), spreadsheet.Principal(p.Accepted),
		spreadsheet.Cash(p.Total, b.tally.currency(p.Series)),
	}
}
