package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk full"), 1},
		{&ingest.FileError{Faults: []ingest.FileFault{{Rule: "R6-column"}}}, 1},
		{&batch.UsageError{Message: "no such folder"}, 2},
		{&ingest.OfferError{Faults: []ingest.Fault{{Line: 1}}}, 2},
		{errRejects, 3},
		{ledger.ErrBusy, 5},
		{&ingest.FileError{Faults: []ingest.FileFault{{Rule: "R6-column"}, {Rule: "R6-total"}}}, 6},
		{&tender.ControlError{Rule: "R16"}, 6},
		{context.Canceled, 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("wrapped: %w", errors.Join(c.err, nil))); got != c.want {
			t.Errorf("%v, wrapped: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

func TestAnInterruptedRunEndsWith130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := world{stdout: io.Discard, stderr: io.Discard, now: func() time.Time { return scriptNow }}
	if code := run(ctx, []string{"run", level3Folder(t)}, w); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}
