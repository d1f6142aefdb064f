package workbook

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
)

// wireChangeRow is a row of Wire changes, or its totals in a currency.
type wireChangeRow struct {
	*result.WireChange
	status               settle.Status // now; "" if the wire is cancelled
	additional, clawBack decimal.Decimal
}

// wireChangeFields are the columns of Wire changes.
var wireChangeFields = fields[wireChangeRow]{
	{key: "reference", column: spreadsheet.Column{Heading: "Payment reference"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.Reference) }},
	{key: "change", column: spreadsheet.Column{Heading: "Change"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(string(r.Kind)) }},
	{key: "status", column: spreadsheet.Column{Heading: "Status now"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(string(r.status)) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 20},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.Participant) }},
	{key: "name", column: spreadsheet.Column{Heading: "Participant name", Widest: 30},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.ParticipantName) }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.Currency) }},
	{key: "date", column: spreadsheet.Column{Heading: "Settlement date"},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Day(r.Date).Aligned(spreadsheet.Left) }},
	{key: "was", column: spreadsheet.Column{Heading: "Total before", Right: true},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Cash(r.Was, r.Currency) }},
	{key: "now", column: spreadsheet.Column{Heading: "Total now", Right: true},
		cell: func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Cash(r.Now, r.Currency) }},
	{key: "additional", column: spreadsheet.Column{Heading: "Pay in addition", Right: true}, total: true,
		formula: "MAX({now}-{was},0)",
		cell:    func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Cash(r.additional, r.Currency) }},
	{key: "claw_back", column: spreadsheet.Column{Heading: "Claw back", Right: true}, total: true,
		formula: "MAX({was}-{now},0)",
		cell:    func(r *wireChangeRow) spreadsheet.Cell { return spreadsheet.Cash(r.clawBack, r.Currency) }},
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
	l := wireChangeFields.list(len(c.Wires), "Every wire is as it was.", func() func(i int) *wireChangeRow {
		return func(i int) *wireChangeRow { return wireChangeAt(&c.Wires[i]) }
	})
	v.Lay(l, s, spreadsheet.FirstRow, len(totals), v.Continuation(s, title))
	end := l.Last()
	for i, t := range totals {
		row := end.Bottom + 1 + i
		key := wireChangeFields.at("currency")
		sums := wireChangeRow{&result.WireChange{Party: settle.Party{Currency: t.Currency}}, "", t.Additional, t.ClawBack}
		cells := wireChangeFields.totals("Total "+t.Currency, &sums, func(col int) string {
			return l.Over(end.Sheet, func(address func(int) string) string {
				return spreadsheet.SumOf(address(col), address(key), spreadsheet.At(row, key))
			})
		})
		cells[key-1] = spreadsheet.Label(t.Currency)
		end.Sheet.Line(row, cells, l.Columns, spreadsheet.InTotal)
	}
	return s
}

func wireChangeAt(c *result.WireChange) *wireChangeRow {
	r := &wireChangeRow{c, c.Status, c.Additional(), c.ClawBack()}
	if c.Kind == result.WireCancelled {
		r.status = ""
	}
	return r
}
