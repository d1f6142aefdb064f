package tender

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// ReportTimes says when a depositary's reports are expected: each day, or each day from
// Monday to Friday, at Hour:Minute by the clock of the depositary.
type ReportTimes struct {
	Weekdays     bool
	Hour, Minute int
}

// reportTimes is how they are written.
var reportTimes = regexp.MustCompile(`^(daily|weekdays) by ([01][0-9]|2[0-3]):([0-5][0-9])$`)

// ParseReportTimes reads "daily by 18:00" or "weekdays by 18:00".
func ParseReportTimes(s string) (ReportTimes, error) {
	parts := reportTimes.FindStringSubmatch(s)
	if parts == nil {
		return ReportTimes{}, fmt.Errorf("%q is neither such as %q nor %q", s, "daily by 18:00", "weekdays by 18:00")
	}
	hour, _ := strconv.Atoi(parts[2]) // both are two digits
	minute, _ := strconv.Atoi(parts[3])
	return ReportTimes{Weekdays: parts[1] == "weekdays", Hour: hour, Minute: minute}, nil
}

// String is how they are written in the terms.
func (t ReportTimes) String() string {
	days := "daily"
	if t.Weekdays {
		days = "weekdays"
	}
	return fmt.Sprintf("%s by %02d:%02d", days, t.Hour, t.Minute)
}

// Last is the newest day whose report must be there at an instant, by the clock of a zone.
func (t ReportTimes) Last(at time.Time, zone *time.Location) Date {
	day := DateOf(at.In(zone))
	for !t.dueBy(day, at, zone) {
		day = DateOf(day.Time().AddDate(0, 0, -1))
	}
	return day
}

// dueBy reports whether a report is expected on a day, and by an instant.
func (t ReportTimes) dueBy(day Date, at time.Time, zone *time.Location) bool {
	if weekday := day.Time().Weekday(); t.Weekdays && (weekday == time.Saturday || weekday == time.Sunday) {
		return false
	}
	return !time.Date(day.Year, day.Month, day.Day, t.Hour, t.Minute, 0, 0, zone).After(at)
}
