package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// The same rules recognise the rows around the instructions in CSV files and in workbooks: what
// is a total, a count, a remark or a line drawn with dashes.

// endWords are single words that end a report, in the form of normal.
var endWords = values.Words("end eof endoffile endofreport endofdata")

// isFooterText reports whether the only text of a row is a remark: words, or the end.
func isFooterText(text string) bool {
	return strings.Contains(text, " ") || slices.Contains(endWords, values.Normal(text))
}

// isTotalLabel reports whether a label, in the form of normal, begins a total.
func isTotalLabel(key string) bool {
	return slices.Contains(totalWords, key) || strings.HasPrefix(key, "subtotal") || strings.HasPrefix(key, "total") || strings.HasPrefix(key, "grandtotal")
}

// isDrawnLine reports whether a row is a line drawn with dashes and the like, as query
// tools print below headings: several characters in each cell.
func isDrawnLine(row *xlsx.Row) bool {
	filled := 0
	for i := range row.Cells {
		c := &row.Cells[i]
		if !isFilled(c) {
			continue
		}
		if text := values.Trimmed(c.Text); c.Kind != xlsx.Text || len(text) < 3 || len(bytes.Trim(text, "-=_*+ ")) > 0 {
			return false
		}
		filled++
	}
	return filled > 0
}

// pair is the label and the value of a row that holds a total or a count and nothing else,
// wherever the value is; nil if it is none.
func (s *sheet) pair(row *xlsx.Row) (label string, value *xlsx.Cell) {
	if s.filled(headings.Needed...) > 2 {
		return "", nil // as nearly all rows
	}
	label, value = stated(row)
	if value == nil || value == s.cells[headings.ColPrincipal] && isTotalLabel(label) || !slices.Contains(totalWords, label) && !slices.Contains(countWords, label) {
		return "", nil
	}
	if _, ok := s.controlValue(value); !ok {
		return "", nil
	}
	return label, value
}

// readsPair reads a row that holds a total or a count and nothing else, and reports whether
// it is one.
func (s *sheet) readsPair(row *xlsx.Row) bool {
	label, cell := s.pair(row)
	if cell == nil {
		return false
	}
	s.readPair(row, label, cell)
	return true
}

// readPair holds such a row against the rows above it. What is called a total may be the
// number of instructions.
func (s *sheet) readPair(row *xlsx.Row, label string, cell *xlsx.Cell) {
	value, _ := s.controlValue(cell) // pair has read it
	isCount := slices.Contains(countWords, label)
	s.totals.row = row.Number
	s.noteStruckTotal(row)
	switch {
	case value.Equal(decimal.NewFromInt(int64(s.count))):
		s.controlled = true
		s.note(s.here(fmt.Sprintf("row %d agrees with the number of instructions: %s", row.Number, value)))
	case isCount && value.Equal(decimal.NewFromInt(int64(s.standing()))):
		s.note(s.here(fmt.Sprintf("row %d agrees with the number of the instructions reported as tendered: %s", row.Number, value)))
	case isCount:
		s.totalFault(row, cell, fmt.Sprintf("row %d counts %s instructions, but there are %d above it", row.Number, value, s.count))
	case s.agrees(&s.totals, value, grandTotal, row.Number) || s.agreesWithAll(value, row.Number):
		s.totals.stated = &ControlTotal{row.Number, value}
	default:
		s.totalFault(row, cell, fmt.Sprintf("the total in row %d is %s, but the rows above it add up to %s", row.Number, value, s.totals.all.value()))
	}
}

// standing is the number of instructions of the sheet that are reported as tendered.
func (s *sheet) standing() (n int) {
	for i := range s.lines.states {
		if l := s.line(i); l.sheet == s && l.instruction.Status == tender.Tendered {
			n++
		}
	}
	return n
}
