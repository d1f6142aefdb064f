package ingest

import (
	"fmt"
	"sort"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// checkMerged refuses merged cells that hide to which instruction, or to which of its
// columns, a value belongs. Those within one row are read, as report writers make them for
// wide columns, if no other column that is read is under them.
func (t *sheetTotals) checkMerged(merged []xlsx.Range) {
	var bad []xlsx.Range
	for _, m := range merged {
		if m.LastRow < t.first || m.FirstRow > t.last || t.first == 0 {
			continue
		}
		from := m.FirstCol
		if m.FirstRow == m.LastRow {
			if !t.isLine(m.FirstRow) {
				continue
			}
			from++ // where the value is
		}
		if t.layout.decides(from, m.LastCol) {
			bad = append(bad, m)
		}
	}
	if len(bad) == 0 {
		return
	}
	cells := xlsx.CellName(bad[0].FirstCol, bad[0].FirstRow) + ":" + xlsx.CellName(bad[0].LastCol, bad[0].LastRow)
	message := "cells among the instructions are merged"
	if bad[0].FirstRow == bad[0].LastRow {
		message = "cells of an instruction are merged over several columns, more than one of which is read"
	}
	if len(bad) > 1 {
		message += fmt.Sprintf(", here and in %d more places", len(bad)-1)
	}
	t.fault(tender.FileFault{Cell: cells, Rule: tender.RuleMerged, Message: message,
		Advice: "ask the depositary for the report without merged cells"})
}

// isLine reports whether a row of the sheet, which was just read, is an instruction.
func (t *sheetTotals) isLine(row int) bool {
	before := len(t.lines.states) - t.count
	i := sort.Search(t.count, func(i int) bool { return t.lines.instruction(before+i).Source.Row >= row })
	return i < t.count && t.lines.instruction(before+i).Source.Row == row
}
