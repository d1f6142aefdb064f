package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// november is an offer from 1 to 30 November 2004, run at 17:30 on every day, with
// an early date on the 12th and an expiration at the end of the 29th.
func november(t *testing.T) Plan {
	zone := newYork(t)
	return Plan{Zone: zone, Versions: []Version{{
		Schedule: parseIn(t, "30 17 * * *", zone), CatchUp: tender.CatchUpLast, RunAfter: 15 * time.Minute,
		Dates:  []Date{{EarlyTender, day(t, 12, 17, 0)}, {Expiration, day(t, 30, 0, 0)}},
		Launch: day(t, 1, 0, 0), End: day(t, 31, 0, 0),
	}}}
}

// day is a time of November 2004 in New York.
func day(t *testing.T, d, hour, minute int) time.Time {
	return time.Date(2004, 11, d, hour, minute, 0, 0, newYork(t))
}

// dueWords writes what is due in one line a slot, without the month.
func dueWords(d Due) []string {
	var words []string
	for _, m := range d.Missed {
		words = append(words, m.Slot.At.Format("02T15:04")+" missed")
	}
	for _, f := range d.Run {
		words = append(words, fmt.Sprintf("%s %s", f.Slot.At.Format("02T15:04"), f.Trigger))
		if f.Slot.Again {
			words[len(words)-1] += " again"
		}
	}
	return words
}

func wantDue(t *testing.T, what string, p Plan, r *Record, now time.Time, want ...string) {
	t.Helper()
	r.See(now)
	if got := dueWords(p.Due(r, now)); !slices.Equal(got, want) {
		t.Errorf("%s: due %q, want %q", what, got, want)
	}
}

// regular is a regular slot of 17:30.
func regular(t *testing.T, d int) Slot { return Slot{At: day(t, d, 17, 30)} }

func TestASlotIsRunWhenItsTimeComes(t *testing.T) {
	p, r := november(t), &Record{}
	wantDue(t, "on the first day", p, r, day(t, 1, 12, 0))
	wantDue(t, "a second before", p, r, day(t, 1, 17, 30).Add(-time.Second))
	wantDue(t, "at its time", p, r, day(t, 1, 17, 30), "01T17:30 schedule")
	wantDue(t, "until it is decided", p, r, day(t, 1, 17, 35), "01T17:30 schedule")
	r.Add(Entry{At: day(t, 1, 17, 36), Slot: regular(t, 1), Outcome: Ran, Own: true})
	wantDue(t, "when it is", p, r, day(t, 1, 17, 36))
}

func TestSlotsFromBeforeTheFirstStartAreNotMissed(t *testing.T) {
	p, r := november(t), &Record{}
	r.Add(Entry{At: day(t, 3, 9, 0)}) // a colleague ran it by hand
	wantDue(t, "first start on the 20th", p, r, day(t, 20, 12, 0))
	wantDue(t, "the slot after", p, r, day(t, 20, 17, 31), "20T17:30 schedule")
}

func TestOfMissedSlotsTheNewestIsCaughtUp(t *testing.T) {
	p, r := november(t), &Record{}
	r.Add(Entry{At: day(t, 1, 17, 31), Slot: regular(t, 1), Outcome: Ran, Own: true})
	wantDue(t, "after three days", p, r, day(t, 4, 20, 0), "02T17:30 missed", "03T17:30 missed", "04T17:30 catch-up")
	p.Versions[0].CatchUp = tender.CatchUpNone
	wantDue(t, "without catching up", p, r, day(t, 4, 20, 0), "02T17:30 missed", "03T17:30 missed", "04T17:30 missed")
	wantDue(t, "a little late", p, r, day(t, 4, 17, 35), "02T17:30 missed", "03T17:30 missed", "04T17:30 schedule")
	if why := p.Due(r, day(t, 4, 20, 0)).Missed; !strings.HasPrefix(why[0].Why,
		"superseded by the slot of 2004-11-04 17:30 EST") ||
		why[2].Why != "it is 2h30m0s late, and catch_up is none" || why[0].Covered {
		t.Errorf("the reasons are %v", why)
	}
	if missed := p.Due(r, day(t, 4, 17, 35)).Missed; !missed[0].Covered || !missed[1].Covered {
		t.Errorf("with a later one that is run: %v", missed)
	}
}

func TestDatesAreAlwaysRun(t *testing.T) {
	p, r := november(t), &Record{}
	p.Versions[0].CatchUp = tender.CatchUpNone
	r.Add(Entry{At: day(t, 11, 17, 31), Slot: regular(t, 11), Outcome: Ran, Own: true})
	wantDue(t, "in time", p, r, day(t, 12, 17, 15), "12T17:15 date")
	wantDue(t, "a day late", p, r, day(t, 13, 12, 0), "12T17:30 missed", "12T17:15 date")
	r.Add(Entry{At: day(t, 13, 12, 1), Slot: Slot{Kind: EarlyTender, At: day(t, 12, 17, 15)}, Outcome: Ran, Own: true})
	wantDue(t, "once", p, r, day(t, 13, 12, 2), "12T17:30 missed")
	p.Versions[0].RunAfter = 0
	wantDue(t, "not with none", p, r, day(t, 30, 12, 0), func() (all []string) {
		for d := 12; d < 30; d++ {
			all = append(all, fmt.Sprintf("%02dT17:30 missed", d))
		}
		return all
	}()...)
}

// TestDatesAreThoseInForceAtTheirInstant moves the expiration before it comes, and
// the early date after it came.
func TestDatesAreThoseInForceAtTheirInstant(t *testing.T) {
	p := november(t)
	p.Versions[0].Schedule = nil
	second := p.Versions[0]
	second.From = day(t, 15, 9, 0)
	second.Dates = []Date{{EarlyTender, day(t, 18, 17, 0)}, {Expiration, day(t, 40, 0, 0)}}
	second.End = day(t, 41, 0, 0)
	p.Versions = append(p.Versions, second)
	var got []string
	for _, s := range p.Next(day(t, 1, 0, 0), 10) {
		got = append(got, s.String())
	}
	want := []string{"early_tender 2004-11-12T17:15:00-05:00", "early_tender 2004-11-18T17:15:00-05:00",
		"expiration 2004-12-10T00:15:00-05:00"}
	if !slices.Equal(got, want) {
		t.Errorf("the slots are %q, want %q", got, want)
	}
}

// TestAnAmendedScheduleAppliesFromThenOn changes the schedule at the very instant
// of one of the new slots.
func TestAnAmendedScheduleAppliesFromThenOn(t *testing.T) {
	p := november(t)
	second := p.Versions[0]
	second.From, second.Schedule = day(t, 3, 9, 0), parseIn(t, "0 9 * * *", p.Zone)
	p.Versions = append(p.Versions, second)
	var got []string
	for _, s := range p.Next(day(t, 1, 12, 0), 4) {
		got = append(got, s.At.Format("02T15:04"))
	}
	if want := []string{"01T17:30", "02T17:30", "03T09:00", "04T09:00"}; !slices.Equal(got, want) {
		t.Errorf("the slots are %q, want %q", got, want)
	}
}

func TestSlotsEndWithTheOffer(t *testing.T) {
	p, r := november(t), &Record{}
	if first := p.Next(time.Time{}, 1); len(first) != 1 || !first[0].At.Equal(day(t, 1, 17, 30)) {
		t.Errorf("the first slot is %v", first)
	}
	if rest := p.Next(day(t, 30, 17, 30), 1); len(rest) > 0 {
		t.Errorf("after the end comes %v", rest)
	}
	wantDue(t, "first start a year later", p, r, day(t, 365, 0, 0))
}

// TestAChangedScheduleMakesNoMissedSlots edits the schedule at launch two weeks
// after it: the slots of the past are not those of the new one.
func TestAChangedScheduleMakesNoMissedSlots(t *testing.T) {
	p, r := november(t), &Record{}
	for d := 1; d < 15; d++ {
		r.Add(Entry{At: day(t, d, 17, 31), Slot: regular(t, d), Outcome: Ran, Own: true})
	}
	p.Versions[0].Schedule = parseIn(t, "0 18 * * *", p.Zone)
	p.Versions[0].RunAfter = 0
	wantDue(t, "the same evening", p, r, day(t, 14, 17, 50))
	wantDue(t, "at the new time", p, r, day(t, 14, 18, 0), "14T18:00 schedule")
}

// TestS3ARunBrokenOffIsNeverMissed breaks off the run of a slot again and again, as a
// service does that is killed in it.
func TestS3ARunBrokenOffIsNeverMissed(t *testing.T) {
	p, r := november(t), &Record{}
	r.See(day(t, 1, 12, 0))
	for range 30 {
		wantDue(t, "tried", p, r, day(t, 1, 17, 31), "01T17:30 schedule")
		r.Add(Entry{At: day(t, 1, 17, 31), Slot: regular(t, 1), Outcome: BrokenOff, Own: true})
	}
	r.Add(Entry{At: day(t, 1, 17, 32), Slot: regular(t, 1), Outcome: Ran, Own: true})
	wantDue(t, "done", p, r, day(t, 1, 17, 33))
}

// TestAClockThatWasAhead runs with a clock eighteen days ahead, which is then set
// right, with and without a restart between.
func TestAClockThatWasAhead(t *testing.T) {
	p := november(t)
	p.Versions[0].RunAfter = 0
	var ledger []Entry
	ledger = append(ledger, Entry{At: day(t, 1, 17, 31), Slot: regular(t, 1), Outcome: Ran, Own: true})
	for d := 2; d < 19; d++ {
		ledger = append(ledger, Entry{At: day(t, 20, 12, 0), Slot: regular(t, d), Outcome: Missed, Own: true})
	}
	ledger = append(ledger, Entry{At: day(t, 20, 12, 1), Slot: regular(t, 19), Outcome: Ran, Own: true})
	r := &Record{}
	for _, e := range ledger {
		r.Add(e)
	}
	wantDue(t, "while it is ahead", p, r, day(t, 20, 12, 2))
	wantDue(t, "set right", p, r, day(t, 2, 12, 0))
	wantDue(t, "the next slot", p, r, day(t, 2, 17, 30), "02T17:30 schedule again")

	restarted := &Record{}
	for _, e := range append(ledger, Entry{At: day(t, 2, 12, 5), Own: true}) { // a file came
		restarted.Add(e)
	}
	wantDue(t, "the next slot after a restart", p, restarted, day(t, 2, 17, 30), "02T17:30 schedule again")
	restarted.Add(Entry{At: day(t, 2, 17, 31), Slot: regular(t, 2), Outcome: Ran, Own: true})
	wantDue(t, "not twice", p, restarted, day(t, 2, 17, 32))
	wantDue(t, "after some days of sleep no second entry", p, restarted, day(t, 5, 18, 0), "05T17:30 catch-up again")
	restarted.Add(Entry{At: day(t, 18, 17, 31), Slot: regular(t, 18), Outcome: Ran, Own: true})
	wantDue(t, "what was run ahead of time is not run again", p, restarted, day(t, 19, 17, 31))
}

func TestAClockSetBackRunsNothingAgain(t *testing.T) {
	p, r := november(t), &Record{}
	for d := 1; d < 10; d++ {
		r.Add(Entry{At: day(t, d, 17, 31), Slot: regular(t, d), Outcome: Ran, Own: true})
	}
	for _, now := range []time.Time{day(t, 5, 17, 31), day(t, 9, 17, 29), day(t, -3, 0, 0), day(t, 9, 17, 31)} {
		wantDue(t, "at "+now.String(), p, r, now)
	}
	wantDue(t, "the next day", p, r, day(t, 10, 17, 31), "10T17:30 schedule")
}
