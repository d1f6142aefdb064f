package workbook

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The columns of Rejects. The summary above has the same ones as far as they apply.
const (
	rejOutcome = iota + 1
	rejOpen
	rejDepositary
	rejInstruction // in the summary: rows
	rejParticipant
	rejSeries
	rejCurrency
	rejPrincipal
	rejFile
	rejSheet
	rejRow // in the summary: how many lines
	rejCell
	rejColumn
	rejValue
	rejRule
	rejMessage
	rejAdvice
	rejDecided
)

var rejectColumns = []spreadsheet.Column{
	{Heading: "Outcome"},
	{Heading: "Open"},
	{Heading: "Depositary", Widest: 16},
	{Heading: "Instruction", Widest: 24},
	{Heading: "Participant"},
	{Heading: "Series", Widest: 20},
	{Heading: "Currency"},
	{Heading: "Principal", Right: true},
	{Heading: "File", Widest: 28},
	{Heading: "Sheet", Widest: 18},
	{Heading: "Row", Right: true},
	{Heading: "Cell"},
	{Heading: "Column", Widest: 20},
	{Heading: "Value as written", Widest: 28},
	{Heading: "Rule", Widest: 20},
	{Heading: "What is wrong", Widest: 58},
	{Heading: "What to do", Widest: 46},
	{Heading: "Waived or resolved", Widest: 30},
}

// rejectGroupColumns are those of the summary, which is above the list: a group has rows
// in the place of an instruction.
var rejectGroupColumns = func() []spreadsheet.Column {
	all := slices.Clone(rejectColumns)
	all[rejInstruction-1] = spreadsheet.Column{Heading: "Rows", Widest: 24}
	all[rejRow-1].Heading = "Lines"
	for _, col := range []int{rejParticipant, rejSeries, rejCell} {
		all[col-1] = spreadsheet.Column{}
	}
	return all
}()

// mostGroups is how many groups are above the list: more of them no one reads, and every
// line is in the list.
const mostGroups = 200

// layRejects lays out the findings in groups, and below them every line that does not
// count, and those that count with a remark.
func (b *workbook) layRejects() {
	const title = "Rejects: lines that do not count, or count with a remark"
	s := b.NewSheet("Rejects", title)
	b.rejects = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(b.rejectWords()+".").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	top := b.layRejectGroups(s)
	l := &spreadsheet.Listing{Columns: rejectColumns, Count: len(b.run.Rejects), None: "Every line that was read counts."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { b.rejectRow(&b.run.Rejects[i], cells) }
	}
	frozen := s.Frozen
	b.Lay(l, s, top, 0, b.Continuation(s, title))
	if top > spreadsheet.FirstRow {
		s.Frozen = frozen
	}
}

// layRejectGroups lays out the summary, and returns the row in which the list begins.
func (b *workbook) layRejectGroups(s *spreadsheet.Sheet) int {
	if len(b.run.Rejects) == 0 {
		return spreadsheet.FirstRow
	}
	groups := b.run.Groups()
	t := spreadsheet.Table{Columns: rejectGroupColumns}
	most := min(len(groups), mostGroups, b.RowsPerSheet/4)
	for i := range groups[:most] {
		t.Rows = append(t.Rows, rejectGroupRow(&groups[i]))
	}
	s.Put(spreadsheet.FirstRow, 1, spreadsheet.Label("By file, rule and value: what is open first, then by principal").As(spreadsheet.InSection))
	row := s.Table(spreadsheet.FirstRow+1, t).Bottom + 1
	if left := len(groups) - most; left > 0 {
		s.Put(row, 1, spreadsheet.Label(fmt.Sprintf("and %s, in the list below", display.Plural(left, "more", "more"))).WithTone(spreadsheet.Muted))
		row++
	}
	s.Put(row+1, 1, spreadsheet.Label("Line by line, by principal").As(spreadsheet.InSection))
	return row + 2
}

func rejectGroupRow(g *result.FindingGroup) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(rejectGroupColumns))
	cells[rejOutcome-1], cells[rejOpen-1] = outcomeCell(g.Outcome, g.Open), openCell(g.Open)
	cells[rejPrincipal-1], cells[rejRow-1] = spreadsheet.Principal(g.Principal), spreadsheet.Count(len(g.Findings))
	for col, text := range map[int]string{
		rejDepositary: g.Depositary, rejInstruction: g.RowRanges(result.MostRanges), rejCurrency: g.Currency, rejFile: g.File, rejSheet: g.Sheet, rejColumn: g.Column,
		rejValue: g.Value, rejRule: g.Rule, rejMessage: g.Message(), rejAdvice: g.Advice(), rejDecided: g.Decided,
	} {
		if text != "" {
			cells[col-1] = spreadsheet.Label(text)
		}
	}
	return cells
}

func (b *workbook) rejectRow(r *tender.Reject, cells []spreadsheet.Cell) {
	open := b.run.IsOpen(r)
	cells[rejOutcome-1], cells[rejOpen-1] = outcomeCell(r.Outcome(), open), openCell(open)
	cells[rejPrincipal-1] = spreadsheet.Principal(r.Principal)
	if r.Source.Row > 0 { // else it is about the whole file
		cells[rejRow-1] = spreadsheet.Count(r.Source.Row).Formatted("0")
	}
	for i, text := range [...]string{
		rejDepositary - 1: r.Depositary, rejInstruction - 1: r.Instruction, rejParticipant - 1: r.Participant, rejSeries - 1: r.Series,
		rejCurrency - 1: b.tally.currency(r.Series), rejFile - 1: r.Source.File, rejSheet - 1: r.Source.Sheet, rejCell - 1: r.Cell, rejColumn - 1: r.Column,
		rejValue - 1: r.Value, rejRule - 1: r.Rule, rejMessage - 1: r.Message, rejAdvice - 1: r.Advice, rejDecided - 1: r.Decided(),
	} {
		if text != "" {
			cells[i] = spreadsheet.Label(text)
		}
	}
}

// outcomeCell shows an outcome in words.
func outcomeCell(o tender.Outcome, open bool) spreadsheet.Cell {
	c := spreadsheet.Label(strings.ReplaceAll(string(o), "_", " "))
	switch {
	case open, o == tender.OutcomeRejected:
		return c.WithTone(spreadsheet.Bad)
	case o == tender.OutcomeWaived, o == tender.OutcomeResolved:
		return c.WithTone(spreadsheet.Good)
	case o == tender.OutcomeRemark:
		return c.WithTone(spreadsheet.Doubtful)
	}
	return c
}

// openCell says that action is needed.
func openCell(open bool) spreadsheet.Cell {
	if open {
		return spreadsheet.Label("open").WithTone(spreadsheet.Bad)
	}
	return spreadsheet.Cell{}
}

// findings counts the rejects by what they mean.
type findings struct{ rejected, notCounted, flagged, waived int }

func findingsOf(r *result.Run) findings {
	var n findings
	for _, rej := range r.Rejects {
		switch {
		case rej.Waived != "":
			n.waived++
		case rej.Standing == tender.StandingRejected:
			n.rejected++
		case rej.Standing == tender.StandingFlagged:
			n.flagged++
		default:
			n.notCounted++
		}
	}
	return n
}

func (b *workbook) rejectWords() string {
	n := findingsOf(b.run)
	notYet := b.run.Book.NotYet
	if n == (findings{}) && notYet == 0 {
		return "No rejects"
	}
	words := fmt.Sprintf("%s rejected, %d not counted, %d counted with a remark, %d waived",
		display.Plural(n.rejected, "line", "lines"), n.notCounted, n.flagged, n.waived)
	if notYet > 0 {
		words += fmt.Sprintf(", %d received after the as-of instant", notYet)
	}
	return words
}
