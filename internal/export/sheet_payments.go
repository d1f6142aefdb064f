package export

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// The columns of Payments.
const (
	payNumber = iota + 1
	payParticipant
	payName
	payDepositary
	paySeries
	payCurrency
	payDate
	payAccepted
	payConsideration
	payEarly
	payInterest
	payTotal
)

var paymentColumns = []column{
	{heading: "Payment"},
	{heading: "Participant"},
	{heading: "Participant name", widest: 30},
	{heading: "Depositary", widest: 20},
	{heading: "Series", widest: 24},
	{heading: "Currency"},
	{heading: "Settlement date"},
	{heading: "Principal accepted", right: true},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Accrued interest", right: true},
	{heading: "Total to pay", right: true},
}

// paymentKey is what makes instructions one payment.
type paymentKey struct {
	depositary, participant, series string
	date                            tender.Date
}

// layPayments lays out what each participant is paid for each series, with a
// subtotal for each participant, currency and day: that is one wire.
func (b *workbook) layPayments() {
	s := b.newSheet("Payments", "Payments")
	b.payments, b.paid = s, make(map[paymentKey]string)
	t := table{columns: paymentColumns, none: "Nothing is accepted, so nothing is paid."}
	top := firstRow
	wire := slices.Clone(b.run.Settlement.Payments)
	slices.SortStableFunc(wire, comparePayments)
	for first := 0; first < len(wire); {
		end := first + 1
		for end < len(wire) && sameWire(wire[first], wire[end]) {
			end++
		}
		from := top + 1 + len(t.rows)
		for i, p := range wire[first:end] {
			number := fmt.Sprintf("P%0*d", len(fmt.Sprint(len(wire))), first+i+1)
			b.paid[paymentKey{p.Depositary, p.Participant, p.Series, p.Date}] = number
			t.rows = append(t.rows, paymentRow(number, p, from+i))
		}
		t.rows = append(t.rows, wireRow(wire[first:end], area{from, 0, from + end - first - 1, 0}))
		first = end
	}
	body := area{top + 1, 1, top + max(1, len(t.rows)), payTotal}
	for _, currency := range paidCurrencies(wire) {
		t.totals = append(t.totals, paymentTotal(wire, currency, body, body.bottom+1+len(t.totals)))
	}
	b.paymentRows = s.table(top, t)
	s.filter, s.frozen, s.repeat = area{top, 1, b.paymentRows.bottom, payTotal}, top, top
}

func comparePayments(x, y settle.Payment) int {
	return cmp.Or(
		cmp.Compare(x.Participant, y.Participant),
		cmp.Compare(x.ParticipantName, y.ParticipantName),
		cmp.Compare(x.Depositary, y.Depositary),
		cmp.Compare(x.Currency, y.Currency),
		x.Date.Time().Compare(y.Date.Time()))
}

func sameWire(x, y settle.Payment) bool { return comparePayments(x, y) == 0 }

func paymentRow(number string, p settle.Payment, row int) []cell {
	return []cell{
		label(number), label(p.Participant), label(p.ParticipantName), label(p.Depositary),
		label(p.Series), label(p.Currency), day(p.Date).aligned(left), principal(p.Accepted),
		cash(p.Consideration, p.Currency), cash(p.EarlyPayment, p.Currency), cash(p.AccruedInterest, p.Currency),
		cash(p.Total(), p.Currency).by(acrossCash(row, payConsideration, payInterest)),
	}
}

// acrossCash adds up the cash parts in the cells of a row.
func acrossCash(row, from, to int) string { return "SUM(" + at(row, from) + ":" + at(row, to) + ")" }

// wireRow is the subtotal of the payments that go to one participant in one
// currency on one day. Its series is empty: that tells it from a payment.
func wireRow(wire []settle.Payment, rows area) []cell {
	p := wire[0]
	sums := add(wire)
	cells := make([]cell, payTotal)
	cells[payParticipant-1], cells[payName-1] = label(p.Participant), label(p.ParticipantName)
	cells[payDepositary-1], cells[payCurrency-1] = label(p.Depositary), label(p.Currency)
	cells[payDate-1] = day(p.Date).aligned(left)
	cells[payNumber-1] = label("Wire")
	for i, amount := range sums {
		col := payAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, p.Currency)).by(sum(rows.column(col)))
	}
	for i := range cells {
		cells[i].look.role = inSubtotal
	}
	return cells
}

// amountPlaces is how many decimals the i-th amount of a payment shows: the
// first is principal, the others are cash.
func amountPlaces(i int, amount decimal.Decimal, currency string) int32 {
	if i == 0 {
		return places(amount)
	}
	return minorUnits(currency)
}

// add adds up principal and cash in the order of the columns.
func add(payments []settle.Payment) [5]decimal.Decimal {
	var accepted decimal.Decimal
	var paid settle.Cash
	for _, p := range payments {
		accepted, paid = accepted.Add(p.Accepted), paid.Plus(p.Cash)
	}
	return [5]decimal.Decimal{accepted, paid.Consideration, paid.EarlyPayment, paid.AccruedInterest, paid.Total()}
}

func paidCurrencies(payments []settle.Payment) []string {
	var all []string
	for _, p := range payments {
		if !slices.Contains(all, p.Currency) {
			all = append(all, p.Currency)
		}
	}
	slices.Sort(all)
	return all
}

// paymentTotal adds up the payments of a currency. The subtotals between them
// stay out: they have no series.
func paymentTotal(payments []settle.Payment, currency string, body area, row int) []cell {
	var of []settle.Payment
	for _, p := range payments {
		if p.Currency == currency {
			of = append(of, p)
		}
	}
	cells := make([]cell, payTotal)
	cells[0], cells[payCurrency-1] = label("Total "+currency), label(currency)
	for i, amount := range add(of) {
		col := payAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).
			by(paymentSum(body, body.column(col).fixed(), at(row, payCurrency)))
	}
	return cells
}

func paymentSum(body area, amounts, currency string) string {
	return "SUMIFS(" + amounts + "," + body.column(payCurrency).fixed() + "," + currency + "," +
		body.column(paySeries).fixed() + `,"<>")`
}
