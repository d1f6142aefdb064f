package outgoing

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// Run is a published run, every file of which is as it was published.
type Run struct {
	Folder string // of the offer
	Path   string // of the run
	Doc    *export.Document
	Offer  *tender.Offer // by the terms that the run was made under

	run     *ledger.Run
	archive *ledger.Archive
	only    []string // the wires that are exported, none for all
	awaited string   // see [awaitedDay]

	unpriced []string // series of which something is accepted that has no price yet
}

// Open opens the published run in a folder.
func Open(path string) (*Run, error) {
	found, err := pipeline.FindRun(path)
	if err != nil {
		return nil, err
	}
	archive, err := ledger.OpenArchive(found.Runs, found.Manifest.Offer)
	if err != nil {
		return nil, err
	}
	run, err := archive.Run(found.Manifest.Run)
	if err != nil {
		return nil, err
	}
	if err := run.Check(); err != nil {
		return nil, err
	}
	doc, err := documentOf(run)
	if err != nil {
		return nil, err
	}
	r := &Run{Folder: filepath.Dir(found.Runs), Path: found.Path, Doc: doc, run: run, archive: archive}
	if doc.Masked {
		return nil, refused("run %s has pseudonyms in place of names and numbers, so nothing is made of it for others",
			doc.Run)
	}
	if r.Offer, err = termsOf(run); err != nil {
		return nil, err
	}
	r.awaited = awaitedDay(doc, r.Offer)
	return r, nil
}

// documentOf is the result.json of a run.
func documentOf(run *ledger.Run) (*export.Document, error) {
	content, err := run.Read(result.JSONName)
	if err != nil {
		return nil, err
	}
	doc, err := export.ReadDocument(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(run.Folder(), result.JSONName), err)
	}
	return doc, nil
}

// Pseudonymised says how names of holders were replaced in the run, nil if they were not.
func (r *Run) Pseudonymised() *ledger.Rewriting { return r.run.Pseudonymised }

// termsOf are the terms that a run was made under.
func termsOf(run *ledger.Run) (*tender.Offer, error) {
	content, err := run.ReadKept(offerfolder.OfferName)
	if err != nil {
		return nil, err
	}
	terms, err := offerfile.ParseTerms(offerfolder.OfferName, content)
	if err != nil {
		return nil, err
	}
	return terms.AsOf(run.AsOf), nil
}

// Made is when the run was published; its instant for a run that does not say.
func (r *Run) Made() time.Time {
	if r.run.Made != nil {
		return *r.run.Made
	}
	return r.run.AsOf
}

// Payable is an error if nothing may be wired on the run, with what to do.
func (r *Run) Payable() error {
	name := r.run.Run
	switch {
	case r.archive.Awaits(r.run):
		return refused("run %s awaits its release, and nothing is wired before; see \"batch queue %s\" for what it waits for",
			name, r.Folder)
	case r.run.Held != "":
		return refused("run %s is not in force: %s", name, r.run.Held)
	case r.run.Phase == string(tender.Final):
		inForce := ledger.InForce(r.archive.Entries())
		if inForce == "" {
			return refused("no final run is in force, so nothing is wired; see \"batch runs %s\"", r.Folder)
		}
		if inForce != name {
			return refused("run %s is not in force: %s is; export that one", name, inForce)
		}
		return nil
	}
	return r.settles()
}

// settles is an error if an indicative run is none from which a settlement is paid.
func (r *Run) settles() error {
	unmet := ""
	for _, c := range r.Doc.Terms.Conditions {
		if !c.Satisfied {
			unmet = c.Name
		}
	}
	// Who approved a run that was released has seen its open findings.
	accepted := r.run.Release.Demands(tender.Indicative)
	latest, named, err := r.newer()
	switch {
	case err != nil:
		return err
	case latest != r.run.Run && !named:
		return refused("run %s is not the one that counts any more: %s is; export that one", r.run.Run, latest)
	case len(r.settlements()) == 0:
		return refused("run %s is indicative, and no settlement is paid from it: money is wired on the final run, or on one "+
			"that has all tenders of an early or interim settlement (dates.settlement in offer.yaml)", r.run.Run)
	case r.Doc.Counts.Open > 0 && !accepted:
		return refused("run %s has open findings (%d); clarify them with the depositary or resolve them in offer.yaml, then "+
			"run again", r.run.Run, r.Doc.Counts.Open)
	case unmet != "":
		return refused("run %s is made while the condition %q is not satisfied; nothing is wired before it is", r.run.Run,
			unmet)
	}
	return nil
}

// newer is the name of the run that counts, and whether the terms of now name this one as that of a
// settlement that was made. What counts is the latest run, or the one that was released last where
// runs like this one must be.
func (r *Run) newer() (latest string, named bool, err error) {
	terms, err := offerfolder.Terms(r.Folder)
	if err != nil {
		return "", false, err
	}
	for _, made := range terms.Last().Settlement.Made() {
		named = named || made.Run == r.run.Run
	}
	if run := r.archive.Latest(); run != nil {
		latest = run.Run
	}
	for _, e := range r.archive.Entries() {
		if e.Event == ledger.Released && r.run.Release.Demands(tender.Indicative) {
			latest = e.Run
		}
	}
	return latest, named, nil
}

// settlements are the days of the settlements before the final one of which the run has every tender.
func (r *Run) settlements() (days []tender.Date) {
	s := r.Offer.Settlement
	if !s.Early.IsZero() && !r.run.AsOf.Before(r.Offer.Early.At) {
		days = append(days, s.Early)
	}
	for _, i := range s.Interim {
		if !i.On.Before(tender.DateOf(r.run.AsOf.In(r.Offer.Zone))) {
			days = append(days, i.On)
		}
	}
	return days
}

// refused is why nothing is made, and what to do.
func refused(format string, args ...any) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf(format, args...)}
}

// ErrNothingDue says that a run wires nothing.
var ErrNothingDue = errors.New("nothing is due by this run")
