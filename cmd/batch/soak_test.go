package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// soak is how much the soak does: SOAK=full is 500 offers with 20 slots each, 10,000 in all.
type soak struct {
	offers, slots int
	hour          time.Duration // how long an hour of the offers lasts
	stopped       time.Duration // for how long a process is stopped, or the network cut
}

func soakOf() soak {
	if os.Getenv("SOAK") == "full" {
		return soak{offers: 500, slots: 20, hour: 3 * time.Minute, stopped: time.Minute}
	}
	return soak{offers: 100, slots: 5, hour: time.Minute, stopped: 5 * time.Second}
}

// TestSoak has three workers make the runs of many offers while one is killed, stopped, or cut off every few
// seconds. Each slot is decided by a run once, no history is broken, and nothing is left in the storage.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	size := soakOf()
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := newSoak(t, program, size)
	began := time.Now()
	s.offers(size.offers)
	t.Logf("%d offers brought to the database in %s", size.offers, time.Since(began).Round(time.Second))
	s.setClock(time.Date(2024, 3, 4, 15, 59, 0, 0, time.UTC), int(time.Hour/size.hour))
	service := s.process("serve", true)
	defer service.end()
	workers := []*soaked{s.process("worker", false), s.process("worker", false), s.process("worker", false)}
	for _, w := range workers {
		defer w.end()
	}
	began = time.Now()
	ctx, stop := context.WithCancel(t.Context())
	var disturbing sync.WaitGroup
	disturbing.Go(func() { s.disturb(ctx, workers) })
	want := size.offers * size.slots
	deadline := began.Add(time.Duration(size.slots+3)*size.hour + 3*time.Minute)
	for s.decided() < want && time.Now().Before(deadline) {
		time.Sleep(time.Second)
	}
	stop()
	disturbing.Wait()
	took := time.Since(began)
	for _, p := range append(workers, service) {
		p.end()
	}
	t.Logf("%d slots in %s, %.1f a second; disturbed: %v", s.decided(), took.Round(time.Second), float64(s.decided())/took.Seconds(), s.did)
	s.check(size)
}

// soaking is a soak under way.
type soaking struct {
	t                     *testing.T
	program, address, top string
	size                  soak
	conn                  *pgx.Conn
	did                   map[string]int
}

func newSoak(t *testing.T, program string, size soak) *soaking {
	t.Helper()
	s := &soaking{t: t, program: program, address: servertest.Postgres(t), top: t.TempDir(), size: size, did: map[string]int{}}
	if err := makeTables(t.Context(), s.address, testWorld(io.Discard, io.Discard)); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.conn, err = pgx.Connect(t.Context(), s.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	return s
}

// storage is the folder of the storage.
func (s *soaking) storage() string {
	folder := filepath.Join(s.top, "storage")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		s.t.Fatal(err)
	}
	return folder
}

// open opens the offers with an empty mirror.
func (s *soaking) open() *shared.Offers {
	s.t.Helper()
	store, err := storage.NewFolder(s.storage())
	if err != nil {
		s.t.Fatal(err)
	}
	offers, err := shared.Open(s.t.Context(), shared.Config{Database: s.address, Store: store, Mirror: s.t.TempDir(), Now: time.Now,
		Wait: 5 * time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(offers.Close)
	return offers
}

// offers brings so many offers to the database.
func (s *soaking) offers(n int) {
	s.setClock(time.Date(2024, 3, 4, 15, 30, 0, 0, time.UTC), 1)
	offers := s.open()
	for i := range n {
		name := fmt.Sprintf("offer-%03d", i)
		folder := servertest.SmallOffer(s.t, name, 20_000_000+1000*i, time.Now().Add(-time.Hour))
		if err := offers.Push(s.t.Context(), folder, name); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *soaking) setClock(shows time.Time, fast int) {
	s.t.Helper()
	_, err := s.conn.Exec(s.t.Context(), fmt.Sprintf(`CREATE OR REPLACE FUNCTION batch_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
		'SELECT timestamptz ''%s'' + (clock_timestamp() - timestamptz ''%s'') * %d'`, shows.Format(time.RFC3339Nano),
		time.Now().Format(time.RFC3339Nano), fast))
	if err != nil {
		s.t.Fatal(err)
	}
}

// decided is how many slots are decided.
func (s *soaking) decided() (n int) {
	s.t.Helper()
	if err := s.conn.QueryRow(s.t.Context(), "SELECT count(*) FROM batch_entry WHERE slot <> '' AND event <> 'started'").Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// soaked is a process of the soak, which reaches the database through a proxy of its own.
type soaked struct {
	s     *soaking
	args  []string
	proxy *cutProxy
	mu    sync.Mutex
	c     *exec.Cmd
	log   *os.File
}

// process starts a process.
func (s *soaking) process(verb string, serves bool) *soaked {
	s.t.Helper()
	p := &soaked{s: s, proxy: newCutProxy(s.t, s.address)}
	folder := filepath.Join(s.t.TempDir(), verb)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		s.t.Fatal(err)
	}
	u, err := url.Parse(s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	through := "postgres://batch@" + p.proxy.address + u.Path + "?sslmode=disable"
	p.args = []string{verb, folder, "--database", through, "--storage", s.storage(), "--log", "text", "--grace", "10s"}
	if serves {
		p.args = append(p.args, "--poll", "1s", "--quiet-period", "1s")
	} else {
		p.args = append(p.args, "--runs", "2")
	}
	if p.log, err = os.Create(filepath.Join(folder, "log")); err != nil {
		s.t.Fatal(err)
	}
	p.start()
	return p
}

func (p *soaked) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.c = exec.Command(p.s.program, p.args...)
	p.c.Stderr, p.c.Stdout = p.log, p.log
	if err := p.c.Start(); err != nil {
		p.s.t.Error(err)
	}
}

// signal sends the process a signal.
func (p *soaked) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.c.Process.Signal(s) // it may have ended
}

// killed kills the process and starts another.
func (p *soaked) killed() {
	p.signal(syscall.SIGKILL)
	_ = p.c.Wait() // of the kill
	p.start()
}

// end has the process end.
func (p *soaked) end() {
	p.mu.Lock()
	c := p.c
	p.c = nil
	p.mu.Unlock()
	if c == nil {
		return
	}
	_ = c.Process.Signal(syscall.SIGCONT)
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	if p.s.t.Failed() {
		if content, err := os.ReadFile(p.log.Name()); err == nil {
			lines := strings.Split(string(content), "\n")
			p.s.t.Logf("%v\n%s", p.args, strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	}
}

// disturb kills, stops or cuts off a worker every few seconds.
func (s *soaking) disturb(ctx context.Context, workers []*soaked) {
	wait := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for wait(4*time.Second + rand.N(4*time.Second)) {
		w := workers[rand.N(len(workers))]
		switch rand.N(3) {
		case 0:
			s.did["killed"]++
			w.killed()
		case 1:
			s.did["stopped"]++
			w.signal(syscall.SIGSTOP)
			wait(s.size.stopped)
			w.signal(syscall.SIGCONT)
		case 2:
			s.did["cut off"]++
			w.proxy.cut(true)
			wait(s.size.stopped)
			w.proxy.cut(false)
		}
	}
}

// check checks what came of all of it.
func (s *soaking) check(size soak) {
	s.t.Helper()
	offers := s.open()
	heads, err := offers.List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	made := 0
	for _, h := range heads {
		entries, err := offers.Entries(s.t.Context(), h.Name, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		slots := map[string]int{}
		for _, e := range entries {
			if e.Slot == "" || e.Event == ledger.Started {
				continue
			}
			slots[e.Slot]++
			if e.Event != ledger.Published && e.Event != ledger.Unchanged {
				s.t.Errorf("%s: slot %s: %s %s", h.Name, e.Slot, e.Event, e.Message)
			}
		}
		if len(slots) < size.slots {
			s.t.Errorf("%s: %d slots, want %d", h.Name, len(slots), size.slots)
		}
		for slot, n := range slots {
			if made++; n != 1 {
				s.t.Errorf("%s: slot %s was decided %d times", h.Name, slot, n)
			}
		}
		if err := offers.Refresh(s.t.Context(), h.Name); err != nil {
			s.t.Errorf("%s: %v", h.Name, err)
			continue
		}
		if found, err := ledger.Verify(filepath.Join(offers.Folder(h.Name), "runs"), h.Name); err != nil || len(found) > 0 {
			s.t.Errorf("%s: %v, %v", h.Name, found, err)
		}
	}
	garbage, err := offers.Collect(s.t.Context(), true)
	if err != nil {
		s.t.Error(err)
	}
	left, err := offers.Collect(s.t.Context(), false)
	if err != nil || len(left) > 0 {
		s.t.Errorf("after gc: %v, %v", left, err)
	}
	s.t.Logf("%d slots were each decided by one run; %d works were not kept, and removed", made, len(garbage))
}

// cutProxy is a proxy before the database's socket that can be cut.
type cutProxy struct {
	address string
	socket  string
	mu      sync.Mutex
	is      bool
	conns   map[net.Conn]bool
}

func newCutProxy(t *testing.T, database string) *cutProxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	p := &cutProxy{socket: filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"), conns: map[net.Conn]bool{}}
	p.address = fmt.Sprintf("127.0.0.1:%d", servertest.Listen(t, p.pass))
	return p
}

// pass passes on what comes on a connection, unless the proxy is cut.
func (p *cutProxy) pass(c net.Conn) {
	defer c.Close()
	there, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer there.Close()
	p.mu.Lock()
	if p.is {
		p.mu.Unlock()
		return
	}
	p.conns[c], p.conns[there] = true, true
	p.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{c, there}, {there, c}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	delete(p.conns, there)
}

// cut cuts all connections and lets no new one through, or lets them through again.
func (p *cutProxy) cut(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.is = is
	if is {
		for c := range p.conns {
			_ = c.Close()
		}
	}
}
