package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"tenderbatch/cmd/batch/exchange"
	"tenderbatch/internal/display"
	"tenderbatch/internal/machine"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/tender"
)

func newWorkerCommand(w world) *cobra.Command {
	var at sharedPlace
	var named serveFlags
	c := &cobra.Command{
		Use:   "worker FOLDER",
		Short: "Make the runs of the offers in a database, on one of many machines",
		Long: `worker makes the runs that a batch serve on the same database has planned. FOLDER is for its own
copies of the offers; it can be lost. There can be any number of workers. On SIGTERM it begins no new run, lets those under
way end within --grace, and stops; what it does not end is made again by another.

Settings are read from FOLDER/batch.yaml, if it is there.`,
		Example: `  batch worker /var/cache/batch --database postgres://batch@db.example.org/batch --storage s3://tenders/offers`,
		Args:    exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			installed, err := named.settings(c, args[0])
			if err != nil {
				return err
			}
			log, err := w.newLogger(named.format)
			if err != nil {
				return err
			}
			if err := at.check(c, w); err != nil {
				return err
			}
			if err := shared.PrepareMirror(args[0]); err != nil {
				return err
			}
			runs := cmp.Or(installed.Serve.Runs, runtime.GOMAXPROCS(0))
			return w.takePart(c.Context(), args[0], &at, installed, log, runs, false)
		},
	}
	named.addForWorker(c)
	at.add(c)
	return c
}

// takePart takes part in what machines do on a database until the context is done: it makes so many runs at once, and
// plans and serves the console if it serves.
func (w world) takePart(ctx context.Context, folder string, at *sharedPlace, installed settings.Settings, log *slog.Logger,
	runs int, serves bool) (err error) {
	offers, err := at.open(ctx, w, folder, runs+12)
	if err != nil {
		return err
	}
	defer offers.Close()
	w.now = offers.Now // all machines go by the database's clock
	program := w.installation()
	program.Owner = func(folder string) monitor.Owner { return offers.Owner(filepath.Base(folder)) }
	s := monitor.NewService(program, installed, filepath.Join(folder, monitor.RemindedName), log)
	defer s.Monitor.Notices.Wait()
	if address := installed.Metrics.Listen; address != "" {
		closed, err := s.Listen(ctx, address)
		if err != nil {
			return err
		}
		defer closed()
	}
	memory := cmp.Or(installed.Serve.Memory, machine.Budget(os.DirFS("/")))
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory / 10 * 9) // the rest is for what Go does not count, such as the program itself
	}
	m, err := queue.Join(ctx, queue.Config{Offers: offers, Log: log, ID: memberID(w.by), Poll: min(installed.Serve.Poll, mostPoll),
		Quiet: installed.Serve.QuietPeriod, Load: s.Load, Run: s.Do, Parked: s.Monitor.Parked, Runs: runs, Memory: memory, Plans: serves})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Leave(installed.Serve.Grace)) }()
	log.Info("taking part", "runs", runs, "memory", fmt.Sprintf("%d MiB", memory>>20), "plans", serves)
	jobs := func() ([]queue.Waiting, error) {
		ctx, stop := context.WithTimeout(ctx, mostPoll)
		defer stop()
		return m.Jobs(ctx, mostJobs)
	}
	defer exchange.ServeShared(ctx, w.exchange().For(s.Monitor), offers, folder, installed, log)()
	if !serves {
		return w.beat(ctx, s, jobs)
	}
	if installed.Console.Listen != "" {
		_, closed, err := w.serveConsole(ctx, folder, installed, consoleNeeds{stepped: s.Monitor.Stepped, desk: m.Desk(), share: offers,
			jobs: jobs, database: at.database}, log)
		if err != nil {
			return err
		}
		defer closed()
	}
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		offers.Follow(ctx, min(installed.Serve.Poll, mostPoll), func(string) {}, func(err error) {
			log.Warn("an offer could not be brought forward; trying again", "error", err.Error())
		})
	}()
	defer func() { <-followed }()
	return w.beat(ctx, s, jobs)
}

// mostPoll is how often at least the queue and the offers are looked at: others see what they ask for soon.
const mostPoll = 5 * time.Second

// beat says to the service manager that the process is at work, and to the metrics what the queue has, until the
// context is done.
func (w world) beat(ctx context.Context, s *monitor.Service, jobs func() ([]queue.Waiting, error)) error {
	notifySystemd(daemon.SdNotifyReady)
	for {
		status := "the database does not answer"
		if all, err := jobs(); err == nil {
			n := queue.Count(all)
			s.Monitor.Board.SetJobs(n)
			status = fmt.Sprintf("%d jobs under way, %d waiting, %d parked", n["running"], n["waiting"], n["parked"])
		}
		notifySystemd(daemon.SdNotifyWatchdog + "\nSTATUS=" + status)
		s.Observe(serve.Heartbeat{})
		select {
		case <-ctx.Done():
			notifySystemd(daemon.SdNotifyStopping)
			return nil
		case <-time.After(20 * time.Second):
		}
	}
}

// memberID is the name of a process among all that take part.
func memberID(by string) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return by + " " + hex.EncodeToString(b[:])
}

// mostJobs is how many jobs are listed at most.
const mostJobs = 1000

// listJobs lists the jobs of a database.
func (w world) listJobs(c *cobra.Command, at *sharedPlace, asJSON bool) error {
	if err := at.check(c, w); err != nil {
		return err
	}
	s, err := at.open(c.Context(), w, "", 0)
	if err != nil {
		return err
	}
	defer s.Close()
	jobs, err := queue.List(c.Context(), queue.Config{Offers: s}, mostJobs)
	if err != nil {
		return err
	}
	if asJSON {
		if jobs == nil {
			jobs = []queue.Waiting{}
		}
		return encode(w.stdout, jobs)
	}
	if len(jobs) == 0 {
		return w.sayLine("no run waits, goes on or is parked")
	}
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tOFFER\tFOR\tSTATE\tSINCE\tTRIES\tWORKER\tLAST ERROR")
	for _, j := range jobs {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", j.Job, j.Offer, tender.InWallTime(cmp.Or(j.Slot, j.Reason), time.UTC), j.State,
			printout.ToTheSecond(j.Since.UTC()), j.Tries, j.Worker, display.Cut(display.Line(j.Error), 80))
	}
	return table.Flush()
}
