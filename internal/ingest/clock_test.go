package ingest

import (
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

func zoneNamed(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

const shownInstant = "2006-01-02T15:04:05.999999999Z07:00"

// Times as they stand in a text cell, in New York unless they say otherwise, and
// the instant or part of the reason against it.
func TestTextStamp(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	for _, test := range []struct{ text, want string }{
		{"2004-11-12 16:59:59.700", "2004-11-12T16:59:59.7-05:00"},
		{"2004-11-12T16:59", "2004-11-12T16:59:00-05:00"},
		{"2004-11-12  16:59:59,9999999", "2004-11-12T16:59:59.9999999-05:00"},
		{"2004/11/12 16:59", "2004-11-12T16:59:00-05:00"},
		{"2004-10-29 09:00", "2004-10-29T09:00:00-04:00"},
		{"12-Nov-2004 16:59:59", "2004-11-12T16:59:59-05:00"},
		{"Nov 12, 2004 4:59 PM", "2004-11-12T16:59:00-05:00"},
		{"12 November 2004, 12:00 am", "2004-11-12T00:00:00-05:00"},
		{"11/13/2004 16:59", "2004-11-13T16:59:00-05:00"},
		{"13.11.2004 16:59", "2004-11-13T16:59:00-05:00"},
		{"11/11/2004 16:59", "2004-11-11T16:59:00-05:00"},
		{"2004-11-12T24:00", "2004-11-13T00:00:00-05:00"},
		{"2004-11-12T21:59:59.700Z", "2004-11-12T21:59:59.7Z"},
		{"2004-11-12 22:59 +01:00", "2004-11-12T22:59:00+01:00"},
		{"2004-11-12 22:59 CET", "2004-11-12T22:59:00+01:00"},
		{"2004-11-12 16:59 ET", "2004-11-12T16:59:00-05:00"},
		{"2004-10-31 01:30 EDT", "2004-10-31T01:30:00-04:00"},
		{"2004-10-31 01:30 EST", "2004-10-31T01:30:00-05:00"},
		{"2004-10-31T01:30-04:00", "2004-10-31T01:30:00-04:00"},

		{"11/12/2004 16:59", "R1-ambiguous-date"},
		{"12.11.2004", "R1-ambiguous-date"},
		{"11/12/04 16:59", "R1-ambiguous-date"},
		{"2004-11-12", "R1-no-time-of-day"},
		{"16:59:59", "R1-unreadable"},
		{"2004-11-31 10:00", "R1-unreadable"},
		{"2004-02-30T10:00", "R1-unreadable"},
		{"2004-11-12 25:00", "R1-unreadable"},
		{"2004-11-12 24:01", "R1-unreadable"},
		{"2004-11-12 10:60", "R1-unreadable"},
		{"2004-11-12 13:00 PM", "R1-unreadable"},
		{"2004-11-12 16:59 EDT", "R1-unreadable"},
		{"2004-11-12 16:59 XYZ", "R1-unreadable"},
		{"2004-11-12 16:59 +25:00", "R1-unreadable"},
		{"2004-11-1216:59", "R1-unreadable"},
		{"2004-10-31 01:30", "R1-clock-change"},
		{"2004-04-04 02:30", "R1-clock-change"},
		{"soon", "R1-unreadable"},
		{"", "R1-unreadable"},
	} {
		got, wrong := instantOf(test.text, zone)
		switch {
		case wrong != nil && wrong.Rule != test.want:
			t.Errorf("%q: %+v, want %s", test.text, *wrong, test.want)
		case wrong == nil && got.Format(shownInstant) != test.want:
			t.Errorf("%q: %s, want %s", test.text, got.Format(shownInstant), test.want)
		}
	}
}

// instantOf reads a text as the received column does.
func instantOf(text string, zone *time.Location) (time.Time, *values.Fault) {
	st, wrong := values.TextStamp(text, "", values.DateRange{})
	if wrong != nil {
		return time.Time{}, wrong
	}
	return st.Instant(zone)
}

// Serials of the fixtures, and those that are no time.
func TestNumberStamp(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	for _, test := range []struct {
		digits string
		from04 bool
		want   string
	}{
		{"38303.7083298611", false, "2004-11-12T16:59:59.7-05:00"},
		{"38303.708333333336", false, "2004-11-12T17:00:00-05:00"},
		{"38303.70833622685", false, "2004-11-12T17:00:00.25-05:00"},
		{"36841.7083298611", true, "2004-11-12T16:59:59.7-05:00"},
		{"3.83035E4", false, "2004-11-12T12:00:00-05:00"},
		{"38303", false, "R1-no-time-of-day"},
		{"0.5", false, "R1-unreadable"},
		{"60.5", false, "R1-unreadable"},
		{"-1.5", false, "R1-unreadable"},
		{"20041112", false, "R1-no-time-of-day"},
		{"1E+300", false, "R1-unreadable"},
	} {
		st, wrong := (&clock{date1904: test.from04}).numberStamp([]byte(test.digits))
		var got time.Time
		if wrong == nil {
			got, wrong = st.Instant(zone)
		}
		switch {
		case wrong != nil && wrong.Rule != test.want:
			t.Errorf("%s: %+v, want %s", test.digits, *wrong, test.want)
		case wrong == nil && got.Format(shownInstant) != test.want:
			t.Errorf("%s: %s, want %s", test.digits, got.Format(shownInstant), test.want)
		}
	}
}

func TestWallInstant(t *testing.T) {
	for _, test := range []struct {
		zone, wall, want string
	}{
		{"America/New_York", "2004-11-12 17:00", "2004-11-12T17:00:00-05:00"},
		{"America/New_York", "2004-10-31 00:59", "2004-10-31T00:59:00-04:00"},
		{"America/New_York", "2004-10-31 02:00", "2004-10-31T02:00:00-05:00"},
		{"America/New_York", "2004-10-31 01:00", "twice"},
		{"America/New_York", "2004-10-31 01:59", "twice"},
		{"America/New_York", "2004-04-04 02:00", "does not exist"},
		{"America/New_York", "2004-04-04 03:00", "2004-04-04T03:00:00-04:00"},
		{"Europe/Brussels", "2004-10-31 02:30", "twice"},
		{"Europe/Brussels", "2004-03-28 02:30", "does not exist"},
		{"Australia/Lord_Howe", "2004-10-31 02:15", "does not exist"},
		{"Pacific/Apia", "2011-12-30 12:00", "does not exist"},
		{"Asia/Tokyo", "2004-10-31 01:30", "2004-10-31T01:30:00+09:00"},
	} {
		w, err := time.Parse("2006-01-02 15:04", test.wall)
		if err != nil {
			t.Fatal(err)
		}
		got, err := values.WallInstant(w.Year(), int(w.Month()), w.Day(), w.Hour(), w.Minute(), 0, 0,
			zoneNamed(t, test.zone))
		switch {
		case err != nil && !strings.Contains(err.Error(), test.want):
			t.Errorf("%s in %s: %v, want %s", test.wall, test.zone, err, test.want)
		case err == nil && got.Format(shownInstant) != test.want:
			t.Errorf("%s in %s: %s, want %s", test.wall, test.zone, got.Format(shownInstant), test.want)
		}
	}
	for _, bad := range [][7]int{{2004, 2, 30}, {2004, 13, 1}, {2004, 11, 12, 24, 1}, {2004, 11, 12, -1},
		{2004, 11, 12, 1, 60}, {2004, 11, 12, 1, 1, 60}} {
		if got, err := values.WallInstant(bad[0], bad[1], bad[2], bad[3], bad[4], bad[5], bad[6],
			time.UTC); err == nil {
			t.Errorf("%v: %s, want an error", bad, got)
		}
	}
}

// FuzzStamp: an instant that is read from a text shows, on the clocks it was
// read by, a time that reads as the same instant.
func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2004-11-12 16:59:59.700", "11/12/2004 1:00 PM", "2004-10-31 01:30 EDT",
		"12-Nov-2004 00:00 +05:30", "38303.7083298611"} {
		f.Add(s)
	}
	zone := zoneNamed(f, "America/New_York")
	f.Fuzz(func(t *testing.T, s string) {
		if st, wrong := new(clock).numberStamp([]byte(s)); wrong == nil && !st.Date.IsZero() &&
			(st.Date.Year < 1900 || st.Date.Year > 9999) {
			t.Errorf("%q: %s", s, st.Date)
		}
		at, wrong := instantOf(s, zone)
		if wrong != nil || at.Year() < 1000 || at.Year() > 9998 {
			return
		}
		again, wrong := instantOf(at.UTC().Format("2006-01-02T15:04:05.999999999Z"), zone)
		if wrong != nil || !again.Equal(at) {
			t.Errorf("%q: %s, again %s (%v)", s, at, again, wrong)
		}
	})
}

// The short way of a clock is the long one, on days with a change of the clocks
// and around them, too.
func TestClockIsWallInstant(t *testing.T) {
	for _, name := range []string{"America/New_York", "Europe/Brussels", "Australia/Lord_Howe", "Pacific/Apia",
		"Africa/Casablanca", "UTC"} {
		zone := zoneNamed(t, name)
		c := newClock(&tender.Offer{Zone: zone}, tender.Depositary{})
		for day := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2013; day = day.AddDate(0, 0, 1) {
			for minutes := 0; minutes <= 24*60; minutes += 30 {
				st := values.Stamp{Date: tender.DateOf(day), HasClock: true,
					Clock: time.Duration(minutes) * time.Minute}
				got, wrong := c.instant(st)
				want, wantWrong := st.Instant(zone)
				if (wrong == nil) != (wantWrong == nil) || (wrong == nil && !got.Equal(want)) {
					t.Fatalf("%s %s +%d min: %s %v, want %s %v", name, st.Date, minutes, got, wrong, want, wantWrong)
				}
			}
		}
	}
}
