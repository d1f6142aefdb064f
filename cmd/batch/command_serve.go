package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

// busyWait is how long a run of the scheduler waits for another one; then it is
// tried again.
const busyWait = time.Minute

func newServeCommand(w world) *cobra.Command {
	var named settings.Serve
	var config, format string
	c := &cobra.Command{
		Use:   "serve FOLDER",
		Short: "Run every offer of a folder when it is due and when files arrive",
		Long: `serve runs every offer in FOLDER on its own schedule and in its own zone, after its
own dates, and when files arrive in its inbox or its terms change. Offers that come,
change or go are noticed. It goes on until it gets SIGTERM or an interrupt; then no
new run begins, and those under way get the grace to end.

Settings are read from FOLDER/batch.yaml, if it is there. One serve at a time can be
on a folder: a second ends with exit code 5.`,
		Example: `  batch serve /srv/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			read, from := readSettings, config
			if config == "" {
				read, from = settingsIn, args[0]
			}
			installed, err := read(from)
			if err != nil {
				return err
			}
			if err := takeFlags(c, named, &installed.Serve); err != nil {
				return err
			}
			log, err := w.newLogger(format)
			if err != nil {
				return err
			}
			return w.serve(c.Context(), args[0], installed, log)
		},
	}
	flags := c.Flags()
	flags.DurationVar(&named.Poll, "poll", 0, "look through the folders at least every such time (default: as in batch.yaml, or 30s)")
	flags.DurationVar(&named.Settle, "settle", 0, "use files once they have not moved for such a time (default: as in batch.yaml, or 10s)")
	flags.DurationVar(&named.Grace, "grace", 0, "when stopped, let runs end for such a time (default: as in batch.yaml, or 2m)")
	flags.StringVar(&config, "config", "", "read the settings from this `FILE` instead of FOLDER/batch.yaml")
	flags.StringVar(&format, "log", "auto", "form of the log: auto, text, json or off")
	return c
}

// takeFlags puts the times that were named on the command line in the place of those
// of the settings.
func takeFlags(c *cobra.Command, named settings.Serve, s *settings.Serve) error {
	for name, d := range map[string]struct {
		flag    time.Duration
		setting *time.Duration
	}{
		"poll":   {named.Poll, &s.Poll},
		"settle": {named.Settle, &s.Settle},
		"grace":  {named.Grace, &s.Grace},
	} {
		if !c.Flags().Changed(name) {
			continue
		}
		if d.flag <= 0 {
			return usage(c, fmt.Errorf("--%s %s is not above zero", name, d.flag))
		}
		*d.setting = d.flag
	}
	return nil
}

// service is what stands around the scheduler: runs, ledgers, notices, metrics.
type service struct {
	*teller
	beat atomic.Pointer[time.Time] // when the loop last turned

	named sync.Mutex
	ids   map[string]string // of the offers by folder
}

func (w world) newService(installed settings.Settings, log *slog.Logger) *service {
	s := &service{teller: w.newTeller(installed, metrics.New(w.version), log), ids: map[string]string{}}
	s.offerID = s.id
	s.turned()
	return s
}

// serve is the scheduler with runs, ledgers and settings put in.
func (w world) serve(ctx context.Context, folder string, installed settings.Settings, log *slog.Logger) (err error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return &batch.UsageError{Message: fmt.Sprintf("%s is not a folder; name the one that holds the offers' folders", folder)}
	}
	unlock, err := serve.Lock(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	s := w.forgetSecrets().newService(installed, log)
	defer s.notices.Wait()
	if address := installed.Metrics.Listen; address != "" {
		closed, err := s.listen(ctx, address)
		if err != nil {
			return err
		}
		defer closed()
	}
	return serve.Serve(ctx, serve.Config{
		Folder: folder, Now: w.now, Log: log,
		Poll: installed.Serve.Poll, Settle: installed.Serve.Settle, Grace: installed.Serve.Grace,
		Load: s.load, History: batch.SlotHistory, Run: s.runJob, Missed: s.recordMissed,
		Busy: func(err error) bool { return errors.Is(err, ledger.ErrBusy) },
		Next: s.next, Broken: s.broken, Gone: s.gone, Beat: s.turned,
	})
}

// listen answers Prometheus and whoever asks for health, until what it returns is
// called.
func (s *service) listen(ctx context.Context, address string) (closed func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w; choose another address", err)
	}
	s.log.Info("metrics", "address", listener.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	alive := metrics.Alive(s.world.now, func() time.Time { return *s.beat.Load() }, 3*s.settings.Serve.Poll+time.Minute)
	ready := s.board.Ready(s.loaded)
	var done sync.WaitGroup
	done.Go(func() {
		if err := metrics.Serve(ctx, listener, s.board.Handler(alive, ready)); err != nil {
			s.log.Error("metrics are not served any more", "error", err)
		}
	})
	return func() { stop(); done.Wait() }, nil
}

func (s *service) turned() {
	now := s.world.now()
	s.beat.Store(&now)
}

// loaded reports whether the terms of any offer were read.
func (s *service) loaded() bool {
	s.named.Lock()
	defer s.named.Unlock()
	return len(s.ids) > 0
}

// load reads the terms of an offer. Two offers of one id could not be told apart
// by whoever is told of them.
func (s *service) load(folder string) (schedule.Plan, error) {
	terms, err := batch.Terms(folder)
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
			return schedule.Plan{}, &batch.UsageError{Message: fmt.Sprintf("%s has the id %q, too; give each offer an id of its own", other, id)}
		}
	}
	if was := cmp.Or(s.ids[folder], filepath.Base(folder)); was != id {
		s.board.Remove(was) // it was shown under its folder's name, or has a new id
	}
	s.ids[folder] = id
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
	id := offerID(folder)
	for _, taken := range s.ids {
		if taken == id {
			return filepath.Base(folder)
		}
	}
	return id
}

// next shows when an offer is run next.
func (s *service) next(folder string, slot schedule.Slot) {
	s.show(s.id(folder), folder, false)
	s.board.Update(s.id(folder), func(o *metrics.Offer) { o.NextSlot = slot.At })
}

// broken tells of terms that cannot be read, and shows it until they can.
func (s *service) broken(folder string, err error) {
	id := s.id(folder)
	s.board.Update(id, func(o *metrics.Offer) { o.Broken = err != nil })
	if err != nil {
		now := s.world.now()
		s.tell(notify.Event{Kind: notify.Failure, At: now, Offer: id, Attempt: batch.NewAttempt(now), Exit: int(batch.ExitUsage), Message: err.Error()})
	}
}

// gone forgets an offer.
func (s *service) gone(folder string) {
	s.board.Remove(s.id(folder))
	s.named.Lock()
	defer s.named.Unlock()
	delete(s.ids, folder)
}

// recordMissed notes slots that passed, and tells of all of them in one notice: after
// a night without the service there may be hundreds.
func (s *service) recordMissed(offer string, missed []schedule.Miss) (err error) {
	var noted []schedule.Miss
	for _, m := range missed {
		err = batch.RecordMissed(s.request(offer, schedule.OnSchedule, m.Slot), m.Why)
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
		s.missed(offer, noted)
	}
	return err
}

// runJob makes one run of the scheduler.
func (s *service) runJob(ctx context.Context, job serve.Job) error {
	o, err := s.run(ctx, s.request(job.Folder, job.Trigger, job.Slot))
	if err == nil && job.Trigger == schedule.OnFiles {
		for _, remark := range worthSaying(o) {
			s.log.Warn("to look at", "offer", s.id(job.Folder), "what", remark)
		}
	}
	if errors.Is(err, ledger.ErrDecided) {
		return nil // somebody else dealt with the slot
	}
	return err
}

// request is what the scheduler asks of a run.
func (s *service) request(folder string, trigger schedule.Trigger, slot schedule.Slot) batch.Request {
	var req batch.Request
	s.world.fill(&req, folder)
	req.Trigger, req.Log, req.Wait = ledger.Trigger(trigger), s.log, busyWait
	if !slot.At.IsZero() {
		req.Slot = slot.String()
	}
	return req
}
