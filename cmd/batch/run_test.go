package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
)

func TestAnInterruptedRunEndsWith130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	folder := level3Folder(t)
	if code := run(ctx, []string{"run", folder}, testWorld(io.Discard, io.Discard)); code != int(exitcode.Interrupted) {
		t.Errorf("exit code %d", code)
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, "runs"))
	if err != nil || len(entries) == 0 || !strings.HasPrefix(entries[len(entries)-1].Message, "interrupted: nothing was published") {
		t.Errorf("the ledger says %v, %v", entries, err)
	}
}
