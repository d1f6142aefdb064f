package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/schedule"
)

// Job is one run that is to be made.
type Job struct {
	Folder  string // of the offer
	Trigger schedule.Trigger
	Slot    schedule.Slot // the zero Slot for files
}

// Config is what [Serve] works with. The functions are called by several
// goroutines at once, but for one offer by one at a time.
type Config struct {
	Folder string // whose subfolders are the offers; or the folder of one offer
	Now    func() time.Time
	Log    *slog.Logger

	Load    func(folder string) (schedule.Plan, error)    // reads the terms
	History func(folder string) ([]schedule.Entry, error) // all of the ledger, in its order
	Run     func(ctx context.Context, job Job) error      // makes a run, with all its entries in the ledger
	Busy    func(error) bool                              // reports whether an error of Run says that another run had the offer
	Missed  func(folder string, missed []schedule.Miss) error

	// What the machine has to do with a run; each may be nil.
	Transient func(error) bool                    // reports whether an error of Run is of the machine and may pass
	Died      func(folder string) (Deaths, error) // notes which runs died with their process, and counts the latest
	Need      func(folder string) int64           // the bytes of memory that a run of what is there will need
	Runs      int                                 // at most so many runs at once; 0: any number
	Memory    int64                               // at most so many bytes of memory for all; 0: any amount

	// Called for an offer, for metrics and notices; each may be nil.
	Next    func(folder string, next schedule.Slot) // the next slot changed; zero for none
	Broken  func(folder string, err error)          // the terms cannot be read; nil: they can again
	Dropped func(folder string)                     // the offer is not followed any more
	Wait    func(folder string, waits bool)         // a run waits for its turn, or no longer
	Parked  func(folder string, deaths Deaths)      // the offer is parked; zero: no longer
	Idle    func(folder string)                     // nothing is due of an offer that was loaded: at least every minute
	Beat    func(Load)                              // the loop and every offer turned: at least every minute

	Poll     time.Duration // how often folders are looked through; default 30 s
	Settle   time.Duration // how long files must not have moved; default 10 s
	Grace    time.Duration // how long runs may take to end after the context is done; default 2 min
	PollOnly bool          // do not ask the system to report changes
}

// Load is what a scheduler is doing.
type Load struct {
	Offers  int
	Running int   // runs under way
	Waiting int   // runs that wait for their turn
	Memory  int64 // bytes that those under way need
}

// The defaults of Config.
const (
	DefaultPoll   = 30 * time.Second
	DefaultSettle = 10 * time.Second
	DefaultGrace  = 2 * time.Minute
)

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&c.Poll, DefaultPoll}, {&c.Settle, DefaultSettle}, {&c.Grace, DefaultGrace}} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
	if c.Next == nil {
		c.Next = func(string, schedule.Slot) {}
	}
	if c.Broken == nil {
		c.Broken = func(string, error) {}
	}
	if c.Dropped == nil {
		c.Dropped = func(string) {}
	}
	if c.Idle == nil {
		c.Idle = func(string) {}
	}
	if c.Beat == nil {
		c.Beat = func(Load) {}
	}
	if c.Wait == nil {
		c.Wait = func(string, bool) {}
	}
	if c.Parked == nil {
		c.Parked = func(string, Deaths) {}
	}
	if c.Transient == nil {
		c.Transient = func(error) bool { return false }
	}
	if c.Need == nil {
		c.Need = func(string) int64 { return 0 }
	}
	return c
}

// ErrServed says that the folder has its scheduler already.
var ErrServed = errors.New("another batch serve is on this folder; stop it first, or leave it to its work")

// lockName is the file in the folder that a scheduler holds locked.
const lockName = ".serve.lock"

// Lock takes the folder for one scheduler. The lock ends with the process at the
// latest. It returns [ErrServed] if another has it, or a *[disk.StrangeError] at once if
// something else than a file has the lock's name: to open a pipe would hang.
func Lock(folder string) (unlock func() error, err error) {
	tree, path := disk.In(folder), filepath.Join(folder, lockName)
	if err := tree.Regular(path); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(disk.FileMode), flock.SetFlag(os.O_RDONLY|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK))
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
