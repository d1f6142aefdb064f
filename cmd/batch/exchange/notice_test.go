package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/display"
	"tenderbatch/internal/intake"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

// notices are what a webhook gets.
type notices struct {
	mu  sync.Mutex
	all []string
}

// about are the notices that have something in them.
func (n *notices) about(what string) (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, one := range n.all {
		if strings.Contains(one, what) {
			all = append(all, one)
		}
	}
	return all
}

// notifying is a monitor whose notices go to a webhook.
func notifying(t *testing.T) (*monitor.Monitor, *notices) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../../docs/schemas/webhook.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	n := &notices{}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var said struct{ Text string }
		if err == nil {
			err = json.Unmarshal(body, &said)
		}
		value, wrong := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil || wrong != nil || schema.Validate(value) != nil {
			t.Errorf("%s: %v, %v", body, err, wrong)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.all = append(n.all, said.Text)
	}))
	t.Cleanup(hook.Close)
	set := settings.Default()
	set.Webhook.URL = hook.URL
	m := monitor.New(monitor.Program{Now: time.Now, Getenv: os.Getenv, Secrets: &display.Secrets{}, Version: "test", By: "test"}, set,
		metrics.New("test"), slog.New(slog.DiscardHandler))
	t.Cleanup(m.Notices.Wait)
	return m, n
}

// TestAChannelThatFailsIsSaidOnceAndSoIsThatItIsReadAgain has a real server show another key, give no answer, and be right
// again.
func TestAChannelThatFailsIsSaidOnceAndSoIsThatItIsReadAgain(t *testing.T) {
	server := sshtest.Start(t)
	top := t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), offerYAML)
	m, said := notifying(t)
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	var log buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	look := func(change func(*settings.SFTP), times int) {
		t.Helper()
		to := server.Settings()
		change(&to)
		set.Intake.Channels = []settings.Channel{{Name: "dtc", From: []string{"DTC"}, SFTP: to}}
		for range times {
			report, err := w.fetch(context.Background(), top, set)
			if err != nil {
				t.Fatal(err)
			}
			w.reportFetched(report, logger)
			m.Notices.Wait()
		}
	}
	want := func(failed, again int) {
		t.Helper()
		if f, a := said.about("channel dtc: it cannot be read"), said.about("channel dtc: it is read again"); len(f) != failed || len(a) != again {
			t.Fatalf("%d notices that it fails, %d that it is read again: %q", len(f), len(a), said.about(""))
		}
	}
	right := func(*settings.SFTP) {}
	look(right, 1)
	want(0, 0)
	look(func(s *settings.SFTP) { s.HostKeys = []string{sshtest.OtherKey(t)} }, 3) // at once, and once
	want(1, 0)
	if got := said.about("which is none of host_keys")[0]; !strings.Contains(got, "What to do: do as the message says. Until then no file comes in") {
		t.Error(got)
	}
	look(right, 2)
	want(1, 1)
	silent := func(s *settings.SFTP) { s.Port = 1 }
	look(silent, intake.LooksUntilSaid-1) // may pass by itself
	want(1, 1)
	if got := m.Board.Channels()["dtc"]; !got.Failing || got.Read.IsZero() {
		t.Errorf("the metrics show %+v", got)
	}
	look(right, 1)
	want(1, 1) // nothing was said of it, so nothing is said of its end
	look(silent, intake.LooksUntilSaid+5)
	want(2, 1)
	look(func(s *settings.SFTP) { s.HostKeys = []string{sshtest.OtherKey(t)} }, 2) // is worse: it does not pass
	want(3, 1)
	look(right, 1)
	want(3, 2)
	if got := m.Board.Channels()["dtc"]; got.Failing {
		t.Errorf("the metrics show %+v", got)
	}
}

// TestAFileInQuarantineIsSaidOnce has several come at once, which are one notice.
func TestAFileInQuarantineIsSaidOnce(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), offerYAML)
	write(t, filepath.Join(drop, "dtc-1.csv"), "a,b\n")
	write(t, filepath.Join(drop, "dtc-2.csv"), "a,b\n")
	write(t, filepath.Join(drop, "dtc-3.csv"), "")
	m, said := notifying(t)
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: drop}}
	for range 3 {
		report, err := w.fetch(context.Background(), top, set)
		if err != nil {
			t.Fatal(err)
		}
		w.reportFetched(report, slog.New(slog.DiscardHandler))
		m.Notices.Wait()
	}
	all := said.about("")
	slices.Sort(all)
	if len(all) != 2 || !strings.Contains(all[0], `"dtc-3.csv" from the folder`) || !strings.Contains(all[0], "it is empty") ||
		!strings.Contains(all[1], `"dtc-2.csv" from the folder`) || !strings.Contains(all[1], "x: a file was not taken") ||
		!strings.Contains(all[1], "x/quarantine/") {
		t.Errorf("%q", all)
	}
	if got := m.Board.Channels()["drop"]; got.Taken != 1 || got.Quarantined != 2 {
		t.Errorf("the metrics show %+v", got)
	}
	answer := httptest.NewRecorder()
	ok := func() error { return nil }
	m.Board.Handler(ok, ok).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`batch_channel_failing{channel="drop"} 0`, `batch_channel_files_total{channel="drop",outcome="quarantined"} 2`,
		`batch_channel_last_read_timestamp_seconds{channel="drop"} `} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
}

// TestARunThatCannotBeDeliveredIsSaidOnce has the folder missing for some tries.
func TestARunThatCannotBeDeliveredIsSaidOnce(t *testing.T) {
	top, now := releasedOffer(t)
	to := filepath.Join(t.TempDir(), "share")
	m, said := notifying(t)
	w := World{Now: now.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Deliveries = []settings.Delivery{{Name: "archive", Folder: to}}
	p := &patience{}
	try := func(times int) {
		for range times {
			w.deliverOffer(context.Background(), w.delivery(filepath.Join(top, "small"), set), p, time.Second, slog.New(slog.DiscardHandler))
			m.Notices.Wait()
		}
	}
	try(triesUntilSaid - 1)
	if got := said.about(""); len(got) != 0 {
		t.Errorf("%q", got)
	}
	try(4)
	if got := said.about("small: a released run is not delivered"); len(got) != 1 || !strings.Contains(got[0], to+" is no folder; make it") {
		t.Errorf("%q", got)
	}
	if err := os.Mkdir(to, 0o750); err != nil {
		t.Fatal(err)
	}
	try(2)
	if got := said.about("the released run is delivered now"); len(got) != 1 || len(said.about("")) != 2 {
		t.Errorf("%q", said.about(""))
	}
}

// TestAFileThatWaitsIsSaidOnce has a file that could be for an offer whose terms cannot be read.
func TestAFileThatWaitsIsSaidOnce(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), "id: [")
	write(t, filepath.Join(drop, "dtc-1.csv"), "a,b\n")
	m, said := notifying(t)
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: drop}}
	var log buffer
	for range 2 * intake.LooksUntilSaid {
		report, err := w.fetch(context.Background(), top, set)
		if err != nil {
			t.Fatal(err)
		}
		w.reportFetched(report, slog.New(slog.NewTextHandler(&log, nil)))
		m.Notices.Wait()
	}
	if got := said.about("channel drop: a file waits"); len(got) != 1 || !strings.Contains(got[0], "whose terms cannot be read") {
		t.Errorf("%q", got)
	}
	if n := strings.Count(log.String(), "a file waits"); n != 2 {
		t.Errorf("it is logged %d times", n)
	}
}

// TestManyFilesAreOneNotice has a hundred files come at once that are not taken, and a hundred that wait since the terms
// cannot be read.
func TestManyFilesAreOneNotice(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	terms := filepath.Join(top, "x", "offer.yaml")
	m, said := notifying(t)
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: drop}}
	look := func(of, content string, times int) {
		t.Helper()
		write(t, terms, content)
		for n := range 100 {
			write(t, filepath.Join(drop, fmt.Sprintf("%s-%03d.csv", of, n)), of)
		}
		for range times {
			report, err := w.fetch(context.Background(), top, set)
			if err != nil {
				t.Fatal(err)
			}
			w.reportFetched(report, slog.New(slog.DiscardHandler))
		}
		m.Notices.Wait()
	}
	look("old", offerYAML, 1)
	if got := said.about(""); len(got) != 1 || !strings.Contains(got[0], "100 files were not taken") || !strings.Contains(got[0], "\nand 80 more\n") ||
		!strings.Contains(got[0], "old-019.csv") {
		t.Errorf("%d notices: %.400q", len(got), got)
	}
	look("new", "id: [", intake.LooksUntilSaid+1)
	if got := said.about("wait"); len(got) != 1 || !strings.Contains(got[0], "100 files wait, and are not taken") || !strings.Contains(got[0], "\nand 80 more") {
		t.Errorf("%d notices: %.400q", len(got), got)
	}
}

// TestThatNoChannelIsLookedAtIsSaidOnce has a file be where the folder is to be for what is remembered.
func TestThatNoChannelIsLookedAtIsSaidOnce(t *testing.T) {
	m, said := notifying(t)
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	top := t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), offerYAML)
	write(t, filepath.Join(top, ".intake"), "no folder")
	set := settings.Default()
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: t.TempDir()}}
	var log buffer
	all := &unlooked{}
	look := func(times int) {
		t.Helper()
		for range times {
			_, err := w.fetch(context.Background(), top, set)
			w.reportLook(all, err, slog.New(slog.NewTextHandler(&log, nil)))
			m.Notices.Wait()
		}
	}
	look(intake.LooksUntilSaid - 1)
	if got := said.about(""); len(got) > 0 {
		t.Errorf("%q", got)
	}
	look(3)
	if got := said.about("all channels: they cannot be read"); len(got) != 1 || len(said.about("")) != 1 ||
		!strings.Contains(got[0], "no file comes in by any channel") {
		t.Errorf("%q", said.about(""))
	}
	if n := strings.Count(log.String(), "the channels were not looked at"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
	if err := os.Remove(filepath.Join(top, ".intake")); err != nil {
		t.Fatal(err)
	}
	look(2)
	if got := said.about("all channels: they are read again"); len(got) != 1 || len(said.about("")) != 2 {
		t.Errorf("%q", said.about(""))
	}
}

// TestAFileInQuarantineIsSaidAlsoIfTheServiceStops has the service be stopped in the look at which a file was not taken.
func TestAFileInQuarantineIsSaidAlsoIfTheServiceStops(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), offerYAML)
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		write(t, filepath.Join(drop, "old-"+n+".csv"), n)
	}
	m, said := notifying(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	now := func() time.Time {
		if all, err := os.ReadDir(filepath.Join(top, "x", "quarantine")); err == nil && len(all) > 1 {
			stop()
		}
		return time.Now()
	}
	w := World{Now: now, Getenv: os.Getenv, Version: "test", By: "test"}.For(m)
	set := settings.Default()
	set.Serve.QuietPeriod = time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: drop}}
	w.fetchEvery(ctx, top, set, slog.New(slog.DiscardHandler))
	m.Notices.Wait()
	if got := said.about("old-1.csv"); len(got) != 1 || len(said.about("")) != 1 {
		t.Errorf("%q", said.about(""))
	}
}
