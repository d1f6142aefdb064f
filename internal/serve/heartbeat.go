package serve

import (
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// stuckAfter is how long an offer's goroutine may take for anything but a run, such as
	// reading from a share that does not answer.
	stuckAfter = 5 * time.Minute
	// longestRun is how long a run may take. The largest takes minutes; one that hangs
	// would hold its share of memory for ever.
	longestRun = time.Hour
)

// heartbeat says that the loop is at work, unless an offer hangs: then the service manager
// restarts the service.
func (s *server) heartbeat() {
	if names := s.hanging(); len(names) > 0 {
		if what := strings.Join(names, ", "); s.reported.isNew(what, s.config.Now()) {
			s.config.Log.Error("an offer hangs: the heartbeat stops, so that the service manager restarts the service",
				"offers", what)
		}
		return
	}
	s.config.Observe(s.usage())
}

// usage is what is under way and what waits, of all offers.
func (s *server) usage() Heartbeat {
	usage := s.admission.usage()
	usage.Offers = max(s.count, 0)
	return usage
}

// noteProgress notes that an offer's goroutine is at work, and on which run, if any.
func (o *offer) noteProgress(job *Job) {
	now := o.config.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running, o.progress = job, now
}

// lastProgress is the run that an offer's goroutine is at, nil for none, and since when it has
// been at one thing.
func (o *offer) lastProgress() (running *Job, since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.running, o.progress
}

// hanging lists the offers whose goroutine has made no progress for too long.
func (s *server) hanging() (names []string) {
	now := s.config.Now()
	for folder, o := range s.offers {
		job, since := o.lastProgress()
		limit := stuckAfter
		if job != nil {
			limit = longestRun
		}
		if !ended(o.done) && now.Sub(since) > limit {
			names = append(names, filepath.Base(folder))
		}
	}
	slices.Sort(names)
	return names
}
