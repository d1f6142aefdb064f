package export

import (
	"fmt"

	"tenderbatch/internal/tender"
)

var rejectColumns = []column{
	{heading: "Standing"},
	{heading: "Depositary", widest: 16},
	{heading: "File", widest: 28},
	{heading: "Sheet", widest: 18},
	{heading: "Row", right: true},
	{heading: "Cell"},
	{heading: "Instruction", widest: 24},
	{heading: "Column", widest: 20},
	{heading: "Value as it stands", widest: 28},
	{heading: "Rule", widest: 20},
	{heading: "What is wrong", widest: 50},
	{heading: "What to do", widest: 40},
	{heading: "Waived", widest: 30},
}

// layRejects lays out every line that does not count, and those that count with
// a remark.
func (b *workbook) layRejects() {
	s := b.newSheet("Rejects", "Rejects: lines that do not count, or count with a remark")
	b.rejects, s.wide = s, true
	s.put(bannerRow+1, 1, label(b.rejectWords()+".").as(inSubtitle))
	s.tall(bannerRow+1, 20)
	t := table{columns: rejectColumns, none: "Every line that was read counts."}
	for _, r := range b.run.Rejects {
		t.rows = append(t.rows, rejectRow(r))
	}
	body := s.table(firstRow, t)
	s.filter, s.frozen, s.repeat = area{firstRow, 1, body.bottom, len(rejectColumns)}, firstRow, firstRow
}

func rejectRow(r tender.Reject) []cell {
	return []cell{
		standing(r), label(r.Depositary), label(r.Source.File), label(r.Source.Sheet), count(r.Source.Row).formatted("0"),
		label(r.Cell), label(r.Instruction), label(r.Column), label(r.Value), label(r.Rule),
		label(r.Message), label(r.Advice), label(r.Waived),
	}
}

func standing(r tender.Reject) cell {
	switch {
	case r.Waived != "":
		return label("waived: counts").toned(good)
	case r.Standing == tender.StandingRejected:
		return label(string(r.Standing)).toned(bad)
	case r.Standing == tender.StandingFlagged:
		return label("counts: remark").toned(doubtful)
	}
	return label(string(r.Standing))
}

// findings counts the rejects by what they mean.
type findings struct{ rejected, notCounted, flagged, waived int }

func (r *Run) findings() findings {
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
	n := b.run.findings()
	if n == (findings{}) {
		return "No rejects"
	}
	return fmt.Sprintf("%s rejected, %d not counted, %d counted with a remark, %d waived",
		plural(n.rejected, "line", "lines"), n.notCounted, n.flagged, n.waived)
}
