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
	{heading: "What is wrong", widest: 58},
	{heading: "What to do", widest: 46},
	{heading: "Waived", widest: 30},
}

// layRejects lays out every line that does not count, and those that count with
// a remark.
func (b *workbook) layRejects() {
	const title = "Rejects: lines that do not count, or count with a remark"
	s := b.newSheet("Rejects", title)
	b.rejects = s
	s.put(bannerRow+1, 1, label(b.rejectWords()+".").as(inSubtitle))
	s.tall(bannerRow+1, 20)
	l := &listing{columns: rejectColumns, count: len(b.run.Rejects), none: "Every line that was read counts."}
	l.maker = func() rowMaker {
		return func(i int, cells []cell) { rejectRow(&b.run.Rejects[i], cells) }
	}
	b.lay(l, s, firstRow, 0, b.goOn(s, title))
}

func rejectRow(r *tender.Reject, cells []cell) {
	cells[0], cells[4] = standing(r), count(r.Source.Row).formatted("0")
	decided := r.Waived
	if decided == "" && r.Resolved != "" {
		decided = "resolved: " + r.Resolved
	}
	for i, text := range [...]string{
		1: r.Depositary, 2: r.Source.File, 3: r.Source.Sheet, 5: r.Cell, 6: r.Instruction, 7: r.Column,
		8: r.Value, 9: r.Rule, 10: r.Message, 11: r.Advice, 12: decided,
	} {
		if text != "" {
			cells[i] = label(text)
		}
	}
}

func standing(r *tender.Reject) cell {
	switch {
	case r.Waived != "":
		return label("waived: counts").toned(good)
	case r.MustResolve && r.Open():
		return label(string(r.Standing) + ": open").toned(bad)
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
	notYet := b.run.Book.NotYet
	if n == (findings{}) && notYet == 0 {
		return "No rejects"
	}
	words := fmt.Sprintf("%s rejected, %d not counted, %d counted with a remark, %d waived",
		plural(n.rejected, "line", "lines"), n.notCounted, n.flagged, n.waived)
	if notYet > 0 {
		words += fmt.Sprintf(", %d received after the as-of instant", notYet)
	}
	return words
}
