package export

import (
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// FiguresJSON is what a run comes to, with the keys of result.json.
type FiguresJSON struct {
	Series   []seriesJSON     `json:"series"`
	Caps     []capJSON        `json:"caps"`
	Totals   *totalsJSON      `json:"totals"`
	Funding  []fundingJSON    `json:"funding"`
	Steps    []stepJSON       `json:"steps"`
	Warnings []tender.Warning `json:"warnings"`
}

// FiguresAsJSON is what the run comes to.
func FiguresAsJSON(r *result.Run) FiguresJSON {
	return FiguresJSON{
		Series: newSeriesJSON(r), Caps: newCapsJSON(r), Totals: newTotalsJSON(r),
		Funding: List(r.Settlement.Funding, newFundingJSON),
		Steps:   newStepsJSON(r), Warnings: List(r.AllWarnings(), func(w tender.Warning) tender.Warning { return w }),
	}
}
