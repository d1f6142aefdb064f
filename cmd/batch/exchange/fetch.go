package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/intake"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

func newFetch(w World) *cobra.Command {
	var config string
	var asJSON bool
	var quiet time.Duration
	c := &cobra.Command{
		Use:   "fetch FOLDER",
		Short: "Take the files that depositaries sent into the inboxes of the offers",
		Long: `fetch looks once at every channel that the settings name under intake: folders on servers (SFTP),
buckets of S3 stores, folders here, and mailboxes here and on servers (IMAP). A file that is whole, signed where it must be, and expected by an offer of
FOLDER is put into the inbox of that offer, and its history says through which channel and from whom it
came. Any other file is kept apart in the folder quarantine, with the reason; the exit code is 3 then.
FOLDER is one of offers, or one offer. batch serve does the same at intervals.`,
		Example: `  batch fetch /srv/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := settingsFor(args[0], config)
			if err != nil {
				return err
			}
			if len(set.Intake.Channels) == 0 {
				return &offerfolder.UsageError{Message: "the settings name no channel to fetch from; add one under intake: " +
					"channels in batch.yaml"}
			}
			if c.Flags().Changed("quiet-period") {
				if quiet < 0 {
					return usage(c, "--quiet-period %s is below zero", quiet)
				}
				set.Serve.QuietPeriod = quiet
			}
			report, err := w.fetch(c.Context(), args[0], set)
			if err != nil {
				return err
			}
			return errors.Join(w.sayFetched(report, asJSON), outcomeOf(report))
		},
	}
	c.Flags().StringVar(&config, "config", "", "the settings in this `FILE` (default: batch.yaml in the folder of the "+
		"offers)")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	c.Flags().DurationVar(&quiet, "quiet-period", settings.Default().Serve.QuietPeriod,
		"how long a file must be unchanged before it is taken; comes before serve.quiet_period of batch.yaml")
	return c
}

// fetch looks at every channel once.
func (w World) fetch(ctx context.Context, folder string, set settings.Settings) (intake.Report, error) {
	offers, err := serve.Offers(folder)
	if err != nil {
		return intake.Report{}, &offerfolder.UsageError{
			Message: fmt.Sprintf("%v; name the folder of the offers, or of one", err)}
	}
	return intake.Fetch(ctx, intake.Config{Folder: folder, Offers: offers, Settings: set,
		QuietPeriod: set.Serve.QuietPeriod, Now: w.Now, Getenv: w.Getenv, Version: w.Version, By: w.By, Disk: w.Disk,
		Notifies: w.Monitor != nil})
}

// outcomeOf is the error that the exit code follows from.
func outcomeOf(report intake.Report) error {
	var faults []error
	for _, f := range report.Faults {
		faults = append(faults, fmt.Errorf("%s: %s", f.Channel, f.What))
	}
	for _, f := range report.Files {
		if f.State == intake.Postponed {
			faults = append(faults, fmt.Errorf("%s: %s was not taken yet: %s", f.Channel, f.Name, f.Why))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	for _, f := range report.Files {
		if f.State == intake.Quarantined {
			return pipeline.ErrRejects
		}
	}
	return nil
}

func (w World) sayFetched(report intake.Report, asJSON bool) error {
	if asJSON {
		return w.sayJSON(report)
	}
	p := &printer{to: w.Stdout}
	for _, f := range report.Files {
		p.linef("%s: %s is %s", f.Channel, f.Name, f.State)
		if f.Path != "" {
			p.linef("  in    %s", f.Path)
		}
		if f.SignedBy != "" {
			p.linef("  key   %s", f.SignedBy)
		}
		if f.Why != "" {
			p.linef("  why   %s", f.Why)
		}
	}
	if len(report.Files) == 0 {
		p.linef("nothing new has come")
	}
	return p.err
}

// Serve does what the service does with files from and to outside, until what it returns is called, which waits for
// its end.
func Serve(ctx context.Context, w World, folder string, set settings.Settings, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { w.fetchEvery(ctx, folder, set, log) })
	done.Go(func() { w.deliverAll(ctx, folder, set, deliverEvery, log) })
	return func() { cancel(); done.Wait() }
}

// fetchEvery looks at the channels again and again, until the context is done. What it finds is in the log and in
// the histories of the offers.
func (w World) fetchEvery(ctx context.Context, folder string, set settings.Settings, log *slog.Logger) {
	if len(set.Intake.Channels) == 0 {
		return
	}
	for {
		report, err := w.fetch(ctx, folder, set)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("the channels were not looked at", "error", err)
		}
		w.reportFetched(report, log)
		if !pause(ctx, set.Intake.Every) {
			return
		}
	}
}

// reportFetched logs what a look found, notifies people of what is due, and shows it in the metrics.
func (w World) reportFetched(report intake.Report, log *slog.Logger) {
	for _, f := range report.Faults {
		if f.New {
			log.Error("a channel cannot be read; it is tried again", "channel", f.Channel, "error", f.What)
		}
	}
	for _, f := range report.Files {
		switch f.State {
		case intake.Quarantined:
			log.Error("a file was quarantined", "channel", f.Channel, "offer", f.Offer, "file", f.Name, "in", f.Path,
				"why", f.Why)
		case intake.Postponed:
			if f.Waits == 1 || f.Waits == intake.LooksUntilSaid {
				log.Warn("a file waits", "channel", f.Channel, "offer", f.Offer, "file", f.Name, "why", f.Why)
			}
		case intake.Taken:
			log.Info("a file came", "channel", f.Channel, "offer", f.Offer, "file", filepath.Base(cmp.Or(f.Path, f.Name)))
		}
	}
	for _, r := range report.Recovered {
		log.Info("a channel is read again", "channel", r.Channel)
	}
	if w.Monitor != nil {
		w.notifyFetched(report)
		w.showFetched(report)
	}
}

// mostNamed is how many files one notice names.
const mostNamed = 20

// notifyFetched notifies people: of files that were quarantined once for each offer and channel.
func (w World) notifyFetched(report intake.Report) {
	for _, f := range report.Faults {
		if f.Due {
			w.Monitor.ChannelFailed(f.Channel, f.What, f.Since, f.Looks, f.NeedsPerson)
		}
	}
	for _, r := range report.Recovered {
		w.Monitor.ChannelRecovered(r.Channel, r.What, r.Since)
	}
	type about struct{ offer, channel string }
	files := map[about][]string{}
	var order []about
	for _, f := range report.Files {
		if f.Waits == intake.LooksUntilSaid {
			w.Monitor.FileWaits(f.Offer, f.Channel, fmt.Sprintf("%s from %s: %s", display.Quote(f.Name), f.Sender, f.Why))
		}
		if f.State != intake.Quarantined {
			continue
		}
		of := about{f.Offer, f.Channel}
		if files[of] == nil {
			order = append(order, of)
		}
		files[of] = append(files[of], fmt.Sprintf("%s from %s: %s (%s)", display.Quote(f.Name), f.Sender, f.Why, f.Path))
	}
	for _, of := range order {
		for some := range slices.Chunk(files[of], mostNamed) {
			w.Monitor.Quarantined(of.offer, of.channel, some)
		}
	}
}

// showFetched shows in the metrics what a look found.
func (w World) showFetched(report intake.Report) {
	board := w.Monitor.Board
	if board == nil {
		return
	}
	for _, f := range report.Faults {
		board.UpdateChannel(f.Channel, func(c *metrics.Channel) { c.Failing = true })
	}
	for _, name := range report.Read {
		board.UpdateChannel(name, func(c *metrics.Channel) { c.Failing, c.Read = false, w.Now() })
	}
	for _, f := range report.Files {
		board.UpdateChannel(f.Channel, func(c *metrics.Channel) {
			switch f.State {
			case intake.Taken:
				c.Taken++
			case intake.Quarantined:
				c.Quarantined++
			}
		})
	}
}
