package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// unitWords are what stands in a row of units below the headings, in the form of normal.
var unitWords = values.Words("text string char varchar number numeric decimal integer int whole date datetime time timestamp currency amount unit units nominal faceamount code id alphanumeric usd eur gbp percent")

// dateMask is how a row of units says how dates are written: YYYY-MM-DD hh:mm.
var dateMask = regexp.MustCompile(`(?i)^[ymdhs][ymdhs:/. _-]*(t?hh:mm(:ss)?)?$`)

// isUnitText reports whether a text is a unit: in brackets, a currency, a zone, a scale, a
// kind of value.
func isUnitText(text string, numbered bool) bool {
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return numbered || !values.IsDigits(values.Normal(text)) || scaleWords.MatchString(text)
	}
	if marks, rest := headingCurrencies(text); len(marks) > 0 && (values.Normal(rest) == "" || scaleWords.MatchString(text)) {
		return true
	}
	if zones, rest := headingZones(" " + text); len(zones) > 0 && values.Normal(rest) == "" {
		return true
	}
	return slices.Contains(unitWords, values.Normal(text)) || scaleWords.MatchString(text) && !values.IsDigits(values.Normal(text)) || dateMask.MatchString(text)
}

// isBelowHeadings reports whether a row is the first below headings.
func (s *sheet) isBelowHeadings(row *xlsx.Row) bool {
	if n := len(s.headings); n > 0 && s.headings[n-1] == row.Number-1 {
		return true
	}
	return s.count == 0 && s.units == nil
}

// isUnits reports whether a row below the headings holds the units of the columns.
func (s *sheet) isUnits(row *xlsx.Row) bool {
	if !s.isBelowHeadings(row) || s.filled(colPrincipal, colReceived, colReceivedDate, colReceivedTime) == 0 {
		return false
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		if isFilled(c) && (c.Kind != xlsx.Text || len(c.Text) > maxMarked || !isUnitText(values.Trim(string(c.Text)), s.filled(colInstruction, colSecurity) == 2)) {
			return false
		}
	}
	return true
}

// readUnits takes a row of units as if they stood in the headings: a scale or another zone
// stops the run.
func (s *sheet) readUnits(row *xlsx.Row) error {
	s.units = append(s.units, row.Number)
	l := *s.layout
	l.row, l.labels = row.Number, slices.Clone(s.layout.labels)
	for _, u := range labels(row) {
		for i := range l.labels {
			if l.labels[i].col == u.col {
				l.labels[i].text += " " + u.text
			}
		}
	}
	if said := l.saidCurrency(); said != "" {
		s.said, s.saidBy = said, "row "+fmt.Sprint(row.Number)
	}
	return s.stopOn(l.headingFaults(s.offer, s.depositary))
}

// stopOn ends the reading of the sheet if there are faults.
func (s *sheet) stopOn(faults []tender.FileFault) error {
	if len(faults) == 0 {
		return nil
	}
	s.fault(s.name, faults...)
	return errEnough
}

// headingWords are all headings that are known.
var headingWords = func() map[string]bool {
	all := map[string]bool{}
	for _, h := range headings {
		for _, w := range append(slices.Clone(h.first), h.second...) {
			all[w] = true
		}
	}
	return all
}()

// headingsAgain is the layout of a row that holds headings, though not those of the sheet
// word for word; nil if it holds none.
func (s *sheet) headingsAgain(row *xlsx.Row) *layout {
	if c := s.cells[colPrincipal]; isFilled(c) && (c.Kind != xlsx.Text || len(values.Trimmed(c.Text)) > 0 && values.Trimmed(c.Text)[0] <= '9') {
		return nil // an amount, as in nearly every row
	}
	known := 0
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind != xlsx.Text || len(c.Text) > maxMarked {
			continue
		}
		if headingWords[values.Normal(string(c.Text))] {
			known++
		}
	}
	if known < 3 {
		return nil
	}
	l := newLayout(row.Number, labels(row), s.named)
	if len(l.missing) > 0 && (l.found() < 4 || l.found() < s.layout.found()-1) {
		return nil
	}
	return l
}

// readHeadingsAgain takes headings in other words than those of the sheet. In another
// order, or with other columns, what stands below them would be taken for something else.
func (s *sheet) readHeadingsAgain(l *layout) error {
	if err := s.stopOn(l.headingFaults(s.offer, s.depositary)); err != nil {
		return err
	}
	for c := range columnCount {
		if l.position(c) != s.layout.position(c) {
			return s.stopOn([]tender.FileFault{{
				Cell: l.cells(), Rule: tender.RuleColumn,
				Message: fmt.Sprintf("there are headings again, and the columns are not those of row %d in their order: %s stands in %s there, and here in %s",
					s.layout.row, headings[c].name, letterOf(s.layout.position(c)), letterOf(l.position(c))),
				Advice: "ask the depositary for the instructions in one list below one row of headings, or on a sheet each",
			}})
		}
	}
	s.headings = append(s.headings, l.row)
	if said := l.saidCurrency(); said != "" || s.saidBy == "" {
		s.said, s.saidBy = said, ""
	}
	return nil
}

// letterOf names a column of the sheet.
func letterOf(position int) string {
	if position < 0 {
		return "no column"
	}
	return "column " + strings.TrimSuffix(xlsx.CellName(position, 1), "1")
}
