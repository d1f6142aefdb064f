package serve

import "time"

// saidFor is how long something counts as said after it was last the case. What comes
// and goes with each look is so said once, and what comes back a day later again.
const saidFor = time.Hour

// said remembers what was logged as wrong. Two errors that take turns are two things
// that were said, and neither is said at each look.
type said map[string]time.Time

// news reports whether something has yet to be said, and notes that it is the case.
func (s said) news(what string, now time.Time) bool {
	last, known := s[what]
	known = known && !passed(now, last, saidFor)
	for other, at := range s {
		if passed(now, at, saidFor) {
			delete(s, other)
		}
	}
	s[what] = now
	return !known
}
