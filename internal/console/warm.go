package console

import (
	"context"
)

// Warm reads the newest run of each offer, and masks it for viewers, so that no person has to wait for it.
// What cannot be read is said when it is asked for.
func (c *Console) Warm(ctx context.Context) {
	folders, err := c.offers()
	if err != nil {
		return
	}
	for _, name := range sortedKeys(folders) {
		if ctx.Err() != nil {
			return
		}
		c.warmUp(folders[name])
	}
}

func (c *Console) warmUp(folder string) {
	run, err := c.runs.open(folder, "latest")
	if err != nil {
		return
	}
	run.findings()
	c.maskedRun(run).findings()
}
