package console

import (
	"net/http"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/schedule"
)

// agenda is when an offer is run next, and what became of its last slots.
type agenda struct {
	Name, Fault, Expression string
	Zone                    *time.Location
	Planned                 plannedRun
	Next                    []dueSlot
	Last                    []pastRun // the newest first
	Parked                  bool
	Tries                   time.Time // again, if it is parked
	Paused                  *ledger.Entry
	Asked                   bool // a run is asked for and has not begun
}

// Waiting reports whether a run waits for its turn.
func (a *agenda) Waiting() bool { return a.Planned.waiting }

// dueSlot is one run that is to come.
type dueSlot struct {
	At   time.Time
	What string
}

// pastRun is how an attempt to run the offer ended, or a slot that was missed.
type pastRun struct {
	At    time.Time
	Event ledger.Event
	Cause string
	Due   time.Time // zero for none
}

// pastRuns are the last ends of attempts, the newest first.
func pastRuns(entries []ledger.Entry, most int) (all []pastRun) {
	for i := len(entries) - 1; i >= 0 && len(all) < most; i-- {
		e := &entries[i]
		if !e.Event.Ends() && e.Event != ledger.Missed {
			continue
		}
		run := pastRun{At: e.At, Event: e.Event, Cause: "by hand"}
		if e.Trigger.Scheduled() {
			run.Cause = "by the scheduler"
		}
		if slot, err := schedule.ParseSlot(e.Slot); err == nil {
			run.Due = slot.At
		}
		all = append(all, run)
	}
	return all
}

// How many slots the page lists of an offer.
const (
	slotsAhead  = 5
	slotsBefore = 5
)

// schedulePage says when each offer is run next, and what was missed.
func (c *Console) schedulePage(w http.ResponseWriter, r *http.Request) {
	folders, err := c.offers()
	if err != nil {
		c.failed(w, r, err)
		return
	}
	seen := c.lastChange()
	var all []agenda
	for _, name := range sortedKeys(folders) {
		if me(r).May(account.See, name) {
			a := c.agendaOf(name, folders[name])
			if a.Paused, err = c.pauseOf(r, name, folders[name]); err != nil && a.Fault == "" {
				a.Fault = c.withoutFolder(err)
			}
			all = append(all, a)
		}
	}
	c.show(w, r, "schedule", "Schedule", struct {
		Offers   []agenda
		UnderWay []*runUnderWay
		Desk     bool // runs can be asked for
		Several  bool // machines make the runs
		Jobs     []Job
		Seen     int64 // the last change that the page shows
	}{all, c.underWay(me(r), folders), c.Desk != nil, c.Jobs != nil, c.jobsFor(r), seen})
}

func (c *Console) agendaOf(name, folder string) agenda {
	a := agenda{Name: name, Zone: time.UTC, Planned: c.plannedOf(folder)}
	if c.Desk != nil {
		_, a.Asked = c.Desk.Asked(folder)
	}
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		a.Fault = c.withoutFolder(err)
		return a
	}
	a.Zone = terms.Zone()
	plan, now := terms.Plan(), c.Now()
	if v := plan.At(now); v.Schedule != nil {
		a.Expression = v.Schedule.String()
	}
	for _, s := range plan.Next(now, slotsAhead) {
		what := "regular"
		if s.Kind != schedule.Regular {
			what = "after the " + s.Kind.Title()
		}
		a.Next = append(a.Next, dueSlot{s.At, what})
	}
	_, deaths, err := pipeline.SlotHistory(folder)
	if err != nil {
		a.Fault = c.withoutFolder(err)
	}
	if history, err := pipeline.HistoryOf(folder); err == nil {
		a.Last = pastRuns(history.Entries, slotsBefore)
	}
	if a.Parked = deaths.Parked(); a.Parked {
		a.Tries = deaths.NextTry()
	}
	return a
}

// jobsFor are the jobs of the offers that an account may see; who may not see names does not see machines and errors.
func (c *Console) jobsFor(r *http.Request) (all []Job) {
	if c.Jobs == nil {
		return nil
	}
	found, err := c.Jobs()
	if err != nil {
		c.Log.Warn("the jobs cannot be read", "error", err.Error())
	}
	for _, j := range found {
		if !me(r).May(account.See, j.Offer) {
			continue
		}
		if !me(r).May(account.SeeNames, j.Offer) {
			j.Worker, j.Error = "", ""
		}
		all = append(all, j)
	}
	return all
}
