package ingest

import (
	"fmt"
	"slices"

	"tenderbatch/internal/csvfile"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// csvTable makes a table of a CSV file, whose cells are all text. What a
// lenient reader would ignore is a fault.
func (r *reading) csvTable(content []byte) (table, []tender.FileFault) {
	text, encoding, faults := csvfile.Decode(content, r.terms.depositary.Encoding)
	if len(faults) > 0 {
		return table{}, faults
	}
	best, name, headings := csvfile.Lines{Text: text, Separator: ','}, "commas", 0
	for _, s := range csvfile.Separators {
		lines := csvfile.Lines{Text: text, Separator: s.Char}
		p, err := r.peek(table{each: lines.Each})
		if err == nil && p.best != nil && p.best.Found() > headings {
			best, name, headings = lines, s.Name, p.best.Found()
			best.Headings, best.Needed, best.Deciding = p.best.Row, p.best.LastNeeded()+1, p.best.DecidingAt()
			best.MayBeShort = isNoInstruction
		}
	}
	if headings == 0 {
		if fault := r.otherSeparator(text); fault != nil {
			return table{}, []tender.FileFault{*fault}
		}
	}
	r.report.Format = fmt.Sprintf("CSV, %s, separated by %s", encoding, name)
	return table{each: best.Each}, nil
}

// isNoInstruction reports whether a line is a footer, a totals row or a count, by its first
// field that is not blank and how many there are.
func isNoInstruction(first string, filled int) bool {
	return (filled == 1 && isFooterText(first)) || isTotalLabel(values.Normal(first)) ||
		(filled == 2 && slices.Contains(countWords, values.Normal(first)))
}

// otherSeparators are such as some programs write and that are not read.
var otherSeparators = []rune{'^', '~', ':', '¦', '§', '\x1f', '\x01', '#', '/', '!', '*', '&', '\\', '_', '-', ' '}

// otherSeparator is the fault of a text whose fields are separated by something that is not
// read, nil if that is not known.
func (r *reading) otherSeparator(text []byte) *tender.FileFault {
	for _, s := range otherSeparators {
		lines := csvfile.Lines{Text: text, Separator: s}
		p, err := r.peek(table{each: lines.Each})
		if err == nil && p.best != nil && p.best.Found() >= 3 {
			return csvfile.Fault(p.best.Row, fmt.Sprintf("the fields are separated by %q; the separators that are read "+
				"are %s", s, csvfile.SeparatorWords()),
				"ask for the file with one of these, or for a workbook")
		}
	}
	return nil
}
