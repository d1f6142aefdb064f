package account

import (
	"path/filepath"
	"testing"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
)

// openForTest opens new accounts, in a file or in PostgreSQL.
func openForTest(t *testing.T, now func() time.Time) (*Store, error) {
	t.Helper()
	if !servertest.OnPostgres() {
		return Open(filepath.Join(t.TempDir(), FileName), now)
	}
	db, err := shared.ConsoleDB(t.Context(), servertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return OpenPostgres(db, now)
}

func TestOnPostgres(t *testing.T) { servertest.AgainOnPostgres(t) }

func TestAccountsAreCopiedToPostgresAndBack(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	open := func(path string) *Store {
		s, err := Open(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	from, back := open(filepath.Join(t.TempDir(), FileName)), open(filepath.Join(t.TempDir(), FileName))
	password, err := from.Add("a test", "jane", "Jane", []Grant{{Role: Preparer, Offer: "x"}, {Role: Viewer}})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := from.Secret("pseudonyms")
	if err != nil {
		t.Fatal(err)
	}
	db, err := shared.ConsoleDB(t.Context(), servertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	there, err := OpenPostgres(db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	for _, step := range [][2]*Store{{there, from}, {back, there}} {
		if err := step[0].Copy(step[1]); err != nil {
			t.Fatal(err)
		}
		a, err := step[0].Login("jane", password, "", "here")
		if err != nil || len(a.Grants) != 2 || !a.OneTime {
			t.Errorf("%v, %v", a, err)
		}
		if got, err := step[0].Secret("pseudonyms"); err != nil || string(got) != string(secret) {
			t.Errorf("%x, %v", got, err)
		}
		if err := step[0].Copy(step[1]); err == nil {
			t.Error("copied twice")
		}
	}
}
