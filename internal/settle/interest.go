package settle

import (
	"fmt"
	"math/big"

	"tenderbatch/internal/tender"
)

// AccruedInterest returns the interest that has accrued on one unit of principal
// from and including the last interest date to but excluding the settlement
// date (R13), exactly, each day at the coupon in force on it. It is an error if
// the settlement date is the earlier one.
func AccruedInterest(i tender.Interest, settlement tender.Date) (*big.Rat, error) {
	return accrual{i, anchorOf(i)}.until(settlement)
}

// accrual is interest as it accrues, with the anchor from which its payment
// dates are counted: they keep the anchor's day of the month.
type accrual struct {
	tender.Interest
	anchor tender.Date
}

// anchorOf is the payment date that the terms give.
func anchorOf(i tender.Interest) tender.Date {
	if !i.FirstPayment.IsZero() {
		return i.FirstPayment
	}
	return i.LastPaid
}

func (i accrual) until(settlement tender.Date) (*big.Rat, error) {
	sum := new(big.Rat)
	if i.Coupon.IsZero() && len(i.Steps) == 0 {
		return sum, nil
	}
	if settlement.Before(i.LastPaid) {
		return nil, fmt.Errorf("settlement on %s is before the last interest date, %s", settlement, i.LastPaid)
	}
	if !i.AccretesUntil.IsZero() {
		if settlement.Before(i.AccretesUntil) {
			return sum, nil
		}
		i.LastPaid = i.LastPaid.Later(i.AccretesUntil)
	}
	for _, s := range i.spans(settlement) {
		start, err := i.yearFraction(s.from)
		if err != nil {
			return nil, err
		}
		end, err := i.yearFraction(s.to)
		if err != nil {
			return nil, err
		}
		years := end.Sub(end, start)
		perYear := new(big.Rat).Quo(s.coupon, big.NewRat(100, 1))
		sum.Add(sum, years.Mul(years, perYear))
	}
	return sum, nil
}

// endOfMonth reports whether payments are on the last day of their months: the
// anchor is such a day, and the terms do not say that the day stays the same.
func (i accrual) endOfMonth() bool { return !i.FixedDay && i.anchor.LastOfMonth() }

// paymentDates are the regular interest dates after one day up to and including
// another; none if the terms do not say how often interest is paid.
func (i accrual) paymentDates(after, until tender.Date) []tender.Date {
	if i.Frequency <= 0 || 12%i.Frequency != 0 {
		return nil
	}
	n := 0
	if i.FirstPayment.IsZero() {
		n = 1 // the anchor itself was paid
	}
	var dates []tender.Date
	for ; ; n++ {
		date := i.payment(n)
		if until.Before(date) {
			return dates
		}
		if after.Before(date) {
			dates = append(dates, date)
		}
	}
}

// payment is the n-th payment date from the anchor, also back from it.
func (i accrual) payment(n int) tender.Date {
	return i.anchor.AddMonths(n*12/i.Frequency, i.endOfMonth())
}

// span is some days of the accrual at one coupon.
type span struct {
	from, to tender.Date
	coupon   *big.Rat // percent a year
}

// spans divides the accrual at the steps of the coupon.
func (i accrual) spans(settlement tender.Date) []span {
	all := []span{{from: i.LastPaid, to: settlement, coupon: i.Coupon.Rat()}}
	for _, step := range i.Steps {
		last := &all[len(all)-1]
		switch {
		case !step.From.Before(settlement):
			return all
		case !last.from.Before(step.From): // in force from the start
			last.coupon = step.Coupon.Rat()
		default:
			last.to = step.From
			all = append(all, span{from: step.From, to: settlement, coupon: step.Coupon.Rat()})
		}
	}
	return all
}

// yearFraction is the time from the last interest date to a day, in years by the
// day count.
func (i accrual) yearFraction(to tender.Date) (*big.Rat, error) {
	days := int64(i.LastPaid.DaysUntil(to))
	switch i.DayCount {
	case tender.Thirty360:
		return big.NewRat(int64(i.LastPaid.Days360Until(to, i.endOfMonth())), 360), nil
	case tender.Act360:
		return big.NewRat(days, 360), nil
	case tender.Act365F:
		return big.NewRat(days, 365), nil
	case tender.ActActICMA:
		return i.icmaFraction(to)
	}
	return nil, fmt.Errorf("day count %q is not known", i.DayCount)
}

// icmaFraction is the accrual by ICMA's rule 251: in each coupon period the days
// accrued over the days of the period times the periods of a year. A first
// period that is longer or shorter than the others is divided at the payment
// dates that would have been, counted back from the first one.
func (i accrual) icmaFraction(to tender.Date) (*big.Rat, error) {
	if i.Frequency <= 0 || 12%i.Frequency != 0 {
		return nil, fmt.Errorf("day count %s needs the number of interest payments a year, not %d", i.DayCount, i.Frequency)
	}
	n := 0
	for i.LastPaid.Before(i.payment(n)) {
		n--
	}
	sum := new(big.Rat)
	for ; i.payment(n).Before(to); n++ {
		start, end := i.payment(n), i.payment(n+1)
		accrued := start.Later(i.LastPaid).DaysUntil(end.Earlier(to))
		if accrued > 0 {
			sum.Add(sum, big.NewRat(int64(accrued), int64(start.DaysUntil(end)*i.Frequency)))
		}
	}
	return sum, nil
}
