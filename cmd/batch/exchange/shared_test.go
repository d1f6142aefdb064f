package exchange

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// cluster is a database with one offer, on which machines work.
type cluster struct {
	address string
	store   storage.Store
}

func newCluster(t *testing.T, folder, name string) cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	c := cluster{address: servertest.Postgres(t)}
	if err := shared.MakeTables(t.Context(), c.address); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.store, err = storage.NewFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := c.open(t, time.Now).Push(t.Context(), folder, name); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c cluster) open(t *testing.T, now func() time.Time) *shared.Offers {
	t.Helper()
	for try := 0; ; try++ {
		s, err := shared.Open(t.Context(), shared.Config{Database: c.address, Store: c.store, Mirror: t.TempDir(), Holder: t.Name(),
			Wait: 2 * time.Second, Now: now})
		if err == nil {
			t.Cleanup(s.Close)
			return s
		}
		if !shared.Passes(err) || try > 20 { // its connection may be cut, too
			t.Fatal(err)
		}
	}
}

// exec does something with the database beside the program.
func (c cluster) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// setClock has the database's clock show a time.
func (c cluster) setClock(t *testing.T, shows time.Time) {
	t.Helper()
	c.exec(t, fmt.Sprintf(`CREATE OR REPLACE FUNCTION batch_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
		'SELECT timestamptz ''%s'' + (clock_timestamp() - timestamptz ''%s'')'`, shows.Format(time.RFC3339Nano), time.Now().Format(time.RFC3339Nano)))
}

// cut ends some of the connections of all machines again and again until what it returns is called.
func (c cluster) cut(t *testing.T, every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for pause(ctx, every) {
			c.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batch'
				AND datname = current_database() AND random() < 0.3`)
		}
	})
	return func() { cancel(); done.Wait() }
}

// machine starts a machine that takes files in and delivers; what it returns stops it.
func (c cluster) machine(t *testing.T, set settings.Settings, log *buffer) (stop func()) {
	t.Helper()
	s := c.open(t, time.Now)
	folder := filepath.Dir(s.Folder("x"))
	w := World{Now: s.Now, Getenv: os.Getenv, Version: "test", By: "test"}
	stop = serveShared(context.Background(), w, s, folder, set, 100*time.Millisecond, slog.New(slog.NewTextHandler(log, nil)))
	once := sync.OnceFunc(stop)
	t.Cleanup(once)
	return once
}

// pulled is the offer as the database has it.
func (c cluster) pulled(t *testing.T, name string) (folder string, entries []ledger.Entry) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), name)
	if err := c.open(t, time.Now).Pull(t.Context(), name, folder); err != nil {
		t.Fatal(err)
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	return folder, entries
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// TestMachinesTakeEachFileOnce has three machines read one channel while files come in, one machine is stopped and
// another comes, and connections to the database are lost all the time.
func TestMachinesTakeEachFileOnce(t *testing.T) {
	offer, drop := filepath.Join(t.TempDir(), "x"), t.TempDir()
	write(t, filepath.Join(offer, "offer.yaml"), offerYAML)
	c := newCluster(t, offer, "x")
	set := settings.Default()
	set.Intake.Every, set.Serve.QuietPeriod = 100*time.Millisecond, 10*time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "a", From: []string{"DTC"}, Folder: drop}}
	var log buffer
	first := c.machine(t, set, &log)
	c.machine(t, set, &log)
	stopCutting := c.cut(t, 150*time.Millisecond)
	const files = 12
	for i := range files {
		write(t, filepath.Join(drop, fmt.Sprintf("dtc-2004-11-%02d.csv", i+1)), fmt.Sprintf("a,b\n%d,1\n", i))
		write(t, filepath.Join(drop, fmt.Sprintf("bad-%02d.csv", i)), fmt.Sprintf("a,b\n%d,2\n", i))
		time.Sleep(150 * time.Millisecond)
		if i == files/2 {
			first()
			c.machine(t, set, &log)
		}
	}
	reader := c.open(t, time.Now)
	count := func() (filed, apart int) {
		entries, err := reader.Entries(t.Context(), "x", 0)
		if err != nil {
			return 0, 0 // its connections are cut, too
		}
		for _, e := range entries {
			for _, m := range e.MakersOf() {
				if m.Did == ledger.Filed {
					filed++
				}
			}
			if e.Event == ledger.Quarantined {
				apart++
			}
		}
		return filed, apart
	}
	servertest.Await(t, "all files", func() bool {
		filed, apart := count()
		return filed >= files && apart >= files
	})
	stopCutting()
	time.Sleep(time.Second) // for what would be taken twice
	if filed, apart := count(); filed != files || apart != files {
		t.Errorf("%d files were taken and %d kept apart, want %d each\n%s", filed, apart, files, log.String())
	}
	folder, _ := c.pulled(t, "x")
	inbox, err := os.ReadDir(filepath.Join(folder, "inbox"))
	if err != nil || len(inbox) != files {
		t.Errorf("the inbox has %d files, %v", len(inbox), err)
	}
	apart, err := filepath.Glob(filepath.Join(folder, "quarantine", "*", "content"))
	if err != nil || len(apart) != files {
		t.Errorf("the quarantine has %d files, %v", len(apart), err)
	}
	if found, err := ledger.Verify(filepath.Join(folder, "runs"), "x"); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestAMachineTakesOverWhereAnotherEnded has a machine end after its files are in the database, and before it could
// remember that.
func TestAMachineTakesOverWhereAnotherEnded(t *testing.T) {
	offer, drop := filepath.Join(t.TempDir(), "x"), t.TempDir()
	write(t, filepath.Join(offer, "offer.yaml"), offerYAML)
	c := newCluster(t, offer, "x")
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	channel := settings.Channel{Name: "a", From: []string{"DTC"}, Folder: drop}
	set.Intake.Channels = []settings.Channel{channel}
	write(t, filepath.Join(drop, "dtc-1.csv"), "a,b\n")
	write(t, filepath.Join(drop, "bad.csv"), "a,b\n")
	for range 2 { // the second remembers nothing of the first
		s := c.open(t, time.Now)
		m := &sharing{World: World{Now: s.Now, Getenv: os.Getenv, Version: "test", By: "test"}, offers: s,
			folder: filepath.Dir(s.Folder("x")), set: set, log: slog.New(slog.DiscardHandler), terms: map[string]termsOf{},
			said: map[string]string{}}
		report, err := m.fetchChannel(t.Context(), channel, new([]byte))
		if err != nil || len(report.Files) != 2 {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	folder, entries := c.pulled(t, "x")
	apart, err := filepath.Glob(filepath.Join(folder, "quarantine", "*", "why.json"))
	if err != nil || len(apart) != 1 || len(entries) != 2 {
		t.Errorf("%d entries, quarantine %v, %v", len(entries), apart, err)
	}
}

// TestMachinesDeliverOnce has machines deliver one run to a folder and by mail while connections to the database are
// lost, and one of them is stopped.
func TestMachinesDeliverOnce(t *testing.T) {
	top, _ := releasedOffer(t)
	c := newCluster(t, filepath.Join(top, "small"), "small")
	c.setClock(t, releasedAt.Add(time.Hour))
	mails, server := newOffice(t)
	to := t.TempDir()
	set := settings.Default()
	set.Mail = server
	set.Deliveries = []settings.Delivery{{Name: "archive", Folder: to}, {Name: "post", Mail: []string{"a@example.com", "b@example.com"}},
		{Name: "nowhere", Folder: filepath.Join(to, "none")}}
	var log buffer
	first := c.machine(t, set, &log)
	for range 2 {
		c.machine(t, set, &log)
	}
	reader := c.open(t, time.Now)
	events := func() map[string]int {
		said := map[string]int{}
		entries, err := reader.Entries(t.Context(), "small", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Actor.Name, "delivery ") {
				said[string(e.Event)]++
			}
		}
		return said
	}
	servertest.Await(t, "a delivery", func() bool { return events()["delivered"] > 0 })
	first()
	servertest.Await(t, "all deliveries", func() bool { return events()["delivered"] >= 3 && events()["undelivered"] >= 1 })
	time.Sleep(time.Second) // for what would be sent twice
	if got := events(); got["delivered"] != 3 || got["sending"] != 2 || got["undelivered"] != 1 || mails.count() != 2 {
		t.Errorf("%v, %d mails\n%s", got, mails.count(), log.String())
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestNoMailIsSentTwiceWhateverIsLost cuts connections while mails are sent: one that is not known to have been sent is
// left to a person.
func TestNoMailIsSentTwiceWhateverIsLost(t *testing.T) {
	top, _ := releasedOffer(t)
	c := newCluster(t, filepath.Join(top, "small"), "small")
	c.setClock(t, releasedAt.Add(time.Hour))
	mails, server := newOffice(t)
	set := settings.Default()
	set.Mail = server
	const addresses = 8
	post := settings.Delivery{Name: "post"}
	for i := range addresses {
		post.Mail = append(post.Mail, fmt.Sprintf("%d@example.com", i))
	}
	set.Deliveries = []settings.Delivery{post}
	var log buffer
	stopCutting := c.cut(t, 100*time.Millisecond)
	for range 3 {
		c.machine(t, set, &log)
	}
	reader := c.open(t, time.Now)
	servertest.Await(t, "every mail", func() bool {
		entries, err := reader.Entries(t.Context(), "small", 0)
		said := map[string]bool{}
		for _, e := range entries {
			if e.Event == ledger.Sending {
				said[e.Actor.Name] = true
			}
		}
		return err == nil && len(said) == addresses
	})
	time.Sleep(2 * time.Second)
	stopCutting()
	if n := mails.count(); n > addresses || n < addresses/2 || len(mails.twice()) > 0 {
		t.Errorf("%d mails to %d addresses\n%s", n, addresses, log.String())
	}
}
