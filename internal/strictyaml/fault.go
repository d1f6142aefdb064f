package strictyaml

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a file, and where.
type Fault struct {
	File    string
	Line    int    // 1 is the first
	Column  int    // in characters; 1 is the first
	Path    string // such as series[1].early_tender_payment, items counted from 0
	Message string // what is wrong and what to do
	Excerpt string // the line of the file, with a marker under the place; "" if it is not shown

	parser bool // the message is the parser's, and may show a word of the file
}

// String is the message with its place before it and the excerpt below it:
//
//	offer.yaml:12:27: early_tender_payment "1e2" is written with an exponent; write all its digits
//	   12 |     early_tender_payment: 1e2
//	      |                           ^^^
func (f Fault) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
	if f.Excerpt != "" {
		s += "\n" + f.Excerpt
	}
	return s
}

// Error holds everything that is wrong with a file.
type Error struct {
	Faults []Fault // at least one, in the order of the file
}

// Error shows all faults.
func (e *Error) Error() string {
	shown := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		shown[i] = f.String()
	}
	if len(shown) == maxFaults {
		shown = append(shown, "these are the first faults found; there may be more")
	}
	return strings.Join(shown, "\n")
}

// maxFaults is how many faults are listed at once.
const maxFaults = 200

// place adds a fault, with an excerpt in which width characters are marked.
func (d *Document) place(f Fault, width int, secret bool) {
	if len(d.faults) >= maxFaults {
		return
	}
	f.File, f.Line, f.Column = d.Name, max(f.Line, 1), max(f.Column, 1)
	f.Excerpt = d.excerpt(f.Line, f.Column, width, secret)
	if d.format.Hidden && f.parser {
		f.Message = "this is not YAML" + advice
	}
	d.faults = append(d.faults, f)
}

// Fault adds a fault of a value. path is that of the value the fault is about, which may
// be missing in n.
func (d *Document) Fault(n *Node, path, message string) {
	d.place(Fault{Line: n.Line, Column: n.Column, Path: path, Message: message}, n.Width, false)
}

// SecretFault adds a fault of a value that may be a password: it is masked.
func (d *Document) SecretFault(n *Node, path, message string) {
	d.place(Fault{Line: n.Line, Column: n.Column, Path: path, Message: message}, n.Width, true)
}

// Failed reports whether there is a fault.
func (d *Document) Failed() bool { return len(d.faults) > 0 }

// Err returns an [*Error] with the faults in the order of the file.
func (d *Document) Err() error {
	slices.SortStableFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{Faults: d.faults}
}

// Hide removes every word of the file from its faults: it may not be for the reader of the
// error. notYAML is what is said where the file cannot be parsed.
func (d *Document) Hide(notYAML string) {
	for i := range d.faults {
		f := &d.faults[i]
		if f.Excerpt = ""; f.parser {
			f.Message = notYAML
		}
	}
}

// excerptWidth is how much of a line an excerpt shows.
const excerptWidth = 120

// excerpt shows a line of the file with a marker below it. Passwords are masked.
func (d *Document) excerpt(line, column, width int, secret bool) string {
	if d.format.Hidden || line < 1 || line > len(d.lines) {
		return ""
	}
	text := []rune(strings.ReplaceAll(masked(d.lines[line-1]), "\t", " "))
	column = min(max(column, 1), len(text)+1)
	if secret {
		text, width = append(text[:column-1], []rune(mask)...), 1
	}
	if from := max(0, column-excerptWidth/2); len(text) > excerptWidth {
		text, column = text[from:min(from+excerptWidth, len(text))], column-from
	}
	width = max(1, min(width, len(text)-column+1))
	return fmt.Sprintf("%5d | %s\n      | %s%s", line, string(text), strings.Repeat(" ", column-1),
		strings.Repeat("^", width))
}

// passwordValue is what follows a key about a password, up to the end of the
// line; passwordName is a value that is no password but the name of a variable.
var (
	passwordValue = regexp.MustCompile(`(?i)passw[^:]*:\s*(\S.*)$`)
	passwordName  = regexp.MustCompile(`^(["']?)[A-Z_][A-Z0-9_]*(["']?)([\s,}]|$)`)
)

// masked is a line without the password a person may have put where the name of
// an environment variable belongs.
func masked(line string) string {
	at := passwordValue.FindStringSubmatchIndex(line)
	if at == nil || passwordName.MatchString(line[at[2]:]) {
		return line
	}
	return line[:at[2]] + mask
}

// mask is shown for a password.
const mask = "********"
