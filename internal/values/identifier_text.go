package values

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// errorTexts are what a spreadsheet shows instead of a value, as they stand in a CSV file.
// #N/A is nothing.
var errorTexts = Words("#NAME? #REF! #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC!")

// IsErrorText reports whether a text is what a spreadsheet shows instead of a value: an error,
// or number signs where a column was too narrow.
func IsErrorText(text []byte) bool {
	return len(text) > 1 && text[0] == '#' &&
		(slices.Contains(errorTexts, string(text)) || len(bytes.Trim(text, "#")) == 0)
}

// dateTexts are the forms in which spreadsheets write what they took for a date: 2-Mar,
// Mar-02, 3/2/2004, 2004-03-02 00:00:00.
var dateTexts = regexp.MustCompile(`(?i)^(\d{1,2}-(` + monthForms + `)(-\d{2}|-\d{4})?|(` + monthForms + `)-\d{2}|` +
	`\d{1,2}/\d{1,2}/(\d{2}|\d{4})|\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.0+)?)?)?)$`)

const monthForms = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"

// MadeByProgram refuses the text of an identifier that a program put in the place of another:
// a date, TRUE or FALSE, several in one cell, characters that are not seen.
func MadeByProgram(cell *xlsx.Cell, text []byte, rule string) *Fault {
	if cell.Kind != xlsx.Text {
		return nil
	}
	const advice = "ask the depositary for the number, in a column formatted as text"
	switch i := bytes.IndexAny(text, "-/"); {
	case i > 0 && i <= 4 && len(text) <= len("2004-03-02 00:00:00.000") && dateTexts.Match(text):
		return &Fault{rule, "it is written as a date; a spreadsheet may have turned the number into one", advice}
	case len(text) <= len("FALSE") && (bytes.EqualFold(text, []byte("TRUE")) || bytes.EqualFold(text, []byte("FALSE"))):
		return &Fault{tender.RuleErrorValue, "the cell holds TRUE or FALSE", advice}
	case IsPlainText(text):
		return nil
	case bytes.ContainsAny(text, "\r\n"):
		return &Fault{rule, "there is a line break in it, so there may be several numbers in the cell",
			"ask the depositary for one row for each"}
	case strings.ContainsFunc(string(text), display.Unseen):
		return &Fault{rule, "there are invisible characters in it, so it is not what it looks like", advice}
	}
	return nil
}
