package export

import (
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// The columns of Funding.
const (
	fundCurrency = iota + 1
	fundDate
	fundWhich
	fundAccepted
	fundConsideration
	fundEarly
	fundInterest
	fundTotal
)

var fundingColumns = []column{
	{heading: "Currency"},
	{heading: "Settlement date"},
	{heading: "Settlement"},
	{heading: "Principal accepted", right: true},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Accrued interest", right: true},
	{heading: "Total to wire", right: true},
}

// layFunding lays out what the paying agent needs in each currency on each day.
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
	for _, currency := range fundedCurrencies(funding) {
		t.totals = append(t.totals, fundingTotal(funding, currency, body, body.bottom+1+len(t.totals)))
	}
	b.fundingRows = s.table(top, t)
	s.filter, s.frozen, s.repeat = area{top, 1, b.fundingRows.bottom, fundTotal}, top, top
	b.name("FundingList", s, s.filter.fixed())
}

func (b *workbook) fundingRow(f settle.Funding) []cell {
	return []cell{
		label(f.Currency), day(f.Date).aligned(left), label(b.settlementWords(f.Date)), principal(f.Accepted),
		cash(f.Consideration, f.Currency), cash(f.EarlyPayment, f.Currency), cash(f.AccruedInterest, f.Currency),
		cash(f.Total(), f.Currency).by(acrossCash(fundConsideration, fundInterest)),
	}
}

// settlementWords says which settlement of the offer a date is.
func (b *workbook) settlementWords(d tender.Date) string {
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
		col := fundAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).
			by(sumOf(body.column(col).fixed(), body.column(fundCurrency).fixed(), at(row, fundCurrency)))
	}
	return cells
}

// fundingSums adds up principal and cash of a currency in the order of the
// columns.
func fundingSums(funding []settle.Funding, currency string) [5]decimal.Decimal {
	var accepted decimal.Decimal
	var paid settle.Cash
	for _, f := range funding {
		if f.Currency == currency {
			accepted, paid = accepted.Add(f.Accepted), paid.Plus(f.Cash)
		}
	}
	return [5]decimal.Decimal{accepted, paid.Consideration, paid.EarlyPayment, paid.AccruedInterest, paid.Total()}
}
