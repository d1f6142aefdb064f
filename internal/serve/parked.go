package serve

import (
	"time"

	"tenderbatch/internal/schedule"
)

// Deaths are the latest runs of an offer that the scheduler made and that did not come
// to an end because the process died.
type Deaths struct {
	Count int       // without one that came to an end between them
	Began time.Time // when the last began: what changed later is not in it
	Last  time.Time // when its death was noted
}

const (
	// parkedAfter is how many runs have to die before an offer is parked: one, which
	// may have died of another offer's run beside it, and three that were alone.
	parkedAfter = 4
	// The times between two tries of an offer that is parked.
	firstParked, lastParked = 10 * time.Minute, 6 * time.Hour
	// longestWait is how long an offer whose run died lets the others go first.
	longestWait = time.Hour
)

// Parked reports whether the offer is only run again now and then, or when something
// about it changes.
func (d Deaths) Parked() bool { return d.Count >= parkedAfter }

// Next is when an offer that is parked is tried again if nothing changes.
func (d Deaths) Next() time.Time {
	pause := firstParked
	for n := parkedAfter; n < d.Count && pause < lastParked; n++ {
		pause *= 2
	}
	return d.Last.Add(min(pause, lastParked))
}

// suspect learns which runs died with the service, when the offer is first seen.
func (o *offer) suspect() error {
	if o.Died == nil {
		return nil
	}
	deaths, err := o.Died(o.folder)
	if err != nil {
		return err
	}
	o.deaths = deaths
	switch {
	case deaths.Parked():
		o.log.Error("the offer is parked: the service died each time it ran it, also with nothing else under way; give it memory, correct its files or terms, or run it by hand",
			"deaths", deaths.Count, "next_try", deaths.Next().UTC().Format(time.RFC3339))
		o.Parked(o.folder, deaths)
	case deaths.Count > 0:
		o.log.Warn("the service died while it ran this offer; it is run alone, after the others", "deaths", deaths.Count)
	}
	return nil
}

// survived notes that a run came to an end, good or bad.
func (o *offer) survived() {
	if o.deaths.Count == 0 {
		return
	}
	wasParked := o.deaths.Parked()
	o.deaths = Deaths{}
	o.log.Info("a run came to an end; the offer is run as any other again")
	if wasParked {
		o.Parked(o.folder, Deaths{})
	}
}

// hold is how long an offer whose runs died is not run: a moment, in which the others ask
// for their turn; and if it is parked, until its next try, unless files or terms changed.
func (o *offer) hold() time.Duration {
	if o.deaths.Count == 0 {
		return 0
	}
	now := o.Now()
	wait := o.began.Add(o.Settle + 2*breath).Sub(now)
	if o.deaths.Parked() && !o.newest.After(o.deaths.Began) {
		wait = max(wait, o.deaths.Next().Sub(now))
	}
	return max(wait, 0)
}

// rank is the offer's place among those that wait for their turn.
func (o *offer) rank(job Job, since time.Time) rank {
	switch {
	case o.deaths.Count > 0 && !passed(o.Now(), since, longestWait):
		return suspected
	case job.Trigger == schedule.OnDate:
		return promised
	}
	return usual
}
