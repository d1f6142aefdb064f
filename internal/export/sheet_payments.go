package export

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/settle"
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
func moneyColumns(series, total column) []column {
	return []column{
		{heading: "Payment reference"},
		{heading: "Depositary", widest: 20},
		{heading: "Participant"},
		{heading: "Participant name", widest: 30},
		series,
		{heading: "Currency"},
		{heading: "Settlement date"},
		{heading: "Status"},
		{heading: "Principal accepted", right: true},
		{heading: "Tender Offer Consideration", right: true},
		{heading: "Early Tender Payment", right: true},
		{heading: "Accrued interest", right: true},
		total,
	}
}

// moneyRow is a row of a list of money.
type moneyRow struct {
	reference string
	party     *settle.Party
	series    cell
	accepted  decimal.Decimal
	cash      *settle.Cash
}

// moneyList is a list of wires or payments: a plain table, which can be sorted,
// filtered and pivoted, with totals by currency below it.
type moneyList struct {
	*listing
	at   func(i int) moneyRow
	sums map[string]*paymentSums // by currency
}

// layMoney lays out what each participant is paid: first each transfer whole, then
// by series what it is made of. What was paid at an early settlement has a list of
// its own, so that nothing on the first two was sent before.
func (b *workbook) layMoney() {
	wires := b.run.Settlement.WiresOf(settle.Due)
	b.wires = b.layMoneyList("Wires", "Wires: one transfer to each participant, currency and day", len(wires), "Nothing is to be wired.",
		moneyColumns(column{heading: "Payments", right: true}, column{heading: "Total to wire", right: true}),
		func(i int) moneyRow {
			w := &wires[i]
			return moneyRow{w.Reference, &w.Party, count(len(w.Payments)), w.Accepted, &w.Cash}
		})
	b.payments = b.layPayments("Payments", "Payments: the parts of each wire, by series", "Total to pay", settle.Due)
	if len(b.run.Settlement.PaymentsOf(settle.Paid)) > 0 {
		b.paid = b.layPayments("Paid", "Paid at the early settlement: not to be wired again", "Total paid", settle.Paid)
	}
}

func (b *workbook) layPayments(name, title, total string, status settle.Status) *moneyList {
	payments := b.run.Settlement.PaymentsOf(status)
	return b.layMoneyList(name, title, len(payments), "Nothing is to be paid.",
		moneyColumns(column{heading: "Series", widest: 24}, column{heading: total, right: true}),
		func(i int) moneyRow {
			p := &payments[i]
			return moneyRow{p.Reference, &p.Party, label(p.Series), p.Accepted, &p.Cash}
		})
}

func (b *workbook) layMoneyList(name, title string, count int, none string, columns []column, row func(i int) moneyRow) *moneyList {
	m := &moneyList{listing: &listing{columns: columns, count: count, none: none}, at: row, sums: map[string]*paymentSums{}}
	for i := range count {
		r := row(i)
		if m.sums[r.party.Currency] == nil {
			m.sums[r.party.Currency] = new(paymentSums)
		}
		m.sums[r.party.Currency].add(r.accepted, r.cash)
	}
	m.maker = func() rowMaker { return func(i int, cells []cell) { b.moneyCells(row(i), cells) } }
	s := b.newSheet(name, title)
	if count > 0 {
		s.put(bannerRow+1, 1, label(referenceNote).as(inSubtitle))
		s.tall(bannerRow+1, 20)
	}
	currencies := m.currencies()
	b.lay(m.listing, s, firstRow, len(currencies)+1, b.goOn(s, title))
	end := m.last()
	next := end.bottom + 1
	for i, currency := range currencies {
		end.sheet.line(next+i, m.total(currency, end.sheet, next+i), columns, inTotal)
	}
	if count > 0 {
		end.sheet.line(next+len(currencies), m.shownTotal(end.sheet), columns, inSubtotal)
	}
	return m
}

const referenceNote = "To see the instructions behind a reference, filter the column Payment reference on Instructions by it."

// currencies lists the currencies of a list, sorted.
func (m *moneyList) currencies() []string { return slices.Sorted(maps.Keys(m.sums)) }

func (b *workbook) moneyCells(r moneyRow, cells []cell) {
	cells[payReference-1] = b.referenceCell(r.reference)
	cells[payDepositary-1], cells[payParticipant-1] = label(r.party.Depositary), label(r.party.Participant)
	cells[payName-1], cells[paySeries-1] = label(r.party.ParticipantName), r.series
	cells[payCurrency-1], cells[payDate-1] = label(r.party.Currency), day(r.party.Date).aligned(left)
	cells[payStatus-1] = label(string(r.party.Status))
	cells[payAccepted-1] = principal(r.accepted)
	putCash(cells[payConsideration-1:], r.cash, tender.CashPlaces(r.party.Currency), paymentAcross)
}

// mostCompared bounds how many references a spreadsheet compares to follow the
// links of a list, as each link is looked up in the list of instructions.
const mostCompared = 20_000_000

// referenceCell is a reference that leads to the first of its instructions. The
// place is looked up, so that the link is right however the lists are sorted. On
// long lists the reference is plain text.
func (b *workbook) referenceCell(reference string) cell {
	c := label(reference)
	if len(b.lines.parts) != 1 || b.lines.count*len(b.run.Settlement.Payments) > mostCompared {
		return c
	}
	p := b.lines.parts[0]
	return c.toned(linked).by(fmt.Sprintf(`HYPERLINK(CHAR(35)&"%s!A"&(MATCH("%s",%s,0)+%d),"%s")`,
		p.sheet.name, reference, p.sheet.of(p.column(insReference).fixed()), p.top-1, reference))
}

// putCash sets the cells of the parts of cash and of their total.
func putCash(cells []cell, c *settle.Cash, places int32, across string) {
	cells[0], cells[1], cells[2] = digits(c.Consideration, places), digits(c.EarlyPayment, places), digits(c.AccruedInterest, places)
	total := cells[0]
	x, okX := cells[0].amount.Plus(cells[1].amount)
	y, okY := x.Plus(cells[2].amount)
	if total.amount = y; !okX || !okY || cells[0].value+cells[1].value+cells[2].value != "" {
		total = total.holding(c.Total())
	}
	cells[3] = total.by(across)
}

var paymentAcross = acrossCash(payConsideration, payInterest)

// acrossCash adds up the cash parts in the cells of the same row.
func acrossCash(from, to int) string { return "SUM(" + letters(from) + "#:" + letters(to) + "#)" }

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
func (m *moneyList) total(currency string, s *sheet, row int) []cell {
	cells := make([]cell, payTotal)
	cells[0], cells[payCurrency-1] = label("Total "+currency), label(currency)
	for i, amount := range m.sums[currency].each() {
		col := payAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).by(m.sum(s, col, at(row, payCurrency)))
	}
	return cells
}

// shownTotal adds up the rows that a filter shows.
func (m *moneyList) shownTotal(s *sheet) []cell {
	cells := make([]cell, payTotal)
	cells[0] = label("Rows that the filter shows")
	if len(m.sums) > 1 {
		cells[0] = label("Rows that the filter shows: choose one currency")
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
		cells[col-1] = digits(amount, shown).by(m.over(s, func(address func(int) string) string {
			return "SUBTOTAL(109," + address(col) + ")"
		}))
	}
	return cells
}

// sum adds up a column over the rows in a currency, as seen from a sheet.
func (m *moneyList) sum(from *sheet, col int, currency string) string {
	return m.over(from, func(address func(int) string) string {
		return sumOf(address(col), address(payCurrency), currency)
	})
}
