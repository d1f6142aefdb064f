package schedule

import "time"

// Deaths are the latest runs of an offer that the scheduler made and that did not end
// because their process died, one after another.
type Deaths struct {
	Count int
	Began time.Time // when the last of them began: what changed later is not in it
	Last  time.Time // when its death was noted
}

const (
	// parkedAfter is how many runs have to die before an offer is parked: one, which
	// may have died of another offer's run beside it, and three that were alone.
	parkedAfter = 4
	// The times between two tries of an offer that is parked.
	firstParked, lastParked = 10 * time.Minute, 6 * time.Hour
)

// Parked reports whether the offer is only run again now and then, or when something
// about it changes.
func (d Deaths) Parked() bool { return d.Count >= parkedAfter }

// NextTry is when an offer that is parked is tried again if nothing changes.
func (d Deaths) NextTry() time.Time {
	pause := firstParked
	for n := parkedAfter; n < d.Count && pause < lastParked; n++ {
		pause *= 2
	}
	return d.Last.Add(min(pause, lastParked))
}
