package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

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

// serveName is what the command is called.
const serveName = "serve"

func newServeCommand(w world) *cobra.Command {
	var named serveFlags
	var config, format string
	c := &cobra.Command{
		Use:   "serve FOLDER",
		Short: "Run every offer of a folder when it is due and when files arrive",
		Long: `serve runs every offer in FOLDER on its own schedule and in its own zone, after its
own dates, and when files arrive in its inbox or its terms change. New, changed and
removed offers are noticed. It runs until it gets SIGTERM or an interrupt: then it
starts no new run, and runs in progress have the grace period to finish. On SIGHUP it
does the same, and continues with the settings as they are then.

Runs wait for one another so that together they do not need more memory than there is.

Settings are read from FOLDER/batch.yaml, if it exists. Only one serve can run on a
folder: a second ends with exit code 5. If the command line or the settings are wrong,
the exit code is 78.`,
		Example: `  batch serve /srv/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			read := func() (settings.Settings, error) {
				from, name := readSettings, config
				if config == "" {
					from, name = settingsIn, args[0]
				}
				installed, err := from(name)
				if err != nil {
					return installed, err
				}
				return installed, named.put(c, &installed)
			}
			installed, err := read()
			if err != nil {
				return err
			}
			log, err := w.newLogger(format)
			if err != nil {
				return err
			}
			signal.Ignore(syscall.SIGPIPE) // a log that is not read any more must not end it
			return w.serveUntilStopped(c.Context(), args[0], installed, read, log)
		},
	}
	flags := c.Flags()
	usual := settings.Default().Serve
	flags.DurationVar(&named.poll, "poll", usual.Poll, "scan the folders at least this often; comes before serve.poll of batch.yaml")
	flags.DurationVar(&named.quietPeriod, "quiet-period", usual.QuietPeriod,
		"how long a file must be unchanged before it is used; comes before serve.quiet_period of batch.yaml")
	flags.DurationVar(&named.settle, "settle", usual.QuietPeriod, "the old name of --quiet-period")
	flags.DurationVar(&named.grace, "grace", usual.Grace, "when stopped, let runs finish for this long; comes before serve.grace of batch.yaml")
	flags.IntVar(&named.runs, "runs", 0, "make at most this many runs at once (default: as in batch.yaml, or as many as there are processors)")
	flags.StringVar(&named.memory, "memory", "",
		"let runs together need at most this much memory, such as 2GiB (default: as in batch.yaml, or by what the machine has)")
	flags.StringVar(&config, "config", "", "read the settings from this `FILE` instead of FOLDER/batch.yaml")
	flags.StringVar(&format, "log", "auto", "format of the log: auto, text, json or off")
	flags.Lookup("settle").Hidden = true
	return c
}

// serveFlags are the settings that can be given on the command line, too.
type serveFlags struct {
	poll, quietPeriod, settle, grace time.Duration
	runs                             int
	memory                           string
}

// put lets the flags of the command line replace the settings.
func (f *serveFlags) put(c *cobra.Command, to *settings.Settings) error {
	s := &to.Serve
	if c.Flags().Changed("settle") {
		if c.Flags().Changed("quiet-period") {
			return usage(c, errors.New("--settle is the old name of --quiet-period; keep --quiet-period"))
		}
		to.Deprecated = append(to.Deprecated, "--settle is now called --quiet-period; use that name")
	}
	for name, d := range map[string]struct {
		flag    time.Duration
		setting *time.Duration
	}{
		"poll":         {f.poll, &s.Poll},
		"quiet-period": {f.quietPeriod, &s.QuietPeriod},
		"settle":       {f.settle, &s.QuietPeriod},
		"grace":        {f.grace, &s.Grace},
	} {
		if !c.Flags().Changed(name) {
			continue
		}
		if d.flag <= 0 {
			return usage(c, fmt.Errorf("--%s %s is not above zero", name, d.flag))
		}
		*d.setting = d.flag
	}
	if c.Flags().Changed("runs") {
		if f.runs < 1 || f.runs > settings.MaxRuns {
			return usage(c, fmt.Errorf("--runs %d is not from 1 to %d", f.runs, settings.MaxRuns))
		}
		s.Runs = f.runs
	}
	if c.Flags().Changed("memory") {
		bytes, wrong := settings.ParseMemory(f.memory)
		if wrong != "" {
			return usage(c, fmt.Errorf("--memory %s %s", notify.Line(f.memory, 60), wrong))
		}
		s.Memory = bytes
	}
	return nil
}

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

// serveUntilStopped serves until the context is done. On a hangup it stops as it does
// then, reads the settings again and goes on; with settings that are wrong it goes on
// with those it has.
func (w world) serveUntilStopped(ctx context.Context, folder string, installed settings.Settings, read func() (settings.Settings, error), log *slog.Logger) (err error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		// Not an error of usage, after which the service would stay down: a share may come.
		return fmt.Errorf("%s is not a folder; name the one that holds the offers' folders", folder)
	}
	unlock, err := serve.Lock(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	w = w.forgetSecrets()
	defer context.AfterFunc(ctx, func() { notifySystemd(daemon.SdNotifyStopping) })()
	for {
		round, stop := context.WithCancel(ctx)
		next := make(chan *settings.Settings, 1)
		go func() { defer stop(); next <- w.awaitHangup(round, read, log) }()
		err := w.serve(round, folder, installed, log)
		stop()
		again := <-next
		if again == nil || err != nil {
			return err
		}
		installed = *again
	}
}

// awaitHangup waits for a hangup and returns the settings as they are then, nil if the
// context is done before.
func (w world) awaitHangup(ctx context.Context, read func() (settings.Settings, error), log *slog.Logger) *settings.Settings {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.hangups:
		}
		installed, err := read()
		if err == nil {
			log.Info("reading the settings again")
			return &installed
		}
		log.Error("the settings cannot be read; correct them and send SIGHUP again, until then the old ones stay in force", "error", err)
	}
}

// serve is the scheduler with runs, ledgers and settings put in.
func (w world) serve(ctx context.Context, folder string, installed settings.Settings, log *slog.Logger) error {
	for _, old := range installed.Deprecated {
		log.Warn(old)
	}
	s := w.newService(installed, log)
	s.reminders.Read(filepath.Join(folder, monitor.RemindedName), log)
	defer s.monitor.Notices.Wait()
	if address := installed.Metrics.Listen; address != "" {
		closed, err := s.listen(ctx, address)
		if err != nil {
			return err
		}
		defer closed()
	}
	runs, memory := cmp.Or(installed.Serve.Runs, usualRuns()), cmp.Or(installed.Serve.Memory, budget(os.DirFS("/")))
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory / 10 * 9) // the rest is for what Go does not count, such as the program itself
	}
	log.Info("runs at once", "runs", runs, "memory", fmt.Sprintf("%d MiB", memory>>20))
	return serve.Serve(ctx, serve.Config{
		Folder: folder, Now: w.now, Log: log,
		Poll: installed.Serve.Poll, QuietPeriod: installed.Serve.QuietPeriod, Grace: installed.Serve.Grace,
		Load: s.load, Run: s.do, Observe: s.observe, Runs: runs, Memory: memory,
	})
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
		s.monitor.Log.Error("internal error: an event is not known, and was not shown; please report it", "type", fmt.Sprintf("%T", e))
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
	s.monitor.Report(notify.Event{Kind: notify.Failure, At: now, Zone: zone, Offer: id, Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Failed), Title: "parked: the service died in its runs",
		Message: fmt.Sprintf("the service died in each of the last %d runs of this offer, also with nothing else running; it is tried again at %s, and when its files or terms change", deaths.Count, toTheSecond(deaths.NextTry().In(zone))),
		Advice:  "check in the log how the service ended; give it more memory, replace the file that makes it fail, or run the offer by hand"})
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
	alive := metrics.Alive(s.world.now, func() time.Time { return *s.heartbeat.Load() }, 3*s.monitor.Settings.Serve.Poll+time.Minute)
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
	notifySystemd(fmt.Sprintf("%s\n%s\nSTATUS=%d offers, %d runs under way, %d waiting", daemon.SdNotifyReady, daemon.SdNotifyWatchdog, load.Offers, load.Running, load.Waiting))
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
			return schedule.Plan{}, &offerfolder.UsageError{Message: fmt.Sprintf("%s has the id %q, too; give each offer an id of its own", other, id)}
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
		s.monitor.Report(notify.Event{Kind: notify.Failure, At: now, Zone: s.known(folder).zone, Offer: id, Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Usage), Message: monitor.WithoutFolder(err.Error(), folder)})
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
		s.monitor.Log.Warn("a reminder could not be recorded; it may be sent twice today", "offer", s.id(folder), "error", err)
	}
	s.monitor.Report(monitor.ReminderOf(s.id(folder), u, now))
}
