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
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"tenderbatch/cmd/batch/exchange"
	"tenderbatch/internal/machine"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/shared"
)

// serveName is what the command is called.
const serveName = "serve"

func newServeCommand(w world) *cobra.Command {
	var named serveFlags
	var at sharedPlace
	c := &cobra.Command{
		Use:   "serve FOLDER",
		Short: "Run every offer of a folder when it is due and when files arrive",
		Long: `serve runs every offer in FOLDER on its own schedule and in its own zone, after its
own dates, and when files arrive in its inbox or its terms change. It notices offers
that are added, changed or removed. On SIGTERM or an interrupt it begins no new run,
lets those under way end within --grace, and stops. On SIGHUP it does the same, then
goes on with the settings as they are by then.

Runs wait for one another so that together they do not need more memory than there is.

With --database it serves the offers of a database, FOLDER being for its own copies: it plans the runs, which
batch worker makes on this machine or others, or itself with --runs. There can be several.

Settings are read from FOLDER/batch.yaml, if it is there. Only one serve can use a
folder: a second ends with exit code 5. With a wrong command line or wrong settings
the exit code is 78.`,
		Example: `  batch serve /srv/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			read := func() (settings.Settings, error) { return named.settings(c, args[0]) }
			installed, err := read()
			if err != nil {
				return err
			}
			log, err := w.newLogger(named.format)
			if err != nil {
				return err
			}
			if at.given(w) {
				if err := errors.Join(at.check(c, w), shared.PrepareMirror(args[0])); err != nil {
					return err
				}
			}
			return w.serveUntilStopped(c.Context(), args[0], &at, installed, read, log)
		},
	}
	named.add(c)
	at.add(c)
	return c
}

// serveFlags are the settings that can be given on the command line, too.
type serveFlags struct {
	poll, quietPeriod, settle, grace time.Duration
	runs                             int
	memory                           string
	console                          string
	config, format                   string
}

// settings are those of a file, or of the folder that is served, with what the flags say in their place.
func (f *serveFlags) settings(c *cobra.Command, folder string) (settings.Settings, error) {
	from, name := readSettings, f.config
	if f.config == "" {
		from, name = settingsIn, folder
	}
	installed, err := from(name)
	if err == nil {
		err = f.put(c, &installed)
	}
	return installed, err
}

// addForWorker adds the flags that a worker has, too.
func (f *serveFlags) addForWorker(c *cobra.Command) {
	flags, usual := c.Flags(), settings.Default().Serve
	flags.StringVar(&f.config, "config", "", "read the settings from this `FILE` instead of FOLDER/batch.yaml")
	flags.StringVar(&f.format, "log", "auto", "format of the log: auto, text, json or off")
	flags.DurationVar(&f.grace, "grace", usual.Grace,
		"when stopped, let runs finish for this long; comes before serve.grace of batch.yaml")
	flags.IntVar(&f.runs, "runs", 0,
		"make at most this many runs at once (default: as in batch.yaml, or as many as there are processors)")
	flags.StringVar(&f.memory, "memory", "", "let runs together need at most this much memory, such as 2GiB "+
		"(default: as in batch.yaml, or by what the machine has)")
}

// add adds the flags to the command.
func (f *serveFlags) add(c *cobra.Command) {
	f.addForWorker(c)
	flags, usual := c.Flags(), settings.Default().Serve
	flags.DurationVar(&f.poll, "poll", usual.Poll,
		"scan the folders at least this often; comes before serve.poll of batch.yaml")
	flags.DurationVar(&f.quietPeriod, "quiet-period", usual.QuietPeriod,
		"how long a file must be unchanged before it is used; comes before serve.quiet_period of batch.yaml")
	flags.DurationVar(&f.settle, "settle", usual.QuietPeriod, "the old name of --quiet-period")
	flags.Lookup("settle").Hidden = true
	flags.StringVar(&f.console, "console", "", "serve pages for browsers on this `ADDRESS`, such as 127.0.0.1:8080; comes "+
		"before console.listen of batch.yaml")
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
	if c.Flags().Changed("console") {
		to.Console.Listen = f.console
		if _, _, err := net.SplitHostPort(f.console); err != nil {
			return usage(c, fmt.Errorf("--console %s is no address; write it as 127.0.0.1:8080", notify.Line(f.console, 60)))
		}
		if wrong := to.Console.CheckListen(); wrong != "" {
			return usage(c, fmt.Errorf("--console %s %s", notify.Line(f.console, 60), wrong))
		}
	}
	return nil
}

// serveUntilStopped serves until the context is done. On a hangup it stops as it does
// then, reads the settings again and goes on; with settings that are wrong it goes on
// with those it has.
func (w world) serveUntilStopped(ctx context.Context, folder string, at *sharedPlace, installed settings.Settings,
	read func() (settings.Settings, error), log *slog.Logger) (err error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		// Not an error of usage, after which the service would stay down: a share may come.
		return fmt.Errorf("%s is not a folder; name the one that holds the offers' folders", folder)
	}
	signal.Ignore(syscall.SIGPIPE) // a log that is not read any more must not end it
	unlock, err := serve.Lock(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	w = w.forgetSecrets()
	defer onDone(ctx, func() { notifySystemd(daemon.SdNotifyStopping) })()
	for {
		round, stop := context.WithCancel(ctx)
		next := make(chan *settings.Settings, 1)
		go func() { defer stop(); next <- w.awaitHangup(round, read, log) }()
		err := w.serveOn(round, folder, at, installed, log)
		stop()
		again := <-next
		if again == nil || err != nil {
			return err
		}
		installed = *again
	}
}

// onDone has something done when the context is done. What it returns has it not done any more or, if it is being done,
// waits for it: a service with nothing under way ends sooner than it is said.
func onDone(ctx context.Context, do func()) (end func()) {
	did := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(did); do() })
	return func() {
		if !stop() {
			<-did
		}
	}
}

// awaitHangup waits for a hangup and returns the settings as they are then, nil if the
// context is done before.
func (w world) awaitHangup(ctx context.Context, read func() (settings.Settings, error),
	log *slog.Logger) *settings.Settings {
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
		log.Error("the settings cannot be read; correct them and send SIGHUP again, until then the old ones stay in force",
			"error", err)
	}
}

// serveOn serves the offers of a folder, or those of a database in which others take part, too.
func (w world) serveOn(ctx context.Context, folder string, at *sharedPlace, installed settings.Settings, log *slog.Logger) error {
	if !at.given(w) {
		return w.serve(ctx, folder, installed, log)
	}
	return w.takePart(ctx, folder, at, installed, log, installed.Serve.Runs, true)
}

// serve is the scheduler with runs, ledgers and settings put in.
func (w world) serve(ctx context.Context, folder string, installed settings.Settings, log *slog.Logger) error {
	for _, old := range installed.Deprecated {
		log.Warn(old)
	}
	s := monitor.NewService(w.installation(), installed, filepath.Join(folder, monitor.RemindedName), log)
	defer s.Monitor.Notices.Wait()
	if address := installed.Metrics.Listen; address != "" {
		closed, err := s.Listen(ctx, address)
		if err != nil {
			return err
		}
		defer closed()
	}
	show, desk := func(serve.Event) {}, serve.NewDesk()
	if installed.Console.Listen != "" {
		shown, closed, err := w.serveConsole(ctx, folder, installed, consoleNeeds{stepped: s.Monitor.Stepped, desk: desk}, log)
		if err != nil {
			return err
		}
		defer closed()
		show, s.Watch = shown.Observe, shown.Watch
	}
	defer exchange.Serve(ctx, w.exchange().For(s.Monitor), folder, installed, log)()
	runs, memory := cmp.Or(installed.Serve.Runs, runtime.GOMAXPROCS(0)), cmp.Or(installed.Serve.Memory, machine.Budget(os.DirFS("/")))
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory / 10 * 9) // the rest is for what Go does not count, such as the program itself
	}
	log.Info("runs at once", "runs", runs, "memory", fmt.Sprintf("%d MiB", memory>>20))
	return serve.Serve(ctx, serve.Config{
		Folder: folder, Now: w.now, Log: log,
		Poll: installed.Serve.Poll, QuietPeriod: installed.Serve.QuietPeriod, Grace: installed.Serve.Grace,
		Load: s.Load, Run: s.Do, Desk: desk, Runs: runs, Memory: memory,
		Observe: func(e serve.Event) {
			if beat, is := e.(serve.Heartbeat); is {
				notifySystemd(fmt.Sprintf("%s\n%s\nSTATUS=%d offers, %d runs under way, %d waiting", daemon.SdNotifyReady,
					daemon.SdNotifyWatchdog, beat.Offers, beat.Running, beat.Waiting))
			}
			s.Observe(e)
			show(e)
		},
	})
}

// notifySystemd sends the service manager a state, if there is one. An error needs no
// handling: without a heartbeat the service manager restarts the service.
func notifySystemd(state string) { _, _ = daemon.SdNotify(false, state) }
