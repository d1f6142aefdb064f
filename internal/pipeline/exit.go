package pipeline

import (
	"context"
	"errors"
	"fmt"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
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
func ExitOf(err error) exitcode.Code {
	var (
		usageError   *offerfolder.UsageError
		offerError   *strictyaml.Error
		controlError *tender.ControlError
		fileError    *tender.FileError
		altered      *ledger.AlteredError
		damaged      *ledger.DamagedError
		unsaid       *UnsaidError
		strange      *disk.StrangeError
	)
	switch {
	case err == nil:
		return exitcode.Done
	case errors.Is(err, ErrRejects):
		return exitcode.OpenFindings
	case errors.Is(err, context.Canceled):
		return exitcode.Interrupted
	case errors.Is(err, ledger.ErrBusy):
		return exitcode.Busy
	case errors.As(err, &unsaid):
		return exitcode.Unsaid
	case errors.As(err, &controlError), errors.As(err, &altered), errors.As(err, &damaged), errors.As(err, &strange),
		errors.As(err, &fileError) && fileError.ControlTotals():
		return exitcode.Controls
	case errors.As(err, &usageError), errors.As(err, &offerError):
		return exitcode.Usage
	}
	return exitcode.Failed
}

// Exit returns the exit code for what a run did.
func (o *Outcome) Exit() exitcode.Code {
	if o.Run.Open() > 0 {
		return exitcode.OpenFindings
	}
	return exitcode.Done
}
