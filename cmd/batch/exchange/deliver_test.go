package exchange

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// TestTheServiceDeliversOnceItCan has the folder for released runs missing for a while: the service tries again at
// growing intervals, says so each time, and delivers once it can.
func TestTheServiceDeliversOnceItCan(t *testing.T) {
	top, now := releasedOffer(t)
	to := filepath.Join(t.TempDir(), "share")
	set := settings.Default()
	set.Deliveries = []settings.Delivery{{Name: "archive", Folder: to}}
	var log buffer
	w := World{Now: now.Now, Getenv: os.Getenv, Version: "test", By: "test"}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.deliverAll(ctx, top, set, 5*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	tried := func() int { return strings.Count(log.String(), "was not delivered; it is tried again") }
	servertest.Await(t, "three tries", func() bool {
		if tried() < 3 {
			now.forward(time.Minute) // the waits of these tries are milliseconds by the clock
		}
		return tried() >= 3
	})
	if err := os.Mkdir(to, 0o750); err != nil {
		t.Fatal(err)
	}
	servertest.Await(t, "the delivery", func() bool {
		now.forward(time.Minute)
		return strings.Contains(log.String(), `msg="a released run was delivered" offer=small`)
	})
	time.Sleep(50 * time.Millisecond)
	stop()
	<-done
	if entries, err := os.ReadDir(to); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
	if n := strings.Count(log.String(), "a released run was delivered"); n != 1 {
		t.Errorf("it was delivered %d times:\n%s", n, log.String())
	}
	for _, after := range []string{"after=5ms", "after=10ms", "after=20ms"} {
		if !strings.Contains(log.String(), after) {
			t.Errorf("no try %s:\n%s", after, log.String())
		}
	}
}

// TestTheIntervalsBetweenTriesGrow follows the tries of a week by the clock.
func TestTheIntervalsBetweenTriesGrow(t *testing.T) {
	top, now := releasedOffer(t)
	set := settings.Default()
	set.Deliveries = []settings.Delivery{{Name: "archive", Folder: filepath.Join(top, "none")}}
	w := World{Now: now.Now, Getenv: os.Getenv, Version: "test", By: "test"}
	p, log := &patience{}, slog.New(slog.DiscardHandler)
	var waits []time.Duration
	for now.now.Before(releasedAt.Add(6 * 24 * time.Hour)) {
		w.deliverOffer(context.Background(), w.delivery(filepath.Join(top, "small"), set), p, deliverEvery, log)
		if wait := p.Next.Sub(now.now); wait <= 0 || wait > longestWait {
			t.Fatalf("it waits for %v", wait)
		}
		waits = append(waits, p.Wait)
		now.forward(p.Wait)
	}
	if len(waits) < 20 || len(waits) > 60 || waits[0] != deliverEvery || waits[1] != 2*deliverEvery || waits[len(waits)-1] != longestWait {
		t.Errorf("%d tries in six days: %v", len(waits), waits)
	}
	// What is older than a week is not sent without being asked for.
	now.forward(2 * 24 * time.Hour)
	w.deliverOffer(context.Background(), w.delivery(filepath.Join(top, "small"), set), p, deliverEvery, log)
	if p.Wait != 0 {
		t.Errorf("after a week it is tried again after %v", p.Wait)
	}
}

// TestAClockThatWasSetBackKeepsNoDeliveryWaiting has a clock that was a year ahead when a delivery failed.
func TestAClockThatWasSetBackKeepsNoDeliveryWaiting(t *testing.T) {
	now := time.Date(2026, 5, 22, 12, 0, 0, 0, time.UTC)
	for wait, over := range map[time.Duration]bool{time.Minute: false, longestWait: false, 0: true, -time.Hour: true, 365 * 24 * time.Hour: true} {
		if p := (&patience{Next: now.Add(wait)}); p.isOver(now) != over {
			t.Errorf("%v: %v", wait, !over)
		}
	}
	if !(&patience{}).isOver(now) {
		t.Error("the first try waits")
	}
}

// TestADeliveryForAnOfferThatIsNotThereIsSaid has the id of the offer mistyped in batch.yaml: else a released run is sent to
// no one, and no one knows.
func TestADeliveryForAnOfferThatIsNotThereIsSaid(t *testing.T) {
	top, now := releasedOffer(t)
	to, config := t.TempDir(), filepath.Join(t.TempDir(), "batch.yaml")
	if err := os.WriteFile(config, []byte("deliveries: {agent: {folder: "+to+", offers: [smal]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said, log buffer
	w := World{Now: now.Now, Getenv: os.Getenv, Version: "test", By: "test", Stdout: &said, Stderr: &said}
	Released(context.Background(), w, filepath.Join(top, "small"), config)
	if !strings.Contains(said.String(), "warning: the run was sent to no one: no delivery in batch.yaml is for this offer; they are for smal\n") {
		t.Errorf("%s", said.String())
	}
	set := settings.Default()
	set.Deliveries = []settings.Delivery{{Name: "agent", Folder: to, Offers: []string{"smal", "small"}}}
	w.sayUnknown([]string{filepath.Join(top, "small")}, set, slog.New(slog.NewTextHandler(&log, nil)))
	if got := log.String(); strings.Count(got, "name an offer that is not there") != 1 || !strings.Contains(got, "offer=smal\n") {
		t.Errorf("%s", got)
	}
}

// TestADeliveryThatFailsKeepsNoOtherWaiting has one that never works beside one that works from the second try on.
func TestADeliveryThatFailsKeepsNoOtherWaiting(t *testing.T) {
	top, now := releasedOffer(t)
	to := filepath.Join(t.TempDir(), "share")
	set := settings.Default()
	set.Deliveries = []settings.Delivery{{Name: "never", Folder: filepath.Join(top, "none")}, {Name: "soon", Folder: to}}
	var log buffer
	w := World{Now: now.Now, Getenv: os.Getenv, Version: "test", By: "test"}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.deliverAll(ctx, top, set, 5*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	servertest.Await(t, "a try of each", func() bool {
		return strings.Contains(log.String(), "never") && strings.Contains(log.String(), "soon")
	})
	if err := os.Mkdir(to, 0o750); err != nil {
		t.Fatal(err)
	}
	servertest.Await(t, "the delivery", func() bool { return strings.Contains(log.String(), "delivery=soon") })
	stop()
	<-done
	if strings.Contains(log.String(), "delivery=never") {
		t.Error(log.String())
	}
}
