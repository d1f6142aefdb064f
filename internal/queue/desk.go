package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"tenderbatch/internal/serve"
	"tenderbatch/internal/tender"
)

// Desk takes runs that people ask for, as [serve.Desk] does on one machine.
type Desk struct{ member *Member }

// Desk is the desk of a process that takes part.
func (m *Member) Desk() Desk { return Desk{m} }

// deskWithin is as long as the database may take to answer a page.
const deskWithin = 5 * time.Second

// Run asks for a run of an offer. It reports whether it will be made: not if one is asked for already.
func (d Desk) Run(folder string, by serve.Ask) bool {
	if _, already := d.Asked(folder); already {
		return false
	}
	ctx, stop := context.WithTimeout(context.Background(), deskWithin)
	defer stop()
	j := Job{Offer: filepath.Base(folder), Reason: fmt.Sprintf("asked %s", d.member.config.Offers.Now().UTC().Format(time.RFC3339Nano)),
		Trigger: tender.ByHand, Asked: by}
	added, err := d.member.Add(ctx, j, false)
	if err != nil {
		d.member.config.Log.Error("a run that was asked for cannot be put into the queue", "offer", j.Offer, "error", err.Error())
	}
	return added
}

// Asked is who asked for a run of an offer that has not begun, and whether anyone did.
func (d Desk) Asked(folder string) (serve.Ask, bool) {
	ctx, stop := context.WithTimeout(context.Background(), deskWithin)
	defer stop()
	found, err := d.member.client.JobList(ctx, river.NewJobListParams().Kinds(Job{}.Kind()).
		States(rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable).
		Where("args->>'offer' = @offer AND args->>'reason' LIKE 'asked %'", river.NamedArgs{"offer": filepath.Base(folder)}).First(1))
	if err != nil || len(found.Jobs) == 0 {
		return serve.Ask{}, false
	}
	var j Job
	if err := json.Unmarshal(found.Jobs[0].EncodedArgs, &j); err != nil {
		return serve.Ask{}, false
	}
	return j.Asked, true
}

// Waiting is a job that waits, goes on, or is parked.
type Waiting struct {
	Job    int64     `json:"job"`
	Offer  string    `json:"offer"`
	Slot   string    `json:"slot"`
	Reason string    `json:"reason"`
	State  string    `json:"state"` // waiting, running, or parked
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`
	Worker string    `json:"worker"` // "" while it waits
	Error  string    `json:"error"`  // of the last try, "" for none
}

// states are the words for River's states.
var states = map[rivertype.JobState]string{rivertype.JobStateAvailable: "waiting", rivertype.JobStateScheduled: "waiting",
	rivertype.JobStateRetryable: "waiting", rivertype.JobStatePending: "waiting", rivertype.JobStateRunning: "running",
	rivertype.JobStateDiscarded: "parked"}

// List lists the jobs of a queue that are not done, those first that began first; at most so many.
func List(ctx context.Context, in Config, most int) (all []Waiting, err error) {
	client, err := newReader(in)
	if err != nil {
		return nil, err
	}
	found, err := client.JobList(ctx, river.NewJobListParams().Kinds(Job{}.Kind()).States(rivertype.JobStateRunning,
		rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable, rivertype.JobStateDiscarded).First(most))
	if err != nil {
		return nil, err
	}
	for _, row := range found.Jobs {
		w, err := waitingOf(row)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// waitingOf is a row of the queue as people see it.
func waitingOf(row *rivertype.JobRow) (Waiting, error) {
	var j Job
	if err := json.Unmarshal(row.EncodedArgs, &j); err != nil {
		return Waiting{}, err
	}
	w := Waiting{Job: row.ID, Offer: j.Offer, Slot: j.Slot, Reason: j.Reason, State: states[row.State], Since: row.CreatedAt,
		Tries: len(row.Errors)}
	if row.State == rivertype.JobStateRunning {
		w.Since = *row.AttemptedAt
		w.Worker = row.AttemptedBy[len(row.AttemptedBy)-1]
	}
	if n := len(row.Errors); n > 0 {
		w.Error = row.Errors[n-1].Error
	}
	return w, nil
}

// Count counts the jobs that are not done, by state.
func Count(jobs []Waiting) map[string]int {
	all := map[string]int{"waiting": 0, "running": 0, "parked": 0}
	for _, j := range jobs {
		all[j.State]++
	}
	return all
}

// Jobs lists the jobs of the queue that are not done, at most so many.
func (m *Member) Jobs(ctx context.Context, most int) ([]Waiting, error) {
	return List(ctx, m.config, most)
}
