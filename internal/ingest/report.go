package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// Intake is what the reports say.
type Intake struct {
	Instructions []tender.Instruction // by depositary and report as chosen, then by row
	Rejects      []tender.Reject      // in the same order
	Reports      []Report             // one for each file
}

// Report says how one file was understood. Rows = instructions + NotCounted +
// Rejected + Replaced.
type Report struct {
	Depositary string
	File       string
	Sheet      string // "" in a CSV file
	HeadingRow int    // the lower one, if the headings are split over two
	Columns    []Column
	Rows       int             // that hold an instruction, good or bad
	Rejected   int             // rows with at least one fault
	NotCounted int             // rows that repeat another in every column
	Replaced   int             // rows whose instruction is in a later incremental report
	Principal  decimal.Decimal // of all rows whose principal is readable, whatever their status and series
	HiddenRows int
	Total      *ControlTotal // the last one found, nil if there is none
	Notes      []string      // what was decided on the way, one sentence each
}

// Column says which column became what.
type Column struct {
	Name    string // as in the offer's columns key
	Heading string // as it stands in the file
	Letter  string // such as "F"
	Why     string
}

// ControlTotal is the principal in a totals row.
type ControlTotal struct {
	Row   int
	Value decimal.Decimal
}

// Read reads the chosen files into instructions and rejects. Its error is a
// *[FileError] with every fault of every file, and then nothing may be used.
// The order of files is the order of reports of a depositary.
func Read(o *tender.Offer, files []Chosen) (*Intake, error) {
	known := newSecurities(o)
	var readings []*reading
	var faults []FileFault
	for _, f := range files {
		r := newReading(o, known, f)
		r.read(f.Content)
		readings = append(readings, r)
		faults = append(faults, r.faults...)
	}
	if err := failed(faults); err != nil {
		return nil, err
	}
	replaceEarlier(readings)
	rows := 0
	for _, r := range readings {
		rows += len(r.lines)
	}
	intake := &Intake{Instructions: make([]tender.Instruction, 0, rows)}
	for _, r := range readings {
		if err := r.addTo(intake); err != nil {
			return nil, err
		}
	}
	return intake, nil
}

// replaceEarlier takes out of incremental reports the lines whose instruction is
// in a later report of the depositary. A later line replaces the earlier even if
// it is rejected: the earlier is known to be out of date.
func replaceEarlier(readings []*reading) {
	later := make(map[string]map[string]bool) // by depositary and instruction
	for _, r := range slices.Backward(readings) {
		ids := later[r.depositary.Name]
		if ids == nil {
			ids = make(map[string]bool)
			later[r.depositary.Name] = ids
		}
		for i := range r.lines {
			if id := r.lines[i].instruction.ID; id != "" && r.depositary.Incremental && ids[id] {
				r.lines[i].outcome = replaced
			}
		}
		for i := range r.lines {
			if id := r.lines[i].instruction.ID; id != "" {
				ids[id] = true
			}
		}
	}
}

// reading is the reading of one file.
type reading struct {
	offer      *tender.Offer
	depositary tender.Depositary
	password   string // of the file; never shown
	securities *securities
	statuses   map[string]tender.Status
	date1904   bool

	report  Report
	lines   []line // every row that holds an instruction
	rejects []tender.Reject
	faults  []FileFault
}

// line is a row that holds an instruction, good or bad. Of a rejected one only
// the place and perhaps the number are filled in.
type line struct {
	instruction tender.Instruction
	digest      [32]byte // of all its cells
	outcome     outcome
}

// outcome is what became of a row.
type outcome int

const (
	counted outcome = iota
	rejected
	repeated // in every column the same as an earlier row
	replaced
)

func newReading(o *tender.Offer, known *securities, f Chosen) *reading {
	return &reading{
		offer: o, depositary: f.Depositary, password: f.Password, securities: known, statuses: statusesOf(f.Depositary),
		report: Report{Depositary: f.Depositary.Name, File: f.Name},
	}
}

// table is a sheet of a workbook, or a CSV file.
type table struct {
	name   string
	hidden bool
	each   func(func(*xlsx.Row) error) (xlsx.Tail, error)
}

// read reads the file. What is wrong with it is in faults afterwards.
func (r *reading) read(content []byte) {
	if tables, ok := r.open(content); ok {
		r.readTables(tables)
	}
}

// readTables reads the one of the tables that holds the tenders.
func (r *reading) readTables(tables []table) {
	t, ok := r.choose(tables)
	if !ok {
		return
	}
	r.report.Sheet = t.name
	s := newSheet(r)
	tail, err := t.each(s.row)
	switch {
	case err != nil && !errors.Is(err, errEnough):
		r.addError(t.name, err)
	case s.layout == nil: // not after choose; but rows must never vanish without a word
		r.fault(t.name, FileFault{Rule: ruleColumn, Message: "the headings are gone", Advice: "leave the file alone while it is read"})
	case err == nil:
		s.finish(tail)
		r.checkControls(s, tables)
	}
}

// checkControls checks the control sheets of the workbook, if it has any.
func (r *reading) checkControls(s *sheet, tables []table) {
	for _, t := range tables {
		if t.name == r.report.Sheet || !isControlSheet(t.name) {
			continue
		}
		if err := s.checkControl(t); err != nil {
			r.addError(t.name, err)
		}
	}
}

// open finds out by its content what the file is.
func (r *reading) open(content []byte) ([]table, bool) {
	if strings.EqualFold(path.Ext(r.report.File), ".csv") && !isForeign(content) {
		t, faults := r.csvTable(content)
		r.noteProtection(xlsx.Unprotected)
		r.fault("", faults...)
		return []table{t}, len(faults) == 0
	}
	book, err := xlsx.OpenProtected(bytes.NewReader(content), int64(len(content)), r.password, xlsx.DefaultLimits())
	if err != nil {
		r.addError("", err)
		return nil, false
	}
	r.noteProtection(book.Protection())
	if r.date1904 = book.Date1904(); r.date1904 {
		r.note("the workbook counts days from 1 January 1904")
	}
	var tables []table
	for i, s := range book.Sheets() {
		each := func(row func(*xlsx.Row) error) (xlsx.Tail, error) { return book.Rows(i, row) }
		tables = append(tables, table{s.Name, s.Hidden, each})
	}
	return tables, true
}

// isForeign reports whether content under the name of a CSV file is something
// else, which the workbook reader reads or names.
func isForeign(content []byte) bool {
	for _, start := range []string{"PK", "\xd0\xcf\x11\xe0", "%PDF", "{\\rtf", "<", "\x1f\x8b"} {
		if bytes.HasPrefix(bytes.TrimLeft(content, "\ufeff \r\n\t"), []byte(start)) {
			return true
		}
	}
	return false
}

// choose finds the sheet that holds the tenders: the one the offer names, else
// the only one that has the headings.
func (r *reading) choose(tables []table) (table, bool) {
	var with, without []peeked
	for _, t := range tables {
		p, err := r.peek(t)
		if err != nil {
			r.addError(t.name, err)
			return table{}, false
		}
		if p.complete() {
			with = append(with, p)
		} else {
			without = append(without, p)
		}
	}
	if r.depositary.Sheet != "" {
		return r.namedSheet(append(slices.Clone(with), without...), with)
	}
	switch {
	case len(with) == 1 && !with[0].hidden:
		return with[0].table, true
	case len(with) > 0:
		r.fault("", r.whichSheet(with))
	default:
		r.addMissing(without)
	}
	return table{}, false
}

// namedSheet is the sheet the offer names.
func (r *reading) namedSheet(all, with []peeked) (table, bool) {
	is := func(p peeked) bool { return p.name == r.depositary.Sheet }
	i := slices.IndexFunc(all, is)
	if i < 0 {
		var names []string
		for _, p := range all {
			names = append(names, p.name)
		}
		r.fault("", FileFault{Rule: ruleSheet,
			Message: fmt.Sprintf("there is no sheet %s; the sheets are %s", quote(r.depositary.Sheet), list(names)),
			Advice:  "correct sheet in the offer at depositary " + r.depositary.Name})
		return table{}, false
	}
	if !all[i].complete() {
		r.addMissing(all[i : i+1])
		return table{}, false
	}
	for _, p := range with {
		if !is(p) {
			r.note(fmt.Sprintf("sheet %s has the headings of tenders too; it is not read, since the offer names %s", quote(p.name), quote(r.depositary.Sheet)))
		}
	}
	return all[i].table, true
}

// whichSheet says that the sheet must be named in the offer.
func (r *reading) whichSheet(with []peeked) FileFault {
	var names []string
	for _, p := range with {
		name := quote(p.name)
		if p.hidden {
			name += " (hidden)"
		}
		names = append(names, name)
	}
	f := FileFault{Rule: ruleSheet,
		Message: fmt.Sprintf("%d sheets have the headings of tenders: %s", len(with), strings.Join(names, ", ")),
		Advice:  fmt.Sprintf("say which to read, in the offer at depositary %s: sheet: %s", r.depositary.Name, quote(with[0].name))}
	if len(with) == 1 {
		f.Message = "the only sheet that has the headings of tenders is " + names[0]
	}
	return f
}

// addMissing reports the sheet that comes nearest to having the headings.
func (r *reading) addMissing(without []peeked) {
	best := -1
	for i, p := range without {
		if p.best != nil && (best < 0 || p.best.found() > without[best].best.found()) {
			best = i
		}
	}
	if best < 0 {
		r.fault("", FileFault{Rule: ruleColumn, Message: "there are no headings: no sheet has text in its first rows", Advice: "is this the right file? ask for it to be sent again"})
		return
	}
	r.fault(without[best].name, without[best].best.missingFault(r.depositary))
}

// fault adds faults of a sheet of the file, or of the file as a whole.
func (r *reading) fault(sheet string, faults ...FileFault) {
	for _, f := range faults {
		f.File, f.Sheet = r.report.File, sheet
		r.faults = append(r.faults, f)
	}
}

// addError adds an error of the file's reader.
func (r *reading) addError(sheet string, err error) {
	var f *faultError
	if errors.As(err, &f) {
		r.fault(sheet, f.fault)
		return
	}
	if f, ok := r.protectionFault(err); ok {
		r.fault(sheet, f)
		return
	}
	r.fault(sheet, FileFault{Rule: ruleFile, Message: copied(err.Error()), Advice: "nothing of the file was used"})
}

func (r *reading) note(notes ...string) {
	r.report.Notes = append(r.report.Notes, notes...)
}

// shownRows is how many rows a sentence names.
const shownRows = 8

// rowList shows the first of count rows in a sentence, and how many more there
// are.
func rowList(rows []int, count int) string {
	var b strings.Builder
	b.WriteString("row")
	if count > 1 {
		b.WriteString("s")
	}
	shown := rows[:min(shownRows, len(rows))]
	for i, row := range shown {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %d", row)
	}
	if count > len(shown) {
		fmt.Fprintf(&b, " and %d more", count-len(shown))
	}
	return b.String()
}

// addTo adds the outcome of every line to the intake, and checks that none is
// lost.
func (r *reading) addTo(intake *Intake) error {
	outcomes := make(map[int]outcome, len(r.rejects)) // by row, of the rows that have rejects
	for i := range r.rejects {
		outcomes[r.rejects[i].Source.Row] = counted
	}
	good := 0
	for i := range r.lines {
		l := &r.lines[i]
		if _, ok := outcomes[l.instruction.Source.Row]; ok {
			outcomes[l.instruction.Source.Row] = l.outcome
		}
		switch l.outcome {
		case counted:
			good++
			intake.Instructions = append(intake.Instructions, l.instruction)
		case rejected:
			r.report.Rejected++
		case repeated:
			r.report.NotCounted++
		case replaced:
			r.report.Replaced++
		}
	}
	if sum := good + r.report.Rejected + r.report.NotCounted + r.report.Replaced; sum != r.report.Rows {
		return fmt.Errorf("%s: %d rows were read but %d accounted for; this is a fault of the program", r.report.File, r.report.Rows, sum)
	}
	r.addRejects(intake, outcomes)
	if r.report.Replaced > 0 {
		r.note(fmt.Sprintf("%d rows are replaced by later reports", r.report.Replaced))
	}
	intake.Reports = append(intake.Reports, r.report)
	return nil
}

// addRejects adds the rejects by row. Nothing is to be said of a replaced line,
// and of a repeated one only that it is. On a rejected one, a waiver has nothing
// to waive, and remarks do not mean that the line counts.
func (r *reading) addRejects(intake *Intake, outcomes map[int]outcome) {
	slices.SortStableFunc(r.rejects, func(a, b tender.Reject) int { return a.Source.Row - b.Source.Row })
	for _, reject := range r.rejects {
		switch outcomes[reject.Source.Row] {
		case replaced:
			continue
		case repeated:
			if reject.Rule != ruleDuplicate {
				continue
			}
		case rejected:
			if reject.Waived != "" {
				continue
			}
			reject.Standing = tender.StandingRejected
		}
		intake.Rejects = append(intake.Rejects, reject)
	}
}
