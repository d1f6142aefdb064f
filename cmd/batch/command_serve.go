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
own dates, and when files arrive in its inbox or its terms change. It notices offers
that are added, changed or removed. On SIGTERM or an interrupt it begins no new run,
lets those under way end within --grace, and stops. On SIGHUP it does the same, then
goes on with the settings as they are by then.

Runs wait for one another so that together they do not need more memory than there is.

Settings are read from FOLDER/batch.yaml, if it is there. Only one serve can use a
folder: a second ends with exit code 5. With a wrong command line or wrong settings
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
				return installed, named.put(c, &installed.Serve)
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
	flags.DurationVar(&named.Poll, "poll", 0, "how often the folders are looked through (as shares report no new files) (default: as in batch.yaml, or 30s)")
	flags.DurationVar(&named.Settle, "settle", 0, "how long a file must be unchanged before it is used (default: as in batch.yaml, or 10s)")
	flags.DurationVar(&named.Grace, "grace", 0, "how long runs may go on when the service is stopped, before they are interrupted (default: as in batch.yaml, or 2m)")
	flags.IntVar(&named.Runs, "runs", 0, "how many runs are made at once at most (default: as in batch.yaml, or as many as there are processors)")
	flags.StringVar(&named.memory, "memory", "", "how much memory runs may need together, such as 2GiB (default: as in batch.yaml, or by what there is)")
	flags.StringVar(&config, "config", "", "read the settings from this `FILE` instead of FOLDER/batch.yaml")
	flags.StringVar(&format, "log", "auto", "form of the log: auto, text, json or off")
	return c
}

// serveFlags are the settings that can be given on the command line, too.
type serveFlags struct {
	settings.Serve
	memory string
}

// put puts what was named on the command line in the place of the settings.
func (f *serveFlags) put(c *cobra.Command, s *settings.Serve) error {
	for name, d := range map[string]struct {
		flag    time.Duration
		setting *time.Duration
	}{
		"poll":   {f.Poll, &s.Poll},
		"settle": {f.Settle, &s.Settle},
		"grace":  {f.Grace, &s.Grace},
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
		if f.Runs < 1 || f.Runs > settings.MaxRuns {
			return usage(c, fmt.Errorf("--runs %d is not from 1 to %d", f.Runs, settings.MaxRuns))
		}
		s.Runs = f.Runs
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

// service does what the scheduler decides: runs, ledgers, notices, metrics.
type service struct {
	*monitor.Monitor
	world     world
	heartbeat atomic.Pointer[time.Time] // when the loop last turned

	named sync.Mutex
	ids   map[string]string // of the offers by folder
	zones map[string]*time.Location

	reminders monitor.Reminders
}

func (w world) newService(installed settings.Settings, log *slog.Logger) *service {
	s := &service{world: w, Monitor: monitor.New(w.installation(), installed, metrics.New(w.version), log), ids: map[string]string{}, zones: map[string]*time.Location{}}
	s.OfferID, s.Reminds = s.id, !installed.Serve.Remind.Never
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
		log.Error("the settings cannot be read again; going on with those that hold", "error", err)
	}
}

// serve is the scheduler with runs, ledgers and settings put in.
func (w world) serve(ctx context.Context, folder string, installed settings.Settings, log *slog.Logger) error {
	s := w.newService(installed, log)
	s.reminders.Read(filepath.Join(folder, monitor.RemindedName), log)
	defer s.Notices.Wait()
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
		Poll: installed.Serve.Poll, Settle: installed.Serve.Settle, Grace: installed.Serve.Grace,
		Load: s.load, History: pipeline.SlotHistory, Run: s.runJob, Missed: s.recordMissed,
		Busy:      func(err error) bool { return errors.Is(err, ledger.ErrBusy) },
		Transient: offerfolder.Transient, Died: s.died, Need: func(folder string) int64 { return pipeline.Need(folder, w.now()) },
		Runs: runs, Memory: memory,
		Next: s.next, Broken: s.broken, Dropped: s.forget, Beat: s.turned, Wait: s.waits, Parked: s.parked, Idle: s.remind,
	})
}

// notifySystemd gives the service manager a state, if there is one that listens. Whether it
// heard, it shows itself: without a sign of life it starts the service again.
func notifySystemd(state string) { _, _ = daemon.SdNotify(false, state) }

// died notes which runs of an offer died with the service.
func (s *service) died(folder string) (serve.Deaths, error) {
	d, err := pipeline.NoteDeaths(context.Background(), s.request(folder, schedule.OnFiles, schedule.Slot{}))
	return serve.Deaths(d), err
}

// waits shows that a run waits for its turn, or no longer.
func (s *service) waits(folder string, waits bool) {
	s.Board.Update(s.id(folder), func(o *metrics.Offer) { o.Waiting = waits })
}

// parked sends a notice of an offer whose runs the service died of, and shows it until one
// comes to an end.
func (s *service) parked(folder string, deaths serve.Deaths) {
	id := s.id(folder)
	s.Board.Update(id, func(o *metrics.Offer) { o.Parked = deaths.Parked() })
	if !deaths.Parked() {
		return
	}
	now := s.world.now()
	zone := cmp.Or(monitor.ZoneOf(folder), time.UTC)
	s.Report(notify.Event{Kind: notify.Failure, At: now, Zone: zone, Offer: id, Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Failed), Title: "parked: the service died in its runs",
		Message: fmt.Sprintf("the service died in each of the last %d runs of this offer, also with nothing else under way; it is tried again at %s, and when its files or terms change", deaths.Count, toTheSecond(deaths.Next().In(zone))),
		Advice:  "see in the log how the service ended; give it more memory, replace the file that it cannot bear, or run the offer by hand"})
}

// listen answers Prometheus and health checks, until what it returns is
// called.
func (s *service) listen(ctx context.Context, address string) (closed func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w; choose another address", err)
	}
	s.Log.Info("metrics", "address", listener.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	alive := metrics.Alive(s.world.now, func() time.Time { return *s.heartbeat.Load() }, 3*s.Settings.Serve.Poll+time.Minute)
	ready := s.Board.Ready(s.loaded)
	var done sync.WaitGroup
	done.Go(func() {
		if err := metrics.Serve(ctx, listener, s.Board.Handler(alive, ready)); err != nil {
			s.Log.Error("metrics are not served any more", "error", err)
		}
	})
	return func() { stop(); done.Wait() }, nil
}

// turned notes that the loop and all offers turned, and says so to the service manager.
func (s *service) turned(load serve.Load) {
	now := s.world.now()
	s.heartbeat.Store(&now)
	notifySystemd(fmt.Sprintf("%s\n%s\nSTATUS=%d offers, %d runs under way, %d waiting", daemon.SdNotifyReady, daemon.SdNotifyWatchdog, load.Offers, load.Running, load.Waiting))
}

// loaded reports whether the terms of any offer were read.
func (s *service) loaded() bool {
	s.named.Lock()
	defer s.named.Unlock()
	return len(s.ids) > 0
}

// load reads the terms of an offer. Two offers of one id could not be distinguished
// by the people who get the notices.
func (s *service) load(folder string) (schedule.Plan, error) {
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
	s.named.Lock()
	defer s.named.Unlock()
	for other, taken := range s.ids {
		if taken == id && other != folder {
			return schedule.Plan{}, &offerfolder.UsageError{Message: fmt.Sprintf("%s has the id %q, too; give each offer an id of its own", other, id)}
		}
	}
	if was := cmp.Or(s.ids[folder], filepath.Base(folder)); was != id {
		s.Board.Remove(was) // it was shown under its folder's name, or has a new id
	}
	s.ids[folder], s.zones[folder] = id, terms.Zone()
	return terms.Plan(), nil
}

// id is the id of the offer in a folder as it was last read, or what [offerID] says
// before it was. An id that another offer has is not its own: it goes by its folder's
// name.
func (s *service) id(folder string) string {
	s.named.Lock()
	defer s.named.Unlock()
	if known := s.ids[folder]; known != "" {
		return known
	}
	id := monitor.OfferID(folder)
	for _, taken := range s.ids {
		if taken == id {
			return filepath.Base(folder)
		}
	}
	return id
}

// zone is that of the offer in a folder as its terms were last read, nil if they never
// were.
func (s *service) zone(folder string) *time.Location {
	s.named.Lock()
	defer s.named.Unlock()
	return s.zones[folder]
}

// next shows when an offer is run next.
func (s *service) next(folder string, slot schedule.Slot) {
	s.ShowMetrics(s.id(folder), folder, false)
	s.Board.Update(s.id(folder), func(o *metrics.Offer) { o.NextSlot = slot.At })
}

// broken reports terms that cannot be read, and shows it until they can.
func (s *service) broken(folder string, err error) {
	id := s.id(folder)
	s.Board.Update(id, func(o *metrics.Offer) { o.Broken = err != nil })
	if err != nil {
		now := s.world.now()
		s.Report(notify.Event{Kind: notify.Failure, At: now, Zone: s.zone(folder), Offer: id, Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.Usage), Message: monitor.WithoutFolder(err.Error(), folder)})
	}
}

// forget drops an offer.
func (s *service) forget(folder string) {
	s.Board.Remove(s.id(folder))
	s.named.Lock()
	defer s.named.Unlock()
	delete(s.ids, folder)
	delete(s.zones, folder)
}

// recordMissed notes slots that passed, and reports all of them in one notice: after
// a night without the service there may be hundreds.
func (s *service) recordMissed(offer string, missed []schedule.Miss) (err error) {
	var noted []schedule.Miss
	for _, m := range missed {
		err = pipeline.RecordMissed(s.request(offer, schedule.OnSchedule, m.Slot), m.Why)
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
		s.ReportMissed(offer, noted)
	}
	return err
}

// runJob makes one run of the scheduler.
func (s *service) runJob(ctx context.Context, job serve.Job) error {
	o, err := s.Run(ctx, s.request(job.Folder, job.Trigger, job.Slot))
	if err == nil && job.Trigger == schedule.OnFiles {
		for _, remark := range monitor.RemarksOf(o) {
			s.Log.Warn("to look at", "offer", s.id(job.Folder), "what", remark)
		}
	}
	if errors.Is(err, ledger.ErrDecided) {
		return nil // another process dealt with the slot
	}
	return err
}

// request is what the scheduler asks of a run.
func (s *service) request(folder string, trigger schedule.Trigger, slot schedule.Slot) pipeline.Request {
	var req pipeline.Request
	s.world.fill(&req, folder)
	req.Trigger, req.Log, req.Wait = ledger.Trigger(trigger), s.Log, busyWait
	if !slot.At.IsZero() {
		req.Slot = slot.String()
	}
	return req
}

// remind reports, once a day at the time that batch.yaml names, the findings of an offer
// that are open although nothing has happened on that day. Notices of a run that was
// published on the day have reported them already.
func (s *service) remind(folder string) {
	zone := s.zone(folder)
	if zone == nil {
		return // the terms were never read
	}
	now := s.world.now().In(zone)
	name, day := filepath.Base(folder), tender.DateOf(now).String()
	if !s.Settings.Serve.Remind.Passed(now) || !s.reminders.First(name, day) {
		return
	}
	u, err := pipeline.UnsettledOf(folder)
	if err != nil {
		s.Log.Warn("it is not known whether findings are open", "offer", s.id(folder), "error", err)
		return
	}
	if u == nil || tender.DateOf(u.Reported.In(zone)).String() == day {
		return
	}
	if err := s.reminders.Sent(s.world.disk, name, day); err != nil {
		s.Log.Warn("a reminder could not be noted; it may come twice today", "offer", s.id(folder), "error", err)
	}
	s.Report(monitor.ReminderOf(s.id(folder), u, now))
}
