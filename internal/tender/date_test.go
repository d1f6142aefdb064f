package tender_test

import (
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

var newYork = mustZone("America/New_York")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// at is wall time in New York, such as 2004-11-12 16:59:59.7.
func at(wall string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, wall, newYork)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCutOff(t *testing.T) {
	five := at("2004-11-12 17:00:00")
	for _, c := range []struct {
		stamp              string
		before, atOrBefore bool
	}{
		{"2004-11-12 16:59:59", true, true},
		{"2004-11-12 16:59:59.700", true, true}, // not rounded up to five o'clock
		{"2004-11-12 16:59:59.999", true, true},
		{"2004-11-12 17:00:00.000", false, true},
		{"2004-11-12 17:00:00.001", false, false},
		{"2004-11-12 17:00:01", false, false},
		{"2004-11-11 23:59:59", true, true},
		{"2004-11-13 09:00:00", false, false},
	} {
		if got := (tender.CutOff{At: five, Boundary: tender.Before}).Met(at(c.stamp)); got != c.before {
			t.Errorf("%s is before five: %t, want %t", c.stamp, got, c.before)
		}
		if got := (tender.CutOff{At: five, Boundary: tender.AtOrBefore}).Met(at(c.stamp)); got != c.atOrBefore {
			t.Errorf("%s is at or before five: %t, want %t", c.stamp, got, c.atOrBefore)
		}
	}
	// Brussels is six hours ahead: 22:59:59 there is 16:59:59 in New York.
	brussels := mustZone("Europe/Brussels")
	if !(tender.CutOff{At: five, Boundary: tender.Before}).Met(time.Date(2004, 11, 12, 22, 59, 59, 0, brussels)) {
		t.Error("an instant is judged by the clock of its zone")
	}
	if (tender.CutOff{}).Met(at("2004-11-12 12:00:00")) || !(tender.CutOff{}).IsZero() {
		t.Error("something meets a cut-off that is not there")
	}
}

func TestDates(t *testing.T) {
	for _, s := range []string{"2004-02-29", "1999-12-31", "2100-02-28"} {
		d, err := tender.ParseDate(s)
		if err != nil || d.String() != s || tender.DateOf(d.Time()) != d || d.IsZero() {
			t.Errorf("%s became %s (%v)", s, d, err)
		}
	}
	for _, s := range []string{"", "2003-02-29", "2004-2-9", "12.11.2004", "2004-11-12T17:00", "2004-13-01", "2004-11-31"} {
		if d, err := tender.ParseDate(s); err == nil {
			t.Errorf("%q became %s", s, d)
		}
	}
	early, final := tender.Date{Year: 2004, Month: 2, Day: 28}, tender.Date{Year: 2004, Month: 3, Day: 1}
	if !early.Before(final) || final.Before(early) || early.Before(early) {
		t.Error("dates do not follow each other")
	}
	if days := early.DaysUntil(final); days != 2 || final.DaysUntil(early) != -2 {
		t.Errorf("%d days from 28 February to 1 March 2004, want 2", days)
	}
	if none := (tender.Date{}); none.String() != "" || !none.IsZero() {
		t.Errorf("no date is written %q", none)
	}
	// The day an instant falls on is that of its own zone.
	if d := tender.DateOf(at("2004-11-12 23:30:00")); d.Day != 12 {
		t.Errorf("half past eleven at night in New York falls on %s", d)
	}
}
