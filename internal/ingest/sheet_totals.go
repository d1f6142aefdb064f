package ingest

import (
	"cmp"
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

// sheetTotals is what adds up over the rows of a sheet: counts, sums, and what shows only in
// many rows whether they were read right. Totals rows are compared with it as they come, and
// finish compares the rest at the end of the sheet.
type sheetTotals struct {
	layout *layout // set once the headings are found
	lines  *lines
	found  *findings

	sums        sums
	follows     bool            // the sheet follows others of the same file
	before      decimal.Decimal // the principal of those
	first, last int             // rows that hold instructions
	count       int             // of those rows
	tendered    int             // of them, reported as tendered
	countAgrees bool            // a row below states the right number of them

	hidden       []int  // rows that are not shown
	headings     []int  // rows that repeat the headings
	units        []int  // rows of units below headings
	other        []int  // rows with text but without any needed cell
	after        []int  // rows below the totals row that look like instructions
	commented    []int  // rows whose instruction begins as a comment does
	struckBeside []int  // rows with something struck through from which nothing is decided
	cut          string // a remark that says that rows are missing
	cutRow       int

	unpadded     []int                                // rows whose participant is stored as a number
	padded       bool                                 // another one begins with a zero
	answeredRows int                                  // rows that say whether the tender was withdrawn
	saysYes      bool                                 // the column for whether a tender was withdrawn says so of a row
	unanswered   []int                                // lines with a time of withdrawal for which it is blank
	formulas     int                                  // cells whose stored value was taken
	commas       commas                               // in amounts
	exchanged    [headings.ColumnCount]exchangedDates // of the columns of times
	long         [headings.ColumnCount]longNumbers    // of the columns of identifiers
	commentCells []string                             // with comments that say nothing of a withdrawal
	unread       []unread
	watched      int // columns of unread that can still say anything
}

func newSheetTotals(lines *lines, found *findings, series int, before []*sheet) *sheetTotals {
	t := &sheetTotals{lines: lines, found: found, sums: sums{bySeries: make([]sum, series)}, follows: len(before) > 0}
	for _, s := range before {
		t.before = t.before.Add(s.totals.sums.all.value())
	}
	return t
}

// fault adds a fault of the sheet.
func (t *sheetTotals) fault(f tender.FileFault) { t.found.fault(t.layout.sheet, f) }

// note adds a sentence about the sheet to the report.
func (t *sheetTotals) note(sentence string) { t.found.note(t.layout.here(sentence)) }

// addInstruction adds a row that was read into an instruction.
func (t *sheetTotals) addInstruction(row *xlsx.Row, status tender.Status) {
	t.count++
	if t.first == 0 {
		t.first = row.Number
	}
	t.last = row.Number
	if status == tender.Tendered {
		t.tendered++
	}
	t.watch(row)
}

// addRemark adds a row that is taken for a remark. A line of a CSV file that was pasted, or
// quoted, as one text is none; a notice that rows are missing is kept.
func (t *sheetTotals) addRemark(row *xlsx.Row) {
	t.other = append(t.other, row.Number)
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind != xlsx.Text {
			continue
		}
		text := values.Trim(string(c.Text))
		if t.layout.terms.isLineInOne(text) {
			t.fault(tender.FileFault{Cell: xlsx.CellName(c.Col, row.Number), Value: shortened(display.Copied(text)),
				Rule:    tender.RuleCSV,
				Message: "a whole line is in one field, so it cannot be distinguished from a remark",
				Advice:  "ask for the file to be exported again, without quotation marks around whole lines"})
		}
		if t.cut == "" && cutNoticeText.MatchString(text) {
			t.cut, t.cutRow = display.Copied(text), row.Number
		}
	}
}

// finish checks what can be checked only at the end of the sheet.
func (t *sheetTotals) finish(tail xlsx.Tail) {
	t.checkMerged(tail.Merged)
	t.checkHidden(tail.Hidden)
	t.checkStruckHeadings()
	for _, cells := range tail.Striking {
		t.note(fmt.Sprintf("a conditional format strikes cells of %s through where a condition is met that is not "+
			"evaluated here; check whether it strikes out tenders", shortened(display.Copied(cells))))
	}
	t.checkExchanged()
	t.checkUnanswered()
	t.checkCommented()
	t.checkUnread()
	t.checkCommas()
	if len(t.after) > 0 {
		t.fault(tender.FileFault{Cell: t.layout.cell(headings.ColInstruction, t.after[0]), Rule: tender.RuleAfterTotal,
			Message: fmt.Sprintf("below the totals row %d there are rows that look like instructions: %s", t.sums.row,
				rowList(t.after, len(t.after))),
			Advice: "ask the depositary whether they belong to the report; the totals row must be the last"})
	}
}

// describe says how the sheet was understood.
func (t *sheetTotals) describe() SheetReport {
	l := t.layout.headings
	described := SheetReport{Name: t.layout.sheet, HeadingRow: l.Row, Rows: t.count, Total: t.sums.stated,
		Unread: t.unreadColumns(), NoStatus: !l.Has(headings.ColStatus) && t.answeredRows == 0}
	for c := range headings.ColumnCount {
		if l.Has(c) {
			described.Columns = append(described.Columns,
				Column{headings.Headings[c].Name, display.Copied(l.Heading(c)), letters(l.Position(c)),
					cmp.Or(t.layout.terms.known, l.Why[c])})
		}
	}
	if texts := headings.Texts(l.Ignored); len(texts) > 0 {
		t.note("columns not read: " + display.List(texts))
	}
	for _, n := range []struct {
		rows []int
		text string
	}{
		{t.hidden, "hidden, and read like the others"},
		{t.headings, "the headings again, and skipped"},
		{t.units, "the units of the columns, and skipped"},
		{t.other, "treated as remarks, not as instructions"},
		{slices.Compact(t.struckBeside), "cells that decide nothing are struck through"},
	} {
		if len(n.rows) > 0 {
			t.note(fmt.Sprintf("%s: %s", rowList(n.rows, len(n.rows)), n.text))
		}
	}
	if t.padded && len(t.unpadded) > 0 {
		t.note(fmt.Sprintf("%s: the participant is stored as a number, while others begin with a zero; check whether "+
			"a zero is missing", rowList(t.unpadded, len(t.unpadded))))
	}
	if n := len(t.commentCells); n > 0 {
		t.note(fmt.Sprintf("comments on cells of instructions, which are not read: %s",
			strings.Join(t.commentCells[:min(n, shownRows)], ", ")+andMore(n)))
	}
	if t.formulas > 0 {
		t.note(fmt.Sprintf("%d cells hold formulas; their stored values are used, as the offer says", t.formulas))
	}
	return described
}

// cutNotice is the notice in a sheet that rows are missing, above its headings or among its
// rows, "" if there is none.
func (t *sheetTotals) cutNotice() (notice string, row int) {
	for _, above := range t.layout.titles {
		if above.row < t.layout.headings.Row && cutNoticeText.MatchString(above.label.Text) {
			return display.Copied(above.label.Text), above.row
		}
	}
	return t.cut, t.cutRow
}
