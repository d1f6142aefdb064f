package export

import (
	"io"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// WriteWireChanges writes wire_changes.csv.
func WriteWireChanges(w io.Writer, r *result.Run) error {
	changes := r.WireChanges.Wires
	return writeCSV(w, wireChangeColumns, len(changes), func(i int) []string {
		c := &changes[i]
		return []string{
			c.Reference, string(c.Kind), string(c.Status), guard(c.Depositary), guard(c.Participant), guard(c.ParticipantName),
			guard(c.Currency), c.Date.String(), tender.CashText(c.Was, c.Currency), tender.CashText(c.Now, c.Currency),
			tender.CashText(c.Additional(), c.Currency), tender.CashText(c.ClawBack(), c.Currency),
		}
	})
}
