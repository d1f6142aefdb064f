package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/export"
	"tenderbatch/internal/machine"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/need"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/terminal"
)

func newRunCommand(w world) *cobra.Command {
	var req pipeline.Request
	var asJSON, stages bool
	var config, format, memory string
	c := &cobra.Command{
		Use:   "run OFFER",
		Short: "Make one run: read the inbox, allocate, publish the result",
		Long: `run reads the terms and the inbox of the folder OFFER, allocates the tenders and
publishes the result under OFFER/runs. If nothing is new since the latest run,
it says so and leaves everything alone.`,
		Example: `  batch run fixtures/level3-2004
  batch run fixtures/level3-2004 --as-of 2004-11-12T17:00`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			w.fill(&req, args[0])
			if stages {
				req.Timed = w.printStage
			}
			var err error
			if req.Memory, err = mayNeed(memory); err != nil {
				return usage(c, err)
			}
			if w.keepWithin != nil {
				w.keepWithin(need.Of(req.Folder, w.now()) / 4 * 3) // an estimate is above what is needed
			}
			var outcome *pipeline.Outcome
			outcome, err = w.runAndReport(c.Context(), req, config, format)
			if err != nil {
				return err
			}
			err = w.printRun(outcome, asJSON)
			if err == nil && outcome.Exit() == exitcode.OpenFindings {
				err = pipeline.ErrRejects
			}
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&req.AsOf, "as-of", "",
		"draw up the book as of this instant: RFC 3339, or wall time in the offer's zone such as 2004-11-12T17:00 "+
			"(default: now, or the close of an expired offer)")
	flags.StringArrayVar(&req.Files, "file", nil,
		"read this depositary file, too, beside those of the inbox (may be repeated)")
	flags.BoolVar(&req.DryRun, "dry-run", false, "compute and print what a run would do, but write and send nothing")
	flags.BoolVar(&req.Force, "force", false, "make the run again although nothing is new, and compare")
	flags.StringVar(&req.Supersede, "supersede", "", "let this run replace the final `RUN` in force")
	flags.StringVar(&req.Reason, "reason", "", "why the final run is superseded, in a `SENTENCE`; it is recorded with the run")
	flags.StringVar(&req.AcceptRejects, "accept-rejects", "", "let a final run come into force although findings are open; `WHY` is recorded with the run")
	flags.StringVar(&req.TermsChanged, "terms-changed", "", "make a final run although terms were changed in place; `WHY` is recorded with the run")
	flags.DurationVar(&req.Wait, "wait", 0, "wait up to this long for another run that holds the offer, such as 5m")
	flags.StringVar(&config, "config", "", "report the run as the settings in this `FILE` say: pings, mail, webhook, metrics")
	flags.StringVar(&format, "log", "",
		"log what happens, on standard error: auto, text, json or off (default: off, with --config auto)")
	flags.StringVar(&memory, "memory", "", "do not begin a run that needs more than this `AMOUNT` of memory, such as "+
		"600MiB (default: what the machine has)")
	flags.BoolVar(&stages, "stages", false, "print how long each stage took, on standard error")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON: result.json, with what was done under the key done")
	return c
}

// mayNeed is the memory that one run may need, in bytes: as given, or else what the machine
// or its control group has.
func mayNeed(given string) (bytes int64, err error) {
	if given == "" {
		return machine.Memory(os.DirFS("/")), nil
	}
	bytes, wrong := settings.ParseMemory(given)
	if wrong != "" {
		return 0, fmt.Errorf("--memory %s", wrong)
	}
	return bytes, nil
}

// printStage prints how long a stage took.
func (w world) printStage(stage pipeline.Stage, took time.Duration) {
	_, _ = fmt.Fprintf(w.stderr, "%-10s %7.3f s\n", stage, took.Seconds()) // a closed terminal misses nothing
}

// runAndReport makes a run, and reports it if there are settings that say to whom. A
// dry run sends nothing.
func (w world) runAndReport(ctx context.Context, req pipeline.Request, config, format string) (*pipeline.Outcome,
	error) {
	var done func()
	req.Progress, done = terminal.NewProgress(w.stderr, w.now)
	defer done()
	reported := config != "" && !req.DryRun
	if format == "" && reported {
		format = "auto"
	}
	log, err := w.newLogger(cmp.Or(format, "off"))
	if err != nil {
		return nil, err
	}
	var s settings.Settings
	if config != "" {
		s, err = readSettings(config)
	}
	if err != nil {
		return nil, err
	}
	if !reported {
		req.Log = log
		return pipeline.Run(ctx, req)
	}
	t := monitor.New(w.installation(), s, nil, log)
	defer t.Notices.Wait()
	return t.Run(ctx, req)
}

// done says in a few words what a run did.
func done(o *pipeline.Outcome) string {
	switch o.Action {
	case pipeline.Published:
		return "the run is published in " + o.Folder
	case pipeline.Rebuilt:
		return "the run was made again, with the same bytes as " + o.Folder
	}
	return "nothing has changed since " + o.Folder
}

// printRun prints what a run did: for people, or as JSON: the published result.json, or
// that of a dry run, with what was done.
func (w world) printRun(o *pipeline.Outcome, asJSON bool) (err error) {
	var content []byte
	if asJSON && o.Folder != "" {
		if content, err = o.ResultJSON(); err == nil {
			content, err = withDone(content, o)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case content != nil:
		_, err = w.stdout.Write(content)
	case asJSON:
		return w.printDryRun(o)
	default:
		err = printout.Outcome(w.stdout, o)
	}
	if o.Folder == "" {
		return err // a dry run, which did nothing
	}
	return pipeline.Unsaid(done(o), err)
}

// printDryRun prints the result.json that was not published.
func (w world) printDryRun(o *pipeline.Outcome) error {
	var result bytes.Buffer
	if err := export.WriteJSON(&result, o.Run); err != nil {
		return err
	}
	content, err := withDone(result.Bytes(), o)
	if err != nil {
		return err
	}
	_, err = w.stdout.Write(content)
	return err
}
