package schedule

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func newYork(t testing.TB) *time.Location { return zoneOf(t, "America/New_York") }

func parseIn(t testing.TB, expression string, zone *time.Location) *Schedule {
	t.Helper()
	s, err := Parse(expression, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNextIsInTheOffersZone(t *testing.T) {
	zone := newYork(t)
	s := parseIn(t, "30 17 * * 1-5", zone)
	friday := time.Date(2004, 11, 12, 22, 31, 0, 0, time.UTC) // 17:31 in New York
	if got, want := s.Next(friday).At, time.Date(2004, 11, 15, 17, 30, 0, 0, zone); !got.Equal(want) {
		t.Errorf("next run %s, want %s", got, want)
	}
}

// TestChangesOfTheClock follows schedules over the days on which clocks change.
func TestChangesOfTheClock(t *testing.T) {
	for _, c := range []struct {
		what, zone, expression, from string
		want                         []string
	}{
		{"skipped in spring", "America/New_York", "30 2 * * *", "2024-03-09T12:00:00-05:00", []string{
			"2024-03-10T03:00:00-04:00 moved", "2024-03-11T02:30:00-04:00"}},
		{"twice in autumn", "America/New_York", "30 1 * * *", "2024-11-02T12:00:00-04:00", []string{
			"2024-11-03T01:30:00-04:00 first of two", "2024-11-04T01:30:00-05:00"}},
		{"asked between the two", "America/New_York", "30 1 * * *", "2024-11-03T01:15:00-05:00", []string{
			"2024-11-04T01:30:00-05:00"}},
		{"several moved to one instant", "America/New_York", "0,30 2,3 * * *", "2024-03-09T12:00:00-05:00", []string{
			"2024-03-10T03:00:00-04:00 moved", "2024-03-10T03:30:00-04:00"}},
		{"every hour in autumn", "Europe/London", "0 * * * *", "2024-10-27T00:30:00+01:00", []string{
			"2024-10-27T01:00:00+01:00 first of two", "2024-10-27T02:00:00Z"}},
		{"half an hour in spring", "Australia/Lord_Howe", "15 2 * * *", "2024-10-05T12:00:00+10:30", []string{
			"2024-10-06T02:30:00+11:00 moved", "2024-10-07T02:15:00+11:00"}},
		{"half an hour in autumn", "Australia/Lord_Howe", "30,45 1 * * *", "2024-04-06T12:00:00+11:00", []string{
			"2024-04-07T01:30:00+11:00 first of two", "2024-04-07T01:45:00+11:00 first of two", "2024-04-08T01:30:00+10:30"}},
		{"midnight that is skipped", "Africa/Cairo", "0 0 * * *", "2024-04-25T12:00:00+02:00", []string{
			"2024-04-26T01:00:00+03:00 moved", "2024-04-27T00:00:00+03:00"}},
		{"a day that is skipped", "Pacific/Apia", "0 9 * * *", "2011-12-29T08:00:00-10:00", []string{
			"2011-12-29T09:00:00-10:00", "2011-12-31T00:00:00+14:00 moved", "2011-12-31T09:00:00+14:00"}},
		{"no change at all", "Asia/Kolkata", "30 2 * * *", "2024-03-09T12:00:00+05:30", []string{
			"2024-03-10T02:30:00+05:30"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.from)
			if err != nil {
				t.Fatal(err)
			}
			s := parseIn(t, c.expression, zoneOf(t, c.zone))
			for _, want := range c.want {
				slot := s.Next(at)
				if got := strings.TrimSpace(slot.String() + " " + string(slot.Clock)); got != want {
					t.Fatalf("after %s the next is %s, want %s", at, got, want)
				}
				at = slot.At
			}
		})
	}
}

func TestRefusedExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"":                             "empty",
		"  ":                           "empty",
		"TZ=":                          "names a zone",
		"CRON_TZ=Asia/Tokyo 0 9 * * *": "names a zone",
		"@every -5m":                   "no fixed times",
		"@every 1h":                    "no fixed times",
		"@reboot":                      "no fixed times",
		"61 17 * * *":                  "not a cron expression",
		"30 17 * *":                    "not a cron expression",
		"weekdays":                     "not a cron expression",
		", 17 * * *":                   "a field of it is empty",
		"0 0 30 2 *":                   "never comes due",
		"0 9 31 4,6,9,11 *":            "never comes due",
		"0 9 29 2 *":                   "leap years only",
		"* * * * *":                    "1 minute(s) apart",
		"*/4 * * * *":                  "4 minute(s) apart",
		"0,59 9,10 * * *":              "1 minute(s) apart",
		"2,58 0,23 * * *":              "4 minute(s) apart",
		"*/7 9-10 * * 1":               "4 minute(s) apart",
	} {
		_, err := Parse(expression, newYork(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a message with %q", expression, err, want)
		}
	}
}

func TestAcceptedExpressions(t *testing.T) {
	for _, expression := range []string{
		"30 17 * * 1-5", "30 17 ? * MON-FRI", "0 9 28 feb *", "0 9 29 2 mon", "*/5 * * * *", "*/7 9 * * 1",
		"0,59 9 * * *", "@daily", "@yearly", " 0 18 * * * ", "0 9 31 * *",
	} {
		if _, err := Parse(expression, newYork(t)); err != nil {
			t.Errorf("%q is refused: %v", expression, err)
		}
	}
}

func TestASlotIsReadAsItIsWritten(t *testing.T) {
	at := time.Date(2004, 11, 12, 17, 15, 0, 0, newYork(t))
	for _, s := range []Slot{{At: at}, {Kind: EarlyTender, At: at}, {Kind: GuaranteedDelivery, At: at},
		{At: at, Again: true}, {Kind: Expiration, At: at, Again: true}} {
		got, err := ParseSlot(s.String())
		if err != nil || got.key() != s.key() || got.String() != s.String() {
			t.Errorf("%s is read as %s, %v", s, got, err)
		}
	}
	for _, text := range []string{"", "early_tender", "noon 2004-11-12T17:15:00-05:00", "2004-11-12",
		" 2004-11-12T17:15:00-05:00"} {
		if s, err := ParseSlot(text); err == nil && s.String() != strings.TrimSpace(text) {
			t.Errorf("%q is read as %s", text, s)
		}
	}
}

// FuzzParse looks for texts that make the parser panic, and for schedules that are
// accepted and then do not do what was promised: slots later and later, at least
// one a year, five minutes apart but where clocks change.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"30 17 * * 1-5", "TZ=", "CRON_TZ=UTC", "@every 1h", "@daily", "0 9 29 2 *", "*/5 * * * *",
		", * * * *", "1-/2 * * * *", "0 0 ? JAN-DEC SUN", "59 23 31 12 *", "0/0 * * * *", "*/9223372036854775807 * * * *"} {
		f.Add(s)
	}
	zone := newYork(f)
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := Parse(expression, zone)
		if err != nil {
			return
		}
		at := time.Date(2024, 2, 28, 0, 0, 0, 0, zone)
		for range 20 {
			next := s.Next(at)
			if !next.At.After(at) || next.At.Sub(at) > 367*24*time.Hour {
				t.Fatalf("%q: after %s comes %s", expression, at, next)
			}
			again := s.Next(next.At)
			if next.Clock == Plain && again.Clock == Plain && again.At.Sub(next.At) < closest*time.Minute {
				t.Fatalf("%q: after %s comes %s", expression, next, again)
			}
			at = next.At
		}
	})
}
