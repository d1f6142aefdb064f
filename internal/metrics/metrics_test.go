package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var known = Offer{
	ID: "level3-2004", Runs: map[string]int{"published": 12, "failed": 2}, Missed: 1,
	LastRun:     time.Date(2004, 11, 12, 22, 30, 4, 250e6, time.UTC),
	LastSuccess: time.Date(2004, 11, 12, 22, 30, 4, 250e6, time.UTC),
	Duration:    4210 * time.Millisecond, HasRows: true, Counted: 305, NotCounted: 4, Rejected: 3,
	NextSlot: time.Date(2004, 11, 15, 22, 30, 0, 0, time.UTC), Running: true,
	Paused: true, Awaits: true, AwaitsSince: time.Date(2004, 11, 12, 22, 30, 10, 0, time.UTC),
}

func fine() error { return nil }

// values parses text as Prometheus does, complains of what promtool would, and returns
// the values by their series.
func values(t *testing.T, text string) map[string]float64 {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	all := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			series := name
			for _, l := range m.GetLabel() {
				series += " " + l.GetName() + "=" + l.GetValue()
			}
			all[series] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// wanted are the series of the known offer.
func wanted() map[string]float64 {
	const o = " offer=level3-2004"
	want := map[string]float64{
		"batch_run_duration_seconds" + o: 4.21, "batch_last_run_timestamp_seconds" + o: 1100298604.25,
		"batch_last_success_timestamp_seconds" + o: 1100298604.25, "batch_next_slot_timestamp_seconds" + o: 1100557800,
		"batch_rows" + o + " outcome=counted": 305, "batch_rows" + o + " outcome=not_counted": 4,
		"batch_rows" + o + " outcome=rejected": 3,
		"batch_rejects" + o:                    3, "batch_missed_slots_total" + o: 1, "batch_running" + o: 1, "batch_offer_broken" + o: 0,
		"batch_ledger_ok" + o: 1, "batch_offer_paused" + o: 1, "batch_awaits_release" + o: 1,
		"batch_awaits_release_since_timestamp_seconds" + o: 1100298610,
	}
	for _, e := range ends {
		want["batch_runs_total event="+e+o] = float64(known.Runs[e])
	}
	return want
}

func TestTheServiceShowsEverySeries(t *testing.T) {
	b := New("0.1.0")
	b.Update(known.ID, func(o *Offer) { *o = known })
	server := httptest.NewServer(b.Handler(fine, fine))
	defer server.Close()
	status, body := get(t, server.URL+"/metrics")
	want := wanted()
	want["batch_build_info go="+runtime.Version()+" version=0.1.0"] = 1
	want["batch_waiting offer=level3-2004"], want["batch_offer_parked offer=level3-2004"] = 0, 0
	if got := values(t, body); status != http.StatusOK || !maps.Equal(got, want) {
		t.Errorf("%d, got\n%v\nwant\n%v", status, got, want)
	}
}

func TestTheTextfileHasTheOfferAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	name, err := WriteTextfile(folder, known)
	if err != nil || name != filepath.Join(folder, "batch_level3-2004.prom") {
		t.Fatalf("%s, %v", name, err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := values(t, string(content)); !maps.Equal(got, wanted()) {
		t.Errorf("got\n%v\nwant\n%v", got, wanted())
	}
}

func TestThePageListsEverySeries(t *testing.T) {
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for series := range wanted() {
		name, _, _ := strings.Cut(series, " ")
		if !bytes.Contains(page, []byte("| `"+name+"{")) {
			t.Errorf("docs/settings.md does not list %s", name)
		}
	}
}

func TestTheFileOfAnOfferIsReplacedAndThoseOfOthersAreLeftAlone(t *testing.T) {
	folder := t.TempDir()
	other := Offer{ID: "other"}
	first, err := WriteTextfile(folder, other)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	changed := known
	changed.Running, changed.Missed = false, 2
	for _, o := range []Offer{known, changed} {
		if _, err := WriteTextfile(folder, o); err != nil {
			t.Fatal(err)
		}
	}
	after, err := os.Stat(first)
	if err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("the file of the other offer was written: %v", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var together strings.Builder
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s cannot be read by the node exporter: %v, %v", e.Name(), info, err)
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.SplitAfter(string(content), "\n") {
			if !strings.HasPrefix(line, "#") {
				together.WriteString(line)
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(together.String()), "\n")
	slices.Sort(lines)
	series := make([]string, len(lines))
	for i, l := range lines {
		series[i] = l[:strings.LastIndex(l, " ")]
	}
	if len(entries) != 2 || len(slices.Compact(series)) != len(lines) {
		t.Errorf("%d files; a series is in two of them:\n%s", len(entries), strings.Join(lines, "\n"))
	}
	if !slices.Contains(lines, `batch_missed_slots_total{offer="level3-2004"} 2`) {
		t.Errorf("the second state is not there:\n%s", strings.Join(lines, "\n"))
	}
}

func TestAReaderNeverSeesHalfATextfile(t *testing.T) {
	folder := t.TempDir()
	name, err := WriteTextfile(folder, known)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		var err error
		for range 100 {
			_, e := WriteTextfile(folder, known)
			err = errors.Join(err, e)
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, whole) {
				t.Fatalf("read %d bytes of %d, %v", len(got), len(whole), err)
			}
		}
	}
}

func TestAMissingFolderIsSaid(t *testing.T) {
	_, err := WriteTextfile(filepath.Join(t.TempDir(), "none"), known)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "metrics.textfile_dir") {
		t.Errorf("%v, want one that names the setting", err)
	}
}

func TestEveryIDHasAFileOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"a", "A", "a/b", "a%2Fb", "../a", "", ".", "é", "\xff", "\n", strings.Repeat("x", 151),
		strings.Repeat("x", 152), strings.Repeat("/", 400)} {
		name := textfileName(id)
		if other, twice := seen[name]; twice {
			t.Errorf("%q and %q share %s", id, other, name)
		}
		seen[name] = id
		if name != filepath.Base(name) || len(name) > 255 || !strings.HasPrefix(name, "batch_") ||
			!strings.HasSuffix(name, ".prom") {
			t.Errorf("%q is written to %s", id, name)
		}
		if _, err := WriteTextfile(t.TempDir(), Offer{ID: id}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestHostileTextsStayLabels(t *testing.T) {
	folder := t.TempDir()
	o := Offer{ID: "a\"} 1\nbatch_running{offer=\"b\\\xff", Runs: map[string]int{"x\ny\xfe": 1}}
	name, err := WriteTextfile(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := values(t, string(content)); len(got) != len(ends)+1+6 {
		t.Errorf("%d series: %v", len(got), got)
	}
}

func TestWhatIsNotKnownHasNoSeries(t *testing.T) {
	b := New("0.1.0")
	b.Update("new", func(*Offer) {})
	b.Update("removed", func(*Offer) {})
	b.Remove("removed")
	server := httptest.NewServer(b.Handler(fine, fine))
	defer server.Close()
	_, body := get(t, server.URL+"/metrics")
	got := values(t, body)
	if len(got) != 1+len(ends)+8 || got["batch_ledger_ok offer=new"] != 1 || strings.Contains(body, "removed") ||
		strings.Contains(body, "timestamp") {
		t.Errorf("got %v", got)
	}
}

func TestHealthAndReadinessSayWhatIsWrong(t *testing.T) {
	b := New("0.1.0")
	now := time.Date(2004, 11, 12, 22, 30, 0, 0, time.UTC)
	turned, loaded := now, false
	alive := Alive(func() time.Time { return now }, func() time.Time { return turned }, 5*time.Minute)
	server := httptest.NewServer(b.Handler(alive, b.Ready(func() bool { return loaded })))
	defer server.Close()
	ask := func(path string, wantStatus int, want string) {
		t.Helper()
		if status, body := get(t, server.URL+path); status != wantStatus || body != want+"\n" {
			t.Errorf("%s answers %d %q, want %d %q", path, status, body, wantStatus, want)
		}
	}
	ask("/healthz", 200, "ok")
	ask("/readyz", 503, "the offers are not loaded yet")
	loaded = true
	ask("/readyz", 200, "ok")
	b.Update("b", func(o *Offer) { o.Broken = true })
	b.Update("a", func(o *Offer) { o.Broken = true })
	b.Update("c", func(*Offer) {})
	ask("/readyz", 503, `not loaded: "a", "b"; "batch check" says what is wrong`)
	b.Update("d", func(o *Offer) { o.Parked = true })
	ask("/readyz", 503, `not loaded: "a", "b"; "batch check" says what is wrong`+"\n"+`parked, as the service died in their runs: "d"; "batch schedule" says more`)
	now = now.Add(5 * time.Minute)
	ask("/healthz", 200, "ok")
	now = now.Add(time.Second)
	ask("/healthz", 503, "the scheduler was last active at 2004-11-12T22:30:00Z, more than 5m0s ago; restart the service")
	if status, _ := get(t, server.URL+"/"); status != http.StatusNotFound {
		t.Errorf("/ answers %d", status)
	}
}

func TestServingEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, New("0.1.0").Handler(fine, fine)) }()
	if status, body := get(t, "http://"+l.Addr().String()+"/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("%d %q", status, body)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	if err := Serve(t.Context(), l, nil); err == nil {
		t.Error("a closed listener is served")
	}
}

func TestUpdatesAndReadersDoNotCollide(t *testing.T) {
	b := New("0.1.0")
	server := httptest.NewServer(b.Handler(fine, b.Ready(func() bool { return true })))
	defer server.Close()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 50 {
				b.Update(fmt.Sprint(i), func(o *Offer) { o.Runs, o.Running = map[string]int{"failed": n}, n%2 == 0 })
			}
		})
		all.Go(func() {
			for range 10 {
				if status, _ := get(t, server.URL+"/metrics"); status != 200 {
					t.Errorf("status %d", status)
				}
			}
		})
	}
	all.Wait()
}

// TestS7ConnectionsAreBounded opens more connections than are held, which say nothing; the
// ones that are asked for something are answered once those are closed.
func TestS7ConnectionsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &counting{Listener: inner}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, New("0.1.0").Handler(fine, fine)) }()
	var silent []net.Conn
	for range connections + 8 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, c)
	}
	if status, _ := get(t, "http://"+l.Addr().String()+"/healthz"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if most := l.most.Load(); most > connections {
		t.Errorf("%d connections were held at once, want at most %d", most, connections)
	}
	for _, c := range silent {
		_ = c.Close() // it may have been closed by the other end
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// counting is a listener that counts the connections that are open.
type counting struct {
	net.Listener
	open, most atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.most.Store(max(l.most.Load(), l.open.Add(1)))
	return &counted{Conn: c, l: l}, nil
}

type counted struct {
	net.Conn
	l    *counting
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.l.open.Add(-1) })
	return c.Conn.Close()
}
