package ingest

import (
	"fmt"

	"tenderbatch/internal/tender"
)

// Limits of a report. A file of a hundred kilobytes can
// hold a million lines, and each fault takes more memory than the line it is in.
const (
	maxRejected   = 10_000 // lines of one file
	maxFileFaults = 50     // faults listed of one file
	maxShown      = 1_000  // characters of a value in a reject
)

// findings collects what is wrong with a file, and what is to be noted of it.
type findings struct {
	file    string
	rejects []tender.Finding
	faults  []tender.FileFault
	notes   []string
	refused int // lines that are rejected or repeated
}

// fault adds faults of a sheet of the file, or of the file as a whole.
func (f *findings) fault(sheet string, faults ...tender.FileFault) {
	for _, fault := range faults {
		fault.File, fault.Sheet = f.file, sheet
		if len(f.faults) == maxFileFaults {
			fault = tender.FileFault{File: f.file, Rule: fault.Rule,
				Message: fmt.Sprintf("there are more faults than the %d listed", maxFileFaults),
				Advice:  "correct these, and run again for the others"}
		}
		if len(f.faults) <= maxFileFaults {
			f.faults = append(f.faults, fault)
		}
	}
}

// reject adds a finding about a row or its file.
func (f *findings) reject(r tender.Finding) { f.rejects = append(f.rejects, r) }

// note adds a sentence to the report.
func (f *findings) note(sentence string) { f.notes = append(f.notes, sentence) }

// refuse counts a line that is rejected or repeated. With too many of them the
// file is refused: it is no report on this offer, or a column is taken for another.
func (f *findings) refuse(at tender.Source, cell string) {
	f.refused++
	if f.refused == maxRejected+1 {
		f.fault(at.Sheet, tender.FileFault{Rule: tender.RuleLines, Cell: cell,
			Message: fmt.Sprintf("more than %d lines of the file are rejected or repeated; reading stopped here",
				maxRejected),
			Advice: "check that this is a report on this offer and that the columns are right; correct its first " +
				"findings, or ask for it to be sent again"})
	}
}

// overrun reports whether too many lines were refused.
func (f *findings) overrun() bool { return f.refused > maxRejected }

// shortened is a value short enough to be kept for every reject.
func shortened(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}
