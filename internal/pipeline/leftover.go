package pipeline

import (
	"errors"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
)

// untrusted reports whether an error says that the history of an offer is lost,
// damaged, or not its own, or that a link or the like is in its place.
func untrusted(err error) bool {
	var damaged *ledger.DamagedError
	var altered *ledger.AlteredError
	var strange *disk.StrangeError
	return errors.As(err, &damaged) || errors.As(err, &altered) || errors.As(err, &strange)
}

// noteLeft opens the archive and notes what a crash left. A run that was given its name but
// not noted is noted; an attempt whose process has ended is noted as abandoned.
func (a *attempt) noteLeft() (*ledger.Archive, error) {
	archive, err := ledger.OpenArchive(a.runs, a.offer)
	if err != nil {
		return nil, err
	}
	left := leftOver(archive)
	for _, e := range left {
		if err := a.journal.append(e); err != nil {
			return nil, err
		}
	}
	if len(left) > 0 {
		return ledger.OpenArchive(a.runs, a.offer)
	}
	return archive, nil
}

// leftOver are the entries that are missing after a crash or a fault: the ends of
// attempts whose process has ended, and the runs that got the name that was announced
// without anything said afterwards. A folder that was never announced is left for
// [ledger.Verify] to find.
func leftOver(archive *ledger.Archive) []ledger.Entry {
	var left []ledger.Entry
	entries := archive.Entries()
	known := map[string]bool{}
	for _, e := range entries {
		if e.Event == ledger.Published || e.Event == ledger.Recovered {
			known[e.Run] = true
		}
	}
	for _, open := range ledger.Open(entries) {
		if e := abandoned(open); known[open.Run] || !archive.Holds(open) {
			left = append(left, e)
			continue
		}
		known[open.Run] = true
		open.Event, open.Exit, open.Message = ledger.Published, int(exitWith(open.Counts)),
			"the process ended before recording the result"
		left = append(left, open)
	}
	for _, e := range entries {
		if e.Event == ledger.Started && !known[e.Run] && archive.Holds(e) {
			known[e.Run] = true
			e.Event, e.Attempt, e.Slot, e.Message = ledger.Recovered, "", "",
				"published by the attempt "+e.Attempt+", which failed afterwards"
			left = append(left, e)
		}
	}
	return left
}

// abandoned notes that the process of an attempt has ended. Its slot is still to be
// dealt with.
func abandoned(open ledger.Entry) ledger.Entry {
	open.Event, open.Exit, open.Slot, open.Message = ledger.Abandoned, int(exitcode.Failed), "",
		"the process ended before the run was complete"
	return unpublished(open)
}
