package export

import "tenderbatch/internal/tender"

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
func (r *Run) FiguresAsJSON() FiguresJSON {
	return FiguresJSON{
		Series: r.seriesJSON(), Caps: r.capsJSON(), Totals: r.totalsJSON(), Funding: List(r.Settlement.Funding, newFundingJSON),
		Steps: r.stepsJSON(), Warnings: List(r.warned(), func(w tender.Warning) tender.Warning { return w }),
	}
}
