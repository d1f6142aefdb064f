package ingest

import (
	"fmt"
	"slices"
	"sort"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// checkMerged refuses merged cells that hide to which instruction, or to which of its
// columns, a value belongs. Those within one row are read, as report writers make them for
// wide columns, if no other column that is read is under them.
func (s *sheet) checkMerged(merged []xlsx.Range) {
	var bad []xlsx.Range
	for _, m := range merged {
		if m.LastRow < s.first || m.FirstRow > s.last || s.first == 0 {
			continue
		}
		from := m.FirstCol
		if m.FirstRow == m.LastRow {
			if !s.isLine(m.FirstRow) {
				continue
			}
			from++ // where the value is
		}
		if s.decides(from, m.LastCol) {
			bad = append(bad, m)
		}
	}
	if len(bad) == 0 {
		return
	}
	cells := xlsx.CellName(bad[0].FirstCol, bad[0].FirstRow) + ":" + xlsx.CellName(bad[0].LastCol, bad[0].LastRow)
	message := "cells among the instructions are merged"
	if bad[0].FirstRow == bad[0].LastRow {
		message = "cells of an instruction are merged over several columns, of which more than the first is read"
	}
	if len(bad) > 1 {
		message += fmt.Sprintf(", here and in %d more places", len(bad)-1)
	}
	s.fault(s.name, tender.FileFault{Cell: cells, Rule: tender.RuleMerged, Message: message,
		Advice: "ask the depositary for the report without merged cells"})
}

// decides reports whether something is decided from any of the columns.
func (s *sheet) decides(first, last int) bool {
	for at := first; at <= last && at < len(s.column); at++ {
		if c := s.column[at]; c >= 0 && !slices.Contains(headings.CopiedThrough, c) {
			return true
		}
	}
	return false
}

// isLine reports whether a row of the sheet, which was just read, is an instruction.
func (s *sheet) isLine(row int) bool {
	before := len(s.lines.states) - s.count
	i := sort.Search(s.count, func(i int) bool { return s.lines.instruction(before+i).Source.Row >= row })
	return i < s.count && s.lines.instruction(before+i).Source.Row == row
}
