package values

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// WallInstant is the instant at which the clocks of a zone show the given date
// and time. It is an error if they never show it, because the date does not
// exist or they are put forward over it, or show it twice, because they are put
// back. Hour 24 with nothing after it is the end of the day.
func WallInstant(y, m, d, h, mi, s, ns int, zone *time.Location) (time.Time, error) {
	wanted := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if wanted.Year() != y || int(wanted.Month()) != m || wanted.Day() != d {
		return time.Time{}, fmt.Errorf("%04d-%02d-%02d does not exist", y, m, d)
	}
	if h < 0 || mi < 0 || mi > 59 || s < 0 || s > 59 || ns < 0 || ns > 999_999_999 || h > 24 ||
		(h == 24 && mi+s+ns > 0) {
		return time.Time{}, fmt.Errorf("%02d:%02d:%02d is not a time of day", h, mi, s)
	}
	wanted = wanted.Add(time.Duration(h)*time.Hour + time.Duration(mi)*time.Minute +
		time.Duration(s)*time.Second + time.Duration(ns))
	shown := instantsShowing(wanted, zone)
	switch len(shown) {
	case 1:
		return shown[0], nil
	case 0:
		return time.Time{}, fmt.Errorf("%s does not exist in %s (daylight saving starts)", timeOn(wanted), zone)
	}
	return time.Time{}, fmt.Errorf("%s occurs twice in %s (daylight saving ends)", timeOn(wanted), zone)
}

// timeOn is a wall time in a sentence, such as 02:30 on 2005-04-03.
func timeOn(wall time.Time) string {
	date, clock, _ := strings.Cut(tender.WallClock(wall), " ")
	return clock + " on " + date
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

// Stamp is what a cell says of a time: a date, a time of day, or both, on the
// clocks of a zone.
type Stamp struct {
	Date     tender.Date // zero: the cell gives none
	HasClock bool
	Clock    time.Duration // since midnight on the clock, up to 24 hours
	Zone     zoneMark
}

// zoneMark is a zone or an offset written beside a time. The zero zoneMark means
// that there is none.
type zoneMark struct {
	Text     string
	Location *time.Location // fixed, or the zone that a name such as ET means
	inForce  *time.Location // where the name must be in force, such as EST in New York
}

// Instant is the instant of a stamp, in the zone unless it names one itself.
func (s Stamp) Instant(zone *time.Location) (time.Time, *Fault) {
	switch {
	case s.Date.IsZero():
		return time.Time{}, &Fault{tender.RuleTime, "there is a time of day but no date",
			"ask the depositary for date and time"}
	case !s.HasClock:
		return time.Time{}, &Fault{tender.RuleNoTimeOfDay, "there is a date but no time of day",
			"ask the depositary for the time; midnight is written 2004-11-12 00:00, as text"}
	}
	return s.at(zone)
}

// at is the instant of a stamp that has both a date and a time of day, in
// the zone unless the stamp names one.
func (s Stamp) at(zone *time.Location) (time.Time, *Fault) {
	if s.Zone.Location != nil {
		zone = s.Zone.Location
	}
	c := s.Clock
	h, mi, sec := int(c/time.Hour), int(c%time.Hour/time.Minute), int(c%time.Minute/time.Second)
	t, err := WallInstant(s.Date.Year, int(s.Date.Month), s.Date.Day, h, mi, sec, int(c%time.Second), zone)
	if err != nil {
		return time.Time{}, &Fault{tender.RuleClockChange, err.Error(),
			"ask the depositary for the time with its offset from UTC, such as 2004-10-31T01:30-04:00"}
	}
	if in := s.Zone.inForce; in != nil {
		if name, _ := t.In(in).Zone(); name != s.Zone.Text {
			return time.Time{}, &Fault{tender.RuleTime,
				fmt.Sprintf("%s is not in force in %s on that date (%s is)", s.Zone.Text, in, name),
				"ask the depositary in which zone the time is"}
		}
	}
	return t, nil
}

// The shapes of a date, a time of day and a zone in text.
var (
	dateYearFirst = regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})`)
	DateYearLast  = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4})`)
	dateDayName   = regexp.MustCompile(`^(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{4})`)
	DateShortYear = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{2})\b`)
	dateShortName = regexp.MustCompile(`^(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{2})\b`)
	basicDate     = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?: |$)`)
	// unixForm is as the program date writes it: the year is last.
	unixForm = regexp.MustCompile(`^([A-Za-z]{3} \d{1,2}) (\d{1,2}:\d{2}:\d{2}(?: [AP]M)?` +
		`(?: [A-Z]{1,5}| [+-]\d{2,4})?) (\d{4})$`)
	basicForm = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})[T ](\d{2})(\d{2})(\d{2})?`)
	// zeroDayText is the day 0 of a spreadsheet.
	zeroDayText = regexp.MustCompile(`^(1900-01-00|0?1/0?0/(19)?00|0?0[./]0?1[./](19)?00)\b`)
	dayOfWeek   = regexp.MustCompile(`^(?i)(sun|mon|tue|wed|thu|fri|sat)[a-z]*,? `)
	dateNameDay = regexp.MustCompile(`^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})`)
	dottedForm  = regexp.MustCompile(`^(\d{1,2})\.(\d{2})(?:\.(\d{2})(?:[.,](\d{1,9}))?)?`)
	clockForm   = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`)
	halfForm    = regexp.MustCompile(`^ ?([AaPp])\.?[Mm]\.?`)
	offsetForm  = regexp.MustCompile(`^(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})?$`)
	zoneRemark  = regexp.MustCompile(`^(.*\S) ?\([A-Za-z ]+\)$`) // such as -04:00 (ET)
)

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december"}

// TextStamp reads a date, a time of day, or both, and a zone after them. A year of two
// digits is that of a date near the offer.
func TextStamp(text string, dates tender.DateFormat, near DateRange) (Stamp, *Fault) {
	s := Stamp{}
	text = basicForm.ReplaceAllStringFunc(PlainSpaces(text), spelledOut)
	weekday := dayOfWeek.FindString(text)
	rest, wrong := s.takeDate(unixForm.ReplaceAllString(text[len(weekday):], "$1 $3 $2"), dates, near)
	if wrong == nil && weekday != "" {
		wrong = s.checkWeekday(weekday)
	}
	if wrong != nil {
		return Stamp{}, wrong
	}
	rest, ok := s.takeClock(strings.TrimPrefix(strings.TrimLeft(rest, " ,"), "T"))
	if ok {
		ok = s.takeZone(strings.TrimLeft(rest, " "))
	}
	if !ok || (s.Date.IsZero() && !s.HasClock) {
		return Stamp{}, &Fault{tender.RuleTime, "the text is not a date and time that can be read",
			"write it as 2004-11-12 16:59:59.700"}
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

// checkWeekday checks that the date is on the day of the week that is before it.
func (s *Stamp) checkWeekday(weekday string) *Fault {
	if s.Date.IsZero() || !strings.EqualFold(s.Date.Time().Weekday().String()[:3], weekday[:3]) {
		return &Fault{tender.RuleTime, "the day of the week is not that of the date", "ask the depositary for the date"}
	}
	return nil
}

// DateRange is the first and the last date of an offer, with some days after it; the zero
// DateRange knows none.
type DateRange struct{ First, Last tender.Date }

// find is the date in the range whose year ends in two digits; the zero Date if there is
// none or more than one.
func (r DateRange) find(day int, month time.Month, digits string) (found tender.Date) {
	for year := r.First.Year; year <= r.Last.Year && !r.First.IsZero(); year++ {
		d := tender.Date{Year: year, Month: month, Day: day}
		if year%100 != Whole(digits) || tender.DateOf(d.Time()) != d || d.Before(r.First) || r.Last.Before(d) {
			continue
		}
		if !found.IsZero() {
			return tender.Date{}
		}
		found = d
	}
	return found
}

// IsoStamp reads at once the form 2004-11-12 16:59, with seconds and decimals of
// them or without, and with a space or a T in between. What it does not read may
// still be a time.
func IsoStamp(b []byte) (Stamp, bool) {
	const form = "dddd-dd-dd dd:dd:dd.ddddddddd"
	if (len(b) != 16 && len(b) != 19 && len(b) < 21) || len(b) > len(form) {
		return Stamp{}, false
	}
	for i, c := range b {
		if digit := c >= '0' && c <= '9'; digit != (form[i] == 'd') ||
			(!digit && c != form[i] && !(i == 10 && c == 'T')) {
			return Stamp{}, false
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
		return Stamp{}, false
	}
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(rest)
	return Stamp{Date: date, HasClock: true, Clock: clock}, true
}

// PlainSpaces makes every run of spaces one plain space.
func PlainSpaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, IsSpace), " ")
}

// takeDate takes the date that a text begins with and returns the rest. A text
// that begins with no date is all rest.
func (s *Stamp) takeDate(text string, dates tender.DateFormat, near DateRange) (rest string, wrong *Fault) {
	if zero := zeroDayText.FindString(text); zero != "" {
		s.Date = ZeroDay
		return text[len(zero):], nil
	}
	if m := dateYearFirst.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		s.Date = tender.Date{Year: Whole(m[1]), Month: time.Month(Whole(m[3])), Day: Whole(m[5])}
		return s.checkDate(text[len(m[0]):])
	}
	if m := basicDate.FindStringSubmatch(text); m != nil {
		s.Date = tender.Date{Year: Whole(m[1]), Month: time.Month(Whole(m[2])), Day: Whole(m[3])}
		return s.checkDate(text[len("20041112"):])
	}
	if m := DateYearLast.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		if wrong := s.setDayOrMonth(Whole(m[1]), Whole(m[3]), Whole(m[5]), dates); wrong != nil {
			return "", wrong
		}
		return s.checkDate(text[len(m[0]):])
	}
	if m := dateDayName.FindStringSubmatch(text); m != nil {
		s.Date = tender.Date{Year: Whole(m[3]), Month: MonthNamed(m[2]), Day: Whole(m[1])}
		return s.checkDate(text[len(m[0]):])
	}
	if m := dateNameDay.FindStringSubmatch(text); m != nil {
		s.Date = tender.Date{Year: Whole(m[3]), Month: MonthNamed(m[1]), Day: Whole(m[2])}
		return s.checkDate(text[len(m[0]):])
	}
	if m := dateShortName.FindStringSubmatch(text); m != nil {
		return s.takeShortName(m, text[len(m[0]):], near)
	}
	if m := DateShortYear.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		return s.takeShortYear(m, text[len(m[0]):], dates, near)
	}
	return text, nil
}

const shortYearAdvice = "ask the depositary for dates written as 2004-11-12"

// takeShortName sets the date of a text such as 12-OCT-04, of which either number may be
// the year. It is read if one reading is near the offer.
func (s *Stamp) takeShortName(m []string, rest string, near DateRange) (string, *Fault) {
	month := MonthNamed(m[2])
	s.Date = near.find(Whole(m[1]), month, m[3])
	switch other := near.find(Whole(m[3]), month, m[1]); {
	case s.Date.IsZero():
		s.Date = other
	case !other.IsZero() && other != s.Date:
		s.Date = tender.Date{}
	}
	if s.Date.IsZero() {
		return "", &Fault{tender.RuleTime, "the year has two digits, and the offer's dates do not say which date it is",
			shortYearAdvice}
	}
	return s.checkDate(rest)
}

// takeShortYear sets the date of a text such as 11/12/04. Day and month are found as
// where the year has four digits, the year by the offer's dates. Without date_format the
// first number may also be the year; then it is read if only one reading is near the offer.
func (s *Stamp) takeShortYear(m []string, rest string, dates tender.DateFormat, near DateRange) (string, *Fault) {
	first, second := Whole(m[1]), Whole(m[3])
	wrong := s.setDayOrMonth(first, second, 2000+Whole(m[5]), dates)
	switch {
	case wrong == nil:
		s.Date = near.find(s.Date.Day, s.Date.Month, m[5])
	case wrong.Rule == tender.RuleAmbiguousDate && !near.First.IsZero() &&
		near.find(second, time.Month(first), m[5]).IsZero() && near.find(first, time.Month(second), m[5]).IsZero():
		s.Date = tender.Date{} // neither reading is near, so no question is left between them
	case wrong.Rule == tender.RuleAmbiguousDate:
		return "", &Fault{tender.RuleAmbiguousDate, "the year has two digits, and nothing says which number is the day",
			shortYearAdvice + ", or say it in the offer: date_format: day_first or month_first"}
	default:
		return "", wrong
	}
	if dates == "" && len(m[1]) == 2 {
		switch yearFirst := near.find(Whole(m[5]), time.Month(second), m[1]); {
		case s.Date.IsZero():
			s.Date = yearFirst
		case !yearFirst.IsZero() && yearFirst != s.Date:
			return "", &Fault{tender.RuleAmbiguousDate,
				fmt.Sprintf("the year has two digits, and the date can be %s or %s", s.Date, yearFirst),
				shortYearAdvice}
		}
	}
	if s.Date.IsZero() {
		return "", &Fault{tender.RuleTime, "the year has two digits, and there is no such date near the offer",
			shortYearAdvice}
	}
	return s.checkDate(rest)
}

// setDayOrMonth sets the date from two numbers of which one is the day: as the
// offer says, or else if it is clear which.
func (s *Stamp) setDayOrMonth(first, second, year int, dates tender.DateFormat) *Fault {
	month, day := first, second
	switch {
	case first == 0 || second == 0:
		return &Fault{tender.RuleTime, "there is no such date", "correct the date"}
	case dates == tender.DayFirst || (dates == "" && first > 12):
		month, day = second, first
	case dates == "" && second <= 12 && first != second:
		return &Fault{tender.RuleAmbiguousDate,
			fmt.Sprintf("the date can be %d %s or %d %s", second, time.Month(first), first, time.Month(second)),
			"ask the depositary for dates written as 2004-11-12, or for date cells; or say which it is, in the " +
				"offer: date_format: day_first or month_first"}
	}
	if month > 12 && dates != "" {
		return &Fault{tender.RuleTime, fmt.Sprintf("there is no month %d, and the offer says date_format: %s", month,
			dates), "correct the date with the depositary, or date_format in the offer"}
	}
	s.Date = tender.Date{Year: year, Month: time.Month(month), Day: day}
	return nil
}

// checkDate checks that the date taken is one of the calendar.
func (s *Stamp) checkDate(rest string) (string, *Fault) {
	if tender.DateOf(s.Date.Time()) != s.Date || (rest != "" && IsDigits(rest[:1])) {
		return "", &Fault{tender.RuleTime, "there is no such date", "correct the date"}
	}
	return rest, nil
}

// MonthNamed is the month of an English name of three letters or more, 0 for
// none.
func MonthNamed(name string) time.Month {
	name = strings.ToLower(name)
	for i, m := range months {
		if name == m || name == m[:3] || (name == "sept" && i == 8) {
			return time.Month(i + 1)
		}
	}
	return 0
}

// takeClock takes the time of day that a text begins with, if any, and returns
// the rest.
func (s *Stamp) takeClock(text string) (rest string, ok bool) {
	m := clockForm.FindStringSubmatch(text)
	if m == nil && !s.Date.IsZero() {
		m = dottedForm.FindStringSubmatch(text) // alone it may be any number
	}
	if m == nil {
		return text, true
	}
	hour, minute, second := Whole(m[1]), Whole(m[2]), Whole("0"+m[3])
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
	nanos := Whole((m[4] + "000000000")[:9])
	if minute > 59 || second > 59 || hour > 24 || (hour == 24 && minute+second+nanos > 0) {
		return "", false
	}
	s.HasClock = true
	s.Clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(nanos)
	return rest, true
}

// The names of zones that depositaries write after a time. The generic ones
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
func (s *Stamp) takeZone(text string) bool {
	if text == "" {
		return true
	}
	if !s.HasClock {
		return false
	}
	if m := zoneRemark.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	switch text {
	case "Z", "UTC", "GMT":
		s.Zone = zoneMark{Text: text, Location: time.UTC}
		return true
	}
	if name, ok := genericZones[text]; ok {
		location, err := time.LoadLocation(name)
		s.Zone = zoneMark{Text: text, Location: location}
		return err == nil
	}
	if z, ok := namedZones[text]; ok {
		in, err := time.LoadLocation(z.in)
		s.Zone = zoneMark{text, time.FixedZone(text, z.hours*3600), in}
		return err == nil
	}
	return s.takeOffset(text)
}

// takeOffset takes an offset from UTC such as +01:00, -0500 or +01.
func (s *Stamp) takeOffset(text string) bool {
	m := offsetForm.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	hours, minutes := Whole(m[2]), Whole("0"+m[3])
	if hours > 14 || minutes > 59 {
		return false
	}
	seconds := hours*3600 + minutes*60
	if m[1] == "-" {
		seconds = -seconds
	}
	s.Zone = zoneMark{Text: text, Location: time.FixedZone(text, seconds)}
	return true
}

// Whole is the value of a few digits that a pattern matched.
func Whole(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// ZeroDay is the day 0 of a spreadsheet.
var ZeroDay = tender.Date{Year: 1899, Month: time.December, Day: 31}
