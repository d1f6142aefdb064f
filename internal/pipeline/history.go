package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// History is what became of an offer so far.
type History struct {
	Runs    []PublishedRun   `json:"runs"`    // by as-of instant; those only that are as the entries say
	Entries []ledger.Entry   `json:"entries"` // of the ledger, oldest first
	Damage  string           `json:"damage,omitempty"`
	Faults  []ledger.Finding `json:"faults,omitempty"` // what is among the runs and is not as the entries say

	archive *ledger.Archive // nil if the ledger is lost or damaged
}

// PublishedRun is one published run.
type PublishedRun struct {
	*ledger.Manifest
	Latest     bool   `json:"latest"`                   // the newest, to which runs/latest leads
	InForce    bool   `json:"in_force"`                 // the final run in force, to which runs/final leads
	ReplacedBy string `json:"replaced_by"`              // the final run that supersedes it, "" for none
	Awaits     bool   `json:"awaits_release,omitempty"` // it may be paid on only once it was released
}

// HistoryOf reads the history of the offer in a folder, and of its runs the manifests.
// A lost or damaged ledger is not an error: Damage says what is wrong, what can be read
// of it is there, and no runs, as nothing vouches for them. Neither are runs that are
// not as the history says: Faults names them. It is an *[ledger.AlteredError] if the
// history is that of another offer.
func HistoryOf(folder string) (*History, error) {
	runs, err := runsOf(folder)
	if err != nil {
		return nil, err
	}
	h := &History{Runs: []PublishedRun{}, Entries: []ledger.Entry{}} // lists in JSON, never null
	archive, err := ledger.OpenArchive(runs, offerID(folder))
	if damaged := new(ledger.DamagedError); errors.As(err, &damaged) {
		h.Damage = damaged.Error()
		entries, err := ledger.ReadEntries(runs)
		h.Entries = append(h.Entries, entries...)
		if errors.As(err, &damaged) {
			err = nil
		}
		return h, err
	}
	if err != nil {
		return nil, err
	}
	h.archive, h.Faults = archive, archive.Faults()
	h.Entries = append(h.Entries, archive.Entries()...)
	for _, r := range archive.Runs() {
		h.Runs = append(h.Runs, describeRun(archive, r))
	}
	return h, nil
}

// Check reads every file of every run and adds to the faults those that are not as
// they were published.
func (h *History) Check() error {
	if h.archive == nil {
		return nil
	}
	for _, r := range h.archive.Runs() {
		err := r.Check()
		altered := new(ledger.AlteredError)
		switch {
		case errors.As(err, &altered):
			h.Faults = append(h.Faults, ledger.Finding{Where: r.Manifest.Run, What: altered.What, Do: altered.Do})
		case err != nil:
			return err
		}
	}
	lost, err := h.archive.LostFinal()
	if altered := new(ledger.AlteredError); errors.As(err, &altered) {
		h.Faults = append(h.Faults, ledger.Finding{Where: "final", What: altered.What, Do: altered.Do})
		return nil
	}
	if lost != "" {
		h.Faults = append(h.Faults, ledger.Finding{Where: lost,
			What: "is the final run in force, and its folder is missing", Do: "restore it from the back-up"})
	}
	return err
}

// runsOf is the folder of the runs of the offer in a folder.
func runsOf(folder string) (string, error) {
	if err := offerfolder.IsOffer(folder); err != nil {
		return "", err
	}
	return filepath.Join(folder, offerfolder.RunsName), nil
}

func describeRun(archive *ledger.Archive, r *ledger.Run) PublishedRun {
	p := PublishedRun{Manifest: r.Manifest, Latest: archive.Latest() == r, InForce: archive.Final() == r,
		Awaits: archive.Awaits(r)}
	for _, other := range archive.Runs() {
		if other.Replaces == r.Manifest.Run && !archive.Awaits(other) {
			p.ReplacedBy = other.Manifest.Run
		}
	}
	return p
}

// RunRecord is all that is known of one published run.
type RunRecord struct {
	PublishedRun
	Entries []ledger.Entry `json:"entries"` // of the ledger about it
}

// Record returns what is known of a published run. It is an *[ledger.AlteredError] if
// a file of the run is not as it was published.
func (run *RunFolder) Record() (*RunRecord, error) {
	if err := run.run.Check(); err != nil {
		return nil, err
	}
	return run.Known(), nil
}

// Known is what the history says of a published run whose files were compared before.
func (run *RunFolder) Known() *RunRecord {
	record := &RunRecord{PublishedRun: describeRun(run.archive, run.run), Entries: []ledger.Entry{}}
	for _, e := range run.archive.Entries() {
		if e.Run == run.Manifest.Run {
			record.Entries = append(record.Entries, e)
		}
	}
	return record
}

// Open opens a file of the run, compared with what was published; see [ledger.Run.Open].
func (run *RunFolder) Open(name string) (*os.File, error) { return run.run.Open(name) }

// VerifyHistory checks the ledger of the offer in a folder, and every published
// run against it and against its manifest. It changes nothing.
func VerifyHistory(folder string) ([]ledger.Finding, error) {
	runs, err := runsOf(folder)
	if err != nil {
		return nil, err
	}
	return ledger.Verify(runs, offerID(folder))
}

// RebuildHistory rebuilds the ledger of the offer in the request's folder from the
// published runs that nothing speaks against, and returns what speaks for and against
// each. Those that this version of the program made are made again and compared. The
// old ledger is set aside. Of the request it takes Folder, Clock, Version, Getenv,
// Wait and Disk.
func RebuildHistory(ctx context.Context, req Request) (found []ledger.Candidate, err error) {
	terms, err := offerfolder.Terms(req.Folder)
	if err != nil {
		return nil, err // without the offer's id nothing says whose runs they are
	}
	id, runs := terms.AsOf(time.Time{}).ID, filepath.Join(req.Folder, offerfolder.RunsName)
	var altered *ledger.AlteredError
	if err := ledger.CheckOffer(runs, id); errors.As(err, &altered) {
		return nil, err // the history of another offer is not replaced
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return nil, err
	}
	found, err = ledger.Rebuild(runs, id, req.Clock(), madeAgain(ctx, req))
	if failed := unlock(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("the ledger was not rebuilt: %w", err)
	}
	return found, nil
}

// madeAgain makes a run again for a rebuild, if this version of the program made it:
// figures that do not follow from the files that the run keeps speak against it.
func madeAgain(ctx context.Context, req Request) ledger.Again {
	return func(run *ledger.Run) (supports, contradicts string, err error) {
		if run.Program != req.Version {
			return fmt.Sprintf("version %s of the program made it, so it was not made again for comparison", run.Program), "",
				nil
		}
		again, err := remake(ctx, req, nil, run)
		switch {
		case ctx.Err() != nil:
			return "", "", ctx.Err()
		case err != nil:
			first, _, _ := strings.Cut(err.Error(), "\n")
			return "it could not be made again for comparison: " + first, "", nil
		case len(again.Differs) > 0:
			return "", "made again from the copies that it keeps, it has other bytes of " + strings.Join(again.Differs, ", "),
				nil
		}
		return "made again from the copies that it keeps, it has the same bytes", "", nil
	}
}
