package export

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
)

// The columns of Funding. In the table by depositary the depositary, the currency
// and the day take the place of the first three.
const (
	fundCurrency = iota + 1
	fundDate
	fundWhich
	fundStatus
	fundWires
	fundAccepted
	fundConsideration
	fundEarly
	fundInterest
	fundTotal
)

var fundedColumns = []column{
	{heading: "Status"},
	{heading: "Wires", right: true},
	{heading: "Principal accepted", right: true},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Accrued interest", right: true},
	{heading: "Total", right: true},
}

var fundingColumns = append([]column{
	{heading: "Currency"},
	{heading: "Settlement date"},
	{heading: "Settlement"},
}, fundedColumns...)

var depositaryColumns = append([]column{
	{heading: "Depositary", widest: 20},
	{heading: "Currency"},
	{heading: "Settlement date"},
}, fundedColumns...)

// layFunding lays out what the paying agent needs in each currency on each day, and
// how much of it goes to the participants of each depositary.
func (b *workbook) layFunding() {
	s := b.newSheet("Funding", "Funding: what is to be wired to the paying agent")
	b.funding = s
	top := firstRow
	funding := b.run.Settlement.Funding
	t := table{columns: fundingColumns, none: "Nothing is to be wired."}
	for _, f := range funding {
		t.rows = append(t.rows, b.fundingRow(f))
	}
	body := area{top + 1, 1, top + max(1, len(t.rows)), fundTotal}
	anyPaid := len(fundingOf(funding, settle.Paid)) > 0
	for _, currency := range fundedCurrencies(funding) {
		total := body.bottom + 1 + len(t.totals)
		t.totals = append(t.totals, fundingTotal(funding, currency, body, total))
		if anyPaid {
			t.totals = append(t.totals, statusTotal(funding, settle.Paid, "of which", currency, body, total+1),
				statusTotal(funding, settle.Due, "still to wire", currency, body, total+2))
		}
	}
	b.fundingRows = s.table(top, t)
	s.filter, s.frozen, s.repeat = area{top, 1, b.fundingRows.bottom, fundTotal}, top, top
	b.name("FundingList", s, s.filter.fixed())
	b.layByDepositary(body.bottom + len(t.totals) + 2)
}

func (b *workbook) layByDepositary(row int) {
	s := b.funding
	s.put(row, 1, label("By depositary").as(inSection))
	t := table{columns: depositaryColumns, none: "Nothing is to be wired."}
	for _, f := range b.run.Settlement.ByDepositary {
		t.rows = append(t.rows, append([]cell{label(f.Depositary), label(f.Currency), day(f.Date).aligned(left)}, fundedCells(f.Funding)...))
	}
	body := s.table(row+1, t)
	b.name("FundingByDepositary", s, area{row + 1, 1, body.bottom, fundTotal}.fixed())
}

func (b *workbook) fundingRow(f settle.Funding) []cell {
	return append([]cell{label(f.Currency), day(f.Date).aligned(left), label(b.settlementWords(f))}, fundedCells(f)...)
}

func fundedCells(f settle.Funding) []cell {
	return []cell{
		label(string(f.Status)), count(f.Wires), principal(f.Accepted),
		cash(f.Consideration, f.Currency), cash(f.EarlyPayment, f.Currency), cash(f.AccruedInterest, f.Currency),
		cash(f.Total(), f.Currency).by(acrossCash(fundConsideration, fundInterest)),
	}
}

// settlementWords says which settlement of the offer the funding is for.
func (b *workbook) settlementWords(f settle.Funding) string {
	d := f.Date
	switch s := b.run.Offer.Settlement; {
	case d == s.Final && d == s.Early:
		return "early and final"
	case d == s.Early:
		return "early"
	case d == s.Final:
		return "final"
	case d == b.run.Offer.Guaranteed.Settlement:
		return "guaranteed delivery"
	}
	return ""
}

func fundedCurrencies(funding []settle.Funding) []string {
	var all []string
	for _, f := range funding {
		if !slices.Contains(all, f.Currency) {
			all = append(all, f.Currency)
		}
	}
	return all
}

func fundingTotal(funding []settle.Funding, currency string, body area, row int) []cell {
	cells := make([]cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1] = label(currency), label("Total")
	for i, amount := range fundingSums(funding, currency) {
		col := fundWires + i
		cells[col-1] = fundedSum(i, amount, currency).
			by(sumOf(body.column(col).fixed(), body.column(fundCurrency).fixed(), at(row, fundCurrency)))
	}
	return cells
}

// statusTotal is the part of a currency's total that is paid, or due.
func statusTotal(funding []settle.Funding, status settle.Status, which, currency string, body area, row int) []cell {
	cells := make([]cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1], cells[fundStatus-1] = label(currency), label(which), label(string(status))
	for i, amount := range fundingSums(fundingOf(funding, status), currency) {
		col := fundWires + i
		cells[col-1] = fundedSum(i, amount, currency).
			by(fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", body.column(col).fixed(),
				body.column(fundCurrency).fixed(), at(row, fundCurrency), body.column(fundStatus).fixed(), at(row, fundStatus)))
	}
	return cells
}

// fundedSum is the i-th of the sums of funding: wires and principal, then cash.
func fundedSum(i int, amount decimal.Decimal, currency string) cell {
	return digits(amount, amountPlaces(max(i-1, 0), amount, currency))
}

// fundingOf keeps the funding of a status.
func fundingOf(funding []settle.Funding, status settle.Status) []settle.Funding {
	return slices.DeleteFunc(slices.Clone(funding), func(f settle.Funding) bool { return f.Status != status })
}

// fundingSums adds up wires, principal and cash of a currency in the order of the
// columns.
func fundingSums(funding []settle.Funding, currency string) [6]decimal.Decimal {
	var sum settle.Funding
	for _, f := range funding {
		if f.Currency == currency {
			sum.Wires += f.Wires
			sum.Accepted, sum.Cash = sum.Accepted.Add(f.Accepted), sum.Plus(f.Cash)
		}
	}
	return [6]decimal.Decimal{
		decimal.NewFromInt(int64(sum.Wires)), sum.Accepted, sum.Consideration, sum.EarlyPayment, sum.AccruedInterest, sum.Total(),
	}
}
