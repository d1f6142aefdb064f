package export

import (
	"tenderbatch/internal/tender"
)

// FindingJSON is one finding, as in result.json, in the JSON of a run or of a check.
type FindingJSON struct {
	Outcome     tender.Outcome `json:"outcome"`
	Open        bool           `json:"open"`
	Depositary  string         `json:"depositary"`
	Instruction string         `json:"instruction"`
	Participant string         `json:"participant"`
	Series      string         `json:"series"`
	Currency    string         `json:"currency"`
	Principal   string         `json:"principal"`
	File        string         `json:"file"`
	Sheet       string         `json:"sheet"`
	Row         int            `json:"row"`
	Cell        string         `json:"cell"`
	Column      string         `json:"column"`
	Value       string         `json:"value"`
	Rule        string         `json:"rule"`
	Message     string         `json:"message"`
	Advice      string         `json:"advice"`
	Waived      string         `json:"waived"`
	Resolution  string         `json:"resolution"`
}

// FindingsJSON are the findings of an offer. Where they were accepted with the run, none is
// open.
func FindingsJSON(o *tender.Offer, all []tender.Finding, accepted bool) []FindingJSON {
	return List(all, func(f tender.Finding) FindingJSON {
		currency := ""
		if s, ok := o.SeriesByID(f.Series); ok {
			currency = o.Series[s].Currency
		}
		return FindingJSON{
			f.Outcome(), f.Open() && !accepted, f.Depositary, f.Instruction, f.Participant, f.Series, currency,
			f.Principal.String(),
			f.Source.File, f.Source.Sheet, f.Source.Row, f.Cell, f.Column, f.Value, f.Rule, f.Message, f.Advice, f.Waived,
			f.Resolved,
		}
	})
}
