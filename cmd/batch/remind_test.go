package main

import (
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
)

// TestP9OpenFindingsAreRemindedOfOnceADay lives through days with a clock of its own.
func TestP9OpenFindingsAreRemindedOfOnceADay(t *testing.T) {
	var now time.Time
	l, folder, file := newListener(t), level3Folder(t), filepath.Join(t.TempDir(), monitor.RemindedName)
	start := func(remind settings.Daily) *monitor.Service {
		installed := settings.Default()
		installed.Webhook = settings.Webhook{URL: l.URL + "/webhook",
			On: []settings.Occasion{settings.Rejects, settings.Reminder, settings.Success}}
		installed.Serve.Remind = remind
		w := testWorld(io.Discard, io.Discard)
		w.now = func() time.Time { return now }
		s := monitor.NewService(w.installation(), installed, file, slog.New(slog.DiscardHandler))
		if state, err := s.Load(folder); err != nil || state.Fault != nil {
			t.Fatal(state.Fault, err)
		}
		return s
	}
	nine := settings.Daily{Hour: 9}
	s := start(nine)
	remind := func() { s.Observe(serve.Idle{Folder: folder}) }
	again := func(at settings.Daily) func() { return func() { s = start(at); s.Observe(serve.Idle{Folder: folder}) } }
	run := func() {
		job := serve.Job{Folder: folder, Trigger: tender.BySchedule, Slot: schedule.Slot{At: now}}
		if _, err := s.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		what string
		at   string // in UTC; New York is five hours behind
		do   func()
		want string // the events that are reported
	}{
		{"there is no run yet", "2004-11-15T14:30:00Z", remind, ""},
		{"a run is published with rejects", "2004-11-15T22:30:00Z", run, "rejects"},
		{"it reported them today", "2004-11-15T23:00:00Z", remind, ""},
		{"before the time", "2004-11-16T13:59:00Z", remind, ""},
		{"at the time", "2004-11-16T14:00:00Z", remind, "reminder"},
		{"a minute later", "2004-11-16T14:01:00Z", remind, ""},
		{"nothing has changed in the evening", "2004-11-16T22:30:00Z", run, ""},
		{"the service is started again", "2004-11-16T23:00:00Z", again(nine), ""},
		{"the next day", "2004-11-17T20:00:00Z", remind, "reminder"},
		{"started again on a later day", "2004-11-19T14:00:00Z", again(nine), "reminder"},
		{"no reminders are wanted", "2004-11-20T20:00:00Z", again(settings.Daily{Never: true}), ""},
		{"so the run that finds nothing changed reports", "2004-11-20T22:30:00Z", run, "rejects"},
	} {
		at, err := time.Parse(time.RFC3339, step.at)
		if err != nil {
			t.Fatal(err)
		}
		now = at
		before := len(l.all())
		step.do()
		s.Monitor.Notices.Wait()
		var reported []string
		for _, line := range l.all()[before:] {
			reported = append(reported, strings.Fields(line)[1])
		}
		if got := strings.Join(reported, " "); got != step.want {
			t.Errorf("%s: reported %q, want %q", step.what, got, step.want)
		}
	}
}

func TestP9AReminderListsTheFindings(t *testing.T) {
	folder := level3Folder(t)
	runLevel3(t, folder, "2004-11-12T17:00")
	u, err := monitor.OpenFindingsOf(folder)
	if err != nil {
		t.Fatal(err)
	}
	e := monitor.ReminderOf("level3-2004", monitor.Unfinished{Findings: u}, time.Date(2004, 11, 16, 9, 0, 0, 0, time.UTC))
	if e.Open != 8 || len(e.Findings) != 7 || !strings.Contains(e.Findings[0],
		"2 lines, instructions 0002033, principal 775,000 USD") {
		t.Errorf("%d open, findings\n%s", e.Open, strings.Join(e.Findings, "\n"))
	}
	batchOutput(t, exitcode.Done, "run", folder, "--accept-rejects", "a test")
	if u, err := monitor.OpenFindingsOf(folder); u != nil || err != nil {
		t.Errorf("accepted, but still to act on: %+v, %v", u, err)
	}
}

// A run that waits for a step of its release, and a pause, are reminded of from the day after until
// they end; open findings that hold a run are not reminded of twice.
func TestWhatWaitsForPeopleIsRemindedOf(t *testing.T) {
	folder := level3Folder(t)
	if err := askForRelease(filepath.Join(folder, "offer.yaml")); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	do := func(as string, args ...string) {
		t.Helper()
		w := testWorld(io.Discard, io.Discard)
		w.now, w.actor = func() time.Time { return at }, ledger.Actor{Kind: ledger.User, Name: as}
		if code := run(t.Context(), args, w); code != int(exitcode.Done) && code != int(exitcode.OpenFindings) {
			t.Fatalf("%v: exit code %d", args, code)
		}
	}
	reminded := func(days int) string {
		t.Helper()
		now := at.AddDate(0, 0, days)
		u, err := monitor.UnfinishedOf(folder, now)
		if err != nil {
			t.Fatal(err)
		}
		if u.Nothing() {
			return ""
		}
		e := monitor.ReminderOf("level3-2004", u, now)
		return e.Title + " | " + e.Message + " | " + e.Advice
	}
	latest := filepath.Join(folder, "runs", "latest")
	do("ann", "run", folder)
	if got := reminded(1); !strings.HasPrefix(got, " | ") { // findings alone
		t.Errorf("of a run that is held: %q", got)
	}
	do("ann", "run", folder, "--accept-rejects", "tested")
	do("ann", "submit", latest)
	if got := reminded(0); got != "" {
		t.Errorf("on the day itself: %q", got)
	}
	for _, want := range []string{"AWAITING APPROVAL | run 2004-", " is submitted since 2026-11-26 09:00 UTC | ", "it waits for 1 approval by people"} {
		if got := reminded(1); !strings.Contains(got, strings.Replace(want, "it waits", "the run waits", 1)) {
			t.Errorf("of a run that was submitted: %q does not have %q", got, want)
		}
	}
	do("bob", "pause", folder, "--reason", "the issuer decides on Monday")
	if got := reminded(1); !strings.Contains(got, "AWAITING APPROVAL; paused | ") || !strings.Contains(got, "by bob: the issuer decides on Monday") {
		t.Errorf("of a pause: %q", got)
	}
	do("ann", "withdraw", latest, "--reason", "tested")
	do("bob", "resume", folder)
	if got := reminded(1); !strings.Contains(got, "AWAITING SUBMISSION | ") || strings.Contains(got, "paused") {
		t.Errorf("once resumed: %q", got)
	}
}

func TestP9TheDaysOfRemindersAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), monitor.RemindedName)
	var r monitor.Reminders
	r.File = file
	for _, day := range []string{"2004-11-16", "2004-11-17"} {
		if err := r.Sent(disk.Disk{}, "level3", day); err != nil {
			t.Fatal(err)
		}
	}
	var again monitor.Reminders
	again.Read(file, slog.New(slog.DiscardHandler))
	got := []bool{again.First("level3", "2004-11-17"), again.First("level3", "2004-11-18"),
		again.First("level3", "2004-11-18"), again.First("other", "2004-11-17")}
	if want := []bool{false, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v; kept %v", got, want, again.Days)
	}
}
