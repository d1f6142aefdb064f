package workbook

import (
	"fmt"
	"slices"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// fundingRow is a row of Funding, or a row of its totals.
type fundingRow struct {
	settle.Funding
	depositary string
	settlement string // early, final...; on a total what it is the total of
}

// fundedFields are the columns that both tables of Funding have.
var fundedFields = fields[fundingRow]{
	{key: "status", column: spreadsheet.Column{Heading: "Status"},
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Label(string(r.Status)) }},
	{key: "wires", column: spreadsheet.Column{Heading: "Wires", Right: true}, total: true,
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Count(r.Wires) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Principal accepted", Right: true}, total: true,
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Principal(r.Accepted) }},
	{key: "consideration", column: spreadsheet.Column{Heading: "Tender Offer Consideration", Right: true}, total: true,
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Cash(r.Consideration, r.Currency) }},
	{key: "early", column: spreadsheet.Column{Heading: "Early Tender Payment", Right: true}, total: true,
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Cash(r.EarlyPayment, r.Currency) }},
	{key: "interest", column: spreadsheet.Column{Heading: "Accrued interest", Right: true}, total: true,
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Cash(r.AccruedInterest, r.Currency) }},
	{key: "total", column: spreadsheet.Column{Heading: "Total", Right: true}, total: true,
		formula: "SUM({consideration}:{interest})",
		cell:    func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Cash(r.Total(), r.Currency) }},
}

var (
	fundingCurrency = field[fundingRow]{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Label(r.Currency) }}
	fundingDate = field[fundingRow]{key: "date", column: spreadsheet.Column{Heading: "Settlement date"},
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Day(r.Date).Aligned(spreadsheet.Left) }}
)

// fundingFields are the columns of Funding.
var fundingFields = append(fields[fundingRow]{fundingCurrency, fundingDate,
	{key: "settlement", column: spreadsheet.Column{Heading: "Settlement"},
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Label(r.settlement) }},
}, fundedFields...)

// depositaryFields are the columns of the table by depositary below it.
var depositaryFields = append(fields[fundingRow]{
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 20},
		cell: func(r *fundingRow) spreadsheet.Cell { return spreadsheet.Label(r.depositary) }},
	fundingCurrency, fundingDate,
}, fundedFields...)

// layFunding lays out what the paying agent needs in each currency on each day, and
// how much of it goes to the participants of each depositary.
func (b *workbook) layFunding() {
	s := b.frame.NewSheet("Funding", "Funding: what is to be wired to the paying agent")
	b.funding = s
	top := spreadsheet.FirstRow
	funding := b.run.Settlement.Funding
	t := spreadsheet.Table{Columns: fundingFields.columns(), None: b.nothingWired()}
	for _, f := range funding {
		t.Rows = append(t.Rows, fundingFields.row(&fundingRow{Funding: f, settlement: b.settlementWords(&f)}))
	}
	body := spreadsheet.Area{Top: top + 1, Left: 1, Bottom: top + max(1, len(t.Rows)), Right: len(fundingFields)}
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
	s.Filter, s.Frozen, s.Repeat = spreadsheet.Area{Top: top, Left: 1, Bottom: b.fundingRows.Bottom,
		Right: len(fundingFields)}, top, top
	b.frame.Name("FundingList", s, s.Filter.Fixed())
	b.layByDepositary(body.Bottom + len(t.Totals) + 2)
}

func (b *workbook) layByDepositary(row int) {
	s := b.funding
	s.Put(row, 1, spreadsheet.Label("By depositary").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: depositaryFields.columns(), None: "Nothing is to be wired."}
	for _, f := range b.run.Settlement.ByDepositary {
		t.Rows = append(t.Rows, depositaryFields.row(&fundingRow{Funding: f.Funding, depositary: f.Depositary}))
	}
	body := s.Table(row+1, t)
	b.frame.Name("FundingByDepositary", s, spreadsheet.Area{Top: row + 1, Left: 1, Bottom: body.Bottom,
		Right: len(fundingFields)}.Fixed())
}

// settlementWords says which settlement of the offer the funding is for.
func (b *workbook) settlementWords(f *settle.Funding) string {
	words := b.settlementOf(f.Date)
	if b.waits(f.Date, f.Status) {
		words += ", not by this run"
	}
	return words
}

func (b *workbook) settlementOf(d tender.Date) string {
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
	return fundingSums(funding, currency).cells("Total", body, func(cells string) string {
		key := fundingFields.at("currency")
		return spreadsheet.SumOf(cells, body.Column(key).Fixed(), spreadsheet.At(row, key))
	})
}

// statusTotal is the part of a currency's total that is paid, or due.
func statusTotal(funding []settle.Funding, status settle.Status, which, currency string, body spreadsheet.Area,
	row int) []spreadsheet.Cell {
	sums := fundingSums(fundingOf(funding, status), currency)
	key, of := fundingFields.at("currency"), fundingFields.at("status")
	cells := sums.cells(which, body, func(cells string) string {
		return fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", cells,
			body.Column(key).Fixed(), spreadsheet.At(row, key), body.Column(of).Fixed(), spreadsheet.At(row, of))
	})
	cells[of-1] = spreadsheet.Label(string(status))
	return cells
}

// cells is a row of totals; formula adds up the cells of a column.
func (r *fundingRow) cells(which string, body spreadsheet.Area, formula func(cells string) string) []spreadsheet.Cell {
	cells := fundingFields.totals(r.Currency, r, func(col int) string { return formula(body.Column(col).Fixed()) })
	cells[fundingFields.at("date")-1] = spreadsheet.Label(which)
	return cells
}

// fundingOf keeps the funding of a status.
func fundingOf(funding []settle.Funding, status settle.Status) []settle.Funding {
	return slices.DeleteFunc(slices.Clone(funding), func(f settle.Funding) bool { return f.Status != status })
}

// fundingSums adds up wires, principal and cash of a currency.
func fundingSums(funding []settle.Funding, currency string) *fundingRow {
	var sum settle.Funding
	sum.Currency = currency
	for _, f := range funding {
		if f.Currency == currency {
			sum.Wires += f.Wires
			sum.Accepted, sum.Cash = sum.Accepted.Add(f.Accepted), sum.Plus(f.Cash)
		}
	}
	return &fundingRow{Funding: sum}
}
