package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/delivery"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

func newDeliver(w World) *cobra.Command {
	var config, only string
	var again, asJSON bool
	c := &cobra.Command{
		Use:   "deliver RUN",
		Short: "Send a released run to those who are to have it",
		Long: `deliver sends the files of the released run in the folder RUN to the places that the settings name
under deliveries: servers (SFTP), buckets of S3 stores, folders and mail addresses, signed and encrypted where keys are named.
Who has it already is left out, by the history. batch release does this by itself, and batch serve sends
what could not be sent before; deliver is for a run whose release is more than a week ago, and for a
mail of which it is not known whether it was sent.`,
		Example: `  batch deliver level3-2004/runs/final
  batch deliver level3-2004/runs/final --only issuer-mail --again`,
		Args: exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			found, err := pipeline.FindRun(args[0])
			if err != nil {
				return err
			}
			folder := filepath.Dir(found.Runs)
			set, err := settingsFor(folder, config)
			if err != nil {
				return err
			}
			if err := checkOnly(set, only, again); err != nil {
				return usage(c, "%v", err)
			}
			d := w.delivery(folder, set)
			d.Run, d.Only, d.Again = found.Manifest.Run, only, again
			results, err := delivery.Deliver(c.Context(), d)
			if err != nil {
				return err
			}
			return errors.Join(w.sayDelivered(results, asJSON), failedOf(results))
		},
	}
	c.Flags().StringVar(&config, "config", "", "the settings in this `FILE` (default: batch.yaml beside the offer's "+
		"folder, or in it)")
	c.Flags().StringVar(&only, "only", "", "send by the delivery of this `NAME` only")
	c.Flags().BoolVar(&again, "again", false, "send it also if it was sent before; needs --only")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// checkOnly is an error if the settings have no delivery of a name.
func checkOnly(set settings.Settings, only string, again bool) error {
	if again && only == "" {
		return errors.New("--again needs --only: say which delivery is to be sent again")
	}
	var names []string
	for _, d := range set.Deliveries {
		if d.Name == only {
			return nil
		}
		names = append(names, d.Name)
	}
	switch {
	case len(names) == 0:
		return errors.New("the settings name no delivery; add one under deliveries in batch.yaml")
	case only != "":
		return fmt.Errorf("the settings name no delivery %s; they have %s", only, strings.Join(names, ", "))
	}
	return nil
}

// delivery is what a delivery of an offer needs.
func (w World) delivery(folder string, set settings.Settings) delivery.Config {
	n, _ := notify.New(settings.Settings{}, w.Getenv, w.Version) // without ways of its own nothing can be wrong
	return delivery.Config{Folder: folder, Settings: set, Now: w.Now, Getenv: w.Getenv, Version: w.Version, By: w.By,
		Disk: w.Disk, Notifier: n}
}

// failedOf is an error for what is not there.
func failedOf(results []delivery.Result) error {
	var faults []error
	for _, r := range results {
		if r.State == delivery.Failed || r.State == delivery.Unknown {
			faults = append(faults, fmt.Errorf("%s to %s: %s", r.Delivery, r.To, r.Why))
		}
	}
	return errors.Join(faults...)
}

func (w World) sayDelivered(results []delivery.Result, asJSON bool) error {
	if asJSON {
		if results == nil {
			results = []delivery.Result{}
		}
		return w.sayJSON(results)
	}
	p := &printer{to: w.Stdout}
	for _, r := range results {
		switch r.State {
		case delivery.Before:
			p.linef("%s: run %s was delivered to %s before", r.Delivery, r.Run, r.To)
		case delivery.Delivered:
			p.linef("%s: run %s is delivered to %s", r.Delivery, r.Run, r.To)
		default:
			p.linef("%s: run %s is not delivered to %s", r.Delivery, r.Run, r.To)
		}
	}
	if len(results) == 0 {
		p.linef("no delivery is for this offer")
	}
	return p.err
}

// Released sends a run that was just released. What could not be sent is a warning: the run is released, and the
// service tries again.
func Released(ctx context.Context, w World, folder, config string) {
	warn := &printer{to: w.Stderr}
	set, err := settingsFor(folder, config)
	if err != nil {
		warn.linef("warning: the run was not delivered: %v", err)
		return
	}
	if len(set.Deliveries) == 0 {
		return
	}
	results, err := delivery.Deliver(ctx, w.delivery(folder, set))
	if err == nil && len(results) == 0 {
		warn.linef("warning: the run was sent to no one: no delivery in batch.yaml is for this offer; they are for %s",
			strings.Join(offersOf(set), ", "))
	}
	if err == nil && len(results) > 0 {
		if err := w.sayDelivered(results, false); err != nil {
			warn.linef("warning: what was delivered could not be said: %v", err)
		}
		err = failedOf(results)
	}
	if err == nil {
		return
	}
	warn.linef("warning: not delivered yet; batch serve tries again, or give \"batch deliver %s\"",
		filepath.Join(folder, offerfolder.RunsName, "latest"))
	for line := range strings.Lines(err.Error()) {
		warn.linef("  %s", strings.TrimSuffix(line, "\n"))
	}
}

// How often the service looks for released runs that are not delivered, and how long it waits at most after it
// could not deliver one.
const (
	deliverEvery = 30 * time.Second
	longestWait  = 6 * time.Hour
)

// patience is when a delivery of an offer is tried next.
type patience struct {
	Next time.Time     `json:"next"`
	Wait time.Duration `json:"wait"` // in nanoseconds

	Tries int  `json:"tries"` // that failed, in a row
	Said  bool `json:"said"`  // people were notified
}

// isOver reports whether it is time to try, also where the clock was set back meanwhile.
func (p *patience) isOver(now time.Time) bool {
	wait := p.Next.Sub(now)
	return wait <= 0 || wait > longestWait
}

// triesUntilSaid is how often a delivery must fail in a row until people are notified, unless only a person can go on.
const triesUntilSaid = 3

// deliverAll looks for released runs that are to be delivered, until the context is done.
func (w World) deliverAll(ctx context.Context, folder string, set settings.Settings, every time.Duration,
	log *slog.Logger) {
	if len(set.Deliveries) == 0 {
		return
	}
	tries := map[string]*patience{}
	for unsaid := true; ; {
		offers, err := serve.Offers(folder)
		if err != nil {
			log.Warn("the offers cannot be listed for deliveries", "error", err)
		} else if unsaid {
			w.sayUnknown(offers, set, log)
			unsaid = false
		}
		for _, offer := range offers {
			// The history is read once for all deliveries of most offers: nothing was released of them lately.
			if due, err := delivery.IsDue(offer, w.Now()); err == nil && !due {
				maps.DeleteFunc(tries, func(key string, _ *patience) bool { return strings.HasPrefix(key, offer+"\n") })
				continue
			}
			for _, d := range set.Deliveries { // each has its own pauses
				one, key := set, offer+"\n"+d.Name
				one.Deliveries = []settings.Delivery{d}
				if tries[key] == nil {
					tries[key] = &patience{}
				}
				if tries[key].isOver(w.Now()) && ctx.Err() == nil {
					w.deliverOffer(ctx, w.delivery(offer, one), tries[key], every, log)
				}
			}
		}
		if !pause(ctx, every) {
			return
		}
	}
}

// offersOf are the ids of the offers that the deliveries are limited to.
func offersOf(set settings.Settings) (ids []string) {
	for _, d := range set.Deliveries {
		for _, id := range d.Offers {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// sayUnknown says which ids the deliveries name and no offer has: of one that is mistyped, nothing would ever be sent.
func (w World) sayUnknown(folders []string, set settings.Settings, log *slog.Logger) {
	unknown := offersOf(set)
	for _, folder := range folders {
		terms, err := offerfolder.Terms(folder)
		if err != nil {
			return // it may be the one
		}
		unknown = slices.DeleteFunc(unknown, func(id string) bool { return id == terms.AsOf(w.Now()).ID })
	}
	for _, id := range unknown {
		log.Warn("deliveries in batch.yaml name an offer that is not there; if it is mistyped, nothing is sent", "offer", id)
	}
}

// deliverOffer delivers what is due of one offer.
func (w World) deliverOffer(ctx context.Context, c delivery.Config, p *patience, every time.Duration,
	log *slog.Logger) {
	results, err := delivery.Deliver(ctx, c)
	if ctx.Err() != nil {
		return
	}
	for _, r := range results {
		if r.State == delivery.Delivered {
			log.Info("a released run was delivered", "offer", r.Offer, "run", r.Run, "delivery", r.Delivery, "to", r.To)
		}
	}
	if err = errors.Join(err, failedOf(results)); err == nil {
		if p.Said && w.Monitor != nil && len(results) > 0 {
			w.Monitor.DeliveredNow(results[0].Offer, results[0].Run)
		}
		*p = patience{}
		return
	}
	p.Wait = min(max(2*p.Wait, every), longestWait)
	p.Next = w.Now().Add(p.Wait)
	log.Error("a released run was not delivered; it is tried again", "folder", c.Folder, "after", p.Wait, "error", err)
	p.Tries++
	unknown := slices.IndexFunc(results, func(r delivery.Result) bool { return r.State == delivery.Unknown })
	if w.Monitor == nil || p.Said || (p.Tries < triesUntilSaid && unknown < 0) {
		return
	}
	p.Said = true
	name, run := filepath.Base(c.Folder), ""
	if len(results) > 0 {
		name, run = results[0].Offer, results[0].Run
	}
	w.Monitor.Undelivered(name, run, err.Error())
}
