package prepare

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// An offer is paused with a reason and by whom, once, until it is resumed; that gives no person a hand in a run.
func TestPauseAndResume(t *testing.T) {
	req := newRequest(t, "")
	must := func(err error, want string) {
		t.Helper()
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	must(Resume(req), "is not paused")
	must(Pause(req, " \n "), "say why")
	must(Pause(req, strings.Repeat("x", 501)), "write it shorter")
	must(Pause(req, "DTC sent\nthe wrong file"), "")
	must(Pause(req, "again"), "is paused already, by ann (account): DTC sent the wrong file")
	must(Resume(req), "")
	must(Resume(req), "is not paused")
	must(Pause(req, "once more"), "")
	req.Actor = ledger.Actor{}
	must(Resume(req), "not known who")
	entries, err := ledger.ReadEntries(filepath.Join(req.Folder, offerfolder.RunsName))
	if err != nil || len(entries) != 3 {
		t.Fatalf("%v, %v", entries, err)
	}
	if now := ledger.PauseIn(entries); now == nil || now.Message != "once more" || ledger.PauseIn(entries[:2]) != nil {
		t.Errorf("paused by %v", now)
	}
	if made := made(t, req.Folder); len(made) != 0 {
		t.Errorf("makers: %v", made)
	}
	if len(ledger.Open(entries)) != 0 {
		t.Error("a pause counts as an attempt")
	}
}

// Of those who pause an offer at the same moment one does, and the others read by whom it is.
func TestPausedByManyAtOnce(t *testing.T) {
	req := newRequest(t, "")
	for n, do := range []func(int) error{
		func(i int) error { return Pause(req, fmt.Sprint("reason ", i)) }, func(int) error { return Resume(req) }} {
		var done atomic.Int32
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				err := do(i)
				if err == nil {
					done.Add(1)
				} else if !strings.Contains(err.Error(), []string{"is paused already", "is not paused"}[n]) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if done.Load() != 1 {
			t.Errorf("%d did", done.Load())
		}
	}
	entries, err := ledger.ReadEntries(filepath.Join(req.Folder, offerfolder.RunsName))
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
