package workbook

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
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

var fundedColumns = []spreadsheet.Column{
	{Heading: "Status"},
	{Heading: "Wires", Right: true},
	{Heading: "Principal accepted", Right: true},
	{Heading: "Tender Offer Consideration", Right: true},
	{Heading: "Early Tender Payment", Right: true},
	{Heading: "Accrued interest", Right: true},
	{Heading: "Total", Right: true},
}

var fundingColumns = append([]spreadsheet.Column{
	{Heading: "Currency"},
	{Heading: "Settlement date"},
	{Heading: "Settlement"},
}, fundedColumns...)

var depositaryColumns = append([]spreadsheet.Column{
	{Heading: "Depositary", Widest: 20},
	{Heading: "Currency"},
	{Heading: "Settlement date"},
}, fundedColumns...)

// layFunding lays out what the paying agent needs in each currency on each day, and
// how much of it goes to the participants of each depositary.
func (b *workbook) layFunding() {
	s := b.NewSheet("Funding", "Funding: what is to be wired to the paying agent")
	b.funding = s
	top := spreadsheet.FirstRow
	funding := b.run.Settlement.Funding
	t := spreadsheet.Table{Columns: fundingColumns, None: "Nothing is to be wired."}
	for _, f := range funding {
		t.Rows = append(t.Rows, b.fundingRow(f))
	}
	body := spreadsheet.Area{Top: top + 1, Left: 1, Bottom: top + max(1, len(t.Rows)), Right: fundTotal}
	anyPaid := len(fundingOf(funding, settle.Paid)) > 0
	for _, currency := range fundedCurrencies(funding) {
		total := body.Bottom + 1 + len(t.Totals)
		t.Totals = append(t.Totals, fundingTotal(funding, currency, body, total))
		if anyPaid {
			t.Totals = append(t.Totals, statusTotal(funding, settle.Paid, "of which", currency, body, total+1),
				statusTotal(funding, settle.Due, "still to wire", currency, body, total+2))
		}
	}
	b.fundingRows = s.Table(top, t)
	s.Filter, s.Frozen, s.Repeat = spreadsheet.Area{Top: top, Left: 1, Bottom: b.fundingRows.Bottom, Right: fundTotal}, top, top
	b.Name("FundingList", s, s.Filter.Fixed())
	b.layByDepositary(body.Bottom + len(t.Totals) + 2)
}

func (b *workbook) layByDepositary(row int) {
	s := b.funding
	s.Put(row, 1, spreadsheet.Label("By depositary").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: depositaryColumns, None: "Nothing is to be wired."}
	for _, f := range b.run.Settlement.ByDepositary {
		t.Rows = append(t.Rows, append([]spreadsheet.Cell{spreadsheet.Label(f.Depositary), spreadsheet.Label(f.Currency), spreadsheet.Day(f.Date).Aligned(spreadsheet.Left)}, fundedCells(f.Funding)...))
	}
	body := s.Table(row+1, t)
	b.Name("FundingByDepositary", s, spreadsheet.Area{Top: row + 1, Left: 1, Bottom: body.Bottom, Right: fundTotal}.Fixed())
}

func (b *workbook) fundingRow(f settle.Funding) []spreadsheet.Cell {
	return append([]spreadsheet.Cell{spreadsheet.Label(f.Currency), spreadsheet.Day(f.Date).Aligned(spreadsheet.Left), spreadsheet.Label(b.settlementWords(f))}, fundedCells(f)...)
}

func fundedCells(f settle.Funding) []spreadsheet.Cell {
	return []spreadsheet.Cell{
		spreadsheet.Label(string(f.Status)), spreadsheet.Count(f.Wires), spreadsheet.Principal(f.Accepted),
		spreadsheet.Cash(f.Consideration, f.Currency), spreadsheet.Cash(f.EarlyPayment, f.Currency), spreadsheet.Cash(f.AccruedInterest, f.Currency),
		spreadsheet.Cash(f.Total(), f.Currency).By(acrossCash(fundConsideration, fundInterest)),
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

func fundingTotal(funding []settle.Funding, currency string, body spreadsheet.Area, row int) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1] = spreadsheet.Label(currency), spreadsheet.Label("Total")
	for i, amount := range fundingSums(funding, currency) {
		col := fundWires + i
		cells[col-1] = fundedSum(i, amount, currency).
			By(spreadsheet.SumOf(body.Column(col).Fixed(), body.Column(fundCurrency).Fixed(), spreadsheet.At(row, fundCurrency)))
	}
	return cells
}

// statusTotal is the part of a currency's total that is paid, or due.
func statusTotal(funding []settle.Funding, status settle.Status, which, currency string, body spreadsheet.Area, row int) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1], cells[fundStatus-1] = spreadsheet.Label(currency), spreadsheet.Label(which), spreadsheet.Label(string(status))
	for i, amount := range fundingSums(fundingOf(funding, status), currency) {
		col := fundWires + i
		cells[col-1] = fundedSum(i, amount, currency).
			By(fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", body.Column(col).Fixed(),
				body.Column(fundCurrency).Fixed(), spreadsheet.At(row, fundCurrency), body.Column(fundStatus).Fixed(), spreadsheet.At(row, fundStatus)))
	}
	return cells
}

// fundedSum is the i-th of the sums of funding: wires and principal, then cash.
func fundedSum(i int, amount decimal.Decimal, currency string) spreadsheet.Cell {
	return spreadsheet.Digits(amount, amountPlaces(max(i-1, 0), amount, currency))
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
