package export

import (
	"cmp"
	"slices"
	"strconv"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// payments are the payments of a run in the order of their wires: all that one
// participant gets in one currency on one day is wired together. Positions in
// that order give the payments their numbers.
type payments struct {
	all    []settle.Payment
	order  []int32  // positions in all
	rows   []payRow // of the sheet
	ofLine []int32  // of each line of the book; -1 where nothing is paid
	lines  []int32  // the first line of each payment; -1 if it has none
	digits int      // of a number
}

// payRow is a row of Payments: a payment, or after the payments of a wire their
// subtotal.
type payRow struct {
	first, end int32 // in the order; a payment is alone
	wire       bool
}

// at is the payment at a position in the order.
func (p *payments) at(i int32) *settle.Payment { return &p.all[p.order[i]] }

// number is the number of the payment at a position in the order.
func (p *payments) number(i int32) string {
	number := [...]byte{'P', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0'}
	for at := p.digits; at > 0; at-- {
		number[at] = byte('0' + (i+1)/int32(tens[p.digits-at])%10)
	}
	return string(number[:p.digits+1])
}

func newPayments(r *Run) payments {
	p := payments{all: r.Settlement.Payments, digits: len(strconv.Itoa(len(r.Settlement.Payments)))}
	p.order = make([]int32, len(p.all))
	for i := range p.order {
		p.order[i] = int32(i)
	}
	slices.SortStableFunc(p.order, func(x, y int32) int { return comparePayments(&p.all[x], &p.all[y]) })
	p.findWires()
	p.findLines(r)
	return p
}

func comparePayments(x, y *settle.Payment) int {
	return cmp.Or(
		cmp.Compare(x.Participant, y.Participant),
		cmp.Compare(x.ParticipantName, y.ParticipantName),
		cmp.Compare(x.Depositary, y.Depositary),
		cmp.Compare(x.Currency, y.Currency),
		compareDates(x.Date, y.Date))
}

func compareDates(x, y tender.Date) int {
	return cmp.Or(cmp.Compare(x.Year, y.Year), cmp.Compare(x.Month, y.Month), cmp.Compare(x.Day, y.Day))
}

func (p *payments) findWires() {
	for first := int32(0); int(first) < len(p.order); {
		end := first
		for int(end) < len(p.order) && comparePayments(p.at(first), p.at(end)) == 0 {
			p.rows = append(p.rows, payRow{first: end, end: end + 1})
			end++
		}
		p.rows = append(p.rows, payRow{first: first, end: end, wire: true})
		first = end
	}
}

// findLines finds the payment of each line: that of its depositary, participant,
// series and day.
func (p *payments) findLines(r *Run) {
	byKey := make([]int32, len(p.order))
	for i := range byKey {
		byKey[i] = int32(i)
	}
	slices.SortFunc(byKey, func(x, y int32) int {
		a := p.at(x)
		return -compareKeys(p.at(y), a.Depositary, a.Participant, a.Series, a.Date)
	})
	p.ofLine, p.lines = make([]int32, len(r.Book.Lines)), slices.Repeat([]int32{-1}, len(p.order))
	for i := range p.ofLine {
		l := &r.Book.Lines[i]
		p.ofLine[i] = -1
		if r.Allocation.Lines[i].Accepted.IsZero() {
			continue
		}
		if n, ok := slices.BinarySearchFunc(byKey, l, func(at int32, l *tender.Line) int {
			return compareKeys(p.at(at), l.Depositary, l.Participant, l.Series, r.Settlement.Lines[i].Date)
		}); ok {
			p.ofLine[i] = byKey[n]
			if first := &p.lines[byKey[n]]; *first < 0 {
				*first = int32(i)
			}
		}
	}
}

func compareKeys(p *settle.Payment, depositary, participant, series string, date tender.Date) int {
	return cmp.Or(
		cmp.Compare(p.Participant, participant),
		cmp.Compare(p.Series, series),
		cmp.Compare(p.Depositary, depositary),
		compareDates(p.Date, date))
}
