package main

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tenderbatch/internal/account"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// TestRolesMayWhatTheyMustAndNoMore gives each role of packaging/roles.sql a login and has it work.
func TestRolesMayWhatTheyMustAndNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	address := servertest.Postgres(t)
	if err := makeTables(t.Context(), address, testWorld(io.Discard, io.Discard)); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../packaging/roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	owner := connected(t, address)
	for range 2 { // after an upgrade it is run again
		if _, err := owner.Exec(t.Context(), string(script)); err != nil {
			t.Fatal(err)
		}
	}
	as := func(role string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		name := "login_" + role
		if _, err := owner.Exec(t.Context(), "CREATE USER "+name+" IN ROLE "+role); err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set("user", name)
		u.RawQuery = query.Encode()
		return u.String()
	}
	consoleAt, workerAt, readerAt := as("batch_console"), as("batch_worker"), as("batch_reader")
	store, err := storage.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	open := func(address string) *shared.Offers {
		s, err := shared.Open(t.Context(), shared.Config{Database: address, Store: store, Mirror: t.TempDir(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	folder := filepath.Join(t.TempDir(), "level3")
	if err := writeExample(folder); err != nil {
		t.Fatal(err)
	}
	if err := open(consoleAt).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	worker := open(workerAt)
	err = worker.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
		return os.WriteFile(filepath.Join(folder, "inbox", "new.csv"), []byte("x"), 0o640)
	})
	if err != nil {
		t.Error(err)
	}
	for _, at := range []string{workerAt, consoleAt} { // take turns with channels
		if took, err := open(at).Turn(t.Context(), "channel x", 0, func(_ context.Context, memory *[]byte) error {
			*memory = append(*memory, 'x')
			return nil
		}); err != nil || !took {
			t.Errorf("%v, %v", took, err)
		}
	}
	if _, err := queue.List(t.Context(), queue.Config{Offers: open(readerAt)}, 10); err != nil {
		t.Error(err)
	}
	db, err := shared.ConsoleDB(t.Context(), consoleAt)
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.OpenPostgres(db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer accounts.Close()
	if _, err := accounts.Add("a test", "jane", "", []account.Grant{{Role: account.Viewer}}); err != nil {
		t.Error(err)
	}
	for address, statements := range map[string][]string{
		workerAt: {"SELECT * FROM batch_console.account", "UPDATE batch_entry SET body = body", "DELETE FROM batch_commit",
			"INSERT INTO batch_offer (name, hash) VALUES ('x', '')", "CREATE TABLE x (y int)", "ALTER TABLE batch_entry DISABLE TRIGGER ALL"},
		readerAt: {"UPDATE batch_turn SET holder = ''", "INSERT INTO batch_commit (offer, term, token, holder) VALUES ('level3', 99, 'x', 'x')", "UPDATE batch_offer SET term = 1",
			"SELECT * FROM batch_console.account", "DELETE FROM river_job"},
		consoleAt: {"DELETE FROM batch_console.event", "DELETE FROM batch_entry", "CREATE TABLE x (y int)"},
	} {
		conn := connected(t, address)
		for _, s := range statements {
			_, err := conn.Exec(t.Context(), s)
			if refused := new(pgconn.PgError); !errors.As(err, &refused) || refused.Code != "42501" {
				t.Errorf("%s: %s: %v, want that it may not", conn.Config().User, s, err)
			}
		}
	}
}

func connected(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
