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
}

func newPlanner(m *Member) *planner { return &planner{m, map[string]*planned{}} }

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
}

// urgentWithin is how long before one of its dates an offer goes before others.
const urgentWithin = time.Hour

// plan puts the jobs into the queue that are due. An offer that cannot be planned keeps no other from it.
func (p *planner) plan(ctx context.Context) error {
	offers := p.member.config.Offers
	if err := freeJobsOfTheDead(ctx, offers.Pool(), p.member.config.Log); err != nil {
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
		o = &planned{record: &schedule.Record{}}
		o.record.See(h.Made)
	}
	offers := p.member.config.Offers
	content, digest, err := offers.Terms(ctx, h.Name, o.digest)
	if err != nil {
		return o, err
	}
	if content != nil {
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
	news := h.InputsAt.After(o.last) && !(ended && o.last.IsZero())
	if news && now.Sub(h.InputsAt) >= quiet && !now.Before(version.Launch) && len(due.Run) == 0 {
		add(Job{Offer: h.Name, Reason: fmt.Sprintf("files %d", h.Inputs), Trigger: tender.ByFiles})
	}
	return jobs
}

// park notes the slots as missed whose jobs are not tried again, and says so.
func (p *planner) park(ctx context.Context) error {
	found, err := p.member.client.JobList(ctx, river.NewJobListParams().Kinds(Job{}.Kind()).States(rivertype.JobStateDiscarded).
		Where("finalized_at > now() - interval '1 day'").First(100))
	if err != nil {
		return err
	}
	for _, row := range found.Jobs {
		var j Job
		if err := json.Unmarshal(row.EncodedArgs, &j); err != nil {
			return err
		}
		o := p.offers[j.Offer]
		slot, err := schedule.ParseSlot(j.Slot)
		if j.Slot == "" || o == nil || err != nil || o.record.Decided(slot) {
			continue
		}
		why := "parked after " + fmt.Sprint(len(row.Errors)) + " tries: " + lastError(row)
		if err := p.note(ctx, j, slot, why); err != nil {
			return err
		}
		p.member.config.Log.Error("a job is parked", "offer", j.Offer, "slot", j.Slot, "why", why)
		p.member.config.Parked(j.Offer, j.Slot, why)
	}
	return nil
}

// note notes a slot as missed.
func (p *planner) note(ctx context.Context, j Job, slot schedule.Slot, why string) error {
	err := p.member.config.Offers.Work(ctx, j.Offer, func(ctx context.Context, folder string) error {
		_, err := p.member.config.Run(ctx, serve.Job{Folder: folder, Missed: []schedule.Miss{{Slot: slot, Why: why}}})
		return err
	})
	if errors.Is(err, ledger.ErrDecided) || errors.Is(err, ledger.ErrBusy) {
		return nil // it is seen to the next time
	}
	return err
}

// lastError is what a job failed of last.
func lastError(row *rivertype.JobRow) string {
	if n := len(row.Errors); n > 0 {
		return row.Errors[n-1].Error
	}
	return "unknown"
}
