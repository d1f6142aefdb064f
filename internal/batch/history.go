package batch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"tenderbatch/internal/ledger"
)

// History is what became of an offer so far.
type History struct {
	Runs    []PublishedRun `json:"runs"`    // by as-of instant
	Entries []ledger.Entry `json:"entries"` // of the ledger, oldest first
	Damage  string         `json:"damage,omitempty"`
}

// PublishedRun is one published run.
type PublishedRun struct {
	*ledger.Manifest
	Latest     bool   `json:"latest"`      // the one that runs/latest points at
	ReplacedBy string `json:"replaced_by"` // the final run that supersedes it, "" for none
}

// HistoryOf reads the history of the offer in a folder. A damaged ledger is not an
// error: what can be read of it is there, and Damage says what is wrong.
func HistoryOf(folder string) (*History, error) {
	runs, err := runsOf(folder)
	if err != nil {
		return nil, err
	}
	s, err := standingIn(runs)
	if err != nil {
		return nil, err
	}
	h := &History{Runs: make([]PublishedRun, len(s.all))}
	for i, m := range s.all {
		h.Runs[i] = s.publishedRun(m)
	}
	entries, err := ledger.ReadEntries(runs)
	h.Entries = append([]ledger.Entry{}, entries...) // a list in JSON, never null
	h.Damage, err = damageIn(err)
	return h, err
}

// runsOf is the folder of the runs of the offer in a folder.
func runsOf(folder string) (string, error) {
	path := filepath.Join(folder, offerName)
	if _, err := os.Stat(path); err != nil {
		return "", notAnOffer(path, err)
	}
	return filepath.Join(folder, runsName), nil
}

func (s *standing) publishedRun(m *ledger.Manifest) PublishedRun {
	p := PublishedRun{Manifest: m, Latest: s.latest != nil && s.latest.Run == m.Run}
	for _, other := range s.all {
		if other.Replaces == m.Run {
			p.ReplacedBy = other.Run
		}
	}
	return p
}

// RunRecord is all that is known of one published run.
type RunRecord struct {
	PublishedRun
	Entries []ledger.Entry `json:"entries"` // of the ledger about it
	Damage  string         `json:"damage,omitempty"`
}

// Record returns what is known of a published run.
func (run *RunFolder) Record() (*RunRecord, error) {
	s, err := standingIn(run.Runs)
	if err != nil {
		return nil, err
	}
	record := &RunRecord{PublishedRun: s.publishedRun(run.Manifest), Entries: []ledger.Entry{}}
	entries, err := ledger.ReadEntries(run.Runs)
	if record.Damage, err = damageIn(err); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Run == run.Manifest.Run {
			record.Entries = append(record.Entries, e)
		}
	}
	return record, nil
}

// VerifyHistory checks the ledger of the offer in a folder, and every published
// run against it and against its manifest. It changes nothing.
func VerifyHistory(folder string) ([]ledger.Finding, error) {
	runs, err := runsOf(folder)
	if err != nil {
		return nil, err
	}
	return ledger.Verify(runs)
}

// RebuildHistory makes the ledger of the offer in the request's folder anew from
// the published runs, and returns how many there are. The old ledger is set aside.
func RebuildHistory(ctx context.Context, req Request) (count int, err error) {
	runs, err := runsOf(req.Folder)
	if err != nil {
		return 0, err
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return 0, err
	}
	count, err = ledger.Rebuild(runs, req.Clock())
	if failed := unlock(); err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("the ledger was not rebuilt: %w", err)
	}
	return count, nil
}
