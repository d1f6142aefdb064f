package ingest

import (
	"fmt"
	"slices"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// rejectDuplicates finds instruction numbers that stand on several lines. All of
// them are rejected, unless they are the same in every column: then the first
// counts.
func (s *sheet) rejectDuplicates() {
	byID := make(map[string][]int, len(s.lines))
	for i := range s.lines {
		if id := s.lines[i].instruction.ID; id != "" {
			byID[id] = append(byID[id], i)
		}
	}
	for i := range s.lines {
		same := byID[s.lines[i].instruction.ID]
		if len(same) > 1 && same[0] == i {
			s.duplicates(same)
		}
	}
}

func (s *sheet) duplicates(same []int) {
	identical := !slices.ContainsFunc(same, func(i int) bool { return s.lines[i].digest != s.lines[same[0]].digest })
	for _, i := range same {
		if s.overrun() {
			return
		}
		in := &s.lines[i].instruction
		s.refuse(in.Source.Row)
		reject := tender.Reject{
			Source: in.Source, Depositary: s.depositary.Name, Instruction: in.ID,
			Column: copied(s.layout.heading(colInstruction)), Cell: xlsx.CellName(s.layout.position(colInstruction), in.Source.Row), Value: in.ID,
			Rule: ruleDuplicate, Standing: tender.StandingRejected,
			Message: fmt.Sprintf("the instruction number is also in %s, and the lines differ", s.otherRows(same, i)),
			Advice:  "ask the depositary which line is right",
		}
		if identical {
			if i == same[0] {
				continue
			}
			s.lines[i].outcome = repeated
			reject.Standing = tender.StandingNotCounted
			reject.Message = fmt.Sprintf("the line is the same as row %d in every column; it counts once", s.lines[same[0]].instruction.Source.Row)
			reject.Advice = "nothing, unless two tenders are meant"
		} else {
			s.lines[i].outcome = rejected
		}
		s.rejects = append(s.rejects, reject)
	}
}

// otherRows names the rows of lines other than i.
func (s *sheet) otherRows(same []int, i int) string {
	var rows []int
	for _, k := range same[:min(shownRows+1, len(same))] {
		if k != i {
			rows = append(rows, s.lines[k].instruction.Source.Row)
		}
	}
	return rowList(rows, len(same)-1)
}
