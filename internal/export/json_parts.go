package export

import (
	"io"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// The parts of result.json that the JSON of other commands has, too, with the same keys.
type (
	// FindingJSON is a finding as in the rejects of result.json.
	FindingJSON = findingJSON

	// SnapshotsJSON is the comparison of reports as in result.json.
	SnapshotsJSON = snapshotsJSON

	// FiguresJSON is what a run comes to, with the keys of result.json.
	FiguresJSON struct {
		Series   []seriesJSON     `json:"series"`
		Caps     []capJSON        `json:"caps"`
		Totals   *totalsJSON      `json:"totals"`
		Funding  []fundingJSON    `json:"funding"`
		Steps    []stepJSON       `json:"steps"`
		Warnings []tender.Warning `json:"warnings"`
	}
)

// FindingsJSON are findings as in result.json.
func FindingsJSON(o *tender.Offer, all []tender.Reject) []FindingJSON {
	return findingsJSON(o, all, false)
}

// SnapshotsAsJSON is the comparison of reports as in result.json, nil for none.
func (r *Run) SnapshotsAsJSON() *SnapshotsJSON { return r.snapshotsJSON() }

// FiguresAsJSON is what the run comes to.
func (r *Run) FiguresAsJSON() FiguresJSON {
	return FiguresJSON{
		Series: r.seriesJSON(), Caps: r.capsJSON(), Totals: r.totalsJSON(), Funding: list(r.Settlement.Funding, newFundingJSON),
		Steps: r.stepsJSON(), Warnings: list(r.warned(), func(w tender.Warning) tender.Warning { return w }),
	}
}

// List turns each element into its JSON; an empty list is [], never null.
func List[From, To any](from []From, turn func(From) To) []To { return list(from, turn) }

// EncodeJSON writes JSON for machines that a person can read, too.
func EncodeJSON(w io.Writer, value any) error { return encode(w, value) }

// CashText is an amount of cash with the decimals of its currency's minor unit.
func CashText(amount decimal.Decimal, currency string) string { return cashText(amount, currency) }
