package export

import (
	"iter"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
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

// layPayments lays out what each participant is paid for each series, with a
// subtotal for each participant, currency and day: that is one wire.
func (b *workbook) layPayments() {
	const title = "Payments"
	s := b.newSheet("Payments", title)
	b.payments, b.paid = s, newPayments(b.run)
	l := &listing{columns: paymentColumns, count: len(b.paid.rows), none: "Nothing is accepted, so nothing is paid."}
	l.maker = func() rowMaker { return b.paymentRow }
	b.wires = l
	currencies := paidCurrencies(b.paid.all)
	if l.count > 0 {
		s.put(bannerRow+1, 1, label(paymentNote).as(inSubtitle))
		s.tall(bannerRow+1, 20)
	}
	b.lay(l, s, firstRow, len(currencies), b.goOn(s, title))
	for _, p := range l.parts {
		p.sheet.links = b.paymentLinks(p)
	}
	end := l.last()
	for i, currency := range currencies {
		end.sheet.line(end.bottom+1+i, b.paymentTotal(currency, end.sheet, end.bottom+1+i), paymentColumns, inTotal)
	}
}

const paymentNote = "Each payment number is a link to its first instruction. To see all of them, filter the column Payment on Instructions by that number."

// mostLinks is how many links a spreadsheet allows on one sheet. Payments beyond
// are found by their number.
const mostLinks = 65_530

// paymentLinks are the links from the payments of a part of the list to their
// first instructions.
func (b *workbook) paymentLinks(p *stretch) iter.Seq[link] {
	return func(yield func(link) bool) {
		made := 0
		for n := p.top; n <= p.bottom && made < mostLinks && b.wires.count > 0; n++ {
			row := b.paid.rows[p.from+n-p.top]
			if line := b.paid.lines[row.first]; !row.wire && line >= 0 {
				made++
				s, to := b.lines.place(int(line))
				if !yield(link{at(n, payNumber), s.of(at(to, insID))}) {
					return
				}
			}
		}
	}
}

// paymentRow fills a row with a payment, or with the subtotal of a wire.
func (b *workbook) paymentRow(i int, cells []cell) {
	row := b.paid.rows[i]
	if row.wire {
		b.wireRow(i, cells)
		return
	}
	p := b.paid.at(row.first)
	cells[payNumber-1] = label(b.paid.number(row.first)).toned(linked)
	cells[payParticipant-1], cells[payName-1] = label(p.Participant), label(p.ParticipantName)
	cells[payDepositary-1], cells[paySeries-1] = label(p.Depositary), label(p.Series)
	cells[payCurrency-1], cells[payDate-1] = label(p.Currency), day(p.Date).aligned(left)
	cells[payAccepted-1] = principal(p.Accepted)
	putCash(cells[payConsideration-1:], &p.Cash, minorUnits(p.Currency), paymentAcross)
}

// putCash sets the cells of the parts of cash and of their total.
func putCash(cells []cell, c *settle.Cash, places int32, across string) {
	cells[0], cells[1], cells[2] = digits(c.Consideration, places), digits(c.EarlyPayment, places), digits(c.AccruedInterest, places)
	total := cells[0]
	x, okX := cells[0].amount.plus(cells[1].amount)
	y, okY := x.plus(cells[2].amount)
	if total.amount = y; !okX || !okY || cells[0].value+cells[1].value+cells[2].value != "" {
		total = total.holding(c.Total())
	}
	cells[3] = total.by(across)
}

var paymentAcross = acrossCash(payConsideration, payInterest)

// acrossCash adds up the cash parts in the cells of the same row.
func acrossCash(from, to int) string { return "SUM(" + letters(from) + "#:" + letters(to) + "#)" }

// wireRow is the subtotal of the payments that go to one participant in one
// currency on one day. Its series is empty: that tells it from a payment.
func (b *workbook) wireRow(i int, cells []cell) {
	row := b.paid.rows[i]
	p, size := b.paid.at(row.first), int(row.end-row.first)
	cells[payNumber-1] = label("Wire")
	cells[payParticipant-1], cells[payName-1] = label(p.Participant), label(p.ParticipantName)
	cells[payDepositary-1], cells[payCurrency-1] = label(p.Depositary), label(p.Currency)
	cells[payDate-1] = day(p.Date).aligned(left)
	var sums paymentSums
	for n := row.first; n < row.end; n++ {
		sums.add(b.paid.at(n))
	}
	sheet, _ := b.wires.place(i)
	for n, amount := range sums.each() {
		col := payAccepted + n
		cells[col-1] = digits(amount, amountPlaces(n, amount, p.Currency)).by(b.wires.span(sheet, i-size, i-1, col))
	}
	for n := range cells {
		cells[n].look.role = inSubtotal
	}
}

// amountPlaces is how many decimals the i-th amount of a payment shows: the
// first is principal, the others are cash.
func amountPlaces(i int, amount decimal.Decimal, currency string) int32 {
	if i == 0 {
		return places(amount)
	}
	return minorUnits(currency)
}

// paymentSums adds up principal and cash.
type paymentSums [4]adder

func (s *paymentSums) add(p *settle.Payment) {
	s[0].add(p.Accepted)
	s[1].add(p.Consideration)
	s[2].add(p.EarlyPayment)
	s[3].add(p.AccruedInterest)
}

// each returns the sums in the order of the columns, the last of the whole cash.
func (s *paymentSums) each() [5]decimal.Decimal {
	accepted, paid := s[0].decimal(), s.cash()
	return [5]decimal.Decimal{accepted, paid.Consideration, paid.EarlyPayment, paid.AccruedInterest, paid.Total()}
}

func (s *paymentSums) cash() settle.Cash {
	return settle.Cash{Consideration: s[1].decimal(), EarlyPayment: s[2].decimal(), AccruedInterest: s[3].decimal()}
}

// sums adds up the payments of a currency.
func (p *payments) sums(currency string) *paymentSums {
	var s paymentSums
	for i := range p.all {
		if p.all[i].Currency == currency {
			s.add(&p.all[i])
		}
	}
	return &s
}

func paidCurrencies(payments []settle.Payment) []string {
	var all []string
	for i := range payments {
		if !slices.Contains(all, payments[i].Currency) {
			all = append(all, payments[i].Currency)
		}
	}
	slices.Sort(all)
	return all
}

// paymentTotal adds up the payments of a currency in a row of a sheet. The
// subtotals between them stay out: they have no series.
func (b *workbook) paymentTotal(currency string, s *sheet, row int) []cell {
	cells := make([]cell, payTotal)
	cells[0], cells[payCurrency-1] = label("Total "+currency), label(currency)
	for i, amount := range b.paid.sums(currency).each() {
		col := payAccepted + i
		cells[col-1] = digits(amount, amountPlaces(i, amount, currency)).by(b.paymentSum(s, col, at(row, payCurrency)))
	}
	return cells
}

// paymentSum adds up a column over the payments in a currency, as seen from a
// sheet.
func (b *workbook) paymentSum(from *sheet, col int, currency string) string {
	return b.wires.over(from, func(address func(int) string) string {
		return "SUMIFS(" + address(col) + "," + address(payCurrency) + "," + currency + "," + address(paySeries) + `,"<>")`
	})
}
