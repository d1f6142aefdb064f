package main

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// TestScriptsOnPostgres passes every transcript once more with all offers kept in PostgreSQL and a storage: after each
// command what is published goes there and comes back. What the database or the storage would change shows in the next
// commands.
func TestScriptsOnPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	servertest.PostgresFolder(t)
	var there, refused atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d offers went to the database and back, %d were refused as they were altered", there.Load(), refused.Load())
		if there.Load() < 200 {
			t.Errorf("only %d offers went to the database and back", there.Load())
		}
	})
	runScripts(t, func(ts *testscript.TestScript, neg bool, args []string) {
		scriptBatch(ts, neg, args)
		found, err := filepath.Glob(filepath.Join(ts.MkAbs("."), "*", "runs", "ledger.db"))
		ts.Check(err)
		for _, ledger := range found {
			if carried(t, ts, filepath.Dir(filepath.Dir(ledger))) {
				there.Add(1)
			} else {
				refused.Add(1)
			}
		}
	})
}

// carried brings an offer to a new database and back, unless what is in its folder is refused.
func carried(t *testing.T, ts *testscript.TestScript, folder string) bool {
	const kept = "KEPT_IN"
	if ts.Getenv(kept) == "" {
		address := servertest.Postgres(t)
		ts.Check(shared.MakeTables(t.Context(), address))
		ts.Setenv(kept, address)
	}
	at, err := os.MkdirTemp(ts.MkAbs("."), ".kept")
	ts.Check(err)
	defer os.RemoveAll(at)
	store, err := storage.NewFolder(at)
	ts.Check(err)
	s, err := shared.Open(t.Context(), shared.Config{Database: ts.Getenv(kept), Store: store, Mirror: at, Now: time.Now, Wait: time.Second})
	ts.Check(err)
	defer s.Close()
	name := filepath.Base(folder) + "-" + filepath.Base(at)
	if err := s.Push(t.Context(), folder, name); err != nil {
		ts.Logf("not brought to the database: %v", err)
		return false
	}
	copied := filepath.Join(at, name)
	ts.Check(s.Pull(t.Context(), name, copied))
	for _, part := range []string{"runs", "released"} {
		if _, err := os.Lstat(filepath.Join(copied, part)); err != nil {
			continue
		}
		keepOwnLinks(ts, filepath.Join(folder, part), filepath.Join(copied, part))
		ts.Check(os.RemoveAll(filepath.Join(folder, part)))
		ts.Check(os.Rename(filepath.Join(copied, part), filepath.Join(folder, part)))
	}
	return true
}

// keepOwnLinks makes the links that a person made among the runs in a copy of them, too.
func keepOwnLinks(ts *testscript.TestScript, from, to string) {
	entries, err := os.ReadDir(from)
	ts.Check(err)
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(from, e.Name()))
		if _, there := os.Lstat(filepath.Join(to, e.Name())); err != nil || there == nil {
			continue
		}
		ts.Check(os.Symlink(target, filepath.Join(to, e.Name())))
	}
}
