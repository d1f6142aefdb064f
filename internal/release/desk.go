package release

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// Request is who takes a step with which run.
type Request struct {
	Run     string       // path of the folder of a published run, such as OFFER/runs/latest
	Actor   ledger.Actor // who takes the step, as the system knows them
	By      string       // from where, for the history
	Clock   func() time.Time
	Version string        // of the program
	Wait    time.Duration // for a run or another step that holds the offer
	Disk    disk.Disk     // makes the changes of files
	Signers Signers       // whose keys count; needed where approvals are signed
}

// desk is a run with all that a step looks at, read with the lock of the offer's runs held.
type desk struct {
	req     Request
	runs    string // folder of the runs
	archive *ledger.Archive
	run     *ledger.Run
	terms   *offerfile.Terms // as they are now
	*Standing
}

// refused is why a step is not taken, and what to do.
func refused(format string, args ...any) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf(format, args...)}
}

// locked does something with a run while the lock of the offer's runs is held, so that nothing
// comes between what was checked and what was noted.
func (req Request) locked(ctx context.Context, do func(*desk) (ledger.Entry, error)) (noted ledger.Entry, err error) {
	if err := req.Actor.Check(); err != nil {
		return noted, err
	}
	if req.Actor.Kind != ledger.User && req.Actor.Kind != ledger.Account {
		return noted, fmt.Errorf("%s is no person, and people release runs", req.Actor)
	}
	found, err := pipeline.FindRun(req.Run)
	if err != nil {
		return noted, err
	}
	unlock, err := ledger.Lock(ctx, req.Disk, found.Runs, req.Wait)
	if err != nil {
		return noted, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	d, err := openDesk(req, found.Runs, found.Manifest.Run)
	if err != nil {
		return noted, err
	}
	return do(d)
}

// note notes a step in the history, and returns it as it was noted.
func (d *desk) note(e ledger.Entry) (ledger.Entry, error) {
	log, err := ledger.OpenLog(d.runs)
	if err != nil {
		return ledger.Entry{}, err
	}
	return log.Append(e)
}

// openDesk reads what a step with a run looks at. Every byte of the run must be as it was
// published, and nothing among the runs other than the history says.
func openDesk(req Request, runs, name string) (*desk, error) {
	terms, err := offerfolder.Terms(filepath.Dir(runs))
	if err != nil {
		return nil, err
	}
	offer := terms.AsOf(req.Clock())
	archive, err := ledger.OpenArchive(runs, offer.ID)
	if err != nil {
		return nil, err
	}
	if err := archive.Check(); err != nil {
		return nil, err
	}
	run, err := archive.Run(name)
	if err != nil {
		return nil, err
	}
	if err := run.Check(); err != nil {
		return nil, err
	}
	d := &desk{req: req, runs: runs, archive: archive, run: run, terms: terms,
		Standing: StandingOf(archive.Entries(), name, offer.Release)}
	for _, other := range archive.Runs() {
		if _, is := ledger.PublishedAs(archive.Entries(), other.Run); !is {
			return nil, refused("run %s was published by an attempt that did not end; make a run, which completes it, first",
				other.Run)
		}
	}
	return d, nil
}

// entry is what is noted of a step.
func (d *desk) entry(event ledger.Event, said string) ledger.Entry {
	m := d.run.Manifest
	return ledger.Entry{
		At: d.req.Clock(), Event: event, By: d.req.By, Actor: d.req.Actor, Offer: m.Offer, Phase: m.Phase, AsOf: m.AsOf,
		Program: d.req.Version, Terms: m.Terms.Digest, Identity: m.Identity, Run: m.Run, Replaces: m.Replaces,
		Manifest: d.run.ManifestDigest(), Message: strings.TrimSpace(said),
	}
}

// inTurn is an error if the run is not the newest, or not one that is released.
func (d *desk) inTurn() error {
	m := d.run.Manifest
	switch {
	case d.State == Released:
		return refused("run %s was released by %s on %s: nothing more can be done with it", m.Run, d.Last.Actor,
			d.stamp(d.Last))
	case !m.Release.Demands(tender.Phase(m.Phase)):
		return refused("run %s needs no release: the terms that it was made under demand none of %s runs (the key release "+
			"in offer.yaml)", m.Run, m.Phase)
	case m.Held != "":
		return refused("run %s cannot come into force: %s", m.Run, m.Held)
	case d.State == Overtaken:
		return refused("run %s is not the newest any more: %s is; what is new needs approvals of its own", m.Run,
			ledger.LatestIn(d.archive.Entries()))
	}
	if inForce := ledger.InForce(d.archive.Entries()); m.Phase == string(tender.Final) && m.Replaces != inForce {
		return refused("run %s would take the place of %s, and the final run in force is %s; run again with --supersede %s",
			m.Run, orNone(m.Replaces), orNone(inForce), orNone(inForce))
	}
	return d.current()
}

// Ready is an error if the run cannot take the step that it waits for, no matter who asks: a newer run
// was made, it is held, or a run made now would be another one.
func Ready(ctx context.Context, req Request) error {
	_, err := req.locked(ctx, func(d *desk) (ledger.Entry, error) { return ledger.Entry{}, d.inTurn() })
	return err
}

func orNone(name string) string {
	if name == "" {
		return "none"
	}
	return name
}

// stamp shows when a step was taken, on the clocks of the offer.
func (d *desk) stamp(step ledger.Entry) string {
	return tender.WallTime(step.At.Truncate(time.Second), d.terms.Zone())
}
