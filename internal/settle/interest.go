package settle

import (
	"fmt"
	"math/big"
	"time"

	"tenderbatch/internal/tender"
)

// AccruedInterest returns the interest that has accrued on one unit of principal
// from and including the last interest date to but excluding the settlement
// date (R13), exactly. It is an error if the settlement date is the earlier one.
func AccruedInterest(i tender.Interest, settlement tender.Date) (*big.Rat, error) {
	if i.Coupon.IsZero() {
		return new(big.Rat), nil
	}
	if settlement.Before(i.LastPaid) {
		return nil, fmt.Errorf("settlement on %s is before the last interest date, %s", settlement, i.LastPaid)
	}
	years, err := yearFraction(i, settlement)
	if err != nil {
		return nil, err
	}
	perYear := new(big.Rat).Quo(i.Coupon.Rat(), big.NewRat(100, 1))
	return perYear.Mul(perYear, years), nil
}

// yearFraction is the length of the accrual in years by the day count.
func yearFraction(i tender.Interest, to tender.Date) (*big.Rat, error) {
	days := int64(i.LastPaid.DaysUntil(to))
	switch i.DayCount {
	case tender.Thirty360:
		return big.NewRat(days30360(i.LastPaid, to), 360), nil
	case tender.Act360:
		return big.NewRat(days, 360), nil
	case tender.Act365F:
		return big.NewRat(days, 365), nil
	case tender.ActActICMA:
		return icmaFraction(i, to)
	}
	return nil, fmt.Errorf("day count %q is not known", i.DayCount)
}

// days30360 counts the days from one date to another in months of 30 days, by
// the US bond basis (SIFMA's Standard Securities Calculation Methods): a period
// that starts on the last day of February starts on its 30th, and ends on the
// 30th if it ends on such a day too; the 31st counts as the 30th at the start,
// and at the end if the start is the 30th.
func days30360(from, to tender.Date) int64 {
	d1, d2 := from.Day, to.Day
	if endOfFebruary(from) {
		if endOfFebruary(to) {
			d2 = 30
		}
		d1 = 30
	}
	if d2 == 31 && d1 >= 30 {
		d2 = 30
	}
	if d1 == 31 {
		d1 = 30
	}
	return int64(360*(to.Year-from.Year) + 30*(int(to.Month)-int(from.Month)) + d2 - d1)
}

func endOfFebruary(d tender.Date) bool {
	return d.Month == time.February && d.Time().AddDate(0, 0, 1).Day() == 1
}

// icmaFraction is the accrual by ICMA's rule 251: the days accrued over the days
// of the coupon period they lie in times the coupons of a year, period by
// period.
func icmaFraction(i tender.Interest, to tender.Date) (*big.Rat, error) {
	if i.Frequency <= 0 || 12%i.Frequency != 0 {
		return nil, fmt.Errorf("day count %s needs the number of interest payments a year, not %d", i.DayCount, i.Frequency)
	}
	months, sum := 12/i.Frequency, new(big.Rat)
	for n := 1; ; n++ {
		start, end := addMonths(i.LastPaid, months*(n-1)), addMonths(i.LastPaid, months*n)
		if !end.Before(to) {
			part := big.NewRat(int64(start.DaysUntil(to)), int64(start.DaysUntil(end)*i.Frequency))
			return sum.Add(sum, part), nil
		}
		sum.Add(sum, big.NewRat(1, int64(i.Frequency)))
	}
}

// addMonths is the same day some months later, or the last day of that month if
// it is shorter. The end of a month stays the end.
func addMonths(d tender.Date, months int) tender.Date {
	last := func(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }
	first := time.Date(d.Year, d.Month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	day := min(d.Day, last(first.Year(), first.Month()))
	if d.Day == last(d.Year, d.Month) {
		day = last(first.Year(), first.Month())
	}
	return tender.Date{Year: first.Year(), Month: first.Month(), Day: day}
}
