package ingest

import (
	"errors"
	"fmt"
	"slices"

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
	bids     bool              // the offer has bids
	rows     int               // rows with cells so far
	previous []headings.Label
	lastRow  int
	best     *headings.Layout // the row, or two, with the most headings
}

// find looks at the next row. It returns the layout once the headings are found.
func (f *finder) find(row *xlsx.Row) *headings.Layout {
	found := headings.Labels(row)
	if len(found) > 0 {
		f.consider(headings.NewLayout(row.Number, found, f.named, f.bids))
		if len(f.best.Missing) > 0 && f.lastRow == row.Number-1 && len(f.previous) > 0 {
			f.consider(headings.NewLayout(row.Number, headings.Joined(f.previous, found), f.named, f.bids))
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
	table  table
	beside besideSheet
	best   *headings.Layout
}

// complete reports whether the sheet has all needed headings.
func (p peeked) complete() bool { return p.best != nil && len(p.best.Missing) == 0 }

// peek looks for the headings of a sheet.
func (r *reading) peek(t table) (peeked, error) {
	f := finder{named: r.terms.depositary.Columns, bids: r.terms.hasBids()}
	var beside besideSheet
	_, err := t.each(func(row *xlsx.Row) error {
		if isBlank(row) {
			return nil
		}
		beside.add(row, f.rows == 0, r.terms.securities)
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

// sheet reads one sheet: it looks for the headings, decides what each row is, and has the
// instructions read by reader and everything else added to totals.
type sheet struct {
	terms  *terms
	found  *findings
	follow func(*sheet, *xlsx.Row, rowKind) // called with each row, if it is not nil
	name   string                           // "" in a CSV file

	finder finder
	titles []title // the texts above the headings

	layout *layout // nil until the headings are found
	reader *rowReader
	totals *sheetTotals
}

func newSheet(r *reading, name string) *sheet {
	s := &sheet{terms: r.terms, found: &r.found, follow: r.follow, name: name,
		finder: finder{named: r.terms.depositary.Columns, bids: r.terms.hasBids()}}
	s.totals = newSheetTotals(&r.lines, &r.found, len(r.terms.offer.Series), r.sheets)
	s.reader = &rowReader{
		terms: r.terms, totals: s.totals, lines: &r.lines, found: &r.found, keeper: &r.keeper, sheet: len(r.sheets),
		clock: newClock(r.terms.offer, r.terms.depositary), deliveries: make(map[string]tender.Delivery),
	}
	s.reader.clock.date1904 = r.date1904
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
	if err == nil && s.found.overrun() {
		return errEnough
	}
	return err
}

func (s *sheet) take(row *xlsx.Row) (rowKind, error) {
	if isBlank(row) {
		return rowBlank, nil
	}
	if s.layout == nil {
		return s.search(row)
	}
	if row.Number == s.layout.headings.Row+1 && !isDrawnLine(row) {
		if l := s.layout.continuedBy(row); l != nil {
			s.adopt(l)
			if s.reader.take(row); s.isUnits(row) {
				s.totals.units = append(s.totals.units, row.Number)
			}
			return rowHeadings, s.stopOn(l.headings.HeadingFaults(s.terms.offer, s.terms.depositary))
		}
	}
	s.reader.take(row)
	if row.Hidden {
		s.totals.hidden = append(s.totals.hidden, row.Number)
	}
	if s.totals.sums.row == 0 && s.reader.cells.isPlainInstruction(s.terms) {
		s.reader.instruction(row)
		return rowInstruction, nil
	}
	return s.takeOther(row)
}

// takeOther takes a row that is not seen at once to be an instruction.
func (s *sheet) takeOther(row *xlsx.Row) (rowKind, error) {
	repeats := s.reader.cells.repeatsHeadings(s.layout)
	if l := s.reader.cells.headingsAgain(row, s.layout); l != nil && !repeats {
		return rowAgain, s.readHeadingsAgain(l)
	}
	switch label, kind := s.reader.cells.totalsLabel(row, s.terms); {
	case repeats:
		s.totals.headings = append(s.totals.headings, row.Number)
		if s.reader.currencySource == "" {
			s.reader.statedCurrency = s.layout.headings.StatedCurrency()
		}
		return rowAgain, nil
	case s.isUnits(row):
		return rowUnits, s.readUnits(row)
	case isDrawnLine(row):
		s.totals.other = append(s.totals.other, row.Number)
		return rowRemark, nil
	case kind != noTotal:
		s.totals.readTotal(row, s.reader.cells[headings.ColPrincipal], label, kind)
		return rowTotal, nil
	}
	if label, cell := s.reader.cells.pair(row, s.terms); cell != nil {
		s.totals.readPair(row, label, cell)
		return rowTotal, nil
	}
	switch {
	case s.reader.cells.isRemark(s.totals.sums.row > 0):
		s.totals.addRemark(row)
		return rowRemark, nil
	case s.totals.sums.row > 0:
		s.totals.after = append(s.totals.after, row.Number)
		return rowAfterTotal, nil
	}
	s.reader.instruction(row)
	return rowInstruction, nil
}

// search looks for the headings in a row.
func (s *sheet) search(row *xlsx.Row) (rowKind, error) {
	l := s.finder.find(row)
	if l == nil {
		s.keepTitle(row)
		if s.finder.rows >= searchedRows {
			return rowAbove, errEnough
		}
		return rowAbove, nil
	}
	s.adopt(newLayout(s.terms, s.name, l, s.titles))
	faults := append(s.layout.titleFaults(), l.HeadingFaults(s.terms.offer, s.terms.depositary)...)
	if len(faults) == 0 {
		faults = l.TwiceFaults(s.terms.depositary)
	}
	return rowHeadings, s.stopOn(faults)
}

// adopt takes a layout, by which the rows below are read.
func (s *sheet) adopt(l *layout) {
	s.layout, s.totals.layout, s.reader.layout = l, l, l
	s.totals.unread, s.totals.watched = slices.Clone(l.unread), len(l.unread)
	s.reader.statedCurrency, s.reader.currencySource = l.statedCurrency, l.currencySource
}

// isUnits reports whether a row holds the units of the columns of the headings above it.
func (s *sheet) isUnits(row *xlsx.Row) bool {
	return s.isBelowHeadings(row) && s.reader.cells.holdsUnits(row)
}

// isBelowHeadings reports whether a row is the first below headings.
func (s *sheet) isBelowHeadings(row *xlsx.Row) bool {
	if n := len(s.totals.headings); n > 0 && s.totals.headings[n-1] == row.Number-1 {
		return true
	}
	return s.totals.count == 0 && s.totals.units == nil
}

// readUnits takes a row of units as if they stood in the headings: a scale or another zone
// stops the run.
func (s *sheet) readUnits(row *xlsx.Row) error {
	s.totals.units = append(s.totals.units, row.Number)
	l := *s.layout.headings
	l.Row, l.Labels = row.Number, slices.Clone(s.layout.headings.Labels)
	for _, u := range headings.Labels(row) {
		for i := range l.Labels {
			if l.Labels[i].Col == u.Col {
				l.Labels[i].Text += " " + u.Text
			}
		}
	}
	if stated := l.StatedCurrency(); stated != "" {
		s.reader.statedCurrency, s.reader.currencySource = stated, "row "+fmt.Sprint(row.Number)
	}
	return s.stopOn(l.HeadingFaults(s.terms.offer, s.terms.depositary))
}

// readHeadingsAgain takes headings in other words than those of the sheet. In another
// order, or with other columns, what is below them would be taken for something else.
func (s *sheet) readHeadingsAgain(l *headings.Layout) error {
	if err := s.stopOn(l.HeadingFaults(s.terms.offer, s.terms.depositary)); err != nil {
		return err
	}
	for c := range headings.ColumnCount {
		if l.Position(c) != s.layout.headings.Position(c) {
			return s.stopOn([]tender.FileFault{{
				Cell: l.Cells(), Rule: tender.RuleColumn,
				Message: fmt.Sprintf("there are headings again, and their columns are not in the order of row %d: %s "+
					"is in %s there and in %s here",
					s.layout.headings.Row, headings.Headings[c].Name, letterOf(s.layout.headings.Position(c)),
					letterOf(l.Position(c))),
				Advice: "ask the depositary for the instructions in one list below one row of headings, or on a " +
					"sheet each",
			}})
		}
	}
	s.totals.headings = append(s.totals.headings, l.Row)
	if stated := l.StatedCurrency(); stated != "" || s.reader.currencySource == "" {
		s.reader.statedCurrency, s.reader.currencySource = stated, ""
	}
	return nil
}

// stopOn ends the reading of the sheet if there are faults.
func (s *sheet) stopOn(faults []tender.FileFault) error {
	if len(faults) == 0 {
		return nil
	}
	s.found.fault(s.name, faults...)
	return errEnough
}

// readComments reads the comments on the cells of the sheet.
func (s *sheet) readComments(t table) error {
	if t.comments == nil {
		return nil
	}
	all, err := t.comments()
	for _, c := range all {
		if s.reader.comments == nil {
			s.reader.comments = make(map[int][]xlsx.Comment)
		}
		s.reader.comments[c.Row] = append(s.reader.comments[c.Row], c)
	}
	return err
}

// keepTitle keeps the texts of a row above the headings.
func (s *sheet) keepTitle(row *xlsx.Row) {
	for i, l := range headings.Labels(row) {
		if i == titleCells {
			break
		}
		if len(l.Text) <= headings.MaxMarked {
			l.Text = string([]byte(l.Text))
			s.titles = append(s.titles, title{l, row.Number})
		}
	}
}
