// Package retention deletes what the terms of an offer do not have kept any longer: runs that are neither in force
// nor the latest, files as they came, and the names of holders. It never deletes a run that is in force, the latest,
// the one released last, or one that the terms name, whatever their age.
//
// The names of holders are in the reports: these are removed from the inbox and from every run that stays, and what
// findings quote of them gets a pseudonym (see package pseudonym). All runs of an offer change by one entry in the
// history, under one key that nothing keeps, so that a holder has one pseudonym in all of them.
//
// Each deletion is noted in the history first, with who did it and the digest of what is deleted, and then made; one
// that was cut off is completed by the next. The chain of the history stays as it is: a run that was deleted is
// known as such, and nothing is wrong with its folder not being there.
package retention

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// Kind is what an item is.
type Kind string

// The kinds.
const (
	Run     Kind = "run"
	Files   Kind = "files"
	Holders Kind = "holders" // names in a run that stays
)

// Item is something that is not to be kept any longer.
type Item struct {
	Offer string    `json:"offer"`
	Kind  Kind      `json:"kind"`
	Path  string    `json:"path"`  // in the folder of the offer
	Until time.Time `json:"until"` // when its time ended

	run    string
	digest string           // of the run's manifest
	put    ledger.Rewritten // takes its place by the history already
}

// Request is who deletes what of which offer.
type Request struct {
	Folder  string // of the offer
	Actor   ledger.Actor
	By      string // from where, for the history
	Clock   func() time.Time
	Version string // of the program
	Wait    time.Duration
	Disk    disk.Disk
	Random  io.Reader // for the key of pseudonyms; nil: the system's
}

// Plan lists what is not to be kept any longer: what was cut off alone, if there is any, as only without it the
// runs can be compared with the history. It changes nothing.
func Plan(req Request) ([]Item, error) {
	terms, err := offerfolder.Terms(req.Folder)
	if err != nil {
		return nil, err
	}
	o := terms.AsOf(req.Clock())
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	archive, err := ledger.OpenArchive(runs, o.ID)
	if err != nil {
		return nil, err
	}
	all, err := unfinished(req, o.ID, archive)
	if err != nil || len(all) > 0 {
		return all, err
	}
	if err := archive.Check(); err != nil {
		return nil, err
	}
	if age := o.Retention.Runs; !age.IsZero() && passed(age, o, req.Clock()) {
		more, err := oldRuns(req, o, archive)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if age := o.Retention.Holders; !age.IsZero() && passed(age, o, req.Clock()) {
		all = append(all, namedRuns(o, archive, all)...)
		left, err := leftByRuns(req, o)
		if err != nil {
			return nil, err
		}
		all = append(all, left...)
	}
	files, err := oldFiles(req, o)
	return append(all, files...), err
}

// namedRuns are the runs that stay and have names of holders.
func namedRuns(o *tender.Offer, archive *ledger.Archive, deleted []Item) (all []Item) {
	for _, r := range archive.Runs() {
		is := func(i Item) bool { return i.run == r.Run }
		if r.Pseudonymised == nil && !slices.ContainsFunc(deleted, is) {
			all = append(all, Item{Offer: o.ID, Kind: Holders, Path: filepath.Join(offerfolder.RunsName, r.Run),
				Until: o.Retention.Holders.EndsAfter(o.Settlement.Final, o.Zone), run: r.Run})
		}
	}
	return all
}

// leftByRuns are what runs that were killed left behind, with copies of reports.
func leftByRuns(req Request, o *tender.Offer) (all []Item, err error) {
	names, err := ledger.LeftByRuns(filepath.Join(req.Folder, offerfolder.RunsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, name := range names {
		all = append(all, Item{Offer: o.ID, Kind: Files, Path: filepath.Join(offerfolder.RunsName, name),
			Until: o.Retention.Holders.EndsAfter(o.Settlement.Final, o.Zone)})
	}
	return all, err
}

// oldFiles are files as they came, and those in quarantine; once names of holders are not kept, the reports, too.
func oldFiles(req Request, o *tender.Offer) (all []Item, err error) {
	add := func(age tender.Age, folders ...string) {
		if age.IsZero() || !passed(age, o, req.Clock()) {
			return
		}
		for _, name := range folders {
			entries, failed := disk.In(req.Folder).ReadDir(filepath.Join(req.Folder, name))
			if failed != nil && !errors.Is(failed, fs.ErrNotExist) {
				err = errors.Join(err, failed)
			}
			for _, e := range entries {
				path := filepath.Join(name, e.Name())
				if !slices.ContainsFunc(all, func(i Item) bool { return i.Path == path }) {
					all = append(all, Item{Offer: o.ID, Kind: Files, Path: path, Until: age.EndsAfter(o.Settlement.Final, o.Zone)})
				}
			}
		}
	}
	add(o.Retention.Files, offerfolder.ReceivedName, offerfolder.QuarantineName)
	add(o.Retention.Holders, offerfolder.ReceivedName, offerfolder.QuarantineName, offerfolder.InboxName, offerfolder.StagingName)
	return all, err
}

func passed(age tender.Age, o *tender.Offer, now time.Time) bool {
	return !now.Before(age.EndsAfter(o.Settlement.Final, o.Zone))
}

// oldRuns are the runs that nothing needs any more.
func oldRuns(req Request, o *tender.Offer, archive *ledger.Archive) (all []Item, err error) {
	content, err := disk.In(req.Folder).ReadFile(filepath.Join(req.Folder, offerfolder.OfferName), offerfolder.MostBytes)
	if err != nil {
		return nil, err
	}
	entries := archive.Entries()
	pruned := ledger.PrunedRuns(entries)
	needed := []string{ledger.InForce(entries), ledger.LatestIn(entries)}
	for _, e := range slices.Backward(entries) {
		if e.Event == ledger.Released {
			needed = append(needed, e.Run)
			break
		}
	}
	for _, r := range archive.Runs() {
		if !pruned[r.Run] && !slices.Contains(needed, r.Run) && !strings.Contains(string(content), r.Run) {
			all = append(all, Item{Offer: o.ID, Kind: Run, Path: filepath.Join(offerfolder.RunsName, r.Run),
				Until: o.Retention.Runs.EndsAfter(o.Settlement.Final, o.Zone), run: r.Run, digest: r.ManifestDigest()})
		}
	}
	return all, nil
}

// unfinished are runs whose deletion, or whose change, was noted and then cut off.
func unfinished(req Request, offer string, archive *ledger.Archive) (all []Item, err error) {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	rewritten, err := ledger.UnfinishedRewritings(runs, archive.Entries())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, r := range rewritten {
		all = append(all, Item{Offer: offer, Kind: Holders, Path: filepath.Join(offerfolder.RunsName, r.Run),
			Until: ledger.RewrittenRuns(archive.Entries())[r.Run].At, put: r})
	}
	if err != nil || len(all) > 0 {
		return all, err
	}
	left, err := ledger.LeftAside(runs, archive.Entries())
	if err != nil {
		return nil, err
	}
	for _, name := range left {
		all = append(all, Item{Offer: offer, Kind: Run, Path: filepath.Join(offerfolder.RunsName, name), Until: req.Clock()})
	}
	pruned := ledger.PrunedRuns(archive.Entries())
	for _, e := range archive.Entries() {
		if e.Event != ledger.Pruned || !pruned[e.Run] {
			continue
		}
		for _, name := range []string{e.Run, aside(e.Run)} {
			path := filepath.Join(offerfolder.RunsName, name)
			switch _, err := disk.In(req.Folder).Lstat(filepath.Join(req.Folder, path)); {
			case err == nil:
				all = append(all, Item{Offer: offer, Kind: Run, Path: path, Until: e.At})
			case !errors.Is(err, fs.ErrNotExist):
				return nil, err
			}
		}
	}
	return all, nil
}

// aside is the name of a run's folder while it is deleted: the name of no run.
func aside(run string) string { return ".pruned-" + run }

// Prune deletes what is not to be kept any longer, and returns what was deleted.
func Prune(ctx context.Context, req Request) (done []Item, err error) {
	if err := req.Actor.Check(); err != nil {
		return nil, err
	}
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	log, err := ledger.OpenLog(runs)
	if err != nil {
		return nil, err
	}
	for {
		all, err := Plan(req)
		if err != nil || len(all) == 0 {
			return done, err
		}
		for _, i := range all {
			if err := ctx.Err(); err != nil {
				return done, err
			}
			if i.Kind == Holders && i.put.Run == "" {
				continue // together, once the runs that are not kept are deleted
			}
			if err := req.delete(log, i); err != nil {
				return done, fmt.Errorf("%s was not deleted; prune again: %w", i.Path, err)
			}
			done = append(done, i)
		}
		replaced, err := req.replaceNames(ctx, log, all)
		if done = append(done, replaced...); err != nil {
			return done, fmt.Errorf("names of holders were not replaced; prune again: %w", err)
		}
	}
}

// delete notes that something is deleted, and deletes it.
func (req Request) delete(log *ledger.Log, i Item) error {
	e := ledger.Entry{At: req.Clock(), By: req.By, Actor: req.Actor, Offer: i.Offer, Program: req.Version,
		Message: fmt.Sprintf(ledger.DeletedWord+"%s, which was to be kept until %s", filepath.ToSlash(i.Path),
			i.Until.Format("2006-01-02"))}
	path, tree := filepath.Join(req.Folder, i.Path), req.Disk.In(req.Folder)
	switch {
	case i.Kind == Holders:
		return ledger.PutRewritten(req.Disk, filepath.Dir(path), i.put)
	case i.Kind == Files:
		e.Event = ledger.Cleared
	case i.run != "":
		e.Event, e.Run, e.Manifest = ledger.Pruned, i.run, i.digest
	default: // noted already
		return tree.Remove(path)
	}
	if _, err := log.Append(e); err != nil {
		return err
	}
	if i.Kind == Run {
		away := filepath.Join(filepath.Dir(path), aside(i.run))
		if err := tree.Rename(path, away); err != nil {
			return err
		}
		path = away
	}
	if err := tree.Remove(path); err != nil {
		return err
	}
	return tree.SyncFolder(filepath.Dir(path))
}
