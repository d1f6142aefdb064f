package ingest

import (
	"slices"
	"strings"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// rowCells are the cells of a row by column, nil where there is none.
type rowCells [headings.ColumnCount]*xlsx.Cell

// filled counts the columns whose cell holds something.
func (cells *rowCells) filled(columns ...headings.Column) int {
	n := 0
	for _, c := range columns {
		if isFilled(cells[c]) {
			n++
		}
	}
	return n
}

// isPlainInstruction is a quick check that spares nearly all rows the full ones:
// a number for the principal beside an instruction and a security is neither a
// total nor the headings nor a remark.
func (cells *rowCells) isPlainInstruction(t *terms) bool {
	principal := cells[headings.ColPrincipal]
	return principal != nil && principal.Kind == xlsx.Number && isFilled(cells[headings.ColInstruction]) &&
		isFilled(cells[headings.ColSecurity]) && !t.saysNothing(cells[headings.ColSecurity])
}

// isRemark reports whether a row is no instruction: it has none of the needed
// cells, or words in the first of them and nothing else of ours. Below the totals
// row, where counts and signatures stand, an instruction has at least three.
func (cells *rowCells) isRemark(belowTotal bool) bool {
	filled := cells.filled(headings.Needed...) + cells.filled(headings.ColReceivedDate, headings.ColReceivedTime)
	if filled == 0 || (belowTotal && filled < 3) {
		return true
	}
	c := cells[headings.ColInstruction]
	if filled > 1 || c == nil || c.Kind != xlsx.Text || !isFooterText(values.Trim(string(c.Text))) {
		return false
	}
	for k := range headings.ColumnCount {
		if k != headings.ColInstruction && isFilled(cells[k]) {
			return false
		}
	}
	return true
}

// repeatsHeadings reports whether a row is the headings again, as printed
// reports have on each page.
func (cells *rowCells) repeatsHeadings(l *layout) bool {
	c := cells[headings.ColInstruction]
	if c == nil || c.Kind != xlsx.Text || values.IsDigits(values.Trim(string(c.Text))) ||
		values.Normal(string(c.Text)) != l.firstKey {
		return false
	}
	for k := range headings.ColumnCount {
		if l.headings.Has(k) && (cells[k] == nil ||
			values.Normal(string(cells[k].Text)) != values.Normal(l.headings.Heading(k))) {
			return false
		}
	}
	return true
}

// holdsUnits reports whether a row below the headings holds the units of the columns.
func (cells *rowCells) holdsUnits(row *xlsx.Row) bool {
	if cells.filled(headings.ColPrincipal, headings.ColReceived, headings.ColReceivedDate,
		headings.ColReceivedTime) == 0 {
		return false
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		if isFilled(c) && (c.Kind != xlsx.Text || len(c.Text) > headings.MaxMarked ||
			!isUnitText(values.Trim(string(c.Text)),
				cells.filled(headings.ColInstruction, headings.ColSecurity) == 2)) {
			return false
		}
	}
	return true
}

// headingsAgain is the layout of a row that holds headings, though not those of the sheet
// word for word; nil if it holds none.
func (cells *rowCells) headingsAgain(row *xlsx.Row, l *layout) *headings.Layout {
	if c := cells[headings.ColPrincipal]; isFilled(c) &&
		(c.Kind != xlsx.Text || (len(values.Trimmed(c.Text)) > 0 && values.Trimmed(c.Text)[0] <= '9')) {
		return nil // an amount, as in nearly every row
	}
	known := 0
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind != xlsx.Text || len(c.Text) > headings.MaxMarked {
			continue
		}
		if headingWords[values.Normal(string(c.Text))] {
			known++
		}
	}
	if known < 3 {
		return nil
	}
	again := headings.NewLayout(row.Number, headings.Labels(row), l.terms.depositary.Columns, l.terms.hasBids())
	if len(again.Missing) > 0 && (again.Found() < 4 || again.Found() < l.headings.Found()-1) {
		return nil
	}
	return again
}

// totalsLabel recognises a totals row by its first text, if it is no instruction.
func (cells *rowCells) totalsLabel(row *xlsx.Row, t *terms) (string, totalKind) {
	i := slices.IndexFunc(row.Cells, func(c xlsx.Cell) bool { return isFilled(&c) })
	if i < 0 || row.Cells[i].Kind != xlsx.Text || !startsTotal(row.Cells[i].Text) {
		return "", noTotal
	}
	first := &row.Cells[i]
	for _, c := range []headings.Column{headings.ColInstruction, headings.ColSecurity, headings.ColReceived,
		headings.ColReceivedDate, headings.ColReceivedTime, headings.ColParticipant} {
		if cells[c] != first && isFilled(cells[c]) && !t.saysNothing(cells[c]) {
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

// startsTotal is a quick check that spares nearly all rows the rest.
func startsTotal(text []byte) bool {
	t := values.Trim(string(text))
	return t != "" && strings.ContainsRune("tTsSgGoOcCeE", rune(t[0]))
}

// pair is the label and the value of a row that holds a total or a count and nothing else,
// wherever the value is; nil if it is none.
func (cells *rowCells) pair(row *xlsx.Row, t *terms) (label string, value *xlsx.Cell) {
	if cells.filled(headings.Needed...) > 2 {
		return "", nil // as nearly all rows
	}
	label, value = stated(row)
	if value == nil || (value == cells[headings.ColPrincipal] && isTotalLabel(label)) ||
		(!slices.Contains(totalWords, label) && !slices.Contains(countWords, label)) {
		return "", nil
	}
	if _, ok := t.controlValue(value); !ok {
		return "", nil
	}
	return label, value
}
