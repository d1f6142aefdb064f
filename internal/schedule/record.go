package schedule

import (
	"slices"
	"time"
)

// Outcome is what an entry of the ledger says of its slot.
type Outcome int

// The outcomes.
const (
	Noted     Outcome = iota // nothing: the entry has no slot, is a start, or says that the offer was busy
	Ran                      // the run came to an end, good or bad
	Missed                   // recorded as missed
	BrokenOff                // the run was interrupted, its process died, or the machine did not let it end
)

// Entry is what scheduling needs of one entry of the ledger.
type Entry struct {
	At      time.Time // when it was written
	Began   time.Time // when the run began whose end it is; files that came later are not in it
	Slot    Slot
	Outcome Outcome
	Own     bool // the scheduler wrote it, not a person at a terminal
	Cleared bool // a report was deleted from the inbox, as it was not to be kept any longer
}

// Record is what the ledger says of an offer's slots. The zero Record is that of
// an empty ledger.
//
// A slot is decided if a run for it came to an end or if it is recorded as missed.
// One whose run was broken off is open again, however often: what ends the process
// each time is held back by package serve, and says nothing of the slot. Slots
// from before the scheduler first saw the offer are none of its business, nor are
// regular ones older than the newest that is decided: those are slots only by a
// schedule that was changed since.
//
// If the clock was ahead, slots were recorded as missed that had not come. A later
// entry with an earlier time shows that, and they are open again.
type Record struct {
	ran     map[key]bool
	missed  map[key]state
	regular []int64   // the decided regular slots, in their order, in seconds since 1970
	ahead   int64     // the latest slot recorded as missed and not opened again, in the same unit
	seen    time.Time // the earliest time at which the scheduler knew of the offer
}

// state of a slot that is recorded as missed.
type state int

const (
	decided state = iota + 1
	reopened
)

// Add adds the next entry. Entries are added in the order of the ledger.
func (r *Record) Add(e Entry) {
	r.setBack(e.At)
	if e.Own {
		r.See(e.At)
	}
	if e.Slot.At.IsZero() {
		return // files, or a person
	}
	// The scheduler was there when the slot came, though it wrote a moment later.
	r.seen = earlierOf(r.seen, e.Slot.At.Add(-time.Nanosecond))
	if r.ran == nil {
		r.ran, r.missed = map[key]bool{}, map[key]state{}
	}
	k := e.Slot.key()
	switch e.Outcome {
	case Noted, BrokenOff:
		return
	case Ran:
		r.ran[k] = true
	case Missed:
		r.missed[k] = decided
		r.ahead = max(r.ahead, k.at)
	}
	if k.kind == Regular {
		if i, found := slices.BinarySearch(r.regular, k.at); !found {
			r.regular = slices.Insert(r.regular, i, k.at)
		}
	}
}

// See says that the scheduler is there at an instant. It is to be called each time
// before [Plan.Due] with what the clock shows.
func (r *Record) See(now time.Time) {
	r.seen = earlierOf(r.seen, now)
	r.setBack(now)
}

// setBack opens the slots again that were recorded as missed although they are yet
// to come.
func (r *Record) setBack(now time.Time) {
	if now.Unix() >= r.ahead {
		return
	}
	r.ahead = 0
	for k, s := range r.missed {
		if s == decided && k.at > now.Unix() {
			r.missed[k] = reopened
		} else if s == decided {
			r.ahead = max(r.ahead, k.at)
		}
	}
}

// Decided reports whether nothing is to be done about a slot.
func (r *Record) Decided(s Slot) bool {
	k := s.key()
	return r.ran[k] || r.missed[k] == decided
}

// since is the instant after which regular slots are looked at: the newest that is
// decided and has come, or when the scheduler first saw the offer.
func (r *Record) since(now time.Time) time.Time {
	i, _ := slices.BinarySearch(r.regular, now.Unix()+1)
	if i == 0 {
		return r.seen
	}
	newest := r.regular[i-1]
	if r.missed[key{Regular, newest}] == reopened && !r.ran[key{Regular, newest}] {
		// Its turn has come again; what was before it had its own.
		newest--
	}
	if at := time.Unix(newest, 0); at.After(r.seen) {
		return at
	}
	return r.seen
}

// earlierOf is the earlier of two instants, the zero time being none.
func earlierOf(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
