package schedule

import (
	"fmt"
	"time"

	"tenderbatch/internal/tender"
)

// grace is how late a regular slot may be run without being called a late one: the
// machine was busy, or the run before it was slow.
const grace = 5 * time.Minute

// Firing is a slot that is to be run now.
type Firing struct {
	Slot    Slot
	Trigger tender.Trigger
}

// Miss is a slot that is to be recorded as missed, and why.
type Miss struct {
	Slot    Slot
	Why     string
	Covered bool // a later regular slot is run now
}

// Due is what is to be done at an instant: first record what was missed, in its
// order, then run, in its order. If a record fails, nothing may be run: the slots
// before one that ran count as decided.
type Due struct {
	Missed []Miss
	Run    []Firing
}

// Due decides what is to be done now. Of the regular slots that passed undecided
// the newest is run once, and the older are recorded as missed; with catch_up none
// the newest is run only if it is at most five minutes late. The slots of dates
// are always run, however late.
func (p Plan) Due(r *Record, now time.Time) Due {
	var due Due
	for _, s := range p.dates() {
		if s.At.After(now) || !s.At.After(r.seen) || r.Decided(s) {
			continue
		}
		due.add(r, s, tender.ByDate)
	}
	open := p.openRegular(r, now)
	for i, s := range open {
		late := now.Sub(s.At)
		switch {
		case i < len(open)-1:
			due.miss(r, s, "superseded by the slot of "+tender.WallTime(open[len(open)-1].At, open[len(open)-1].At.Location()))
		case late <= grace:
			due.add(r, s, tender.BySchedule)
		case p.At(now).CatchUp == tender.CatchUpNone:
			due.miss(r, s, fmt.Sprintf("it is %s late, and catch_up is none", late.Round(time.Minute)))
		default:
			due.add(r, s, tender.ByCatchUp)
		}
	}
	due.markCovered()
	return due
}

// markCovered marks the regular slots that were missed if a later one is run.
func (d *Due) markCovered() {
	last := len(d.Run) - 1
	for i := range d.Missed {
		m := &d.Missed[i]
		m.Covered = last >= 0 && m.Slot.Kind == Regular && d.Run[last].Slot.Kind == Regular
	}
}

// openRegular returns the regular slots up to now that are not decided.
func (p Plan) openRegular(r *Record, now time.Time) []Slot {
	var open []Slot
	for t := r.since(now); ; {
		s, ok := p.nextRegular(t)
		if !ok || s.At.After(now) {
			return open
		}
		if !r.Decided(s) {
			open = append(open, s)
		}
		t = s.At
	}
}

// add has a slot run.
func (d *Due) add(r *Record, s Slot, trigger tender.Trigger) {
	s.Again = r.missed[s.key()] == reopened
	d.Run = append(d.Run, Firing{s, trigger})
}

// miss has a slot recorded, once: if it was before the clock was set back, it has
// its entry.
func (d *Due) miss(r *Record, s Slot, why string) {
	if r.missed[s.key()] == 0 {
		d.Missed = append(d.Missed, Miss{Slot: s, Why: why})
	}
}
