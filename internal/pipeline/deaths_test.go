package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// TestS3DeathsAreCounted writes to a real ledger what runs leave whose process dies.
func TestS3DeathsAreCounted(t *testing.T) {
	folder, now := t.TempDir(), time.Date(2004, 11, 12, 22, 0, 0, 0, time.UTC)
	req := Request{Folder: folder, Clock: func() time.Time { return now }, Trigger: tender.ByDate}
	want := func(what string, count int) {
		t.Helper()
		now = now.Add(time.Minute)
		err := NoteDeaths(t.Context(), req)
		_, d, unread := SlotHistory(folder)
		if err = errors.Join(err, unread); err != nil || d.Count != count {
			t.Errorf("%s: %+v, %v; want %d deaths", what, d, err, count)
		}
		if d.Count > 0 && !d.Began.Before(d.Last) {
			t.Errorf("%s: the last began at %s and was noted at %s", what, d.Began, d.Last)
		}
	}
	want("never run", 0)
	if _, err := os.Stat(filepath.Join(folder, offerfolder.RunsName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder was made for an offer that was never run: %v", err)
	}
	begin := func(trigger tender.Trigger) *journal {
		t.Helper()
		r := req
		r.Trigger = trigger
		if err := os.MkdirAll(filepath.Join(folder, offerfolder.RunsName), 0o750); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(r, filepath.Join(folder, offerfolder.RunsName), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := j.start(); err != nil {
			t.Fatal(err)
		}
		return j
	}
	begin(tender.ByDate)
	want("one died", 1)
	want("looked at again", 1)
	begin(tender.ByHand)
	want("one of a person died", 1)
	begin(tender.ByFiles)
	want("two", 2)
	if err := begin(tender.ByFiles).end(ledger.Interrupted, exitcode.Interrupted, "stopped"); err != nil {
		t.Fatal(err)
	}
	want("one was asked to stop", 2)
	unlock, err := ledger.Lock(t.Context(), disk.Disk{}, filepath.Join(folder, offerfolder.RunsName), 0)
	if err != nil {
		t.Fatal(err)
	}
	begin(tender.ByDate)
	want("another run has the offer", 2)
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	want("three", 3)
	if err := begin(tender.ByHand).end(ledger.Failed, exitcode.Failed, "a wrong file"); err != nil {
		t.Fatal(err)
	}
	want("one came to an end", 0)
}

func TestS4WhatPassesIsToldFromWhatDoesNot(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&os.PathError{Op: "open", Path: "dtc.xlsx", Err: syscall.EMFILE}, true},
		{&os.PathError{Op: "open", Path: "dtc.xlsx", Err: syscall.ENFILE}, true},
		{&os.PathError{Op: "write", Path: "result.xlsx", Err: syscall.ENOSPC}, true},
		{&os.PathError{Op: "read", Path: "dtc.xlsx", Err: syscall.EIO}, true},
		{os.NewSyscallError("fork", syscall.EAGAIN), true},
		{syscall.ENOMEM, true},
		{fmt.Errorf("the history: %w", ledger.ErrUnavailable), true},
		{notWritten(&os.PathError{Op: "write", Path: "result.xlsx", Err: syscall.ENOSPC}), true},
		{errors.Join(errors.New("one"), syscall.EMFILE), true},
		{&tender.FileError{Faults: []tender.FileFault{{Rule: "R6-column"}}}, false},
		{&strictyaml.Error{Faults: []strictyaml.Fault{{Line: 1}}}, false},
		{&offerfolder.UsageError{Message: "no such folder"}, false},
		{&os.PathError{Op: "open", Path: "dtc.xlsx", Err: fs.ErrPermission}, false},
		{&os.PathError{Op: "open", Path: "dtc.xlsx", Err: fs.ErrNotExist}, false},
		{errors.New("an error in the code"), false},
	} {
		if got := offerfolder.Transient(c.err); got != c.want {
			t.Errorf("%v: %t, want %t", c.err, got, c.want)
		}
	}
}

// TestS4ASlotWhoseRunDidNotFitOnTheDiskStaysOpen makes the disk refuse, with room for the
// ledger: the entry says that the run is to be made again, and it can be.
func TestS4ASlotWhoseRunDidNotFitOnTheDiskStaysOpen(t *testing.T) {
	folder := smallOffer(t)
	slot := schedule.Slot{At: afterEarlyDate().Add(-time.Minute)}
	req := Request{Folder: folder, Clock: afterEarlyDate, Version: "test", Slot: slot.String(), Trigger: tender.BySchedule}
	req.Disk = disk.Disk{Fault: func(op, path string) error {
		if filepath.Base(path) == "result.json" {
			return syscall.ENOSPC
		}
		return nil
	}}
	if _, err := Run(t.Context(), req); !offerfolder.Transient(err) {
		t.Fatalf("the run ended with %v", err)
	}
	history, _, err := SlotHistory(folder)
	if last := history[len(history)-1]; err != nil || last.Outcome != schedule.BrokenOff || !last.Slot.At.Equal(slot.At) {
		t.Errorf("the ledger is taken as %+v, %v", history, err)
	}
	req.Disk = disk.Disk{}
	if o, err := Run(t.Context(), req); err != nil || o.Action != Published {
		t.Errorf("once there is room: %+v, %v", o, err)
	}
}
