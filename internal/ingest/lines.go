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
	sheet       *sheet
	state       *state
}

// state is what else is known of a line.
type state struct {
	outcome outcome
	sheet   uint16 // position in reading.sheets
}

// outcome is what became of a row.
type outcome uint8

const (
	counted outcome = iota
	rejected
	repeated // in every column the same as an earlier row
	replaced
)

// lines keeps many lines. The instructions lie in pieces, which become the result,
// so that none is ever moved, however many there are.
type lines struct {
	pieces [][]tender.Instruction // of pieceLines each
	states []state
	struck map[int]bool            // lines that are rejected because their row is struck through
	stated map[int]decimal.Decimal // the principal in the row of a line whose instruction has none because of a fault
}

const pieceLines = 256

// next is the instruction of a new line at the end, for a row of the sheet in a position.
func (l *lines) next(sheet int) *tender.Instruction {
	if len(l.states)%pieceLines == 0 {
		l.pieces = append(l.pieces, make([]tender.Instruction, pieceLines))
	}
	l.states = append(l.states, state{sheet: uint16(sheet)})
	return l.instruction(l.last())
}

// last is the position of the last line.
func (l *lines) last() int { return len(l.states) - 1 }

// reject notes that the line in a position does not count.
func (l *lines) reject(i int) { l.states[i].outcome = rejected }

// line is the line in a position, from 0. It holds until the next is made.
func (r *reading) line(i int) line {
	state := &r.lines.states[i]
	return line{r.lines.instruction(i), r.sheets[state.sheet], state}
}

func (l *lines) instruction(i int) *tender.Instruction { return &l.pieces[i/pieceLines][i%pieceLines] }

// strike notes that the row of the last line is struck through and does not count.
func (l *lines) strike() {
	if l.struck == nil {
		l.struck = make(map[int]bool)
	}
	l.struck[l.last()] = true
}

// state keeps the principal that the row of the last line states.
func (l *lines) state(principal decimal.Decimal) {
	if l.stated == nil {
		l.stated = make(map[int]decimal.Decimal)
	}
	l.stated[l.last()] = principal
}

// principal is what the row of a line states, whatever is wrong with it.
func (l *lines) principal(i int) decimal.Decimal {
	if p := l.instruction(i).Principal; !p.IsZero() || l.states[i].outcome == counted {
		return p
	}
	return l.stated[i]
}

// ascend reports whether each instruction number is greater than the one before,
// as in most reports: then none comes twice.
func (l *lines) ascend() bool {
	for i := 1; i < len(l.states); i++ {
		if l.instruction(i).ID <= l.instruction(i-1).ID {
			return false
		}
	}
	return true
}

// counted appends the instructions of the lines that count, in the memory they
// are in; the lines cannot be used any more.
func (l *lines) counted(pieces [][]tender.Instruction) [][]tender.Instruction {
	for k, piece := range l.pieces {
		n := 0
		for i, s := range l.states[k*pieceLines : min((k+1)*pieceLines, len(l.states))] {
			if s.outcome != counted {
				continue
			}
			if n < i {
				piece[n] = piece[i]
			}
			n++
		}
		pieces = append(pieces, piece[:n])
	}
	return pieces
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
	outcomes := make(map[place]outcome, len(r.found.rejects)) // of the rows that have rejects
	for i := range r.found.rejects {
		outcomes[placeOf(r.found.rejects[i].Source)] = counted
	}
	var rows [replaced + 1]int
	var principal [replaced + 1]sum
	for i := range r.lines.states {
		l := r.line(i)
		if len(outcomes) > 0 {
			if _, ok := outcomes[placeOf(l.instruction.Source)]; ok {
				outcomes[placeOf(l.instruction.Source)] = l.state.outcome
			}
		}
		rows[l.state.outcome]++
		principal[l.state.outcome].add(r.lines.principal(i))
	}
	p := &r.report
	p.Rejected, p.NotCounted, p.Replaced = rows[rejected], rows[repeated], rows[replaced]
	p.RejectedPrincipal, p.NotCountedPrincipal, p.ReplacedPrincipal = principal[rejected].value(),
		principal[repeated].value(), principal[replaced].value()
	if sum := rows[counted] + p.Rejected + p.NotCounted + p.Replaced; sum != p.Rows {
		return fmt.Errorf("%s: %d rows were read but %d accounted for: internal error: please report it, with the "+
			"input files", p.File, p.Rows, sum)
	}
	r.addRejects(intake, outcomes)
	intake.pieces = r.lines.counted(intake.pieces)
	if p.Replaced > 0 {
		r.found.note(fmt.Sprintf("%d rows are replaced by later reports", p.Replaced))
	}
	p.Notes = r.found.notes
	intake.Reports = append(intake.Reports, *p)
	intake.Replaced = append(intake.Replaced, r.replaced...)
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
	slices.SortStableFunc(r.found.rejects, func(a, b tender.Finding) int {
		if a.Source.Sheet != b.Source.Sheet {
			return order[a.Source.Sheet] - order[b.Source.Sheet]
		}
		return a.Source.Row - b.Source.Row
	})
	for _, reject := range r.found.rejects {
		if reject.Rule == tender.RuleRowLimit ||
			reject.Rule == tender.RuleDigits { // of the file, whatever became of its last row
			intake.Findings = append(intake.Findings, reject)
			continue
		}
		switch outcomes[placeOf(reject.Source)] {
		case replaced:
			continue
		case repeated:
			if reject.Rule != tender.RuleDuplicate {
				continue
			}
		case rejected:
			if reject.Waived != "" {
				continue
			}
			reject.Disposition = tender.LineRejected
		}
		intake.Findings = append(intake.Findings, reject)
	}
}
