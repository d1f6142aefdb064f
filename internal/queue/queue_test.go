package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// installation is a database with its tables and a storage.
type installation struct {
	address string
	store   storage.Store
}

func install(t *testing.T) installation {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	in := installation{address: servertest.Postgres(t)}
	for _, make := range []func(context.Context, string) error{shared.MakeTables, queue.MakeTables} {
		for range 2 {
			if err := make(t.Context(), in.address); err != nil {
				t.Fatal(err)
			}
		}
	}
	var err error
	if in.store, err = storage.NewFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return in
}

// exec does something with the database beside the program.
func (in installation) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), in.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// setClock has the database's clock show a time, and go so many times as fast from then on.
func (in installation) setClock(t *testing.T, shows time.Time, fast int) {
	t.Helper()
	in.exec(t, fmt.Sprintf(`CREATE OR REPLACE FUNCTION batch_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
		'SELECT timestamptz ''%s'' + (clock_timestamp() - timestamptz ''%s'') * %d'`, shows.Format(time.RFC3339Nano),
		time.Now().Format(time.RFC3339Nano), fast))
}

// machine is a process that takes part.
type machine struct {
	*queue.Member
	offers *shared.Offers
	parked chan string
	log    *lines
}

// lines are what a machine logs.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var machines int

// join starts a machine. change may change how it takes part.
func (in installation) join(t *testing.T, change func(*queue.Config)) *machine {
	t.Helper()
	machines++
	m := &machine{parked: make(chan string, 10), log: &lines{}}
	log := slog.New(slog.NewTextHandler(m.log, nil))
	var err error
	m.offers, err = shared.Open(t.Context(), shared.Config{Database: in.address, Store: in.store, Mirror: t.TempDir(),
		Holder: t.Name(), Wait: time.Second, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	service := monitor.NewService(monitor.Program{Now: m.offers.Now, Getenv: func(string) string { return "" },
		Secrets: &display.Secrets{}, Version: "test", By: t.Name(), Actor: ledger.Actor{Kind: ledger.Service, Name: "batch"}},
		settings.Default(), filepath.Join(t.TempDir(), "reminded"), log)
	config := queue.Config{Offers: m.offers, Log: log, ID: fmt.Sprintf("%s-%d", t.Name(), machines), Poll: time.Second,
		Load: service.Load, Run: service.Do, Runs: 2, Plans: true,
		Parked: func(offer, slot, why string) { m.parked <- offer + ": " + why }}
	if change != nil {
		change(&config)
	}
	if m.Member, err = queue.Join(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	left := sync.OnceFunc(func() {
		if err := m.Leave(10 * time.Second); err != nil {
			t.Error(err)
		}
		m.offers.Close()
	})
	t.Cleanup(func() {
		left()
		if t.Failed() {
			t.Log(m.log.String())
		}
	})
	return m
}

// launch is when the offers of these tests begin; their clock is the database's.
var launch = time.Date(2024, 3, 4, 14, 0, 0, 0, time.UTC)

// terms are those of a small offer with a run each hour.
const terms = `id: %s
issuer: Modern Co.
schedule: {cron: "0 * * * *"}
dates:
  launch: 2024-03-04
  expiration: {at: 2024-04-02T17:00}
  settlement: {final: 2024-04-04}
series:
  - {id: 6-2031E, priority: 1, securities: ["XS0108503615"], currency: EUR, outstanding: 100000000,
     tender_offer_consideration: 985, denomination: {minimum: 2000, multiple: 1000}, interest: {coupon: 0}}
depositaries:
  - {name: DTC, files: "*.csv"}
`

const report = `VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Status
2,XS0108503615,20000000,2024-03-04 08:00,0123,MADE
`

// push brings a small offer to the database.
func (in installation) push(t *testing.T, name string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	for file, content := range map[string]string{"offer.yaml": fmt.Sprintf(terms, name), "inbox/dtc-2024-03-04.csv": report} {
		path := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	s, err := shared.Open(t.Context(), shared.Config{Database: in.address, Store: in.store, Mirror: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Push(t.Context(), folder, name); err != nil {
		t.Fatal(err)
	}
}

// entries are the ends of attempts and the missed slots of an offer: event and slot.
func (m *machine) entries(t *testing.T, name string) (all []string) {
	t.Helper()
	entries, err := m.offers.Entries(t.Context(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Event != ledger.Started {
			all = append(all, strings.TrimSpace(string(e.Event)+" "+e.Slot))
		}
	}
	return all
}

// await waits until something is the case.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

func TestSlotsAndFilesAreRun(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+55*time.Minute), 60)
	in.push(t, "one")
	m := in.join(t, nil)
	await(t, "the run for files and two slots", func() bool { return len(m.entries(t, "one")) >= 3 })
	got := m.entries(t, "one")
	want := []string{"published", "unchanged 2024-03-04T11:00:00-05:00"}
	if !slices.Equal(got[:2], want) {
		t.Errorf("%q, want %q", got, want)
	}
	_ = serve.Ended
}
