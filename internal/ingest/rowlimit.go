package ingest

import (
	"fmt"
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// rowLimits are the rows that a sheet of Excel can have, in its old format and in its new
// one: what is longer is cut there without a word.
var rowLimits = []int{1 << 16, 1 << 20}

// checkRowLimits finds sheets that end exactly at such a limit, with the headings counted
// or without. A total below the rows, or one of a control sheet, that agrees shows that
// nothing was cut.
func (r *reading) checkRowLimits() {
	if r.controlled || slices.ContainsFunc(r.sheets, func(s *sheet) bool { return s.totals.countAgrees }) {
		return
	}
	for _, s := range r.sheets {
		if s.totals.sums.row > 0 && s.totals.sums.stated != nil {
			continue
		}
		if notice, row := s.totals.cutNotice(); notice != "" {
			s.found.reject(s.layout.question(row, values.Fault{
				Rule: tender.RuleRowLimit, Message: fmt.Sprintf("the report says %s, as if rows were missing, and no "+
					"total shows that it is whole", display.Quote(notice)),
				Advice: "ask the depositary for the report again, or with a total; if it is whole",
			}))
			continue
		}
		ends := []int{s.totals.last, s.totals.count, s.totals.count + 1}
		if i := slices.IndexFunc(rowLimits, func(limit int) bool { return slices.Contains(ends, limit) }); i >= 0 {
			s.found.reject(s.layout.question(s.totals.last, values.Fault{
				Rule: tender.RuleRowLimit,
				Message: fmt.Sprintf("the report ends exactly at %d rows, where spreadsheet programs cut what is "+
					"longer, and no total shows that it is whole", rowLimits[i]),
				Advice: "ask the depositary for the number and sum of the instructions, or for the report with a " +
					"total; if it is whole",
			}))
		}
	}
}
