package serve

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
	"testing/synctest"
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// desk is a folder of offers with a ledger in memory. The terms of an offer are a
// cron expression in UTC alone.
type desk struct {
	t      *testing.T
	folder string
	config Config

	mu     sync.Mutex
	ledger map[string][]schedule.Entry
	story  []string // what happened, one line each
	log    strings.Builder
	skew   time.Duration // what the clock is ahead

	// What may be put in the place of what the desk does.
	onRun    func(ctx context.Context, job Job) error // a run
	onEvent  func(Event)
	terms    func(folder string) (schedule.Plan, error)
	history  func(folder string) ([]schedule.Entry, error)
	deaths   func(folder string) schedule.Deaths
	runNeeds int64
	paused   atomic.Bool
}

var (
	errBusy  = errors.New("busy")
	errWrote = errors.New("failed, and the ledger says so")
)

func newDesk(t *testing.T, offers ...string) *desk {
	d := &desk{t: t, folder: t.TempDir(), ledger: map[string][]schedule.Entry{}}
	for _, o := range offers {
		name, expression, _ := strings.Cut(o, ": ")
		d.write(name+"/offer.yaml", expression)
		d.write(name+"/inbox/.keep", "")
	}
	d.config = Config{
		Folder: d.folder, Now: d.now, Log: slog.New(slog.NewTextHandler(d, nil)), Load: d.load, Run: d.run,
		Observe: d.observe,
		Poll:    30 * time.Second, QuietPeriod: 10 * time.Second, Grace: 30 * time.Second, PollOnly: true,
	}
	d.onEvent, d.terms, d.history = func(Event) {}, d.readTerms, d.readLedger
	d.deaths = func(string) schedule.Deaths { return schedule.Deaths{} }
	return d
}

// Write takes the log.
func (d *desk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

func (d *desk) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.skew == 0 {
		return time.Now().UTC()
	}
	return time.Now().UTC().Round(0).Add(d.skew)
}

func (d *desk) setClock(skew time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skew = skew
}

// write writes a file under the folder, changed now by the test's own time.
func (d *desk) write(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	for _, err := range []error{
		os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
		os.Chtimes(path, time.Time{}, time.Now()), os.Chtimes(filepath.Dir(path), time.Time{}, time.Now()),
	} {
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) remove(name string) {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	if err := errors.Join(os.RemoveAll(path), os.Chtimes(filepath.Dir(path), time.Time{}, time.Now())); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) load(folder string) (state OfferState, err error) {
	state.Plan, state.Fault = d.terms(folder)
	state.Entries, err = d.history(folder)
	state.Deaths, state.Need, state.Paused = d.deaths(folder), d.runNeeds, d.paused.Load()
	return state, err
}

// observe passes events on, and knows all of them.
func (d *desk) observe(e Event) {
	switch e.(type) {
	case NextSlot, TermsBroken, TermsRead, Dropped, Waiting, Running, Parked, Idle, Heartbeat:
		d.onEvent(e)
	default:
		d.t.Errorf("an unknown event: %#v", e)
	}
}

func (d *desk) readTerms(folder string) (schedule.Plan, error) {
	source, err := os.ReadFile(filepath.Join(folder, offerName))
	if err != nil {
		return schedule.Plan{}, err
	}
	v := schedule.Version{CatchUp: tender.CatchUpLast, End: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)}
	if expression := string(source); expression != "none" {
		if v.Schedule, err = schedule.Parse(expression, time.UTC); err != nil {
			return schedule.Plan{}, err
		}
	}
	return schedule.Plan{Zone: time.UTC, Versions: []schedule.Version{v}}, nil
}

func (d *desk) readLedger(folder string) ([]schedule.Entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ledger[folder]), nil
}

func (d *desk) enter(folder string, began time.Time, slot schedule.Slot, outcome schedule.Outcome) {
	at := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger[folder] = append(d.ledger[folder],
		schedule.Entry{At: at, Began: began, Slot: slot, Outcome: outcome, Own: true})
}

// note adds a line to the story: when by the clock, which offer, and what.
func (d *desk) note(folder, what string) {
	at := d.now().Format("02T15:04:05")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.story = append(d.story, fmt.Sprintf("%s %s %s", at, filepath.Base(folder), what))
}

func (d *desk) run(ctx context.Context, job Job) (Outcome, error) {
	for _, m := range job.Missed {
		d.note(job.Folder, "missed "+m.Slot.At.Format("02T15:04"))
		d.enter(job.Folder, d.now(), m.Slot, schedule.Missed)
	}
	if len(job.Missed) > 0 {
		return Ended, nil
	}
	began := d.now()
	d.note(job.Folder, string(job.Trigger))
	if d.onRun != nil {
		switch err := d.onRun(ctx, job); {
		case errors.Is(err, errBusy):
			return Busy, err
		case errors.Is(err, errFull):
			return Transient, err
		case err != nil && !errors.Is(err, errWrote):
			return Ended, err
		}
	}
	d.enter(job.Folder, began, job.Slot, schedule.Ran)
	return Ended, nil
}

// noteTerms adds to the story what becomes of terms.
func (d *desk) noteTerms(e Event) {
	switch e := e.(type) {
	case TermsBroken:
		fault, _, _ := strings.Cut(e.Fault.Error(), " (")
		d.note(e.Folder, "broken: "+fault)
	case TermsRead:
		d.note(e.Folder, "read again")
	}
}

// serve serves while something goes on, then stops. What goes on begins a second
// later, so that it never is at the instant of a poll.
func (d *desk) serve(meanwhile func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error)
	go func() { done <- Serve(ctx, d.config) }()
	time.Sleep(time.Second)
	meanwhile()
	cancel()
	if err := <-done; err != nil {
		d.t.Error(err)
	}
}

// want compares the story since it was last asked for, those of one instant in the
// order of the offers' names.
func (d *desk) want(what string, want ...string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.SortStableFunc(d.story, func(a, b string) int { return strings.Compare(a[:13], b[:13]) })
	if !slices.Equal(d.story, want) {
		d.t.Errorf("%s: the story is\n  %s\nwant\n  %s", what, strings.Join(d.story, "\n  "), strings.Join(want, "\n  "))
	}
	d.story = nil
}

// In a bubble it is midnight of 1 January 2000, UTC.

func TestEveryOfferIsRunAtItsOwnSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 30 17 * * *", "b: 0 */12 * * *", "c: none")
		d.serve(func() { time.Sleep(25 * time.Hour) })
		d.want("a day", "01T00:00:10 a files", "01T00:00:10 b files", "01T00:00:10 c files",
			"01T12:00:00 b schedule", "01T17:30:00 a schedule", "02T00:00:00 b schedule")
	})
}

func TestOneOfferIsServedByItsFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 30 17 * * *", "b: 30 17 * * *")
		d.config.Folder = filepath.Join(d.folder, "b")
		d.serve(func() { time.Sleep(18 * time.Hour) })
		d.want("a day", "01T00:00:10 b files", "01T17:30:00 b schedule")
	})
}

func TestAPanicOrALongRunTouchesNoOtherOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12,18 * * *", "b: 0 12,13,18 * * *", "c: 0 12,13 * * *")
		d.onRun = func(_ context.Context, job Job) error {
			switch hour := d.now().Hour(); {
			case strings.HasSuffix(job.Folder, "a") && hour == 12:
				panic("a is not in order")
			case strings.HasSuffix(job.Folder, "b") && hour == 12:
				time.Sleep(3 * time.Hour)
			}
			return nil
		}
		d.serve(func() { time.Sleep(19 * time.Hour) })
		d.want("a day", "01T00:00:10 a files", "01T00:00:10 b files", "01T00:00:10 c files",
			"01T12:00:00 a schedule", "01T12:00:00 b schedule", "01T12:00:00 c schedule",
			// The panic left no entry: again after 1, 2, 4, 8 and then each 10 minutes.
			"01T12:01:00 a schedule", "01T12:03:00 a schedule", "01T12:07:00 a catch-up", "01T12:15:00 a catch-up",
			"01T12:25:00 a catch-up", "01T12:35:00 a catch-up", "01T12:45:00 a catch-up", "01T12:55:00 a catch-up",
			"01T13:00:00 c schedule", "01T13:05:00 a catch-up",
			"01T15:00:00 b catch-up", "01T18:00:00 a schedule", "01T18:00:00 b schedule")
		if log := d.logged(); !strings.Contains(log, "a is not in order") || !strings.Contains(log, "serve_test.go") {
			t.Errorf("the log does not show the panic with its stack:\n%s", log)
		}
	})
}

func TestAPanicInTheTermsTouchesNoOtherOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *", "b: 0 12 * * *")
		d.terms = func(folder string) (schedule.Plan, error) {
			if strings.HasSuffix(folder, "a") && d.now().Hour() < 12 {
				panic("a cannot be read")
			}
			return d.readTerms(folder)
		}
		d.serve(func() { time.Sleep(13 * time.Hour) })
		d.want("a day", "01T00:00:10 b files", "01T12:00:00 b schedule", "01T12:05:00 a files")
	})
}

func TestABrokenOfferIsReportedOnceAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *", "b: 0 12 * * *")
		d.onEvent = d.noteTerms
		d.serve(func() {
			time.Sleep(time.Hour)
			d.write("a/offer.yaml", "0 12 * *")
			time.Sleep(12 * time.Hour)
			d.write("a/offer.yaml", "0 14 * * *")
			time.Sleep(2 * time.Hour)
		})
		d.want("a day", "01T00:00:10 a files", "01T00:00:10 b files",
			"01T01:00:20 a broken: the schedule \"0 12 * *\" is not a cron expression",
			"01T12:00:00 a schedule", "01T12:00:00 b schedule", // by the last good terms
			"01T13:00:40 a read again", "01T13:00:40 a files", "01T14:00:00 a schedule")
	})
}

func TestTermsThatADiskDidNotGiveAreReadLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.terms = func(folder string) (schedule.Plan, error) {
			if d.now().Hour() < 2 {
				return schedule.Plan{}, errors.New("the disk is away")
			}
			return d.readTerms(folder)
		}
		d.onEvent = d.noteTerms
		d.serve(func() { time.Sleep(13 * time.Hour) })
		d.want("a day", "01T00:00:00 a broken: the disk is away", "01T02:00:00 a read again", "01T02:00:00 a files",
			"01T12:00:00 a schedule")
	})
}

func TestOffersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.serve(func() {
			time.Sleep(time.Hour)
			if !strings.Contains(d.logged(), "no offers yet") {
				t.Errorf("an empty folder is not said:\n%s", d.logged())
			}
			d.write("a/offer.yaml", "0 12 * * *")
			d.write("b/offer.yaml", "0 13 * * *")
			time.Sleep(11*time.Hour + 30*time.Minute)
			d.remove("b/offer.yaml")
			time.Sleep(2 * time.Hour)
			d.write("b/offer.yaml", "0 15 * * *")
			time.Sleep(2 * time.Hour)
		})
		d.want("a day", "01T01:00:40 a files", "01T01:00:40 b files", "01T12:00:00 a schedule",
			"01T14:30:40 b files", "01T15:00:00 b schedule")
	})
}

func TestAnOfferThatComesBackWaitsForItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		d.onRun = func(_ context.Context, job Job) error {
			time.Sleep(10 * time.Minute)
			d.note(job.Folder, "done")
			return nil
		}
		d.serve(func() {
			time.Sleep(time.Minute)
			d.remove("a/offer.yaml")
			time.Sleep(time.Minute)
			d.write("a/offer.yaml", "0 12 * * *")
			time.Sleep(time.Hour)
		})
		d.want("an hour", "01T00:00:10 a files", "01T00:10:10 a done", "01T00:10:40 a files", "01T00:20:40 a done")
	})
}

func TestALedgerThatIsLostHasNothingRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 */6 * * *")
		d.serve(func() {
			time.Sleep(20 * time.Hour)
			d.mu.Lock()
			clear(d.ledger)
			d.mu.Unlock()
			time.Sleep(8 * time.Hour)
		})
		d.want("a day", "01T00:00:10 a files", "01T06:00:00 a schedule", "01T12:00:00 a schedule", "01T18:00:00 a schedule",
			"02T00:00:00 a schedule")
	})
}

func TestFilesAreRunOnceTheyHaveComeToRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		d.config.Poll = 5 * time.Second
		d.onRun = func(_ context.Context, job Job) error {
			if _, err := os.Stat(filepath.Join(job.Folder, inboxName, "wrong.xlsx")); err == nil {
				return errWrote
			}
			return nil
		}
		d.serve(func() {
			time.Sleep(time.Minute)
			d.want("first", "01T00:00:10 a files")
			for n := range 6 { // a long copy
				d.write("a/inbox/dtc.xlsx", strings.Repeat("x", n))
				time.Sleep(8 * time.Second)
			}
			time.Sleep(time.Minute)
			d.want("a long copy", "01T00:01:55 a files")
			for _, name := range []string{"dtc2.xlsx.part", ".dtc2.xlsx.Xy7", "~$dtc.xlsx", "upload.TMP"} {
				d.write("a/inbox/"+name, "x")
			}
			time.Sleep(time.Hour)
			d.want("unfinished files")
			d.write("a/inbox/dtc.xlsx", "changed, but open")
			time.Sleep(time.Hour)
			d.want("an open file")
			d.write("a/inbox/euroclear.csv", "x")
			time.Sleep(time.Hour)
			d.want("another file beside an open one", "01T02:03:00 a files")
			d.remove("a/inbox/~$dtc.xlsx")
			time.Sleep(time.Hour)
			d.want("closed", "01T03:03:00 a files")
			d.remove("a/inbox/dtc.xlsx")
			time.Sleep(time.Hour)
			d.want("taken out", "01T04:03:00 a files")
			d.write("a/inbox/wrong.xlsx", "x")
			time.Sleep(time.Hour)
			d.want("a run that fails is made once", "01T05:03:00 a files")
		})
	})
}

// TestNoRunIsMadeOfAnInboxThatRetentionEmptied: the service made one run that failed, as no report was there any more.
func TestNoRunIsMadeOfAnInboxThatRetentionEmptied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none", "b: none")
		for _, name := range []string{"a", "b"} {
			d.write(name+"/inbox/dtc.csv", "x")
		}
		d.serve(func() {
			time.Sleep(time.Hour)
			d.want("first", "01T00:00:10 a files", "01T00:00:10 b files")
			d.mu.Lock()
			folder := filepath.Join(d.folder, "a")
			d.ledger[folder] = append(d.ledger[folder], schedule.Entry{At: time.Now(), Outcome: schedule.Noted, Cleared: true})
			d.mu.Unlock()
			d.remove("a/inbox/dtc.csv")
			d.remove("b/inbox/dtc.csv") // by hand: the run says that it is missing
			time.Sleep(time.Hour)
			d.want("emptied", "01T01:00:20 b files")
			if n := strings.Count(d.logged(), "no run is made of an empty inbox"); n != 1 {
				t.Errorf("said %d times", n)
			}
			d.write("a/inbox/dtc.csv", "y")
			time.Sleep(time.Hour)
			d.want("a report that comes later", "01T02:00:30 a files")
		})
		d.remove("a/inbox/dtc.csv")
		d.serve(func() {
			time.Sleep(time.Hour)
			d.want("after a start")
		})
	})
}

// TestAnOfferIsRunWhileItLasts has one offer before its launch, one after its end,
// and one that a colleague ran by hand.
func TestAnOfferIsRunWhileItLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "before: none", "after: none", "by-hand: none")
		d.terms = func(folder string) (schedule.Plan, error) {
			plan, err := d.readTerms(folder)
			v := &plan.Versions[0]
			switch filepath.Base(folder) {
			case "before":
				v.Launch = d.now().Truncate(24 * time.Hour).Add(12 * time.Hour)
			case "after":
				v.End = d.now().AddDate(0, 0, -1)
			}
			return plan, err
		}
		time.Sleep(time.Minute)
		d.ledger[filepath.Join(d.folder, "by-hand")] = []schedule.Entry{{At: d.now(), Began: d.now(), Outcome: schedule.Ran}}
		d.serve(func() {
			time.Sleep(6 * time.Hour)
			d.want("the morning", "01T00:01:10 by-hand files")
			d.write("before/inbox/dtc.xlsx", "x")
			d.write("after/inbox/dtc.xlsx", "x")
			time.Sleep(12 * time.Hour)
		})
		d.want("the day", "01T06:01:40 after files", "01T12:00:20 before files")
	})
}

func TestABusyOfferIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.onRun = func(context.Context, Job) error {
			if now := d.now().Format("15:04:05"); now < "00:02:00" || (now >= "12:00:00" && now < "12:03:00") {
				return errBusy
			}
			return nil
		}
		d.serve(func() { time.Sleep(13 * time.Hour) })
		d.want("a day", "01T00:00:10 a files", "01T00:01:10 a files", "01T00:02:10 a files",
			"01T12:00:00 a schedule", "01T12:01:00 a schedule", "01T12:02:00 a schedule", "01T12:03:00 a schedule")
	})
}

func TestWhatPassedWhileItWasDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.serve(func() { time.Sleep(13 * time.Hour) })
		d.want("the first day", "01T00:00:10 a files", "01T12:00:00 a schedule")
		time.Sleep(96 * time.Hour)
		d.serve(func() { time.Sleep(time.Hour) })
		d.want("four days later", "05T13:00:01 a missed 02T12:00", "05T13:00:01 a missed 03T12:00",
			"05T13:00:01 a missed 04T12:00", "05T13:00:01 a catch-up")
		d.write("a/inbox/dtc.xlsx", "x")
		time.Sleep(time.Hour)
		d.serve(func() { time.Sleep(time.Hour) })
		d.want("a file that came meanwhile", "05T15:00:12 a files")
	})
}

// TestAClockThatIsSet sets the clock three days ahead, and then right again.
func TestAClockThatIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.serve(func() {
			time.Sleep(18 * time.Hour)
			d.want("before", "01T00:00:10 a files", "01T12:00:00 a schedule")
			d.setClock(72 * time.Hour)
			time.Sleep(time.Hour)
			d.want("ahead", "04T18:00:30 a missed 02T12:00", "04T18:00:30 a missed 03T12:00", "04T18:00:30 a catch-up")
			d.setClock(0)
			time.Sleep(96 * time.Hour)
		})
		d.want("right again", "02T12:00:00 a schedule", "03T12:00:00 a schedule", "05T12:00:00 a schedule")
	})
}

func TestAStopWaitsForRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.onRun = func(_ context.Context, job Job) error {
			time.Sleep(20 * time.Second)
			d.note(job.Folder, "done")
			return nil
		}
		d.serve(func() { time.Sleep(12*time.Hour + 5*time.Second) })
		d.want("a run of 20 seconds", "01T00:00:10 a files", "01T00:00:30 a done", "01T12:00:00 a schedule",
			"01T12:00:20 a done")
		if !strings.Contains(d.logged(), `waiting for runs to end" runs="a (schedule 2000-01-01T12:00:00Z)"`) {
			t.Errorf("the log does not say what it waits for:\n%s", d.logged())
		}
	})
}

func TestAStopInterruptsRunsThatTakeTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		d.onRun = func(ctx context.Context, job Job) error {
			<-ctx.Done()
			d.note(job.Folder, "rolled back")
			return ctx.Err()
		}
		d.serve(func() { time.Sleep(time.Hour) })
		d.want("a long run", "01T00:00:10 a files", "01T01:00:31 a rolled back")
	})
}

func TestAStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		end := make(chan struct{})
		d.onRun = func(context.Context, Job) error { <-end; return nil }
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		if err := Serve(ctx, d.config); err == nil || !strings.Contains(err.Error(), "without waiting for a (files)") {
			t.Errorf("got %v", err)
		}
		if got := d.now().Format("15:04:05"); got != "01:01:00" {
			t.Errorf("it ended at %s", got)
		}
		close(end)
	})
}

func TestASecondSchedulerIsRefused(t *testing.T) {
	folder := t.TempDir()
	unlock, err := Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(folder); !errors.Is(err, ErrServed) {
		t.Errorf("a second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

// TestTheSystemTellsOfFiles has real files, and a polling so slow that only the
// system can have reported them.
func TestTheSystemTellsOfFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	d := newDesk(t, "a: none")
	d.config.PollOnly, d.config.Poll, d.config.QuietPeriod = false, time.Hour, 20*time.Millisecond
	ran := make(chan Job, 10)
	d.onRun = func(_ context.Context, job Job) error { ran <- job; return nil }
	d.terms = func(string) (schedule.Plan, error) {
		v := schedule.Version{End: time.Now().AddDate(1, 0, 0)}
		return schedule.Plan{Zone: time.UTC, Versions: []schedule.Version{v}}, nil
	}
	d.serve(func() {
		await(t, "the first run", ran)
		d.write("a/inbox/dtc.xlsx", "x")
		await(t, "a new file", ran)
		d.write("a/inbox/.dtc.part", "xy")
		if err := os.Rename(filepath.Join(d.folder, "a/inbox/.dtc.part"),
			filepath.Join(d.folder, "a/inbox/dtc.xlsx")); err != nil {
			t.Fatal(err)
		}
		await(t, "a file in the place of another", ran)
		d.remove("a/inbox")
		await(t, "the inbox removed", ran)
		d.write("a/inbox/dtc.xlsx", "xyz")
		await(t, "the inbox made again", ran)
		d.write("a/offer.yaml", "other")
		await(t, "the terms changed", ran)
	})
	if !strings.Contains(d.logged(), "the terms were read again") {
		t.Errorf("the terms were not read again:\n%s", d.logged())
	}
}

func await[T any](t *testing.T, what string, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: nothing happened", what)
	}
}

// TestAnUnknownOutcomeIsAnError has a run end in a way that does not exist: it is logged, and
// the slot, which has no entry, is run again.
func TestAnUnknownOutcomeIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.config.Run = func(ctx context.Context, job Job) (Outcome, error) {
			if job.Trigger == tender.BySchedule && d.now().Minute() == 0 {
				return Outcome(9), nil
			}
			return d.run(ctx, job)
		}
		d.serve(func() { time.Sleep(13 * time.Hour) })
		d.want("a day", "01T00:00:10 a files", "01T12:01:00 a schedule")
		if !strings.Contains(d.logged(), "the outcome 9 of a run is not known") {
			t.Errorf("the log says nothing of it:\n%s", d.logged())
		}
	})
}
