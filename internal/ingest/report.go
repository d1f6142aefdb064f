package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/cainstruction"
	"tenderbatch/internal/csvfile"
	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/parallel"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// Intake is what the reports say.
type Intake struct {
	Findings []tender.Finding // by depositary and report as chosen, then by row
	Reports  []Report         // one for each file
	Unneeded []tender.Waiver  // those of the offer that no line needed

	// Replaced are the instructions of incremental reports that a later report has, too,
	// as the earlier report had them; by depositary and report, then by row.
	Replaced []tender.Instruction

	pieces [][]tender.Instruction // of a report of many rows, each a few; they are never put together
}

// Instructions are those that were read, by depositary and report as chosen, then
// by row.
func (in *Intake) Instructions() iter.Seq[*tender.Instruction] {
	return func(yield func(*tender.Instruction) bool) {
		for _, piece := range in.pieces {
			for i := range piece {
				if !yield(&piece[i]) {
					return
				}
			}
		}
	}
}

// Count is the number of instructions.
func (in *Intake) Count() int {
	n := 0
	for _, piece := range in.pieces {
		n += len(piece)
	}
	return n
}

// Report says how one file was understood. Rows = instructions + NotCounted +
// Rejected + Replaced, and the same holds of their principal.
type Report struct {
	Depositary string
	File       string
	Format     string        // how it is written, such as "CSV, UTF-8, separated by commas"
	Sheets     []SheetReport // those that were read, one in a CSV file
	Unread     []string      // names of the other sheets
	Rows       int           // that hold an instruction, good or bad
	Rejected   int           // rows with at least one fault
	NotCounted int           // rows that repeat another in every column
	Replaced   int           // rows whose instruction is in a later incremental report
	Principal  decimal.Decimal
	HiddenRows int
	Notes      []string // what was decided on the way, one sentence each

	// The principal of the rows that became no instruction. Principal is that of
	// all rows; of Unreadable rows it cannot be read and is in no sum.
	RejectedPrincipal, NotCountedPrincipal, ReplacedPrincipal decimal.Decimal
	Unreadable                                                int
}

// SheetReport says how one sheet was understood.
type SheetReport struct {
	Name       string // "" in a CSV file
	HeadingRow int    // the lower one, if the headings are split over two
	Columns    []Column
	Rows       int           // that hold an instruction, good or bad
	Total      *ControlTotal // the last one found, nil if there is none
	Unread     []string      // headings of the columns that are not read
	NoStatus   bool          // no column says what the status of each tender is: all count
}

// SheetNames lists the sheets that were read, comma-separated; it is "" for a CSV
// file.
func (r *Report) SheetNames() string {
	names := make([]string, len(r.Sheets))
	for i, s := range r.Sheets {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Column says which column became what.
type Column struct {
	Name    string // as in the offer's columns key
	Heading string // as written in the file
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
func Read(o *tender.Offer, files []inbox.Chosen) (*Intake, error) {
	known, sent := values.NewSecurities(o), messagesOf(files)
	readings := make([]*reading, len(files))
	err := parallel.Each(0, len(files), func(i int) error {
		if err := files[i].Depositary.Check(); err != nil {
			return err
		}
		readings[i] = newReading(o, known, files[i])
		readings[i].sent = sent[i]
		readings[i].read(files[i].Content)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var faults []tender.FileFault
	for _, r := range readings {
		faults = append(faults, r.found.faults...)
	}
	if err := tender.Failed(faults); err != nil {
		return nil, err
	}
	if err := CheckIdentifiers(reported(readings)); err != nil {
		return nil, err
	}
	noteSameContent(readings, files)
	compareReports(readings)
	findNeverReported(o, readings)
	return together(o, readings)
}

// together puts what the readings found into one.
func together(o *tender.Offer, readings []*reading) (*Intake, error) {
	intake := &Intake{Unneeded: unneeded(o.Waivers, readings)}
	for _, r := range readings {
		if err := r.addTo(intake); err != nil {
			return nil, err
		}
	}
	return intake, nil
}

// reading is the reading of one file.
type reading struct {
	terms    *terms
	password string // of the file; never shown
	progress func(rows int)
	date1904 bool

	report     Report
	found      findings
	sheets     []*sheet // those that hold the tenders
	lines      lines    // every row that holds an instruction, by sheet as in sheets
	controlled bool     // a control sheet agrees with the rows
	keeper     keeper
	sent       *cainstruction.File // the messages of a file; nil for a sheet

	replaced []tender.Instruction // of the lines that a later report replaces, those without a fault

	follow func(*sheet, *xlsx.Row, rowKind) // called with each row, if it is not nil
}

func newReading(o *tender.Offer, known *values.Securities, f inbox.Chosen) *reading {
	return &reading{
		terms: newTerms(o, known, f), password: f.Password, progress: f.Progress,
		report: Report{Depositary: f.Depositary.Name, File: f.Name}, found: findings{file: f.Name},
	}
}

// table is a sheet of a workbook, or a CSV file.
type table struct {
	name     string
	hidden   bool
	each     func(func(*xlsx.Row) error) (xlsx.Tail, error)
	comments func() ([]xlsx.Comment, error) // on its cells; nil where there can be none
}

// read reads the file. What is wrong with it is in faults afterwards.
func (r *reading) read(content []byte) {
	if tables, ok := r.open(content); ok {
		r.readTables(tables)
	}
}

// readTables reads those of the tables that hold the tenders.
func (r *reading) readTables(tables []table) {
	chosen, ok := r.choose(tables)
	if !ok {
		return
	}
	whole := true
	for _, t := range chosen {
		s := newSheet(r, t.name)
		r.sheets = append(r.sheets, s)
		if err := s.readComments(t); err != nil {
			r.addError(t.name, err)
			whole = false
			continue
		}
		tail, err := t.each(r.withProgress(s.row))
		switch {
		case err != nil && !errors.Is(err, errEnough):
			r.addError(t.name, err)
		case s.layout == nil: // not after choose; but rows must never vanish without a word
			r.found.fault(t.name, tender.FileFault{Rule: tender.RuleColumn,
				Message: "the headings were not found when the sheet was read again",
				Advice:  "do not change the file while it is read, and run again"})
		case err == nil:
			s.totals.finish(tail)
			continue
		}
		whole = false
	}
	if whole {
		r.rejectDuplicates(chosen)
		r.sumUp()
		r.checkControls(tables)
		r.checkRowLimits()
		r.checkDigits()
	}
}

// progressRows is after how many rows progress is reported.
const progressRows = 1000

// withProgress is row, and reports progress.
func (r *reading) withProgress(row func(*xlsx.Row) error) func(*xlsx.Row) error {
	if r.progress == nil {
		return row
	}
	count := 0
	return func(x *xlsx.Row) error {
		if count++; count%progressRows == 0 {
			r.progress(progressRows)
		}
		return row(x)
	}
}

// sumUp adds what the sheets found to the report.
func (r *reading) sumUp() {
	principal := sum{}
	for _, s := range r.sheets {
		r.report.Rows += s.totals.count
		principal.add(s.totals.sums.all.value())
		r.report.HiddenRows += len(s.totals.hidden)
		r.report.Unreadable += len(s.totals.sums.unreadable)
		r.report.Sheets = append(r.report.Sheets, s.totals.describe())
	}
	r.report.Principal = principal.value()
}

// open finds out by its content what the file is.
func (r *reading) open(content []byte) ([]table, bool) {
	if r.sent != nil {
		return r.messageTable(r.sent)
	}
	d := &r.terms.depositary
	d.Columns = cainstruction.ColumnsOfSheets(d.Columns)
	if isTextName(r.terms.file) && !isForeign(content) {
		t, faults := r.csvTable(content)
		r.noteProtection(xlsx.Unprotected)
		r.found.fault("", faults...)
		return []table{t}, len(faults) == 0
	}
	book, err := xlsx.OpenProtected(bytes.NewReader(content), int64(len(content)), r.password, xlsx.DefaultLimits())
	if err != nil {
		r.addError("", err)
		return nil, false
	}
	r.noteProtection(book.Protection())
	if r.date1904 = book.Date1904(); r.date1904 {
		r.found.note("the workbook counts days from 1 January 1904")
	}
	r.report.Format = "Excel workbook"
	var tables []table
	for i, s := range book.Sheets() {
		each := func(row func(*xlsx.Row) error) (xlsx.Tail, error) { return book.Rows(i, row) }
		comments := func() ([]xlsx.Comment, error) { return book.Comments(i) }
		tables = append(tables, table{s.Name, s.Hidden, each, comments})
	}
	return tables, true
}

// isTextName reports whether a file is a CSV file by its name. Nothing in the
// content of such a file says.
func isTextName(name string) bool {
	return slices.Contains([]string{".csv", ".tsv", ".txt"}, strings.ToLower(path.Ext(name)))
}

// isForeign reports whether content under the name of a CSV file is something
// else, which the workbook reader reads or names.
func isForeign(content []byte) bool {
	for _, start := range []string{"PK\x03\x04", "PK\x05\x06", "\xd0\xcf\x11\xe0", "%PDF", "{\\rtf", "<", "\x1f\x8b"} {
		if bytes.HasPrefix(bytes.TrimLeft(content, "\ufeff \r\n\t"), []byte(start)) {
			return true
		}
	}
	return false
}

// addMissing reports the sheet that comes nearest to having the headings.
func (r *reading) addMissing(without []peeked) {
	best := -1
	for i, p := range without {
		if p.best != nil && (best < 0 || p.best.Found() > without[best].best.Found()) {
			best = i
		}
	}
	if best < 0 {
		r.found.fault("", tender.FileFault{Rule: tender.RuleColumn,
			Message: "there are no headings: no sheet has text in its first rows",
			Advice:  "check that it is the right file, or ask for it to be sent again"})
		return
	}
	if faults := without[best].best.ScaleFaults(); len(faults) > 0 {
		r.found.fault(without[best].table.name, faults...) // and nothing is offered that would make it be read
		return
	}
	f := without[best].best.MissingFault(r.terms.depositary)
	if without[best].best.Found() < 2 && strings.HasPrefix(r.report.Format, "CSV") {
		f.Message += fmt.Sprintf("; the file was read as %s (the separators that are read are %s)", r.report.Format,
			csvfile.SeparatorWords())
	}
	r.found.fault(without[best].table.name, f)
}

// addError adds an error of the file's reader.
func (r *reading) addError(sheet string, err error) {
	var f *csvfile.FaultError
	if errors.As(err, &f) {
		r.found.fault(sheet, f.Fault)
		return
	}
	if f, ok := r.protectionFault(err); ok {
		r.found.fault(sheet, f)
		return
	}
	r.found.fault(sheet, tender.FileFault{Rule: tender.RuleFile, Message: display.Copied(err.Error()),
		Advice: "nothing of the file was used: correct this, or ask the depositary for the file again"})
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
