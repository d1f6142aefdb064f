package serve

import (
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// longestWait is how long an offer whose run died lets the others go first.
const longestWait = time.Hour

// suspect notes which runs died with the service, when the offer is first seen.
func (o *offer) suspect(deaths schedule.Deaths) {
	o.deaths = deaths
	switch {
	case deaths.Parked():
		o.log.Error("the offer is parked: the service died each time it ran it, also with nothing else running; give it "+
			"more memory, correct its files or terms, or run it by hand",
			"deaths", deaths.Count, "next_try", deaths.NextTry().UTC().Format(time.RFC3339))
		o.config.Observe(Parked{o.folder, deaths})
	case deaths.Count > 0:
		o.log.Warn("the service died while it ran this offer; it is run alone, after the others", "deaths", deaths.Count)
	}
}

// survived notes that a run came to an end, good or bad.
func (o *offer) survived() {
	if o.deaths.Count == 0 {
		return
	}
	wasParked := o.deaths.Parked()
	o.deaths = schedule.Deaths{}
	o.log.Info("a run finished; the offer is run like any other again")
	if wasParked {
		o.config.Observe(Parked{Folder: o.folder})
	}
}

// hold is how long an offer whose runs died is not run: a moment, in which the others ask
// for their turn; and if it is parked, until its next try, unless files or terms changed.
func (o *offer) hold() time.Duration {
	if o.deaths.Count == 0 {
		return 0
	}
	now := o.config.Now()
	wait := o.server.began.Add(o.config.QuietPeriod + 2*debounce).Sub(now)
	if o.deaths.Parked() && !o.newest.After(o.deaths.Began) {
		wait = max(wait, o.deaths.NextTry().Sub(now))
	}
	return max(wait, 0)
}

// rank is the offer's place among those that wait for their turn.
func (o *offer) rank(job Job, since time.Time) rank {
	switch {
	case o.deaths.Count > 0 && !passed(o.config.Now(), since, longestWait):
		return suspected
	case job.Trigger == tender.ByDate:
		return promised
	}
	return usual
}
