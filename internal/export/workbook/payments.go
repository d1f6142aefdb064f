package workbook

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// moneyColumn is one column of Wires, Payments and Paid: all that there is to it. To add one,
// add an entry to moneySpecs.
type moneyColumn struct {
	key    string // by which the sums and the other sheets find it
	column spreadsheet.Column
	cell   func(b *workbook, r *moneyRow) spreadsheet.Cell
	amount func(r *moneyRow) decimal.Decimal // in each currency added up below the list; nil for none
	cash   bool                              // the amount is shown in whole minor units
	adds   []string                          // the columns of the same row that its formula adds up
}

// moneySpecs are the columns of a list of money, in their order. Headings that are "" differ
// from list to list.
var moneySpecs = []moneyColumn{
	{key: "reference", column: spreadsheet.Column{Heading: "Payment reference"},
		cell: func(b *workbook, r *moneyRow) spreadsheet.Cell { return b.referenceCell(r.reference) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 20},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Depositary) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Participant) }},
	{key: "name", column: spreadsheet.Column{Heading: "Participant name", Widest: 30},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.ParticipantName) }},
	{key: "part", // the series; on Wires, how many payments the wire is made of
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return r.part }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Currency) }},
	{key: "date", column: spreadsheet.Column{Heading: "Settlement date"},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell {
			return spreadsheet.Day(r.party.Date).Aligned(spreadsheet.Left)
		}},
	{key: "status", column: spreadsheet.Column{Heading: "Status"},
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(string(r.party.Status)) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Principal accepted", Right: true},
		cell:   func(_ *workbook, r *moneyRow) spreadsheet.Cell { return spreadsheet.Principal(r.accepted) },
		amount: func(r *moneyRow) decimal.Decimal { return r.accepted }},
	{key: "consideration", column: spreadsheet.Column{Heading: "Tender Offer Consideration", Right: true}, cash: true,
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell {
			return spreadsheet.Cash(r.cash.Consideration, r.party.Currency)
		},
		amount: func(r *moneyRow) decimal.Decimal { return r.cash.Consideration }},
	{key: "early", column: spreadsheet.Column{Heading: "Early Tender Payment", Right: true}, cash: true,
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell {
			return spreadsheet.Cash(r.cash.EarlyPayment, r.party.Currency)
		},
		amount: func(r *moneyRow) decimal.Decimal { return r.cash.EarlyPayment }},
	{key: "interest", column: spreadsheet.Column{Heading: "Accrued interest", Right: true}, cash: true,
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell {
			return spreadsheet.Cash(r.cash.AccruedInterest, r.party.Currency)
		},
		amount: func(r *moneyRow) decimal.Decimal { return r.cash.AccruedInterest }},
	{key: "total", cash: true, adds: []string{"consideration", "early", "interest"}, // to wire, to pay or paid
		cell: func(_ *workbook, r *moneyRow) spreadsheet.Cell {
			return spreadsheet.Cash(r.cash.Total(), r.party.Currency)
		},
		amount: func(r *moneyRow) decimal.Decimal { return r.cash.Total() }},
}

// formula is the formula of the cells of a column, "" for none.
func (c *moneyColumn) formula() string {
	addends := make([]string, len(c.adds))
	for i, key := range c.adds {
		addends[i] = spreadsheet.Letters(moneyAt(key)) + "#"
	}
	return strings.Join(addends, "+")
}

// moneyAt is the number of a column of a list of money; the first is 1.
func moneyAt(key string) int {
	return 1 + slices.IndexFunc(moneySpecs, func(c moneyColumn) bool { return c.key == key })
}

// moneyColumns are the columns of a list of money; part and total are the headings in which
// the lists differ.
func moneyColumns(part, total spreadsheet.Column) (all []spreadsheet.Column) {
	for _, c := range moneySpecs {
		switch c.key {
		case "part":
			c.column = part
		case "total":
			c.column = total
		}
		all = append(all, c.column)
	}
	return all
}

// moneyRow is a row of a list of money.
type moneyRow struct {
	reference string
	party     *settle.Party
	part      spreadsheet.Cell
	accepted  decimal.Decimal
	cash      *settle.Cash
}

// moneyList is a list of wires or payments: a plain table, which can be sorted,
// filtered and pivoted, with totals by currency below it.
type moneyList struct {
	*spreadsheet.Listing
	at   func(i int) moneyRow
	sums map[string][]decimals.Sum // by currency, in the order of moneySpecs
}

// layMoney lays out what each participant is paid: first each transfer whole, then
// by series what it is made of. What was paid at an early settlement has a list of
// its own, so that nothing on the first two was sent before.
func (b *workbook) layMoney() {
	wires := b.run.Settlement.WiresOf(settle.Due)
	b.wires = b.layMoneyList("Wires", "Wires: one transfer to each participant, currency and day", len(wires), "Nothing is to be wired.",
		moneyColumns(spreadsheet.Column{Heading: "Payments", Right: true}, spreadsheet.Column{Heading: "Total to wire", Right: true}),
		func(i int) moneyRow {
			w := &wires[i]
			return moneyRow{w.Reference, &w.Party, spreadsheet.Count(len(w.Payments)), w.Accepted, &w.Cash}
		})
	b.payments = b.layPayments("Payments", "Payments: the parts of each wire, by series", "Total to pay", settle.Due)
	if len(b.run.Settlement.PaymentsOf(settle.Paid)) > 0 {
		b.paid = b.layPayments("Paid", "Paid at the early settlement: not to be wired again", "Total paid", settle.Paid)
	}
}

func (b *workbook) layPayments(name, title, total string, status settle.Status) *moneyList {
	payments := b.run.Settlement.PaymentsOf(status)
	return b.layMoneyList(name, title, len(payments), "Nothing is to be paid.",
		moneyColumns(spreadsheet.Column{Heading: "Series", Widest: 24}, spreadsheet.Column{Heading: total, Right: true}),
		func(i int) moneyRow {
			p := &payments[i]
			return moneyRow{p.Reference, &p.Party, spreadsheet.Label(p.Series), p.Accepted, &p.Cash}
		})
}

func (b *workbook) layMoneyList(name, title string, count int, none string, columns []spreadsheet.Column, row func(i int) moneyRow) *moneyList {
	m := &moneyList{Listing: &spreadsheet.Listing{Columns: columns, Count: count, None: none}, at: row, sums: map[string][]decimals.Sum{}}
	for i := range count {
		r := row(i)
		if m.sums[r.party.Currency] == nil {
			m.sums[r.party.Currency] = make([]decimals.Sum, len(moneySpecs))
		}
		for n, c := range moneySpecs {
			if c.amount != nil {
				m.sums[r.party.Currency][n].Add(c.amount(&r))
			}
		}
	}
	formulas := make([]string, len(moneySpecs))
	for n := range moneySpecs {
		formulas[n] = moneySpecs[n].formula()
	}
	m.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) {
			r := row(i)
			for n := range moneySpecs {
				if cells[n] = moneySpecs[n].cell(b, &r); formulas[n] != "" {
					cells[n] = cells[n].By(formulas[n])
				}
			}
		}
	}
	s := b.NewSheet(name, title)
	if count > 0 {
		s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(referenceNote).As(spreadsheet.InSubtitle))
		s.SetHeight(spreadsheet.BannerRow+1, 20)
	}
	currencies := m.currencies()
	b.Lay(m.Listing, s, spreadsheet.FirstRow, len(currencies)+1, b.Continuation(s, title))
	end := m.Last()
	next := end.Bottom + 1
	for i, currency := range currencies {
		end.Sheet.Line(next+i, m.total(currency, end.Sheet, next+i), columns, spreadsheet.InTotal)
	}
	if count > 0 {
		end.Sheet.Line(next+len(currencies), m.shownTotal(end.Sheet), columns, spreadsheet.InSubtotal)
	}
	return m
}

const referenceNote = "To see the instructions behind a reference, filter the column Payment reference on Instructions by it."

// currencies lists the currencies of a list, sorted.
func (m *moneyList) currencies() []string { return slices.Sorted(maps.Keys(m.sums)) }

// mostCompared bounds how many references a spreadsheet compares to follow the
// links of a list, as each link is looked up in the list of instructions.
const mostCompared = 20_000_000

// referenceCell is a reference that leads to the first of its instructions. The
// place is looked up, so that the link is right however the lists are sorted. On
// long lists the reference is plain text.
func (b *workbook) referenceCell(reference string) spreadsheet.Cell {
	c := spreadsheet.Label(reference)
	if len(b.lines.Parts) != 1 || b.lines.Count*len(b.run.Settlement.Payments) > mostCompared {
		return c
	}
	p := b.lines.Parts[0]
	return c.WithTone(spreadsheet.Linked).By(fmt.Sprintf(`HYPERLINK(CHAR(35)&"%s!A"&(MATCH("%s",%s,0)+%d),"%s")`,
		p.Sheet.Name, reference, p.Sheet.Of(p.Column(insReference).Fixed()), p.Top-1, reference))
}

// putCash sets the cells of the parts of cash and of their total.
func putCash(cells []spreadsheet.Cell, c *settle.Cash, places int32, across string) {
	cells[0], cells[1], cells[2] = spreadsheet.Digits(c.Consideration, places), spreadsheet.Digits(c.EarlyPayment, places), spreadsheet.Digits(c.AccruedInterest, places)
	total := cells[0]
	x, okX := cells[0].Amount.Plus(cells[1].Amount)
	y, okY := x.Plus(cells[2].Amount)
	if total.Amount = y; !okX || !okY || cells[0].Value+cells[1].Value+cells[2].Value != "" {
		total = total.Holding(c.Total())
	}
	cells[3] = total.By(across)
}

// acrossCash adds up the cash parts in the cells of the same row.
func acrossCash(from, to int) string {
	return "SUM(" + spreadsheet.Letters(from) + "#:" + spreadsheet.Letters(to) + "#)"
}

// amountPlaces is how many decimals the i-th amount of a payment shows: the
// first is principal, the others are cash.
func amountPlaces(i int, amount decimal.Decimal, currency string) int32 {
	if i == 0 {
		return decimals.Places(amount)
	}
	return tender.CashPlaces(currency)
}

// total adds up the rows in a currency, in a row of a sheet.
func (m *moneyList) total(currency string, s *spreadsheet.Sheet, row int) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(moneySpecs))
	key := moneyAt("currency")
	cells[0], cells[key-1] = spreadsheet.Label("Total "+currency), spreadsheet.Label(currency)
	for n, c := range moneySpecs {
		if c.amount == nil {
			continue
		}
		sum := m.sums[currency][n].Decimal()
		shown := decimals.Places(sum)
		if c.cash {
			shown = tender.CashPlaces(currency)
		}
		cells[n] = spreadsheet.Digits(sum, shown).By(m.sum(s, n+1, spreadsheet.At(row, key)))
	}
	return cells
}

// shownTotal adds up the rows that a filter shows.
func (m *moneyList) shownTotal(s *spreadsheet.Sheet) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(moneySpecs))
	cells[0] = spreadsheet.Label("Rows that the filter shows")
	if len(m.sums) > 1 {
		cells[0] = spreadsheet.Label("Rows that the filter shows: choose one currency")
	}
	for n, c := range moneySpecs {
		if c.amount == nil {
			continue
		}
		var sum decimal.Decimal
		shown := int32(0)
		for currency, sums := range m.sums {
			sum = sum.Add(sums[n].Decimal())
			shown = max(shown, tender.CashPlaces(currency))
		}
		if !c.cash {
			shown = decimals.Places(sum)
		}
		cells[n] = spreadsheet.Digits(sum, shown).By(m.Over(s, func(address func(int) string) string {
			return "SUBTOTAL(109," + address(n+1) + ")"
		}))
	}
	return cells
}

// sum adds up a column over the rows in a currency, as seen from a sheet.
func (m *moneyList) sum(from *spreadsheet.Sheet, col int, currency string) string {
	return m.Over(from, func(address func(int) string) string {
		return spreadsheet.SumOf(address(col), address(moneyAt("currency")), currency)
	})
}
