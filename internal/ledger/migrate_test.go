package ledger

import (
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
)

func TestAnOlderLedgerIsBroughtUpStepByStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), databaseName)
	later := slices.Concat(steps, []string{"CREATE TABLE more (a TEXT) STRICT;", "INSERT INTO more VALUES ('a');"})
	for upTo := range len(later) + 1 {
		db, err := openDatabase(path, writing)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing to do
			if err := migrate(db, later[:upTo]); err != nil {
				t.Fatal(err)
			}
			if v, err := version(db); v != upTo || err != nil {
				t.Fatalf("version %d, %v; want %d", v, err, upTo)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db, err := openDatabase(path, writing)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var count int
	if err := db.QueryRow("SELECT count(*) FROM more").Scan(&count); count != 1 || err != nil {
		t.Errorf("%d, %v", count, err)
	}
	if err := migrate(db, steps); !errors.Is(err, errNewer) {
		t.Errorf("a newer ledger: %v", err)
	}
}

func TestAStepIsTakenWholeOrNotAtAll(t *testing.T) {
	db, err := openDatabase(filepath.Join(t.TempDir(), databaseName), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(db, []string{"CREATE TABLE a (b TEXT) STRICT; CREATE TABLE a (b TEXT) STRICT;"}); err == nil {
		t.Fatal("a step that cannot be taken was taken")
	}
	if have, err := schema(db); len(have) > 0 || err != nil {
		t.Errorf("%v, %v", have, err)
	}
}

func TestAVersion0LedgerWithoutTablesIsBroughtUp(t *testing.T) {
	runs := t.TempDir()
	if err := makeDatabase(runs); err != nil {
		t.Fatal(err)
	}
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	log(t, runs, Entry{Event: Started})
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}
