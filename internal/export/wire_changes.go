package export

import (
	"cmp"
	"io"
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
// the wire stands last.
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

// WriteWireChanges writes wire_changes.csv.
func WriteWireChanges(w io.Writer, r *Run) error {
	const headings = "reference,change,status,depositary,participant,participant_name,currency,settlement_date,total_superseded,total_now,pay_in_addition,claw_back"
	changes := r.WireChanges.Wires
	return writeCSV(w, headings, len(changes), func(i int) []string {
		c := &changes[i]
		return []string{
			c.Reference, string(c.Kind), string(c.Status), guard(c.Depositary), guard(c.Participant), guard(c.ParticipantName),
			guard(c.Currency), c.Date.String(), CashText(c.Was, c.Currency), CashText(c.Now, c.Currency),
			CashText(c.Additional(), c.Currency), CashText(c.ClawBack(), c.Currency),
		}
	})
}

type (
	wireChangesJSON struct {
		Superseded string           `json:"superseded"`
		Same       int              `json:"same"`
		Wires      []wireChangeJSON `json:"wires"`
	}
	wireChangeJSON struct {
		Change WireChangeKind `json:"change"`
		partyJSON
		Was        string `json:"total_superseded"`
		Now        string `json:"total_now"`
		Additional string `json:"pay_in_addition"`
		ClawBack   string `json:"claw_back"`
	}
)

func (c *WireChanges) json() *wireChangesJSON {
	if c == nil {
		return nil
	}
	return &wireChangesJSON{c.Superseded, c.Same, List(c.Wires, func(c WireChange) wireChangeJSON {
		return wireChangeJSON{
			c.Kind, newPartyJSON(c.Reference, &c.Party), CashText(c.Was, c.Currency), CashText(c.Now, c.Currency),
			CashText(c.Additional(), c.Currency), CashText(c.ClawBack(), c.Currency),
		}
	})}
}

// The columns of Wire changes.
const (
	wchReference = iota + 1
	wchKind
	wchStatus
	wchDepositary
	wchParticipant
	wchName
	wchCurrency
	wchDate
	wchWas
	wchNow
	wchAdditional
	wchClawBack
)

var wireChangeColumns = []column{
	{heading: "Payment reference"},
	{heading: "Change"},
	{heading: "Status now"},
	{heading: "Depositary", widest: 20},
	{heading: "Participant"},
	{heading: "Participant name", widest: 30},
	{heading: "Currency"},
	{heading: "Settlement date"},
	{heading: "Total before", right: true},
	{heading: "Total now", right: true},
	{heading: "Pay in addition", right: true},
	{heading: "Claw back", right: true},
}

// layWireChanges lays out the wires that differ, and returns the first of the sheets;
// nil if there is nothing to compare with.
func (v *volume) layWireChanges(c *WireChanges, title, note string) *sheet {
	if c == nil {
		return nil
	}
	s := v.newSheet("Wire changes", title)
	s.put(bannerRow+1, 1, label(note).as(inSubtitle))
	s.tall(bannerRow+1, 20)
	totals := c.Totals()
	l := &listing{columns: wireChangeColumns, count: len(c.Wires), none: "Every wire is as it was."}
	l.maker = func() rowMaker { return func(i int, cells []cell) { wireChangeRow(&c.Wires[i], cells) } }
	v.lay(l, s, firstRow, len(totals), v.goOn(s, title))
	end := l.last()
	for i, t := range totals {
		row := end.bottom + 1 + i
		cells := make([]cell, wchClawBack)
		cells[0], cells[wchCurrency-1] = label("Total "+t.Currency), label(t.Currency)
		for col, amount := range map[int]decimal.Decimal{wchAdditional: t.Additional, wchClawBack: t.ClawBack} {
			cells[col-1] = cash(amount, t.Currency).by(l.over(end.sheet, func(address func(int) string) string {
				return sumOf(address(col), address(wchCurrency), at(row, wchCurrency))
			}))
		}
		end.sheet.line(row, cells, wireChangeColumns, inTotal)
	}
	return s
}

var (
	additionalFormula = "MAX(" + letters(wchNow) + "#-" + letters(wchWas) + "#,0)"
	clawBackFormula   = "MAX(" + letters(wchWas) + "#-" + letters(wchNow) + "#,0)"
)

func wireChangeRow(c *WireChange, cells []cell) {
	cells[wchReference-1], cells[wchKind-1], cells[wchStatus-1] = label(c.Reference), label(string(c.Kind)), label(string(c.Status))
	if c.Kind == WireCancelled {
		cells[wchStatus-1] = cell{}
	}
	cells[wchDepositary-1], cells[wchParticipant-1], cells[wchName-1] = label(c.Depositary), label(c.Participant), label(c.ParticipantName)
	cells[wchCurrency-1], cells[wchDate-1] = label(c.Currency), day(c.Date).aligned(left)
	cells[wchWas-1], cells[wchNow-1] = cash(c.Was, c.Currency), cash(c.Now, c.Currency)
	cells[wchAdditional-1] = cash(c.Additional(), c.Currency).by(additionalFormula)
	cells[wchClawBack-1] = cash(c.ClawBack(), c.Currency).by(clawBackFormula)
}
