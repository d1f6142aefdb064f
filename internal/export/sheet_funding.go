package export

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
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
	{heading: "Total", right: true},
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
	paid := len(paidOnly(funding)) > 0
	for _, currency := range fundedCurrencies(funding) {
		total := body.bottom + 1 + len(t.totals)
		t.totals = append(t.totals, fundingTotal(funding, currency, body, total))
		if paid {
			t.totals = append(t.totals, paidTotal(funding, currency, body, total+1), openTotal(funding, currency, total+2))
		}
	}
	b.fundingRows = s.table(top, t)
	s.filter, s.frozen, s.repeat = area{top, 1, b.fundingRows.bottom, fundTotal}, top, top
	b.name("FundingList", s, s.filter.fixed())
}

func (b *workbook) fundingRow(f settle.Funding) []cell {
	return []cell{
		label(f.Currency), day(f.Date).aligned(left), label(b.settlementWords(f)), principal(f.Accepted),
		cash(f.Consideration, f.Currency), cash(f.EarlyPayment, f.Currency), cash(f.AccruedInterest, f.Currency),
		cash(f.Total(), f.Currency).by(acrossCash(fundConsideration, fundInterest)),
	}
}

// alreadyPaid marks what was paid at the early settlement: it is shown, as it
// belongs to the result, but is not wired again.
const alreadyPaid = "early, paid already"

// settlementWords says which settlement of the offer the funding is for.
func (b *workbook) settlementWords(f settle.Funding) string {
	d := f.Date
	switch s := b.run.Offer.Settlement; {
	case f.Paid:
		return alreadyPaid
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

// paidTotal is the part of a currency's total that was paid already, openTotal
// what is still to be wired.
func paidTotal(funding []settle.Funding, currency string, body area, row int) []cell {
	cells := make([]cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1], cells[fundWhich-1] = label(currency), label("of which"), label(alreadyPaid)
	for i, amount := range fundingSums(paidOnly(funding), currency) {
		col := fundAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).
			by(fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", body.column(col).fixed(),
				body.column(fundCurrency).fixed(), at(row, fundCurrency), body.column(fundWhich).fixed(), at(row, fundWhich)))
	}
	return cells
}

func openTotal(funding []settle.Funding, currency string, row int) []cell {
	cells := make([]cell, fundTotal)
	cells[fundCurrency-1], cells[fundDate-1] = label(currency), label("Still to wire")
	all, paid := fundingSums(funding, currency), fundingSums(paidOnly(funding), currency)
	for i := range all {
		col, amount := fundAccepted+i, all[i].Sub(paid[i])
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).by(at(row-2, col) + "-" + at(row-1, col))
	}
	return cells
}

func paidOnly(funding []settle.Funding) []settle.Funding {
	return slices.DeleteFunc(slices.Clone(funding), func(f settle.Funding) bool { return !f.Paid })
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
