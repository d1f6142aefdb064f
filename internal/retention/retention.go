// Package retention deletes what the terms of an offer do not have kept any longer: runs that are neither in force
// nor the latest, and files as they came. It never deletes a run that is in force, the latest, the one released
// last, or one that the terms name, whatever their age.
//
// Each deletion is noted in the history first, with who did it and the digest of what is deleted, and then made; one
// that was cut off is completed by the next. The chain of the history stays as it is: a run that was deleted is
// known as such, and nothing is wrong with its folder not being there.
package retention

import (
	"context"
	"errors"
	"fmt"
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
	Run   Kind = "run"
	Files Kind = "files"
)

// Item is something that is not to be kept any longer.
type Item struct {
	Offer string    `json:"offer"`
	Kind  Kind      `json:"kind"`
	Path  string    `json:"path"`  // in the folder of the offer
	Until time.Time `json:"until"` // when its time ended

	run    string
	digest string // of the run's manifest
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
	if age := o.Retention.Files; !age.IsZero() && passed(age, o, req.Clock()) {
		for _, name := range []string{"received", "quarantine"} {
			entries, err := disk.In(req.Folder).ReadDir(filepath.Join(req.Folder, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			for _, e := range entries {
				all = append(all, Item{Offer: o.ID, Kind: Files, Path: filepath.Join(name, e.Name()),
					Until: age.EndsAfter(o.Settlement.Final, o.Zone)})
			}
		}
	}
	return all, nil
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

// unfinished are runs whose deletion was noted and then cut off.
func unfinished(req Request, offer string, archive *ledger.Archive) (all []Item, err error) {
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
			if err := req.delete(log, i); err != nil {
				return done, fmt.Errorf("%s was not deleted; prune again: %w", i.Path, err)
			}
			done = append(done, i)
		}
	}
}

// delete notes that something is deleted, and deletes it.
func (req Request) delete(log *ledger.Log, i Item) error {
	e := ledger.Entry{At: req.Clock(), By: req.By, Actor: req.Actor, Offer: i.Offer, Program: req.Version,
		Message: fmt.Sprintf("deleted %s, which was to be kept until %s", filepath.ToSlash(i.Path),
			i.Until.Format("2006-01-02"))}
	path, tree := filepath.Join(req.Folder, i.Path), req.Disk.In(req.Folder)
	switch {
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
