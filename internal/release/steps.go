package release

import (
	"context"
	"fmt"
	"strings"

	"tenderbatch/internal/ledger"
)

// Submit submits a run for approval, as its preparer. Who submits it is a maker of it.
func Submit(ctx context.Context, req Request) (ledger.Entry, error) {
	return req.locked(ctx, func(d *desk) (ledger.Entry, error) {
		if err := d.inTurn(); err != nil {
			return ledger.Entry{}, err
		}
		if d.State == Submitted || d.State == Approved {
			return ledger.Entry{}, refused("run %s was submitted by %s on %s; it waits for %s", d.run.Manifest.Run,
				d.submitted().Actor, d.stamp(d.submitted()), d.WaitsFor())
		}
		e := d.entry(ledger.Submitted, "")
		figures, err := figuresOf(d.run)
		if err != nil {
			return ledger.Entry{}, err
		}
		e.Counts, e.Totals = figures.counts, figures.totals
		return d.note(e)
	})
}

// submitted is the entry of the last submission.
func (d *desk) submitted() (last ledger.Entry) {
	for _, e := range d.archive.Entries() {
		if e.Run == d.run.Manifest.Run && e.Event == ledger.Submitted {
			last = e
		}
	}
	return last
}

// Return gives a run that was submitted back to its preparer, with a comment. It is for those
// who could approve it; a maker withdraws it.
func Return(ctx context.Context, req Request, comment string) (ledger.Entry, error) {
	return req.locked(ctx, func(d *desk) (ledger.Entry, error) {
		if err := d.atWork("return"); err != nil {
			return ledger.Entry{}, err
		}
		if m := d.Hand(req.Actor); m != nil {
			return ledger.Entry{}, refused("%s had a hand in run %s (%s), and does not return it but withdraws it", req.Actor,
				d.run.Manifest.Run, m.Did)
		}
		if strings.TrimSpace(comment) == "" {
			return ledger.Entry{}, refused("the comment is empty: say what is to be changed before the run can be approved")
		}
		return d.note(d.entry(ledger.Returned, comment))
	})
}

// Withdraw takes a run that was submitted back before it is released, with a reason. It is for
// its makers; others return it.
func Withdraw(ctx context.Context, req Request, reason string) (ledger.Entry, error) {
	return req.locked(ctx, func(d *desk) (ledger.Entry, error) {
		if err := d.atWork("withdraw"); err != nil {
			return ledger.Entry{}, err
		}
		if d.Hand(req.Actor) == nil {
			return ledger.Entry{}, refused("%s had no hand in run %s, and does not withdraw it but returns it", req.Actor,
				d.run.Manifest.Run)
		}
		if strings.TrimSpace(reason) == "" {
			return ledger.Entry{}, refused("the reason is empty: say why the run is not to be paid on")
		}
		return d.note(d.entry(ledger.Withdrawn, reason))
	})
}

// atWork is an error if the run is not on its way from its submission to its release.
func (d *desk) atWork(what string) error {
	switch d.State {
	case Submitted, Approved:
		return nil
	case Released:
		return refused("run %s was released by %s on %s: it is too late to %s it; what replaces it is another run, with "+
			"--supersede", d.run.Manifest.Run, d.Last.Actor, d.stamp(d.Last), what)
	}
	return refused("run %s is %s: there is nothing to %s", d.run.Manifest.Run, d.State, what)
}

// Release releases a run that has its approvals: from here on it is in force, and money is wired
// on it. One that was noted and then cut off is completed: before is true then.
func Release(ctx context.Context, req Request) (noted ledger.Entry, before bool, err error) {
	noted, err = req.locked(ctx, func(d *desk) (ledger.Entry, error) {
		if before = d.State == Released; before {
			return d.Last, d.complete()
		}
		e, err := d.releasable()
		if err != nil {
			return e, err
		}
		if e, err = d.note(e); err != nil {
			return e, err
		}
		return e, d.complete()
	})
	return noted, before, err
}

// releasable is what is noted of a release. It is an error if the run may not be released.
func (d *desk) releasable() (e ledger.Entry, err error) {
	if err := d.inTurn(); err != nil {
		return e, err
	}
	if d.State != Approved {
		return e, refused("run %s is %s: it waits for %s", d.run.Manifest.Run, d.State, d.WaitsFor())
	}
	for _, a := range d.Approvals {
		if err := d.req.Signers.check(a, d.Rule.Signed); err != nil {
			return e, refused("the approval of %s does not count: %v", a.Actor, err)
		}
	}
	figures, err := figuresOf(d.run)
	if err != nil {
		return e, err
	}
	e = d.entry(ledger.Released, "")
	e.Counts, e.Totals = figures.counts, figures.totals
	return e, nil
}

// complete makes what follows from a release that is noted: its folder, and the link final.
func (d *desk) complete() error {
	archive, err := ledger.OpenArchive(d.runs, d.run.Manifest.Offer)
	if err == nil {
		_, err = archive.Repair(d.req.Disk)
	}
	if err != nil {
		return fmt.Errorf("run %s is released; release it again, or make a run, to complete the remaining steps: %w",
			d.run.Manifest.Run, err)
	}
	return archive.CheckRelease(d.run.Manifest.Run)
}
