package ingest

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// layout is what the headings of a sheet and the terms say about its rows. It is made once the
// headings are found; reading the rows changes nothing of it.
type layout struct {
	terms          *terms
	sheet          string // its name, "" in a CSV file
	headings       *headings.Layout
	titles         []title           // the texts above the headings
	column         []headings.Column // by position in the sheet, -1 for none
	statedCurrency string            // the currency that the headings or the titles give for the principal
	currencySource string            // where it is stated, if not in the heading of the principal
	firstKey       string            // the heading of the instruction column, as compared
	unread         []unread          // the columns that are not read and that the offer does not ignore
	passed         []bool            // by position: columns that are read or ignored
}

func newLayout(t *terms, sheet string, found *headings.Layout, titles []title) *layout {
	l := &layout{
		terms: t, sheet: sheet, headings: found, titles: titles,
		statedCurrency: found.StatedCurrency(), firstKey: values.Normal(found.Heading(headings.ColInstruction)),
	}
	for c := range headings.ColumnCount {
		for at := found.Position(c); len(l.column) <= at; {
			l.column = append(l.column, -1)
		}
		if at := found.Position(c); at >= 0 {
			l.column[at] = c
		}
	}
	if l.statedCurrency == "" {
		l.statedCurrency, l.currencySource = l.titleCurrency()
	}
	l.findUnread()
	l.findPassed()
	return l
}

// findUnread notes the columns of the sheet that are not read and that the offer does not
// say are to be ignored.
func (l *layout) findUnread() {
	for _, label := range l.headings.Ignored {
		if l.terms.ignores(label.Text) {
			continue
		}
		u := unread{label: label, codes: true}
		key := values.Normal(label.Text)
		if i := slices.IndexFunc(decidingWords, func(w string) bool { return strings.Contains(key, w) }); i >= 0 {
			u.word = decidingWords[i]
		}
		l.unread = append(l.unread, u)
	}
}

// findPassed notes the columns that are read or to be ignored.
func (l *layout) findPassed() {
	pass := func(col int) {
		for len(l.passed) <= col {
			l.passed = append(l.passed, false)
		}
		l.passed[col] = true
	}
	for _, label := range l.headings.Labels {
		if l.terms.ignores(label.Text) {
			pass(label.Col)
		}
	}
	for at, c := range l.column {
		if c >= 0 {
			pass(at)
		}
	}
}

// continuedBy is the layout with the row below the headings, if that continues them: with
// it, all columns are still found where they are, and at least one in other words. It is nil
// if the row does not.
func (l *layout) continuedBy(row *xlsx.Row) *layout {
	below := headings.Labels(row)
	both := headings.NewLayout(row.Number, headings.Joined(l.headings.Labels, below), l.terms.depositary.Columns,
		l.terms.hasBids())
	if len(below) == 0 || len(both.Missing) > 0 || len(both.Twice) > 0 {
		return nil
	}
	changed := false
	for c := range headings.ColumnCount {
		if l.headings.Has(c) && both.Position(c) != l.headings.Position(c) {
			return nil
		}
		changed = changed || (l.headings.Has(c) && both.Heading(c) != l.headings.Heading(c))
	}
	if !changed {
		return nil
	}
	return newLayout(l.terms, l.sheet, both, l.titles)
}

// place puts the cells of a row that are in columns which are read into cells.
func (l *layout) place(row *xlsx.Row, cells *rowCells) {
	clear(cells[:])
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Col < len(l.column) && l.column[c.Col] >= 0 {
			cells[l.column[c.Col]] = c
		}
	}
}

// decides reports whether something is decided from any of the columns.
func (l *layout) decides(first, last int) bool {
	for at := first; at <= last && at < len(l.column); at++ {
		if c := l.column[at]; c >= 0 && !slices.Contains(headings.CopiedThrough, c) {
			return true
		}
	}
	return false
}

// cell names the cell of a column in a row, "" if the sheet does not have the column.
func (l *layout) cell(c headings.Column, row int) string {
	if !l.headings.Has(c) {
		return ""
	}
	if l.terms.place != nil {
		return l.terms.place(row, l.headings.Position(c))
	}
	return xlsx.CellName(l.headings.Position(c), row)
}

// finding is a finding about a column of a row that was read into an instruction before. It
// rejects the row.
func (l *layout) finding(in *tender.Instruction, c headings.Column, f values.Fault) tender.Finding {
	return tender.Finding{
		Source: in.Source, Depositary: in.Depositary, Instruction: in.ID, Participant: in.Participant,
		Column: display.Copied(l.headings.Heading(c)), Cell: l.cell(c, in.Source.Row), Series: in.Series,
		Principal: in.Principal,
		Rule:      f.Rule, Message: f.Message, Advice: f.Advice, Disposition: tender.LineRejected,
	}
}

// question is a finding about the sheet as a whole, at a row of it, which the offer must answer.
func (l *layout) question(row int, f values.Fault) tender.Finding {
	t := l.terms
	return tender.Finding{
		Source: tender.Source{File: t.file, Sheet: l.sheet, Row: row}, Depositary: t.depositary.Name, Rule: f.Rule,
		Message: f.Message,
		Advice: f.Advice + fmt.Sprintf(", say so in the offer: resolutions: [{rule: %s, depositary: %q, file: %q, "+
			"outcome: counts, by: NAME, on: DATE}]",
			f.Rule, t.depositary.Name, display.Line(t.file)),
		Disposition: tender.LineRemarked, MustResolve: true,
	}
}

// here says in which sheet a note is true, if there are several.
func (l *layout) here(note string) string {
	if len(l.terms.depositary.Sheets) < 2 {
		return note
	}
	return "sheet " + display.Quote(l.sheet) + ": " + note
}
