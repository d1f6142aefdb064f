package ingest

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// What a person sees of a cell is more than what it holds: characters that are struck
// through, and what the number format puts beside a number.

// isStruck reports whether the row in hand is struck through: each of its needed cells that
// holds something.
func (s *sheet) isStruck() bool {
	if c := s.cells[colPrincipal]; c == nil || c.Struck != xlsx.Struck {
		return false
	}
	for _, c := range needed {
		if cell := s.cells[c]; isFilled(cell) && cell.Struck != xlsx.Struck {
			return false
		}
	}
	return true
}

// struck is the finding about a row that is struck through. It does not count, unless the
// offer waives that.
func (s *sheet) struck() []tender.Waiver {
	return s.waivable(nil, &finding{ruleStruck, "the row is struck through, as people strike out what was cancelled",
		"ask the depositary whether the tender was withdrawn; if it stands, waive this in the offer"})
}

// struckCharacters says what is wrong with a cell of which something is struck through.
func struckCharacters(cell *xlsx.Cell) *finding {
	what := "the cell is struck through"
	if cell.Struck == xlsx.PartlyStruck {
		what = "some characters of the cell are struck through, so what it says is not what it holds"
	}
	return &finding{ruleStruck, what, "ask the depositary for the value"}
}

// amountShown says why a number format keeps a number from being the amount that a person
// reads, nil if it does not.
func amountShown(l *xlsx.Look, series tender.Series) *finding {
	const advice = "ask the depositary for whole amounts, in a column formatted as plain numbers"
	shows := "the number format " + quote(shortened(l.Code)) + " shows "
	switch {
	case l.Unseen:
		return &finding{rulePrincipal, shows + "nothing, so whoever looks at the report sees a blank cell", advice}
	case l.Negative:
		return &finding{rulePrincipal, shows + "the number as if it were negative", advice}
	case l.Scaled:
		return &finding{rulePrincipal, shows + "the number divided by a thousand or more", advice}
	case l.Literal != "":
		return &finding{rulePrincipal, shows + quote(shortened(l.Literal)) + " beside the number", advice}
	case l.Currency != "" && series.Currency != "" && !markFits(strings.ToUpper(l.Currency), series.Currency):
		return wrongCurrency(quote(l.Currency)+", as the number format says", series)
	}
	return nil
}

// identifierShown is a number that identifies, as its number format shows it.
func identifierShown(l *xlsx.Look, number, rule string) (string, *finding) {
	if l.Masked || l.Literal != "" || l.Scaled || l.Unseen || l.Negative {
		return "", &finding{rule, fmt.Sprintf("the number format %s shows another number than the cell holds", quote(shortened(l.Code))),
			"ask the depositary for the number, in a column formatted as text"}
	}
	return strings.Repeat("0", max(0, l.Zeros-len(number))) + number, nil
}

// mustBeSeen are the columns that say whether, when, for how much and for whom.
var mustBeSeen = []column{colInstruction, colPrincipal, colReceived, colReceivedDate, colReceivedTime, colStatus,
	colWithdrawn, colWithdrawnDate, colWithdrawnTime, colParticipant}

// checkHidden refuses columns that decide and cannot be seen, unless the offer names them;
// a visible column beside them may be the one that is meant.
func (s *sheet) checkHidden(hidden []xlsx.Columns) {
	var named []string
	for c := range columnCount {
		at := s.layout.position(c)
		if at < 0 || !slices.ContainsFunc(hidden, func(h xlsx.Columns) bool { return h.First <= at && at <= h.Last }) {
			continue
		}
		heading := s.layout.heading(c)
		named = append(named, quote(heading))
		if _, offered := s.depositary.Columns[headings[c].name]; offered || !slices.Contains(mustBeSeen, c) {
			continue
		}
		s.fault(s.name, FileFault{Cell: xlsx.CellName(at, s.layout.row), Value: heading, Rule: ruleHidden,
			Message: fmt.Sprintf("the column of the %s is hidden, so nobody who looks at the report sees what is read", strings.ReplaceAll(headings[c].name, "_", " ")),
			Advice:  fmt.Sprintf("look whether another column is meant, and name the right one in the offer at depositary %s: columns: {%s: %q}", s.depositary.Name, headings[c].name, heading)})
	}
	if len(named) > 0 {
		s.note(s.here("hidden columns that are read: " + strings.Join(named, ", ")))
	}
}

// mergedAlong reports whether cells merged within one row say what one column does, in the
// place of the value: then it is clear what they mean.
func (s *sheet) mergedAlong(m xlsx.Range) bool {
	if m.FirstRow != m.LastRow || m.FirstCol >= len(s.column) || s.column[m.FirstCol] < 0 {
		return false
	}
	for at := m.FirstCol + 1; at <= m.LastCol && at < len(s.column); at++ {
		if s.column[at] >= 0 {
			return false
		}
	}
	return true
}
