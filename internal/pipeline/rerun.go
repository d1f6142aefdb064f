package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
)

// RunFolder is a published run by the path of its folder, such as
// level3-2004/runs/latest.
type RunFolder struct {
	Path     string // of the folder, under the run's own name
	Runs     string // path of the folder of all runs of the offer
	Manifest *ledger.Manifest

	run     *ledger.Run
	archive *ledger.Archive
}

// Digest is the SHA-256 of the run's manifest, in hexadecimal: of everything that was published.
func (run *RunFolder) Digest() string { return run.run.ManifestDigest() }

// FindRun finds the published run in a folder of an offer's runs. latest and final are
// the runs that the history says, wherever the links of those names lead. Its error is
// a *[offerfolder.UsageError] if there is none, an *[ledger.AlteredError] if what is there is not
// the run that was published, or a *[ledger.DamagedError] if the history is lost or
// damaged, so that it cannot be checked.
func FindRun(path string) (*RunFolder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	runs := filepath.Dir(path)
	archive, err := ledger.OpenArchive(runs, offerID(filepath.Dir(runs)))
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, noRun(path)
	}
	if err != nil {
		return nil, err
	}
	run, err := archive.Run(filepath.Base(path))
	if errors.Is(err, ledger.ErrNoRun) {
		if led, err := filepath.EvalSymlinks(path); err == nil && led != path {
			return FindRun(led) // a link of another name
		}
		if err := deleted(archive, filepath.Base(path)); err != nil {
			return nil, err
		}
		return nil, noRun(path)
	}
	if err != nil {
		return nil, err
	}
	return &RunFolder{Path: run.Folder(), Runs: runs, Manifest: run.Manifest, run: run, archive: archive}, nil
}

func noRun(path string) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf("%s is not the folder of a published run; name one such as "+
		"OFFER/runs/latest, see \"batch runs OFFER\"", path)}
}

// deleted is an error if a run was deleted as it was not to be kept any longer.
func deleted(archive *ledger.Archive, name string) error {
	entries := archive.Entries()
	if !ledger.PrunedRuns(entries)[name] {
		return nil
	}
	at := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.Event == ledger.Pruned && e.Run == name })
	return &offerfolder.UsageError{Message: fmt.Sprintf("the run %s was deleted on %s, as it was not to be kept any longer (retention "+
		"in the terms); what the history has of it is in \"batch runs OFFER --all\"", name, entries[at].At.Format("2006-01-02"))}
}

// Rerun makes a published run again from the copies it keeps, and compares. Of
// the request it takes Clock and Getenv. Nothing is published. It is a
// *[ledger.AlteredError] if the run's folder is not as it was published.
func Rerun(ctx context.Context, req Request, run *RunFolder) (*Reproduction, error) {
	if err := run.run.Check(); err != nil {
		return nil, err
	}
	return remake(ctx, req, run.archive, run.run)
}

// WriteTo writes every file of the run into a folder that must not be there yet.
func (a *Reproduction) WriteTo(ctx context.Context, req Request, folder string) error {
	if err := req.Disk.MakeFolder(folder); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return &offerfolder.UsageError{Message: fmt.Sprintf("%s is there already; name a new folder", folder)}
		}
		return err
	}
	return writeFiles(ctx, a.Run, func(name string, write func(io.Writer) error) error {
		return req.Disk.Write(filepath.Join(folder, name), write)
	})
}

// Reproduction is a published run, made again from the copies it keeps.
type Reproduction struct {
	Run     *result.Run
	Differs []string // names of the files that came out with other bytes

	in *Intake
}

// remake makes a published run again from the copies it keeps, as the program of
// its version would name itself, and compares every file.
func remake(ctx context.Context, req Request, archive *ledger.Archive, m *ledger.Run) (*Reproduction, error) {
	src := &offerfolder.Source{Folder: filepath.Dir(filepath.Dir(m.Folder())), Kept: m, Now: req.Clock, Archive: archive}
	terms, err := src.Terms()
	if err != nil {
		return nil, err
	}
	req.AsOf, req.Version, req.DryRun = m.AsOf.Format(time.RFC3339Nano), m.Program, true
	in, err := takeFrom(ctx, req, src, terms)
	if err != nil {
		return nil, err
	}
	r, err := in.Compute(ctx)
	if err != nil {
		return nil, err
	}
	r.Name, r.Replaces, r.Held, r.Decisions = m.Run, m.Replaces, m.Held, m.Decisions
	if m.Made != nil {
		r.Made, r.By = *m.Made, m.By
	}
	if err := in.compareWith(r, m.Previous); err != nil {
		return nil, err
	}
	again := &Reproduction{Run: r, in: in}
	again.Differs, err = again.compare(ctx, m)
	return again, err
}

// changesSince names the files that have other bytes than the published ones.
func (a *Reproduction) compare(ctx context.Context, m *ledger.Run) (differs []string, err error) {
	now := manifest(a.Run, m.Previous, a.in)
	now.Release, now.Makers = m.Release, m.Makers
	for _, p := range a.in.src.Pieces {
		now.Keep(p.Kept())
	}
	err = writeFiles(ctx, a.Run, func(name string, write func(io.Writer) error) error {
		f, err := ledger.Digest(name, write)
		now.Outputs = append(now.Outputs, f)
		if !slices.Contains(m.Outputs, f) {
			differs = append(differs, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	f, err := ledger.Digest(ledger.ManifestName, now.Encode)
	if err != nil {
		return nil, err
	}
	if f.SHA256 != m.ManifestDigest() {
		differs = append(differs, ledger.ManifestName)
	}
	return differs, nil
}
