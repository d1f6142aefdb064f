package pricing

import (
	"math/big"

	"tenderbatch/internal/tender"
)

// monthsOfYear divided by the payments a year is the months of an interest period.
const monthsOfYear = 12

// calendar is the regular interest dates of a note, counted back from its maturity.
type calendar struct {
	maturity  tender.Date
	frequency int
	monthEnds bool // on the last days of their months
	dayCount  tender.DayCount
}

// calendarOf is the calendar of a note that was checked.
func calendarOf(n *Note) calendar {
	return calendar{
		maturity:  n.Maturity,
		frequency: n.Frequency,
		monthEnds: !n.FixedDay && n.Maturity.LastOfMonth(),
		dayCount:  n.DayCount,
	}
}

// date is the regular interest date so many periods before the maturity: the same day of the month,
// or the last one if the month is shorter or if interest is paid on last days.
func (c calendar) date(periods int) tender.Date {
	return c.maturity.AddMonths(-periods*monthsOfYear/c.frequency, c.monthEnds)
}

// place is a day by the calendar: so many days after the regular interest date that is so many
// periods before the maturity.
type place struct {
	periods int
	days    int
	of      int // days of the period in which the day is
}

// regular reports whether the day is a regular interest date.
func (p place) regular() bool { return p.days == 0 }

// find is the place of a day that is not after the maturity.
func (c calendar) find(d tender.Date) place {
	months := monthsOfYear*(c.maturity.Year-d.Year) + int(c.maturity.Month-d.Month)
	n := months * c.frequency / monthsOfYear // the date before the maturity by n-1 periods is in a later month
	if d.Before(c.date(n)) {
		n++
	}
	start := c.date(n)
	p := place{periods: n, days: c.days(start, d), of: 360 / c.frequency}
	if c.dayCount == tender.ActActICMA {
		p.of = start.DaysUntil(c.date(n - 1))
	}
	return p
}

// days counts the days from one date to another by the day count.
func (c calendar) days(from, to tender.Date) int {
	if c.dayCount == tender.ActActICMA {
		return from.DaysUntil(to)
	}
	return from.Days360Until(to, c.monthEnds)
}

// years is the time from one day to another in years. By ACT/ACT a time over several periods
// is divided at the regular interest dates (ICMA's rule 251).
func (c calendar) years(from, to tender.Date) *big.Rat {
	if c.dayCount == tender.ActActICMA {
		a, b := c.find(from), c.find(to)
		periods := big.NewRat(int64(a.periods-b.periods), 1)
		periods.Add(periods, big.NewRat(int64(b.days), int64(b.of)))
		periods.Sub(periods, big.NewRat(int64(a.days), int64(a.of)))
		return periods.Quo(periods, big.NewRat(int64(c.frequency), 1))
	}
	return big.NewRat(int64(from.Days360Until(to, c.monthEnds)), 360)
}
