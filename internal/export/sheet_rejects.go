package export

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
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

var rejectColumns = []column{
	{heading: "Outcome"},
	{heading: "Open"},
	{heading: "Depositary", widest: 16},
	{heading: "Instruction", widest: 24},
	{heading: "Participant"},
	{heading: "Series", widest: 20},
	{heading: "Currency"},
	{heading: "Principal", right: true},
	{heading: "File", widest: 28},
	{heading: "Sheet", widest: 18},
	{heading: "Row", right: true},
	{heading: "Cell"},
	{heading: "Column", widest: 20},
	{heading: "Value as it stands", widest: 28},
	{heading: "Rule", widest: 20},
	{heading: "What is wrong", widest: 58},
	{heading: "What to do", widest: 46},
	{heading: "Waived or resolved", widest: 30},
}

// rejectGroupColumns are those of the summary, which stands above the list: a group has rows
// in the place of an instruction.
var rejectGroupColumns = func() []column {
	all := slices.Clone(rejectColumns)
	all[rejInstruction-1] = column{heading: "Rows", widest: 24}
	all[rejRow-1].heading = "Lines"
	for _, col := range []int{rejParticipant, rejSeries, rejCell} {
		all[col-1] = column{}
	}
	return all
}()

// mostGroups is how many groups stand above the list: more of them nobody reads, and every
// line is in the list.
const mostGroups = 200

// layRejects lays out the findings in groups, and below them every line that does not
// count, and those that count with a remark.
func (b *workbook) layRejects() {
	const title = "Rejects: lines that do not count, or count with a remark"
	s := b.newSheet("Rejects", title)
	b.rejects = s
	s.put(bannerRow+1, 1, label(b.rejectWords()+".").as(inSubtitle))
	s.tall(bannerRow+1, 20)
	top := b.layRejectGroups(s)
	l := &listing{columns: rejectColumns, count: len(b.run.Rejects), none: "Every line that was read counts."}
	l.maker = func() rowMaker {
		return func(i int, cells []cell) { b.rejectRow(&b.run.Rejects[i], cells) }
	}
	frozen := s.frozen
	b.lay(l, s, top, 0, b.goOn(s, title))
	if top > firstRow {
		s.frozen = frozen
	}
}

// layRejectGroups lays out the summary, and returns the row in which the list begins.
func (b *workbook) layRejectGroups(s *sheet) int {
	if len(b.run.Rejects) == 0 {
		return firstRow
	}
	groups := b.run.Groups()
	t := table{columns: rejectGroupColumns}
	most := min(len(groups), mostGroups, b.rowsPerSheet/4)
	for i := range groups[:most] {
		t.rows = append(t.rows, rejectGroupRow(&groups[i]))
	}
	s.put(firstRow, 1, label("By file, rule and value: what is open first, then by principal").as(inSection))
	row := s.table(firstRow+1, t).bottom + 1
	if left := len(groups) - most; left > 0 {
		s.put(row, 1, label(fmt.Sprintf("and %s, in the list below", display.Plural(left, "more", "more"))).toned(muted))
		row++
	}
	s.put(row+1, 1, label("Line by line, by principal").as(inSection))
	return row + 2
}

func rejectGroupRow(g *result.FindingGroup) []cell {
	cells := make([]cell, len(rejectGroupColumns))
	cells[rejOutcome-1], cells[rejOpen-1] = outcomeCell(g.Outcome, g.Open), openCell(g.Open)
	cells[rejPrincipal-1], cells[rejRow-1] = principal(g.Principal), count(len(g.Findings))
	for col, text := range map[int]string{
		rejDepositary: g.Depositary, rejInstruction: g.RowRanges(result.MostRanges), rejCurrency: g.Currency, rejFile: g.File, rejSheet: g.Sheet, rejColumn: g.Column,
		rejValue: g.Value, rejRule: g.Rule, rejMessage: g.Message(), rejAdvice: g.Advice(), rejDecided: g.Decided,
	} {
		if text != "" {
			cells[col-1] = label(text)
		}
	}
	return cells
}

func (b *workbook) rejectRow(r *tender.Reject, cells []cell) {
	open := b.run.IsOpen(r)
	cells[rejOutcome-1], cells[rejOpen-1] = outcomeCell(r.Outcome(), open), openCell(open)
	cells[rejPrincipal-1] = principal(r.Principal)
	if r.Source.Row > 0 { // else it is about the whole file
		cells[rejRow-1] = count(r.Source.Row).formatted("0")
	}
	for i, text := range [...]string{
		rejDepositary - 1: r.Depositary, rejInstruction - 1: r.Instruction, rejParticipant - 1: r.Participant, rejSeries - 1: r.Series,
		rejCurrency - 1: b.tally.currency(r.Series), rejFile - 1: r.Source.File, rejSheet - 1: r.Source.Sheet, rejCell - 1: r.Cell, rejColumn - 1: r.Column,
		rejValue - 1: r.Value, rejRule - 1: r.Rule, rejMessage - 1: r.Message, rejAdvice - 1: r.Advice, rejDecided - 1: r.Decided(),
	} {
		if text != "" {
			cells[i] = label(text)
		}
	}
}

// outcomeCell shows an outcome in words.
func outcomeCell(o tender.Outcome, open bool) cell {
	c := label(strings.ReplaceAll(string(o), "_", " "))
	switch {
	case open, o == tender.OutcomeRejected:
		return c.toned(bad)
	case o == tender.OutcomeWaived, o == tender.OutcomeResolved:
		return c.toned(good)
	case o == tender.OutcomeRemark:
		return c.toned(doubtful)
	}
	return c
}

// openCell says that somebody must act.
func openCell(open bool) cell {
	if open {
		return label("open").toned(bad)
	}
	return cell{}
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
