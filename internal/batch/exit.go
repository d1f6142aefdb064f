package batch

import (
	"context"
	"errors"

	"tenderbatch/internal/ingest"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// Exit is the program's exit code: docs/commands.md.
type Exit int

// The exit codes.
const (
	ExitDone        Exit = 0 // also: nothing has changed
	ExitFailed      Exit = 1
	ExitUsage       Exit = 2  // usage or terms
	ExitRejects     Exit = 3  // done, with rejects
	ExitBusy        Exit = 5  // another run holds the offer
	ExitControls    Exit = 6  // invariants or control totals broken, or a published run altered
	ExitConfig      Exit = 78 // serve: the command line or batch.yaml is wrong (EX_CONFIG of sysexits.h); 2 is Go's own for a fatal error
	ExitInterrupted Exit = 130
)

// ErrRejects ends a command that did its work but has rejects to report.
var ErrRejects = errors.New("done, with rejects")

// ExitOf returns the exit code for an error, [ExitDone] for none.
func ExitOf(err error) Exit {
	var (
		usageError   *UsageError
		offerError   *ingest.OfferError
		controlError *tender.ControlError
		fileError    *ingest.FileError
		altered      *ledger.AlteredError
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
	case errors.As(err, &controlError), errors.As(err, &altered), errors.As(err, &fileError) && fileError.ControlTotals():
		return ExitControls
	case errors.As(err, &usageError), errors.As(err, &offerError):
		return ExitUsage
	}
	return ExitFailed
}

// Exit returns the exit code for what a run did.
func (o *Outcome) Exit() Exit {
	if o.Run.Counts().Rejected > 0 && o.Deed != Unchanged && o.Deed != Restored {
		return ExitRejects
	}
	return ExitDone
}
