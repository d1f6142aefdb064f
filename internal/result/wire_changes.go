package result

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
)

// WireChanges is what differs between the wires of two runs: of a run and the final
// run that it supersedes, say.
type WireChanges struct {
	Superseded string       // name of the earlier run
	Wires      []WireChange // those that differ, in the order of the wires
	Same       int          // how many are as they were
}

// WireChangeKind says how a wire differs from the superseded run.
type WireChangeKind string

// The kinds.
const (
	WireNew       WireChangeKind = "new"       // the superseded run had no such wire
	WireCancelled WireChangeKind = "cancelled" // there is none any more
	WireIncreased WireChangeKind = "increased"
	WireDecreased WireChangeKind = "decreased"
	WirePaid      WireChangeKind = "paid" // it was due, and is listed as paid now
	WireDue       WireChangeKind = "due"  // it was listed as paid, and is due now
)

// WireChange is one wire that differs. Its party has the status of the run in which
// the wire is last.
type WireChange struct {
	Kind      WireChangeKind
	Reference string
	settle.Party
	Was, Now decimal.Decimal // the whole cash; zero where a run does not have the wire
}

// Additional is what is to be paid in addition, if the superseded run was paid.
func (c *WireChange) Additional() decimal.Decimal {
	return decimal.Max(c.Now.Sub(c.Was), decimal.Zero)
}

// ClawBack is what is to be claimed back, if the superseded run was paid.
func (c *WireChange) ClawBack() decimal.Decimal {
	return decimal.Max(c.Was.Sub(c.Now), decimal.Zero)
}

// WireTotal adds up the changes in one currency.
type WireTotal struct {
	Currency             string
	Wires                int
	Additional, ClawBack decimal.Decimal
}

// Totals adds the changes up by currency.
func (c *WireChanges) Totals() []WireTotal {
	var all []WireTotal
	for i := range c.Wires {
		w := &c.Wires[i]
		at := slices.IndexFunc(all, func(t WireTotal) bool { return t.Currency == w.Currency })
		if at < 0 {
			at, all = len(all), append(all, WireTotal{Currency: w.Currency})
		}
		all[at].Wires++
		all[at].Additional = all[at].Additional.Add(w.Additional())
		all[at].ClawBack = all[at].ClawBack.Add(w.ClawBack())
	}
	slices.SortFunc(all, func(x, y WireTotal) int { return cmp.Compare(x.Currency, y.Currency) })
	return all
}
