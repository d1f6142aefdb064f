package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// What a control sheet calls the number of instructions, in the form of normal.
var countWords = values.Words("instructions numberofinstructions instructioncount totalinstructions count lines " +
	"numberoflines linecount totallines rows numberofrows rowcount totalrows records numberofrecords recordcount " +
	"totalrecords")

// isControlSheet reports whether a sheet states totals for checking, which only
// its name can say: other sheets have totals of their own.
func isControlSheet(name string) bool { return strings.Contains(values.Normal(name), "control") }

// checkControls checks the control sheets of the workbook, if it has any.
func (r *reading) checkControls(tables []table) {
	for _, t := range tables {
		if !isControlSheet(t.name) || slices.ContainsFunc(r.sheets, func(s *sheet) bool { return s.name == t.name }) {
			continue
		}
		if err := r.checkControl(t); err != nil {
			r.addError(t.name, err)
		}
	}
}

// checkControl compares the totals of a control sheet with the rows that were
// read.
func (r *reading) checkControl(t table) error {
	totals := r.allSums()
	_, err := t.each(func(row *xlsx.Row) error {
		label, cell := stated(row)
		if cell == nil {
			return nil
		}
		isCount, isAmount := slices.Contains(countWords, label), slices.Contains(totalWords, label)
		value, ok := r.terms.controlValue(cell)
		if (isCount || isAmount) && cell.Struck != xlsx.NotStruck {
			r.found.note(fmt.Sprintf("the control sheet %s is struck through in %s and was checked anyway",
				display.Quote(t.name), xlsx.CellName(cell.Col, row.Number)))
		}
		fault := func(message string) { r.found.fault(t.name, wrongTotal(cell, row.Number, message, totalAdvice)) }
		switch {
		case !isCount && !isAmount:
		case !ok:
			fault("the control total cannot be read")
		case isCount && !value.Equal(decimal.NewFromInt(int64(r.report.Rows))):
			fault(fmt.Sprintf("the control sheet counts %s instructions, but %d were read", value, r.report.Rows))
		case isAmount && !totals.agrees(&r.found, value, grandTotal, row.Number):
			fault(fmt.Sprintf("the control total is %s, but the rows add up to %s%s", value, totals.all.value(),
				totals.shownOnly(value, grandTotal, r.hiddenRows())))
		default:
			r.controlled = true
			r.found.note(fmt.Sprintf("the control sheet %s agrees in %s", display.Quote(t.name),
				xlsx.CellName(cell.Col, row.Number)))
		}
		return nil
	})
	return err
}

// hiddenRows are the hidden rows of all sheets.
func (r *reading) hiddenRows() (all []int) {
	for _, s := range r.sheets {
		all = append(all, s.totals.hidden...)
	}
	return all
}

// stated is the words and the value of a row that says one thing, nil if it says
// another number of them.
func stated(row *xlsx.Row) (label string, value *xlsx.Cell) {
	var filled []*xlsx.Cell
	for i := range row.Cells {
		if isFilled(&row.Cells[i]) {
			filled = append(filled, &row.Cells[i])
		}
	}
	if len(filled) != 2 || filled[0].Kind != xlsx.Text {
		return "", nil
	}
	return values.Normal(string(filled[0].Text)), filled[1]
}
