package ingest

import (
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// A person who reads a report does not count a tender when the cell beside it says "withdrawn per
// e-mail", whatever the heading of that column is.

// cellsBeside rejects a row that is reported as tendered while a cell beside it, in a column that
// is not read, says that it was withdrawn, unless the offer waives that. It also notes
// columns without a heading.
func (r *rowReader) cellsBeside(row *xlsx.Row, in *tender.Instruction) []tender.Waiver {
	for i := range row.Cells {
		c := &row.Cells[i]
		if (c.Col < len(r.layout.passed) && r.layout.passed[c.Col]) || !isFilled(c) {
			continue
		}
		r.totals.addUnheaded(c.Col)
		if c.Kind != xlsx.Text || in.Status != tender.Tendered || !values.SpeaksOfWithdrawal(c.Text) {
			continue
		}
		return r.waivable(nil, values.NewFault(tender.RuleBeside,
			fmt.Sprintf("the row is reported as tendered, but %s, which is not read, says %s",
				xlsx.CellName(c.Col, row.Number), display.Quote(values.Trim(string(c.Text)))),
			"ask the depositary whether the tender was withdrawn; if it still counts, waive this in the offer, or "+
				"name the column under ignore_columns if it says nothing about the tender"))
	}
	return r.commentBeside(row.Number, in)
}

// commentBeside rejects a row that is reported as tendered while a comment on one of its
// cells says that it was withdrawn, unless the offer waives that.
func (r *rowReader) commentBeside(row int, in *tender.Instruction) []tender.Waiver {
	for _, c := range r.comments[row] {
		cell := xlsx.CellName(c.Col, row)
		if in.Status != tender.Tendered || !values.SpeaksOfWithdrawal([]byte(c.Text)) {
			r.totals.commentCells = append(r.totals.commentCells, cell)
			continue
		}
		return r.waivable(nil, values.NewFault(tender.RuleBeside,
			fmt.Sprintf("the row is reported as tendered, but the comment on cell %s says %s", cell,
				display.Quote(shortened(display.Copied(c.Text)))),
			"ask the depositary whether the tender was withdrawn; if it was not, waive this in the offer"))
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
