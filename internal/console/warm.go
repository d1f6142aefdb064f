package console

import (
	"context"
	"path/filepath"

	"tenderbatch/internal/account"
)

// mostToWarm is how many offers can wait to be read in the background; more are read when they are opened.
const mostToWarm = 256

// keepWarm reads in the background what people will open first: at once the newest run of each offer, and then
// each new one.
func (c *Console) keepWarm(ctx context.Context) {
	c.Warm(ctx)
	for {
		select {
		case folder := <-c.toWarm:
			c.warmUp(ctx, folder)
		case <-ctx.Done():
			return
		}
	}
}

// Warm reads the newest run of each offer, and masks it if there are viewers, so that no person has to wait for
// it. What cannot be read is said when it is asked for.
func (c *Console) Warm(ctx context.Context) {
	folders, err := c.offers()
	if err != nil {
		return
	}
	for _, name := range sortedKeys(folders) {
		if ctx.Err() == nil {
			c.warmUp(ctx, folders[name])
		}
	}
}

func (c *Console) warmUp(ctx context.Context, folder string) {
	run, err := c.runs.open(folder, "latest")
	if err != nil {
		return
	}
	run.findings()
	if !c.hasViewers(filepath.Base(folder)) {
		return
	}
	c.maskedRun(run).findings()
	if _, err := c.maskedInstructions(ctx, run); err != nil && ctx.Err() == nil {
		c.Log.Warn("the instructions of a run could not be masked ahead; they are when a viewer searches them", "run",
			run.Manifest.Run, "error", err)
	}
}

// hasViewers reports whether there are accounts that see an offer and not its names.
func (c *Console) hasViewers(offer string) bool {
	all, err := c.Accounts.Accounts()
	if err != nil {
		return false
	}
	for _, a := range all {
		if a.May(account.See, offer) && !a.May(account.SeeNames, offer) {
			return true
		}
	}
	return false
}
