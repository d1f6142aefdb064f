package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
)

// listener is a real server that notes what it receives, one line each.
type listener struct {
	*httptest.Server
	mu       sync.Mutex
	reported []string
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		line := r.URL.Path
		if r.URL.Path == "/webhook" {
			var said struct{ Event, Offer string }
			if err := json.Unmarshal(body, &said); err != nil {
				t.Errorf("%v: %s", err, body)
			}
			line = strings.Join([]string{"webhook", said.Event, said.Offer}, " ")
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.reported = append(l.reported, line)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.reported)
}

// settingsFor writes settings that report everything to the listener.
func settingsFor(t *testing.T, path string, l *listener, more string) {
	t.Helper()
	content := fmt.Sprintf("ping: {url: %s/ping/{offer}}\nwebhook: {url: %s/webhook, on: [failure, rejects, missed, "+
		"success]}\n%s\n", l.URL, l.URL, more)
	content = strings.Replace(content, "{url: "+l.URL+"/ping/{offer}}", "\n  url: "+l.URL+"/ping/{offer}", 1)
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// serviceFor is the service around the scheduler, with a clock, reporting
// the listener of everything. config is the file with its settings.
func serviceFor(t *testing.T, l *listener, now func() time.Time) (s *monitor.Service, config string) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "batch.yaml")
	settingsFor(t, config, l, "")
	installed, err := readSettings(config)
	if err != nil {
		t.Fatal(err)
	}
	log := &safeBuffer{}
	w := testWorld(log, log)
	w.now = now
	return monitor.NewService(w.installation(), installed, "", slog.New(slog.DiscardHandler)), config
}

func TestARunFromCronTellsWhatBecameOfIt(t *testing.T) {
	folder, figures, l := level3Folder(t), t.TempDir(), newListener(t)
	config := filepath.Join(t.TempDir(), "batch.yaml")
	settingsFor(t, config, l, "metrics: {textfile_dir: "+figures+"}")
	said := batchOutput(t, exitcode.OpenFindings, "run", folder, "--config", config)
	if !regexp.MustCompile(`(?m)^{.*"msg":"run ended".*"run_id":"[^"]+".*"event":"published"`).MatchString(said) {
		t.Errorf("the log, not on a terminal:\n%s", said)
	}
	batchOutput(t, exitcode.OpenFindings, "run", folder, "--config", config, "--log", "off")
	if err := os.Remove(filepath.Join(folder, "inbox", "dtc-2004-12-01.xlsx")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-2004-12-01.xlsx"), []byte("no workbook"),
		0o640); err != nil {
		t.Fatal(err)
	}
	batchOutput(t, exitcode.Failed, "run", folder, "--config", config)
	want := []string{"/ping/level3-2004", "/ping/level3-2004", "/ping/level3-2004/1", "/ping/level3-2004/start",
		"/ping/level3-2004/start", "/ping/level3-2004/start",
		"webhook failure level3-2004", "webhook rejects level3-2004", "webhook rejects level3-2004"}
	if got := slices.Sorted(slices.Values(l.all())); !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	written, err := os.ReadFile(filepath.Join(figures, "batch_level3-2004.prom"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`batch_runs_total{event="published",offer="level3-2004"} 1`,
		`batch_runs_total{event="unchanged",offer="level3-2004"} 1`,
		`batch_runs_total{event="failed",offer="level3-2004"} 1`,
		`batch_rejects{offer="level3-2004"} 8`,
	} {
		if !strings.Contains(string(written), line+"\n") {
			t.Errorf("no line %s in\n%s", line, written)
		}
	}
}

func TestNobodyIsToldOfADryRunAndNoNoticeFailsARun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder, l := level3Folder(t), newListener(t)
	config := filepath.Join(t.TempDir(), "batch.yaml")
	settingsFor(t, config, l, "")
	batchOutput(t, exitcode.OpenFindings, "run", folder, "--config", config, "--dry-run")
	if reported := l.all(); len(reported) > 0 {
		t.Errorf("reported %q", reported)
	}
	l.Close() // no one listens any more
	said := batchOutput(t, exitcode.OpenFindings, "run", folder, "--config", config)
	if !strings.Contains(said, "a notice could not be sent") {
		t.Errorf("%s", said)
	}
	batchOutput(t, exitcode.Usage, "run", folder, "--config", config+"2")
}

// TestSlotsMissedAtOnceAreToldAtOnce has a night of slots pass without a service.
func TestSlotsMissedAtOnceAreToldAtOnce(t *testing.T) {
	folder, l := level3Folder(t), newListener(t)
	s, _ := serviceFor(t, l, testNow)
	var missed []schedule.Miss
	for i := range 40 {
		at := time.Date(2004, 11, 10, 22, 30+15*i, 0, 0, time.UTC)
		missed = append(missed, schedule.Miss{Slot: schedule.Slot{At: at}, Why: "superseded", Covered: true})
	}
	if _, err := s.Do(t.Context(), serve.Job{Folder: folder, Missed: missed}); err != nil {
		t.Fatal(err)
	}
	s.Monitor.Notices.Wait()
	if got, want := slices.Sorted(slices.Values(l.all())),
		[]string{"/ping/level3-2004/fail", "webhook missed level3-2004"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	if n := len(story(t, folder)); n != 40 {
		t.Errorf("%d entries in the ledger, want 40", n)
	}
}

// TestAnOfferWithBrokenTermsIsToldUnderItsID breaks the terms of an offer, from cron
// and under serve: a ping under another name would leave the offer's own check green.
func TestAnOfferWithBrokenTermsIsToldUnderItsID(t *testing.T) {
	folder, l := level3Folder(t), newListener(t)
	batchOutput(t, exitcode.OpenFindings, "run", folder)
	s, config := serviceFor(t, l, testNow)
	if state, err := s.Load(folder); err != nil || state.Fault != nil {
		t.Fatal(state.Fault, err)
	}
	twin := filepath.Join(t.TempDir(), "twin")
	if err := os.CopyFS(twin, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if state, err := s.Load(twin); err != nil || state.Fault == nil || s.Monitor.OfferID(twin) != "twin" {
		t.Errorf("an offer with the id of another: %v, %v, reported as %s", state.Fault, err, s.Monitor.OfferID(twin))
	}
	if err := os.WriteFile(filepath.Join(folder, "offer.yaml"), []byte("id: level3-2004\nisuer: x\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	batchOutput(t, exitcode.Usage, "run", folder, "--config", config)
	if _, err := s.Do(t.Context(), serve.Job{Folder: folder, Trigger: tender.BySchedule,
		Slot: schedule.Slot{At: scriptNow}}); err == nil {
		t.Error("a run with broken terms is done")
	}
	s.Monitor.Notices.Wait()
	want := []string{"/ping/level3-2004/2", "/ping/level3-2004/2", "/ping/level3-2004/start", "/ping/level3-2004/start",
		"webhook failure level3-2004", "webhook failure level3-2004"}
	if got := slices.Sorted(slices.Values(l.all())); !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	if shown := s.Monitor.Board.Offers(); len(shown) != 1 || shown[0].ID != "level3-2004" {
		t.Errorf("the metrics show %v", shown)
	}
}

// TestAFailureThatGoesOnIsToldOnceADay has a damaged file meet one slot after the other,
// and come back after it was mended.
func TestAFailureThatGoesOnIsToldOnceADay(t *testing.T) {
	folder, l := level3Folder(t), newListener(t)
	now := scriptNow
	s, _ := serviceFor(t, l, func() time.Time { return now })
	report := filepath.Join(folder, "inbox", "dtc-2004-12-01.xlsx")
	sound, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	run := func(content []byte, after time.Duration) {
		now = now.Add(after)
		if err := os.WriteFile(report, content, 0o640); err != nil {
			t.Fatal(err)
		}
		_, _ = s.Do(t.Context(), serve.Job{Folder: folder, Trigger: tender.ByFiles}) // what became of it is reported
		s.Monitor.Notices.Wait()
	}
	for range 5 {
		run([]byte("no workbook"), time.Hour) // reported once
	}
	run([]byte("no workbook"), 24*time.Hour) // and again
	run(sound, time.Hour)
	run([]byte("no workbook"), time.Hour) // and again
	failures, pings := 0, 0
	for _, reported := range l.all() {
		switch reported {
		case "webhook failure level3-2004":
			failures++
		case "/ping/level3-2004/1":
			pings++
		}
	}
	if failures != 3 || pings != 7 {
		t.Errorf("%d failures reported and %d pings, want 3 and 7: %q", failures, pings, l.all())
	}
}

// TestADamagedLedgerIsToldOnceAndShown damages a ledger under serve and mends it.
func TestADamagedLedgerIsToldOnceAndShown(t *testing.T) {
	folder, l := level3Folder(t), newListener(t)
	s, _ := serviceFor(t, l, testNow)
	run := func(wantBad bool) {
		t.Helper()
		_, err := s.Do(t.Context(), serve.Job{Folder: folder, Trigger: tender.ByFiles})
		if damaged := new(ledger.DamagedError); errors.As(err, &damaged) != wantBad || (err != nil) != wantBad {
			t.Fatal(err)
		}
		s.Monitor.Notices.Wait()
		if shown := s.Monitor.Board.Offers(); shown[0].LedgerBad != wantBad {
			t.Errorf("the metrics show %v", shown)
		}
	}
	run(false)
	sum := filepath.Join(folder, "runs", "ledger.sum")
	sound, err := os.ReadFile(sum)
	if err != nil {
		t.Fatal(err)
	}
	database, err := os.OpenFile(filepath.Join(folder, "runs", "ledger.db"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if _, err := database.WriteAt([]byte("XXXX"), 9000); err != nil {
		t.Fatal(err)
	}
	run(true)
	run(true)
	if _, err := database.WriteAt([]byte{0, 0, 0, 0}, 9000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sum, sound, 0o640); err != nil {
		t.Fatal(err)
	}
	run(false)
	failures := 0
	for _, reported := range l.all() {
		if reported == "webhook failure level3-2004" {
			failures++
		}
	}
	if failures != 1 {
		t.Errorf("reported %q", l.all())
	}
}

func TestAReportUnderAWrongNameIsSpokenOf(t *testing.T) {
	o := &pipeline.Outcome{Run: &result.Run{Offer: &tender.Offer{}}, Action: pipeline.Unchanged,
		Choice: inbox.Choice{Ignored: []inbox.Ignored{
			{Name: "dtc-2004-11-12.xlsx", Reason: "replaced by dtc-2004-12-01.xlsx"},
			{Name: "DTC final.xlsx", Reason: "matches no depositary's files"},
			{Name: "dtc-2004-12-02.xls", Reason: "matches no depositary's files: if it is a report, save it as Excel Workbook (.xlsx)"},
		}}}
	if got, want := monitor.Ended(notify.Event{}, o, nil).Message, "unchanged\nwarning: DTC final.xlsx was left out: "+
		"it matches no depositary's files; rename it if it is a report\n"+
		"warning: dtc-2004-12-02.xls was left out: it matches no depositary's files: if it is a report, save it as Excel Workbook (.xlsx)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestP17TheMailHasWorkbookFindingsAndChanges(t *testing.T) {
	folder := level3Folder(t)
	runLevel3(t, folder, "2004-11-12T17:00")
	w := testWorld(io.Discard, io.Discard)
	var req pipeline.Request
	w.fill(&req, folder)
	o, err := pipeline.Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	installed := settings.Default()
	installed.Mail.Server = "mail.example.com"
	m := monitor.New(w.installation(), installed, nil, slog.New(slog.DiscardHandler))
	e := monitor.Ended(notify.Event{Offer: "level3/2004"}, o, nil)
	m.Attach(&e, o)
	if a := e.Attachment; a == nil || a.Name != "level3_2004-"+o.Run.Name+".xlsx" ||
		!bytes.HasPrefix(a.Content, []byte("PK")) || e.Unattached != "" {
		t.Errorf("attached %+v, %q", e.Attachment, e.Unattached)
	}
	if len(e.Findings) == 0 || !strings.Contains(e.Findings[0], "principal 775,000 USD") || e.Open != o.Run.Open() ||
		e.Zone.String() != "America/New_York" {
		t.Errorf("findings %q, %d open, in %v", e.Findings, e.Open, e.Zone)
	}
	if all := strings.Join(e.Changes, "\n"); !strings.Contains(all, "against run 2004-11-12T170000-") ||
		!strings.Contains(all, "9.125-2008: tendered +5,502,000") {
		t.Errorf("changes\n%s", all)
	}
	small := monitor.Ended(notify.Event{Offer: "o"}, o, nil)
	m.Settings.Mail.AttachUpTo = 1000
	m.Attach(&small, o)
	if small.Attachment != nil || !strings.Contains(small.Unattached, "mail.attach_up_to") {
		t.Errorf("attached %+v, %q", small.Attachment, small.Unattached)
	}
	if o, err = pipeline.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	same := monitor.Ended(notify.Event{Offer: "o"}, o, nil)
	m.Settings.Mail.AttachUpTo = 10 << 20
	m.Attach(&same, o)
	if same.Attachment != nil || len(same.Findings) == 0 {
		t.Errorf("nothing has changed: attached %v, findings %q", same.Attachment != nil, same.Findings)
	}
}

func TestP17NoPathOfTheServerButForAShell(t *testing.T) {
	for message, want := range map[string]string{
		"/srv/o/offer.yaml:3:1: no such key":               "offer.yaml:3:1: no such key",
		"run \"batch runs /srv/o --rebuild\"":              "run \"batch runs /srv/o --rebuild\"",
		"/srv/o/runs/r/result.json was changed; /srv/o2/x": "runs/r/result.json was changed; /srv/o2/x",
	} {
		if got := monitor.WithoutFolder(message, "/srv/o/"); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}

// TestAReportAfterTheFinalRunIsNotToldAsATypingError asks what the notice says.
func TestAReportAfterTheFinalRunIsNotToldAsATypingError(t *testing.T) {
	e := monitor.Ended(notify.Event{}, nil, &offerfolder.UsageError{Message: "the final run x is in force", Final: "x"})
	if e.Title != "not published: it differs from the final run in force" ||
		!strings.Contains(e.Advice, "which result counts") {
		t.Errorf("%q, %q", e.Title, e.Advice)
	}
}

// TestServeShowsAndTells serves one good offer and one with broken terms, asks for
// metrics and health, and mends the broken one.
func TestServeShowsAndTells(t *testing.T) {
	folder, l := t.TempDir(), newListener(t)
	for _, name := range []string{"good", "broken"} {
		if err := writeExample(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(folder, "broken", "offer.yaml")
	sound, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	sound = bytes.Replace(sound, []byte("id: level3-2004"), []byte("id: other"), 1)
	if err := os.WriteFile(broken, []byte("id: other\nisuer: x\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", servertest.FreePort(t))
	settingsFor(t, filepath.Join(folder, "batch.yaml"), l, "metrics: {listen: \""+address+"\"}")
	log := &safeBuffer{}
	w := testWorld(log, log)
	from, began := time.Date(2004, 11, 10, 15, 0, 0, 0, time.UTC), time.Now()
	w.now = func() time.Time { return from.Add(time.Since(began)) }
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int)
	go func() { code <- run(ctx, []string{"serve", folder, "--poll", "100ms", "--quiet-period", "50ms"}, w) }()

	eventually(t, log, func() string {
		return regexp.MustCompile(`"msg":"metrics"`).FindString(log.String())
	})
	eventually(t, log, func() string {
		if _, body := get(t, "http://"+address+"/metrics"); strings.Contains(body,
			`batch_runs_total{event="published",offer="level3-2004"} 1`) &&
			strings.Contains(body, `batch_offer_broken{offer="broken"} 1`) {
			return body
		}
		return ""
	})
	if status, body := get(t, "http://"+address+"/healthz"); status != http.StatusOK {
		t.Errorf("health: %d %s", status, body)
	}
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusServiceUnavailable ||
		!strings.Contains(body, "broken") {
		t.Errorf("readiness: %d %s", status, body)
	}
	if err := os.WriteFile(broken, sound, 0o640); err != nil {
		t.Fatal(err)
	}
	eventually(t, log, func() string {
		if status, body := get(t, "http://"+address+"/readyz"); status == http.StatusOK {
			return body
		}
		return ""
	})
	eventually(t, log, func() string {
		if reported := l.all(); slices.Contains(reported, "webhook rejects level3-2004") &&
			slices.Contains(reported, "webhook failure broken") && slices.Contains(reported, "webhook rejects other") {
			return "all"
		}
		return ""
	})
	stop()
	if got := <-code; got != int(exitcode.Done) {
		t.Errorf("exit code %d", got)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, `"msg":"run ended"`) && !strings.Contains(line, `"run_id":`) {
			t.Errorf("no run id: %s", line)
		}
	}
}

// eventually asks again and again until there is an answer.
func eventually(t *testing.T, log *safeBuffer, ask func() string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer := ask(); answer != "" {
			return answer
		}
	}
	t.Fatalf("no answer within a minute; the log:\n%s", log)
	return ""
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}
