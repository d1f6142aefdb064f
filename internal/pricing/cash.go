package pricing

import (
	"fmt"
	"math/big"
	"slices"

	"tenderbatch/internal/tender"
)

// Exponent is for how many interest periods a payment is discounted: whole periods, for a payment
// between two interest dates a part of another, less the part of the running period that has passed.
type Exponent struct {
	Periods          int // k of the formula
	StubDays, StubOf int // days from an interest date to the payment, of those of its period
	Days, Of         int // S and E of the formula
}

// String is the exponent as it is computed, such as 3 + 150/180 - 15/180.
func (e Exponent) String() string {
	text := fmt.Sprint(e.Periods)
	if e.StubDays != 0 {
		text += fmt.Sprintf(" + %d/%d", e.StubDays, e.StubOf)
	}
	if e.Days != 0 {
		text += fmt.Sprintf(" - %d/%d", e.Days, e.Of)
	}
	return text
}

// Rat is the exponent as one fraction.
func (e Exponent) Rat() *big.Rat {
	sum := big.NewRat(int64(e.Periods), 1)
	for _, part := range [][2]int{{e.StubDays, e.StubOf}, {-e.Days, e.Of}} {
		if part[0] != 0 {
			sum.Add(sum, big.NewRat(int64(part[0]), int64(part[1])))
		}
	}
	return sum
}

// cash is one payment of a note.
type cash struct {
	date                tender.Date
	interest, principal *big.Rat
	exponent            Exponent
}

func (c cash) amount() *big.Rat { return new(big.Rat).Add(c.interest, c.principal) }

// stream is what a note still pays up to its horizon, and how it is discounted.
type stream struct {
	payments  []cash // by date, at least one
	accrued   Accrual
	interest  *big.Rat // accrued, on the principal of the price
	frequency int
	simple    bool // the one payment left is discounted by simple interest
}

// Accrual is the interest accrued on a settlement date.
type Accrual struct {
	From    tender.Date // the last interest date, or the day from which interest accrues at first
	Days    int         // to the settlement date, by the day count
	PerUnit *big.Rat    // on one unit of principal, exactly
}

// AccruedInterest is the interest from and including the last interest date to but excluding the
// settlement date, each day at the coupon in force on it.
func AccruedInterest(n Note, settlement tender.Date) (Accrual, error) {
	if err := n.check(settlement); err != nil {
		return Accrual{}, err
	}
	return n.accrual(calendarOf(&n), settlement), nil
}

func (n *Note) accrual(c calendar, settlement tender.Date) Accrual {
	from := c.date(c.find(settlement).periods)
	if n.inFirstPeriod(settlement) {
		from = n.LastPaid
	}
	return Accrual{From: from, Days: c.days(from, settlement), PerUnit: n.accrued(c, from, settlement)}
}

// streamTo is what a note that was checked pays per so much principal, from the settlement to a
// horizon after it.
func (n *Note) streamTo(settlement, horizon tender.Date, final tender.FinalPeriod, per int) stream {
	c := calendarOf(n)
	now, principal := c.find(settlement), big.NewRat(int64(per), 1)
	s := stream{accrued: n.accrual(c, settlement), frequency: n.Frequency}
	s.interest = new(big.Rat).Mul(s.accrued.PerUnit, principal)
	s.simple = final == tender.Simple && !c.date(now.periods-1).Before(horizon)

	next := now.periods - 1
	if n.inFirstPeriod(settlement) {
		next = c.find(n.FirstPayment).periods
	}
	pay := func(from, to tender.Date, repaid *big.Rat) {
		at := c.find(to)
		s.payments = append(s.payments, cash{
			date: to, principal: repaid,
			interest: new(big.Rat).Mul(n.payment(c, from, to), principal),
			exponent: Exponent{now.periods - at.periods, at.days, at.of, now.days, now.of},
		})
	}
	from := s.accrued.From
	for date := c.date(next); date.Before(horizon); date = c.date(next) {
		pay(from, date, new(big.Rat))
		from = date
		next--
	}
	pay(from, horizon, principal)
	s.payments = slices.DeleteFunc(s.payments, func(p cash) bool { return p.amount().Sign() == 0 })
	return s
}
