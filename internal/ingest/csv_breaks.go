package ingest

import (
	"fmt"
	"strings"

	"tenderbatch/internal/tender"
)

// breaks says where in a CSV file a quoted field may hold line breaks, as Excel writes them
// in headings and in remarks: not in a column from which something is decided, and nowhere
// where it may be lines that a stray quotation mark swallowed.
type breaks struct {
	deciding []bool // by position; nil above the headings
}

// fault says why a line break in a field is not read, nil if it is. Of two lines with a
// stray quotation mark in the same field the second ends up inside the first: it has as
// many separators as there are fields before that one.
func (b breaks) fault(line, field int, text string, separator rune, below bool) *tender.FileFault {
	first := true
	for part := range strings.SplitSeq(text, "\n") {
		swallowed := max(1, field)
		if !below {
			swallowed = 3
		}
		if n := strings.Count(part, string(separator)); !first && n >= swallowed {
			return csvFault(line, fmt.Sprintf("field %d of the line holds line breaks and what may be other lines",
				field+1),
				"look for an extra or missing quotation mark, which can join lines; ask for the file to be exported "+
					"again")
		}
		first = false
	}
	if below && field < len(b.deciding) && b.deciding[field] {
		return csvFault(line, fmt.Sprintf("there is a line break inside field %d of the line, which decides something",
			field+1),
			"ask for it to be removed; an extra quotation mark can join lines")
	}
	return nil
}

// separatorWords are the separators that are read, in a sentence.
func separatorWords() string {
	var names []string
	for _, s := range separators {
		names = append(names, s.name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// otherSeparators are such as some programs write and that are not read.
var otherSeparators = []rune{'^', '~', ':', '¦', '§', '\x1f', '\x01', '#', '/', '!', '*', '&', '\\', '_', '-', ' '}

// otherSeparator is the fault of a text whose fields are separated by something that is not
// read, nil if that is not known.
func (r *reading) otherSeparator(text []byte) *tender.FileFault {
	for _, s := range otherSeparators {
		lines := csvLines{text: text, separator: s}
		p, err := r.peek(table{each: lines.each})
		if err == nil && p.best != nil && p.best.Found() >= 3 {
			return csvFault(p.best.Row, fmt.Sprintf("the fields are separated by %q; the separators that are read "+
				"are %s", s, separatorWords()),
				"ask for the file with one of these, or for a workbook")
		}
	}
	return nil
}
