package tender

import (
	"slices"
	"strings"

	"tenderbatch/internal/display"
)

// FileFault is one reason why a file, or the inbox as a whole, cannot be used
// (R6).
type FileFault struct {
	File    string // base name; "" for a fault of the inbox
	Sheet   string // "" in a CSV file, or for the file as a whole
	Cell    string // such as "C4" or "A4:M4"; "" where there is none
	Value   string // as it stood in the cell
	Rule    string // code of docs/rules.md
	Message string // what is wrong
	Advice  string // what to do
	Paste   string // lines for the depositary in offer.yaml that would mend it, "" if there are none
}

// String is one line, such as
//
//	dtc-2004-11-12.xlsx: Tenders!F431: the total is 12, the rows above add up to 11; ask for ... [R6-total]
func (f FileFault) String() string {
	var b strings.Builder
	for _, part := range []string{f.File, f.place()} {
		if part != "" {
			b.WriteString(display.Line(part) + ": ")
		}
	}
	b.WriteString(f.Message)
	if f.Value != "" {
		b.WriteString(" (the cell holds " + display.Quote(f.Value) + ")")
	}
	if f.Advice != "" {
		b.WriteString("; " + f.Advice)
	}
	return b.String() + " [" + f.Rule + "]"
}

func (f FileFault) place() string {
	if f.Sheet == "" {
		return f.Cell
	}
	if f.Cell == "" {
		return "sheet " + f.Sheet
	}
	return f.Sheet + "!" + f.Cell
}

// FileError holds every fault of every file; the run must stop.
type FileError struct {
	Faults []FileFault // at least one
}

// Error lists the faults, one line each.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// ControlTotals reports whether a total in a file does not agree with its rows:
// then a line is missing or doubled, and the sender must be asked.
func (e *FileError) ControlTotals() bool {
	return slices.ContainsFunc(e.Faults, func(f FileFault) bool { return f.Rule == RuleTotal })
}

// Unsettled is the error for a file that cannot be used yet, because a person is
// still writing it, and why that is known.
func Unsettled(file, why string) *FileError {
	return &FileError{[]FileFault{{File: file, Rule: RuleUnsettled, Message: why,
		Advice: "wait until it is there whole and closed, then run again"}}}
}

// Failed is the error that holds the faults, nil if there are none.
func Failed(faults []FileFault) error {
	if len(faults) == 0 {
		return nil
	}
	return &FileError{Faults: faults}
}
