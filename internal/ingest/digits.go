package ingest

import (
	"bytes"
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// longNumbers finds out whether a spreadsheet rounded the long numbers of a column before they
// became text: all digits after the fifteenth are zeros then.
type longNumbers struct {
	count, zeros int // of numbers that are longer, and of the digits they have more
	whole        bool
	row          int
}

// enoughZeros is the number of zeros after the fifteenth digit that is no coincidence.
const enoughZeros = 3

// add takes a number of more than MaxDigits characters.
func (n *longNumbers) add(text []byte, row int) {
	if len(bytes.Trim(text, "0123456789")) > 0 {
		return
	}
	if n.count++; n.count == 1 {
		n.row = row
	}
	n.zeros += len(text) - values.MaxDigits
	n.whole = n.whole || len(bytes.Trim(text[values.MaxDigits:], "0")) > 0
}

// checkDigits finds columns of identifiers that a spreadsheet rounded. What is said of one is at
// the first of its numbers.
func (r *reading) checkDigits() {
	for _, s := range r.sheets {
		for _, c := range []headings.Column{headings.ColInstruction, headings.ColParticipant} {
			n := s.totals.long[c]
			if n.count == 0 || n.whole || n.zeros < enoughZeros {
				continue
			}
			question := s.layout.question(n.row, values.Fault{
				Rule: tender.RuleDigits,
				Message: fmt.Sprintf("every %s of more than %d digits (%d rows) has only zeros after the fifteenth "+
					"digit, as when a spreadsheet rounds a longer number",
					headings.Headings[c].Name, values.MaxDigits, n.count),
				Advice: "ask the depositary for the report with that column formatted as text from the start; if the " +
					"numbers are right",
			})
			question.Column, question.Cell = display.Copied(s.layout.headings.Heading(c)), s.layout.cell(c, n.row)
			s.found.reject(question)
		}
	}
}
