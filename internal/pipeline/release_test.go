package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// addTerms adds lines to the terms of an offer, or takes the lines away that are there.
func addTerms(t testing.TB, folder, was, now string) {
	t.Helper()
	path := filepath.Join(folder, offerfolder.OfferName)
	terms, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(terms), was, "", 1)+now), 0o640); err != nil {
		t.Fatal(err)
	}
}

// releaseNow notes that a run was released, without asking who may.
func releaseNow(t testing.TB, folder string, run *ledger.Run) {
	t.Helper()
	log, err := ledger.OpenLog(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(ledger.Entry{At: longAfterEnd(), Event: ledger.Released, Offer: run.Offer, Phase: run.Phase, AsOf: run.AsOf,
		Run: run.Run, Manifest: run.ManifestDigest(), Replaces: run.Replaces, Actor: ledger.Actor{Kind: ledger.User, Name: "bob"}}); err != nil {
		t.Fatal(err)
	}
}

// Lines of two more tenders.
const (
	thirdLine  = "0000035,52729NAA8,9000,2026-05-03 10:00:00,0005\n"
	fourthLine = "0000043,52729NAA8,9000,2026-05-05 10:00:00,0005\n"
)

// smallAwaiting is a small offer whose final run must be released, and the run.
func smallAwaiting(t testing.TB) (folder string, o *Outcome) {
	t.Helper()
	folder = smallOffer(t)
	addTerms(t, folder, "", "release: {}\nresolutions:\n  - {rule: R6-last-report, depositary: DTC, file: dtc-2026-06-30.csv, outcome: counts, by: J. Roe, on: 2026-06-30}\n")
	if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-2026-06-30.csv"), []byte(smallReport+thirdLine), 0o640); err != nil {
		t.Fatal(err)
	}
	return folder, mustRun(t, finalRequest(folder))
}

func finalRequest(folder string) Request {
	return Request{Folder: folder, Clock: longAfterEnd, Version: "test", By: "ann@host pid 7", Actor: ledger.Actor{Kind: ledger.User, Name: "ann"}}
}

func noFinalLink(t testing.TB, folder string) {
	t.Helper()
	if _, err := os.Lstat(filepath.Join(folder, "runs", "final")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("runs/final is there: %v", err)
	}
}

func TestAFinalRunThatMustBeReleasedIsNotInForceBefore(t *testing.T) {
	folder, o := smallAwaiting(t)
	if o.Action != Published || !o.Awaits || !slices.ContainsFunc(o.Remarks, func(w tender.Warning) bool { return w.Code == tender.WarnAwaitsRelease }) {
		t.Errorf("%s, waits %t, %q", o.Action, o.Awaits, tender.Messages(o.Remarks))
	}
	noFinalLink(t, folder)
	// The next night finds it, and makes no other.
	again := mustRun(t, finalRequest(folder))
	if again.Action != Unchanged || again.Folder != o.Folder || !again.Awaits {
		t.Errorf("%s, %s, waits %t", again.Action, again.Folder, again.Awaits)
	}
	noFinalLink(t, folder)
	verified(t, folder)
	if again, err := Rerun(context.Background(), finalRequest(folder), mustFind(t, o.Folder)); err != nil || len(again.Differs) > 0 {
		t.Errorf("%v, %v", again, err)
	}

	releaseNow(t, folder, o.published)
	released := mustRun(t, finalRequest(folder))
	if released.Action != Unchanged || released.Awaits {
		t.Errorf("%s, waits %t", released.Action, released.Awaits)
	}
	leadsTo(t, folder, "final", filepath.Base(o.Folder))
	if _, err := os.Stat(filepath.Join(folder, "released", "latest", "payments.csv")); err != nil {
		t.Error(err)
	}
	verified(t, folder)
}

func mustFind(t testing.TB, folder string) *RunFolder {
	t.Helper()
	run, err := FindRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// What replaces the run in force does so when it is released; until then the one before is
// paid on, also where it must be replaced again.
func TestARunThatReplacesAnotherDoesSoWhenItIsReleased(t *testing.T) {
	folder, first := smallAwaiting(t)
	releaseNow(t, folder, first.published)
	name := filepath.Base(first.Folder)
	report := func(lines string) {
		if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-2026-06-30.csv"), []byte(smallReport+lines), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	report(thirdLine + fourthLine)
	req := finalRequest(folder)
	if _, err := Run(context.Background(), req); err == nil || !strings.Contains(err.Error(), "--supersede "+name) {
		t.Fatalf("%v", err)
	}
	req.Supersede, req.Reason = name, "a test"
	second := mustRun(t, req)
	if !second.Awaits || second.Final != name {
		t.Errorf("waits %t, in force is %q", second.Awaits, second.Final)
	}
	leadsTo(t, folder, "final", name)
	if again := mustRun(t, finalRequest(folder)); again.Action != Unchanged || again.Folder != second.Folder {
		t.Errorf("%s, %s", again.Action, again.Folder)
	}
	report(thirdLine + strings.Replace(fourthLine, "9000", "8000", 1))
	req.AcceptRejects = "a test" // a principal was changed after the deadline
	third := mustRun(t, req)
	if third.Action != Published || third.Run.Replaces != name {
		t.Errorf("%s, replaces %s", third.Action, third.Run.Replaces)
	}
	releaseNow(t, folder, third.published)
	mustRun(t, finalRequest(folder))
	leadsTo(t, folder, "final", filepath.Base(third.Folder))
	verified(t, folder)
	history, err := HistoryOf(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range history.Runs {
		if r.Run == name && r.ReplacedBy != filepath.Base(third.Folder) {
			t.Errorf("%s is replaced by %q", r.Run, r.ReplacedBy)
		}
	}
}

func TestWhoMustApproveCanOnlyBeMadeStricter(t *testing.T) {
	folder, _ := smallAwaiting(t)
	for _, weaker := range []string{"", "release: {approvals: 0}\n"} {
		copied := copyOffer(t, folder)
		addTerms(t, copied, "release: {}\n", weaker)
		for _, asOf := range []string{"", "2026-05-02T20:00"} {
			req := finalRequest(copied)
			req.AsOf = asOf
			if _, err := Run(context.Background(), req); err == nil || !strings.Contains(err.Error(), "can only be made stricter") {
				t.Errorf("%q as of %q: %v", weaker, asOf, err)
			}
		}
	}
	for _, stricter := range []string{"release: {approvals: 2}\n", "release: {signed: true}\n", "release: {from: indicative}\n"} {
		copied := copyOffer(t, folder)
		addTerms(t, copied, "release: {}\n", stricter)
		if o := mustRun(t, finalRequest(copied)); o.Action != Unchanged {
			t.Errorf("%q: %s", stricter, o.Action)
		}
	}
}

// Everybody who had a hand in a run is recorded with it: who began it, to whom the files and
// the terms belong, and whom those name.
func TestTheMakersOfARunAreRecorded(t *testing.T) {
	folder, _ := smallAwaiting(t)
	if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-2026-07-01.csv"), []byte(smallReport+thirdLine+fourthLine), 0o640); err != nil {
		t.Fatal(err)
	}
	req := finalRequest(folder)
	req.Owner = func(info fs.FileInfo) string {
		return map[string]string{"offer.yaml": "cleo", "dtc-2026-06-30.csv": "dan", "dtc-2026-07-01.csv": "eve"}[info.Name()]
	}
	req.Clock = func() time.Time { return longAfterEnd().Add(time.Hour) }
	o := mustRun(t, req)
	got := map[string]bool{}
	for _, m := range o.published.Makers {
		got[string(m.Did)+" "+m.Name] = true
	}
	for _, want := range []string{"started ann", "terms cleo", "resolved J. Roe"} {
		if !got[want] {
			t.Errorf("%v lacks %q", got, want)
		}
	}
	if !got["file dan"] && !got["file eve"] {
		t.Errorf("%v lacks the owner of the file", got)
	}
	entries := archiveOf(t, folder).Entries()
	if last := entries[len(entries)-1]; last.Actor.Name != "ann" || len(last.Makers) != len(o.published.Makers) {
		t.Errorf("%+v", last)
	}
	// The scheduler is no person.
	req.Trigger, req.Force = tender.BySchedule, true
	mustRun(t, req)
	entries = archiveOf(t, folder).Entries()
	if last := entries[len(entries)-1]; last.Actor != (ledger.Actor{Kind: ledger.Service, Name: "ann"}) {
		t.Errorf("%+v", last.Actor)
	}
}

// An offer without the key works as before: nothing of release is in what is written.
func TestAnOfferWithoutTheKeyIsAsItWas(t *testing.T) {
	o, folder := smallFinal(t)
	leadsTo(t, folder, "final", filepath.Base(o.Folder))
	for name, content := range contents(t, o.Folder) {
		if strings.HasSuffix(name, ".json") && (strings.Contains(content, `"release"`) || strings.Contains(content, `"makers"`)) {
			t.Errorf("%s speaks of releases", name)
		}
	}
	if _, err := os.Lstat(filepath.Join(folder, "released")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("there is a folder of releases")
	}
}
