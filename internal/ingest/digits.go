package ingest

import (
	"bytes"
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// longNumbers finds out whether a spreadsheet rounded the long numbers of a column before they
// became text: all digits behind the fifteenth are zeros then.
type longNumbers struct {
	count, zeros int // of numbers that are longer, and of the digits they have more
	whole        bool
	row          int
}

// enoughZeros is from how many zeros behind the fifteenth digit on it is no accident.
const enoughZeros = 3

// see takes a number of more than maxDigits characters.
func (n *longNumbers) see(text []byte, row int) {
	if len(bytes.Trim(text, "0123456789")) > 0 {
		return
	}
	if n.count++; n.count == 1 {
		n.row = row
	}
	n.zeros += len(text) - values.MaxDigits
	n.whole = n.whole || len(bytes.Trim(text[values.MaxDigits:], "0")) > 0
}

// checkDigits finds columns of identifiers that a spreadsheet rounded.
func (r *reading) checkDigits() {
	for _, s := range r.sheets {
		for _, c := range []headings.Column{headings.ColInstruction, headings.ColParticipant} {
			if n := s.totals.long[c]; n.count > 0 && !n.whole && n.zeros >= enoughZeros {
				r.found.rejects = append(r.found.rejects, r.rounded(s, c, n))
			}
		}
	}
}

// rounded is the finding on such a column. It is at the first of its numbers.
func (r *reading) rounded(s *sheet, c headings.Column, n longNumbers) tender.Reject {
	return tender.Reject{
		Source: tender.Source{File: r.terms.file, Sheet: s.name, Row: n.row}, Depositary: r.terms.depositary.Name, Rule: tender.RuleDigits,
		Column: display.Copied(s.layout.headings.Heading(c)), Cell: xlsx.CellName(s.layout.headings.Position(c), n.row),
		Message: fmt.Sprintf("every %s of more than %d digits (%d rows) has only zeros behind the fifteenth, as a spreadsheet leaves of a longer number", headings.Headings[c].Name, values.MaxDigits, n.count),
		Advice: fmt.Sprintf("ask the depositary for the report with that column formatted as text from the start; if the numbers are right, say so in the offer: resolutions: [{rule: %s, depositary: %q, file: %q, outcome: counts, by: NAME, on: DATE}]",
			tender.RuleDigits, r.terms.depositary.Name, display.Line(r.terms.file)),
		Standing: tender.StandingFlagged, MustResolve: true,
	}
}
