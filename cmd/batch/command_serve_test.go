package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

// safeBuffer takes the log of several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// story is what the ledger of an offer says: trigger, slot and event of each end.
func story(t *testing.T, offer string) (lines []string) {
	t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(offer, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Event != ledger.Started {
			lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(e.Trigger, " ", e.Slot, " ", e.Event)), " "))
		}
	}
	return lines
}

// slowStart is a clock that goes at a tenth of its speed until it is let go: what is to be before an instant is, also on
// a machine that does much at once.
type slowStart struct {
	mu       sync.Mutex
	shown    time.Time
	at       time.Time // when that was shown
	released bool
}

func (c *slowStart) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := time.Since(c.at)
	c.at = c.at.Add(passed)
	if !c.released {
		passed /= 10
	}
	c.shown = c.shown.Add(passed)
	return c.shown
}

func (c *slowStart) release() {
	c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released = true
}

// served runs serve on a folder until the ledger of an offer in it has so many
// ends, with a clock that begins at an instant and is let go at the first of them, and demands exit code 0.
func served(t *testing.T, folder, offer string, from time.Time, ends int) *safeBuffer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log, before, clock := &safeBuffer{}, len(story(t, offer)), &slowStart{shown: from, at: time.Now()}
	w := world{stdout: log, stderr: log, getenv: os.Getenv, version: "test", now: clock.now}
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"serve", folder, "--poll", "200ms", "--quiet-period", "50ms", "--grace", "1m"}, w)
	}()
	for deadline := time.Now().Add(time.Minute); len(story(t, offer)) < ends; time.Sleep(20 * time.Millisecond) {
		if len(story(t, offer)) > before {
			clock.release()
		}
		if time.Now().After(deadline) {
			t.Fatalf("the ledger says only %q; the log:\n%s", story(t, offer), log)
		}
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d; the log:\n%s", got, log)
	}
	return log
}

// aged gives all that is in a folder the time of its last change.
func aged(t *testing.T, folder string, at time.Time) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, at, at)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestServeRunsARealOffer serves the worked example: when it is first seen, at a
// slot, after it was down for two days, and when a file came while it was down.
func TestServeRunsARealOffer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := t.TempDir()
	offer := filepath.Join(folder, "level3")
	if err := writeExample(offer); err != nil {
		t.Fatal(err)
	}
	aged(t, offer, time.Date(2004, 11, 1, 0, 0, 0, 0, time.UTC))
	slot := time.Date(2004, 11, 9, 22, 30, 0, 0, time.UTC) // 17:30 in New York
	served(t, folder, offer, slot.Add(-2*time.Second), 2)
	served(t, folder, offer, slot.AddDate(0, 0, 2).Add(time.Hour), 4)
	if err := os.WriteFile(filepath.Join(offer, "inbox", "remarks.txt"), []byte("no report"), 0o640); err != nil {
		t.Fatal(err)
	}
	served(t, folder, offer, slot.AddDate(0, 0, 2).Add(2*time.Hour), 5)
	got, want := story(t, offer), []string{
		"files published", "schedule 2004-11-09T17:30:00-05:00 unchanged",
		"schedule 2004-11-10T17:30:00-05:00 missed", "catch-up 2004-11-11T17:30:00-05:00 published",
		"files unchanged",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the ledger says %q, want %q", got, want)
	}
}

// TestTheOldFlagOfTheQuietPeriodStillWorks gives it under both names.
func TestTheOldFlagOfTheQuietPeriodStillWorks(t *testing.T) {
	for flag, named := range map[string]serveFlags{
		"settle": {settle: 45 * time.Second}, "quiet-period": {quietPeriod: 45 * time.Second},
	} {
		c := newServeCommand(testWorld(io.Discard, io.Discard))
		c.Flags().SetOutput(io.Discard)
		if err := c.ParseFlags([]string{"--" + flag, "45s"}); err != nil {
			t.Fatal(err)
		}
		s := settings.Default()
		err := named.put(c, &s)
		if err != nil || s.Serve.QuietPeriod != 45*time.Second || (len(s.Deprecated) > 0) != (flag == "settle") {
			t.Errorf("--%s: %s, deprecated %q, %v", flag, s.Serve.QuietPeriod, s.Deprecated, err)
		}
	}
}

func TestASecondServeIsRefused(t *testing.T) {
	folder := t.TempDir()
	unlock, err := serve.Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	log := &safeBuffer{}
	w := world{stdout: log, stderr: log, getenv: os.Getenv, now: time.Now}
	if got := run(t.Context(), []string{"serve", folder}, w); got != int(exitcode.Busy) ||
		!strings.Contains(log.String(), "another batch serve already runs on this folder") {
		t.Errorf("exit code %d, %s", got, log)
	}
}
