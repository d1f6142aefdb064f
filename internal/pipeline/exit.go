package pipeline

import (
	"context"
	"errors"
	"fmt"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// Exit is the program's exit code: docs/commands.md.
type Exit int

// The exit codes.
const (
	ExitDone        Exit = 0 // also: nothing has changed
	ExitFailed      Exit = 1
	ExitUsage       Exit = 2  // usage or terms
	ExitRejects     Exit = 3  // done, and findings are open
	ExitUnsaid      Exit = 4  // done, but what was done could not be written to standard output
	ExitBusy        Exit = 5  // another run holds the offer
	ExitControls    Exit = 6  // invariants or control totals broken, a published run altered, or the history lost
	ExitConfig      Exit = 78 // serve: the command line or batch.yaml is wrong (EX_CONFIG of sysexits.h); 2 is Go's own for a fatal error
	ExitInterrupted Exit = 130
)

// ErrRejects ends a command that did its work but has rejects to report.
var ErrRejects = errors.New("findings are open")

// UnsaidError says that a command did its work and could not say so: standard output
// cannot be written, as on a full disk or into a pipe that was closed.
type UnsaidError struct {
	Done string // what was done
	Err  error  // of standard output
}

// Error implements error.
func (e *UnsaidError) Error() string {
	return fmt.Sprintf("%s; but that could not be written to standard output: %v", e.Done, e.Err)
}

// Unwrap returns the error of standard output.
func (e *UnsaidError) Unwrap() error { return e.Err }

// Unsaid is an *[UnsaidError] for the error of standard output, nil for none.
func Unsaid(done string, err error) error {
	if err == nil {
		return nil
	}
	return &UnsaidError{Done: done, Err: err}
}

// ExitOf returns the exit code for an error, [ExitDone] for none.
func ExitOf(err error) Exit {
	var (
		usageError   *offerfolder.UsageError
		offerError   *offerfile.OfferError
		controlError *tender.ControlError
		fileError    *tender.FileError
		altered      *ledger.AlteredError
		damaged      *ledger.DamagedError
		unsaid       *UnsaidError
		strange      *disk.StrangeError
	)
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, ErrRejects):
		return ExitRejects
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.Is(err, ledger.ErrBusy):
		return ExitBusy
	case errors.As(err, &unsaid):
		return ExitUnsaid
	case errors.As(err, &controlError), errors.As(err, &altered), errors.As(err, &damaged), errors.As(err, &strange), errors.As(err, &fileError) && fileError.ControlTotals():
		return ExitControls
	case errors.As(err, &usageError), errors.As(err, &offerError):
		return ExitUsage
	}
	return ExitFailed
}

// Exit returns the exit code for what a run did.
func (o *Outcome) Exit() Exit {
	if o.Run.Open() > 0 {
		return ExitRejects
	}
	return ExitDone
}
