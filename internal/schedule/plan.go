package schedule

import (
	"cmp"
	"slices"
	"time"

	"tenderbatch/internal/tender"
)

// Plan is all that decides when an offer is run: its terms in all their versions.
type Plan struct {
	Zone     *time.Location
	Versions []Version // oldest first; at least one
}

// Version is what one version of the terms says, which is in force from From until
// the next.
type Version struct {
	From     time.Time // zero for the terms at launch
	Schedule *Schedule // nil: no regular runs
	CatchUp  tender.CatchUp
	RunAfter time.Duration // from a date to its run; 0: no runs after dates
	Dates    []Date
	Launch   time.Time // the first instant of the offer
	End      time.Time // the first instant after it
}

// Date is an instant of the offer after which it is run.
type Date struct {
	Kind Kind
	At   time.Time
}

// at is the version in force at t and when it ends: zero for the last.
func (p Plan) at(t time.Time) (v Version, until time.Time) {
	i := len(p.Versions) - 1
	for i > 0 && p.Versions[i].From.After(t) {
		i--
	}
	if i+1 < len(p.Versions) {
		until = p.Versions[i+1].From
	}
	return p.Versions[i], until
}

// At is what the version of the terms says that is in force at t.
func (p Plan) At(t time.Time) Version {
	v, _ := p.at(t)
	return v
}

// sortSlots sorts by instant. Of two at one instant the date's comes first, since
// it says more.
func sortSlots(slots []Slot) {
	slices.SortFunc(slots, func(a, b Slot) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Kind, a.Kind))
	})
}

// Next returns the first n slots after t.
func (p Plan) Next(t time.Time, n int) []Slot {
	var slots []Slot
	for from := t; len(slots) < n; {
		s, ok := p.nextRegular(from)
		if !ok {
			break
		}
		slots = append(slots, s)
		from = s.At
	}
	for _, s := range p.dates() {
		if s.At.After(t) {
			slots = append(slots, s)
		}
	}
	sortSlots(slots)
	return slots[:min(n, len(slots))]
}

// nextRegular returns the first regular slot after t. Each version decides on the
// time in which it is in force.
func (p Plan) nextRegular(t time.Time) (Slot, bool) {
	for {
		v, until := p.at(t)
		if s, ok := v.next(t); ok && (until.IsZero() || s.At.Before(until)) {
			return s, true
		}
		if until.IsZero() {
			return Slot{}, false
		}
		// The first slot of the next version may be at the very instant from which
		// it is in force.
		if s, ok := p.At(until).next(until.Add(-time.Nanosecond)); ok && s.At.Equal(until) {
			return s, true
		}
		t = until
	}
}

// next returns the first regular slot of a version after t and between its launch
// and its end.
func (v Version) next(t time.Time) (Slot, bool) {
	if v.Schedule == nil {
		return Slot{}, false
	}
	if t.Before(v.Launch) {
		t = v.Launch.Add(-time.Nanosecond)
	}
	s := v.Schedule.Next(t)
	return s, s.At.Before(v.End)
}

// dates returns the slots of the offer's own dates, in their order. A date is one if the terms in
// force at that very instant name it: before it comes it can be amended away, and
// after it came it stays.
func (p Plan) dates() []Slot {
	var slots []Slot
	for i, v := range p.Versions {
		for _, d := range v.Dates {
			inForce := !d.At.Before(v.From) && (i+1 == len(p.Versions) || d.At.Before(p.Versions[i+1].From))
			if v.RunAfter > 0 && inForce {
				slots = append(slots, Slot{Kind: d.Kind, At: d.At.Add(v.RunAfter).In(p.Zone), After: v.RunAfter})
			}
		}
	}
	sortSlots(slots)
	return slots
}
