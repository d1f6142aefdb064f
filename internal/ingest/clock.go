package ingest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// wallInstant is the instant at which the clocks of a zone show the given date
// and time. It is an error if they never show it, because the date does not
// exist or they are put forward over it, or show it twice, because they are put
// back. Hour 24 with nothing after it is the end of the day.
func wallInstant(y, m, d, h, mi, s, ns int, zone *time.Location) (time.Time, error) {
	wanted := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if wanted.Year() != y || int(wanted.Month()) != m || wanted.Day() != d {
		return time.Time{}, fmt.Errorf("there is no %04d-%02d-%02d in the calendar", y, m, d)
	}
	if h < 0 || mi < 0 || mi > 59 || s < 0 || s > 59 || ns < 0 || ns > 999_999_999 || h > 24 || h == 24 && mi+s+ns > 0 {
		return time.Time{}, fmt.Errorf("there is no time of day %02d:%02d:%02d", h, mi, s)
	}
	wanted = wanted.Add(time.Duration(h)*time.Hour + time.Duration(mi)*time.Minute + time.Duration(s)*time.Second + time.Duration(ns))
	shown := instantsShowing(wanted, zone)
	switch len(shown) {
	case 1:
		return shown[0], nil
	case 0:
		return time.Time{}, fmt.Errorf("the clocks of %s never showed %s: they were put forward", zone, tender.WallClock(wanted))
	}
	return time.Time{}, fmt.Errorf("the clocks of %s showed %s twice: they were put back", zone, tender.WallClock(wanted))
}

// instantsShowing lists the instants at which the clocks of a zone show what
// wanted shows in UTC. Zones change their offset by less than a day, so the
// offsets a day before and a day after are the only two that can apply.
func instantsShowing(wanted time.Time, zone *time.Location) []time.Time {
	const aDay = 26 * time.Hour
	_, before := wanted.Add(-aDay).In(zone).Zone()
	_, after := wanted.Add(aDay).In(zone).Zone()
	var shown []time.Time
	for i, offset := range []int{before, after} {
		if i == 1 && after == before {
			break
		}
		t := wanted.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, now := t.Zone(); now == offset {
			shown = append(shown, t)
		}
	}
	return shown
}

// stamp is what a cell says of a time: a date, a time of day, or both, on the
// clocks of a zone.
type stamp struct {
	date     tender.Date // zero: the cell gives none
	hasClock bool
	clock    time.Duration // since midnight on the clock, up to 24 hours
	zone     zoneMark
}

// zoneMark is a zone or an offset written beside a time. The zero zoneMark means
// that there is none.
type zoneMark struct {
	text     string
	location *time.Location // fixed, or the zone that a name such as ET means
	inForce  *time.Location // where the name must be in force, such as EST in New York
}

// moment is the instant of a stamp, in the zone unless it names one itself.
func (s stamp) moment(zone *time.Location) (time.Time, *finding) {
	switch {
	case s.date.IsZero():
		return time.Time{}, &finding{tender.RuleTime, "there is a time of day but no date", "ask the depositary for date and time"}
	case !s.hasClock:
		return time.Time{}, &finding{tender.RuleNoTimeOfDay, "there is a date but no time of day",
			"ask the depositary for the time; midnight is written 2004-11-12 00:00, as text"}
	}
	return s.instant(zone)
}

// instant is the instant of a stamp that has both a date and a time of day, in
// the zone unless the stamp names one.
func (s stamp) instant(zone *time.Location) (time.Time, *finding) {
	if s.zone.location != nil {
		zone = s.zone.location
	}
	c := s.clock
	h, mi, sec := int(c/time.Hour), int(c%time.Hour/time.Minute), int(c%time.Minute/time.Second)
	t, err := wallInstant(s.date.Year, int(s.date.Month), s.date.Day, h, mi, sec, int(c%time.Second), zone)
	if err != nil {
		return time.Time{}, &finding{tender.RuleClockChange, err.Error(), "ask the depositary for the time with its offset from UTC, such as 2004-10-31T01:30-04:00"}
	}
	if in := s.zone.inForce; in != nil {
		if name, _ := t.In(in).Zone(); name != s.zone.text {
			return time.Time{}, &finding{tender.RuleTime,
				fmt.Sprintf("%s is not in force in %s on that date (%s is)", s.zone.text, in, name),
				"ask the depositary in which zone the time is"}
		}
	}
	return t, nil
}

// The shapes of a date, a time of day and a zone in text.
var (
	dateYearFirst = regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})`)
	dateYearLast  = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4})`)
	dateDayName   = regexp.MustCompile(`^(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{4})`)
	dateShortYear = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{2})\b`)
	dateShortName = regexp.MustCompile(`^(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{2})\b`)
	basicDate     = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?: |$)`)
	unixForm      = regexp.MustCompile(`^([A-Za-z]{3} \d{1,2}) (\d{1,2}:\d{2}:\d{2}(?: [AP]M)?(?: [A-Z]{1,5}| [+-]\d{2,4})?) (\d{4})$`) // as date writes it: the year is last
	basicForm     = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})[T ](\d{2})(\d{2})(\d{2})?`)
	zeroDayText   = regexp.MustCompile(`^(1900-01-00|0?1/0?0/(19)?00|0?0[./]0?1[./](19)?00)\b`) // the day 0 of a spreadsheet
	dayOfWeek     = regexp.MustCompile(`^(?i)(sun|mon|tue|wed|thu|fri|sat)[a-z]*,? `)
	dateNameDay   = regexp.MustCompile(`^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})`)
	dottedForm    = regexp.MustCompile(`^(\d{1,2})\.(\d{2})(?:\.(\d{2})(?:[.,](\d{1,9}))?)?`)
	clockForm     = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`)
	halfForm      = regexp.MustCompile(`^ ?([AaPp])\.?[Mm]\.?`)
	offsetForm    = regexp.MustCompile(`^(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})?$`)
	zoneRemark    = regexp.MustCompile(`^(.*\S) ?\([A-Za-z ]+\)$`) // such as -04:00 (ET)
)

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// textStamp reads a date, a time of day, or both, and a zone behind them. A year of two
// digits is that of a date near the offer.
func textStamp(text string, dates tender.DateFormat, near dateRange) (stamp, *finding) {
	s := stamp{}
	text = basicForm.ReplaceAllStringFunc(plainSpaces(text), spelledOut)
	weekday := dayOfWeek.FindString(text)
	rest, wrong := s.takeDate(unixForm.ReplaceAllString(text[len(weekday):], "$1 $3 $2"), dates, near)
	if wrong == nil && weekday != "" {
		wrong = s.on(weekday)
	}
	if wrong != nil {
		return stamp{}, wrong
	}
	rest, ok := s.takeClock(strings.TrimPrefix(strings.TrimLeft(rest, " ,"), "T"))
	if ok {
		ok = s.takeZone(strings.TrimLeft(rest, " "))
	}
	if !ok || s.date.IsZero() && !s.hasClock {
		return stamp{}, &finding{tender.RuleTime, "the text is no date and time that can be read", "write it as 2004-11-12 16:59:59.700"}
	}
	return s, nil
}

// spelledOut is the basic form of a time, such as 20041112T165959, with what parts it.
func spelledOut(basic string) string {
	m := basicForm.FindStringSubmatch(basic)
	clock := m[4] + ":" + m[5]
	if m[6] != "" {
		clock += ":" + m[6]
	}
	return m[1] + "-" + m[2] + "-" + m[3] + "T" + clock
}

// on checks that the date is on the day of the week that stands before it.
func (s *stamp) on(weekday string) *finding {
	if s.date.IsZero() || !strings.EqualFold(s.date.Time().Weekday().String()[:3], weekday[:3]) {
		return &finding{tender.RuleTime, "the day of the week is not that of the date", "ask the depositary for the date"}
	}
	return nil
}

// dateRange is the first and the last date of an offer, with some days behind it; the zero
// dateRange knows none.
type dateRange struct{ first, last tender.Date }

// dated is the date in the range whose year ends in two digits; the zero Date if there is
// none or more than one.
func (r dateRange) dated(day int, month time.Month, digits string) (found tender.Date) {
	for year := r.first.Year; year <= r.last.Year && !r.first.IsZero(); year++ {
		d := tender.Date{Year: year, Month: month, Day: day}
		if year%100 != whole(digits) || tender.DateOf(d.Time()) != d || d.Before(r.first) || r.last.Before(d) {
			continue
		}
		if !found.IsZero() {
			return tender.Date{}
		}
		found = d
	}
	return found
}

// isoStamp reads at once the form 2004-11-12 16:59, with seconds and decimals of
// them or without, and with a space or a T in between. What it does not read may
// still be a time.
func isoStamp(b []byte) (stamp, bool) {
	const form = "dddd-dd-dd dd:dd:dd.ddddddddd"
	if len(b) != 16 && len(b) != 19 && len(b) < 21 || len(b) > len(form) {
		return stamp{}, false
	}
	for i, c := range b {
		if digit := c >= '0' && c <= '9'; digit != (form[i] == 'd') || !digit && c != form[i] && !(i == 10 && c == 'T') {
			return stamp{}, false
		}
	}
	number := func(from, to int) (n int) {
		for ; from < min(to, len(b)); from++ {
			n = n*10 + int(b[from]-'0')
		}
		return n
	}
	date := tender.Date{Year: number(0, 4), Month: time.Month(number(5, 7)), Day: number(8, 10)}
	hour, minute, second, rest := number(11, 13), number(14, 16), number(17, 19), number(20, len(form))
	for range len(form) - max(len(b), 20) {
		rest *= 10
	}
	if tender.DateOf(date.Time()) != date || hour > 23 || minute > 59 || second > 59 {
		return stamp{}, false
	}
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(rest)
	return stamp{date: date, hasClock: true, clock: clock}, true
}

// plainSpaces makes every run of spaces one plain space.
func plainSpaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, isSpace), " ")
}

// takeDate takes the date that a text begins with and returns the rest. A text
// that begins with no date is all rest.
func (s *stamp) takeDate(text string, dates tender.DateFormat, near dateRange) (rest string, wrong *finding) {
	if zero := zeroDayText.FindString(text); zero != "" {
		s.date = zeroDay
		return text[len(zero):], nil
	}
	if m := dateYearFirst.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		s.date = tender.Date{Year: whole(m[1]), Month: time.Month(whole(m[3])), Day: whole(m[5])}
		return s.real(text[len(m[0]):])
	}
	if m := basicDate.FindStringSubmatch(text); m != nil {
		s.date = tender.Date{Year: whole(m[1]), Month: time.Month(whole(m[2])), Day: whole(m[3])}
		return s.real(text[len("20041112"):])
	}
	if m := dateYearLast.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		if wrong := s.setDayOrMonth(whole(m[1]), whole(m[3]), whole(m[5]), dates); wrong != nil {
			return "", wrong
		}
		return s.real(text[len(m[0]):])
	}
	if m := dateDayName.FindStringSubmatch(text); m != nil {
		s.date = tender.Date{Year: whole(m[3]), Month: monthNamed(m[2]), Day: whole(m[1])}
		return s.real(text[len(m[0]):])
	}
	if m := dateNameDay.FindStringSubmatch(text); m != nil {
		s.date = tender.Date{Year: whole(m[3]), Month: monthNamed(m[1]), Day: whole(m[2])}
		return s.real(text[len(m[0]):])
	}
	if m := dateShortName.FindStringSubmatch(text); m != nil {
		return s.takeShortName(m, text[len(m[0]):], near)
	}
	if m := dateShortYear.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		return s.takeShortYear(m, text[len(m[0]):], dates, near)
	}
	return text, nil
}

const shortYearAdvice = "ask the depositary for dates written as 2004-11-12"

// takeShortName sets the date of a text such as 12-OCT-04, of which either number may be
// the year. It is read if one reading is near the offer.
func (s *stamp) takeShortName(m []string, rest string, near dateRange) (string, *finding) {
	month := monthNamed(m[2])
	s.date = near.dated(whole(m[1]), month, m[3])
	switch other := near.dated(whole(m[3]), month, m[1]); {
	case s.date.IsZero():
		s.date = other
	case !other.IsZero() && other != s.date:
		s.date = tender.Date{}
	}
	if s.date.IsZero() {
		return "", &finding{tender.RuleTime, "the year has two digits, and the offer's dates do not say which date it is", shortYearAdvice}
	}
	return s.real(rest)
}

// takeShortYear sets the date of a text such as 11/12/04. Day and month are found as
// where the year has four digits, the year by the offer's dates. Without date_format the
// first number may also be the year; then it is read if only one reading is near the offer.
func (s *stamp) takeShortYear(m []string, rest string, dates tender.DateFormat, near dateRange) (string, *finding) {
	first, second := whole(m[1]), whole(m[3])
	wrong := s.setDayOrMonth(first, second, 2000+whole(m[5]), dates)
	switch {
	case wrong == nil:
		s.date = near.dated(s.date.Day, s.date.Month, m[5])
	case wrong.rule == tender.RuleAmbiguousDate && !near.first.IsZero() &&
		near.dated(second, time.Month(first), m[5]).IsZero() && near.dated(first, time.Month(second), m[5]).IsZero():
		s.date = tender.Date{} // neither reading is near, so no question is left between them
	case wrong.rule == tender.RuleAmbiguousDate:
		return "", &finding{tender.RuleAmbiguousDate, "the year has two digits, and which number is the day is not said",
			shortYearAdvice + ", or say it in the offer: date_format: day_first or month_first"}
	default:
		return "", wrong
	}
	if dates == "" && len(m[1]) == 2 {
		switch yearFirst := near.dated(whole(m[5]), time.Month(second), m[1]); {
		case s.date.IsZero():
			s.date = yearFirst
		case !yearFirst.IsZero() && yearFirst != s.date:
			return "", &finding{tender.RuleAmbiguousDate,
				fmt.Sprintf("the year has two digits, and the date can be %s or %s", s.date, yearFirst), shortYearAdvice}
		}
	}
	if s.date.IsZero() {
		return "", &finding{tender.RuleTime, "the year has two digits, and there is no such date near the offer", shortYearAdvice}
	}
	return s.real(rest)
}

// setDayOrMonth sets the date from two numbers of which one is the day: as the
// offer says, or else if it is clear which.
func (s *stamp) setDayOrMonth(first, second, year int, dates tender.DateFormat) *finding {
	month, day := first, second
	switch {
	case first == 0 || second == 0:
		return &finding{tender.RuleTime, "there is no such date", "correct the date"}
	case dates == tender.DayFirst || dates == "" && first > 12:
		month, day = second, first
	case dates == "" && second <= 12 && first != second:
		return &finding{tender.RuleAmbiguousDate,
			fmt.Sprintf("the date can be %d %s or %d %s", second, time.Month(first), first, time.Month(second)),
			"ask the depositary for dates written as 2004-11-12, or for date cells; or say which it is, in the offer: date_format: day_first or month_first"}
	}
	if month > 12 && dates != "" {
		return &finding{tender.RuleTime, fmt.Sprintf("there is no month %d, and the offer says date_format: %s", month, dates), "correct the date with the depositary, or date_format in the offer"}
	}
	s.date = tender.Date{Year: year, Month: time.Month(month), Day: day}
	return nil
}

// real checks that the date taken is one of the calendar.
func (s *stamp) real(rest string) (string, *finding) {
	if tender.DateOf(s.date.Time()) != s.date || rest != "" && isDigits(rest[:1]) {
		return "", &finding{tender.RuleTime, "there is no such date", "correct the date"}
	}
	return rest, nil
}

// monthNamed is the month of an English name of three letters or more, 0 for
// none.
func monthNamed(name string) time.Month {
	name = strings.ToLower(name)
	for i, m := range months {
		if name == m || name == m[:3] || name == "sept" && i == 8 {
			return time.Month(i + 1)
		}
	}
	return 0
}

// takeClock takes the time of day that a text begins with, if any, and returns
// the rest.
func (s *stamp) takeClock(text string) (rest string, ok bool) {
	m := clockForm.FindStringSubmatch(text)
	if m == nil && !s.date.IsZero() {
		m = dottedForm.FindStringSubmatch(text) // alone it may be any number
	}
	if m == nil {
		return text, true
	}
	hour, minute, second := whole(m[1]), whole(m[2]), whole("0"+m[3])
	rest = text[len(m[0]):]
	if half := halfForm.FindStringSubmatch(rest); half != nil {
		if hour < 1 || hour > 12 {
			return "", false
		}
		hour %= 12
		if strings.EqualFold(half[1], "p") {
			hour += 12
		}
		rest = rest[len(half[0]):]
	}
	nanos := whole((m[4] + "000000000")[:9])
	if minute > 59 || second > 59 || hour > 24 || hour == 24 && minute+second+nanos > 0 {
		return "", false
	}
	s.hasClock = true
	s.clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(nanos)
	return rest, true
}

// The names of zones that depositaries write behind a time. The generic ones
// follow daylight saving; the others must be in force on the date.
var (
	genericZones = map[string]string{"ET": "America/New_York"}
	namedZones   = map[string]struct {
		in    string
		hours int
	}{
		"EST": {"America/New_York", -5}, "EDT": {"America/New_York", -4},
		"CET": {"Europe/Brussels", 1}, "CEST": {"Europe/Brussels", 2},
	}
)

// takeZone takes the zone that is all that is left of a text.
func (s *stamp) takeZone(text string) bool {
	if text == "" {
		return true
	}
	if !s.hasClock {
		return false
	}
	if m := zoneRemark.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	switch text {
	case "Z", "UTC", "GMT":
		s.zone = zoneMark{text: text, location: time.UTC}
		return true
	}
	if name, ok := genericZones[text]; ok {
		location, err := time.LoadLocation(name)
		s.zone = zoneMark{text: text, location: location}
		return err == nil
	}
	if z, ok := namedZones[text]; ok {
		in, err := time.LoadLocation(z.in)
		s.zone = zoneMark{text, time.FixedZone(text, z.hours*3600), in}
		return err == nil
	}
	return s.takeOffset(text)
}

// takeOffset takes an offset from UTC such as +01:00, -0500 or +01.
func (s *stamp) takeOffset(text string) bool {
	m := offsetForm.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	hours, minutes := whole(m[2]), whole("0"+m[3])
	if hours > 14 || minutes > 59 {
		return false
	}
	seconds := hours*3600 + minutes*60
	if m[1] == "-" {
		seconds = -seconds
	}
	s.zone = zoneMark{text: text, location: time.FixedZone(text, seconds)}
	return true
}

// whole is the value of a few digits that a pattern matched.
func whole(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
