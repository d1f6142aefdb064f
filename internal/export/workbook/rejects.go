package workbook

import (
	"fmt"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// rejectRow is a row of Rejects.
type rejectRow struct {
	*tender.Finding
	open     bool
	currency string
}

// rejectFields are the columns of the list.
var rejectFields = fields[rejectRow]{
	{key: "outcome", column: spreadsheet.Column{Heading: "Outcome"},
		cell: func(r *rejectRow) spreadsheet.Cell { return outcomeCell(r.Outcome(), r.open) }},
	{key: "open", column: spreadsheet.Column{Heading: "Open"},
		cell: func(r *rejectRow) spreadsheet.Cell { return openCell(r.open) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
	{key: "instruction", column: spreadsheet.Column{Heading: "Instruction", Widest: 24},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Instruction) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Participant) }},
	{key: "series", column: spreadsheet.Column{Heading: "Series", Widest: 20},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Series) }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.currency) }},
	{key: "principal", column: spreadsheet.Column{Heading: "Principal", Right: true},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Principal(r.Principal) }},
	{key: "file", column: spreadsheet.Column{Heading: "File", Widest: 28},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Source.File) }},
	{key: "sheet", column: spreadsheet.Column{Heading: "Sheet", Widest: 18},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Source.Sheet) }},
	{key: "row", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(r *rejectRow) spreadsheet.Cell { return rowCell(r.Source.Row) }},
	{key: "cell", column: spreadsheet.Column{Heading: "Cell"},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Cell) }},
	{key: "column", column: spreadsheet.Column{Heading: "Column", Widest: 20},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Column) }},
	{key: "value", column: spreadsheet.Column{Heading: "Value as written", Widest: 28},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Value) }},
	{key: "rule", column: spreadsheet.Column{Heading: "Rule", Widest: 20},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Rule) }},
	{key: "message", column: spreadsheet.Column{Heading: "What is wrong", Widest: 58},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Message) }},
	{key: "advice", column: spreadsheet.Column{Heading: "What to do", Widest: 46},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Advice) }},
	{key: "decided", column: spreadsheet.Column{Heading: "Waived or resolved", Widest: 30},
		cell: func(r *rejectRow) spreadsheet.Cell { return spreadsheet.Label(r.Decided()) }},
}

// rejectGroupFields are the columns of the summary above the list: each has the kind of
// content of the column below it.
var rejectGroupFields = fields[result.FindingGroup]{
	{key: "outcome", column: spreadsheet.Column{Heading: "Outcome"},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return outcomeCell(r.Outcome, r.Open) }},
	{key: "open", column: spreadsheet.Column{Heading: "Open"},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return openCell(r.Open) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
	{key: "rows", column: spreadsheet.Column{Heading: "Rows", Widest: 24},
		cell: func(r *result.FindingGroup) spreadsheet.Cell {
			return spreadsheet.Label(r.RowRanges(result.MostRanges))
		}},
	{}, // participant
	{}, // series
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Currency) }},
	{key: "principal", column: spreadsheet.Column{Heading: "Principal", Right: true},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Principal(r.Principal) }},
	{key: "file", column: spreadsheet.Column{Heading: "File", Widest: 28},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.File) }},
	{key: "sheet", column: spreadsheet.Column{Heading: "Sheet", Widest: 18},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Sheet) }},
	{key: "lines", column: spreadsheet.Column{Heading: "Lines", Right: true},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Count(len(r.Findings)) }},
	{}, // cell
	{key: "column", column: spreadsheet.Column{Heading: "Column", Widest: 20},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Column) }},
	{key: "value", column: spreadsheet.Column{Heading: "Value as written", Widest: 28},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Value) }},
	{key: "rule", column: spreadsheet.Column{Heading: "Rule", Widest: 20},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Rule) }},
	{key: "message", column: spreadsheet.Column{Heading: "What is wrong", Widest: 58},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Message()) }},
	{key: "advice", column: spreadsheet.Column{Heading: "What to do", Widest: 46},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Advice()) }},
	{key: "decided", column: spreadsheet.Column{Heading: "Waived or resolved", Widest: 30},
		cell: func(r *result.FindingGroup) spreadsheet.Cell { return spreadsheet.Label(r.Decided) }},
}

// rowCell is the number of a row in a report; empty for what is about the whole file.
func rowCell(row int) spreadsheet.Cell {
	if row <= 0 {
		return spreadsheet.Cell{}
	}
	return spreadsheet.Count(row).Formatted("0")
}

// mostGroups is how many groups are above the list: more of them no one reads, and every
// line is in the list.
const mostGroups = 200

// layRejects lays out the findings in groups, and below them every line that does not
// count, and those that count with a remark.
func (b *workbook) layRejects() {
	const title = "Rejects: lines that do not count, or count with a remark"
	s := b.frame.NewSheet("Rejects", title)
	b.rejects = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(b.rejectWords()+".").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	top := b.layRejectGroups(s)
	l := rejectFields.list(len(b.run.Findings), "Every line that was read counts.", func() func(i int) *rejectRow {
		return func(i int) *rejectRow {
			r := &b.run.Findings[i]
			return &rejectRow{r, b.run.IsOpen(r), b.tally.currency(r.Series)}
		}
	})
	frozen := s.Frozen
	b.frame.Lay(l, s, top, 0, b.frame.Continuation(s, title))
	if top > spreadsheet.FirstRow {
		s.Frozen = frozen
	}
}

// layRejectGroups lays out the summary, and returns the row in which the list begins.
func (b *workbook) layRejectGroups(s *spreadsheet.Sheet) int {
	if len(b.run.Findings) == 0 {
		return spreadsheet.FirstRow
	}
	groups := b.run.Groups()
	t := spreadsheet.Table{Columns: rejectGroupFields.columns()}
	most := min(len(groups), mostGroups, b.frame.RowsPerSheet/4)
	for i := range groups[:most] {
		t.Rows = append(t.Rows, rejectGroupFields.row(&groups[i]))
	}
	s.Put(spreadsheet.FirstRow, 1,
		spreadsheet.Label("By file, rule and value: what is open first, then by principal").As(spreadsheet.InSection))
	row := s.Table(spreadsheet.FirstRow+1, t).Bottom + 1
	if left := len(groups) - most; left > 0 {
		s.Put(row, 1, spreadsheet.Label(fmt.Sprintf("and %s, in the list below",
			display.Plural(left, "more", "more"))).WithTone(spreadsheet.Muted))
		row++
	}
	s.Put(row+1, 1, spreadsheet.Label("Line by line, by principal").As(spreadsheet.InSection))
	return row + 2
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
	for _, rej := range r.Findings {
		switch {
		case rej.Waived != "":
			n.waived++
		case rej.Disposition == tender.LineRejected:
			n.rejected++
		case rej.Disposition == tender.LineRemarked:
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
