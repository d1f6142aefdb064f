package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// version of the program, written into every result.
const version = "0.1.0"

// Exit codes. They are part of the command's contract: docs/commands.md.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2 // usage or terms
	exitRejects     = 3 // done, with rejects
	exitBusy        = 5 // another run holds the offer
	exitControls    = 6 // invariants or control totals broken
	exitInterrupted = 130
)

// world is everything the program takes from outside but its arguments.
type world struct {
	stdout, stderr io.Writer
	now            func() time.Time
	getenv         func(string) string // for the depositaries' passwords
}

// errRejects ends a command that did its work but has rejects to report.
var errRejects = errors.New("done, with rejects")

// run is the whole program: it executes the command line and returns the exit
// code.
func run(ctx context.Context, args []string, w world) int {
	root := newRoot(w)
	root.SetArgs(append([]string{}, args...)) // never nil, which would mean os.Args
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	switch {
	case code == exitInterrupted:
		fmt.Fprintln(w.stderr, "batch: interrupted; nothing was published, run again")
	case err != nil && code != exitRejects:
		fmt.Fprintf(w.stderr, "batch: %v\n", err)
		printPaste(w.stderr, err)
	}
	return code
}

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "batch",
		Short: "Work out a cash tender offer from the depositaries' spreadsheets",
		Long: `batch reads the tenders that depositaries report as spreadsheets, allocates them
against the terms of the offer and writes the workbook from which the paying
agent pays.

Exit codes: 0 done (also: nothing changed), 1 failed, 2 usage or terms, 3 done with
rejects, 5 another run holds the offer, 6 invariants or control totals broken,
130 interrupted.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(c, fmt.Errorf("there is no command %q", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	root.AddCommand(newRunCommand(w), newCheckCommand(w), newWhatIfCommand(w), newRunsCommand(w), newInitCommand(w), newTemplateCommand(w))
	return root
}

// fill gives a request what every command takes from the world.
func (w world) fill(req *batch.Request, folder string) {
	req.Folder, req.Now, req.Version, req.Getenv = folder, w.now(), version, w.getenv
}

// usage says that the command line is wrong and where to look.
func usage(c *cobra.Command, err error) error {
	return &batch.UsageError{Message: fmt.Sprintf("%v; see \"%s --help\"", err, c.CommandPath())}
}

// exactly demands named arguments, one each.
func exactly(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usage(c, fmt.Errorf("%s takes %d argument(s), %v, and got %d", c.CommandPath(), len(names), names, len(args)))
		}
		return nil
	}
}

// exitCode is the documented code for an error.
func exitCode(err error) int {
	var (
		usageError   *batch.UsageError
		offerError   *ingest.OfferError
		controlError *tender.ControlError
		fileError    *ingest.FileError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejects):
		return exitRejects
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, ledger.ErrBusy):
		return exitBusy
	case errors.As(err, &controlError), errors.As(err, &fileError) && fileError.ControlTotals():
		return exitControls
	case errors.As(err, &usageError), errors.As(err, &offerError):
		return exitUsage
	}
	return exitFailed
}
