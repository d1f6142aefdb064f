package serve

import "time"

// reportedFor is how long something counts as reported after it was last the case. What comes
// and goes with each look is so reported once, and what comes back a day later again.
const reportedFor = time.Hour

// reports remembers what was logged as wrong. Two errors that take turns are two things
// that were reported, and neither is reported at each look.
type reports map[string]time.Time

// isNew reports whether something has yet to be reported, and notes that it is the case.
func (r reports) isNew(what string, now time.Time) bool {
	last, known := r[what]
	known = known && !passed(now, last, reportedFor)
	for other, at := range r {
		if passed(now, at, reportedFor) {
			delete(r, other)
		}
	}
	r[what] = now
	return !known
}
