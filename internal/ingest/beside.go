package ingest

import (
	"fmt"
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// No one who looks at a report takes a tender for one that counts if the cell beside it says
// "withdrawn per e-mail", whatever the heading of that column is.

// beside rejects a row that is reported as tendered while a cell beside it, in a column that
// is not read, says that it was withdrawn, unless the offer waives that. It also notes
// columns without a heading.
func (s *sheet) beside(row *xlsx.Row, in *tender.Instruction) []tender.Waiver {
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Col < len(s.passed) && s.passed[c.Col] || !isFilled(c) {
			continue
		}
		if !slices.ContainsFunc(s.unread, func(u unread) bool { return u.Col == c.Col }) {
			s.unread = append(s.unread, unread{Label: headings.Label{Col: c.Col, Text: "", Struck: xlsx.NotStruck}, codes: true})
			s.watched++
		}
		if c.Kind != xlsx.Text || in.Status != tender.Tendered || !values.SpeaksOfWithdrawal(c.Text) {
			continue
		}
		return s.waivable(nil, &values.Fault{Rule: tender.RuleBeside, Message: fmt.Sprintf("the row is reported as tendered, but %s, which is not read, says %s",
			xlsx.CellName(c.Col, row.Number), display.Quote(values.Trim(string(c.Text)))),
			Advice: "ask the depositary whether the tender was withdrawn; if it still counts, waive this in the offer, or name the column under ignore_columns if it says nothing of the tender"})
	}
	return s.commentBeside(row.Number, in)
}

// readComments reads the comments on the cells of the sheet.
func (s *sheet) readComments(t table) error {
	if t.comments == nil {
		return nil
	}
	all, err := t.comments()
	for _, c := range all {
		if s.comments == nil {
			s.comments = make(map[int][]xlsx.Comment)
		}
		s.comments[c.Row] = append(s.comments[c.Row], c)
	}
	return err
}

// commentBeside rejects a row that is reported as tendered while a comment on one of its
// cells says that it was withdrawn, unless the offer waives that.
func (s *sheet) commentBeside(row int, in *tender.Instruction) []tender.Waiver {
	for _, c := range s.comments[row] {
		cell := xlsx.CellName(c.Col, row)
		if in.Status != tender.Tendered || !values.SpeaksOfWithdrawal([]byte(c.Text)) {
			s.commentCells = append(s.commentCells, cell)
			continue
		}
		return s.waivable(nil, &values.Fault{Rule: tender.RuleBeside,
			Message: fmt.Sprintf("the row is reported as tendered, but the comment on cell %s says %s", cell, display.Quote(shortened(display.Copied(c.Text)))),
			Advice:  "ask the depositary whether the tender was withdrawn; if it was not, waive this in the offer"})
	}
	return nil
}

// andMore says how many there are beyond those that a sentence names.
func andMore(n int) string {
	if n <= shownRows {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-shownRows)
}

// passes notes the columns that are read or to be ignored.
func (s *sheet) passes() {
	s.passed = slices.Clone(s.passed[:0])
	pass := func(col int) {
		for len(s.passed) <= col {
			s.passed = append(s.passed, false)
		}
		s.passed[col] = true
	}
	for _, l := range s.layout.Labels {
		if s.ignores(l.Text) {
			pass(l.Col)
		}
	}
	for at, c := range s.column {
		if c >= 0 {
			pass(at)
		}
	}
}
