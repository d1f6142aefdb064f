package ingest

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// line is a row that holds an instruction, good or bad. Of a rejected one only
// what could be read is filled in.
type line struct {
	instruction *tender.Instruction
	*state
}

// state is what else is known of a line.
type state struct {
	sheet   *sheet
	stated  decimal.Decimal // the principal in the row, if the instruction has none because of a fault
	outcome outcome
}

// principal is what the row states, whatever is wrong with it.
func (l line) principal() decimal.Decimal {
	if l.instruction.Principal.IsZero() {
		return l.stated
	}
	return l.instruction.Principal
}

// outcome is what became of a row.
type outcome int

const (
	counted outcome = iota
	rejected
	repeated // in every column the same as an earlier row
	replaced
)

// lines keeps many lines. They lie in pieces, so that none is copied as their
// number grows.
type lines struct {
	pieces []*piece
	count  int
}

type piece struct {
	instructions [pieceLines]tender.Instruction
	states       [pieceLines]state
}

const pieceLines = 256

// next is a new line at the end.
func (l *lines) next() line {
	if l.count%pieceLines == 0 {
		l.pieces = append(l.pieces, new(piece))
	}
	l.count++
	return l.at(l.count - 1)
}

// at is the line in a position, from 0.
func (l *lines) at(i int) line {
	p := l.pieces[i/pieceLines]
	return line{&p.instructions[i%pieceLines], &p.states[i%pieceLines]}
}

// counted appends the instructions of the lines that count, whole pieces at a
// time where it can.
func (l *lines) counted(all []tender.Instruction) []tender.Instruction {
	for k, p := range l.pieces {
		size, from := min(pieceLines, l.count-k*pieceLines), 0
		for i := range size {
			if p.states[i].outcome != counted {
				all = append(all, p.instructions[from:i]...)
				from = i + 1
			}
		}
		all = append(all, p.instructions[from:size]...)
	}
	return all
}

// place is a row of the workbook.
type place struct {
	sheet string
	row   int
}

func placeOf(s tender.Source) place { return place{s.Sheet, s.Row} }

// addTo adds the outcome of every line to the intake, and checks that none is
// lost.
func (r *reading) addTo(intake *Intake) error {
	outcomes := make(map[place]outcome, len(r.rejects)) // of the rows that have rejects
	for i := range r.rejects {
		outcomes[placeOf(r.rejects[i].Source)] = counted
	}
	var rows [replaced + 1]int
	var principal [replaced + 1]sum
	for i := range r.lines.count {
		l := r.lines.at(i)
		if len(outcomes) > 0 {
			if _, ok := outcomes[placeOf(l.instruction.Source)]; ok {
				outcomes[placeOf(l.instruction.Source)] = l.outcome
			}
		}
		rows[l.outcome]++
		principal[l.outcome].add(l.principal())
	}
	intake.Instructions = r.lines.counted(intake.Instructions)
	p := &r.report
	p.Rejected, p.NotCounted, p.Replaced = rows[rejected], rows[repeated], rows[replaced]
	p.RejectedPrincipal, p.NotCountedPrincipal, p.ReplacedPrincipal = principal[rejected].value(), principal[repeated].value(), principal[replaced].value()
	if sum := rows[counted] + p.Rejected + p.NotCounted + p.Replaced; sum != p.Rows {
		return fmt.Errorf("%s: %d rows were read but %d accounted for; this is a fault of the program", p.File, p.Rows, sum)
	}
	r.addRejects(intake, outcomes)
	if p.Replaced > 0 {
		r.note(fmt.Sprintf("%d rows are replaced by later reports", p.Replaced))
	}
	intake.Reports = append(intake.Reports, r.report)
	return nil
}

// addRejects adds the rejects by sheet and row. Nothing is to be said of a
// replaced line, and of a repeated one only that it is. On a rejected one, a
// waiver has nothing to waive, and remarks do not mean that the line counts.
func (r *reading) addRejects(intake *Intake, outcomes map[place]outcome) {
	order := make(map[string]int, len(r.sheets))
	for i, s := range r.sheets {
		order[s.name] = i
	}
	slices.SortStableFunc(r.rejects, func(a, b tender.Reject) int {
		if a.Source.Sheet != b.Source.Sheet {
			return order[a.Source.Sheet] - order[b.Source.Sheet]
		}
		return a.Source.Row - b.Source.Row
	})
	for _, reject := range r.rejects {
		switch outcomes[placeOf(reject.Source)] {
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
