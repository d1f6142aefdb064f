package exchange

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/retention"
	"tenderbatch/internal/serve"
)

// lockWait is how long a run that holds an offer is waited for.
const lockWait = 5 * time.Second

func newPrune(w World) *cobra.Command {
	var dryRun, asJSON bool
	c := &cobra.Command{
		Use:   "prune FOLDER",
		Short: "Delete what the terms of the offers do not have kept any longer",
		Long: `prune deletes, of every offer in FOLDER or of the one offer that FOLDER is, what is older than its terms
have it kept under retention: runs that are neither in force nor the latest, files as they came, and the names of
holders: reports are removed from the inbox and from the runs that stay, and what findings quote of
them gets a pseudonym; what is paid stays byte for byte. Each deletion is in the history, which stays as it is
otherwise. Nothing is ever deleted by itself. See first with --dry-run.`,
		Example: `  batch prune /srv/offers --dry-run`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			offers, err := serve.Offers(args[0])
			if err != nil {
				return &offerfolder.UsageError{Message: fmt.Sprintf("%v; name the folder of the offers, or of one", err)}
			}
			all, faults := []retention.Item{}, []error{}
			for _, offer := range offers {
				req := retention.Request{Folder: offer, Actor: w.Actor, By: w.By, Clock: w.Now, Version: w.Version, Wait: lockWait,
					Disk: w.Disk}
				items, err := retention.Plan(req)
				if err == nil && !dryRun && len(items) > 0 {
					items, err = retention.Prune(c.Context(), req)
				}
				all, faults = append(all, items...), append(faults, err)
			}
			failed := errors.Join(faults...)
			return errors.Join(failed, w.sayPruned(all, failed == nil, dryRun, asJSON))
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only list what would be deleted")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// sayPruned lists what was deleted, or would be; whole says that every offer was looked at.
func (w World) sayPruned(all []retention.Item, whole, dryRun, asJSON bool) error {
	if asJSON {
		return w.sayJSON(all)
	}
	p, done, named := &printer{to: w.Stdout}, "deleted", "replaced the names of holders in"
	if dryRun {
		done, named = "would delete", "would replace the names of holders in"
	}
	for _, i := range all {
		did := done
		if i.Kind == retention.Holders {
			did = named
		}
		p.linef("%s: %s %s, kept until %s", i.Offer, did, i.Path, i.Until.Format("2006-01-02"))
	}
	if len(all) == 0 && whole {
		p.linef("nothing is older than it is to be kept; an offer without retention in its offer.yaml is kept for ever")
	}
	return p.err
}
