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

// The estimate goes by the rows, whatever the format, and is linear in them.
func TestTheMemoryOfARunGoesByItsRows(t *testing.T) {
	folder := t.TempDir()
	need := func(rows int) int64 {
		path := filepath.Join(folder, "dtc-2026-05-04.csv")
		line := "0000019,52729NAA8,7000,2026-05-01 10:00:00,2399\n"
		content := "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n" + strings.Repeat(line, rows)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return needOf(path)
	}
	one, ten := need(1000), need(10_000)
	if one < 1000*needOfRow || one > 1100*needOfRow || ten < 9*one || ten > 11*one {
		t.Errorf("1,000 rows need %d bytes, 10,000 rows %d", one, ten)
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
