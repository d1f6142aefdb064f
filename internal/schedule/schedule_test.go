package schedule

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func newYork(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestNextIsInTheOffersZone(t *testing.T) {
	zone := newYork(t)
	s, err := Parse("30 17 * * 1-5", zone)
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2004, 11, 12, 22, 31, 0, 0, time.UTC) // 17:31 in New York
	if got, want := s.Next(friday), time.Date(2004, 11, 15, 17, 30, 0, 0, zone); !got.Equal(want) {
		t.Errorf("next run %s, want %s", got, want)
	}
}

func TestLeapDayIsFound(t *testing.T) {
	zone := newYork(t)
	s, err := Parse("0 9 29 2 *", zone)
	if err != nil {
		t.Fatal(err)
	}
	// No leap day from 2096 to 2104.
	if got := s.Next(time.Date(2096, 3, 1, 0, 0, 0, 0, zone)); got.Year() != 2104 {
		t.Errorf("next leap day in %d, want 2104", got.Year())
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
		"61 17 * * *":                  "not a cron expression",
		"30 17 * *":                    "not a cron expression",
		"weekdays":                     "not a cron expression",
		"0 0 30 2 *":                   "never comes due",
	} {
		_, err := Parse(expression, newYork(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a message with %q", expression, err, want)
		}
	}
}
