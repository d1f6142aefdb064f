package ingest

import (
	"fmt"
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
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
		if notice, row := s.totals.cutSaid(); notice != "" {
			r.found.rejects = append(r.found.rejects, r.saidToBeCut(s, notice, row))
			continue
		}
		for _, limit := range rowLimits {
			if slices.Contains([]int{s.totals.last, s.totals.count, s.totals.count + 1}, limit) {
				r.found.rejects = append(r.found.rejects, r.atRowLimit(s, limit))
				break
			}
		}
	}
}

// atRowLimit is the finding on such a sheet. It is at its last row.
func (r *reading) atRowLimit(s *sheet, limit int) tender.Reject {
	return tender.Reject{
		Source: tender.Source{File: r.terms.file, Sheet: s.name, Row: s.totals.last}, Depositary: r.terms.depositary.Name, Rule: tender.RuleRowLimit,
		Message: fmt.Sprintf("the report ends exactly at %d rows, where spreadsheet programs cut what is longer, and no total shows that it is whole", limit),
		Advice: fmt.Sprintf("ask the depositary for the number and sum of the instructions, or for the report with a total; if it is whole, say so in the offer: resolutions: [{rule: %s, depositary: %q, file: %q, outcome: counts, by: NAME, on: DATE}]",
			tender.RuleRowLimit, r.terms.depositary.Name, display.Line(r.terms.file)),
		Standing: tender.StandingFlagged, MustResolve: true,
	}
}
