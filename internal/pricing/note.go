package pricing

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Note is what is priced: the terms of its interest, and when it is repaid. The regular interest
// dates follow from Maturity and Frequency; LastPaid and FirstPayment are needed only in the first
// period, and are otherwise compared with them where they are given.
type Note struct {
	tender.Interest
	Maturity tender.Date
	ParCall  tender.Date // from it the note can be called at par; zero: it cannot
}

// mostPercent is above every coupon and every yield that was ever agreed.
const mostPercent = 1000

// mostPayments are those of a hundred years, by the month.
const mostPayments = 1200

// check is an error for a note that cannot be priced on a settlement date.
func (n *Note) check(settlement tender.Date) error {
	if err := first(
		known("frequency", n.Frequency, 1, 2, 4, 12),
		known("day_count", n.DayCount, tender.Thirty360, tender.ActActICMA),
		between("coupon", n.Coupon, 0, mostPercent),
		dateGiven("maturity", n.Maturity), dateGiven("settlement", settlement),
		dateIfGiven("par_call", n.ParCall), dateIfGiven("last_paid", n.LastPaid),
		dateIfGiven("first_payment", n.FirstPayment), dateIfGiven("accretes_until", n.AccretesUntil),
	); err != nil {
		return err
	}
	for i, step := range n.Steps {
		key := fmt.Sprintf("steps[%d]", i)
		if err := first(dateGiven(key, step.From), between(key, step.Coupon, 0, mostPercent)); err != nil {
			return err
		}
		if i > 0 && !n.Steps[i-1].From.Before(step.From) {
			return fault(Contradiction, key, "list the steps from the oldest to the newest",
				"%s is not after the step before it, %s", step.From, n.Steps[i-1].From)
		}
	}
	return n.checkDates(settlement)
}

// checkDates is an error for dates that exclude each other.
func (n *Note) checkDates(settlement tender.Date) error {
	switch {
	case !settlement.Before(n.Maturity):
		return fault(Contradiction, "settlement", "correct the settlement date or the maturity",
			"%s is not before the maturity, %s", settlement, n.Maturity)
	case n.Maturity.Before(n.ParCall):
		return fault(Contradiction, "par_call", "correct one of the dates",
			"%s is after the maturity, %s", n.ParCall, n.Maturity)
	case n.Maturity.Before(n.FirstPayment):
		return fault(Contradiction, "first_payment", "correct one of the dates",
			"%s is after the maturity, %s", n.FirstPayment, n.Maturity)
	case settlement.Before(n.LastPaid):
		return fault(Contradiction, "last_paid", "write the last interest date before the settlement",
			"%s is after the settlement, %s", n.LastPaid, settlement)
	}
	if err := n.CheckInterestDates(); err != nil {
		return err
	}
	c := calendarOf(n)
	if c.find(settlement).periods > mostPayments {
		return fault(OutOfRange, "maturity", "correct the date", "more than %d payments are left", mostPayments)
	}
	if n.inFirstPeriod(settlement) && n.LastPaid.IsZero() {
		return fault(Missing, "last_paid", "state the day from which interest accrues in the first period",
			"the settlement on %s is before the first payment on %s", settlement, n.FirstPayment)
	}
	return nil
}

// CheckInterestDates is an *[Error] if the interest dates that the note is given with are not those that
// follow from its maturity: then interest would be counted in another way than it is paid.
func (n *Note) CheckInterestDates() error {
	if err := first(known("frequency", n.Frequency, 1, 2, 4, 12), dateGiven("maturity", n.Maturity)); err != nil {
		return err
	}
	c := calendarOf(n)
	if err := n.checkParCall(c); err != nil {
		return err
	}
	switch {
	case !n.FirstPayment.IsZero():
		return n.checkAnchor(c, "first_payment", n.FirstPayment)
	case !n.LastPaid.IsZero():
		return n.checkAnchor(c, "last_paid", n.LastPaid)
	}
	return nil
}

// checkParCall is an error for a par call date that is an interest date only if the notes do not pay on
// last days of months: 30 October beside a maturity on 30 April.
func (n *Note) checkParCall(c calendar) error {
	if !c.monthEnds || n.ParCall.IsZero() || n.Maturity.Before(n.ParCall) || n.ParCall.LastOfMonth() {
		return nil
	}
	fixed := c
	fixed.monthEnds = false
	if fixed.find(n.ParCall).regular() {
		return fault(Contradiction, "par_call", "state end_of_month: false, or correct the date",
			"%s is an interest date only if the notes do not pay on last days of months, as the maturity, %s, is one",
			n.ParCall, n.Maturity)
	}
	return nil
}

// checkAnchor is an error for an interest date from which interest is counted in another way than from
// the maturity: the interest that is paid is counted from it, and the price from the maturity.
func (n *Note) checkAnchor(c calendar, key string, anchor tender.Date) error {
	if !c.find(anchor).regular() {
		return fault(Contradiction, key,
			"correct one of the dates, state end_of_month, or in the first period state first_payment",
			"%s is not a whole number of interest periods before the maturity, %s", anchor, n.Maturity)
	}
	monthEnds := !n.FixedDay && anchor.LastOfMonth()
	otherDay := n.DayCount == tender.ActActICMA && !monthEnds && anchor.Day != n.Maturity.Day
	if monthEnds != c.monthEnds || otherDay {
		advice := fmt.Sprintf("state end_of_month: false, or as first_payment the next interest date on a day %d",
			n.Maturity.Day)
		return fault(Contradiction, key, advice,
			"counted from %s, interest is paid on other days than counted from the maturity, %s", anchor, n.Maturity)
	}
	return nil
}

// inFirstPeriod reports whether no interest was paid by the settlement date.
func (n *Note) inFirstPeriod(settlement tender.Date) bool { return settlement.Before(n.FirstPayment) }

// coupons are the coupons of the note, the one in force first.
func (n *Note) coupons() []tender.CouponStep {
	if n.AccretesUntil.IsZero() {
		return append([]tender.CouponStep{{Coupon: n.Coupon}}, n.Steps...)
	}
	all := []tender.CouponStep{{Coupon: decimal.Zero}, {From: n.AccretesUntil, Coupon: n.Coupon}}
	for _, step := range n.Steps {
		if n.AccretesUntil.Before(step.From) {
			all = append(all, step)
		} else {
			all[1].Coupon = step.Coupon
		}
	}
	return all
}

// couponOn is the coupon in force on a day, in percent.
func (n *Note) couponOn(d tender.Date) decimal.Decimal {
	var coupon decimal.Decimal
	for _, step := range n.coupons() {
		if !d.Before(step.From) {
			coupon = step.Coupon
		}
	}
	return coupon
}

// payment is what one unit of principal is paid for an interest period: for a regular one the coupon
// divided by the frequency, whatever its days are.
func (n *Note) payment(c calendar, from, to tender.Date) *big.Rat {
	if start := c.find(from); start.regular() && c.date(start.periods-1) == to {
		return n.earned(c, from, to, big.NewRat(1, int64(c.frequency)))
	}
	return n.accrued(c, from, to)
}

// accrued is what one unit of principal earns from one day to another of an interest period, by the
// day count.
func (n *Note) accrued(c calendar, from, to tender.Date) *big.Rat {
	return n.earned(c, from, to, c.years(from, to))
}

// earned is the interest of some years that end on a day, each day at the coupon in force on it.
func (n *Note) earned(c calendar, from, to tender.Date, years *big.Rat) *big.Rat {
	sum, coupon, since := new(big.Rat), n.couponOn(from), new(big.Rat)
	earn := func(until *big.Rat) {
		part := new(big.Rat).Sub(until, since)
		sum.Add(sum, part.Mul(part, coupon.Rat()))
		since = until
	}
	for _, step := range n.coupons() {
		if from.Before(step.From) && step.From.Before(to) {
			earn(c.years(from, step.From))
			coupon = step.Coupon
		}
	}
	earn(years)
	return sum.Quo(sum, big.NewRat(100, 1))
}
