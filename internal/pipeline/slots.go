package pipeline

import (
	"errors"
	"path/filepath"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/schedule"
)

// SlotHistory is what the ledger of the offer in a folder says of its slots, and of the runs
// that died. Of a damaged ledger what can be read counts: it decides when a run is due, and
// the run then says what is wrong.
func SlotHistory(folder string) ([]schedule.Entry, schedule.Deaths, error) {
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if damaged := new(ledger.DamagedError); err != nil && !errors.As(err, &damaged) {
		return nil, schedule.Deaths{}, err
	}
	return SlotEntries(entries), deathsIn(entries), nil
}

// PauseOf is the entry that pauses the offer in a folder, nil if it is not paused.
func PauseOf(folder string) (*ledger.Entry, error) {
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if damaged := new(ledger.DamagedError); err != nil && !errors.As(err, &damaged) {
		return nil, err
	}
	return ledger.PauseIn(entries), nil
}

// SlotEntries is the ledger as scheduling needs it. The end of an attempt that was
// broken off has no slot; that of its beginning is meant.
func SlotEntries(entries []ledger.Entry) []schedule.Entry {
	begun := map[string]string{} // slots by attempt
	all := make([]schedule.Entry, len(entries))
	for i, e := range entries {
		named := e.Slot
		switch e.Event {
		case ledger.Started:
			begun[e.Attempt] = e.Slot
		case ledger.Abandoned, ledger.Interrupted:
			named = begun[e.Attempt]
		}
		if e.Again {
			named = begun[e.Attempt]
		}
		slot, err := schedule.ParseSlot(named)
		if err != nil {
			slot = schedule.Slot{} // none, or one that no scheduler named
		}
		all[i] = schedule.Entry{At: e.At, Began: e.At.Add(-e.Duration), Slot: slot, Outcome: slotOutcome(e),
			Own: e.Trigger.Scheduled(), Cleared: e.ClearsInbox()}
	}
	return all
}

// slotOutcome is what an entry says of its slot.
func slotOutcome(e ledger.Entry) schedule.Outcome {
	if e.Again {
		return schedule.BrokenOff
	}
	if !e.Event.OfAttempt() {
		return schedule.Noted
	}
	switch e.Event {
	case ledger.Missed:
		return schedule.Missed
	case ledger.Abandoned, ledger.Interrupted:
		return schedule.BrokenOff
	case ledger.Started, ledger.Recovered:
		return schedule.Noted
	case ledger.Refused:
		if e.Exit == int(exitcode.Busy) {
			return schedule.Noted
		}
	}
	return schedule.Ran
}

// RecordMissed notes in the ledger of the offer in a folder that a slot passed
// without a run, and why. Where the history cannot be trusted nothing is noted: the
// next run fails and says so.
func RecordMissed(req Request, why string) error {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if err := ledger.MakeRuns(req.Disk, runs); untrusted(err) {
		return nil // nothing is noted where a link leads; the next run fails and says so
	} else if err != nil {
		return notWritten(err)
	}
	a, err := newAttempt(req, runs)
	if untrusted(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.journal.missed(why)
}
