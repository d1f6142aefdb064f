package ledger

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// TestS4AHeldLedgerIsUnavailableAndNotDamaged has a program that does not know of the
// ledger's own lock hold the database, for longer than is waited.
func TestS4AHeldLedgerIsUnavailableAndNotDamaged(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits ten seconds")
	}
	t.Parallel()
	runs := t.TempDir()
	l, err := OpenLog(runs)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := sql.Open("sqlite", "file:"+filepath.Join(runs, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE"} {
		if _, err := holder.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	e := Entry{At: time.Date(2004, 11, 12, 22, 0, 0, 0, time.UTC), Event: Started, Attempt: "a"}
	_, err = l.Append(e)
	if damaged := new(DamagedError); !errors.Is(err, ErrUnavailable) || errors.As(err, &damaged) {
		t.Errorf("while it is held: %v", err)
	}
	if _, err := holder.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(e); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}
