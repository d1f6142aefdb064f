package tender

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Date is a day of the calendar, without a time or a zone. The zero Date means
// that no date is given.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateForm is the pattern of a date as 2004-11-12, of the years an offer can be in.
const DateForm = `^(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$`

var dateForm = regexp.MustCompile(DateForm)

// ParseDate reads a date written as 2004-11-12, from 1900 to 2999.
func ParseDate(s string) (Date, error) {
	if !dateForm.MatchString(s) {
		return Date{}, fmt.Errorf("%q is not a date; write it as 2004-11-12", s)
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not in the calendar; correct the day, the month or the year", s)
	}
	return DateOf(t), nil
}

// DateOf returns the date that t shows in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether no date is given.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as 2004-11-12, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	b := make([]byte, 0, len("2004-11-12"))
	for i, part := range [...]struct{ value, digits int }{{d.Year, 4}, {int(d.Month), 2}, {d.Day, 2}} {
		if i > 0 {
			b = append(b, '-')
		}
		for digits := len(strconv.Itoa(part.value)); digits < part.digits; digits++ {
			b = append(b, '0')
		}
		b = strconv.AppendInt(b, int64(part.value), 10)
	}
	return string(b)
}

// Time returns midnight UTC at the start of the date, for spreadsheets and for
// counting days; it is no instant of the offer.
func (d Date) Time() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Time().Before(e.Time()) }

// Compare is below zero if d is the earlier day, and above if it is the later.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Later is the later of two days.
func (d Date) Later(e Date) Date {
	if d.Before(e) {
		return e
	}
	return d
}

// Earlier is the earlier of two days.
func (d Date) Earlier(e Date) Date {
	if e.Before(d) {
		return e
	}
	return d
}

// DaysUntil returns the number of calendar days from d to e, negative if e is
// earlier.
func (d Date) DaysUntil(e Date) int {
	return int(e.Time().Sub(d.Time()) / (24 * time.Hour))
}

// WorkingDaysUntil counts the days after d and up to another that are neither Saturday nor
// Sunday, and no further than most.
func (d Date) WorkingDaysUntil(e Date, most int) (n int) {
	for at := d.Time().AddDate(0, 0, 1); !at.After(e.Time()) && n < most; at = at.AddDate(0, 0, 1) {
		if day := at.Weekday(); day != time.Saturday && day != time.Sunday {
			n++
		}
	}
	return n
}

// LastOfMonth reports whether d is the last day of its month.
func (d Date) LastOfMonth() bool { return d.Time().AddDate(0, 0, 1).Day() == 1 }

// AddMonths is the same day some months later, or earlier if they are below zero; the last day of that
// month if it is shorter or if monthEnds says that payments are on last days.
func (d Date) AddMonths(months int, monthEnds bool) Date {
	first := time.Date(d.Year, d.Month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	day := min(d.Day, last)
	if monthEnds {
		day = last
	}
	return Date{Year: first.Year(), Month: first.Month(), Day: day}
}

// Days360Until counts the days from d to e in months of 30 days, by the US bond basis (SIFMA's
// Standard Securities Calculation Methods): for notes that pay on last days of months, the end of
// February counts as the 30th, at the end only if the start is such a day, too; the 31st counts
// as the 30th at the start, and at the end if the start is the 30th.
func (d Date) Days360Until(e Date, monthEnds bool) int {
	from, to := d.Day, e.Day
	endOfFebruary := func(x Date) bool { return x.Month == time.February && x.LastOfMonth() }
	if monthEnds && endOfFebruary(d) {
		if endOfFebruary(e) {
			to = 30
		}
		from = 30
	}
	if to == 31 && from >= 30 {
		to = 30
	}
	if from == 31 {
		from = 30
	}
	return 360*(e.Year-d.Year) + 30*int(e.Month-d.Month) + to - from
}

// Boundary says on which side of a cut-off an instruction falls that is stamped
// exactly at it (R1).
type Boundary string

// The two boundaries. Issuers write "prior to 5:00 p.m." for Before and "at or
// prior to 5:00 p.m." for AtOrBefore.
const (
	Before     Boundary = "before"
	AtOrBefore Boundary = "at_or_before"
)

// CutOff is an instant up to which something counts. The zero CutOff means that
// there is none.
type CutOff struct {
	At       time.Time
	Boundary Boundary
}

// IsZero reports whether there is no such cut-off.
func (c CutOff) IsZero() bool { return c.At.IsZero() }

// Met reports whether something stamped t is in time. Nothing is in time for
// the zero CutOff.
func (c CutOff) Met(t time.Time) bool {
	if c.IsZero() {
		return false
	}
	if c.Boundary == AtOrBefore {
		return !t.After(c.At)
	}
	return t.Before(c.At)
}
