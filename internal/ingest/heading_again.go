package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// unitWords are what is in a row of units below the headings, in the form of normal.
var unitWords = values.Words("text string char varchar number numeric decimal integer int whole date datetime time timestamp currency amount unit units nominal faceamount code id alphanumeric usd eur gbp percent")

// dateMask is how a row of units says how dates are written: YYYY-MM-DD hh:mm.
var dateMask = regexp.MustCompile(`(?i)^[ymdhs][ymdhs:/. _-]*(t?hh:mm(:ss)?)?$`)

// isUnitText reports whether a text is a unit: in brackets, a currency, a zone, a scale, a
// kind of value.
func isUnitText(text string, numbered bool) bool {
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return numbered || !values.IsDigits(values.Normal(text)) || headings.ScaleWords.MatchString(text)
	}
	if marks, rest := headings.HeadingCurrencies(text); len(marks) > 0 && (values.Normal(rest) == "" || headings.ScaleWords.MatchString(text)) {
		return true
	}
	if zones, rest := headings.HeadingZones(" " + text); len(zones) > 0 && values.Normal(rest) == "" {
		return true
	}
	return slices.Contains(unitWords, values.Normal(text)) || headings.ScaleWords.MatchString(text) && !values.IsDigits(values.Normal(text)) || dateMask.MatchString(text)
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
	if !s.isBelowHeadings(row) || s.filled(headings.ColPrincipal, headings.ColReceived, headings.ColReceivedDate, headings.ColReceivedTime) == 0 {
		return false
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		if isFilled(c) && (c.Kind != xlsx.Text || len(c.Text) > headings.MaxMarked || !isUnitText(values.Trim(string(c.Text)), s.filled(headings.ColInstruction, headings.ColSecurity) == 2)) {
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
	l.Row, l.Labels = row.Number, slices.Clone(s.layout.Labels)
	for _, u := range headings.Labels(row) {
		for i := range l.Labels {
			if l.Labels[i].Col == u.Col {
				l.Labels[i].Text += " " + u.Text
			}
		}
	}
	if said := l.SaidCurrency(); said != "" {
		s.said, s.saidBy = said, "row "+fmt.Sprint(row.Number)
	}
	return s.stopOn(l.HeadingFaults(s.offer, s.depositary))
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
	for _, h := range headings.Headings {
		for _, w := range append(slices.Clone(h.First), h.Second...) {
			all[w] = true
		}
	}
	return all
}()

// headingsAgain is the layout of a row that holds headings, though not those of the sheet
// word for word; nil if it holds none.
func (s *sheet) headingsAgain(row *xlsx.Row) *headings.Layout {
	if c := s.cells[headings.ColPrincipal]; isFilled(c) && (c.Kind != xlsx.Text || len(values.Trimmed(c.Text)) > 0 && values.Trimmed(c.Text)[0] <= '9') {
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
	l := headings.NewLayout(row.Number, headings.Labels(row), s.named)
	if len(l.Missing) > 0 && (l.Found() < 4 || l.Found() < s.layout.Found()-1) {
		return nil
	}
	return l
}

// readHeadingsAgain takes headings in other words than those of the sheet. In another
// order, or with other columns, what is below them would be taken for something else.
func (s *sheet) readHeadingsAgain(l *headings.Layout) error {
	if err := s.stopOn(l.HeadingFaults(s.offer, s.depositary)); err != nil {
		return err
	}
	for c := range headings.ColumnCount {
		if l.Position(c) != s.layout.Position(c) {
			return s.stopOn([]tender.FileFault{{
				Cell: l.Cells(), Rule: tender.RuleColumn,
				Message: fmt.Sprintf("there are headings again, and the columns are not those of row %d in their order: %s is in %s there, and here in %s",
					s.layout.Row, headings.Headings[c].Name, letterOf(s.layout.Position(c)), letterOf(l.Position(c))),
				Advice: "ask the depositary for the instructions in one list below one row of headings, or on a sheet each",
			}})
		}
	}
	s.headings = append(s.headings, l.Row)
	if said := l.SaidCurrency(); said != "" || s.saidBy == "" {
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
