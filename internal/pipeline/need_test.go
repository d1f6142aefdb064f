package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/offerfolder"
)

func TestARunThatNeedsMoreMemoryThanItMayIsNotBegun(t *testing.T) {
	folder := smallOffer(t)
	before := len(publishedIn(t, folder))
	for _, dry := range []bool{false, true} {
		_, err := Run(t.Context(), Request{Folder: folder, Clock: afterEarlyDate, Memory: 1 << 20, DryRun: dry})
		var memory *MemoryError
		if !errors.As(err, &memory) || !strings.Contains(err.Error(), "may have 1 MiB: nothing was published") {
			t.Errorf("dry %t: %v", dry, err)
		}
	}
	if after := len(publishedIn(t, folder)); after != before {
		t.Errorf("%d runs, before %d", after, before)
	}
}

func publishedIn(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}
