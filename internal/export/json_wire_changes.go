package export

import (
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

type (
	// WireChangesJSON are wires that differ from those of a run that was superseded, with amounts as texts in the currency of
	// each.
	WireChangesJSON struct {
		Superseded string           `json:"superseded"`
		Same       int              `json:"same"`
		Wires      []wireChangeJSON `json:"wires"`
	}
	wireChangeJSON struct {
		Change result.WireChangeKind `json:"change"`
		partyJSON
		Was        string `json:"total_superseded"`
		Now        string `json:"total_now"`
		Additional string `json:"pay_in_addition"`
		ClawBack   string `json:"claw_back"`
	}
)

// WireChangesOf are wires that differ, as a [Document] has them; nil for nil.
func WireChangesOf(c *result.WireChanges) *WireChangesJSON {
	if c == nil {
		return nil
	}
	return &WireChangesJSON{c.Superseded, c.Same, List(c.Wires, func(c result.WireChange) wireChangeJSON {
		return wireChangeJSON{
			c.Kind, newPartyJSON(c.Reference, &c.Party), tender.CashText(c.Was, c.Currency), tender.CashText(c.Now, c.Currency),
			tender.CashText(c.Additional(), c.Currency), tender.CashText(c.ClawBack(), c.Currency),
		}
	})}
}
