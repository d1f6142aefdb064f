package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// Job is what [Config.Run] is to do for an offer: make one run, or, if there is anything in
// Missed, record those slots as missed and make none.
type Job struct {
	Folder  string // of the offer
	Trigger tender.Trigger
	Slot    schedule.Slot // the zero Slot for files
	Asked   Ask           // by a person; the zero Ask if no one did
	Missed  []schedule.Miss
}

// Outcome is what came of a job.
type Outcome int

// The outcomes. What Ended is good or bad, and the ledger says which; a slot that has no entry
// in it is run again.
const (
	Ended     Outcome = iota
	Busy              // another run had the offer
	Transient         // the machine did not let it end, as with a full disk: it will pass
)

// OfferState is what an offer is planned from, as its folder has it.
type OfferState struct {
	Plan    schedule.Plan
	Fault   error            // what is wrong with the terms, so that there is no plan
	Entries []schedule.Entry // all of the ledger, in its order
	Deaths  schedule.Deaths  // the latest runs that died with their process
	Paused  bool             // by a person: only what is asked for is run
	Need    int64            // the bytes of memory that a run of what is there will need
}

// Config is what [Serve] works with. The functions are called by several
// goroutines at once, but for one offer by one at a time.
type Config struct {
	Folder string // whose subfolders are the offers; or the folder of one offer
	Now    func() time.Time
	Log    *slog.Logger

	// Load reads the folder of an offer. It is an error if the ledger cannot be read; the
	// plan, the fault and the need are valid all the same.
	Load func(folder string) (OfferState, error)
	// Run does a job, with all its entries in the ledger. The error is for the log; what
	// happens next follows from the outcome.
	Run func(ctx context.Context, job Job) (Outcome, error)
	// Observe is called with what happens, for metrics and notices. It decides nothing.
	Observe func(Event)

	// Desk takes what people ask for; nil if no one can.
	Desk *Desk

	Runs   int   // at most so many runs at once; 0: any number
	Memory int64 // at most so many bytes of memory for all; 0: any amount

	Poll        time.Duration // how often folders are scanned
	QuietPeriod time.Duration // how long files must be unchanged before they are used
	Grace       time.Duration // how long runs may take to end after the context is done
	PollOnly    bool          // do not ask the system to report changes
}

// ErrServed says that another scheduler runs on the folder.
var ErrServed = errors.New("another batch serve already runs on this folder; stop it first")

// lockName is the file in the folder that a scheduler holds locked.
const lockName = ".serve.lock"

// Lock reserves the folder for one scheduler, at most until the process ends. It returns
// [ErrServed] if another has it, or a *[disk.StrangeError] at once if something other than a
// file has the lock's name: to open a pipe would hang.
func Lock(folder string) (unlock func() error, err error) {
	tree, path := disk.In(folder), filepath.Join(folder, lockName)
	if err := tree.Regular(path); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(disk.FileMode),
		flock.SetFlag(os.O_RDONLY|os.O_CREATE|disk.NoFollow))
	held, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, ErrServed
	}
	if err := tree.Same(path); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock.Unlock, nil
}
