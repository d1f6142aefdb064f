package serve

import "tenderbatch/internal/schedule"

// Event is something that happens in the loop: one of the types of this file.
type Event interface{ event() }

// NextSlot says when an offer is run next; the zero Slot for files only.
type NextSlot struct {
	Folder string
	Slot   schedule.Slot
}

// TermsBroken says that the terms of an offer cannot be read, once for each fault.
type TermsBroken struct {
	Folder string
	Fault  error
}

// TermsRead says that terms that were broken can be read again.
type TermsRead struct{ Folder string }

// Dropped says that the folder is no offer any more.
type Dropped struct{ Folder string }

// Waiting says that a run of an offer waits for its turn, or no longer does.
type Waiting struct {
	Folder string
	Waits  bool
}

// Running says that a run of an offer begins, or has ended; Fault is then why it failed, if it did.
type Running struct {
	Folder string
	Job    Job
	Runs   bool
	Fault  error
}

// Parked says that an offer is parked. Without deaths, it no longer is.
type Parked struct {
	Folder string
	Deaths schedule.Deaths
}

// Idle says, at least every minute, that nothing is due for an offer whose terms were read.
type Idle struct{ Folder string }

// Heartbeat says, at least every minute, that the loop and every offer are at work.
type Heartbeat struct {
	Offers  int
	Running int   // runs under way
	Waiting int   // runs that wait for their turn
	Memory  int64 // bytes that those under way need
}

func (NextSlot) event()    {}
func (TermsBroken) event() {}
func (TermsRead) event()   {}
func (Dropped) event()     {}
func (Waiting) event()     {}
func (Running) event()     {}
func (Parked) event()      {}
func (Idle) event()        {}
func (Heartbeat) event()   {}
