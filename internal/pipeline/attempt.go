package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/parallel"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// attempt is one attempt to make a run of an offer: what is asked, the journal of what
// becomes of it, and what is published already.
type attempt struct {
	req     Request
	runs    string // the folder of the offer's runs
	offer   string // id by the terms, "" if they cannot be read
	journal *journal

	published *publishedState  // once the lock is held, and what a crash left is cleared
	makers    []ledger.Maker   // of the run, where its terms demand that it be released
	remarks   []tender.Warning // that links were repaired, and what is in a run's folder beside its files
}

// newAttempt begins an attempt; for its errors see [openJournal].
func newAttempt(req Request, runs string) (a *attempt, err error) {
	a = &attempt{req: req, runs: runs, offer: offerID(req.Folder)}
	a.journal, err = openJournal(req, runs, a.offer)
	return a, err
}

// offerID is the id of the offer in a folder, "" if its terms cannot be read.
func offerID(folder string) string {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return ""
	}
	return terms.AsOf(time.Time{}).ID
}

// guarded is make, but an error in the program fails the run and nothing else: the process
// may be at work on other offers. It is the one place where a run is guarded.
func (a *attempt) guarded(ctx context.Context) (o *Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			stack := debug.Stack()
			if elsewhere, ok := p.(*parallel.Panic); ok {
				stack = elsewhere.Stack
			}
			a.journal.lines.Error("internal error: please report it, with the input files", "panic", fmt.Sprint(p),
				"stack", string(stack))
			o, err = nil, fmt.Errorf("internal error: %v; please report it, with the input files", p)
		}
	}()
	return a.make(ctx)
}

// make makes the run with the lock held: take, compute, write, verify, publish.
func (a *attempt) make(ctx context.Context) (*Outcome, error) {
	var in *Intake
	var r *result.Run
	err := a.timed(Opening, a.begin)
	if err != nil {
		return nil, err
	}
	err = a.timed(Reading, func() (err error) { in, err = Take(ctx, a.req); return err })
	if err != nil {
		return nil, err
	}
	err = a.timed(Computing, func() (err error) { r, err = a.compute(ctx, in); return err })
	if err != nil {
		return nil, err
	}
	known := a.published.known(r, a.req)
	switch {
	case known != nil && !a.req.Force:
		return a.unchanged(in, r, known)
	case known != nil:
		again, err := a.again(ctx, known)
		if err != nil || len(again.Differs) == 0 {
			return a.rebuilt(again, known), err
		}
		in, r = again.in, again.Run // the program was changed: the new result is published beside it
	case r.Phase == tender.Final:
		if err := in.checkLastReports(a.journal.entry.Trigger.Scheduled() && a.published.inForce == ""); err != nil {
			return nil, err
		}
	}
	return a.release(ctx, in, r)
}

// release makes a published run of what was computed.
func (a *attempt) release(ctx context.Context, in *Intake, r *result.Run) (o *Outcome, err error) {
	var previous string
	err = a.timed(Comparing, func() (err error) { previous, err = a.decide(in, r); return err })
	if err != nil {
		return nil, err
	}
	var run *ledger.Run
	err = a.timed(Writing, func() (err error) { run, err = a.produce(ctx, in, r, previous); return err })
	if err != nil {
		return nil, err
	}
	err = a.timed(Publishing, func() (err error) { o, err = a.point(in, r, run); return err })
	return o, err
}

// timed does a stage, and says how long it took.
func (a *attempt) timed(stage Stage, do func() error) error {
	return a.req.timed(a.journal.lines, stage, do)
}

// timed does a stage, and says, also in a log if there is one, how long it took.
func (req *Request) timed(log *slog.Logger, stage Stage, do func() error) error {
	began := req.Clock()
	err := do()
	took := req.Clock().Sub(began)
	if log != nil {
		log.Info("stage", "stage", string(stage), "seconds", took.Seconds())
	}
	if req.Timed != nil {
		req.Timed(stage, took)
	}
	return err
}

// produce writes the run to a stage, verifies it there, and publishes it.
func (a *attempt) produce(ctx context.Context, in *Intake, r *result.Run, previous string) (run *ledger.Run,
	err error) {
	stage, err := ledger.NewStage(a.req.Disk, a.runs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	if err := a.write(ctx, stage, in, r, previous); err != nil {
		return nil, err
	}
	digest, err := stage.ReadBack()
	if err != nil {
		return nil, err
	}
	return a.publish(stage, r, digest)
}

// begin finishes or clears what a crash left: it needs the lock, so no other attempt is
// at work. Then what is published is checked against the history, latest and final are
// pointed where that says, and the attempt is noted.
func (a *attempt) begin() error {
	archive, err := a.noteLeft()
	if err != nil {
		return err
	}
	a.req.archive = archive
	if a.published, err = readPublished(archive, a.runs, a.req.Supersede); err != nil {
		return err
	}
	said, err := archive.Repair(a.req.Disk)
	for _, what := range said {
		a.journal.lines.Warn("a link was repaired", "what", what)
	}
	a.remarks = append(a.remarks, coded(tender.WarnLinkRepaired, said)...)
	if err != nil {
		return err
	}
	if _, decided := ledger.Decided(archive.Entries(), a.req.Slot); decided {
		a.journal.ended = true
		return ledger.ErrDecided
	}
	if err := a.journal.start(); err != nil {
		return err
	}
	remarks, err := a.published.check()
	a.remarks = append(a.remarks, remarks...)
	return err
}

// compute computes the run of what was taken.
func (a *attempt) compute(ctx context.Context, in *Intake) (*result.Run, error) {
	r, err := in.Compute(ctx)
	if err != nil {
		return nil, err
	}
	if r.Offer.ID != a.offer {
		return nil, fmt.Errorf("the terms changed while the run began, from offer %q to %q; run again", a.offer, r.Offer.ID)
	}
	a.journal.computed(r)
	return r, a.checkRelease(r)
}

// unchanged makes sure that latest points at a run that is known, and whole.
func (a *attempt) unchanged(in *Intake, r *result.Run, known *ledger.Run) (*Outcome, error) {
	p := a.published
	if err := p.whole(known); err != nil {
		return nil, err
	}
	a.journal.entry.Run = known.Run
	r.Held, r.Decisions = known.Held, known.Decisions
	o := a.outcome(in, r, known, Unchanged)
	if p.latest == nil || (p.latest.Run != known.Run && p.forward(known)) {
		o.Action = Restored
	}
	return o, p.pointAt(a.req.Disk, known)
}

// again makes a known run again from the copies it keeps.
func (a *attempt) again(ctx context.Context, known *ledger.Run) (*Reproduction, error) {
	if err := a.published.whole(known); err != nil {
		return nil, err
	}
	again, err := remake(ctx, a.req, a.published.archive, known)
	if err != nil || len(again.Differs) == 0 {
		return again, err
	}
	again.Run.Version = a.req.Version
	again.in.src = again.in.src.BeforeComparing()
	return again, nil
}

// rebuilt is the outcome of a run that was made again with the same bytes, nil for an error.
func (a *attempt) rebuilt(again *Reproduction, known *ledger.Run) *Outcome {
	if again == nil {
		return nil
	}
	a.journal.entry.Run = known.Run
	return &Outcome{
		Run: again.Run, Choice: again.in.choice, Folder: known.Folder(), Action: Rebuilt,
		Final: a.published.finalBeside(known.Run), published: known,
	}
}

// decide settles what a new run is among those that are published, and its name. It returns the
// name of the one before.
func (a *attempt) decide(in *Intake, r *result.Run) (previous string, err error) {
	previous, refused, err := a.published.decide(in, r, a.req)
	if err := cmp.Or(err, refused); err != nil {
		return "", err
	}
	if r.Offer.Release != nil {
		a.makers = append(in.src.Makers(r.Offer, a.req.Owner), a.journal.entry.MakersOf()...)
	}
	r.Made, r.By = a.req.Clock().UTC().Truncate(time.Second), who(a.req.By)
	r.Name, err = ledger.FreeName(a.runs, runName(r.AsOf, r.Offer.Zone, r.Identity))
	return previous, err
}

// write writes the files of the run to a stage, reads back those with figures, and adds the
// manifest.
func (a *attempt) write(ctx context.Context, stage *ledger.Stage, in *Intake, r *result.Run, previous string) error {
	m := manifest(r, previous, in)
	m.Release, m.Makers = r.Offer.Release, a.makers
	for _, p := range in.src.Pieces {
		content, err := p.Bytes()
		if err != nil {
			return err
		}
		kept, err := stage.Keep(p.Of, content, previous)
		if err != nil {
			return err
		}
		m.Keep(kept)
	}
	in.letGo()
	if err := stage.WriteAll(a.outputs(ctx, r)); err != nil {
		return err
	}
	return stage.WriteManifest(m)
}

// outputs are the files of the run with what writes and checks each.
func (a *attempt) outputs(ctx context.Context, r *result.Run) []ledger.Output {
	written, checked := *r, *r
	written.Progress, checked.Progress = a.req.progress(Writing), a.req.progress(Checking)
	all := make([]ledger.Output, 0, len(outputs(r)))
	for _, o := range outputs(r) {
		all = append(all, ledger.Output{
			Name: o.name,
			Write: func(w io.Writer) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return o.write(w, &written)
			},
			Check: func(path string) error { return readback.Check(path, &checked) },
		})
	}
	return all
}

// publish gives the run its name. The ledger says so before, so that what a crash leaves can
// be distinguished from a folder that a person put there, and after.
func (a *attempt) publish(stage *ledger.Stage, r *result.Run, digest string) (*ledger.Run, error) {
	if err := a.journal.announce(r, digest, a.makers); err != nil {
		return nil, err
	}
	run, err := stage.Publish(r.Name)
	if err != nil {
		return nil, a.unfinished(err)
	}
	return run, a.unfinished(a.journal.published())
}

// point points latest at the run that was published, and final at the final run in force.
func (a *attempt) point(in *Intake, r *result.Run, run *ledger.Run) (*Outcome, error) {
	if r.Phase == tender.Final && r.Held == "" && !r.MustBeReleased() {
		a.published.final, a.published.inForce = run, run.Run
	}
	return a.outcome(in, r, run, Published), a.unfinished(a.published.pointAt(a.req.Disk, run))
}

// outcome is what the attempt came to with a run that is published.
func (a *attempt) outcome(in *Intake, r *result.Run, run *ledger.Run, action Action) *Outcome {
	o := &Outcome{
		Run: r, Choice: in.choice, Remarks: append(in.remarks(), resultRemarks(r)...), Folder: run.Folder(), Action: action,
		Final: a.published.finalBeside(run.Run), Awaits: a.req.archive.Awaits(run), published: run,
	}
	if o.Awaits && r.Held == "" {
		o.Remarks = append(o.Remarks, tender.Warnf(tender.WarnAwaitsRelease,
			"AWAITING APPROVAL: nothing is to be paid on this run until it is released; see \"batch queue OFFER\""))
	}
	return o
}

// errUnfinished says that a run is published although it ended with an
// error.
var errUnfinished = errors.New("the run is published; the next run completes the remaining steps")

// unfinished adds to an error that the run is published, if it is.
func (a *attempt) unfinished(err error) error {
	if err == nil || !a.isPublished() {
		return err
	}
	return fmt.Errorf("%w: %w", err, errUnfinished)
}

// isPublished reports whether the run that was announced is in the folder of the runs.
func (a *attempt) isPublished() bool { return a.req.archive.Holds(a.journal.entry) }

// end notes how the attempt ended if that was not noted yet, and returns the
// error it ended with.
func (a *attempt) end(o *Outcome, err error) error {
	if err == nil {
		o.Remarks = append(o.Remarks, a.remarks...)
		return a.journal.end(ledger.Event(o.Action), o.Exit(), "")
	}
	isPublished := a.isPublished()
	if !isPublished {
		a.journal.entry = unpublished(a.journal.entry)
	}
	return errors.Join(err, a.journal.failed(err, offerfolder.Transient(err) && !isPublished))
}
