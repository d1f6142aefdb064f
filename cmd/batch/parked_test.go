package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
)

// TestS3AParkedOfferIsShownAndReported has a ledger of four runs that died, and asks
// everywhere where a person or a program would look.
func TestS3AParkedOfferIsShownAndReported(t *testing.T) {
	_, offer := oneExample(t)
	runs := filepath.Join(offer, "runs")
	if err := (disk.Disk{}).MakeFolders(runs); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.OpenLog(runs)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		for i, event := range []ledger.Event{ledger.Started, ledger.Abandoned} {
			e := ledger.Entry{At: testNow().Add(time.Duration(2*n+i-10) * time.Minute), Event: event, Attempt: fmt.Sprint(n),
				Trigger: tender.ByDate}
			if _, err := l.Append(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct{ args, want string }{
		{"schedule " + offer, "PARKED: the service died in its last 4 runs; tried again at Mon 2026-03-02 07:07 EST, or " +
			"when its files or terms change, or by hand"},
		{"schedule --json " + offer, `"parked": {`},
	} {
		var out, wrong bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), testWorld(&out, &wrong)); code != 0 ||
			!strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit code %d, %s%s, want %q", c.args, code, &out, &wrong, c.want)
		}
	}

	heard := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		heard <- body.String() + fmt.Sprint(errors.Join(err))
	}))
	defer hook.Close()
	installed := settings.Default()
	installed.Webhook.URL = hook.URL
	var log bytes.Buffer
	w := testWorld(os.Stdout, &log)
	logger, err := newLogger(&log, "text", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := monitor.NewService(w.installation(), installed, "", logger)
	state, err := s.Load(offer)
	if err != nil {
		t.Fatal(err)
	}
	s.Observe(serve.Parked{Folder: offer, Deaths: state.Deaths})
	s.Monitor.Notices.Wait()
	if all := s.Monitor.Board.Offers(); len(all) != 1 || !all[0].Parked {
		t.Errorf("the metrics show %+v", all)
	}
	if notice := <-heard; !strings.Contains(notice, "the service died in each of the last 4 runs") ||
		!strings.Contains(notice, "parked") {
		t.Errorf("the notice is %s", notice)
	}
	if err := s.Monitor.Board.Ready(func() bool { return true })(); err == nil ||
		!strings.Contains(err.Error(), "parked") {
		t.Errorf("ready: %v", err)
	}
	s.Observe(serve.Parked{Folder: offer})
	if s.Monitor.Board.Offers()[0].Parked {
		t.Error("it is still shown as parked")
	}
}

// oneExample is a folder with the worked example in it.
func oneExample(t *testing.T) (folder, offer string) {
	t.Helper()
	folder = t.TempDir()
	offer = filepath.Join(folder, "level3")
	if err := writeExample(offer); err != nil {
		t.Fatal(err)
	}
	return folder, offer
}
