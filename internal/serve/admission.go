package serve

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// admission lets runs begin as the memory and the number of runs at once allow. Those
// that wait are admitted in their order, and none passes another: a large run gets its
// turn although small ones keep coming. A run that needs more than there is is admitted
// alone.
type admission struct {
	runs   int   // at once; 0: any number
	memory int64 // bytes; 0: any amount

	mu      sync.Mutex
	waiting []*ticket // in their order
	under   int       // runs under way
	used    int64     // bytes that they need
	alone   bool      // the one under way is to be alone
	asked   int64     // how many have asked so far
}

// rank is what comes before the order of time.
type rank int

// The ranks: runs after the offer's own dates, which were promised; all others; offers
// whose runs died with the service.
const (
	promised rank = iota
	usual
	suspected
)

// ticket is a run that waits, or is under way.
type ticket struct {
	rank     rank
	at       time.Time // since when it is due
	number   int64     // of those that are due at one instant, the first to ask
	need     int64     // bytes
	alone    bool      // nothing else may be under way
	admitted chan struct{}
}

// ask adds a run to those that wait. Its ticket must be given back by [admission.leave],
// whether it was admitted or not.
func (a *admission) ask(r rank, at time.Time, need int64, alone bool) *ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	t := &ticket{rank: r, at: at, number: a.asked, need: need, alone: alone, admitted: make(chan struct{})}
	a.waiting = append(a.waiting, t)
	a.admit()
	return t
}

// change gives a run that still waits another rank and need, as files may have come.
func (a *admission) change(t *ticket, r rank, need int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.waiting, t) {
		t.rank, t.need = r, need
	}
	a.admit()
}

// leave ends a run, or its waiting.
func (a *admission) leave(t *ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.waiting, t); i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
	} else {
		a.under--
		a.used -= t.need
		a.alone = false // if it was alone, there is none left
	}
	a.admit()
}

// admit admits whom it can. The lock is held.
func (a *admission) admit() {
	slices.SortFunc(a.waiting, func(x, y *ticket) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), x.at.Compare(y.at), cmp.Compare(x.number, y.number))
	})
	for len(a.waiting) > 0 && a.fits(a.waiting[0]) {
		t := a.waiting[0]
		a.waiting = a.waiting[1:]
		a.under++
		a.used += t.need
		a.alone = t.alone
		close(t.admitted)
	}
}

func (a *admission) fits(t *ticket) bool {
	switch {
	case a.under == 0:
		return true
	case t.alone, a.alone, a.runs > 0 && a.under >= a.runs:
		return false
	}
	return a.memory == 0 || a.used+t.need <= a.memory
}

// usage is what is under way and what waits.
func (a *admission) usage() Heartbeat {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Heartbeat{Running: a.under, Waiting: len(a.waiting), Memory: a.used}
}
