package payment

import (
	"fmt"
	"slices"
	"time"

	"tenderbatch/internal/tender"
)

// closed says why the payment systems of a currency are closed on a day, if they are: banks would pay
// on another day. Known are weekends, for the euro the days on which TARGET (T2) is closed, for the
// dollar the holidays of the Federal Reserve Banks.
func closed(at group) []string {
	why := ""
	day := at.date.Time()
	switch weekday := day.Weekday(); {
	case slices.Contains(weekend(at.currency), weekday):
		why = "a " + weekday.String()
	case at.currency == "EUR":
		why = targetHoliday(at.date)
	case at.currency == "USD":
		why = fedHoliday(at.date)
	}
	if why == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s is %s: payments in %s are not made on that day; ask the bank on which day it would "+
		"pay", at.date, why, at.currency)}
}

// weekend are the days of the week on which payments in a currency are not made.
func weekend(currency string) []time.Weekday {
	switch currency {
	case "BHD", "DZD", "EGP", "IQD", "JOD", "KWD", "LYD", "OMR", "QAR", "SAR":
		return []time.Weekday{time.Friday, time.Saturday}
	case "ILS", "NPR": // banks work on Sunday
		return []time.Weekday{time.Saturday}
	}
	return []time.Weekday{time.Saturday, time.Sunday}
}

// targetHoliday names the day on which TARGET is closed, "" if it is open.
func targetHoliday(d tender.Date) string {
	easter := easterOf(d.Year)
	switch day := d.Time(); {
	case d.Month == time.January && d.Day == 1:
		return "New Year's Day, on which TARGET is closed"
	case day.Equal(easter.AddDate(0, 0, -2)):
		return "Good Friday, on which TARGET is closed"
	case day.Equal(easter.AddDate(0, 0, 1)):
		return "Easter Monday, on which TARGET is closed"
	case d.Month == time.May && d.Day == 1:
		return "Labour Day, on which TARGET is closed"
	case d.Month == time.December && (d.Day == 25 || d.Day == 26):
		return "Christmas, on which TARGET is closed"
	}
	return ""
}

// fedHoliday names the holiday of the Federal Reserve Banks, "" for none. One of a fixed day that
// falls on a Sunday is kept on Monday; on a Saturday it is not kept on another day.
func fedHoliday(d tender.Date) string {
	fixed := []struct {
		month time.Month
		day   int
		since int
		name  string
	}{
		{time.January, 1, 0, "New Year's Day"}, {time.June, 19, 2022, "Juneteenth"}, {time.July, 4, 0, "Independence Day"},
		{time.November, 11, 0, "Veterans Day"}, {time.December, 25, 0, "Christmas Day"},
	}
	for _, h := range fixed {
		kept := time.Date(d.Year, h.month, h.day, 0, 0, 0, 0, time.UTC)
		if kept.Weekday() == time.Sunday {
			kept = kept.AddDate(0, 0, 1)
		}
		if d.Year >= h.since && d.Time().Equal(kept) {
			return h.name + ", a holiday of the Federal Reserve"
		}
	}
	weekday, nth := d.Time().Weekday(), (d.Day-1)/7+1
	moving := []struct {
		month   time.Month
		weekday time.Weekday
		nth     int
		name    string
	}{
		{time.January, time.Monday, 3, "Martin Luther King Day"}, {time.February, time.Monday, 3, "Presidents' Day"},
		{time.September, time.Monday, 1, "Labor Day"}, {time.October, time.Monday, 2, "Columbus Day"},
		{time.November, time.Thursday, 4, "Thanksgiving Day"},
	}
	for _, h := range moving {
		if d.Month == h.month && weekday == h.weekday && nth == h.nth {
			return h.name + ", a holiday of the Federal Reserve"
		}
	}
	if d.Month == time.May && weekday == time.Monday && d.Day > 24 {
		return "Memorial Day, a holiday of the Federal Reserve"
	}
	return ""
}

// easterOf is Easter Sunday of a year by the Gregorian calendar (the computation of Meeus and Jones).
func easterOf(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	n := h + l - 7*((a+11*h+22*l)/451) + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
