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
			switch {
			case err != nil && len(report.Files) > 0: // what was dealt with until then
				return errors.Join(w.sayFetched(report, asJSON), err)
			case err != nil:
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
	if len(report.Files) == 0 && len(report.Faults) == 0 { // what a channel has that was not read is not known
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
	all := &unlooked{}
	for {
		report, err := w.fetch(ctx, folder, set)
		if ctx.Err() != nil { // the look was broken off, and says nothing about the channels
			report.Faults = nil
			w.reportFetched(report, log)
			return
		}
		w.reportLook(all, err, log)
		w.reportFetched(report, log)
		if !pause(ctx, set.Intake.Every) {
			return
		}
	}
}

// unlooked is since when no channel could be looked at, such as for want of space on the disk.
type unlooked struct {
	what  string
	since time.Time
	looks int
	said  bool // people were notified
}

// reportLook logs that no channel could be looked at, and notifies people where that lasts.
func (w World) reportLook(all *unlooked, err error, log *slog.Logger) {
	if err == nil {
		if all.said && w.Monitor != nil {
			w.Monitor.ChannelRecovered("", all.what, all.since)
		}
		*all = unlooked{}
		return
	}
	if all.looks == 0 {
		all.since = w.Now()
	}
	if all.what != err.Error() {
		log.Error("the channels were not looked at; it is tried again", "error", err)
	}
	all.what = err.Error()
	all.looks++
	if all.looks >= intake.LooksUntilSaid && !all.said && w.Monitor != nil {
		all.said = true
		w.Monitor.ChannelFailed("", all.what, all.since, all.looks, false)
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

// notifyFetched notifies people: of files that were quarantined, and of those that wait, once for each offer and channel.
func (w World) notifyFetched(report intake.Report) {
	for _, f := range report.Faults {
		if f.Due {
			w.Monitor.ChannelFailed(f.Channel, f.What, f.Since, f.Looks, f.NeedsPerson)
		}
	}
	for _, r := range report.Recovered {
		w.Monitor.ChannelRecovered(r.Channel, r.What, r.Since)
	}
	var apart, waiting groups
	for _, f := range report.Files {
		said := fmt.Sprintf("%s from %s: %s", display.Quote(f.Name), f.Sender, f.Why)
		if f.Waits == intake.LooksUntilSaid {
			waiting.add(f, said)
		}
		if f.State == intake.Quarantined {
			apart.add(f, fmt.Sprintf("%s (%s)", said, f.Path))
		}
	}
	waiting.each(w.Monitor.FilesWait)
	apart.each(w.Monitor.Quarantined)
}

// groups are lines about files, by offer and channel, in the order in which they came.
type groups []*group

type group struct {
	offer, channel string
	files          []string
}

func (g *groups) add(f intake.File, said string) {
	at := slices.IndexFunc(*g, func(is *group) bool { return is.offer == f.Offer && is.channel == f.Channel })
	if at < 0 {
		at = len(*g)
		*g = append(*g, &group{offer: f.Offer, channel: f.Channel})
	}
	(*g)[at].files = append((*g)[at].files, said)
}

func (g groups) each(do func(offer, channel string, files []string)) {
	for _, of := range g {
		do(of.offer, of.channel, of.files)
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
