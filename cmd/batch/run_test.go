package main

import (
	"context"
	"io"
	"testing"

	"tenderbatch/internal/batch"
)

func TestAnInterruptedRunEndsWith130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code := run(ctx, []string{"run", level3Folder(t)}, testWorld(io.Discard, io.Discard)); code != int(batch.ExitInterrupted) {
		t.Errorf("exit code %d", code)
	}
}
