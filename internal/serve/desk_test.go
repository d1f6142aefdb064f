package serve

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tenderbatch/internal/schedule"
)

// A run that a person asks for is made at once and once, with who asked; a second request before it began
// is refused, and so is one for a folder that is no offer.
func TestARunThatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *", "b: none")
		d.config.Desk = NewDesk()
		var asked []Ask
		var mu sync.Mutex
		d.onRun = func(_ context.Context, job Job) error {
			mu.Lock()
			asked = append(asked, job.Asked)
			mu.Unlock()
			return nil
		}
		a, ann := filepath.Join(d.folder, "a"), Ask{"ann", "ann@10.0.0.1 in the console"}
		d.serve(func() {
			time.Sleep(time.Minute)
			if !d.config.Desk.Run(a, ann) || d.config.Desk.Run(a, Ask{Name: "bob"}) {
				t.Error("the first request is refused, or the second is not")
			}
			if d.config.Desk.Run(filepath.Join(d.folder, "none"), ann) {
				t.Error("a folder that is no offer")
			}
			time.Sleep(13 * time.Hour)
			if _, still := d.config.Desk.Asked(a); still {
				t.Error("it is still asked for")
			}
		})
		d.want("a day", "01T00:00:10 a files", "01T00:00:10 b files", "01T00:01:01 a hand", "01T12:00:00 a schedule")
		if len(asked) != 4 || asked[2] != ann || asked[3] != (Ask{}) {
			t.Errorf("asked by %v", asked)
		}
		if d.config.Desk.Run(a, ann) {
			t.Error("the scheduler has stopped, and takes requests")
		}
	})
}

// A run that was asked for and failed is not tried again by itself: who asked sees it.
func TestAnAskedRunThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		d.config.Desk = NewDesk()
		var faults []error
		d.onEvent = func(e Event) {
			if e, is := e.(Running); is && !e.Runs && e.Job.Asked.Name != "" {
				faults = append(faults, e.Fault)
			}
		}
		d.onRun = func(_ context.Context, job Job) error {
			if job.Asked.Name != "" {
				return errBusy
			}
			return nil
		}
		d.serve(func() {
			time.Sleep(time.Minute)
			d.config.Desk.Run(filepath.Join(d.folder, "a"), Ask{Name: "ann"})
			time.Sleep(3 * time.Hour)
		})
		d.want("a day", "01T00:00:10 a files", "01T00:01:01 a hand")
		if len(faults) != 1 || !errors.Is(faults[0], errBusy) {
			t.Errorf("faults %v", faults)
		}
	})
}

// While an offer is paused no slot and no file makes a run, but a person can; what was due is run once it is
// resumed.
func TestAnOfferThatIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.config.Desk = NewDesk()
		d.serve(func() {
			time.Sleep(time.Minute)
			d.paused.Store(true)
			time.Sleep(12*time.Hour + 30*time.Minute) // the slot passes
			d.write("a/inbox/report.csv", "x")
			time.Sleep(time.Hour)
			d.want("paused", "01T00:00:10 a files")
			d.config.Desk.Run(filepath.Join(d.folder, "a"), Ask{Name: "ann"})
			time.Sleep(time.Minute)
			d.want("asked for", "01T13:31:01 a hand")
			d.paused.Store(false)
			time.Sleep(time.Minute)
			d.want("resumed", "01T13:32:01 a catch-up")
		})
		entries, err := d.readLedger(filepath.Join(d.folder, "a"))
		if err != nil || entries[len(entries)-1].Slot.At != time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC) ||
			entries[len(entries)-1].Outcome != schedule.Ran {
			t.Errorf("%v, %v", entries, err)
		}
	})
}
