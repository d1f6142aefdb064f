package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/cmd/batch/exchange"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/terminal"
	"tenderbatch/internal/tracing"
)

// world is everything the program takes from outside but its arguments.
type world struct {
	name           string // under which the program was called; "" for batch
	stdout, stderr io.Writer
	now            func() time.Time
	getenv         func(string) string // for the depositaries' passwords
	version        string              // of the program, written into every result
	by             string              // who runs it and from where, for the ledger
	actor          ledger.Actor        // who gives the command, as the system says
	ask            terminal.Asking     // nil where no person sits at a terminal
	disk           disk.Disk
	secrets        *display.Secrets  // that were looked up so far, and are never shown
	hangups        <-chan os.Signal  // SIGHUP; nil: none comes
	keepWithin     func(bytes int64) // has the garbage collector keep within so much memory; nil in tests
}

// installation is what reports of runs need of the program.
func (w world) installation() monitor.Program {
	return monitor.Program{
		Now: w.now, Getenv: w.getenv, Secrets: w.secrets, Version: w.version, By: w.by,
		Actor: w.actor, Disk: w.disk,
	}
}

// exchange is the world as the commands of package exchange take it.
func (w world) exchange() exchange.World {
	return exchange.World{Stdout: w.stdout, Stderr: w.stderr, Now: w.now, Getenv: w.getenv, Version: w.version, By: w.by,
		Actor: w.actor, Disk: w.disk}
}

// run is the whole program: it executes the command line and returns the exit
// code.
func run(ctx context.Context, args []string, w world) int {
	w = w.keepingSecrets()
	root := newRoot(w)
	root.SetArgs(append([]string{}, args...)) // never nil, which would mean os.Args
	traced, wrong := tracing.Start(ctx, w.getenv, w.version)
	if wrong != nil {
		fmt.Fprintln(w.stderr, "batch: no traces are sent:", wrong)
	} else {
		defer traced()
	}
	c, err := root.ExecuteContextC(ctx)
	code := pipeline.ExitOf(err)
	switch {
	case errors.Is(err, serve.ErrServed):
		code = exitcode.Busy
	case code == exitcode.Usage && c.Name() == serveName:
		code = exitcode.Config
	}
	switch {
	case code == exitcode.Interrupted:
		fmt.Fprintln(w.stderr, "batch: interrupted; nothing was published, run again")
	case code == exitcode.Failed && errors.Is(err, syscall.EPIPE):
		// Who reads the output has seen enough of it, as head does.
	case err != nil && code != exitcode.OpenFindings:
		fmt.Fprintf(w.stderr, "batch: %s\n", w.secrets.Hide(display.Lines(err.Error())))
		printout.Paste(w.stderr, err)
	}
	return int(code)
}

// exitCodes is what each exit code means, for --help.
func exitCodes() string {
	var b strings.Builder
	b.WriteString("Exit codes:")
	for _, e := range exitcode.Table {
		fmt.Fprintf(&b, "\n  %-3d %s", e.Code, e.Short)
	}
	return b.String()
}

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   cmp.Or(w.name, "batch"),
		Short: "Work out a cash tender offer from the depositaries' spreadsheets",
		Long: `batch reads the tenders that depositaries report as spreadsheets, allocates them
against the terms of the offer and writes the workbook from which the paying
agent pays.

` + exitCodes(),
		Version:       w.version,
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
	root.PersistentPreRun = func(c *cobra.Command, _ []string) {
		if c.Name() != serveName {
			c.SetContext(w.untilHangup(c.Context()))
		}
	}
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	root.SetVersionTemplate("batch {{.Version}}\n" + buildDetails())
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	root.AddCommand(newRunCommand(w), newRerunCommand(w), newCheckCommand(w), newWhatIfCommand(w), newRunsCommand(w),
		newSubmitCommand(w), newApproveCommand(w), newReturnCommand(w), newReleaseCommand(w), newWithdrawCommand(w),
		newQueueCommand(w), newDiffCommand(w), newExportCommand(w), newInitCommand(w), newTemplateCommand(w),
		newTermsCommand(w), newImportTermsCommand(w),
		newScheduleCommand(w), newPauseCommand(w), newResumeCommand(w), newServeCommand(w), newWorkerCommand(w), newUsersCommand(w),
		newMigrateCommand(w), newPushCommand(w), newPullCommand(w), newGCCommand(w), newSelfTestCommand(w), newManCommand(w))
	root.AddCommand(exchange.Commands(w.exchange())...)
	completeArguments(root)
	return root
}

// untilHangup is a context that is done, too, once the terminal is closed.
func (w world) untilHangup(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-w.hangups:
		case <-ctx.Done():
		}
	}()
	return ctx
}

// fill gives a request what every command takes from the world.
func (w world) fill(req *pipeline.Request, folder string) {
	req.Folder, req.Clock, req.Version, req.Getenv, req.Disk = folder, w.now, w.version, w.getenv, w.disk
	req.By, req.Actor = w.by, w.actor
}

// usage says that the command line is wrong and where to look.
func usage(c *cobra.Command, err error) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf("%v; see \"%s --help\"", err, c.CommandPath())}
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
