package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

const (
	// maxIdle is the longest time without reading the clock: it may be set, and it
	// goes on while the machine sleeps, when timers do not.
	maxIdle = time.Minute
	// debounce is how long an offer waits after a change wakes it, so that a long copy
	// into the inbox does not keep it busy.
	debounce = 200 * time.Millisecond
	// The times between two tries of a run that left no entry, and of one that failed by
	// what will pass, such as a full disk.
	firstRetry, lastRetry, lastTransient = time.Minute, time.Hour, 10 * time.Minute
)

// offer is what the scheduler knows of one offer.
type offer struct {
	server  *server
	config  *Config
	folder  string
	log     *slog.Logger
	cancel  context.CancelFunc
	done    chan struct{} // closed when its goroutine ended
	dropped bool          // its folder is no offer any more
	wake    chan struct{}

	mu       sync.Mutex
	running  *Job      // the run that is being made; nil for none
	progress time.Time // when its goroutine was last seen at work

	plan  *schedule.Plan // nil until the terms could be read
	terms watchedFile    // offer.yaml as it was last read
	fault string         // what was last wrong with it

	termsFaults reports // what was wrong with it since it was last changed

	record *schedule.Record // nil until the ledger could be read
	need   int64            // of memory, for a run of the files that were there
	known  int              // entries of the ledger that are in the record
	last   time.Time        // when the last run began that came to an end, by the ledger; zero if none did
	paused bool             // by a person, by the ledger
	purged bool             // reports were deleted from the inbox as the terms say, by the ledger
	own    bool             // whether the scheduler made a run, by the ledger

	files      files     // as they were last seen; nil before
	newest     time.Time // when one of them was last changed
	stillSince time.Time // since when they have not moved
	pending    bool      // they are to be run

	slots    retry           // of the slot that is due
	arrived  retry           // of the run for files
	next     schedule.Slot   // as last reported
	waits    bool            // that it waits was reported
	panicked retry           // of a step that panicked
	reported reports         // what was logged as wrong
	deaths   schedule.Deaths // the runs that died with the service
}

// follow steps the offer until the context is done.
func (o *offer) follow(ctx context.Context) {
	o.config.Desk.follow(o.folder, o.wake)
	defer o.config.Desk.follow(o.folder, nil)
	defer o.server.watcher.leave(o.folder)
	defer o.server.watcher.leave(filepath.Join(o.folder, inboxName))
	for ctx.Err() == nil {
		if wait := o.guarded(ctx); wait > 0 && sleep(ctx, wait, o.wake) {
			sleep(ctx, min(wait, debounce), nil)
		}
	}
}

// guarded is step, but an error in the program only costs a pause: a minute, then two, four and
// up to ten. A run guards itself, so that its end is in the ledger.
func (o *offer) guarded(ctx context.Context) (wait time.Duration) {
	if rest := o.panicked.rest(o.config.Now()); rest > 0 {
		o.noteProgress(nil)
		return min(rest, maxIdle)
	}
	defer func() {
		if p := recover(); p != nil {
			o.panicked = retry{tried: o.config.Now(), pause: o.panicked.longer(lastTransient)}
			o.log.Error("internal error: please report it; trying again", "in", o.panicked.pause.String(),
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			wait = maxIdle
		}
	}()
	wait = o.step(ctx)
	o.panicked = retry{}
	return wait
}

// step looks at everything once and does one thing at most. It returns how long
// there is nothing to do; 0 if it is to be called again at once.
func (o *offer) step(ctx context.Context) time.Duration {
	o.noteProgress(nil)
	o.watchFolders()
	if err := o.noteFiles(); err != nil {
		o.problem("the inbox cannot be read; trying again", err)
	}
	_, there := o.files["/"+offerName]
	if there {
		if err := o.load(); err != nil {
			o.problem("the ledger cannot be read; no run is made until it can", err)
			return min(o.config.Poll, maxIdle)
		}
	}
	if !there || o.plan == nil {
		return o.config.Poll // offer.yaml is being replaced, or the offer is being removed
	}
	now := o.now()
	o.record.See(now)
	acted, err := o.act(ctx, now)
	if err != nil {
		o.problem("nothing is run until this is fixed", err)
		return maxIdle
	}
	if acted {
		return 0
	}
	o.config.Observe(Idle{o.folder})
	return o.wait(now)
}

// now is what the clock shows, without the monotonic reading, which would hide that the
// clock was set.
func (o *offer) now() time.Time { return o.config.Now().Round(0) }

// passed reports whether a time has passed since an instant, by the monotonic
// readings if there are any. If the clock was set back, it has.
func passed(now, since time.Time, d time.Duration) bool {
	elapsed := now.Sub(since)
	return elapsed >= d || elapsed < 0
}

// retry is when something that did not come about is tried again.
type retry struct {
	slot  schedule.Slot
	tried time.Time
	pause time.Duration // 0: nothing is to be tried again
}

// rest is how long it is not to be tried yet. If the clock was set back, that is over.
func (r *retry) rest(now time.Time) time.Duration {
	if passed(now, r.tried, r.pause) {
		return 0
	}
	return r.pause - now.Sub(r.tried)
}

// ready reports whether a slot may be tried: at once, if it is another one.
func (r *retry) ready(now time.Time, slot schedule.Slot) bool {
	return slot != r.slot || r.rest(now) == 0
}

// longer is the next pause, twice the one before.
func (r *retry) longer(last time.Duration) time.Duration {
	return min(max(firstRetry, 2*r.pause), last)
}

// problem logs an error, once as long as it goes on.
func (o *offer) problem(what string, err error) {
	if o.reported.isNew(what+": "+err.Error(), o.config.Now()) {
		o.log.Error(what, "error", err.Error())
	}
}

func (o *offer) watchFolders() {
	for _, folder := range []string{o.folder, filepath.Join(o.folder, inboxName)} {
		if err := o.server.watcher.follow(folder, o.wake); err != nil && !isMissing(err) {
			o.problem("the system does not report changes here; files are noticed by polling only", err)
		}
	}
}

// noteFiles notes whether files have moved.
func (o *offer) noteFiles() error {
	found, newest, err := scanFiles(o.folder)
	if err != nil {
		return err
	}
	o.newest = newest
	if o.files == nil || found.moved(o.files) {
		o.stillSince = o.config.Now()
		o.pending = o.pending || o.files != nil
	}
	o.files = found
	return nil
}

// isQuiet reports whether the files have not moved for a while.
func (o *offer) isQuiet() bool { return passed(o.config.Now(), o.stillSince, o.config.QuietPeriod) }

// load reads the folder if offer.yaml has changed and the quiet period has passed, if it was
// not read yet, and if the offer is parked, as it may have been run by hand.
func (o *offer) load() error {
	terms := o.termsMoved()
	if !terms && o.record != nil && !o.deaths.Parked() {
		return nil
	}
	state, err := o.config.Load(o.folder)
	if terms {
		o.takeTerms(state)
	}
	if o.plan == nil || err != nil {
		return err
	}
	first := o.record == nil
	if first {
		o.suspect(state.Deaths)
	}
	o.takeEntries(state.Entries)
	if first {
		o.checkOnStart()
	}
	return nil
}

// termsMoved reports whether the terms are to be read. Those that could not be are tried again
// each time, as that may be the disk's fault or another offer's.
func (o *offer) termsMoved() bool {
	first := o.terms == (watchedFile{})
	return (o.unread() || o.fault != "") && (first || o.isQuiet())
}

// takeTerms takes the plan of the terms that were read; if they are broken, the last good ones
// stay in force.
func (o *offer) takeTerms(state OfferState) {
	if o.unread() {
		o.termsFaults = reports{}
	}
	o.terms = o.files["/"+offerName]
	switch err := state.Fault; {
	case err != nil && !o.termsFaults.isNew(err.Error(), o.config.Now()):
		o.fault = err.Error()
		return // it was reported
	case err != nil:
		o.fault = err.Error()
		o.log.Error("the terms cannot be read; correct offer.yaml, until then the last good terms stay in force",
			"error", o.fault)
		o.config.Observe(TermsBroken{o.folder, err})
		return
	case o.fault != "":
		o.fault = ""
		o.config.Observe(TermsRead{o.folder})
		o.log.Info("the terms can be read again")
	case o.plan != nil:
		o.log.Info("the terms were read again")
	}
	o.plan = &state.Plan
}

// reload reads the folder again for what may have changed but the terms: another process may
// have written to the ledger, and files have come.
func (o *offer) reload() error {
	state, err := o.config.Load(o.folder)
	o.need, o.paused = state.Need, state.Paused
	if err == nil {
		o.takeEntries(state.Entries)
	}
	return err
}

// takeEntries adds what is new in the ledger to the record. The record is never
// built again, as it also knows of clocks that were set. A ledger that has become
// shorter was removed, and what is in it now is new.
func (o *offer) takeEntries(entries []schedule.Entry) {
	if o.record == nil {
		o.record = &schedule.Record{}
	}
	if len(entries) < o.known {
		o.known = 0
	}
	for _, e := range entries[o.known:] {
		o.record.Add(e)
		o.own, o.purged = o.own || e.Own, o.purged || e.Cleared
		if e.Outcome == schedule.Ran {
			o.last = tender.Later(o.last, e.Began)
			if e.Began.After(o.deaths.Last) {
				o.survived()
			}
		}
	}
	o.known = len(entries)
}

// checkOnStart decides whether an offer that was not followed until now is to be run:
// if files came since its last run, or if the scheduler never ran it while it lasts.
func (o *offer) checkOnStart() {
	_, newest, err := scanFiles(o.folder)
	lasts := o.now().Before(o.plan.At(o.now()).End)
	if err != nil || (newest.After(o.last) && (lasts || !o.last.IsZero())) || (!o.own && lasts) {
		o.pending = true
	}
}

// act does what is due: records what was missed, and makes one run.
func (o *offer) act(ctx context.Context, now time.Time) (acted bool, err error) {
	if ask, ok := o.config.Desk.Asked(o.folder); ok && o.runAsked(ctx, ask) {
		return true, nil
	}
	due := o.plan.Due(o.record, now)
	slots, files := len(due.Missed)+len(due.Run) > 0, o.filesAreDue(now)
	if !slots && !files {
		return false, nil
	}
	if err := o.reload(); err != nil && slots {
		return false, err // a run for files fails of it itself, and that is reported
	}
	if o.paused {
		return false, nil // what is due is dealt with once it is resumed
	}
	if files && o.isPurged() {
		o.log.Info("the reports were deleted, as the terms do not have them kept any longer (retention): no run is made of an empty inbox")
		o.pending, files = false, false
	}
	due = o.plan.Due(o.record, now)
	if len(due.Missed) > 0 {
		return true, o.miss(due.Missed, now)
	}
	switch {
	case o.hold() > 0:
	case len(due.Run) > 0 && o.slots.ready(o.config.Now(), due.Run[0].Slot):
		f := due.Run[0]
		o.run(ctx, Job{Folder: o.folder, Trigger: f.Trigger, Slot: f.Slot})
		return true, nil
	case files:
		o.run(ctx, Job{Folder: o.folder, Trigger: tender.ByFiles})
		return true, nil
	}
	return false, nil
}

// runAsked makes the run that a person asked for: also of an offer that is paused or parked.
func (o *offer) runAsked(ctx context.Context, ask Ask) (acted bool) {
	if err := o.reload(); err != nil {
		o.problem("the ledger cannot be read", err) // the run says so, too
	}
	if !o.run(ctx, Job{Folder: o.folder, Trigger: tender.ByHand, Asked: ask}) {
		return false // the scheduler stops
	}
	o.config.Desk.served(o.folder)
	return true
}

// filesAreDue reports whether a run for files is to be made: the quiet period has passed, the
// terms can be read, and the offer was launched.
func (o *offer) filesAreDue(now time.Time) bool {
	return o.pending && o.isQuiet() && o.fault == "" && !now.Before(o.plan.At(now).Launch) &&
		o.arrived.ready(o.config.Now(), schedule.Slot{})
}

// isPurged reports whether the inbox is empty because the terms do not have reports kept any longer.
func (o *offer) isPurged() bool {
	_, terms := o.files["/"+offerName]
	return o.purged && terms && len(o.files) == 1
}

// miss records slots as missed.
func (o *offer) miss(missed []schedule.Miss, now time.Time) error {
	if _, err := o.config.Run(o.server.runs, Job{Folder: o.folder, Missed: missed}); err != nil {
		return err
	}
	err := o.reload()
	for _, m := range missed {
		if !o.record.Decided(m.Slot) {
			o.record.Add(schedule.Entry{At: now, Slot: m.Slot, Outcome: schedule.Missed, Own: true})
		}
	}
	return err
}

// run makes a run, unless the scheduler is to stop, and reports whether it did.
func (o *offer) run(ctx context.Context, job Job) bool {
	leave, admitted := o.admitted(ctx, job)
	defer leave()
	if !admitted || ctx.Err() != nil {
		return false
	}
	o.noteProgress(&job)
	defer o.noteProgress(nil)
	quiet := o.isQuiet()
	outcome, err := o.make(job)
	o.own = true
	o.survived()
	if err == nil && !job.Slot.At.IsZero() {
		// Should the ledger be lost, this is known.
		o.record.Add(schedule.Entry{At: o.now(), Slot: job.Slot, Outcome: schedule.Ran, Own: true})
	}
	if failed := o.reload(); failed != nil {
		o.problem("the ledger cannot be read", failed)
	}
	o.after(job, outcome, quiet)
	return true
}

// after decides what becomes of a run that was made: done, or to be tried again.
func (o *offer) after(job Job, outcome Outcome, quiet bool) {
	again := &o.slots
	if job.Trigger == tender.ByFiles {
		again = &o.arrived
	}
	open := !job.Slot.At.IsZero() && !o.record.Decided(job.Slot)
	switch {
	case job.Trigger == tender.ByHand: // who asked for it sees how it ended, and can ask again
		o.pending = o.pending && (!quiet || outcome != Ended)
	case outcome == Busy:
		*again = retry{job.Slot, o.config.Now(), firstRetry}
		o.log.Info("another run holds the offer; trying again in a minute", "trigger", string(job.Trigger))
	case outcome == Transient:
		*again = retry{job.Slot, o.config.Now(), again.longer(lastTransient)}
		o.log.Warn("the machine did not let the run finish (disk, memory or open files); trying again",
			"trigger", string(job.Trigger), "slot", slotName(job.Slot), "in", again.pause.String())
	case open:
		*again = retry{job.Slot, o.config.Now(), again.longer(lastRetry)}
		o.log.Error("the run left no entry in the ledger; trying again", "slot", job.Slot.String(),
			"in", again.pause.String())
	default:
		*again = retry{}
		o.pending = o.pending && !quiet // what moved is for a run of its own
	}
}

// make makes a run. An outcome that is not known is an error.
func (o *offer) make(job Job) (outcome Outcome, err error) {
	o.config.Observe(Running{Folder: o.folder, Job: job, Runs: true})
	defer func() { o.config.Observe(Running{Folder: o.folder, Job: job, Fault: err}) }()
	outcome, err = o.config.Run(o.server.runs, job)
	if outcome < Ended || outcome > Transient {
		err = errors.Join(err, fmt.Errorf("internal error: the outcome %d of a run is not known; please report it", outcome))
	}
	if err != nil && outcome != Busy {
		o.log.Error("the run failed", "trigger", string(job.Trigger), "slot", slotName(job.Slot), "error", err.Error())
	}
	return outcome, err
}

// slotName is the slot of a run, "" for files.
func slotName(s schedule.Slot) string {
	if s.At.IsZero() {
		return ""
	}
	return s.String()
}

// admitted waits until a run has its turn. It has none if the scheduler is to stop, or if
// meanwhile a date of the offer came, whose run goes first. leave is to be called in any
// case.
func (o *offer) admitted(ctx context.Context, job Job) (leave func(), admitted bool) {
	since := o.config.Now()
	due := job.Slot.At
	if due.IsZero() {
		due = since
	}
	t := o.server.admission.ask(o.rank(job, since), due, o.need, o.deaths.Count > 0)
	leave = func() { o.server.admission.leave(t) }
	if ended(t.admitted) {
		return leave, true
	}
	usage := o.server.admission.usage()
	o.log.Info("waiting for other runs to end", "trigger", string(job.Trigger), "slot", slotName(job.Slot),
		"needs", megabytes(t.need),
		"running", usage.Running, "in_use", megabytes(usage.Memory), "waiting", usage.Waiting)
	o.config.Observe(Waiting{o.folder, true})
	defer o.config.Observe(Waiting{o.folder, false})
	seen := o.files
	for {
		look := time.NewTimer(min(o.config.Poll, maxIdle))
		select {
		case <-t.admitted:
		case <-ctx.Done():
		case <-look.C:
			o.noteProgress(nil)
			if job.Trigger != tender.ByDate && job.Trigger != tender.ByHand && o.dateIsDue() {
				return leave, false
			}
			seen = o.needAgain(seen)
			o.server.admission.change(t, o.rank(job, since), o.need)
			continue
		}
		look.Stop()
		return leave, ctx.Err() == nil
	}
}

// needAgain works out the need of a run that waits again if files have moved since they were
// seen. Whether they make a run of their own is decided after it.
func (o *offer) needAgain(seen files) files {
	found, _, err := scanFiles(o.folder)
	if err != nil || !found.moved(seen) {
		return seen
	}
	if err := o.reload(); err != nil {
		o.problem("the ledger cannot be read", err)
	}
	return found
}

// dateIsDue reports whether a run after one of the offer's dates is to be made now.
func (o *offer) dateIsDue() bool {
	due := o.plan.Due(o.record, o.now())
	return len(due.Run) > 0 && due.Run[0].Trigger == tender.ByDate
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }

// wait is how long there is nothing to do.
func (o *offer) wait(now time.Time) time.Duration {
	wait := min(o.config.Poll, maxIdle)
	var next schedule.Slot
	if slots := o.plan.Next(now, 1); len(slots) > 0 {
		next = slots[0]
		wait = min(wait, next.At.Sub(now))
	}
	if next != o.next || !o.waits {
		o.next, o.waits = next, true
		o.config.Observe(NextSlot{o.folder, next})
		o.log.Info("waiting", "next", cmp.Or(slotName(next), "files"))
	}
	if hold := o.hold(); hold > 0 {
		wait = min(wait, hold)
	}
	now = o.config.Now()
	files := retry{tried: o.stillSince, pause: o.config.QuietPeriod}
	if !o.pending && !o.unread() {
		files = retry{}
	}
	for _, until := range []retry{files, o.slots, o.arrived} {
		if rest := until.rest(now); rest > 0 {
			wait = min(wait, rest)
		}
	}
	return max(wait, time.Millisecond)
}

// unread reports whether offer.yaml was changed and is not read yet.
func (o *offer) unread() bool {
	terms := o.files["/"+offerName]
	return terms.size != o.terms.size || !terms.changed.Equal(o.terms.changed)
}
