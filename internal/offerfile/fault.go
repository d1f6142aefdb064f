package offerfile

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"tenderbatch/internal/plainyaml"
)

// Fault is one thing that is wrong with an offer.yaml, and where.
type Fault struct {
	File    string
	Line    int    // 1 is the first
	Column  int    // in characters; 1 is the first
	Path    string // such as series[1].early_tender_payment, items counted from 0
	Message string // what is wrong and what to do
	Excerpt string // the line of the file, with a marker under the place
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

// OfferError holds everything that is wrong with an offer.yaml.
type OfferError struct {
	Faults []Fault // at least one, in the order of the file
}

// Error shows all faults.
func (e *OfferError) Error() string {
	shown := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		shown[i] = f.String()
	}
	if len(shown) == maxFaults {
		shown = append(shown, "these are the first faults found; there may be more")
	}
	return strings.Join(shown, "\n")
}

// remark is a fault before it has its place in the file.
type remark struct {
	node    *yamlNode
	path    string // of the value in the terms as amended, by which it is known again
	key     string // the key that is missing from node, if that is the fault
	message string
	secret  bool // the value may be a password
}

// maxFaults is how many faults are listed at once.
const maxFaults = 200

// place adds a fault at a line and column, with an excerpt of width characters
// marked.
func (d *yamlDocument) place(line, column, width int, path, message string, secret bool) {
	if len(d.faults) >= maxFaults {
		return
	}
	d.faults = append(d.faults, Fault{
		File: d.name, Line: line, Column: column, Path: path, Message: message,
		Excerpt: d.excerpt(line, column, width, secret),
	})
}

// add adds the fault a remark is about.
func (d *yamlDocument) add(m remark) {
	path := m.node.path
	if m.key != "" {
		path = pathTo(path, m.key)
	}
	d.place(m.node.line, m.node.column, m.node.width, path, m.message, m.secret)
}

// report adds the faults of a version of the terms. What an earlier version was
// faulted for is not said again. A fault that only an amendment brings about
// is at the lines of the amendment, or at its set if it is in what the
// amendment leaves as it was.
func (d *yamlDocument) report(r *termsReader) {
	var said []string
	for _, m := range r.remarks {
		fault, place := m.path+": "+m.message, fmt.Sprint(m.node.line, ":", m.node.column)
		said = append(said, fault, place)
		if d.said[fault] {
			continue
		}
		if r.set != nil && m.node.version != r.version {
			if d.said[place] {
				continue
			}
			m.node, m.key = r.set, ""
			m.message = "with this amendment, " + m.message
		}
		d.add(m)
	}
	for _, s := range said {
		d.said[s] = true
	}
}

func (d *yamlDocument) failed() bool { return len(d.faults) > 0 }

// err returns the faults in the order of the file. Of a file that does not look like
// an offer no line is shown: it may hold what is not for the reader of the error.
func (d *yamlDocument) err() error {
	if !d.looksLikeOffer() {
		for i := range d.faults {
			f := &d.faults[i]
			if f.Excerpt = ""; strings.HasPrefix(f.Message, plainyaml.NotYAML) {
				f.Message = "the file is not YAML here, and does not look like an offer; is it the right file?"
			}
		}
	}
	slices.SortStableFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &OfferError{Faults: d.faults}
}

// offerKey is a line that an offer begins with, or has at its top.
var offerKey = regexp.MustCompile(`(?m)^["']?(id|issuer)["']?[ \t]*:([ \t]|$)`)

// looksLikeOffer reports whether a file that has faults is an offer by what can be read
// of it: it has id or issuer among the keys at its top. One that cannot be parsed must
// have them at the beginning of a line, and be text.
func (d *yamlDocument) looksLikeOffer() bool {
	if d.root != nil {
		return d.root.entry("id") != nil || d.root.entry("issuer") != nil
	}
	return offerKey.MatchString(d.source) && utf8.ValidString(d.source) && !strings.ContainsRune(d.source, 0)
}

// excerptWidth is how much of a line an excerpt shows.
const excerptWidth = 120

// excerpt shows a line of the file with a marker below it. Passwords are masked.
func (d *yamlDocument) excerpt(line, column, width int, secret bool) string {
	if line < 1 || line > len(d.lines) {
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
	return fmt.Sprintf("%5d | %s\n      | %s%s", line, string(text), strings.Repeat(" ", column-1), strings.Repeat("^", width))
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
