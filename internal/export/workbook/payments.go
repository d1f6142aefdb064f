package workbook

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The columns of Wires, Payments and Paid.
const (
	payReference = iota + 1
	payDepositary
	payParticipant
	payName
	paySeries // on Wires: how many payments the wire is made of
	payCurrency
	payDate
	payStatus
	payAccepted
	payConsideration
	payEarly
	payInterest
	payTotal
)

// moneyColumns are the columns of a list of money; series and total are the
// headings in which the lists differ.
func moneyColumns(series, total spreadsheet.Column) []spreadsheet.Column {
	return []spreadsheet.Column{
		{Heading: "Payment reference"},
		{Heading: "Depositary", Widest: 20},
		{Heading: "Participant"},
		{Heading: "Participant name", Widest: 30},
		series,
		{Heading: "Currency"},
		{Heading: "Settlement date"},
		{Heading: "Status"},
		{Heading: "Principal accepted", Right: true},
		{Heading: "Tender Offer Consideration", Right: true},
		{Heading: "Early Tender Payment", Right: true},
		{Heading: "Accrued interest", Right: true},
		total,
	}
}

// moneyRow is a row of a list of money.
type moneyRow struct {
	reference string
	party     *settle.Party
	series    spreadsheet.Cell
	accepted  decimal.Decimal
	cash      *settle.Cash
}

// moneyList is a list of wires or payments: a plain table, which can be sorted,
// filtered and pivoted, with totals by currency below it.
type moneyList struct {
	*spreadsheet.Listing
	at   func(i int) moneyRow
	sums map[string]*paymentSums // by currency
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
	m := &moneyList{Listing: &spreadsheet.Listing{Columns: columns, Count: count, None: none}, at: row, sums: map[string]*paymentSums{}}
	for i := range count {
		r := row(i)
		if m.sums[r.party.Currency] == nil {
			m.sums[r.party.Currency] = new(paymentSums)
		}
		m.sums[r.party.Currency].add(r.accepted, r.cash)
	}
	m.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { b.moneyCells(row(i), cells) }
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

func (b *workbook) moneyCells(r moneyRow, cells []spreadsheet.Cell) {
	cells[payReference-1] = b.referenceCell(r.reference)
	cells[payDepositary-1], cells[payParticipant-1] = spreadsheet.Label(r.party.Depositary), spreadsheet.Label(r.party.Participant)
	cells[payName-1], cells[paySeries-1] = spreadsheet.Label(r.party.ParticipantName), r.series
	cells[payCurrency-1], cells[payDate-1] = spreadsheet.Label(r.party.Currency), spreadsheet.Day(r.party.Date).Aligned(spreadsheet.Left)
	cells[payStatus-1] = spreadsheet.Label(string(r.party.Status))
	cells[payAccepted-1] = spreadsheet.Principal(r.accepted)
	putCash(cells[payConsideration-1:], r.cash, tender.CashPlaces(r.party.Currency), paymentAcross)
}

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

var paymentAcross = acrossCash(payConsideration, payInterest)

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

// paymentSums adds up principal and cash.
type paymentSums [4]decimals.Sum

func (s *paymentSums) add(accepted decimal.Decimal, c *settle.Cash) {
	s[0].Add(accepted)
	s[1].Add(c.Consideration)
	s[2].Add(c.EarlyPayment)
	s[3].Add(c.AccruedInterest)
}

// each returns the sums in the order of the columns, the last of the whole cash.
func (s *paymentSums) each() [5]decimal.Decimal {
	accepted, paid := s[0].Decimal(), s.cash()
	return [5]decimal.Decimal{accepted, paid.Consideration, paid.EarlyPayment, paid.AccruedInterest, paid.Total()}
}

func (s *paymentSums) cash() settle.Cash {
	return settle.Cash{Consideration: s[1].Decimal(), EarlyPayment: s[2].Decimal(), AccruedInterest: s[3].Decimal()}
}

// total adds up the rows in a currency, in a row of a sheet.
func (m *moneyList) total(currency string, s *spreadsheet.Sheet, row int) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, payTotal)
	cells[0], cells[payCurrency-1] = spreadsheet.Label("Total "+currency), spreadsheet.Label(currency)
	for i, amount := range m.sums[currency].each() {
		col := payAccepted + i
		cells[col-1] = spreadsheet.Digits(amount, amountPlaces(i, amount, currency)).By(m.sum(s, col, spreadsheet.At(row, payCurrency)))
	}
	return cells
}

// shownTotal adds up the rows that a filter shows.
func (m *moneyList) shownTotal(s *spreadsheet.Sheet) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, payTotal)
	cells[0] = spreadsheet.Label("Rows that the filter shows")
	if len(m.sums) > 1 {
		cells[0] = spreadsheet.Label("Rows that the filter shows: choose one currency")
	}
	var sums [5]decimal.Decimal
	most := int32(0)
	for currency, sum := range m.sums {
		most = max(most, tender.CashPlaces(currency))
		for i, amount := range sum.each() {
			sums[i] = sums[i].Add(amount)
		}
	}
	for i, amount := range sums {
		col, shown := payAccepted+i, most
		if i == 0 {
			shown = decimals.Places(amount)
		}
		cells[col-1] = spreadsheet.Digits(amount, shown).By(m.Over(s, func(address func(int) string) string {
			return "SUBTOTAL(109," + address(col) + ")"
		}))
	}
	return cells
}

// sum adds up a column over the rows in a currency, as seen from a sheet.
func (m *moneyList) sum(from *spreadsheet.Sheet, col int, currency string) string {
	return m.Over(from, func(address func(int) string) string {
		return spreadsheet.SumOf(address(col), address(payCurrency), currency)
	})
}
