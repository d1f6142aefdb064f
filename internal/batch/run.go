package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/ledger"
)

// Request is what a run is asked to do.
type Request struct {
	Folder  string   // of the offer
	AsOf    string   // RFC 3339 or wall time in the offer's zone; "" for now
	Files   []string // depositary files beside those of the inbox
	Now     time.Time
	Version string // of the program
	Force   bool   // rebuild although nothing is new
	DryRun  bool   // compute, but write nothing

	// Getenv looks up the variables that hold the depositaries' passwords, ""
	// for one that is not set; nil if there are none to be had.
	Getenv func(string) string
}

// Outcome is what a run did.
type Outcome struct {
	Run    *export.Run
	Choice ingest.Choice // the files used and those passed over
	Folder string        // where the run is published; "" for a dry run
	Deed   Deed
}

// Deed is what became of a run's result.
type Deed string

// The deeds.
const (
	Published Deed = "published" // a new folder
	Unchanged Deed = "unchanged" // nothing new since the latest run
	Restored  Deed = "restored"  // published before; latest points at it again
	Rebuilt   Deed = "rebuilt"   // made again, with the same bytes
	Computed  Deed = "computed"  // a dry run: nothing written
)

// Run makes one run of an offer. Errors are a *[UsageError], a
// *[ingest.OfferError] for the terms, a *[ingest.FileError] for the files, a
// *[tender.ControlError] for figures that do not agree, [ledger.ErrBusy] if
// another run holds the offer, the context's error if it was interrupted, or one
// of the file system. After an error nothing is published.
func Run(ctx context.Context, req Request) (*Outcome, error) {
	if req.DryRun {
		in, r, err := result(ctx, req)
		if err != nil {
			return nil, err
		}
		return &Outcome{Run: r, Choice: in.choice, Deed: Computed}, nil
	}
	// The terms are read before the lock is taken, so that a mistyped folder
	// makes no runs folder.
	if _, err := readTerms(req.Folder); err != nil {
		return nil, err
	}
	runs := filepath.Join(req.Folder, runsName)
	unlock, err := ledger.Lock(runs)
	if err != nil {
		return nil, notWritten(err)
	}
	outcome, err := runLocked(ctx, req, runs)
	return outcome, errors.Join(notWritten(err), unlock())
}

// notWritten says what an error of the file system means and what to do.
func notWritten(err error) error {
	for cause, advice := range map[error]string{
		syscall.ENOSPC:   "make room on the disk",
		syscall.EROFS:    "the file system is read-only; use a folder that can be written",
		fs.ErrPermission: "use a folder that may be written",
	} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: nothing was published; %s, then run again", err, advice)
		}
	}
	return err
}

func runLocked(ctx context.Context, req Request, runs string) (*Outcome, error) {
	in, r, err := result(ctx, req)
	if err != nil {
		return nil, err
	}
	known, isLatest, err := published(runs, r, req)
	if err != nil {
		return nil, err
	}
	if known != nil && !req.Force {
		outcome := &Outcome{Run: r, Choice: in.choice, Folder: filepath.Join(runs, known.Run), Deed: Unchanged}
		if !isLatest {
			outcome.Deed = Restored
			err = ledger.PointLatest(runs, known.Run)
		}
		return outcome, err
	}
	if known != nil {
		req.AsOf = known.AsOf.Format(time.RFC3339Nano)
		if in, r, err = result(ctx, req); err != nil {
			return nil, err
		}
	}
	folder, deed, err := publish(ctx, runs, r, known)
	return &Outcome{Run: r, Choice: in.choice, Folder: folder, Deed: deed}, err
}

// result reads what the request names and computes the run.
func result(ctx context.Context, req Request) (*intake, *export.Run, error) {
	in, err := take(req)
	if err != nil {
		return nil, nil, err
	}
	r, err := in.compute(ctx)
	return in, r, err
}

// published returns the manifest of the run that has the same result already,
// nil if there is none: the latest, or any as of the same instant. With an as-of
// instant of its own a run is another one even if nothing else is new.
func published(runs string, r *export.Run, req Request) (known *ledger.Manifest, latest bool, err error) {
	last, err := ledger.Latest(runs)
	if err != nil {
		return nil, false, err
	}
	same := func(m *ledger.Manifest) bool { return m.Identity == identity(r) && m.AsOf.Equal(r.AsOf) }
	if last != nil && (same(last) || req.AsOf == "" && last.Identity == identity(r)) {
		return last, true, nil
	}
	all, err := ledger.Runs(runs)
	if err != nil {
		return nil, false, err
	}
	for _, m := range all {
		if same(m) {
			known = m
		}
	}
	return known, false, nil
}

// publish writes the run and gives it its place. A run that repeats a known one
// is compared with the same earlier run as that one was; if its bytes differ all
// the same, because the program was changed, it is published beside it.
func publish(ctx context.Context, runs string, r *export.Run, known *ledger.Manifest) (folder string, deed Deed, err error) {
	previous, err := previousRun(runs, known)
	if err != nil {
		return "", "", err
	}
	if previous != "" {
		if r.Changes, err = changesFrom(r, runs, previous); err != nil {
			return "", "", err
		}
	}
	if known != nil {
		r.Name = known.Run
	}
	same, folder, err := stageAndPublish(ctx, runs, r, previous, known)
	switch {
	case err != nil:
		return "", "", err
	case same:
		return filepath.Join(runs, known.Run), Rebuilt, nil
	case known == nil:
		return folder, Published, nil
	}
	if r.Name, err = ledger.FreeName(runs, known.Run); err != nil {
		return "", "", err
	}
	_, folder, err = stageAndPublish(ctx, runs, r, previous, nil)
	return folder, Published, err
}

// previousRun is the run that a new one is compared with, "" for the first.
func previousRun(runs string, known *ledger.Manifest) (string, error) {
	if known != nil {
		return known.Previous, nil
	}
	latest, err := ledger.Latest(runs)
	if err != nil || latest == nil {
		return "", err
	}
	return latest.Run, nil
}

// stageAndPublish writes the run to a stage. Beside a known run it only says
// whether the bytes are the same; otherwise it publishes the stage.
func stageAndPublish(ctx context.Context, runs string, r *export.Run, previous string, known *ledger.Manifest) (same bool, folder string, err error) {
	stage, err := ledger.NewStage(runs)
	if err != nil {
		return false, "", err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	if err := write(ctx, stage, r, previous); err != nil {
		return false, "", err
	}
	if known != nil {
		same, err = stage.Same(known.Run)
		return same, "", err
	}
	folder, err = stage.Publish(r.Name)
	return false, folder, err
}

// write writes every file of the run to the stage and reads the workbook back.
func write(ctx context.Context, stage *ledger.Stage, r *export.Run, previous string) error {
	files := []struct {
		name  string
		write func(io.Writer, *export.Run) error
	}{
		{export.WorkbookName, export.WriteWorkbook},
		{export.JSONName, export.WriteJSON},
		{export.InstructionsName, export.WriteInstructions},
		{export.PaymentsName, export.WritePayments},
		{export.RejectsName, export.WriteRejects},
		{export.ReleaseTextName, export.WriteReleaseText},
		{export.ReleaseMarkdownName, export.WriteReleaseMarkdown},
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := stage.Write(f.name, func(w io.Writer) error { return f.write(w, r) }); err != nil {
			return err
		}
	}
	if err := readBack(filepath.Join(stage.Folder(), export.WorkbookName), r); err != nil {
		return err
	}
	return stage.WriteManifest(manifest(r, previous))
}

func manifest(r *export.Run, previous string) *ledger.Manifest {
	m := &ledger.Manifest{
		Run: r.Name, Offer: r.Offer.ID, Phase: string(r.Phase), AsOf: r.AsOf, Program: r.Version,
		Terms:    ledger.Terms{Version: r.Offer.Version(), Digest: r.Offer.TermsDigest},
		Identity: identity(r), Previous: previous,
	}
	for _, in := range r.Inputs {
		m.Inputs = append(m.Inputs, ledger.File{Name: in.File, SHA256: in.SHA256, Bytes: in.Bytes})
	}
	return m
}
