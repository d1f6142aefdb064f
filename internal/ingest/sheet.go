package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// searchedRows is how many rows that have cells are searched for headings.
const searchedRows = 50

// errEnough ends the reading of a sheet of which enough is known.
var errEnough = errors.New("enough rows")

// finder looks for the headings among the first rows of a sheet.
type finder struct {
	named    map[string]string // headings the offer names
	rows     int               // rows with cells so far
	previous []headings.Label
	lastRow  int
	best     *headings.Layout // the row, or two, with the most headings
}

// find looks at the next row. It returns the layout once the headings are found.
func (f *finder) find(row *xlsx.Row) *headings.Layout {
	found := headings.Labels(row)
	if len(found) > 0 {
		f.consider(headings.NewLayout(row.Number, found, f.named))
		if len(f.best.Missing) > 0 && f.lastRow == row.Number-1 && len(f.previous) > 0 {
			f.consider(headings.NewLayout(row.Number, headings.Joined(f.previous, found), f.named))
		}
	}
	f.rows++
	f.previous, f.lastRow = found, row.Number
	if f.best != nil && len(f.best.Missing) == 0 {
		return f.best
	}
	return nil
}

func (f *finder) consider(l *headings.Layout) {
	switch {
	case f.best == nil, len(l.Missing) == 0 && len(f.best.Missing) > 0, l.Found() > f.best.Found(),
		l.Found() == f.best.Found() && len(l.Labels) > len(f.best.Labels):
		f.best = l
	}
}

// peeked is a sheet with the best headings among its first rows, nil if it has
// none.
type peeked struct {
	table
	besideSheet
	best *headings.Layout
}

// complete reports whether the sheet has all needed headings.
func (p peeked) complete() bool { return p.best != nil && len(p.best.Missing) == 0 }

// peek looks for the headings of a sheet.
func (r *reading) peek(t table) (peeked, error) {
	f := finder{named: r.depositary.Columns}
	var beside besideSheet
	_, err := t.each(func(row *xlsx.Row) error {
		if isBlank(row) {
			return nil
		}
		beside.look(row, f.rows == 0, r.securities)
		if f.find(row) != nil || f.rows >= searchedRows {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return peeked{}, err
	}
	return peeked{t, beside, f.best}, nil
}

// isBlank reports whether a row shows nothing. A formula without a stored value
// may show something.
func isBlank(row *xlsx.Row) bool {
	for i := range row.Cells {
		if isFilled(&row.Cells[i]) {
			return false
		}
	}
	return true
}

func isFilled(c *xlsx.Cell) bool {
	if c == nil {
		return false
	}
	if c.Kind == xlsx.Text {
		return len(values.Trimmed(c.Text)) > 0
	}
	return c.Kind != xlsx.Blank || c.Formula
}

// sheet is the reading of the sheet that holds the tenders.
type sheet struct {
	*reading
	finder
	name       string // "" in a CSV file
	layout     *headings.Layout
	column     []headings.Column          // by position in the sheet, -1 for none
	said       string                     // the currency that the headings name for the principal
	saidBy     string                     // what names it, if it is not the heading
	firstKey   string                     // the heading of the instruction column, as compared
	deliveries map[string]tender.Delivery // by the words seen so far
	clock      *clock                     // of the depositary's times
	legal      []legalAmount              // by series

	cells        [headings.ColumnCount]*xlsx.Cell // of the row in hand
	current      tender.Source                    // its place
	ID           string                           // its instruction number
	bad          bool                             // it has a fault
	struckRow    bool                             // it is struck through
	struckBeside []int                            // rows with something struck through from which nothing is decided
	stated       decimal.Decimal                  // its principal, whatever is wrong with it

	exchanged [headings.ColumnCount]exchangedDates // of the columns of times
	long      [headings.ColumnCount]longNumbers    // of the columns of identifiers

	first, last  int // rows that hold instructions
	count        int // of those rows
	totals       totals
	unpadded     []int // rows whose participant is stored as a number
	padded       bool  // another one begins with a zero
	answeredRows int   // rows that say whether the tender was withdrawn
	saysYes      bool  // the column for whether a tender was withdrawn says so of a row
	unanswered   []int // lines with a time of withdrawal for which it is blank
	formulas     int   // cells whose stored value was taken
	rowHidden    bool  // the row in hand is hidden
	hidden       []int
	commented    []int // rows whose instruction begins as a comment does
	headings     []int // rows that repeat the headings
	units        []int // rows of units below headings
	titles       []title
	commas       commas
	other        []int // rows with text but without any needed cell
	unread       []unread
	comments     map[int][]xlsx.Comment // on cells, by row
	commentCells []string               // those beside instructions that say nothing of a withdrawal
	passed       []bool                 // by position: columns that are read or to be ignored
	watched      int                    // columns of unread that can still say anything
	cut          string                 // a remark that says that rows are missing
	cutRow       int
	after        []int // rows below the totals row that look like instructions
}

func newSheet(r *reading, name string) *sheet {
	s := &sheet{reading: r, name: name, finder: finder{named: r.depositary.Columns}, deliveries: make(map[string]tender.Delivery),
		clock: newClock(r.offer, r.depositary), legal: legalAmounts(r.offer)}
	s.totals.bySeries = make([]sum, len(r.offer.Series))
	return s
}

// rowKind is what a row turned out to be.
type rowKind string

const (
	rowBlank       rowKind = "blank"
	rowAbove       rowKind = "above the headings"
	rowHeadings    rowKind = "the headings"
	rowAgain       rowKind = "the headings again"
	rowUnits       rowKind = "the units of the columns"
	rowTotal       rowKind = "a total, which is checked"
	rowRemark      rowKind = "a remark, not an instruction"
	rowAfterTotal  rowKind = "below the totals row"
	rowInstruction rowKind = "an instruction"
)

// row takes the next row of the sheet.
func (s *sheet) row(row *xlsx.Row) error {
	kind, err := s.take(row)
	if s.follow != nil {
		s.follow(s, row, kind)
	}
	if err == nil && s.overrun() {
		return errEnough
	}
	return err
}

func (s *sheet) take(row *xlsx.Row) (rowKind, error) {
	switch {
	case isBlank(row):
		return rowBlank, nil
	case s.layout == nil:
		err := s.search(row)
		if s.layout == nil {
			s.keepTitle(row)
			return rowAbove, err
		}
		return rowHeadings, err
	case row.Number == s.layout.Row+1 && !isDrawnLine(row) && s.splitHeading(row):
		if s.place(row); s.isUnits(row) {
			s.units = append(s.units, row.Number)
		}
		return rowHeadings, s.stopOn(s.layout.HeadingFaults(s.offer, s.depositary))
	}
	s.place(row)
	if s.rowHidden = row.Hidden; row.Hidden {
		s.hidden = append(s.hidden, row.Number)
	}
	if s.totals.row == 0 && s.isPlainInstruction() {
		s.instruction(row)
		return rowInstruction, nil
	}
	if l := s.headingsAgain(row); l != nil && !s.repeatsHeadings() {
		return rowAgain, s.readHeadingsAgain(l)
	}
	switch label, kind := s.totalsLabel(row); {
	case s.repeatsHeadings():
		s.headings = append(s.headings, row.Number)
		if s.saidBy == "" {
			s.said = s.layout.SaidCurrency()
		}
		return rowAgain, nil
	case s.isUnits(row):
		return rowUnits, s.readUnits(row)
	case isDrawnLine(row):
		s.other = append(s.other, row.Number)
		return rowRemark, nil
	case kind != noTotal:
		s.readTotal(row, label, kind)
		return rowTotal, nil
	case s.readsPair(row):
		return rowTotal, nil
	case s.isRemark():
		s.remark(row)
		return rowRemark, nil
	case s.totals.row > 0:
		s.after = append(s.after, row.Number)
		return rowAfterTotal, nil
	}
	s.instruction(row)
	return rowInstruction, nil
}

// isPlainInstruction is a quick look that spares nearly all rows the closer ones:
// a number for the principal beside an instruction and a security is neither a
// total nor the headings nor a remark.
func (s *sheet) isPlainInstruction() bool {
	principal := s.cells[headings.ColPrincipal]
	return principal != nil && principal.Kind == xlsx.Number && isFilled(s.cells[headings.ColInstruction]) && isFilled(s.cells[headings.ColSecurity]) && !s.saysNothing(s.cells[headings.ColSecurity])
}

// search looks for the headings in a row.
func (s *sheet) search(row *xlsx.Row) error {
	l := s.find(row)
	if l == nil {
		if s.rows >= searchedRows {
			return errEnough
		}
		return nil
	}
	s.adopt(l)
	if err := s.stopOn(append(s.titleFaults(), l.HeadingFaults(s.offer, s.depositary)...)); err != nil {
		return err
	}
	if len(l.Twice) > 0 {
		s.fault(s.name, l.TwiceFaults(s.depositary)...)
		return errEnough
	}
	return nil
}

// adopt takes the headings.
func (s *sheet) adopt(l *headings.Layout) {
	s.layout = l
	s.firstKey = values.Normal(l.Heading(headings.ColInstruction))
	s.said = l.SaidCurrency()
	s.column = nil
	for c := range headings.ColumnCount {
		for at := l.Position(c); len(s.column) <= at; {
			s.column = append(s.column, -1)
		}
		if at := l.Position(c); at >= 0 {
			s.column[at] = c
		}
	}
	s.findUnread()
}

// splitHeading reports whether the row below the headings continues them: with
// it, all columns are still found where they are, and at least one in other
// words.
func (s *sheet) splitHeading(row *xlsx.Row) bool {
	below := headings.Labels(row)
	l := headings.NewLayout(row.Number, headings.Joined(s.layout.Labels, below), s.named)
	if len(below) == 0 || len(l.Missing) > 0 || len(l.Twice) > 0 {
		return false
	}
	changed := false
	for c := range headings.ColumnCount {
		if s.layout.Has(c) && l.Position(c) != s.layout.Position(c) {
			return false
		}
		changed = changed || s.layout.Has(c) && l.Heading(c) != s.layout.Heading(c)
	}
	if changed {
		s.adopt(l)
	}
	return changed
}

// place finds the cells of the columns in a row.
func (s *sheet) place(row *xlsx.Row) {
	clear(s.cells[:])
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Col < len(s.column) && s.column[c.Col] >= 0 {
			s.cells[s.column[c.Col]] = c
		}
	}
}

// filled counts the columns whose cell holds something.
func (s *sheet) filled(columns ...headings.Column) int {
	n := 0
	for _, c := range columns {
		if isFilled(s.cells[c]) {
			n++
		}
	}
	return n
}

// isRemark reports whether a row is no instruction: it has none of the needed
// cells, or words in the first of them and nothing else of ours. Below the totals
// row, where counts and signatures stand, an instruction has at least three.
func (s *sheet) isRemark() bool {
	filled := s.filled(headings.Needed...) + s.filled(headings.ColReceivedDate, headings.ColReceivedTime)
	if filled == 0 || s.totals.row > 0 && filled < 3 {
		return true
	}
	c := s.cells[headings.ColInstruction]
	if filled > 1 || c == nil || c.Kind != xlsx.Text || !isFooterText(values.Trim(string(c.Text))) {
		return false
	}
	for k := range headings.ColumnCount {
		if k != headings.ColInstruction && isFilled(s.cells[k]) {
			return false
		}
	}
	return true
}

// repeatsHeadings reports whether a row is the headings again, as printed
// reports have on each page.
func (s *sheet) repeatsHeadings() bool {
	c := s.cells[headings.ColInstruction]
	if c == nil || c.Kind != xlsx.Text || values.IsDigits(values.Trim(string(c.Text))) || values.Normal(string(c.Text)) != s.firstKey {
		return false
	}
	for k := range headings.ColumnCount {
		if s.layout.Has(k) && (s.cells[k] == nil || values.Normal(string(s.cells[k].Text)) != values.Normal(s.layout.Heading(k))) {
			return false
		}
	}
	return true
}

// finish checks what can be checked only at the end of the sheet.
func (s *sheet) finish(tail xlsx.Tail) {
	s.checkMerged(tail.Merged)
	s.checkHidden(tail.Hidden)
	s.checkStruckHeadings()
	for _, cells := range tail.Striking {
		s.note(s.here(fmt.Sprintf("a conditional format strikes cells of %s through, where a condition holds that is not evaluated here; look whether it strikes out tenders", shortened(display.Copied(cells)))))
	}
	s.checkExchanged()
	s.checkUnanswered()
	s.checkCommented()
	s.checkUnread()
	s.checkCommas()
	if len(s.after) > 0 {
		s.fault(s.name, tender.FileFault{Cell: xlsx.CellName(s.layout.Position(headings.ColInstruction), s.after[0]), Rule: tender.RuleAfterTotal,
			Message: fmt.Sprintf("below the totals row %d there is what looks like instructions: %s", s.totals.row, rowList(s.after, len(s.after))),
			Advice:  "ask the depositary whether they belong to the report; the totals row must be the last"})
	}
}

// describe says how the sheet was understood.
func (s *sheet) describe() SheetReport {
	l := s.layout
	described := SheetReport{Name: s.name, HeadingRow: l.Row, Rows: s.count, Total: s.totals.stated,
		Unread: s.unreadColumns(), NoStatus: !l.Has(headings.ColStatus) && s.answeredRows == 0}
	for c := range headings.ColumnCount {
		if l.Has(c) {
			letter := strings.TrimSuffix(xlsx.CellName(l.Position(c), 1), "1")
			described.Columns = append(described.Columns, Column{headings.Headings[c].Name, display.Copied(l.Heading(c)), letter, l.Why[c]})
		}
	}
	if len(l.Ignored) > 0 {
		var texts []string
		for _, i := range l.Ignored {
			texts = append(texts, i.Text)
		}
		s.note(s.here("columns not read: " + display.List(texts)))
	}
	for _, n := range []struct {
		rows []int
		text string
	}{
		{s.hidden, "hidden and read like the others"},
		{s.headings, "the headings again and skipped"},
		{s.units, "the units of the columns and skipped"},
		{s.other, "taken for remarks, not for instructions"},
		{slices.Compact(s.struckBeside), "cells from which nothing is decided are struck through"},
	} {
		if len(n.rows) > 0 {
			s.note(s.here(fmt.Sprintf("%s: %s", rowList(n.rows, len(n.rows)), n.text)))
		}
	}
	if s.padded && len(s.unpadded) > 0 {
		s.note(s.here(fmt.Sprintf("%s: the participant is stored as a number, while others begin with a zero; is a zero missing?", rowList(s.unpadded, len(s.unpadded)))))
	}
	if n := len(s.commentCells); n > 0 {
		s.note(s.here(fmt.Sprintf("comments on cells of instructions, which are not read: %s", strings.Join(s.commentCells[:min(n, shownRows)], ", ")+andMore(n))))
	}
	if s.formulas > 0 {
		s.note(s.here(fmt.Sprintf("%d cells hold formulas; their stored values are taken, as the offer says", s.formulas)))
	}
	return described
}

// here says in which sheet a note is true, if there are several.
func (s *sheet) here(note string) string {
	if len(s.depositary.Sheets) < 2 {
		return note
	}
	return "sheet " + display.Quote(s.name) + ": " + note
}
