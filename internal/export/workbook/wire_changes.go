package workbook

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
)

var wireChangeColumns = []spreadsheet.Column{
	{Heading: "Payment reference"},
	{Heading: "Change"},
	{Heading: "Status now"},
	{Heading: "Depositary", Widest: 20},
	{Heading: "Participant"},
	{Heading: "Participant name", Widest: 30},
	{Heading: "Currency"},
	{Heading: "Settlement date"},
	{Heading: "Total before", Right: true},
	{Heading: "Total now", Right: true},
	{Heading: "Pay in addition", Right: true},
	{Heading: "Claw back", Right: true},
}

// layWireChanges lays out the wires that differ, and returns the first of the sheets;
// nil if there is nothing to compare with.
func layWireChanges(v *spreadsheet.Frame, c *result.WireChanges, title, note string) *spreadsheet.Sheet {
	if c == nil {
		return nil
	}
	s := v.NewSheet("Wire changes", title)
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(note).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	totals := c.Totals()
	l := &spreadsheet.Listing{Columns: wireChangeColumns, Count: len(c.Wires), None: "Every wire is as it was."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { wireChangeRow(&c.Wires[i], cells) }
	}
	v.Lay(l, s, spreadsheet.FirstRow, len(totals), v.Continuation(s, title))
	end := l.Last()
	for i, t := range totals {
		row := end.Bottom + 1 + i
		cells := make([]spreadsheet.Cell, wchClawBack)
		cells[0], cells[wchCurrency-1] = spreadsheet.Label("Total "+t.Currency), spreadsheet.Label(t.Currency)
		for col, amount := range map[int]decimal.Decimal{wchAdditional: t.Additional, wchClawBack: t.ClawBack} {
			cells[col-1] = spreadsheet.Cash(amount, t.Currency).By(l.Over(end.Sheet, func(address func(int) string) string {
				return spreadsheet.SumOf(address(col), address(wchCurrency), spreadsheet.At(row, wchCurrency))
			}))
		}
		end.Sheet.Line(row, cells, wireChangeColumns, spreadsheet.InTotal)
	}
	return s
}

func wireChangeRow(c *result.WireChange, cells []spreadsheet.Cell) {
	cells[wchReference-1], cells[wchKind-1], cells[wchStatus-1] = spreadsheet.Label(c.Reference), spreadsheet.Label(string(c.Kind)), spreadsheet.Label(string(c.Status))
	if c.Kind == result.WireCancelled {
		cells[wchStatus-1] = spreadsheet.Cell{}
	}
	cells[wchDepositary-1], cells[wchParticipant-1], cells[wchName-1] = spreadsheet.Label(c.Depositary), spreadsheet.Label(c.Participant), spreadsheet.Label(c.ParticipantName)
	cells[wchCurrency-1], cells[wchDate-1] = spreadsheet.Label(c.Currency), spreadsheet.Day(c.Date).Aligned(spreadsheet.Left)
	cells[wchWas-1], cells[wchNow-1] = spreadsheet.Cash(c.Was, c.Currency), spreadsheet.Cash(c.Now, c.Currency)
	cells[wchAdditional-1] = spreadsheet.Cash(c.Additional(), c.Currency).By(additionalFormula)
	cells[wchClawBack-1] = spreadsheet.Cash(c.ClawBack(), c.Currency).By(clawBackFormula)
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
	additionalFormula = "MAX(" + spreadsheet.Letters(wchNow) + "#-" + spreadsheet.Letters(wchWas) + "#,0)"
	clawBackFormula   = "MAX(" + spreadsheet.Letters(wchWas) + "#-" + spreadsheet.Letters(wchNow) + "#,0)"
)
