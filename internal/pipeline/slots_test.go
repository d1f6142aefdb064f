package pipeline

import (
	"fmt"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

func TestTheLedgerAsSchedulingNeedsIt(t *testing.T) {
	const slot = "2004-11-12T17:30:00-05:00"
	for _, c := range []struct {
		entry   ledger.Entry
		slot    string
		outcome schedule.Outcome
		own     bool
	}{
		{ledger.Entry{Event: ledger.Started, Attempt: "a", Slot: slot, Trigger: tender.BySchedule}, slot, schedule.Noted,
			true},
		{ledger.Entry{Event: ledger.Interrupted, Attempt: "a", Trigger: tender.BySchedule}, slot, schedule.BrokenOff, true},
		{ledger.Entry{Event: ledger.Abandoned, Attempt: "a", Trigger: tender.BySchedule}, slot, schedule.BrokenOff, true},
		{ledger.Entry{Event: ledger.Refused, Exit: 5, Attempt: "b", Trigger: tender.BySchedule}, "", schedule.Noted, true},
		{ledger.Entry{Event: ledger.Refused, Exit: 6, Attempt: "c", Slot: slot, Trigger: tender.ByCatchUp}, slot,
			schedule.Ran, true},
		{ledger.Entry{Event: ledger.Failed, Exit: 1, Slot: "early_tender " + slot, Trigger: tender.ByDate},
			"early_tender " + slot, schedule.Ran, true},
		{ledger.Entry{Event: ledger.Missed, Slot: slot, Trigger: tender.BySchedule}, slot, schedule.Missed, true},
		{ledger.Entry{Event: ledger.Published, Slot: slot + " again", Trigger: tender.BySchedule}, slot + " again",
			schedule.Ran, true},
		{ledger.Entry{Event: ledger.Unchanged, Trigger: tender.ByFiles}, "", schedule.Ran, true},
		{ledger.Entry{Event: ledger.Published, Trigger: tender.ByHand}, "", schedule.Ran, false},
		{ledger.Entry{Event: ledger.Recovered}, "", schedule.Noted, false},
	} {
		c.entry.Duration = time.Minute
		c.entry.At = time.Date(2004, 11, 12, 22, 31, 0, 0, time.UTC)
		begun := ledger.Entry{Event: ledger.Started, Attempt: "a", Slot: slot}
		got := SlotEntries([]ledger.Entry{begun, c.entry})[1]
		named := ""
		if !got.Slot.At.IsZero() {
			named = got.Slot.String()
		}
		if named != c.slot || got.Outcome != c.outcome || got.Own != c.own || !got.At.Equal(c.entry.At) ||
			!got.Began.Equal(c.entry.At.Add(-time.Minute)) {
			t.Errorf("%s %q is taken as %+v", c.entry.Event, c.entry.Slot, got)
		}
	}
}

// TestASlotRecordedByAWrongClockCanBeRunAgain writes to a real ledger what a clock
// that was ahead has the scheduler write, and then the run whose turn came again.
func TestASlotRecordedByAWrongClockCanBeRunAgain(t *testing.T) {
	folder, now := t.TempDir(), time.Date(2004, 11, 12, 22, 0, 0, 0, time.UTC)
	slot := schedule.Slot{At: now.Add(-time.Minute)}
	req := Request{Folder: folder, Clock: func() time.Time { return now }, Slot: slot.String(), Trigger: tender.BySchedule}
	if history, _, err := SlotHistory(folder); len(history) > 0 || err != nil {
		t.Errorf("without a ledger: %v, %v", history, err)
	}
	if err := RecordMissed(req, "a wrong clock"); err != nil {
		t.Fatal(err)
	}
	slot.Again = true
	req.Slot = slot.String()
	if err := RecordMissed(req, "its turn came again"); err != nil {
		t.Fatal(err)
	}
	history, _, err := SlotHistory(folder)
	if err != nil || fmt.Sprint(len(history), history[1].Slot.Again) != "2 true" {
		t.Errorf("%+v, %v", history, err)
	}
}
