package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// ToBook is the outcome of a row that is an instruction without a fault.
const ToBook = "an instruction that goes to the book"

// Trace follows one row of a report from its cells to what became of it.
type Trace struct {
	Depositary  string
	Source      tender.Source
	Hidden      bool
	Became      string // what kind of row it is, such as "an instruction"
	Cells       []TracedCell
	Instruction *tender.Instruction // as far as it could be read; nil if the row is none
	Outcome     string              // of an instruction, before the order book is made
	Findings    []tender.Finding    // what is said of the row's cells, in their order
}

// TracedCell is a cell and what it was read as.
type TracedCell struct {
	Cell    string // such as "F12"
	Heading string // as written in the file; "" if there is none
	Column  string // our name, "" if the column is not read
	Holds   string // the raw value with its kind and format; personal ones are masked
	Read    string // "" if nothing was
}

// Explain reads the files and follows the row that where names: FILE:ROW, or
// DEPOSITARY:INSTRUCTION, which may be on several rows. Its error is that of
// [Read], or says that there is no such row.
func Explain(o *tender.Offer, files []inbox.Chosen, where string) ([]Trace, error) {
	i := strings.LastIndexByte(where, ':')
	if i < 0 {
		return nil, noSuchRow(where, files)
	}
	follower := follower{left: where[:i], right: where[i+1:]}
	known, sent := values.NewSecurities(o), messagesOf(files)
	var readings []*reading
	var faults []tender.FileFault
	for i, f := range files {
		r := newReading(o, known, f)
		r.follow, r.sent = follower.row, sent[i]
		r.read(f.Content)
		readings = append(readings, r)
		faults = append(faults, r.found.faults...)
	}
	if err := tender.Failed(faults); err != nil {
		return nil, err
	}
	if len(follower.traces) == 0 {
		return nil, noSuchRow(where, files)
	}
	compareReports(readings)
	findNeverReported(o, readings)
	intake, err := together(o, readings)
	if err != nil {
		return nil, err
	}
	return follower.ended(intake), nil
}

// noSuchRow says what may be asked for.
func noSuchRow(where string, files []inbox.Chosen) error {
	var names []string
	for _, f := range files {
		names = append(names, f.Name+":ROW", f.Depositary.Name+":INSTRUCTION")
	}
	slices.Sort(names)
	return fmt.Errorf("there is no row %s in the files that are used; write one of %s", display.Quote(where),
		strings.Join(slices.Compact(names), ", "))
}

// follower collects the traces of the rows that are asked for.
type follower struct {
	left, right string // of the colon
	traces      []followed
}

// followed is a trace that is not at its end.
type followed struct {
	trace Trace
	lines *lines
	line  int // its position, if it is an instruction
}

// row looks at a row that was just taken.
func (f *follower) row(s *sheet, row *xlsx.Row, kind rowKind) {
	if !f.wants(s, row, kind) {
		return
	}
	t := followed{trace: Trace{
		Depositary: s.terms.depositary.Name, Hidden: row.Hidden, Became: string(kind),
		Source: tender.Source{File: s.terms.file, Sheet: s.name, Row: row.Number},
	}}
	if kind == rowInstruction {
		t.lines, t.line = s.reader.lines, s.reader.lines.last()
		in := *t.lines.instruction(t.line) // the result may move it
		t.trace.Instruction = &in
	}
	for i := range row.Cells {
		t.trace.Cells = append(t.trace.Cells, s.traced(&row.Cells[i], row.Number, t.trace.Instruction))
	}
	f.traces = append(f.traces, t)
}

func (f *follower) wants(s *sheet, row *xlsx.Row, kind rowKind) bool {
	if f.left == s.terms.file && f.right == strconv.Itoa(row.Number) {
		return true
	}
	return kind == rowInstruction && f.left == s.terms.depositary.Name && f.right == s.reader.id && s.reader.id != ""
}

// ended are the traces once everything is read.
func (f *follower) ended(intake *Intake) []Trace {
	words := map[outcome]string{counted: ToBook, rejected: "rejected",
		repeated: "not counted: it repeats another row", replaced: "not counted: a later report replaces it"}
	var traces []Trace
	for _, followed := range f.traces {
		t := followed.trace
		if t.Instruction != nil {
			t.Outcome = words[followed.lines.states[followed.line].outcome]
		}
		for _, reject := range intake.Findings {
			if reject.Source == t.Source {
				t.Findings = append(t.Findings, reject)
			}
		}
		slices.SortStableFunc(t.Findings, func(a, b tender.Finding) int { return cmp.Compare(a.Cell, b.Cell) })
		traces = append(traces, t)
	}
	return traces
}

// traced says what a cell holds and what it was read as.
func (s *sheet) traced(c *xlsx.Cell, row int, in *tender.Instruction) TracedCell {
	t := TracedCell{Cell: xlsx.CellName(c.Col, row)}
	at := headings.NoColumn
	if s.layout != nil {
		if c.Col < len(s.layout.column) {
			at = s.layout.column[c.Col]
		}
		for _, l := range s.layout.headings.Labels {
			if l.Col == c.Col {
				t.Heading = display.Copied(l.Text)
			}
		}
	}
	if at != headings.NoColumn {
		t.Column = headings.Headings[at].Name
		if in != nil {
			t.Read = s.readAs(at, in)
		}
	}
	t.Holds = describeCell(c, (at == headings.NoColumn && in != nil) || at == headings.ColHolderReference ||
		at == headings.ColContact)
	return t
}

// describeCell shows a raw value with its kind and format. Of a masked one it
// shows only the length: it may be about a person, and nothing depends on it.
func describeCell(c *xlsx.Cell, masked bool) string {
	kind := map[xlsx.Kind]string{xlsx.Blank: "nothing", xlsx.Text: "text", xlsx.Number: "number",
		xlsx.Bool: "truth value", xlsx.Error: "error"}[c.Kind]
	format := map[xlsx.Format]string{xlsx.NumberFormat: ", formatted as a number",
		xlsx.DateTime: ", formatted as a date or time",
		xlsx.Percent:  ", formatted as a percentage", xlsx.TextFormat: ", formatted as text"}[c.Format]
	formula := ""
	if c.Formula {
		formula = ", stored by a formula"
	}
	value := " " + display.Quote(string(c.Text))
	switch {
	case c.Kind == xlsx.Blank:
		value = ""
	case masked:
		value = fmt.Sprintf(" of %d characters", utf8.RuneCount(c.Text))
	}
	return kind + value + format + formula
}

// readAs is what a column of an instruction was read as, "" if nothing was.
func (s *sheet) readAs(c headings.Column, in *tender.Instruction) string {
	switch c {
	case headings.ColInstruction:
		return in.ID
	case headings.ColSecurity:
		if in.Security == "" {
			return ""
		}
		return in.Security + ", series " + in.Series
	case headings.ColPrincipal:
		if in.Principal.IsZero() {
			return ""
		}
		return in.Principal.String()
	case headings.ColReceived, headings.ColReceivedDate, headings.ColReceivedTime:
		return s.shownTime(in.Received)
	case headings.ColWithdrawn, headings.ColWithdrawnDate, headings.ColWithdrawnTime:
		if in.WithdrawnAt.IsZero() && in.Status == tender.Withdrawn {
			return "withdrawn, without a time"
		}
		return s.shownTime(in.WithdrawnAt)
	case headings.ColCovered:
		return s.shownTime(in.CoveredAt)
	case headings.ColParticipant:
		return in.Participant
	case headings.ColParticipantName:
		return in.ParticipantName
	case headings.ColCurrency:
		return "checked against the series"
	case headings.ColBid:
		if in.Bid == nil {
			return ""
		}
		return in.Bid.String()
	case headings.ColStatus, headings.ColIsWithdrawn:
		return string(in.Status)
	case headings.ColDelivery:
		return strings.ReplaceAll(string(in.Delivery), "_", " ")
	}
	return "copied through"
}

// shownTime is an instant on the offer's clocks, with what the depositary's show
// if they differ.
func (s *sheet) shownTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	there, here := tender.WallTime(t, s.reader.clock.zone), tender.WallTime(t, s.terms.offer.Zone)
	if there == here {
		return here
	}
	return here + ", which is " + there
}
