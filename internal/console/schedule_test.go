package console

import (
	"bufio"
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

// served has a scheduler follow the offers of a house, as batch serve does, until the test ends.
func (h *house) served(desk *serve.Desk) {
	h.t.Helper()
	now := func() time.Time { return h.at }
	s := monitor.NewService(monitor.Program{Now: now, Version: "test", By: "service@host", Secrets: &display.Secrets{},
		Actor: ledger.Actor{Kind: ledger.Service, Name: "batch"}, Getenv: func(string) string { return "" }},
		settings.Default(), filepath.Join(h.t.TempDir(), monitor.RemindedName), slog.New(slog.DiscardHandler))
	s.Watch = h.console.Watch
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- serve.Serve(ctx, serve.Config{Folder: h.folder, Now: now, Log: slog.New(slog.DiscardHandler), Load: s.Load, Run: s.Do,
			Desk: desk, Observe: func(e serve.Event) { s.Observe(e); h.console.Observe(e) }, Poll: 50 * time.Millisecond,
			QuietPeriod: time.Hour, Grace: time.Minute, PollOnly: true})
	}()
	h.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
}

func (h *house) entries() []ledger.Entry {
	h.t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(h.folder, offerName, offerfolder.RunsName))
	if err != nil {
		h.t.Fatal(err)
	}
	return entries
}

// TestAChangeBeforeTheBrowserListensIsNotMissed has a run begin after a page was made, and before the browser that has it
// waits for changes. So it is when that asks again, as it does every few minutes.
func TestAChangeBeforeTheBrowserListensIsNotMissed(t *testing.T) {
	h := newHouse(t)
	bob := h.person("bob", account.Grant{Role: account.Viewer})
	// said is what a browser that has a page is sent at once.
	said := func(page string) string {
		at := regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(page)
		if at == nil {
			t.Fatal("the page does not say where changes are waited for")
		}
		left, stop := context.WithCancel(t.Context())
		stop() // it goes away then
		answer := httptest.NewRecorder()
		h.console.live(answer, httptest.NewRequestWithContext(left, http.MethodGet, html.UnescapeString(at[1]), nil))
		return answer.Body.String()
	}
	_, before := bob.get("/schedule")
	h.console.Observe(serve.Running{Folder: filepath.Join(h.folder, offerName), Runs: true})
	_, after := bob.get("/schedule")
	if got := said(before); !strings.Contains(got, "event: changed\ndata:\n\n") {
		t.Errorf("a page of before the change: %q", got)
	}
	if got := said(after); strings.Contains(got, "event") {
		t.Errorf("a page that shows the change: %q", got)
	}
}

// A run that is asked for in the console is made by the scheduler, with the account as its maker, and
// the browsers that wait for a change hear of it. The one that asked can be closed meanwhile.
func TestRunNow(t *testing.T) {
	desk := serve.NewDesk()
	h := newHouse(t, func(c *Config) { c.Desk = desk })
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	if status, body := ann.post("/offers/" + offerName + "/run"); status != http.StatusConflict || !strings.Contains(body, "does not follow it yet") {
		t.Errorf("without a scheduler: %d", status)
	}
	h.served(desk)
	events, err := bob.Get(h.server.URL + "/schedule/live")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	if got := events.Header.Get("Content-Type"); events.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("%d %s", events.StatusCode, got)
	}
	before := len(h.entries())
	within(t, func() bool {
		status, _ := ann.post("/offers/" + offerName + "/run")
		return status == http.StatusSeeOther
	})
	lines := bufio.NewScanner(events.Body)
	for lines.Scan() && lines.Text() != "event: changed" {
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	within(t, func() bool {
		_, page := bob.get("/schedule")
		return strings.Contains(page, "ended") && strings.Contains(page, "asked for by a preparer")
	})
	if _, page := ann.get("/schedule"); !strings.Contains(page, "asked for by ann") {
		t.Error("the page does not say who asked")
	}
	all := h.entries()
	last := all[len(all)-1]
	if len(all) <= before || last.Actor != (ledger.Actor{Kind: ledger.Account, Name: "ann"}) || last.Trigger != "hand" ||
		!strings.HasPrefix(last.By, "ann@127.0.0.1 in the console") {
		t.Errorf("the history ends with %+v", last)
	}
}

// An offer is paused with a reason, which those who may see names read, and resumed.
func TestPausedInTheConsole(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	pause := "/offers/" + offerName + "/pause"
	if status, body := ann.post(pause, "do", "pause", "reason", " "); status != 422 || !strings.Contains(body, "say why") {
		t.Errorf("without a reason: %d", status)
	}
	if status, body := ann.post(pause, "do", "pause", "reason", "Jane Doe at DTC <calls back>"); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	if status, _ := ann.post(pause, "do", "pause", "reason", "twice"); status != 422 {
		t.Errorf("twice: %d", status)
	}
	if _, page := ann.get("/schedule"); !strings.Contains(page, "by ann (account): Jane Doe at DTC &lt;calls back&gt;") {
		t.Error("the page does not say why and by whom")
	}
	if _, page := bob.get("/schedule"); !strings.Contains(page, "paused") || strings.Contains(page, "Jane") || strings.Contains(page, "by ann") {
		t.Error("a viewer sees who paused it, or not that it is paused")
	}
	if status, _ := ann.post(pause, "do", "resume"); status != http.StatusSeeOther {
		t.Errorf("resumed: %d", status)
	}
	all := h.entries()
	if n := len(all); all[n-2].Event != ledger.Paused || all[n-1].Event != ledger.Resumed || all[n-1].Actor.Name != "ann" {
		t.Errorf("the history ends with %+v", all[n-2:])
	}
}

// Only so many browsers wait for changes; the page works without.
func TestBrowsersThatWaitAreBounded(t *testing.T) {
	h := newHouse(t)
	h.console.watchers = mostWatchers
	b := h.person("bob", account.Grant{Role: account.Viewer})
	if status, _ := b.get("/schedule/live"); status != http.StatusServiceUnavailable {
		t.Errorf("%d", status)
	}
	if status, _ := b.get("/schedule"); status != 200 {
		t.Errorf("the page: %d", status)
	}
}

// The newest run is read in the background, and masked once there is a viewer; with what was masked a viewer's
// search needs no more.
func TestTheNewestRunIsReadAhead(t *testing.T) {
	h := newHouse(t)
	h.console.Warm(t.Context())
	if n := len(h.console.runs.kept); n != 1 || h.console.runs.kept[0].views.groups == nil || h.console.runs.kept[0].views.masked != nil {
		t.Errorf("%d runs are read, or one is masked for no viewer", n)
	}
	h.person("bob", account.Grant{Role: account.Viewer})
	h.console.noteRun(serve.Running{Folder: filepath.Join(h.folder, offerName)})
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { h.console.keepWarm(ctx) })
	within(t, func() bool {
		copies, _ := filepath.Glob(filepath.Join(h.folder, maskedName, "*.csv")) // the pattern is in order
		return len(copies) == 1
	})
	stop()
	done.Wait()
	if h.console.runs.kept[0].views.masked == nil {
		t.Error("the run is not masked")
	}
}
