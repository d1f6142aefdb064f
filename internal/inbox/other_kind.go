package inbox

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// spreadsheets are the kinds of files that are saved as .xlsx by the program that made them.
var spreadsheets = values.Words(".xls .xlsb .xlsm .ods .numbers .xlt .xltx .et .wk1 .dbf")

// IsOtherSpreadsheet reports whether a file is by its name a spreadsheet of a kind that is not read, and that the program
// which made it saves as .xlsx.
func IsOtherSpreadsheet(name string) bool {
	return slices.Contains(spreadsheets, strings.ToLower(path.Ext(name)))
}

// IsOfOtherKind reports whether a name would match the files of a depositary but for its extension, or for capital and
// small letters.
func IsOfOtherKind(d tender.Depositary, name string) bool {
	stem := func(s string) string { return strings.ToLower(norm.NFC.String(strings.TrimSuffix(s, path.Ext(s)))) }
	pattern := stem(d.Files)
	is, err := path.Match(pattern, stem(name))
	return is && err == nil && strings.Trim(pattern, "*?") != ""
}

// otherKind says of a file that matches no depositary's files what is to be done if it is one of another kind, "" if it is
// none: it may be the newest report.
func otherKind(all []tender.Depositary, name string) string {
	for _, d := range all {
		if advice := savedAs(d, name); advice != "" {
			return ": it is of another kind than those of " + d.Name + " (" + d.Files + "); " + advice
		}
	}
	return ""
}

// savedAs is how a file becomes one that a depositary's pattern matches, "" if it is no such file.
func savedAs(d tender.Depositary, name string) string {
	switch {
	case !IsOfOtherKind(d, name) || !strings.EqualFold(path.Ext(d.Files), ".xlsx"):
		return ""
	case IsOtherSpreadsheet(name):
		return saveAdvice
	case strings.EqualFold(path.Ext(name), ".zip"):
		return unpackAdvice
	}
	return ""
}

// What becomes of files of other kinds.
const (
	saveAdvice   = "if it is a report, save it as Excel Workbook (.xlsx)"
	unpackAdvice = "if it is an archive with a report, take the workbook out of it"
)

// Advice is what is to be done with a file that matches no depositary's files.
func (i Ignored) Advice() string {
	if strings.Contains(i.Reason, saveAdvice) || strings.Contains(i.Reason, unpackAdvice) {
		return "" // the reason has it
	}
	return "rename it if it is a report"
}
