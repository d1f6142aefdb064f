package tender

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Retention says for how long after the final settlement things are kept; zero ages are for ever.
type Retention struct {
	Runs  Age // runs that are neither in force nor the latest
	Files Age // files as they came, packed, and files in quarantine

	Holders Age // names of holders, and the reports that have them
}

// Age is a length of time in days, months or years, such as 90d, 18m or 10y. The zero Age is for ever.
type Age struct {
	Count int
	Unit  byte // d, m or y
}

// ParseAge reads an age.
func ParseAge(s string) (Age, error) {
	unit := strings.TrimLeft(s, "0123456789")
	n, err := strconv.Atoi(strings.TrimSuffix(s, unit))
	if err != nil || n < 1 || n > 9999 || (unit != "d" && unit != "m" && unit != "y") {
		return Age{}, fmt.Errorf("%q is not a length of time; write days, months or years, such as 90d, 18m or 10y", s)
	}
	return Age{Count: n, Unit: unit[0]}, nil
}

// IsZero reports whether it is for ever.
func (a Age) IsZero() bool { return a.Count == 0 }

// String is the age as it is written.
func (a Age) String() string {
	if a.IsZero() {
		return "for ever"
	}
	return strconv.Itoa(a.Count) + string(a.Unit)
}

// EndsAfter is the instant at which the age has passed since the end of a day.
func (a Age) EndsAfter(day Date, zone *time.Location) time.Time {
	years, months, days := 0, 0, 1
	switch a.Unit {
	case 'y':
		years = a.Count
	case 'm':
		months = a.Count
	default:
		days += a.Count
	}
	return time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, zone).AddDate(years, months, days)
}
