package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	"tenderbatch/internal/tender"
)

// installation is a database with its tables and a storage.
type installation struct {
	address string
	store   storage.Store
}

func install(t testing.TB) installation {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	if t, is := t.(*testing.T); is {
		t.Parallel()
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
func (in installation) exec(t testing.TB, sql string, args ...any) {
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
func (in installation) setClock(t testing.TB, shows time.Time, fast int) {
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

var machines atomic.Int64

// join starts a machine. change may change how it takes part.
func (in installation) join(t testing.TB, change func(*queue.Config)) *machine {
	t.Helper()
	return in.joinAt(t, time.Now, change)
}

// joinAt is join for a machine with a clock of its own.
func (in installation) joinAt(t testing.TB, clock func() time.Time, change func(*queue.Config)) *machine {
	t.Helper()
	m := &machine{parked: make(chan string, 10), log: &lines{}}
	log := slog.New(slog.NewTextHandler(m.log, nil))
	var err error
	m.offers, err = shared.Open(t.Context(), shared.Config{Database: in.address, Store: in.store, Mirror: t.TempDir(),
		Holder: t.Name(), Wait: time.Second, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	service := monitor.NewService(monitor.Program{Now: m.offers.Now, Getenv: func(string) string { return "" },
		Secrets: &display.Secrets{}, Version: "test", By: t.Name(), Actor: ledger.Actor{Kind: ledger.Service, Name: "batch"}},
		settings.Default(), filepath.Join(t.TempDir(), "reminded"), log)
	config := queue.Config{Offers: m.offers, Log: log, ID: fmt.Sprintf("%s-%d", t.Name(), machines.Add(1)), Poll: time.Second,
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

// push brings a small offer to the database.
func (in installation) push(t testing.TB, name string) {
	t.Helper()
	folder := servertest.SmallOffer(t, name, 20_000_000, time.Now().Add(-time.Hour))
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
func (m *machine) entries(t testing.TB, name string) (all []string) {
	t.Helper()
	var entries []ledger.Entry
	await(t, "the history could be read, after a connection that was cut", func() (read bool) {
		var err error
		entries, err = m.offers.Entries(t.Context(), name, 0)
		return err == nil
	})
	for _, e := range entries {
		if e.Event != ledger.Started {
			all = append(all, strings.TrimSpace(string(e.Event)+" "+e.Slot))
		}
	}
	return all
}

// await waits until something is the case.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// wantEach checks that each slot from the first on was decided once, in order, and returns how many there were.
func wantEach(t *testing.T, entries []string) (slots int) {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	var next time.Time
	for _, e := range entries {
		_, slot, ok := strings.Cut(e, " ")
		if !ok {
			continue
		}
		if slots == 0 {
			if next, err = time.Parse(time.RFC3339, slot); err != nil {
				t.Fatal(err)
			}
		}
		if want := next.In(zone).Format(time.RFC3339); slot != want {
			t.Errorf("%q, want slot %s in %q", e, want, entries)
			return slots
		}
		next, slots = next.Add(time.Hour), slots+1
	}
	return slots
}

func TestSlotsAndFilesAreRun(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+55*time.Minute), 600)
	in.push(t, "one")
	m := in.join(t, nil)
	await(t, "a run for files and slots", func() bool { return len(m.entries(t, "one")) >= 3 })
	got := m.entries(t, "one")
	if n := wantEach(t, got); n < 2 || !strings.HasPrefix(got[0], "published") {
		t.Errorf("%q", got)
	}
	// A report that comes makes a run, and so does a person who asks.
	before := len(m.entries(t, "one"))
	if added, err := m.Add(t.Context(), queue.Job{Offer: "one", Reason: "asked 1", Trigger: tender.ByHand,
		Asked: serve.Ask{Name: "jane", From: "a browser"}}, false); err != nil || !added {
		t.Errorf("%v, %v", added, err)
	}
	await(t, "what was asked for", func() bool { return slices.Contains(m.entries(t, "one")[before:], "unchanged") })
	entries, err := m.offers.Entries(t.Context(), "one", 0)
	if err != nil || !slices.ContainsFunc(entries, func(e ledger.Entry) bool {
		return e.Actor == ledger.Actor{Kind: ledger.Account, Name: "jane"} && e.Trigger == tender.ByHand
	}) {
		t.Errorf("no entry of who asked: %v, %v", entries, err)
	}
}

// TestASlotThatPassedBeforeTheFirstRunIsNotedAsMissed has no machine that runs offers when the first slot comes.
func TestASlotThatPassedBeforeTheFirstRunIsNotedAsMissed(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+58*time.Minute), 1)
	in.push(t, "one")
	in.setClock(t, launch.Add(3*time.Hour+3*time.Minute), 1)
	m := in.join(t, nil)
	await(t, "a run", func() bool { return len(m.entries(t, "one")) >= 2 })
	if got := m.entries(t, "one"); !slices.Equal(got, []string{"missed 2024-03-04T11:00:00-05:00", "published 2024-03-04T12:00:00-05:00"}) {
		t.Errorf("%q", got)
	}
}

// TestNoRunIsMadeOfAnInboxThatRetentionEmptied has another offer come later, whose run shows that the first was looked at.
func TestNoRunIsMadeOfAnInboxThatRetentionEmptied(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+5*time.Minute), 1)
	in.push(t, "one")
	m := in.join(t, nil)
	await(t, "a run for files", func() bool { return len(m.entries(t, "one")) > 0 })
	err := m.offers.Work(t.Context(), "one", func(_ context.Context, folder string) error {
		log, err := ledger.OpenLog(filepath.Join(folder, "runs"))
		if err == nil {
			_, err = log.Append(ledger.Entry{At: m.offers.Now(), Event: ledger.Cleared, Offer: "one", By: "a test",
				Message: "deleted inbox/dtc.csv, which was to be kept until 2024-03-04"})
		}
		return errors.Join(err, os.RemoveAll(filepath.Join(folder, "inbox")))
	})
	if err != nil {
		t.Fatal(err)
	}
	in.push(t, "two")
	await(t, "a run of the other", func() bool { return len(m.entries(t, "two")) > 0 })
	if got := m.entries(t, "one"); len(got) != 2 || got[1] != "cleared" {
		t.Errorf("%q", got)
	}
}

func TestTheLeaderAndWorkersChange(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+58*time.Minute), 600)
	var offers []string
	for i := range 4 {
		offers = append(offers, fmt.Sprintf("offer-%d", i))
		in.push(t, offers[i])
	}
	first := in.join(t, nil)
	second := in.join(t, func(c *queue.Config) { c.Runs = 1 })
	reached := func(n int) func() bool {
		return func() bool {
			for _, o := range offers {
				if wantEach(t, second.entries(t, o)) < n {
					return false
				}
			}
			return true
		}
	}
	await(t, "two slots of each", reached(2))
	if err := first.Leave(5 * time.Second); err != nil {
		t.Error(err)
	}
	await(t, "four slots of each", reached(4))
}

func TestConnectionsThatAreLost(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+58*time.Minute), 600)
	in.push(t, "one")
	in.push(t, "two")
	m, _ := in.join(t, nil), in.join(t, nil)
	stop := make(chan struct{})
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(700 * time.Millisecond):
			}
			in.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batch' AND datname = current_database() AND random() < 0.5")
		}
	})
	await(t, "five slots of each", func() bool {
		one, err := m.offers.Entries(t.Context(), "one", 0)
		two, err2 := m.offers.Entries(t.Context(), "two", 0)
		return err == nil && err2 == nil && len(one) >= 11 && len(two) >= 11
	})
	close(stop)
	cutting.Wait()
	for _, o := range []string{"one", "two"} {
		var slots []string
		for _, e := range m.entries(t, o) {
			if _, slot, ok := strings.Cut(e, " "); ok {
				slots = append(slots, slot)
			}
		}
		if !slices.IsSorted(slots) || len(slices.Compact(slices.Clone(slots))) != len(slots) || len(slots) < 4 {
			t.Errorf("%s: slots %q", o, slots)
		}
	}
}

func TestAJobThatGoesOnFailingIsParkedAndTheOthersGoOn(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+58*time.Minute), 60) // the next slot takes the place of the job after a minute
	in.push(t, "good")
	in.push(t, "bad")
	var panics atomic.Int32
	m := in.join(t, func(c *queue.Config) {
		c.Pause = 100 * time.Millisecond
		run := c.Run
		c.Run = func(ctx context.Context, j serve.Job) (serve.Outcome, error) {
			if filepath.Base(j.Folder) == "bad" && len(j.Missed) == 0 && !j.Slot.At.IsZero() {
				panics.Add(1)
				panic("planted")
			}
			return run(ctx, j)
		}
	})
	select {
	case said := <-m.parked:
		if !strings.Contains(said, "bad: parked after 3 tries") || !strings.Contains(said, "planted") {
			t.Errorf("%q", said)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("it is not parked")
	}
	if n := panics.Load(); n != 3 {
		t.Errorf("%d tries", n)
	}
	if got := m.entries(t, "bad"); !slices.Contains(got, "missed 2024-03-04T11:00:00-05:00") {
		t.Errorf("%q", got)
	}
	await(t, "the other offer", func() bool { return wantEach(t, m.entries(t, "good")) > 0 })
}

func TestAJobOfADeadWorkerIsMadeAgain(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour), 1)
	in.push(t, "one")
	m := in.join(t, func(c *queue.Config) { c.Runs = 0 }) // plans, and makes no run
	await(t, "a job", func() bool {
		n := 0
		in.query(t, &n, "SELECT count(*) FROM river_job WHERE kind = 'run'")
		return n == 1
	})
	in.exec(t, `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '{dead}', attempted_at = now() - interval '10 seconds'
		WHERE kind = 'run'`)
	in.join(t, func(c *queue.Config) { c.Plans = false; c.Pause = time.Second })
	await(t, "the run", func() bool { return slices.Equal(m.entries(t, "one"), []string{"published"}) })
}

func (in installation) query(t testing.TB, to any, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), in.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(to); err != nil {
		t.Fatal(err)
	}
}

func TestAMachineWhoseClockIsWrong(t *testing.T) {
	in := install(t)
	in.push(t, "one")
	m := in.joinAt(t, func() time.Time { return time.Now().Add(-time.Hour) }, nil)
	if off := time.Until(m.offers.Now()).Abs(); off > time.Minute {
		t.Errorf("its clock is %v off", off)
	}
}
