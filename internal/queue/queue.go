package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"tenderbatch/internal/serve"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/tender"
)

// Names of the queues: runs for workers, and planning for services.
const (
	runsQueue = "runs"
	planQueue = "plan"
)

// tries is how often a job is tried that kills its worker or has an error that will not pass.
const tries = 3

// Job is why an offer is to be seen to. Its first three fields are its unique key.
type Job struct {
	Offer  string `json:"offer" river:"unique"`
	Slot   string `json:"slot,omitempty" river:"unique"`   // of the schedule, "" for none
	Reason string `json:"reason,omitempty" river:"unique"` // of a job without a slot: which change of the files, or which asking

	Trigger tender.Trigger `json:"trigger"`
	Asked   serve.Ask      `json:"asked,omitzero"` // by a person
}

// Kind implements [river.JobArgs].
func (Job) Kind() string { return "run" }

// options are how a job is put into the queue. Also one that ended keeps others of its key away, until River clears it
// away: by then the history says that its slot is decided.
func (j Job) options(urgent bool) *river.InsertOpts {
	o := &river.InsertOpts{Queue: runsQueue, MaxAttempts: tries, Priority: 3, UniqueOpts: river.UniqueOpts{ByArgs: true,
		ByState: append(rivertype.UniqueOptsByStateDefault(), rivertype.JobStateDiscarded, rivertype.JobStateCancelled)}}
	switch {
	case urgent || j.Trigger == tender.ByDate:
		o.Priority = 1
	case j.Slot != "" || j.Asked != (serve.Ask{}):
		o.Priority = 2
	}
	return o
}

// plan is the job of working out which jobs are due.
type plan struct{}

// Kind implements [river.JobArgs].
func (plan) Kind() string { return "plan" }

// InsertOpts implements [river.JobArgsWithInsertOpts]: one at a time is enough.
func (plan) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: planQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByQueue: true,
		ByState: []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateScheduled, rivertype.JobStateRetryable}}}
}

// Config is with what a machine takes part.
type Config struct {
	Offers *shared.Offers
	Log    *slog.Logger
	ID     string // of this process among all: host, process, and a random part
	Poll   time.Duration
	Quiet  time.Duration // how long files must be unchanged before they are used

	// Load and Run are those of [serve.Config]. Parked is called with a job that is not tried again, and
	// why, by a process that plans.
	Load   func(folder string) (serve.OfferState, error)
	Run    func(ctx context.Context, job serve.Job) (serve.Outcome, error)
	Parked func(offer, slot, why string)

	// Pause comes before the second try of a job that killed its worker, and four times of it before the third; 0: half
	// a minute.
	Pause  time.Duration
	Runs   int   // jobs at once; 0: this process makes no runs
	Memory int64 // bytes for all of them
	Plans  bool  // this process can lead and plan
}

// Member is a process that takes part.
type Member struct {
	config Config
	client *river.Client[pgx.Tx]
	memory *memory
	plans  *planner
	alive  sync.WaitGroup
	stop   context.CancelFunc
}

// MakeTables makes the tables of the queue, or brings them up to this version.
func MakeTables(ctx context.Context, address string) error {
	pool, err := shared.Connect(ctx, address, 0)
	if err != nil {
		return err
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Join takes part until the context is done; then it takes no new job. [Member.Leave] ends it.
func Join(ctx context.Context, config Config) (*Member, error) {
	m := &Member{config: config, memory: newMemory(config.Memory)}
	m.plans = newPlanner(m)
	workers := river.NewWorkers()
	river.AddWorker(workers, &runWorker{member: m})
	river.AddWorker(workers, &planWorker{planner: m.plans})
	c := &river.Config{
		ID: config.ID, Logger: quieter(config.Log), Workers: workers, Queues: map[string]river.QueueConfig{},
		JobTimeout: longest, RescueStuckJobsAfter: rescueAfter, MaxAttempts: tries, FetchPollInterval: config.Poll,
		RetryPolicy: pauses(cmp.Or(config.Pause, 30*time.Second)), LeaderElectionDisabled: !config.Plans, ErrorHandler: m,
	}
	if config.Runs > 0 {
		c.Queues[runsQueue] = river.QueueConfig{MaxWorkers: config.Runs}
	}
	if config.Plans {
		c.Queues[planQueue] = river.QueueConfig{MaxWorkers: 1}
		c.PeriodicJobs = []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(config.Poll),
			func() (river.JobArgs, *river.InsertOpts) { return plan{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
	}
	var err error
	if m.client, err = river.NewClient(riverpgxv5.New(config.Offers.Pool()), c); err != nil {
		return nil, err
	}
	living, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	if err := m.live(living); err != nil {
		stop()
		return nil, err
	}
	// River ends its jobs with the context that it was started with: they get the grace of Leave instead.
	if err := m.client.Start(context.WithoutCancel(ctx)); err != nil {
		stop()
		return nil, fmt.Errorf("the queue: %w", err)
	}
	return m, nil
}

// longest is how long a job may take, and rescueAfter when River takes one as stuck whose worker lives. Those of dead
// workers are noticed by their connections, long before.
const longest, rescueAfter = 5 * time.Hour, 6 * time.Hour

// Leave takes no new job, lets those under way end within the grace, has the rest stop, and waits for that.
func (m *Member) Leave(grace time.Duration) error {
	defer m.alive.Wait()
	defer m.stop()
	ctx, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	err := m.client.Stop(ctx)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	m.config.Log.Warn("runs under way are stopped; they are made again")
	last, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	return m.client.StopAndCancel(last)
}

// newReader is a client that only reads the queue.
func newReader(in Config) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(in.Offers.Pool()), &river.Config{Logger: slog.New(slog.DiscardHandler)})
}

// Add puts a job into the queue, unless one of its key is there.
func (m *Member) Add(ctx context.Context, j Job, urgent bool) (added bool, err error) {
	r, err := m.client.Insert(ctx, j, j.options(urgent))
	if err != nil {
		return false, err
	}
	return !r.UniqueSkippedAsDuplicate, nil
}

// pauses are those between the tries of a job; the first.
type pauses time.Duration

// NextRetry implements [river.ClientRetryPolicy]. River counts from when the try ended.
func (p pauses) NextRetry(job *rivertype.JobRow) time.Time {
	began := job.ScheduledAt
	if job.AttemptedAt != nil {
		began = *job.AttemptedAt
	}
	return began.Add(time.Duration(p) << (2 * max(len(job.Errors)-1, 0)))
}

// HandleError implements [river.ErrorHandler].
func (m *Member) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	m.config.Log.Error("a job failed", "job", job.ID, "kind", job.Kind, "try", job.Attempt, "error", err.Error())
	return nil
}

// HandlePanic implements [river.ErrorHandler].
func (m *Member) HandlePanic(_ context.Context, job *rivertype.JobRow, p any, trace string) *river.ErrorHandlerResult {
	m.config.Log.Error("internal error: please report it", "job", job.ID, "kind", job.Kind, "try", job.Attempt,
		"panic", fmt.Sprint(p), "stack", trace)
	return nil
}
