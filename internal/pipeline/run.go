package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"syscall"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/need"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// Request is what a run is asked to do.
type Request struct {
	Folder  string           // of the offer
	AsOf    string           // RFC 3339 or wall time in the offer's zone; "" for now
	Files   []string         // depositary files beside those of the inbox
	Clock   func() time.Time // the time now
	Version string           // of the program
	Force   bool             // rebuild although nothing is new
	DryRun  bool             // compute, but write nothing
	Wait    time.Duration    // for another run that holds the offer

	// Supersede names the final run in force that this run may replace; ""
	// leaves a final run alone. Reason says why, and is needed with it.
	Supersede string
	Reason    string

	// AcceptRejects lets a final run come into force although findings are open, and
	// TermsChanged lets one be made although terms were changed in place. Each says why.
	AcceptRejects string
	TermsChanged  string

	// Memory is how much memory the run may need, in bytes; 0 for any. One that [Need] says
	// needs more is not begun.
	Memory int64

	// Trigger is what made the run begin; "" is a hand. Where no person watches, the
	// first final run waits for every depositary's last report.
	Trigger tender.Trigger
	Slot    string // that the schedule asked for, "" for none
	By      string // who or what makes the run and from where, for the ledger
	Actor   ledger.Actor
	Attempt string // its own name, of [NewAttempt]; "" for one that is made

	Log *slog.Logger // of what happens; nil for none

	// Progress is called now and then with how many more rows were read, written or
	// checked; it may be nil. Any goroutine may call it.
	Progress func(stage Stage, rows int)

	// Timed is called at the end of each stage with how long it took; it may be nil.
	Timed func(stage Stage, took time.Duration)

	// Getenv looks up the variables that hold the depositaries' passwords, ""
	// for one that is not set; nil if there are none to be had.
	Getenv func(string) string

	// Owner names to whom a file belongs, who is a maker of the run; nil: as the system does.
	Owner func(fs.FileInfo) string

	// Disk makes the changes of files; the zero value does.
	Disk disk.Disk

	// archive is what is published, where it has been opened already.
	archive *ledger.Archive
}

// MemoryError says that a run was not begun as it would need more memory than it may.
type MemoryError struct{ Need, May int64 } // bytes

// Error says what to do.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("a run of this offer needs about %s of memory and may have %s: nothing was published; run it on a "+
		"machine with more, or allow more with --memory", display.MiB(e.Need), display.MiB(e.May))
}

// checkMemory is a *[MemoryError] if a run would need more memory than it may.
func checkMemory(req *Request) error {
	if req.Memory == 0 {
		return nil
	}
	if needed := need.Of(req.Folder, req.Clock()); needed > req.Memory {
		return &MemoryError{needed, req.Memory}
	}
	return nil
}

// Stage is a part of a run that may take long.
type Stage string

// The stages, in their order. Files are checked while others are still written: what both
// take together is the time of Writing, and Checking is only for progress.
const (
	Opening    Stage = "opening" // of what was published before, and its check
	Reading    Stage = "reading"
	Computing  Stage = "computing"
	Comparing  Stage = "comparing" // with the run before
	Writing    Stage = "writing"
	Checking   Stage = "checking"
	Publishing Stage = "publishing"
)

// progress is what to call with the rows of a stage; it may be nil.
func (req *Request) progress(stage Stage) func(rows int) {
	if req.Progress == nil {
		return nil
	}
	return func(rows int) { req.Progress(stage, rows) }
}

// Outcome is what a run did.
type Outcome struct {
	Run     *result.Run
	Choice  inbox.Choice     // the files used and those passed over
	Remarks []tender.Warning // for the person who makes the run; no part of the result
	Folder  string           // where the run is published; "" for a dry run
	Action  Action
	Final   string // the final run in force if it is another one
	Awaits  bool   // it may be paid on only once it was released
	Known   string // for a dry run, the run that has the same result already; "" for none

	published *ledger.Run // nil for a dry run
}

// ResultJSON is the result.json of the published run, as it was published. It is an
// error after a dry run, which publishes none.
func (o *Outcome) ResultJSON() ([]byte, error) {
	if o.published == nil {
		return nil, errors.New("nothing was published")
	}
	return o.published.Read(result.JSONName)
}

// Action is what became of a run's result.
type Action string

// The actions.
const (
	Published Action = "published" // a new folder
	Unchanged Action = "unchanged" // nothing new since the latest run
	Restored  Action = "restored"  // published before; latest points at it again
	Rebuilt   Action = "rebuilt"   // made again, with the same bytes
	Computed  Action = "computed"  // a dry run: nothing written
)

// Run makes one run of an offer. Errors are a *[offerfolder.UsageError], a
// *[strictyaml.Error] for the terms, a *[tender.FileError] for the files, a
// *[tender.ControlError] for figures that do not agree, a *[ledger.AlteredError] for
// an earlier run that is not as it was published, a *[ledger.DamagedError] for a history
// that is lost or damaged, [ledger.ErrBusy] if another run
// holds the offer, [ledger.ErrDecided] if another one dealt with the slot, the
// context's error if it was interrupted, or one of the file system. After an error
// nothing is published, unless it says that the run is.
func Run(ctx context.Context, req Request) (*Outcome, error) {
	if t := req.Trigger; t != "" && !t.Known() {
		return nil, fmt.Errorf("internal error: the trigger %q of a run is not known; please report it", t)
	}
	if err := checkMemory(&req); err != nil {
		return nil, err
	}
	if req.DryRun {
		in, r, err := makeResult(ctx, req)
		if err != nil {
			return nil, err
		}
		if err := checkReleaseIn(req.Folder, r.Offer.Release); err != nil {
			return nil, err
		}
		o := &Outcome{Run: r, Choice: in.choice, Remarks: in.remarks(), Action: Computed}
		return o, req.timed(req.Log, Comparing, func() error { return in.lookAhead(req, r, o) })
	}
	if err := offerfolder.IsOffer(req.Folder); err != nil {
		return nil, err // a mistyped folder gets no runs folder
	}
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if err := ledger.MakeRuns(req.Disk, runs); err != nil {
		return nil, notWritten(err)
	}
	a, err := newAttempt(req, runs)
	if err != nil {
		return nil, notWritten(err)
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return nil, a.end(nil, notWritten(err))
	}
	o, err := a.guarded(ctx)
	err = a.end(o, notWritten(err)) // with the lock held: no other process takes the attempt for abandoned
	return o, errors.Join(err, unlock())
}

// lookAhead settles what a dry run would be among the published runs, as [attempt.decide] does, and
// compares it: a final one with the final run in force, or else with the latest.
func (in *Intake) lookAhead(req Request, r *result.Run, o *Outcome) error {
	var p *publishedState
	archive, err := in.src.Published()
	if err == nil {
		p, err = readPublished(archive, in.src.Runs(), req.Supersede)
	}
	if err != nil {
		o.Remarks = append(o.Remarks, tender.Warnf(tender.WarnHistoryNotCompared,
			"not compared with what was published: %v", err))
		return nil
	}
	o.Final = p.inForce
	if known := p.known(r, req); known != nil {
		r.Held, r.Decisions = known.Held, known.Decisions
		o.Known, o.Final, o.Remarks = known.Run, p.finalBeside(known.Run), append(o.Remarks, resultRemarks(r)...)
		return nil
	}
	_, refused, err := p.decide(in, r, req)
	if err != nil {
		return err
	}
	if r.Phase == tender.Final && !in.AsOf.After(in.now) {
		refused = cmp.Or(refused, in.checkLastReports(false))
	}
	o.Remarks = append(o.Remarks, resultRemarks(r)...)
	if refused != nil {
		o.Remarks = append(o.Remarks, tender.Warnf(tender.WarnWouldBeRefused, "a run would be refused: %v", refused))
	}
	return nil
}

// notWritten says what an error of the file system means and what to do, and what it
// means that the context is done.
func notWritten(err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted: nothing was published; run again, unless the service does when it is back: %w", err)
	}
	for cause, advice := range map[error]string{
		syscall.ENOSPC:   "make room on the disk",
		syscall.EROFS:    "the file system is read-only; use a folder that can be written",
		fs.ErrPermission: "run as the user to whom the folder belongs, or fix its permissions",
	} {
		switch {
		case errors.Is(err, cause) && errors.Is(err, errUnfinished):
			return fmt.Errorf("%w; %s, then run again", err, advice)
		case errors.Is(err, cause):
			return fmt.Errorf("%w: nothing was published; %s, then run again", err, advice)
		}
	}
	return err
}

// makeResult reads what the request names and computes the run.
func makeResult(ctx context.Context, req Request) (in *Intake, r *result.Run, err error) {
	if err = req.timed(req.Log, Reading, func() (err error) { in, err = Take(ctx, req); return err }); err != nil {
		return nil, nil, err
	}
	err = req.timed(req.Log, Computing, func() (err error) { r, err = in.Compute(ctx); return err })
	return in, r, err
}

// Workbook is the published workbook if it has at most so many bytes, or else nil, and its
// size. It is an error after a dry run.
func (o *Outcome) Workbook(most int64) (content []byte, size int64, err error) {
	if o.published == nil {
		return nil, 0, errors.New("nothing was published")
	}
	for _, f := range o.published.Outputs {
		if f.Name == result.WorkbookName {
			size = f.Bytes
		}
	}
	if size > most {
		return nil, size, nil
	}
	content, err = o.published.Read(result.WorkbookName)
	return content, size, err
}
