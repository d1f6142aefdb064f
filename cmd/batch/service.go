package main

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

	"github.com/coreos/go-systemd/v22/daemon"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/monitor"
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

// service does what the scheduler decides, and reports it: runs, ledgers, notices, metrics.
type service struct {
	monitor   *monitor.Monitor
	world     world
	heartbeat atomic.Pointer[time.Time] // when the loop was last at work

	mu     sync.Mutex
	offers map[string]known // by folder

	reminders monitor.Reminders
}

// known is what the service knows of an offer; the terms are as they were last read.
type known struct {
	id          string // "" if the terms were never read
	zone        *time.Location
	deathsNoted bool
}

func (w world) newService(installed settings.Settings, log *slog.Logger) *service {
	s := &service{
		world: w, monitor: monitor.New(w.installation(), installed, metrics.New(w.version), log), offers: map[string]known{},
	}
	s.monitor.OfferID, s.monitor.Reminds = s.id, !installed.Serve.Remind.Never
	now := w.now()
	s.heartbeat.Store(&now)
	return s
}

// notifySystemd sends the service manager a state, if there is one. An error needs no
// handling: without a heartbeat the service manager restarts the service.
func notifySystemd(state string) { _, _ = daemon.SdNotify(false, state) }

// observe shows and reports what happens in the scheduler.
func (s *service) observe(e serve.Event) {
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
		s.monitor.Board.Update(s.id(e.Folder), func(o *metrics.Offer) { o.Waiting = e.Waits })
	case serve.Parked:
		s.parked(e.Folder, e.Deaths)
	case serve.Idle:
		s.remind(e.Folder)
	case serve.Heartbeat:
		s.beat(e)
	default:
		s.monitor.Log.Error("internal error: an event is not known, and was not shown; please report it",
			"type", fmt.Sprintf("%T", e))
	}
}

// parked sends a notice of an offer whose runs the service died of, and shows it until one
// comes to an end.
func (s *service) parked(folder string, deaths schedule.Deaths) {
	id := s.id(folder)
	s.monitor.Board.Update(id, func(o *metrics.Offer) { o.Parked = deaths.Parked() })
	if !deaths.Parked() {
		return
	}
	now := s.world.now()
	zone := cmp.Or(monitor.ZoneOf(folder), time.UTC)
	s.monitor.Report(notify.Event{Kind: notify.Failure, At: now, Zone: zone, Offer: id,
		Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Failed), Title: "parked: the service died in its runs",
		Message: fmt.Sprintf("the service died in each of the last %d runs of this offer, also with nothing else "+
			"running; it is tried again at %s, and when its files or terms change", deaths.Count,
			toTheSecond(deaths.NextTry().In(zone))),
		Advice: "check in the log how the service ended; give it more memory, replace the file that makes it fail, or " +
			"run the offer by hand"})
}

// listen answers Prometheus and health checks, until what it returns is
// called.
func (s *service) listen(ctx context.Context, address string) (closed func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w; choose another address", err)
	}
	s.monitor.Log.Info("metrics", "address", listener.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	alive := metrics.Alive(s.world.now, func() time.Time { return *s.heartbeat.Load() },
		3*s.monitor.Settings.Serve.Poll+time.Minute)
	ready := s.monitor.Board.Ready(s.loaded)
	var done sync.WaitGroup
	done.Go(func() {
		if err := metrics.Serve(ctx, listener, s.monitor.Board.Handler(alive, ready)); err != nil {
			s.monitor.Log.Error("metrics are no longer served; restart the service", "error", err)
		}
	})
	return func() { stop(); done.Wait() }, nil
}

// beat notes that the loop and all offers are at work, and says so to the service manager.
func (s *service) beat(load serve.Heartbeat) {
	now := s.world.now()
	s.heartbeat.Store(&now)
	notifySystemd(fmt.Sprintf("%s\n%s\nSTATUS=%d offers, %d runs under way, %d waiting", daemon.SdNotifyReady,
		daemon.SdNotifyWatchdog, load.Offers, load.Running, load.Waiting))
}

// loaded reports whether the terms of any offer were read.
func (s *service) loaded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.offers {
		if k.id != "" {
			return true
		}
	}
	return false
}

// load reads what an offer is planned from. Runs that died with the service are noted first,
// once: later no run dies without it.
func (s *service) load(folder string) (state serve.OfferState, err error) {
	state.Plan, state.Fault = s.loadTerms(folder)
	state.Need = pipeline.Need(folder, s.world.now())
	if !s.known(folder).deathsNoted {
		if err := pipeline.NoteDeaths(context.Background(), s.request(folder, tender.ByFiles, schedule.Slot{})); err != nil {
			return state, err
		}
		s.change(folder, func(k *known) { k.deathsNoted = true })
	}
	state.Entries, state.Deaths, err = pipeline.SlotHistory(folder)
	return state, err
}

// loadTerms reads the terms of an offer. Two offers of one id could not be distinguished
// by the people who get the notices.
func (s *service) loadTerms(folder string) (schedule.Plan, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return schedule.Plan{}, err
	}
	id := terms.AsOf(time.Time{}).ID
	for _, d := range terms.AsOf(s.world.now()).Depositaries {
		if d.PasswordEnv != "" {
			s.world.getenv(d.PasswordEnv) // it leaves the environment, and is masked from here on
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
		s.monitor.Board.Remove(was) // it was shown under its folder's name, or has a new id
	}
	k.id, k.zone = id, terms.Zone()
	s.offers[folder] = k
	return terms.Plan(), nil
}

// known is what is known of the offer in a folder.
func (s *service) known(folder string) known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers[folder]
}

// change changes what is known of the offer in a folder.
func (s *service) change(folder string, change func(*known)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.offers[folder]
	change(&k)
	s.offers[folder] = k
}

// id is the id of the offer in a folder as it was last read, or what [monitor.OfferID] says
// before it was. An id that another offer has is not its own: it goes by its folder's
// name.
func (s *service) id(folder string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.offers[folder].id; known != "" {
		return known
	}
	id := monitor.OfferID(folder)
	for _, k := range s.offers {
		if k.id == id {
			return filepath.Base(folder)
		}
	}
	return id
}

// next shows when an offer is run next.
func (s *service) next(folder string, slot schedule.Slot) {
	s.monitor.ShowMetrics(s.id(folder), folder, false)
	s.monitor.Board.Update(s.id(folder), func(o *metrics.Offer) { o.NextSlot = slot.At })
}

// broken reports terms that cannot be read, and shows it until they can be; nil: they can.
func (s *service) broken(folder string, err error) {
	id := s.id(folder)
	s.monitor.Board.Update(id, func(o *metrics.Offer) { o.Broken = err != nil })
	if err != nil {
		now := s.world.now()
		s.monitor.Report(notify.Event{Kind: notify.Failure, At: now, Zone: s.known(folder).zone, Offer: id,
			Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Usage), Message: monitor.WithoutFolder(err.Error(), folder)})
	}
}

// forget drops an offer.
func (s *service) forget(folder string) {
	s.monitor.Board.Remove(s.id(folder))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.offers, folder)
}

// recordMissed notes slots that passed, and reports all of them in one notice: after
// a night without the service there may be hundreds.
func (s *service) recordMissed(offer string, missed []schedule.Miss) (err error) {
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
		s.monitor.ReportMissed(offer, noted)
	}
	return err
}

// do does a job of the scheduler. A slot that another process dealt with is done.
func (s *service) do(ctx context.Context, job serve.Job) (serve.Outcome, error) {
	if len(job.Missed) > 0 {
		return serve.Ended, s.recordMissed(job.Folder, job.Missed)
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
func (s *service) run(ctx context.Context, job serve.Job) error {
	o, err := s.monitor.Run(ctx, s.request(job.Folder, job.Trigger, job.Slot))
	if err == nil && job.Trigger == tender.ByFiles {
		for _, remark := range monitor.RemarksOf(o) {
			s.monitor.Log.Warn("please check", "offer", s.id(job.Folder), "what", remark)
		}
	}
	return err
}

// request is what the scheduler asks of a run.
func (s *service) request(folder string, trigger tender.Trigger, slot schedule.Slot) pipeline.Request {
	var req pipeline.Request
	s.world.fill(&req, folder)
	req.Trigger, req.Log, req.Wait = trigger, s.monitor.Log, busyWait
	if !slot.At.IsZero() {
		req.Slot = slot.String()
	}
	return req
}

// remind reports, once a day at the time that batch.yaml names, the findings of an offer
// that are open although nothing has happened on that day. Notices of a run that was
// published on the day have reported them already.
func (s *service) remind(folder string) {
	zone := s.known(folder).zone
	if zone == nil {
		return // the terms were never read
	}
	now := s.world.now().In(zone)
	name, day := filepath.Base(folder), tender.DateOf(now).String()
	if !s.monitor.Settings.Serve.Remind.Passed(now) || !s.reminders.First(name, day) {
		return
	}
	u, err := pipeline.UnsettledOf(folder)
	if err != nil {
		s.monitor.Log.Warn("the open findings cannot be read; no reminder is sent today", "offer", s.id(folder), "error", err)
		return
	}
	if u == nil || tender.DateOf(u.Reported.In(zone)).String() == day {
		return
	}
	if err := s.reminders.Sent(s.world.disk, name, day); err != nil {
		s.monitor.Log.Warn("a reminder could not be recorded; it may be sent twice today", "offer", s.id(folder),
			"error", err)
	}
	s.monitor.Report(monitor.ReminderOf(s.id(folder), u, now))
}
