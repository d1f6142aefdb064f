package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/offerfolder"
)

// TestReadersTakeNoRunUnderWayForAForgedOne reads and verifies the history again and
// again while runs are published.
func TestReadersTakeNoRunUnderWayForAForgedOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	done := make(chan error, 1)
	go func() {
		var err error
		for minute := 10; minute < 40 && err == nil; minute++ {
			asOf := time.Date(2026, 5, 4, 12, minute, 0, 0, time.UTC).Format(time.RFC3339)
			_, err = Run(t.Context(), Request{Folder: folder, AsOf: asOf, Clock: afterEarlyDate, Version: "test"})
		}
		done <- err
	}()
	for reads := 0; ; reads++ {
		select {
		case err := <-done:
			if err != nil || reads < 5 {
				t.Errorf("%d reads, %v", reads, err)
			}
			return
		default:
		}
		h, err := HistoryOf(folder)
		if err == nil {
			err = h.Check()
		}
		if err != nil || h.Damage != "" || len(h.Faults) > 0 || len(h.Runs) == 0 {
			t.Errorf("%v: %+v", err, h)
		}
		found, err := VerifyHistory(folder)
		for _, f := range found {
			// An attempt that has announced its run and not noted it yet is said to be open.
			if !strings.Contains(f.Do, "has not ended") {
				t.Errorf("%v", f)
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// TestT8ARepairThatIsCutOffIsGoneOnWith stops the repair of a folder in the place of
// latest before each of its changes.
func TestT8ARepairThatIsCutOffIsGoneOnWith(t *testing.T) {
	folder := smallOffer(t)
	latest := filepath.Join(folder, offerfolder.RunsName, "latest")
	name, err := os.Readlink(latest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(latest); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(latest, os.DirFS(filepath.Join(folder, offerfolder.RunsName, name))); err != nil {
		t.Fatal(err)
	}
	changes := 0
	count := disk.Disk{Fault: func(string, string) error { changes++; return nil }}
	if _, err := archiveOf(t, copyOffer(t, folder)).Repair(count); err != nil {
		t.Fatal(err)
	}
	if changes < 4 {
		t.Fatalf("%d changes", changes)
	}
	for at := 1; at <= changes; at++ {
		folder, n := copyOffer(t, folder), 0
		_, err := archiveOf(t, folder).Repair(disk.Disk{Fault: func(string, string) error {
			if n++; n >= at {
				return os.ErrPermission
			}
			return nil
		}})
		if err == nil {
			t.Errorf("change %d: no error", at)
		}
		mustRun(t, Request{Folder: folder, Clock: afterEarlyDate, Version: "test"})
		leadsTo(t, folder, "latest", archiveOf(t, folder).Latest().Run)
		verified(t, folder)
	}
}
