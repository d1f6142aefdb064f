package tender_test

import (
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

func TestP21TimesShowWhatTheyHave(t *testing.T) {
	for wall, want := range map[string]string{
		"2004-11-12 17:00:00":           "2004-11-12 17:00 EST",
		"2004-11-12 00:00:00":           "2004-11-12 00:00 EST",
		"2004-11-12 17:00:01":           "2004-11-12 17:00:01 EST",
		"2004-11-12 17:00:01.25":        "2004-11-12 17:00:01.250 EST",
		"2004-11-12 17:00:00.001":       "2004-11-12 17:00:00.001 EST",
		"2004-11-12 17:00:00.000000001": "2004-11-12 17:00:00.000000001 EST",
		"2004-07-12 17:00:00":           "2004-07-12 17:00 EDT",
	} {
		if got := tender.WallTime(at(wall).UTC(), newYork); got != want {
			t.Errorf("%s is shown as %q, want %q", wall, got, want)
		}
	}
	if got := tender.WallClock(time.Date(2004, 11, 12, 2, 30, 0, 0, time.UTC)); got != "2004-11-12 02:30" {
		t.Errorf("without a zone: %q", got)
	}
}

// TestP21 as of the deadline itself all is known that can count: notes that came by
// then, at the very instant only if the boundary is at or before it.
func TestP21AtTheDeadlineGuaranteedDeliveriesHaveComeOrNot(t *testing.T) {
	const early, deadline, later = "2004-12-03 16:59:59.999", "2004-12-03 17:00:00", "2004-12-03 17:00:01"
	for _, c := range []struct {
		boundary      tender.Boundary
		covered, asOf string
		want          bool // undelivered
	}{
		{tender.AtOrBefore, "", early, false},
		{tender.AtOrBefore, "", deadline, true},
		{tender.AtOrBefore, early, deadline, false},
		{tender.AtOrBefore, deadline, deadline, false},
		{tender.AtOrBefore, later, deadline, true},
		{tender.AtOrBefore, deadline, later, false},
		{tender.AtOrBefore, later, later, true},
		{tender.Before, "", early, false},
		{tender.Before, early, deadline, false},
		{tender.Before, deadline, deadline, true},
	} {
		o := level3()
		o.Guaranteed.Deadline = tender.CutOff{At: at(deadline), Boundary: c.boundary}
		in := instruction("2004-11-10 09:00:00")
		in.Delivery = tender.GuaranteedDelivery
		if c.covered != "" {
			in.CoveredAt = at(c.covered)
		}
		b := newBook(t, o, []tender.Instruction{in}, at(c.asOf))
		if got := b.Lines[0].Undelivered; got != c.want {
			t.Errorf("%s, covered %q, as of %s: undelivered %t", c.boundary, c.covered, c.asOf, got)
		}
	}
}

func TestTheNameOfASlotForPeople(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2004-11-12T17:30:00-05:00":                    "2004-11-12 17:30 EST",
		"early_tender 2004-11-12T22:15:00Z":            "early_tender 2004-11-12 17:15 EST",
		"early_tender 2004-07-12T17:15:00-04:00 again": "early_tender 2004-07-12 17:15 EDT again",
		"files": "files", "": "",
	} {
		if got := tender.InWallTime(text, newYork); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
