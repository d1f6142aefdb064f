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

// moneyFields are the columns of Wires, Payments and Paid. Headings that are "" differ from
// list to list.
var moneyFields = fields[moneyRow]{
	{key: "reference", column: spreadsheet.Column{Heading: "Payment reference"},
		cell: func(r *moneyRow) spreadsheet.Cell { return r.b.referenceCell(r.reference) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 20},
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Depositary) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Participant) }},
	{key: "name", column: spreadsheet.Column{Heading: "Participant name", Widest: 30},
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.ParticipantName) }},
	{key: "part", // the series; on Wires, how many payments the wire is made of
		cell: func(r *moneyRow) spreadsheet.Cell { return r.part }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(r.party.Currency) }},
	{key: "date", column: spreadsheet.Column{Heading: "Settlement date"},
		cell: func(r *moneyRow) spreadsheet.Cell { return r.day() }},
	{key: "status", column: spreadsheet.Column{Heading: "Status"},
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Label(string(r.party.Status)) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Principal accepted", Right: true}, total: true,
		cell: func(r *moneyRow) spreadsheet.Cell { return spreadsheet.Principal(r.accepted) }},
	{key: "consideration", column: spreadsheet.Column{Heading: "Tender Offer Consideration", Right: true}, total: true,
		cell: func(r *moneyRow) spreadsheet.Cell { return r.amount(r.cash.Consideration) }},
	{key: "early", column: spreadsheet.Column{Heading: "Early Tender Payment", Right: true}, total: true,
		cell: func(r *moneyRow) spreadsheet.Cell { return r.amount(r.cash.EarlyPayment) }},
	{key: "interest", column: spreadsheet.Column{Heading: "Accrued interest", Right: true}, total: true,
		cell: func(r *moneyRow) spreadsheet.Cell { return r.amount(r.cash.AccruedInterest) }},
	{key: "total", total: true, formula: "{consideration}+{early}+{interest}", // to wire, to pay or paid
		cell: func(r *moneyRow) spreadsheet.Cell { return r.amount(r.cash.Total()) }},
}

// moneyRow is a row of a list of money, or a row of its totals.
type moneyRow struct {
	b         *workbook
	reference string
	party     *settle.Party
	part      spreadsheet.Cell
	accepted  decimal.Decimal
	cash      *settle.Cash
}

// day is the settlement date, in another colour if the row is not to be wired by this run.
func (r *moneyRow) day() spreadsheet.Cell {
	c := spreadsheet.Day(r.party.Date).Aligned(spreadsheet.Left)
	if r.b.waits(r.party.Date, r.party.Status) {
		return c.WithTone(spreadsheet.Bad)
	}
	return c
}

// amount is an amount of cash in the currency of the row.
func (r *moneyRow) amount(d decimal.Decimal) spreadsheet.Cell {
	return spreadsheet.Cash(d, r.party.Currency)
}

// moneySums add up the rows of a currency.
type moneySums struct{ accepted, consideration, early, interest decimals.Sum }

func (s *moneySums) add(r *moneyRow) {
	s.accepted.Add(r.accepted)
	s.consideration.Add(r.cash.Consideration)
	s.early.Add(r.cash.EarlyPayment)
	s.interest.Add(r.cash.AccruedInterest)
}

// row is the row of the sums.
func (s *moneySums) row(currency string) moneyRow {
	return moneyRow{party: &settle.Party{Currency: currency}, accepted: s.accepted.Decimal(), cash: &settle.Cash{
		Consideration: s.consideration.Decimal(), EarlyPayment: s.early.Decimal(), AccruedInterest: s.interest.Decimal(),
	}}
}

// moneyList is a list of wires or payments: a plain table, which can be sorted,
// filtered and pivoted, with totals by currency below it.
type moneyList struct {
	rows *spreadsheet.Listing
	sums map[string]*moneySums // by currency
	// awaits is set if rows of it are not to be wired by this run
	awaits bool
}

// layMoney lays out what each participant is paid: first each transfer whole, then
// by series what it is made of. What was paid at an early settlement has a list of
// its own, so that nothing on the first two was sent before.
func (b *workbook) layMoney() {
	wires := b.run.Settlement.WiresOf(settle.Due)
	l := b.moneyRows(len(wires), b.nothingWired(), func(i int) moneyRow {
		w := &wires[i]
		return moneyRow{b, w.Reference, &w.Party, spreadsheet.Count(len(w.Payments)), w.Accepted, &w.Cash}
	})
	l.rows.Columns = moneyColumns(spreadsheet.Column{Heading: "Payments", Right: true}, "Total to wire")
	b.wires = l
	b.layMoneyList("Wires", "Wires: one transfer to each participant, currency and day", l)
	b.payments = b.layPayments("Payments", "Payments: the parts of each wire, by series", "Total to pay", settle.Due)
	if len(b.run.Settlement.PaymentsOf(settle.Paid)) > 0 {
		b.paid = b.layPayments("Paid", "Paid at earlier settlements: not to be wired again", "Total paid", settle.Paid)
	}
}

func (b *workbook) layPayments(name, title, total string, status settle.Status) *moneyList {
	payments := b.run.Settlement.PaymentsOf(status)
	l := b.moneyRows(len(payments), "Nothing is to be paid.", func(i int) moneyRow {
		p := &payments[i]
		return moneyRow{b, p.Reference, &p.Party, spreadsheet.Label(p.Series), p.Accepted, &p.Cash}
	})
	l.rows.Columns = moneyColumns(spreadsheet.Column{Heading: "Series", Widest: 24}, total)
	b.layMoneyList(name, title, l)
	return l
}

// moneyRows is a list of money with its sums.
func (b *workbook) moneyRows(count int, none string, row func(i int) moneyRow) *moneyList {
	m := &moneyList{sums: make(map[string]*moneySums)}
	for i := range count {
		r := row(i)
		if m.sums[r.party.Currency] == nil {
			m.sums[r.party.Currency] = new(moneySums)
		}
		m.sums[r.party.Currency].add(&r)
		m.awaits = m.awaits || b.waits(r.party.Date, r.party.Status)
	}
	m.rows = moneyFields.list(count, none, func() func(i int) *moneyRow {
		return func(i int) *moneyRow {
			r := row(i)
			return &r
		}
	})
	return m
}

// moneyColumns are the columns of a list of money; part and total are the headings in which
// the lists differ.
func moneyColumns(part spreadsheet.Column, total string) []spreadsheet.Column {
	columns := moneyFields.columns()
	columns[moneyFields.at("part")-1] = part
	columns[moneyFields.at("total")-1] = spreadsheet.Column{Heading: total, Right: true}
	return columns
}

// layMoneyList lays out a list of money on sheets of its own, with its totals below it.
func (b *workbook) layMoneyList(name, title string, m *moneyList) {
	s, l := b.frame.NewSheet(name, title), m.rows
	if l.Count > 0 {
		s.Put(spreadsheet.BannerRow+1, 1, b.moneyNote(m))
		s.SetHeight(spreadsheet.BannerRow+1, 20)
	}
	currencies := slices.Sorted(maps.Keys(m.sums))
	b.frame.Lay(l, s, spreadsheet.FirstRow, len(currencies)+1, b.frame.Continuation(s, title))
	end := l.Last()
	next := end.Bottom + 1
	for i, currency := range currencies {
		end.Sheet.Line(next+i, m.total(currency, end.Sheet, next+i), l.Columns, spreadsheet.InTotal)
	}
	if l.Count > 0 {
		end.Sheet.Line(next+len(currencies), m.shownTotal(end.Sheet), l.Columns, spreadsheet.InSubtotal)
	}
}

// moneyNote is what is said above a list of money.
func (b *workbook) moneyNote(m *moneyList) spreadsheet.Cell {
	if !m.awaits {
		return spreadsheet.Label(referenceNote).As(spreadsheet.InSubtitle)
	}
	return spreadsheet.Label(fmt.Sprintf("Wire nothing dated %s by this run: notes promised by guaranteed delivery can come until %s.",
		b.awaited, tender.WallTime(b.run.Offer.Guaranteed.Deadline.At, b.run.Offer.Zone))).WithTone(spreadsheet.Bad)
}

// waits reports whether this run leaves what is due on a day to a later one.
func (b *workbook) waits(d tender.Date, status settle.Status) bool {
	return status == settle.Due && !d.IsZero() && d == b.awaited
}

const referenceNote = "To see the instructions behind a reference, filter the column Payment reference on " +
	"Instructions by it."

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
		p.Sheet.Name, reference, p.Sheet.Of(p.Column(instructionFields.at("reference")).Fixed()), p.Top-1, reference))
}

// cashCells are consideration, early payment, interest and their total.
func cashCells(c *settle.Cash, currency string) (cells [4]spreadsheet.Cell) {
	places := tender.CashPlaces(currency)
	for i, part := range [...]decimal.Decimal{c.Consideration, c.EarlyPayment, c.AccruedInterest} {
		cells[i] = spreadsheet.Digits(part, places)
	}
	total := cells[0]
	x, okX := cells[0].Amount.Plus(cells[1].Amount)
	y, okY := x.Plus(cells[2].Amount)
	if total.Amount = y; !okX || !okY || cells[0].Value+cells[1].Value+cells[2].Value != "" {
		total = total.Holding(c.Total())
	}
	cells[3] = total
	return cells
}

// total adds up the rows in a currency, in a row of a sheet.
func (m *moneyList) total(currency string, s *spreadsheet.Sheet, row int) []spreadsheet.Cell {
	key, sums := moneyFields.at("currency"), m.sums[currency].row(currency)
	cells := moneyFields.totals("Total "+currency, &sums, func(col int) string {
		return m.sum(s, col, spreadsheet.At(row,
			key))
	})
	cells[key-1] = spreadsheet.Label(currency)
	return cells
}

// shownTotal adds up the rows that a filter shows.
func (m *moneyList) shownTotal(s *spreadsheet.Sheet) []spreadsheet.Cell {
	label := "Rows that the filter shows"
	if len(m.sums) > 1 {
		label += ": choose one currency"
	}
	all := moneyRow{party: new(settle.Party), cash: new(settle.Cash)}
	for currency, sums := range m.sums {
		r := sums.row(currency)
		if all.party.Currency == "" || tender.CashPlaces(currency) > tender.CashPlaces(all.party.Currency) {
			all.party = r.party // the one with the most decimals
		}
		cash := all.cash.Plus(*r.cash)
		all.accepted, all.cash = all.accepted.Add(r.accepted), &cash
	}
	return moneyFields.totals(label, &all, func(col int) string {
		return m.rows.Over(s, func(address func(int) string) string { return "SUBTOTAL(109," + address(col) + ")" })
	})
}

// sum adds up a column over the rows in a currency, as seen from a sheet.
func (m *moneyList) sum(from *spreadsheet.Sheet, col int, currency string) string {
	return m.rows.Over(from, func(address func(col int) string) string {
		return spreadsheet.SumOf(address(col), address(moneyFields.at("currency")), currency)
	})
}
