package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

const snapshotHeading = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant,Status,Withdrawn At\n"

// snapshotRow is a row such as "1 7000 05-01T10:00 0005 MADE": number, principal, time of
// receipt, participant, status and time of withdrawal.
func snapshotRow(text string) string {
	f := append(strings.Fields(text), "", "", "", "", "")
	at := func(s string) string {
		if s == "" {
			return ""
		}
		return "2026-" + strings.Replace(s, "T", " ", 1) + ":00"
	}
	participant, status := f[3], f[4]
	if participant == "" {
		participant = "0005"
	}
	if status == "" {
		status = "MADE"
	}
	security := "52729NAA8"
	if f[1] == "faulty" {
		security, f[1] = "52729NAA7", "7000"
	}
	return strings.Join([]string{f[0], security, f[1], at(f[2]), participant, status, at(f[5])}, ",") + "\n"
}

// snapshotOffer is a folder with reports: each the name of a file and its rows.
func snapshotOffer(t testing.TB, terms string, reports ...string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "small")
	if err := os.MkdirAll(filepath.Join(folder, offerfolder.InboxName), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, offerfolder.OfferName),
		[]byte(strings.Replace(smallTerms, "depositaries:\n", terms+"depositaries:\n", 1)), 0o640); err != nil {
		t.Fatal(err)
	}
	putReports(t, folder, reports...)
	return folder
}

func putReports(t testing.TB, folder string, reports ...string) {
	t.Helper()
	for _, r := range reports {
		name, rows, _ := strings.Cut(r, ":\n")
		content := snapshotHeading
		for row := range strings.Lines(rows) {
			if strings.TrimSpace(row) != "" {
				content += snapshotRow(row)
			}
		}
		path := filepath.Join(folder, offerfolder.InboxName, strings.TrimSpace(name))
		old := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		if err := errors.Join(os.WriteFile(path, []byte(content), 0o640), os.Chtimes(path, old, old)); err != nil {
			t.Fatal(err)
		}
	}
}

// verdict is what became of the tenders: those that count with principal, and the
// findings of the comparison.
func verdict(t testing.TB, e *CheckResult) string {
	t.Helper()
	var words []string
	for i := range e.Book.Lines {
		l := &e.Book.Lines[i]
		carried := ""
		if l.Carried {
			carried = " from " + l.Source.File
		}
		words = append(words, fmt.Sprintf("%s: %s%s", l.ID, l.Principal, carried))
	}
	for i := range e.Findings {
		f := &e.Findings[i]
		if isCompared(f) {
			state := string(f.Disposition)
			if f.Open() {
				state += ", open"
			}
			if f.Resolved != "" {
				state += ", resolved"
			}
			words = append(words, fmt.Sprintf("%s %s (%s)", f.Rule, f.Instruction, state))
		}
	}
	return strings.Join(words, "; ")
}

func examine(t testing.TB, folder string) *CheckResult {
	t.Helper()
	e, err := Check(context.Background(), Request{Folder: folder, Clock: longAfterEnd, AsOf: "2026-05-18T12:00"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The Early Tender Date, until which early tenders can be withdrawn, is 4 May at 17:00;
// late ones can be withdrawn until the end of 18 May.
func TestM4WhatVanishesOrChangesAfterItsDeadlineIsAFinding(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const first = "dtc-2026-05-02.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"
	for name, c := range map[string]struct {
		terms   string
		reports []string
		want    string
	}{
		"left out after the deadline, it counts": {"", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"the last report that had it is the one it counts from": {"",
			[]string{first, "dtc-2026-05-03.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n",
				"dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n", "dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-03.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"left out by a report of the deadline's minute": {"",
			[]string{first, "dtc-2026-05-04T1700.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R4-vanished 1 (not counted)"},
		"left out a second later": {"", []string{first, "dtc-2026-05-04T170001.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"left out on the deadline's day, at no known time": {"", []string{first, "dtc-2026-05-04.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R4-vanished 1 (not counted)"},
		"left out on the deadline's day, by a report with a later stamp": {"",
			[]string{first, "dtc-2026-05-04.csv:\n2 8000 05-02T10:00\n3 1000 05-04T17:30\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; 3: 1000; R4-vanished 1 (counted, open)"},
		"left out in time, and for all later reports": {"",
			[]string{first, "dtc-2026-05-03.csv:\n2 8000 05-02T10:00\n", "dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R4-vanished 1 (not counted)"},
		"a late tender left out while late ones can be withdrawn": {"",
			[]string{"dtc-2026-05-06.csv:\n1 7000 05-06T10:00\n2 8000 05-02T10:00\n",
				"dtc-2026-05-07.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R4-vanished 1 (not counted)"},
		"resolved as withdrawn": {"resolutions:\n  - {rule: R4-vanished, depositary: DTC, outcome: withdrawn, by: X, " +
			"on: 2026-05-05}\n", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R4-vanished 1 (not counted, resolved)"},
		"resolved as counting": {"resolutions:\n  - {rule: R4-vanished, depositary: DTC, outcome: counts, by: X, on: " +
			"2026-05-05}\n", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, resolved)"},
		"resolved before it was reported": {"resolutions:\n  - {rule: R4-vanished, depositary: DTC, outcome: withdrawn, " +
			"by: X, on: 2026-05-04}\n", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"left out in time, and resolved as counting": {"resolutions:\n  - {rule: R4-vanished, depositary: DTC, outcome: " +
			"counts, by: X, on: 2026-05-05}\n", []string{first, "dtc-2026-05-03.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, resolved)"},
		"last reported as withdrawn, pending or cancelled": {"",
			[]string{"dtc-2026-05-02.csv:\n1 7000 05-01T10:00 0005 WITH 05-02T10:00\n2 8000 05-02T10:00\n3 1000 " +
				"05-01T10:00 0005 PEND\n4 1000 05-01T10:00 0005 CANC\n", "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000"},
		"a withdrawal that came too late, left out": {"",
			[]string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 WITH 05-05T10:00\n2 8000 05-02T10:00\n",
				"dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-05.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"with a fault, then left out": {"", []string{first,
			"dtc-2026-05-05.csv:\n1 faulty 05-01T10:00\n2 8000 05-02T10:00\n", "dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, open)"},
		"corrected": {"", []string{"dtc-2026-05-02.csv:\n1 faulty 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-05.csv:\n1 9000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 9000; 2: 8000"},
		"came back as it was": {"", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000"},
		"came back otherwise": {"", []string{first, "dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 70000; 2: 8000; R5-amended 1 (counted, open)"},
		"grown after the deadline": {"", []string{first, "dtc-2026-05-05.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 70000; 2: 8000; R5-amended 1 (counted, open)"},
		"grown before the deadline": {"", []string{first, "dtc-2026-05-03.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 70000; 2: 8000"},
		"changed and changed back": {"", []string{first, "dtc-2026-05-05.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000"},
		"grown, then left out": {"", []string{first, "dtc-2026-05-05.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"1: 70000 from dtc-2026-05-05.csv; 2: 8000; R4-vanished 1 (counted, open); R5-amended 1 (counted, open)"},
		"grown, and resolved as before": {"resolutions:\n  - {rule: R5-amended, depositary: DTC, outcome: as_before, " +
			"by: X, on: 2026-05-05}\n", []string{first, "dtc-2026-05-05.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R5-amended 1 (not counted, resolved)"},
		"grown, resolved, and grown again": {"resolutions:\n  - {rule: R5-amended, depositary: DTC, outcome: counts, " +
			"by: X, on: 2026-05-05}\n", []string{first, "dtc-2026-05-05.csv:\n1 70000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-06.csv:\n1 80000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 80000; 2: 8000; R5-amended 1 (counted, open)"},
		"another participant": {"", []string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0006\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000; R5-amended 1 (counted, open)"},
		"participants without their zeros": {"", []string{first,
			"dtc-2026-05-05.csv:\n1 7000 05-01T10:00 5\n2 8000 05-02T10:00 5\n"},
			"1: 7000; 2: 8000"},
		"an earlier stamp": {"", []string{"dtc-2026-05-06.csv:\n1 7000 05-05T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-07.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000; R5-amended 1 (counted, open)"},
		"withdrawn in time, with its time": {"", []string{first,
			"dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 WITH 05-04T10:00\n2 8000 05-02T10:00\n"},
			"2: 8000"},
		"withdrawn in time, but a report after the deadline had it": {"",
			[]string{"dtc-2026-05-05.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n",
				"dtc-2026-05-06.csv:\n1 7000 05-01T10:00 0005 WITH 05-04T10:00\n2 8000 05-02T10:00\n"},
			"2: 8000; R5-amended 1 (not counted, open)"},
		"withdrawn without a time, after the deadline": {"",
			[]string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 WITH\n2 8000 05-02T10:00\n"},
			"2: 8000; R5-amended 1 (not counted, open)"},
		"cancelled after the deadline, then left out": {"",
			[]string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 CANC\n2 8000 05-02T10:00\n",
				"dtc-2026-05-06.csv:\n2 8000 05-02T10:00\n"},
			"2: 8000; R5-amended 1 (not counted, open)"},
		"cancelled after the deadline, resolved as before": {"resolutions:\n  - {rule: R5-amended, depositary: DTC, " +
			"outcome: as_before, by: X, on: 2026-05-05}\n",
			[]string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 CANC\n2 8000 05-02T10:00\n"},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R5-amended 1 (not counted, resolved)"},
		"withdrawn, and tendered again after the deadline": {"",
			[]string{"dtc-2026-05-02.csv:\n1 7000 05-01T10:00 0005 WITH 05-02T10:00\n2 8000 05-02T10:00\n",
				"dtc-2026-05-05.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000; R5-amended 1 (counted, open)"},
		"the same, resolved as before": {"resolutions:\n  - {rule: R5-amended, depositary: DTC, outcome: as_before, by: " +
			"X, on: 2026-05-05}\n", []string{"dtc-2026-05-02.csv:\n1 7000 05-01T10:00 0005 WITH 05-02T10:00\n2 8000 " +
			"05-02T10:00\n", "dtc-2026-05-05.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"2: 8000; R5-amended 1 (not counted, resolved)"},
		"new, with a stamp before a report that was made after the deadline": {"",
			[]string{"dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n",
				"dtc-2026-05-06.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000"},
		"pending, and tendered after the deadline": {"",
			[]string{"dtc-2026-05-02.csv:\n1 7000 05-01T10:00 0005 PEND\n2 8000 05-02T10:00\n",
				"dtc-2026-05-05.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
			"1: 7000; 2: 8000"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := snapshotOffer(t, c.terms, c.reports...)
			if got := verdict(t, examine(t, folder)); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			// The run holds every invariant, and is the same when it is made again.
			o := mustRun(t, Request{Folder: folder, AsOf: "2026-05-18T12:00", Clock: longAfterEnd, Version: "test"})
			remadeSame(t, o.Folder)
		})
	}
}

// A program took the zeros of a column away between two snapshots: what the newest leaves
// out is there under another number, and must not count twice.
func TestI1WhatIsCarriedAndLooksLikeANewTenderStopsTheRun(t *testing.T) {
	for name, reports := range map[string][]string{
		"instructions without their zeros": {"dtc-2026-05-02.csv:\n001 7000 05-01T10:00\n002 8000 05-02T10:00\n",
			"dtc-2026-05-05.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n"},
		"instructions in small letters": {"dtc-2026-05-02.csv:\nA1 7000 05-01T10:00\n",
			"dtc-2026-05-05.csv:\na1 7000 05-01T10:00\n"},
		"participants without their zeros": {"dtc-2026-05-02.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n",
			"dtc-2026-05-05.csv:\n2 8000 05-02T10:00 5\n"},
	} {
		folder := snapshotOffer(t, "", reports...)
		_, err := Check(t.Context(), Request{Folder: folder, Clock: longAfterEnd, AsOf: "2026-05-18T12:00"})
		if err == nil || !strings.Contains(err.Error(), "[R6-identifier]") ||
			!strings.Contains(err.Error(), "dtc-2026-05-02.csv") || !strings.Contains(err.Error(), "dtc-2026-05-05.csv") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// remadeSame demands that a published run comes out the same again.
func remadeSame(t testing.TB, folder string) {
	t.Helper()
	run, err := FindRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Rerun(context.Background(), Request{Clock: longAfterEnd, Version: "test"}, run)
	if err != nil || len(again.Differs) > 0 {
		t.Errorf("made again: %v differ, %v", again, err)
	}
}

// A later line of an incremental report replaces the earlier one: after the deadline
// that is a finding, too.
func TestM4AnIncrementalReportThatChangesATenderAfterItsDeadline(t *testing.T) {
	first, grown := "dtc-2026-05-02.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n", ":\n1 70000 05-01T10:00\n"
	third := "dtc-2026-05-06.csv:\n1 70000 05-01T10:00\n"
	for name, c := range map[string]struct {
		terms   string
		reports []string
		want    string
	}{
		"before the deadline": {"", []string{first, "dtc-2026-05-03.csv" + grown}, "1: 70000; 2: 8000"},
		"after it": {"", []string{first, "dtc-2026-05-05.csv" + grown},
			"1: 70000; 2: 8000; R5-amended 1 (counted, open)"},
		"and reported again": {"", []string{first, "dtc-2026-05-05.csv" + grown, third},
			"1: 70000; 2: 8000; R5-amended 1 (counted, open)"},
		"left out is nothing": {"", []string{first, "dtc-2026-05-05.csv:\n3 1000 05-05T10:00\n"},
			"1: 7000; 2: 8000; 3: 1000"},
		"resolved": {"resolutions:\n  - {rule: R5-amended, depositary: DTC, outcome: as_before, by: X, on: 2026-05-05}\n",
			[]string{first, "dtc-2026-05-05.csv" + grown},
			"1: 7000 from dtc-2026-05-02.csv; 2: 8000; R5-amended 1 (not counted, resolved)"},
		"cancelled": {"", []string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 CANC\n"},
			"2: 8000; R5-amended 1 (not counted, open)"},
		"withdrawn": {"", []string{first, "dtc-2026-05-05.csv:\n1 7000 05-01T10:00 0005 WITH 05-04T10:00\n"}, "2: 8000"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := snapshotOffer(t, c.terms, c.reports...)
			replaceIn(t, filepath.Join(folder, offerfolder.OfferName), "reports: snapshot", "reports: incremental")
			if got := verdict(t, examine(t, folder)); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			o := mustRun(t, Request{Folder: folder, AsOf: "2026-05-18T12:00", Clock: longAfterEnd, Version: "test"})
			remadeSame(t, o.Folder)
		})
	}
}

// An earlier report that cannot be read does not stop a run; a warning names it. What a
// run before could read of it is compared.
func TestM4AnEarlierReportThatCannotBeRead(t *testing.T) {
	first, second := "dtc-2026-05-02.csv:\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n",
		"dtc-2026-05-05.csv:\n2 8000 05-02T10:00\n"
	spoils := map[string]func(path string) error{
		"damaged": func(path string) error { return os.WriteFile(path, []byte("\x00\x01"), 0o640) },
	}
	for name, spoil := range spoils {
		for _, before := range []bool{false, true} {
			folder := snapshotOffer(t, "", first)
			if before {
				mustRun(t, Request{Folder: folder, AsOf: "2026-05-02T20:00", Clock: longAfterEnd, Version: "test"})
			}
			putReports(t, folder, second)
			path := filepath.Join(folder, offerfolder.InboxName, "dtc-2026-05-02.csv")
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			e := examine(t, folder)
			want := "2: 8000"
			if before {
				want = "1: 7000 from dtc-2026-05-02.csv; 2: 8000; R4-vanished 1 (counted, open)"
			}
			if got := verdict(t, e); got != want {
				t.Errorf("%s, read before %t: %s, want %s", name, before, got, want)
			}
			if !slices.ContainsFunc(e.Warnings, func(w tender.Warning) bool {
				return strings.HasPrefix(w.Message, "dtc-2026-05-02.csv could not be compared")
			}) {
				t.Errorf("%s: no warning: %q", name, e.Warnings)
			}
			o := mustRun(t, Request{Folder: folder, AsOf: "2026-05-18T12:00", Clock: longAfterEnd, Version: "test"})
			remadeSame(t, o.Folder)
		}
	}
}

// A report that is overwritten each night, with or without a date in its name, is
// compared with the copies that the runs keep.
func TestM4AReportThatIsOverwritten(t *testing.T) {
	for _, name := range []string{"dtc-all.csv", "dtc-2026-05-18.csv"} {
		folder := snapshotOffer(t, "", name+":\n1 7000 05-01T10:00\n2 8000 05-02T10:00\n")
		night := func(day int) Request {
			return Request{Folder: folder, Clock: func() time.Time { return time.Date(2026, 5, day, 22, 0, 0, 0, time.UTC) },
				Version: "test"}
		}
		mustRun(t, night(5))
		putReports(t, folder, name+":\n2 8000 05-02T10:00\n")
		o := mustRun(t, night(6))
		if got := len(o.Run.Book.Lines); got != 2 || o.Run.Open() != 1 {
			t.Errorf("%s: %d tenders count, %d findings are open", name, got, o.Run.Open())
		}
		remadeSame(t, o.Folder)
		again := mustRun(t, night(7))
		if again.Action != Unchanged {
			t.Errorf("%s: the next night: %s", name, again.Action)
		}
		putReports(t, folder, name+":\n2 8000 05-02T10:00\n3 1000 05-07T10:00\n")
		o = mustRun(t, night(8))
		if got := len(o.Run.Book.Lines); got != 3 || o.Run.Open() != 1 {
			t.Errorf("%s: a third night: %d tenders count, %d findings are open", name, got, o.Run.Open())
		}
		remadeSame(t, o.Folder)
	}
}

// What a run finds follows from the reports, not from the runs before it, nor from
// whether earlier reports are still in the inbox when a run was made of each.
func TestM4TheResultDoesNotDependOnTheRunsBefore(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	rapid.Check(t, func(r *rapid.T) {
		nights := drawNights(r)
		once := snapshotOffer(t, "", nights...)
		want := inOneRun(t, once)
		some, cleaned := snapshotOffer(t, ""), snapshotOffer(t, "")
		for i, night := range nights {
			putReports(t, some, night)
			putReports(t, cleaned, night)
			last := i == len(nights)-1
			clock := func() time.Time { return time.Date(2026, 5, 3+i, 4, 0, 0, 0, time.UTC) }
			if !last && rapid.Bool().Draw(r, "a run this night") {
				mustRun(t, Request{Folder: some, Clock: clock, Version: "test"})
			}
			if !last {
				mustRun(t, Request{Folder: cleaned, Clock: clock, Version: "test"})
				if rapid.Bool().Draw(r, "deleted from the inbox") {
					name, _, _ := strings.Cut(night, ":\n")
					if err := os.Remove(filepath.Join(cleaned, offerfolder.InboxName, name)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for how, folder := range map[string]string{"runs on some nights": some, "reports deleted": cleaned} {
			if got := inOneRun(t, folder); got != want {
				r.Errorf("%s: %s\nwant %s\nof %q", how, got, want, nights)
			}
		}
	})
}

// drawNights draws reports in which tenders come, go and change.
func drawNights(r *rapid.T) (nights []string) {
	for day := 2; day < 2+rapid.IntRange(2, 4).Draw(r, "nights"); day++ {
		var rows strings.Builder
		for id := range 4 {
			switch what := rapid.IntRange(0, 9).Draw(r, "what"); {
			case what == 0 && id > 0:
			case what == 1:
				fmt.Fprintf(&rows, "%d 70000 05-01T10:00\n", id)
			case what == 2 && id > 0:
				fmt.Fprintf(&rows, "%d 7000 05-01T10:00 0005 WITH 05-02T10:00\n", id)
			case what == 3 && id > 0:
				fmt.Fprintf(&rows, "%d 7000 05-01T10:00 0005 CANC\n", id)
			default:
				fmt.Fprintf(&rows, "%d 7000 05-01T10:00\n", id)
			}
		}
		nights = append(nights, fmt.Sprintf("dtc-2026-05-%02dT2000.csv:\n%s", day, rows.String()))
	}
	return nights
}

// inOneRun is what a last run of a folder finds, without what compares it with the run
// before and without which copies the reports are.
func inOneRun(t testing.TB, folder string) string {
	t.Helper()
	o := mustRun(t, Request{Folder: folder, AsOf: "2026-05-17T12:00", Clock: longAfterEnd, Version: "test", DryRun: true})
	var all strings.Builder
	for _, write := range []func(io.Writer, *result.Run) error{export.WriteRejects, export.WriteWires} {
		if err := write(&all, o.Run); err != nil {
			t.Fatal(err)
		}
	}
	if o.Run.Snapshots != nil {
		if err := export.WriteSnapshots(&all, o.Run); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(&all, identity(o.Run))
	return all.String()
}

// Without an earlier report nothing is compared, and the result has no such sheet.
func TestM4NothingIsComparedWithoutAnEarlierReport(t *testing.T) {
	folder := snapshotOffer(t, "", "dtc-2026-05-02.csv:\n1 7000 05-01T10:00\n")
	o := mustRun(t, Request{Folder: folder, Clock: longAfterEnd, Version: "test"})
	if o.Run.Snapshots != nil {
		t.Errorf("%+v", o.Run.Snapshots)
	}
	if _, err := os.Stat(filepath.Join(o.Folder, export.SnapshotsName)); err == nil {
		t.Error("there is a file of what was compared")
	}
}

// More tendered than is outstanding may be tenders under new numbers.
func TestM4TendersUnderOtherNumbersThatExceedWhatIsOutstanding(t *testing.T) {
	folder := snapshotOffer(t, "", "dtc-2026-05-02.csv:\n1 600000 05-01T10:00\n",
		"dtc-2026-05-05.csv:\n11 600000 05-01T10:00\n")
	_, err := Run(context.Background(), Request{Folder: folder, Clock: longAfterEnd, Version: "test"})
	var control *tender.ControlError
	if !errors.As(err, &control) || control.Rule != "R6-outstanding" ||
		!strings.Contains(err.Error(), "1 tender that the newest report leaves out") {
		t.Errorf("%v", err)
	}
}
