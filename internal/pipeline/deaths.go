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
	"tenderbatch/internal/schedule"
)

// NoteDeaths notes in the ledger of an offer which runs died with their process, as the
// next run would. If another run has the offer, that has noted it.
func NoteDeaths(ctx context.Context, req Request) error {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if _, err := os.Stat(runs); err != nil {
		return nil // it was never run; if it cannot be read, the run will say so
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, 0)
	if errors.Is(err, ledger.ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	a, err := newAttempt(req, runs)
	if err == nil {
		_, err = a.noteLeft()
	}
	if untrusted(err) {
		err = nil // no run is made of it, and the next one says so
	}
	return errors.Join(err, unlock())
}

// deathsIn reads from a ledger which of the latest runs died with their process. Runs that a
// person made do not count, and one that was asked to stop says nothing.
func deathsIn(entries []ledger.Entry) (d schedule.Deaths) {
	began := map[string]time.Time{} // by attempt
	for _, e := range entries {
		if _, known := began[e.Attempt]; !known {
			began[e.Attempt] = e.At
		}
		switch {
		case e.Event == ledger.Abandoned && e.Trigger.Scheduled():
			d = schedule.Deaths{Count: d.Count + 1, Began: began[e.Attempt], Last: e.At}
		case e.Event == ledger.Abandoned, e.Event == ledger.Interrupted, !e.Event.Ends(), e.Event == ledger.Recovered &&
			e.Attempt == "", e.Exit == int(exitcode.Busy):
		default:
			d = schedule.Deaths{}
		}
	}
	return d
}
