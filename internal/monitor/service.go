package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/need"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
)

// busyWait is how long a run of the scheduler waits for another one; then it is
// tried again, and others can have its memory meanwhile.
const busyWait = 5 * time.Second

// Service does what the scheduler decides, and reports it: runs, ledgers, notices, metrics.
type Service struct {
	Monitor *Monitor
	// Watch is called now and then with how many more rows a run has dealt with; it may be nil. Any
	// goroutine may call it.
	Watch func(folder string, stage pipeline.Stage, rows int)

	program   Program
	heartbeat atomic.Pointer[time.Time] // when the loop was last at work

	mu     sync.Mutex
	offers map[string]known // by folder

	reminders Reminders
}

// known is what the service knows of an offer; the terms are as they were last read.
type known struct {
	id          string // "" if the terms were never read
	zone        *time.Location
	deathsNoted bool
}

// NewService is the service for settings. reminded is the file that keeps the days of the
// reminders; see [RemindedName].
func NewService(in Program, installed settings.Settings, reminded string, log *slog.Logger) *Service {
	s := &Service{Monitor: New(in, installed, metrics.New(in.Version), log), program: in, offers: map[string]known{}}
	s.Monitor.OfferID, s.Monitor.Reminds = s.id, !installed.Serve.Remind.Never
	s.reminders.Read(reminded, log)
	s.beat()
	return s
}

// Observe shows and reports what happens in the scheduler.
func (s *Service) Observe(e serve.Event) {
	switch e := e.(type) {
	case serve.NextSlot:
		s.next(e.Folder, e.Slot)
	case serve.TermsBroken:
		s.broken(e.Folder, e.Fault)
	case serve.TermsRead:
		s.broken(e.Folder, nil)
	case serve.Dropped:
		s.forget(e.Folder)
	case serve.Waiting:
		s.Monitor.Board.Update(s.id(e.Folder), func(o *metrics.Offer) { o.Waiting = e.Waits })
	case serve.Parked:
		s.parked(e.Folder, e.Deaths)
	case serve.Idle:
		s.remind(e.Folder)
	case serve.Heartbeat:
		s.beat()
	case serve.Running: // the entries of the run say it
	default:
		s.Monitor.Log.Error("internal error: an event is not known, and was not shown; please report it",
			"type", fmt.Sprintf("%T", e))
	}
}

// parked sends a notice of an offer whose runs the service died of, and shows it until one
// comes to an end.
func (s *Service) parked(folder string, deaths schedule.Deaths) {
	id := s.id(folder)
	s.Monitor.Board.Update(id, func(o *metrics.Offer) { o.Parked = deaths.Parked() })
	if !deaths.Parked() {
		return
	}
	now := s.program.Now()
	zone := offerfolder.ZoneOf(folder)
	s.Monitor.report(notify.Event{Kind: notify.Failure, At: now, Zone: zone, Offer: id,
		Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Failed), Title: "parked: the service died in its runs",
		Message: fmt.Sprintf("the service died in each of the last %d runs of this offer, also with nothing else "+
			"running; it is tried again at %s, and when its files or terms change", deaths.Count,
			tender.WallTime(deaths.NextTry().Truncate(time.Second), zone)),
		Advice: "check in the log how the service ended; give it more memory, replace the file that makes it fail, or " +
			"run the offer by hand"})
}

// Parked sends a notice of a run of an offer that is not tried again, and why.
func (m *Monitor) Parked(offer, slot, why string) {
	now := m.now()
	m.report(notify.Event{Kind: notify.Failure, At: now, Zone: time.UTC, Offer: offer, Slot: slot,
		Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Failed), Title: "parked: the run goes on failing", Message: why,
		Advice: "check in the log of the workers how it ended; then run it from the console, or bring a file or terms that are right"})
}

// Listen answers Prometheus and health checks, until what it returns is
// called.
func (s *Service) Listen(ctx context.Context, address string) (closed func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w; choose another address", err)
	}
	s.Monitor.Log.Info("metrics", "address", listener.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	alive := metrics.Alive(s.program.Now, func() time.Time { return *s.heartbeat.Load() },
		3*s.Monitor.Settings.Serve.Poll+time.Minute)
	ready := s.Monitor.Board.Ready(s.loaded)
	var done sync.WaitGroup
	done.Go(func() {
		if err := metrics.Serve(ctx, listener, s.Monitor.Board.Handler(alive, ready)); err != nil {
			s.Monitor.Log.Error("metrics are no longer served; restart the service", "error", err)
		}
	})
	return func() { stop(); done.Wait() }, nil
}

// beat notes that the loop and all offers are at work.
func (s *Service) beat() {
	now := s.program.Now()
	s.heartbeat.Store(&now)
}

// loaded reports whether the terms of any offer were read.
func (s *Service) loaded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.offers {
		if k.id != "" {
			return true
		}
	}
	return false
}

// Load reads what an offer is planned from. Runs that died with the service are noted first,
// once: later no run dies without it.
func (s *Service) Load(folder string) (state serve.OfferState, err error) {
	state.Plan, state.Fault = s.loadTerms(folder)
	state.Need = need.Of(folder, s.program.Now())
	if !s.known(folder).deathsNoted {
		if err := pipeline.NoteDeaths(context.Background(), s.request(folder, tender.ByFiles, schedule.Slot{})); err != nil {
			return state, err
		}
		s.change(folder, func(k *known) { k.deathsNoted = true })
	}
	if state.Entries, state.Deaths, err = pipeline.SlotHistory(folder); err != nil {
		return state, err
	}
	pause, err := pipeline.PauseOf(folder)
	state.Paused = pause != nil
	return state, err
}

// loadTerms reads the terms of an offer. Two offers of one id could not be distinguished
// by the people who get the notices.
func (s *Service) loadTerms(folder string) (schedule.Plan, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return schedule.Plan{}, err
	}
	id := terms.AsOf(time.Time{}).ID
	for _, d := range terms.AsOf(s.program.Now()).Depositaries {
		if d.PasswordEnv != "" {
			s.program.Getenv(d.PasswordEnv) // it leaves the environment, and is masked from here on
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, k := range s.offers {
		if k.id == id && other != folder {
			return schedule.Plan{}, &offerfolder.UsageError{Message: fmt.Sprintf("%s has the id %q, too; give each offer "+
				"an id of its own", other, id)}
		}
	}
	k := s.offers[folder]
	if was := cmp.Or(k.id, filepath.Base(folder)); was != id {
		s.Monitor.Board.Remove(was) // it was shown under its folder's name, or has a new id
	}
	k.id, k.zone = id, terms.Zone()
	s.offers[folder] = k
	return terms.Plan(), nil
}

// known is what is known of the offer in a folder.
func (s *Service) known(folder string) known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers[folder]
}

// change changes what is known of the offer in a folder.
func (s *Service) change(folder string, change func(*known)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.offers[folder]
	change(&k)
	s.offers[folder] = k
}

// id is the id of the offer in a folder as it was last read, or what [offerID] says
// before it was. An id that another offer has is not its own: it goes by its folder's
// name.
func (s *Service) id(folder string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.offers[folder].id; known != "" {
		return known
	}
	id := offerID(folder)
	for _, k := range s.offers {
		if k.id == id {
			return filepath.Base(folder)
		}
	}
	return id
}

// next shows when an offer is run next.
func (s *Service) next(folder string, slot schedule.Slot) {
	s.Monitor.showMetrics(s.id(folder), folder, false)
	s.Monitor.Board.Update(s.id(folder), func(o *metrics.Offer) { o.NextSlot = slot.At })
}

// broken reports terms that cannot be read, and shows it until they can be; nil: they can.
func (s *Service) broken(folder string, err error) {
	id := s.id(folder)
	s.Monitor.Board.Update(id, func(o *metrics.Offer) { o.Broken = err != nil })
	if err != nil {
		now := s.program.Now()
		s.Monitor.report(notify.Event{Kind: notify.Failure, At: now, Zone: s.known(folder).zone, Offer: id,
			Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Usage), Message: WithoutFolder(err.Error(), folder)})
	}
}

// forget drops an offer.
func (s *Service) forget(folder string) {
	s.Monitor.Board.Remove(s.id(folder))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.offers, folder)
}

// recordMissed notes slots that passed, and reports all of them in one notice: after
// a night without the service there may be hundreds.
func (s *Service) recordMissed(ctx context.Context, offer string, missed []schedule.Miss) (err error) {
	var noted []schedule.Miss
	for _, m := range missed {
		err = pipeline.RecordMissed(s.request(offer, tender.BySchedule, m.Slot), m.Why)
		if errors.Is(err, ledger.ErrDecided) {
			err = nil
			continue
		}
		if err != nil {
			break
		}
		noted = append(noted, m)
	}
	if len(noted) > 0 {
		kept.Then(ctx, func() { s.Monitor.reportMissed(offer, noted) })
	}
	return err
}

// Do does a job of the scheduler. A slot that another process dealt with is done.
func (s *Service) Do(ctx context.Context, job serve.Job) (serve.Outcome, error) {
	if len(job.Missed) > 0 {
		return serve.Ended, s.recordMissed(ctx, job.Folder, job.Missed)
	}
	err := s.run(ctx, job)
	switch {
	case errors.Is(err, ledger.ErrDecided):
		return serve.Ended, nil
	case errors.Is(err, ledger.ErrBusy):
		return serve.Busy, err
	case offerfolder.Transient(err):
		return serve.Transient, err
	}
	return serve.Ended, err
}

// run makes one run of the scheduler.
func (s *Service) run(ctx context.Context, job serve.Job) error {
	req := s.request(job.Folder, job.Trigger, job.Slot)
	if job.Asked != (serve.Ask{}) {
		req.By, req.Actor = job.Asked.From, ledger.Actor{Kind: ledger.Account, Name: job.Asked.Name}
	}
	if s.Watch != nil {
		req.Progress = func(stage pipeline.Stage, rows int) { s.Watch(job.Folder, stage, rows) }
	}
	o, err := s.Monitor.Run(ctx, req)
	if err == nil && job.Trigger == tender.ByFiles {
		for _, remark := range remarksOf(o) {
			s.Monitor.Log.Warn("please check", "offer", s.id(job.Folder), "what", remark)
		}
	}
	return err
}

// request is what the scheduler asks of a run.
func (s *Service) request(folder string, trigger tender.Trigger, slot schedule.Slot) pipeline.Request {
	p := s.program
	req := pipeline.Request{
		Folder: folder, Clock: p.Now, Version: p.Version, Getenv: p.Getenv, Disk: p.Disk, By: p.By, Actor: p.Actor,
		Trigger: trigger, Log: s.Monitor.Log, Wait: busyWait,
	}
	if p.Owner != nil {
		req.Owner = p.Owner(folder)
	}
	if !slot.At.IsZero() {
		req.Slot = slot.String()
	}
	return req
}

// remind reports, once a day at the time that batch.yaml names, what waits for people at an
// offer although nothing has happened on that day: open findings, a run that waits for a step
// of its release, a pause.
func (s *Service) remind(folder string) {
	zone := s.known(folder).zone
	if zone == nil {
		return // the terms were never read
	}
	now := s.program.Now().In(zone)
	name, day := filepath.Base(folder), tender.DateOf(now).String()
	if !s.Monitor.Settings.Serve.Remind.Passed(now) || !s.reminders.First(name, day) {
		return
	}
	u, err := UnfinishedOf(folder, now)
	if err != nil {
		s.Monitor.Log.Warn("what waits for people cannot be read; no reminder is sent today", "offer", s.id(folder), "error", err)
		return
	}
	if u.Nothing() {
		return
	}
	if err := s.reminders.Sent(s.program.Disk, name, day); err != nil {
		s.Monitor.Log.Warn("a reminder could not be recorded; it may be sent twice today", "offer", s.id(folder),
			"error", err)
	}
	s.Monitor.report(ReminderOf(s.id(folder), u, now))
}
