package serve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// queue has runs take ten minutes each and notes the most there were at once.
func (d *desk) queue() (most func() int) {
	under, top := 0, 0
	d.onRun = func(_ context.Context, job Job) error {
		d.mu.Lock()
		under++
		top = max(top, under)
		d.mu.Unlock()
		time.Sleep(10 * time.Minute)
		d.mu.Lock()
		under--
		d.mu.Unlock()
		return nil
	}
	return func() int { return top }
}

func TestS1RunsWaitForMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for name, c := range map[string]struct {
		runs   int
		memory int64
		most   int
	}{
		"no limit": {0, 0, 12}, "by number": {2, 0, 2}, "by memory": {0, 350, 3}, "by both": {2, 350, 2},
		"one needs more than there is": {4, 99, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var offers []string
				for i := range 12 {
					offers = append(offers, fmt.Sprintf("o%02d: 0 12 * * *", i))
				}
				d := newDesk(t, offers...)
				d.config.Runs, d.config.Memory = c.runs, c.memory
				d.runNeeds = 100
				most := d.queue()
				d.serve(func() { time.Sleep(20 * time.Hour) })
				if got := most(); got != c.most {
					t.Errorf("%d runs at once, want %d", got, c.most)
				}
				if n := strings.Count(strings.Join(d.story, "\n"), "schedule"); n != 12 || len(d.story) != 24 {
					t.Errorf("%d of 12 slots were run: %q", n, d.story)
				}
			})
		})
	}
}

// TestS1ARunThatWaitsIsNotMissed has the terms make nothing up that is late.
func TestS1ARunThatWaitsIsNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *", "b: 0 12 * * *", "c: 0 12 * * *")
		d.terms = func(folder string) (schedule.Plan, error) {
			plan, err := d.readTerms(folder)
			plan.Versions[0].CatchUp = tender.CatchUpNone
			return plan, err
		}
		d.config.Runs, d.config.Grace = 1, time.Hour
		waits := map[string]bool{}
		d.onEvent = func(e Event) {
			if e, is := e.(Waiting); is {
				d.mu.Lock()
				defer d.mu.Unlock()
				waits[filepath.Base(e.Folder)] = e.Waits
			}
		}
		d.queue()
		d.serve(func() {
			time.Sleep(12*time.Hour + 5*time.Minute)
			d.mu.Lock()
			defer d.mu.Unlock()
			if n := len(waits); n < 2 || !strings.Contains(d.log.String(), "waiting for other runs to end") {
				t.Errorf("nothing shows that two runs wait: %v\n%s", waits, d.log.String())
			}
		})
		d.story = d.story[3:] // without the runs for files
		if all := strings.Join(d.story, "\n"); strings.Contains(all, "missed") || strings.Count(all, "schedule") != 1 {
			t.Errorf("stopped while two wait: %s", all)
		}
		d.serve(func() { time.Sleep(time.Hour) })
		if all := strings.Join(d.story, "\n"); strings.Count(all, "missed") != 2 {
			t.Errorf("a service that was not there makes nothing up: %s", all)
		}
	})
}

func TestS1RunsAfterTheOffersDatesGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *", "b: 0 12 * * *", "c: 0 12 * * *", "d: 0 12 * * *")
		d.terms = func(folder string) (schedule.Plan, error) {
			plan, err := d.readTerms(folder)
			if strings.HasSuffix(folder, "d") { // its date comes while its regular run waits
				at := time.Date(2000, 1, 1, 12, 0, 30, 0, time.UTC)
				plan.Versions[0].RunAfter = time.Minute
				plan.Versions[0].Dates = []schedule.Date{{Kind: schedule.Expiration, At: at}}
			}
			return plan, err
		}
		d.config.Runs = 1
		d.queue()
		d.serve(func() { time.Sleep(14 * time.Hour) })
		var order []string
		for _, line := range d.story {
			if line > "01T12:" {
				order = append(order, line[12:])
			}
		}
		// One run was under way, and another may have had its turn when the date came.
		if len(order) != 5 || !strings.Contains(strings.Join(order[:3], ","), "d date") {
			t.Errorf("the order is %q", order)
		}
	})
}

func TestS1AWaitingRunDoesNotBeginOnceItIsToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none", "b: none", "c: none")
		d.config.Runs, d.config.Grace = 1, time.Hour
		d.queue()
		d.serve(func() { time.Sleep(time.Minute) })
		if len(d.story) != 1 {
			t.Errorf("the story is %q", d.story)
		}
	})
}

// TestS1AdmissionKeepsItsLimits has many ask at once and checks after each step.
func TestS1AdmissionKeepsItsLimits(t *testing.T) {
	a := &admission{runs: 3, memory: 1000}
	var all sync.WaitGroup
	for range 200 {
		need, alone, r := rand.Int64N(1300), rand.IntN(20) == 0, rank(rand.IntN(3))
		all.Go(func() {
			ticket := a.ask(r, time.Time{}, need, alone)
			if rand.IntN(10) > 0 {
				<-ticket.admitted
			}
			a.mu.Lock()
			if a.under > 3 || (a.under > 1 && (a.used > 1000 || a.alone)) {
				t.Errorf("%d under way with %d bytes, alone %t", a.under, a.used, a.alone)
			}
			a.mu.Unlock()
			a.leave(ticket)
		})
	}
	all.Wait()
	if a.under != 0 || a.used != 0 || len(a.waiting) != 0 {
		t.Errorf("left behind: %d runs, %d bytes, %d waiting", a.under, a.used, len(a.waiting))
	}
}

// TestS3AnOfferThatKilledTheServiceIsRunAloneAndLast has two offers whose runs died.
func TestS3AnOfferThatKilledTheServiceIsRunAloneAndLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none", "b: none", "c: none", "d: none")
		d.deaths = func(folder string) schedule.Deaths {
			if name := filepath.Base(folder); name == "a" || name == "b" {
				return schedule.Deaths{Count: 1, Last: d.now()}
			}
			return schedule.Deaths{}
		}
		most := d.queue()
		d.serve(func() { time.Sleep(5 * time.Hour) })
		if most() != 2 || len(d.story) != 4 || d.story[2][:11] == d.story[3][:11] ||
			!strings.Contains(strings.Join(d.story[:2], ""), " c ") || !strings.Contains(strings.Join(d.story[:2], ""), " d ") {
			t.Errorf("%d at once, %q", most(), d.story)
		}
	})
}

// TestS3AParkedOfferIsTriedNowAndThen has a date's run that was promised die four times,
// and the service die again in each of the next.
func TestS3AParkedOfferIsTriedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none", "b: 0 */12 * * *")
		expires := time.Date(2000, 1, 1, 6, 0, 0, 0, time.UTC)
		d.terms = func(folder string) (schedule.Plan, error) {
			plan, err := d.readTerms(folder)
			if strings.HasSuffix(folder, "a") {
				plan.Versions[0].RunAfter = time.Minute
				plan.Versions[0].Dates = []schedule.Date{{Kind: schedule.Expiration, At: expires}}
			}
			return plan, err
		}
		d.serve(func() { time.Sleep(time.Hour) })
		d.want("before", "01T00:00:10 a files", "01T00:00:10 b files")

		deaths := schedule.Deaths{Count: 4}
		d.deaths = func(folder string) schedule.Deaths {
			if strings.HasSuffix(folder, "a") {
				return deaths
			}
			return schedule.Deaths{}
		}
		parked := map[bool]int{}
		d.onEvent = func(e Event) {
			if e, is := e.(Parked); is {
				parked[e.Deaths.Parked()]++
			}
		}
		time.Sleep(expires.Add(time.Hour).Sub(d.now())) // the promised run is due, and the service is down
		var tries []string
		for range 8 {
			deaths.Began, deaths.Last = d.now(), d.now()
			ctx, crash := context.WithCancel(t.Context())
			d.onRun = func(_ context.Context, job Job) error {
				if strings.HasSuffix(job.Folder, "a") {
					tries = append(tries, fmt.Sprint(job.Trigger, " after ", d.now().Sub(deaths.Last)))
					crash()
					return errBusy // leaves no end, as a crash does
				}
				return nil
			}
			if err := Serve(ctx, d.config); err != nil {
				t.Fatal(err)
			}
			deaths.Count++
		}
		want := "[date after 10m0s date after 20m0s date after 40m0s date after 1h20m0s date after 2h40m0s date after " +
			"5h20m0s date after 6h0m0s date after 6h0m0s]"
		if got := fmt.Sprint(tries); got != want {
			t.Errorf("tried %s, want %s", got, want)
		}
		if !strings.Contains(d.logged(), `level=ERROR msg="the offer is parked`) || parked[true] != 8 {
			t.Errorf("parked %v\n%s", parked, d.logged())
		}

		// A new file brings the next try at once, and a run that ends well frees the offer.
		// It comes before the service is back.
		d.onRun, d.story, deaths.Began = nil, nil, d.now()
		time.Sleep(time.Second)
		d.write("a/inbox/dtc.xlsx", "smaller")
		time.Sleep(time.Minute)
		deaths.Last = d.now()
		d.serve(func() {
			time.Sleep(time.Hour)
			d.write("a/inbox/dtc.xlsx", "larger")
			time.Sleep(time.Hour)
		})
		if all := strings.Join(d.story, ","); strings.Count(all, "a date") != 1 || strings.Count(all, "a files") != 1 ||
			strings.Contains(all, "missed") || parked[false] == 0 {
			t.Errorf("the story is %q, parked %v", d.story, parked)
		}
	})
}

func TestS3ARunByHandFreesAParkedOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 * * * *")
		d.deaths = func(string) schedule.Deaths { return schedule.Deaths{Count: 4, Began: d.now(), Last: d.now()} }
		d.serve(func() {
			time.Sleep(5 * time.Minute)
			d.want("parked")
			folder := filepath.Join(d.folder, "a")
			d.mu.Lock()
			d.ledger[folder] = append(d.ledger[folder], schedule.Entry{At: time.Now(), Began: time.Now(), Outcome: schedule.Ran})
			d.mu.Unlock()
			time.Sleep(2 * time.Minute)
		})
		d.want("by hand", "01T00:05:10 a files")
	})
}

var errFull = errors.New("no space left on device")

// TestS4WhatWillPassIsTriedAgainUntilItIsDone has a full disk for half an hour when a file
// comes, and at a slot; and a run that fails by its file.
func TestS4WhatWillPassIsTriedAgainUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: 0 12 * * *")
		d.onRun = func(context.Context, Job) error {
			if now := d.now(); now.Hour()%12 == 0 && now.Minute() < 30 {
				return errFull
			}
			return nil
		}
		d.serve(func() { time.Sleep(14 * time.Hour) })
		d.want("a day", "01T00:00:10 a files", "01T00:01:10 a files", "01T00:03:10 a files", "01T00:07:10 a files",
			"01T00:15:10 a files", "01T00:25:10 a files", "01T00:35:10 a files",
			"01T12:00:00 a schedule", "01T12:01:00 a schedule", "01T12:03:00 a schedule", "01T12:07:00 a catch-up",
			"01T12:15:00 a catch-up", "01T12:25:00 a catch-up", "01T12:35:00 a catch-up")
		d.onRun = func(context.Context, Job) error { return errWrote }
		d.serve(func() {
			d.write("a/inbox/dtc.xlsx", "damaged")
			time.Sleep(2 * time.Hour)
		})
		d.want("a damaged file", "01T14:00:41 a files")
	})
}

// TestS6EachErrorIsSaidOnce has the terms fail in two ways in turn, and the ledger too.
func TestS6EachErrorIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "a: none")
		turn, look, reported := 0, 0, 0
		d.terms = func(folder string) (schedule.Plan, error) {
			if turn++; d.now().Hour() == 0 {
				return schedule.Plan{}, fmt.Errorf("terms fail %d", turn%2)
			}
			return d.readTerms(folder)
		}
		d.onEvent = func(e Event) {
			if _, is := e.(TermsBroken); is {
				reported++
			}
		}
		d.history = func(folder string) ([]schedule.Entry, error) {
			if look++; d.now().Hour() == 1 {
				return nil, fmt.Errorf("ledger fails %d", look%3)
			}
			return d.readLedger(folder)
		}
		d.serve(func() { time.Sleep(3 * time.Hour) })
		for what, want := range map[string]int{"terms fail": 2, "ledger fails": 3} {
			if got := strings.Count(d.logged(), what); got != want {
				t.Errorf("%q was logged %d times, want %d:\n%s", what, got, want, d.logged())
			}
		}
		if reported != 2 {
			t.Errorf("the broken terms were reported %d times, want 2", reported)
		}
		d.want("after all", "01T02:00:00 a files")
	})
}

// TestS2AnOfferThatHangsStopsTheBeat has the terms of one of two offers hang, and later a
// run.
func TestS2AnOfferThatHangsStopsTheBeat(t *testing.T) {
	for name, hang := range map[string]func(*desk, chan struct{}){
		"reading the terms": func(d *desk, end chan struct{}) {
			d.terms = func(folder string) (schedule.Plan, error) {
				if strings.HasSuffix(folder, "a") && d.now().Hour() == 1 {
					<-end
				}
				return d.readTerms(folder)
			}
		},
		"a run": func(d *desk, end chan struct{}) {
			d.onRun = func(_ context.Context, job Job) error {
				if strings.HasSuffix(job.Folder, "a") {
					<-end
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, "a: none", "b: 0 * * * *")
				end := make(chan struct{})
				hang(d, end)
				var mu sync.Mutex
				var last time.Time
				longest := time.Duration(0)
				silent := func() (since, longestYet time.Duration) {
					mu.Lock()
					defer mu.Unlock()
					return d.now().Sub(last), longest
				}
				d.onEvent = func(e Event) {
					beat, is := e.(Heartbeat)
					if !is {
						return
					}
					mu.Lock()
					defer mu.Unlock()
					if beat.Offers != 2 {
						t.Errorf("%d offers", beat.Offers)
					}
					if !last.IsZero() {
						longest = max(longest, d.now().Sub(last))
					}
					last = d.now()
				}
				d.serve(func() {
					time.Sleep(time.Hour)
					if since, longest := silent(); max(since, longest) > time.Minute {
						t.Errorf("the beat stops for %s in the first hour", max(since, longest))
					}
					d.write("a/offer.yaml", "0 2 * * *")
					time.Sleep(2 * time.Hour)
					if since, _ := silent(); since < 90*time.Minute {
						t.Errorf("an offer hangs, and the last beat is %s ago", since)
					}
					close(end)
				})
				if !strings.Contains(d.logged(), "an offer hangs") {
					t.Error("the log does not say that it hangs")
				}
			})
		})
	}
}
