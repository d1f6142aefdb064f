package pipeline

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want exitcode.Code
	}{
		{nil, 0},
		{errors.New("disk full"), 1},
		{&tender.FileError{Faults: []tender.FileFault{{Rule: "R6-column"}}}, 1},
		{&offerfolder.UsageError{Message: "no such folder"}, 2},
		{&strictyaml.Error{Faults: []strictyaml.Fault{{Line: 1}}}, 2},
		{ErrRejects, 3},
		{Unsaid("published", errors.New("disk full")), 4},
		{Unsaid("published", nil), 0},
		{ledger.ErrBusy, 5},
		{&ledger.AlteredError{What: "a file was changed"}, 6},
		{&ledger.DamagedError{Path: "ledger.db", Err: errors.New("is missing")}, 6},
		{&tender.FileError{Faults: []tender.FileFault{{Rule: "R6-column"}, {Rule: "R6-total"}}}, 6},
		{&tender.ControlError{Rule: "R16"}, 6},
		{context.Canceled, 130},
	} {
		if got := ExitOf(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := ExitOf(fmt.Errorf("wrapped: %w", errors.Join(c.err, nil))); got != c.want {
			t.Errorf("%v, wrapped: exit code %d, want %d", c.err, got, c.want)
		}
	}
}
