package inbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// The forms of a date in the name of a report. Each must stand apart from other digits.
var (
	yearFirst       = regexp.MustCompile(`(?:^|[^0-9])((\d{4})([-_.]?)(\d{2})([-_.]?)(\d{2}))(?:[^0-9]|$)`)                      // 2004-11-12, 20041112, 2004_11_12
	yearLast        = regexp.MustCompile(`(?:^|[^0-9])((\d{2})([-_.]?)(\d{2})([-_.]?)(\d{4}))(?:[^0-9]|$)`)                      // 12112004, 12.11.2004, 11-12-2004
	dayFirstNamed   = regexp.MustCompile(`(?i)(?:^|[^0-9])((\d{1,2})([-_. ]?)` + monthWord + `([-_. ]?)(\d{4}))(?:[^0-9]|$)`)    // 12-Nov-2004, 12Nov2004
	monthFirstNamed = regexp.MustCompile(`(?i)(?:^|[^a-z])(` + monthWord + `([-_. ]?)(\d{1,2})(,? ?|[-_.])(\d{4}))(?:[^0-9]|$)`) // Nov-12-2004, November 12, 2004
	monthWord       = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
)

// timeInName is the time of day that may stand behind a date, such as T1730, -1730 or
// T173000.
var timeInName = regexp.MustCompile(`^[T_-](\d{2})[-:h]?(\d{2})(?:[-:]?(\d{2}))?(?:[^0-9]|$)`)

// latestYear is after the year of any date of which the year comes last: other
// numbers of eight digits are no dates.
const latestYear = 2099

// nameDate is a date in a name: one day, or two where day and month could
// be exchanged.
type nameDate struct {
	text, behind string
	readings     []tender.Date
}

// nameDates are the dates in a name. Those of which year or month cannot be mistaken
// come first; only where there are none, digits with the year at the end are looked at.
func nameDates(name string) []nameDate {
	found := datesOf(name, yearFirst, func(m []string) []tender.Date {
		if m[3] != m[5] {
			return nil
		}
		return realDates(9999, tender.Date{Year: values.Whole(m[2]), Month: time.Month(values.Whole(m[4])),
			Day: values.Whole(m[6])})
	})
	found = append(found, datesOf(name, dayFirstNamed, func(m []string) []tender.Date {
		return realDates(latestYear, tender.Date{Year: values.Whole(m[6]), Month: values.MonthNamed(m[4]),
			Day: values.Whole(m[2])})
	})...)
	found = append(found, datesOf(name, monthFirstNamed, func(m []string) []tender.Date {
		return realDates(latestYear, tender.Date{Year: values.Whole(m[6]), Month: values.MonthNamed(m[2]),
			Day: values.Whole(m[4])})
	})...)
	if len(found) > 0 {
		return found
	}
	return datesOf(name, yearLast, func(m []string) []tender.Date {
		if m[3] != m[5] {
			return nil
		}
		a, b, year := values.Whole(m[2]), values.Whole(m[4]), values.Whole(m[6])
		return realDates(latestYear, tender.Date{Year: year, Month: time.Month(b), Day: a},
			tender.Date{Year: year, Month: time.Month(a), Day: b})
	})
}

// datesOf are the dates of one form in a name. m holds the parts of a match.
func datesOf(name string, form *regexp.Regexp, read func(m []string) []tender.Date) (found []nameDate) {
	for rest := name; ; {
		at := form.FindStringSubmatchIndex(rest)
		if at == nil {
			return found
		}
		m := form.FindStringSubmatch(rest)
		rest = rest[at[3]:]
		if days := read(m); len(days) > 0 {
			found = append(found, nameDate{m[1], rest, days})
		}
	}
}

// realDates are the days among some that the calendar has, each once.
func realDates(latest int, days ...tender.Date) (real []tender.Date) {
	for _, d := range days {
		if d.Year >= 1900 && d.Year <= latest && d.Month >= 1 && d.Month <= 12 && tender.DateOf(d.Time()) == d &&
			!slices.Contains(real, d) {
			real = append(real, d)
		}
	}
	return real
}

// nameTime is the time in a file name, on the clocks of the zone, and
// whether it has one. A date alone means the end of that day. Two dates are an
// error, and so is one that can be read in two ways.
func nameTime(name string, zone *time.Location) (at time.Time, dated bool, err error) {
	found := nameDates(name)
	if len(found) == 0 {
		return time.Time{}, false, nil
	}
	if len(found) > 1 {
		return time.Time{}, false, errors.New("the name carries two dates")
	}
	date := found[0].readings[0]
	if len(found[0].readings) > 1 {
		return time.Time{}, false, fmt.Errorf("the date in the name, %s, can be read as %s or as %s", found[0].text, date,
			found[0].readings[1])
	}
	m := timeInName.FindStringSubmatch(found[0].behind)
	if m == nil {
		return time.Date(date.Year, date.Month, date.Day+1, 0, 0, 0, 0, zone), true, nil
	}
	at, err = values.WallInstant(date.Year, int(date.Month), date.Day, values.Whole(m[1]), values.Whole(m[2]),
		values.Whole("0"+m[3]), 0, zone)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("the time in the name cannot be used: %w", err)
	}
	return at, true, nil
}
