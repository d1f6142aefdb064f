package ingest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// errorTexts are what a spreadsheet shows instead of a value, as they stand in a CSV file.
// #N/A stands for nothing.
var errorTexts = words("#NAME? #REF! #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC!")

// isErrorText reports whether a text is what a spreadsheet shows instead of a value: an error,
// or number signs where a column was too narrow.
func isErrorText(text []byte) bool {
	return len(text) > 1 && text[0] == '#' && (slices.Contains(errorTexts, string(text)) || len(bytes.Trim(text, "#")) == 0)
}

// dateTexts are the forms in which spreadsheets write what they took for a date: 2-Mar,
// Mar-02, 3/2/2004, 2004-03-02 00:00:00.
var dateTexts = regexp.MustCompile(`(?i)^(\d{1,2}-(` + monthForms + `)(-\d{2}|-\d{4})?|(` + monthForms + `)-\d{2}|\d{1,2}/\d{1,2}/(\d{2}|\d{4})|\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.0+)?)?)?)$`)

const monthForms = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"

// madeByProgram refuses the text of an identifier that a program put in the place of another:
// a date, TRUE or FALSE, several in one cell, characters that are not seen.
func madeByProgram(cell *xlsx.Cell, text []byte, rule string) *finding {
	if cell.Kind != xlsx.Text {
		return nil
	}
	const advice = "ask the depositary for the number, in a column formatted as text"
	switch i := bytes.IndexAny(text, "-/"); {
	case i > 0 && i <= 4 && len(text) <= len("2004-03-02 00:00:00.000") && dateTexts.Match(text):
		return &finding{rule, "it is written as a date; a spreadsheet may have made one of the number", advice}
	case len(text) <= len("FALSE") && (bytes.EqualFold(text, []byte("TRUE")) || bytes.EqualFold(text, []byte("FALSE"))):
		return &finding{tender.RuleErrorValue, "the cell holds TRUE or FALSE", advice}
	case isPlainText(text):
		return nil
	case bytes.ContainsAny(text, "\r\n"):
		return &finding{rule, "there is a line break in it, so there may be several numbers in the cell", "ask the depositary for one row for each"}
	case strings.ContainsFunc(string(text), display.Unseen):
		return &finding{rule, "there are characters in it that are not seen, so it is not what it looks like", advice}
	}
	return nil
}

// beginsComment reports whether a text begins as lines do that people take out of a file by
// making comments of them.
func beginsComment(text []byte) bool {
	return text[0] == '#' || text[0] == ';' || bytes.HasPrefix(text, []byte("//")) || bytes.HasPrefix(text, []byte("--"))
}

// checkCommented stops where some instruction numbers begin as comments do, and others do not:
// those rows may have been taken out.
func (s *sheet) checkCommented() {
	if n := len(s.commented); n > 0 && n < s.count {
		s.fault(s.name, tender.FileFault{Cell: xlsx.CellName(s.layout.position(colInstruction), s.commented[0]), Rule: tender.RuleIdentifier,
			Message: fmt.Sprintf("%s: the instruction begins with the mark of a comment, and others do not, as if rows had been taken out", rowList(s.commented, n)),
			Advice:  "ask the depositary whether they count, and for the report without the marks or without the rows"})
	}
}
