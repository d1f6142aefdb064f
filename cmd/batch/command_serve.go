package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

// settingsName is the file with the settings of the installation.
const settingsName = "batch.yaml"

// busyWait is how long a run of the scheduler waits for another one; then it is
// tried again.
const busyWait = time.Minute

func newServeCommand(w world) *cobra.Command {
	var named settings.Serve
	var config, format string
	c := &cobra.Command{
		Use:   "serve FOLDER",
		Short: "Run every offer of a folder when it is due and when files arrive",
		Long: `serve runs every offer in FOLDER on its own schedule and in its own zone, after its
own dates, and when files arrive in its inbox or its terms change. Offers that come,
change or go are noticed. It goes on until it gets SIGTERM or an interrupt; then no
new run begins, and those under way get the grace to end.

Settings are read from FOLDER/batch.yaml, if it is there. One serve at a time can be
on a folder: a second ends with exit code 5.`,
		Example: `  batch serve /srv/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			installed, err := installation(args[0], config)
			if err != nil {
				return err
			}
			for name, d := range map[string]struct{ flag, setting *time.Duration }{
				"poll":   {&named.Poll, &installed.Serve.Poll},
				"settle": {&named.Settle, &installed.Serve.Settle},
				"grace":  {&named.Grace, &installed.Serve.Grace},
			} {
				if c.Flags().Changed(name) {
					if *d.flag <= 0 {
						return usage(c, fmt.Errorf("--%s %s is not above zero", name, *d.flag))
					}
					*d.setting = *d.flag
				}
			}
			file, isFile := w.stderr.(*os.File)
			log, err := newLogger(w.stderr, format, isFile && terminal(file))
			if err != nil {
				return err
			}
			return w.serve(c.Context(), args[0], installed, log)
		},
	}
	flags := c.Flags()
	flags.DurationVar(&named.Poll, "poll", 0, "look through the folders at least every such time (default: as in batch.yaml, or 30s)")
	flags.DurationVar(&named.Settle, "settle", 0, "use files once they have not moved for such a time (default: as in batch.yaml, or 10s)")
	flags.DurationVar(&named.Grace, "grace", 0, "when stopped, let runs end for such a time (default: as in batch.yaml, or 2m)")
	flags.StringVar(&config, "config", "", "read the settings from this `FILE` instead of FOLDER/batch.yaml")
	flags.StringVar(&format, "log", "auto", "form of the log: auto, text, json or off")
	return c
}

// installation reads the settings: of the file named, or of batch.yaml in the
// folder, if it is there.
func installation(folder, config string) (settings.Settings, error) {
	name := config
	if name == "" {
		name = filepath.Join(folder, settingsName)
	}
	s, err := settings.Load(name)
	switch wrong := new(settings.Error); {
	case config == "" && errors.Is(err, fs.ErrNotExist):
		return settings.Default(), nil
	case errors.Is(err, fs.ErrNotExist), errors.As(err, &wrong):
		return s, &batch.UsageError{Message: err.Error()}
	}
	return s, err
}

// serve is the scheduler with runs, ledgers and settings put in.
func (w world) serve(ctx context.Context, folder string, installed settings.Settings, log *slog.Logger) (err error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return &batch.UsageError{Message: fmt.Sprintf("%s is not a folder; name the one that holds the offers' folders", folder)}
	}
	unlock, err := serve.Lock(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return serve.Serve(ctx, serve.Config{
		Folder: folder, Now: w.now, Log: log,
		Poll: installed.Serve.Poll, Settle: installed.Serve.Settle, Grace: installed.Serve.Grace,
		Load: func(offer string) (schedule.Plan, error) {
			terms, err := batch.Terms(offer)
			if err != nil {
				return schedule.Plan{}, err
			}
			return terms.Plan(), nil
		},
		History: batch.SlotHistory,
		Busy:    func(err error) bool { return errors.Is(err, ledger.ErrBusy) },
		Run:     func(ctx context.Context, job serve.Job) error { return w.runJob(ctx, job, log) },
		Missed: func(offer string, missed []schedule.Miss) error {
			for _, m := range missed {
				req := w.request(offer, schedule.OnSchedule, m.Slot, log)
				if err := batch.RecordMissed(req, m.Why); err != nil && !errors.Is(err, ledger.ErrDecided) {
					return err
				}
			}
			return nil
		},
	})
}

// runJob makes one run of the scheduler.
func (w world) runJob(ctx context.Context, job serve.Job, log *slog.Logger) error {
	_, err := batch.Run(ctx, w.request(job.Folder, job.Trigger, job.Slot, log))
	if errors.Is(err, batch.ErrDecided) {
		return nil // somebody else dealt with the slot
	}
	return err
}

// request is what the scheduler asks of a run.
func (w world) request(folder string, trigger schedule.Trigger, slot schedule.Slot, log *slog.Logger) batch.Request {
	var req batch.Request
	w.fill(&req, folder)
	req.Trigger, req.Log, req.Wait = ledger.Trigger(trigger), log, busyWait
	if !slot.At.IsZero() {
		req.Slot = slot.String()
	}
	return req
}
