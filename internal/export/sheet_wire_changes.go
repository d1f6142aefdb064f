package export

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
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
func (v *volume) layWireChanges(c *result.WireChanges, title, note string) *sheet {
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

func wireChangeRow(c *result.WireChange, cells []cell) {
	cells[wchReference-1], cells[wchKind-1], cells[wchStatus-1] = label(c.Reference), label(string(c.Kind)), label(string(c.Status))
	if c.Kind == result.WireCancelled {
		cells[wchStatus-1] = cell{}
	}
	cells[wchDepositary-1], cells[wchParticipant-1], cells[wchName-1] = label(c.Depositary), label(c.Participant), label(c.ParticipantName)
	cells[wchCurrency-1], cells[wchDate-1] = label(c.Currency), day(c.Date).aligned(left)
	cells[wchWas-1], cells[wchNow-1] = cash(c.Was, c.Currency), cash(c.Now, c.Currency)
	cells[wchAdditional-1] = cash(c.Additional(), c.Currency).by(additionalFormula)
	cells[wchClawBack-1] = cash(c.ClawBack(), c.Currency).by(clawBackFormula)
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

var (
	additionalFormula = "MAX(" + letters(wchNow) + "#-" + letters(wchWas) + "#,0)"
	clawBackFormula   = "MAX(" + letters(wchWas) + "#-" + letters(wchNow) + "#,0)"
)
