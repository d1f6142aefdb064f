package console

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/prepare"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/tender"
)

// runUnderWay is a run that the scheduler makes, or the last one that a person asked for.
type runUnderWay struct {
	Offer string // the name of its folder
	Job   serve.Job
	Since time.Time
	Ended time.Time // zero while it goes on
	Fault string    // why it failed, "" if it did not
	Stage pipeline.Stage
	Rows  int // that were dealt with in the stage
}

// Words say how far it is.
func (r *runUnderWay) Words() string {
	switch {
	case r.Stage == "":
		return "beginning"
	case r.Rows == 0:
		return string(r.Stage)
	}
	return fmt.Sprintf("%s, %s rows so far", r.Stage, display.Thousands(fmt.Sprint(r.Rows)))
}

// Cause is what made it begin.
func (r *runUnderWay) Cause() string {
	switch r.Job.Trigger {
	case tender.ByHand:
		return "asked for by " + r.Job.Asked.Name
	case tender.ByFiles:
		return "as files came"
	case tender.ByDate:
		return "after a date of the offer"
	}
	return "by the schedule"
}

// noteRun notes that a run begins or has ended. The lock is held.
func (c *Console) noteRun(e serve.Running) {
	if e.Runs {
		c.underway[e.Folder] = &runUnderWay{Job: e.Job, Since: c.Now()}
		return
	}
	select {
	case c.toWarm <- e.Folder:
	default: // too many wait
	}
	r := c.underway[e.Folder]
	if r == nil || e.Job.Trigger != tender.ByHand {
		delete(c.underway, e.Folder) // the history says how it ended
		return
	}
	r.Ended = c.Now()
	if e.Fault != nil {
		r.Fault = c.withoutFolder(e.Fault)
	}
}

// Watch notes how far a run is, as [monitor.Service] says it.
func (c *Console) Watch(folder string, stage pipeline.Stage, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.underway[folder]
	if r == nil || !r.Ended.IsZero() {
		return
	}
	if r.Stage != stage {
		r.Stage, r.Rows = stage, 0
	}
	r.Rows += rows
	c.noteChange()
}

// noteChange wakes the browsers that wait for a change. The lock is held.
func (c *Console) noteChange() {
	close(c.news)
	c.news = make(chan struct{})
	c.changes++
}

// mostWatchers bounds the browsers that wait for changes, and watchedFor how long one does before it
// has to ask again, as the account may be disabled by then; atMostEach is how often it is notified.
const (
	mostWatchers = 200
	watchedFor   = 5 * time.Minute
	atMostEach   = time.Second
)

// watch counts a browser that waits for changes, and returns which was the last. It is false if there are too many.
func (c *Console) watch() (news chan struct{}, last int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watchers >= mostWatchers {
		return nil, 0, false
	}
	c.watchers++
	return c.news, c.changes, true
}

// lastChange is the number of the last change that a page which is made from now on shows.
func (c *Console) lastChange() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

func (c *Console) watched() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers--
}

// live answers with an event, as server-sent events are, each time when the runs under way change; then
// the page is loaded again, which shows what the account may see. The event itself says nothing. A browser names the last
// change that its page shows: one that came before it could wait, or while it asked again, is an event at once.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	news, last, ok := c.watch()
	if !ok {
		c.refused(w, r, http.StatusServiceUnavailable, "too many browsers wait for changes; load the page again by hand")
		return
	}
	defer c.watched()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for proxies: each event as it comes
	sent, end := http.NewResponseController(w), time.NewTimer(watchedFor)
	defer end.Stop()
	const changed = "event: changed\ndata:\n\n"
	first := "retry: 2000\n\n"
	if seen := r.URL.Query().Get("seen"); seen != "" && seen != strconv.FormatInt(last, 10) {
		first += changed
	}
	for event := first; ; event = changed {
		if _, err := w.Write([]byte(event)); err != nil || sent.Flush() != nil {
			return // the browser went away
		}
		select {
		case <-news:
		case <-r.Context().Done():
			return
		case <-end.C:
			return
		}
		select { // so that a run that makes progress does not keep the browser busy
		case <-time.After(atMostEach):
		case <-r.Context().Done():
			return
		}
		c.mu.Lock()
		news = c.news
		c.mu.Unlock()
	}
}

// underWay are the runs under way that an account may see, and the last ones that a person asked for.
func (c *Console) underWay(a *account.Account, folders map[string]string) (all []*runUnderWay) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range sortedKeys(folders) {
		r := c.underway[folders[name]]
		if r == nil || !a.May(account.See, name) {
			continue
		}
		one := *r
		one.Offer = name
		if !a.May(account.SeeNames, name) {
			one.Job.Asked.Name = "a preparer"
			if one.Fault != "" {
				one.Fault = "it failed; the preparer sees why"
			}
		}
		all = append(all, &one)
	}
	return all
}

// runNow asks the scheduler for a run. It is made there, so a browser that goes away changes nothing.
func (c *Console) runNow(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	switch {
	case c.Desk == nil:
		c.refused(w, r, http.StatusConflict, "no scheduler makes runs here; begin one with batch run")
	case !c.Desk.Run(folder, serve.Ask{Name: me(r).Name, From: c.from(r)}):
		c.refused(w, r, http.StatusConflict, "a run of this offer is asked for already, or the scheduler does not follow "+
			"it yet; see the page Schedule")
	default:
		c.Log.Info("a run was asked for", "offer", r.PathValue("offer"), "account", me(r).Name)
		c.done(w, r, "/schedule", "The scheduler makes a run of "+r.PathValue("offer")+" as soon as there is room for it.")
	}
}

// pauseOrResume has the scheduler leave an offer alone, or run it again.
func (c *Console) pauseOrResume(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	req, name := c.prepareRequest(r, folder), r.PathValue("offer")
	notice := name + " is resumed: what is due is run soon."
	if r.PostFormValue("do") == "resume" {
		err = prepare.Resume(req)
	} else {
		err = prepare.Pause(req, r.PostFormValue("reason"))
		notice = name + " is paused: the scheduler makes no run of it until it is resumed. You can still ask for one."
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.logs(r, notice, "offer", name)
	c.done(w, r, "/schedule", notice)
}

// pauseOf is the entry that pauses an offer, as the account of a request may see it; nil if none does.
func (c *Console) pauseOf(r *http.Request, name, folder string) (*ledger.Entry, error) {
	e, err := pipeline.PauseOf(folder)
	if e != nil && !me(r).May(account.SeeNames, name) {
		e = &ledger.Entry{At: e.At, Actor: ledger.Actor{Name: "a preparer"}}
	}
	return e, err
}
