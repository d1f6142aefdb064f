package ingest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// totals are the sums that a totals row may state.
type totals struct {
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

var totalWords = values.Words("total totals grandtotal overalltotal controltotal sum sumtotal totalprincipal totalprincipalamount totaltendered totalamount totalamounttendered totalquantity summe gesamt gesamtsumme ergebnis gesamtergebnis somme totale totaal")

// totalsLabel recognises a totals row by its first text, if it is no instruction.
func (s *sheet) totalsLabel(row *xlsx.Row) (string, totalKind) {
	i := slices.IndexFunc(row.Cells, func(c xlsx.Cell) bool { return isFilled(&c) })
	if i < 0 || row.Cells[i].Kind != xlsx.Text || !startsTotal(row.Cells[i].Text) {
		return "", noTotal
	}
	first := &row.Cells[i]
	for _, c := range []headings.Column{headings.ColInstruction, headings.ColSecurity, headings.ColReceived, headings.ColReceivedDate, headings.ColReceivedTime, headings.ColParticipant} {
		if s.cells[c] != first && isFilled(s.cells[c]) && !s.saysNothing(s.cells[c]) {
			return "", noTotal
		}
	}
	key := values.Normal(string(first.Text))
	switch {
	case slices.Contains(totalWords, key), strings.HasPrefix(key, "grandtotal"):
		return string(first.Text), grandTotal
	case strings.HasPrefix(key, "subtotal"), strings.HasPrefix(key, "total"):
		return string(first.Text), subtotal
	}
	return "", noTotal
}

// startsTotal is a quick look that spares nearly all rows the rest.
func startsTotal(text []byte) bool {
	t := values.Trim(string(text))
	return t != "" && strings.ContainsRune("tTsSgGoOcCeE", rune(t[0]))
}

// readTotal holds a total against the rows above it.
func (s *sheet) readTotal(row *xlsx.Row, label string, kind totalKind) {
	if kind == grandTotal {
		s.totals.row = row.Number
	}
	cell := s.cells[headings.ColPrincipal]
	if !isFilled(cell) || cell.Kind == xlsx.Blank {
		s.note(s.here(fmt.Sprintf("row %d, %s, has no value under %s: there was nothing to check", row.Number, display.Quote(values.Trim(label)), display.Quote(s.layout.Heading(headings.ColPrincipal)))))
		return
	}
	s.noteStruckTotal(row)
	value, ok := s.controlValue(cell)
	if !ok {
		s.totalFault(row, cell, fmt.Sprintf("the total %s cannot be read", display.Quote(values.Trim(label))))
		return
	}
	s.totals.stated = &ControlTotal{row.Number, value}
	if !s.agrees(&s.totals, value, kind, row.Number) && !s.agreesWithAll(value, row.Number) {
		message := fmt.Sprintf("the total %s is %s, but the rows above it add up to %s", display.Quote(values.Trim(label)), value, s.totals.all.value())
		if why := s.totals.shownOnly(value, kind, s.hidden); why != "" {
			s.hiddenTotalFault(row, cell, message+why)
		} else {
			s.totalFault(row, cell, message)
		}
	}
	s.totals.sinceLast, s.totals.hiddenSinceLast = sum{}, sum{}
}

// noteStruckTotal says of a total of which something is struck through that it is checked
// all the same.
func (s *sheet) noteStruckTotal(row *xlsx.Row) {
	struck := func(c xlsx.Cell) bool { return isFilled(&c) && c.Struck != xlsx.NotStruck }
	if i := slices.IndexFunc(row.Cells, struck); i >= 0 {
		s.note(s.here(fmt.Sprintf("the total in row %d is struck through (%s) and was checked all the same", row.Number, xlsx.CellName(row.Cells[i].Col, row.Number))))
	}
}

func (s *sheet) totalFault(row *xlsx.Row, cell *xlsx.Cell, message string) {
	advice := "a row is missing, there twice or changed: ask the depositary for the report again"
	if cell.Formula {
		advice = "the total is a formula: if it was not computed since the rows were written, open and save the file in a spreadsheet; else " + advice
	}
	s.fault(s.name, tender.FileFault{
		Cell: xlsx.CellName(cell.Col, row.Number), Value: string(cell.Text), Rule: tender.RuleTotal, Message: message, Advice: advice,
	})
}

// agrees reports whether a total is one of the sums it can be. Where a principal
// could not be read nothing can be said; its row is rejected anyway.
func (r *reading) agrees(t *totals, value decimal.Decimal, kind totalKind, row int) bool {
	switch {
	case value.Equal(t.all.value()):
		return true
	case kind == subtotal && value.Equal(t.sinceLast.value()),
		kind == subtotal && !value.IsZero() && slices.ContainsFunc(t.bySeries, func(s sum) bool { return value.Equal(s.value()) }):
		return true
	case len(t.unreadable) > 0:
		r.note(fmt.Sprintf("the total %s in row %d was not verified: the principal cannot be read in %s; the others add up to %s",
			value, row, rowList(t.unreadable, len(t.unreadable)), t.all.value()))
		return true
	case value.Equal(t.tendered.value()):
		r.note(fmt.Sprintf("the total %s in row %d is that of the rows reported as tendered", value, row))
		return true
	}
	return false
}

// agreesWithAll reports whether a total is that of this sheet and those before
// it, as at the end of the last.
func (s *sheet) agreesWithAll(value decimal.Decimal, row int) bool {
	all := s.allTotals()
	if len(s.sheets) < 2 || !value.Equal(all.all.value()) {
		return false
	}
	s.note(s.here(fmt.Sprintf("the total %s in row %d is that of all sheets so far", value, row)))
	return true
}

// allTotals are the sums over all sheets.
func (r *reading) allTotals() *totals {
	all := &totals{bySeries: make([]sum, len(r.offer.Series))}
	for _, s := range r.sheets {
		all.all.add(s.totals.all.value())
		all.tendered.add(s.totals.tendered.value())
		all.hidden.add(s.totals.hidden.value())
		all.unreadable = append(all.unreadable, s.totals.unreadable...)
		for i := range all.bySeries {
			all.bySeries[i].add(s.totals.bySeries[i].value())
		}
	}
	return all
}

// controlValue is the number in a cell, however it came about.
func (r *reading) controlValue(c *xlsx.Cell) (decimal.Decimal, bool) {
	switch c.Kind {
	case xlsx.Number:
		return values.ControlNumber(string(c.Text))
	case xlsx.Text:
		v, _, wrong := values.TextAmountIn(values.Trim(string(c.Text)), r.depositary.Decimal)
		return v, wrong == nil
	}
	return decimal.Zero, false
}

// addPrincipal adds the principal of a row to the sums, even if the row is
// rejected, and keeps it for the row.
func (s *sheet) addPrincipal(row, series int, principal decimal.Decimal, status tender.Status) {
	value, ok := principal, true
	if value.IsZero() { // it is none; the row may still state an amount
		value, ok = s.statedPrincipal()
	}
	s.stated = value
	if !ok {
		if isFilled(s.cells[headings.ColPrincipal]) {
			s.totals.unreadable = append(s.totals.unreadable, row)
		}
		return
	}
	t := &s.totals
	t.all.add(value)
	t.sinceLast.add(value)
	if s.rowHidden {
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

// statedPrincipal is the amount that is in the row in hand, whatever is wrong
// with it.
func (s *sheet) statedPrincipal() (decimal.Decimal, bool) {
	if c := s.cells[headings.ColPrincipal]; c != nil {
		return s.controlValue(c)
	}
	return decimal.Zero, false
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
