package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// Deaths are the latest runs that the scheduler made of an offer and that did not come to
// an end because their process died, one after another.
type Deaths struct {
	Count int
	Began time.Time // when the last of them began
	Last  time.Time // when its death was noted
}

// NoteDeaths notes in the ledger of an offer which runs died with their process, as the
// next run would, and returns what [DeathsOf] does. If another run has the offer, that
// has noted it.
func NoteDeaths(ctx context.Context, req Request) (Deaths, error) {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if _, err := os.Stat(runs); err != nil {
		return Deaths{}, nil // it was never run; if it cannot be read, the run will say so
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, 0)
	if errors.Is(err, ledger.ErrBusy) {
		return DeathsOf(req.Folder)
	}
	if err != nil {
		return Deaths{}, err
	}
	j, err := openJournal(req, runs)
	if err == nil {
		err = j.noteLeft()
	}
	if untrusted(err) {
		return Deaths{}, unlock() // no run is made of it, and the next one says so
	}
	if err := errors.Join(err, unlock()); err != nil {
		return Deaths{}, err
	}
	return DeathsOf(req.Folder)
}

// DeathsOf reads from the ledger of an offer which of its latest runs died with their
// process. Runs that a person made do not count, and one that was asked to stop says
// nothing.
func DeathsOf(folder string) (Deaths, error) {
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if damaged := new(ledger.DamagedError); err != nil && !errors.As(err, &damaged) {
		return Deaths{}, err
	}
	var d Deaths
	began := map[string]time.Time{} // by attempt
	for _, e := range entries {
		if _, known := began[e.Attempt]; !known {
			began[e.Attempt] = e.At
		}
		switch {
		case e.Event == ledger.Abandoned && scheduled(e.Trigger):
			d = Deaths{Count: d.Count + 1, Began: began[e.Attempt], Last: e.At}
		case e.Event == ledger.Abandoned, e.Event == ledger.Interrupted, !e.Event.Ends(), e.Event == ledger.Recovered && e.Attempt == "", e.Exit == int(exitcode.Busy):
		default:
			d = Deaths{}
		}
	}
	return d, nil
}
