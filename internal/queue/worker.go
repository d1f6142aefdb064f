package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/shared"
)

// runWorker does the jobs that see to an offer.
type runWorker struct {
	river.WorkerDefaults[Job]
	member *Member
}

// Work implements [river.Worker].
func (w *runWorker) Work(ctx context.Context, job *river.Job[Job]) error {
	m, j := w.member, job.Args
	log := m.config.Log.With("job", job.ID, "offer", j.Offer, "slot", j.Slot)
	err := m.see(ctx, j)
	pause := pauseFor(ctx, err)
	switch {
	case err == nil, errors.Is(err, ledger.ErrDecided):
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it took longer than %s, and was stopped: %w", longest, err) // the next try may, too
	case pause > 0:
		log.Warn("a run could not be made now; trying again", "in", pause.String(), "error", err.Error())
		return river.JobSnooze(pause)
	case ctx.Err() != nil:
		log.Warn("a run was stopped; it is made again")
		return river.JobSnooze(0)
	}
	return err
}

// pauseFor is how long a job waits after an error that will pass; 0 for one that will not.
func pauseFor(ctx context.Context, err error) time.Duration {
	network, refused, passing := new(net.OpError), new(pgconn.PgError), new(passingError)
	switch {
	case err == nil || ctx.Err() != nil:
		return 0
	case errors.Is(err, ledger.ErrBusy):
		return 5 * time.Second
	case errors.Is(err, shared.ErrOvertaken):
		return time.Second
	case errors.As(err, &refused) && isOfTheData(refused):
		return 0
	case errors.As(err, &passing), errors.As(err, &network), shared.Passes(err), errors.As(err, &refused):
		return 15 * time.Second
	}
	return 0
}

// isOfTheData reports whether the database refused what one job wrote, and will again: it is not one that was shut down, or
// that lacks rights.
func isOfTheData(e *pgconn.PgError) bool {
	return slices.Contains([]string{"22", "23", "P0"}, e.Code[:2])
}

// passingError is an error that passes, of a run whose end is in the history.
type passingError struct{ error }

// Unwrap returns what passes.
func (e *passingError) Unwrap() error { return e.error }

// see sees to an offer: it notes what was missed, and makes the run that the job is for.
func (m *Member) see(ctx context.Context, j Job) error {
	if err := m.config.Offers.Refresh(ctx, j.Offer); err != nil {
		return err
	}
	state, err := m.config.Load(m.config.Offers.Folder(j.Offer))
	if err != nil {
		return err
	}
	release, err := m.memory.take(ctx, state.Need)
	if err != nil {
		return err
	}
	defer release()
	since, err := m.config.Offers.Made(ctx, j.Offer)
	if err != nil {
		return err
	}
	return m.config.Offers.Work(ctx, j.Offer, func(ctx context.Context, folder string) error {
		return m.make(ctx, folder, j, since)
	})
}

// make does what a job is for in the folder of an offer that is here since some time: a slot that passed since then is
// noted, also before the first run.
func (m *Member) make(ctx context.Context, folder string, j Job, since time.Time) error {
	state, err := m.config.Load(folder)
	if err != nil {
		return err
	}
	slot := schedule.Slot{}
	if j.Slot != "" {
		if slot, err = schedule.ParseSlot(j.Slot); err != nil {
			return fmt.Errorf("internal error: a job for the slot %q; please report it: %w", j.Slot, err)
		}
	}
	record := &schedule.Record{}
	record.See(since)
	for _, e := range state.Entries {
		record.Add(e)
	}
	if state.Fault == nil {
		now := m.config.Offers.Now()
		record.See(now)
		if due := state.Plan.Due(record, now); len(due.Missed) > 0 {
			if _, err := m.config.Run(ctx, serve.Job{Folder: folder, Missed: due.Missed}); err != nil {
				return err
			}
			for _, missed := range due.Missed {
				record.Add(schedule.Entry{At: now, Slot: missed.Slot, Outcome: schedule.Missed, Own: true})
			}
		}
	}
	if j.Slot != "" && record.Decided(slot) {
		return nil // another job saw to it
	}
	outcome, err := m.config.Run(ctx, serve.Job{Folder: folder, Trigger: j.Trigger, Slot: slot, Asked: j.Asked})
	switch {
	case err != nil && ctx.Err() != nil:
		return err // it was broken off, and its slot is open
	case outcome == serve.Busy || outcome == serve.Transient:
		return &passingError{err}
	case err != nil:
		m.config.Log.Error("the run failed", "offer", j.Offer, "trigger", string(j.Trigger), "slot", j.Slot, "error", err.Error())
	}
	return nil // what came of it is in the history
}

// planWorker does the job of planning.
type planWorker struct {
	river.WorkerDefaults[plan]
	planner *planner
}

// Work implements [river.Worker].
func (w *planWorker) Work(ctx context.Context, _ *river.Job[plan]) error { return w.planner.plan(ctx) }

// quieter leaves out what River says of its own work.
func quieter(log *slog.Logger) *slog.Logger { return slog.New(atLeast{log.Handler(), slog.LevelWarn}) }

// atLeast is a handler of lines that are important enough.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements [slog.Handler].
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}
