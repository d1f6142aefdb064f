package ingest

import (
	"fmt"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// sums are the sums that a totals row may state.
type sums struct {
	all, tendered, sinceLast sum
	hidden, hiddenSinceLast  sum // of all and sinceLast, that in hidden rows
	bySeries                 []sum
	unreadable               []int // rows whose principal is not in the sums
	row                      int   // of the totals row, 0 before it
	stated                   *ControlTotal
}

// totalKind is what a row says to total.
type totalKind int

const (
	noTotal totalKind = iota
	subtotal
	grandTotal
)

var totalWords = values.Words("total totals grandtotal overalltotal controltotal sum sumtotal totalprincipal " +
	"totalprincipalamount totaltendered totalamount totalamounttendered totalquantity summe gesamt gesamtsumme " +
	"ergebnis gesamtergebnis somme totale totaal")

// readTotal compares a total with the rows above it.
func (t *sheetTotals) readTotal(row *xlsx.Row, cell *xlsx.Cell, label string, kind totalKind) {
	if kind == grandTotal {
		t.sums.row = row.Number
	}
	if !isFilled(cell) || cell.Kind == xlsx.Blank {
		t.note(fmt.Sprintf("row %d, %s, has no value under %s: nothing was checked", row.Number,
			display.Quote(values.Trim(label)), display.Quote(t.layout.headings.Heading(headings.ColPrincipal))))
		return
	}
	t.noteStruckTotal(row)
	value, ok := t.layout.terms.controlValue(cell)
	if !ok {
		t.totalFault(row, cell, fmt.Sprintf("the total %s cannot be read", display.Quote(values.Trim(label))))
		return
	}
	t.sums.stated = &ControlTotal{row.Number, value}
	if !t.sums.agrees(t.found, value, kind, row.Number) && !t.agreesWithAll(value, row.Number) {
		message := fmt.Sprintf("the total %s is %s, but the rows above it add up to %s",
			display.Quote(values.Trim(label)), value, t.sums.all.value())
		if why := t.sums.shownOnly(value, kind, t.hidden); why != "" {
			t.fault(wrongTotal(cell, row.Number, message+why, hiddenAdvice))
		} else {
			t.totalFault(row, cell, message)
		}
	}
	t.sums.sinceLast, t.sums.hiddenSinceLast = sum{}, sum{}
}

// readPair compares such a row with the rows above it. What is called a total may be the
// number of instructions.
func (t *sheetTotals) readPair(row *xlsx.Row, label string, cell *xlsx.Cell) {
	value, _ := t.layout.terms.controlValue(cell) // pair has read it
	isCount := slices.Contains(countWords, label)
	t.sums.row = row.Number
	t.noteStruckTotal(row)
	switch {
	case value.Equal(decimal.NewFromInt(int64(t.count))):
		t.countAgrees = true
		t.note(fmt.Sprintf("row %d agrees with the number of instructions: %s", row.Number, value))
	case isCount && value.Equal(decimal.NewFromInt(int64(t.tendered))):
		t.note(fmt.Sprintf("row %d agrees with the number of the instructions reported as tendered: %s", row.Number,
			value))
	case isCount:
		t.totalFault(row, cell, fmt.Sprintf("row %d counts %s instructions, but there are %d above it", row.Number,
			value, t.count))
	case t.sums.agrees(t.found, value, grandTotal, row.Number) || t.agreesWithAll(value, row.Number):
		t.sums.stated = &ControlTotal{row.Number, value}
	default:
		t.totalFault(row, cell, fmt.Sprintf("the total in row %d is %s, but the rows above it add up to %s", row.Number,
			value, t.sums.all.value()))
	}
}

// noteStruckTotal says of a total of which something is struck through that it is checked
// all the same.
func (t *sheetTotals) noteStruckTotal(row *xlsx.Row) {
	struck := func(c xlsx.Cell) bool { return isFilled(&c) && c.Struck != xlsx.NotStruck }
	if i := slices.IndexFunc(row.Cells, struck); i >= 0 {
		t.note(fmt.Sprintf("the total in row %d is struck through (%s) and was checked anyway", row.Number,
			xlsx.CellName(row.Cells[i].Col, row.Number)))
	}
}

// wrongTotal is the fault of a cell with a total or a count.
func wrongTotal(cell *xlsx.Cell, row int, message, advice string) tender.FileFault {
	return tender.FileFault{Cell: xlsx.CellName(cell.Col, row), Value: string(cell.Text), Rule: tender.RuleTotal,
		Message: message, Advice: advice}
}

const totalAdvice = "a row is missing, repeated or changed: ask the depositary for the report again"

func (t *sheetTotals) totalFault(row *xlsx.Row, cell *xlsx.Cell, message string) {
	advice := totalAdvice
	if cell.Formula {
		advice = "the total is a formula: if the rows changed after it was calculated, open and save the file in a " +
			"spreadsheet program; otherwise " + advice
	}
	t.fault(wrongTotal(cell, row.Number, message, advice))
}

// agreesWithAll reports whether a total is that of this sheet and those before
// it, as at the end of the last.
func (t *sheetTotals) agreesWithAll(value decimal.Decimal, row int) bool {
	if !t.follows || !value.Equal(t.before.Add(t.sums.all.value())) {
		return false
	}
	t.note(fmt.Sprintf("the total %s in row %d is the sum of all sheets so far", value, row))
	return true
}

// agrees reports whether a total is one of the sums it can be. Where a principal
// could not be read nothing can be said; its row is rejected anyway.
func (t *sums) agrees(found *findings, value decimal.Decimal, kind totalKind, row int) bool {
	switch {
	case value.Equal(t.all.value()):
		return true
	case kind == subtotal && value.Equal(t.sinceLast.value()),
		kind == subtotal && !value.IsZero() &&
			slices.ContainsFunc(t.bySeries, func(s sum) bool { return value.Equal(s.value()) }):
		return true
	case len(t.unreadable) > 0:
		found.note(fmt.Sprintf("the total %s in row %d was not verified: the principal cannot be read in %s; the "+
			"others add up to %s",
			value, row, rowList(t.unreadable, len(t.unreadable)), t.all.value()))
		return true
	case value.Equal(t.tendered.value()):
		found.note(fmt.Sprintf("the total %s in row %d is the sum of the rows reported as tendered", value, row))
		return true
	}
	return false
}

// allSums are the sums over all sheets.
func (r *reading) allSums() *sums {
	all := &sums{bySeries: make([]sum, len(r.terms.offer.Series))}
	for _, s := range r.sheets {
		all.all.add(s.totals.sums.all.value())
		all.tendered.add(s.totals.sums.tendered.value())
		all.hidden.add(s.totals.sums.hidden.value())
		all.unreadable = append(all.unreadable, s.totals.sums.unreadable...)
		for i := range all.bySeries {
			all.bySeries[i].add(s.totals.sums.bySeries[i].value())
		}
	}
	return all
}

// add adds the principal of a row.
func (t *sums) add(value decimal.Decimal, series int, status tender.Status, hidden bool) {
	t.all.add(value)
	t.sinceLast.add(value)
	if hidden {
		t.hidden.add(value)
		t.hiddenSinceLast.add(value)
	}
	if status == tender.Tendered {
		t.tendered.add(value)
	}
	if series >= 0 {
		t.bySeries[series].add(value)
	}
}

// sum adds up amounts of a sheet. Whole ones, which nearly all are, cost no
// memory.
type sum struct {
	whole int64
	rest  decimal.Decimal
}

func (s *sum) add(v decimal.Decimal) {
	const most = 1_000_000_000_000_000 // amounts have at most fifteen digits
	if v.Exponent() != 0 || s.whole > math.MaxInt64-most || s.whole < math.MinInt64+most {
		s.rest = s.rest.Add(v)
		return
	}
	s.whole += v.IntPart()
}

func (s sum) value() decimal.Decimal { return s.rest.Add(decimal.NewFromInt(s.whole)) }
