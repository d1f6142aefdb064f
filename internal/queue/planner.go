package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/tender"
)

// planner works out which jobs are due. It keeps what it read of the offers between two times.
type planner struct {
	member *Member
	offers map[string]*planned
	absent absentees
}

func newPlanner(m *Member) *planner { return &planner{m, map[string]*planned{}, absentees{}} }

// planned is what the planner knows of an offer.
type planned struct {
	digest  string         // of the terms that were read last
	plan    *schedule.Plan // nil until they could be read
	count   int64          // entries that are in the record
	hash    string         // of the last of them
	entries []ledger.Entry
	record  *schedule.Record
	last    time.Time // when the last run began that came to an end
	paused  bool
	purged  bool // reports were deleted from the inbox as the terms say
}

// urgentWithin is how long before one of its dates an offer goes before others.
const urgentWithin = time.Hour

// plan puts the jobs into the queue that are due. An offer that cannot be planned keeps no other from it.
func (p *planner) plan(ctx context.Context) error {
	offers := p.member.config.Offers
	if err := freeJobsOfTheDead(ctx, offers.Pool(), p.absent, p.member.config.Log); err != nil {
		return err
	}
	heads, err := offers.List(ctx)
	if err != nil {
		return err
	}
	var faults []error
	var due []river.InsertManyParams
	seen := make(map[string]*planned, len(heads))
	for _, h := range heads {
		o, err := p.read(ctx, h)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", h.Name, err))
		}
		if o == nil {
			continue
		}
		seen[h.Name] = o
		due = append(due, o.due(h, offers.Now(), p.member.config.Quiet)...)
	}
	p.offers = seen
	if len(due) > 0 {
		if _, err := p.member.client.InsertMany(ctx, due); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(append(faults, p.park(ctx))...)
}

// read brings what is known of an offer to where it is. With an error it is what was known before.
func (p *planner) read(ctx context.Context, h shared.Head) (*planned, error) {
	o := p.offers[h.Name]
	if o == nil {
		o = &planned{record: &schedule.Record{}, hash: ledger.BeforeFirst().Hash}
		o.record.See(h.Made)
	}
	offers := p.member.config.Offers
	if h.Terms != o.digest {
		content, digest, err := offers.Terms(ctx, h.Name)
		if err != nil {
			return o, err
		}
		o.digest = digest
		terms, err := offerfile.ParseTerms(offerfolder.OfferName, content)
		if err != nil {
			return o, err // the last good ones stay in force
		}
		plan := terms.Plan()
		o.plan = &plan
	}
	if h.Count == o.count && h.Hash == o.hash {
		return o, nil
	}
	entries, err := offers.Entries(ctx, h.Name, o.count)
	if err != nil {
		return o, err
	}
	o.entries = append(o.entries, entries...)
	all := pipeline.SlotEntries(o.entries)
	for _, e := range all[o.count:] {
		o.record.Add(e)
		o.purged = o.purged || e.Cleared
		if e.Outcome == schedule.Ran {
			o.last = tender.Later(o.last, e.Began)
		}
	}
	if n := len(o.entries); n > 0 {
		o.count, o.hash = o.entries[n-1].Seq, o.entries[n-1].Hash
	}
	o.paused = ledger.PauseIn(o.entries) != nil
	return o, nil
}

// due are the jobs that are due for an offer: one for each slot, and one for files that came since the last run began.
func (o *planned) due(h shared.Head, now time.Time, quiet time.Duration) (jobs []river.InsertManyParams) {
	if o.plan == nil || o.paused {
		return nil
	}
	o.record.See(now)
	due, version := o.plan.Due(o.record, now), o.plan.At(now)
	urgent := false
	for _, d := range version.Dates {
		urgent = urgent || (d.At.After(now) && d.At.Sub(now) < urgentWithin)
	}
	add := func(j Job) {
		jobs = append(jobs, river.InsertManyParams{Args: j, InsertOpts: j.options(urgent)})
	}
	for _, f := range due.Run {
		add(Job{Offer: h.Name, Slot: f.Slot.String(), Trigger: f.Trigger})
	}
	if n := len(due.Missed); n > 0 && len(due.Run) == 0 {
		add(Job{Offer: h.Name, Slot: due.Missed[n-1].Slot.String(), Trigger: tender.BySchedule}) // notes all of them
	}
	ended := !now.Before(version.End)
	news := h.InputsAt.After(o.last) && !(ended && o.last.IsZero()) && (h.Reports || !o.purged)
	if news && now.Sub(h.InputsAt) >= quiet && !now.Before(version.Launch) && len(due.Run) == 0 {
		add(Job{Offer: h.Name, Reason: fmt.Sprintf("files %d", h.Inputs), Trigger: tender.ByFiles})
	}
	return jobs
}

// park notes the slots as missed whose jobs are not tried again, and says of each job that it is parked, once. One that
// cannot be noted keeps no other from it.
func (p *planner) park(ctx context.Context) error {
	found, err := p.member.client.JobList(ctx, river.NewJobListParams().Kinds(Job{}.Kind()).States(rivertype.JobStateDiscarded).
		Where("metadata->>'batch_said' IS NULL").First(100))
	if err != nil {
		return err
	}
	var faults []error
	for _, row := range found.Jobs {
		if err := p.parkOne(ctx, row); err != nil {
			faults = append(faults, fmt.Errorf("job %d: %w", row.ID, err))
		}
	}
	return errors.Join(faults...)
}

// parkOne is park for one job.
func (p *planner) parkOne(ctx context.Context, row *rivertype.JobRow) error {
	var j Job
	if err := json.Unmarshal(row.EncodedArgs, &j); err != nil {
		return err
	}
	why := "parked after " + fmt.Sprint(len(row.Errors)) + " tries: " + lastError(row)
	decided := false
	if slot, err := schedule.ParseSlot(j.Slot); err == nil && j.Slot != "" && p.offers[j.Offer] != nil {
		if decided = p.offers[j.Offer].record.Decided(slot); !decided {
			err := p.note(ctx, j, slot, why)
			if errors.Is(err, ledger.ErrBusy) {
				return nil // it is seen to the next time
			}
			if decided = errors.Is(err, ledger.ErrDecided); err != nil && !decided {
				return err
			}
		}
	}
	_, err := p.member.config.Offers.Pool().Exec(ctx, `UPDATE river_job SET metadata = metadata || '{"batch_said": true}' WHERE id = $1`,
		row.ID)
	if err != nil || decided {
		return err
	}
	p.member.config.Log.Error("a job is parked", "offer", j.Offer, "slot", j.Slot, "reason", j.Reason, "why", why)
	p.member.config.Parked(j.Offer, j.Slot, why)
	return nil
}

// note notes a slot as missed.
func (p *planner) note(ctx context.Context, j Job, slot schedule.Slot, why string) error {
	return p.member.config.Offers.Work(ctx, j.Offer, func(ctx context.Context, folder string) error {
		_, err := p.member.config.Run(ctx, serve.Job{Folder: folder, Missed: []schedule.Miss{{Slot: slot, Why: why}}})
		return err
	})
}

// lastError is what a job failed of last.
func lastError(row *rivertype.JobRow) string {
	if n := len(row.Errors); n > 0 {
		return row.Errors[n-1].Error
	}
	return "unknown"
}
