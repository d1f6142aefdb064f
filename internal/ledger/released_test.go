package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/tender"
)

var oneApproval = &tender.ReleaseRule{Approvals: 1, From: tender.Final}

// offerRuns is the runs folder of an offer in a folder of its own.
func offerRuns(t testing.TB) string {
	t.Helper()
	runs := filepath.Join(t.TempDir(), "offer", "runs")
	if err := os.MkdirAll(runs, 0o750); err != nil {
		t.Fatal(err)
	}
	return runs
}

// computed publishes a final run that waits for its release, and notes it.
func computed(t testing.TB, runs, name, replaces string) Entry {
	t.Helper()
	log(t, runs) // before the first run there is a history
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "payments.csv", name)
	m := &Manifest{Run: name, Offer: "o", Phase: "final", AsOf: noon, Program: "1", Terms: Terms{Version: 1, Digest: "aa"},
		Identity: name, Replaces: replaces, Inputs: []File{}, Release: oneApproval}
	if err := s.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	digest, err := s.ReadBack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(name); err != nil {
		t.Fatal(err)
	}
	e := Entry{Event: Published, Offer: "o", Phase: "final", AsOf: noon, Run: name, Replaces: replaces, Manifest: digest, Release: oneApproval,
		Actor: Actor{User, "ann"}, Totals: []Total{{Currency: "USD", Tendered: "2", Accepted: "2", ToWire: "2.00"}}}
	log(t, runs, e)
	if err := PointLatest(disk.Disk{}, runs, name); err != nil {
		t.Fatal(err)
	}
	return e
}

// approvedAndReleased notes the steps of a run to its release.
func approvedAndReleased(t testing.TB, runs string, e Entry) {
	t.Helper()
	step := func(event Event, by string, a *Approval) Entry {
		s := e
		s.Event, s.Actor, s.Approval, s.Release = event, Actor{User, by}, a, nil
		return s
	}
	log(t, runs, step(Submitted, "ann", nil), step(Approved, "bob", &Approval{Typed: Amount{"USD", "2.00"}}), step(Released, "ann", nil))
}

func TestAFinalRunThatMustBeReleasedIsInForceFromThenOn(t *testing.T) {
	runs := offerRuns(t)
	inForceIs := func(want string) {
		t.Helper()
		got := ""
		if f := archive(t, runs).Final(); f != nil {
			got = f.Run
		}
		if got != want {
			t.Errorf("in force is %q, want %q", got, want)
		}
	}
	a := computed(t, runs, "a", "")
	inForceIs("")
	if r, err := archive(t, runs).Run("a"); err != nil || !archive(t, runs).Awaits(r) {
		t.Errorf("%v: it does not wait", err)
	}
	approvedAndReleased(t, runs, a)
	inForceIs("a")
	b := computed(t, runs, "b", "a")
	inForceIs("a") // what replaces it does so once it is released
	approvedAndReleased(t, runs, b)
	inForceIs("b")
	other := computed(t, runs, "c", "b")
	other.Manifest = b.Manifest
	approvedAndReleased(t, runs, other)
	inForceIs("b") // another manifest was released than the run has
}

func TestARunIsReleasedOnce(t *testing.T) {
	runs := offerRuns(t)
	a := computed(t, runs, "a", "")
	approvedAndReleased(t, runs, a)
	a.Event, a.At = Released, noon
	if _, err := log(t, runs).Append(a); !errors.Is(err, ErrReleased) {
		t.Errorf("%v", err)
	}
}

func putInto(t testing.TB, runs string) []string {
	t.Helper()
	said, err := archive(t, runs).PutReleased(disk.Disk{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive(t, runs).Repair(disk.Disk{}); err != nil {
		t.Fatal(err)
	}
	return said
}

func TestAReleaseHasAFolderOfItsOwn(t *testing.T) {
	runs := offerRuns(t)
	if said := putInto(t, runs); len(said) > 0 {
		t.Errorf("%q", said)
	}
	approvedAndReleased(t, runs, computed(t, runs, "a", ""))
	putInto(t, runs)
	released := filepath.Join(filepath.Dir(runs), "released")
	for file, want := range map[string]string{"latest/release.json": `"name": "bob"`, "a/payments.csv": "a", "a/manifest.json": `"run": "a"`} {
		content, err := os.ReadFile(filepath.Join(released, file))
		if err != nil || !strings.Contains(string(content), want) {
			t.Errorf("%s: %q, %v; want %q", file, content, err, want)
		}
	}
	if found, err := Verify(runs, "o"); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if said := putInto(t, runs); len(said) > 0 {
		t.Errorf("%q", said)
	}
}

func TestAForgedReleaseIsFound(t *testing.T) {
	for _, c := range []struct {
		what, want string
		forge      func(released string) error
	}{
		{"made up", "no entry says that this run was released", func(r string) error { return os.Mkdir(filepath.Join(r, "b"), 0o750) }},
		{"other totals", "is not what the history says", func(r string) error {
			return os.WriteFile(filepath.Join(r, "a", "release.json"), []byte("{}"), 0o640)
		}},
		{"another payments.csv", "does not point at the file of the run", func(r string) error {
			file := filepath.Join(r, "a", "payments.csv")
			return errors.Join(os.Remove(file), os.WriteFile(file, nil, 0o640))
		}},
		{"removed", "is missing", func(r string) error { return os.RemoveAll(filepath.Join(r, "a")) }},
		{"latest elsewhere", "does not point at a", func(r string) error {
			return errors.Join(os.Remove(filepath.Join(r, "latest")), os.Symlink("b", filepath.Join(r, "latest")))
		}},
	} {
		runs := offerRuns(t)
		approvedAndReleased(t, runs, computed(t, runs, "a", ""))
		putInto(t, runs)
		if err := c.forge(filepath.Join(filepath.Dir(runs), "released")); err != nil {
			t.Fatal(err)
		}
		if found, err := Verify(runs, "o"); len(found) != 1 || err != nil || !strings.Contains(found[0].What, c.want) {
			t.Errorf("%s: %v, %v; want %q", c.what, found, err, c.want)
		}
	}
}

// TestAFaultAtAnyChangeOfAReleaseIsMadeGood has each change of files fail in turn: the folder
// of the release is there whole or not at all, and the next time all is made.
func TestAFaultAtAnyChangeOfAReleaseIsMadeGood(t *testing.T) {
	for at := 1; ; at++ {
		runs := offerRuns(t)
		approvedAndReleased(t, runs, computed(t, runs, "a", ""))
		count := 0
		_, err := archive(t, runs).PutReleased(disk.Disk{Fault: func(string, string) error {
			if count++; count == at {
				return syscall.EIO
			}
			return nil
		}})
		if err == nil {
			if at < 8 {
				t.Fatalf("only %d changes", at)
			}
			break
		}
		if !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		folder := filepath.Join(filepath.Dir(runs), "released", "a")
		if _, err := os.Lstat(folder); err == nil {
			if found := verifyRelease(treeOf(runs), filepath.Dir(folder), filepath.Join(runs, "a"), ReleaseOf(archive(t, runs).Entries(), "a")); len(found) > 0 {
				t.Fatalf("change %d: %v", at, found)
			}
			if links, err := os.ReadDir(folder); err != nil || len(links) != 3 {
				t.Fatalf("change %d: %d files, %v", at, len(links), err)
			}
		}
		putInto(t, runs)
		if found, err := Verify(runs, "o"); len(found) > 0 || err != nil {
			t.Fatalf("change %d: %v, %v", at, found, err)
		}
	}
}

func TestARebuildKeepsWhatAWholeLedgerSaysOfReleases(t *testing.T) {
	runs := offerRuns(t)
	approvedAndReleased(t, runs, computed(t, runs, "a", ""))
	approvedAndReleased(t, runs, computed(t, runs, "b", "a"))
	computed(t, runs, "c", "b")
	if _, err := Rebuild(runs, "o", noon.Add(time.Hour), nil); err != nil {
		t.Fatal(err)
	}
	if f := archive(t, runs).Final(); f == nil || f.Run != "b" {
		t.Errorf("in force is %+v", f)
	}
	if all := Approvals(archive(t, runs).Entries(), "b"); len(all) != 1 || all[0].Actor.Name != "bob" {
		t.Errorf("%+v", all)
	}
	putInto(t, runs)
	if found, err := Verify(runs, "o"); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	// Of a lost ledger nothing says who approved: no run is in force until that was done again.
	for _, name := range []string{databaseName, sumName} {
		if err := os.Remove(filepath.Join(runs, name)); err != nil {
			t.Fatal(err)
		}
	}
	olds, err := filepath.Glob(filepath.Join(runs, "ledger-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range olds {
		if err := os.Remove(old); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Rebuild(runs, "o", noon.Add(2*time.Hour), nil)
	for _, c := range found {
		if !c.Taken {
			t.Errorf("%s was not taken: %q", c.Run, c.Against)
		}
	}
	if f := archive(t, runs).Final(); f != nil || err != nil {
		t.Errorf("in force is %+v, %v", f, err)
	}
}

func TestAnActorIsNeverNoOne(t *testing.T) {
	for _, a := range []Actor{{}, {User, ""}, {User, " "}, {"", "ann"}, {"role", "ann"}} {
		if a.Check() == nil {
			t.Errorf("%+v", a)
		}
	}
	for _, kind := range []ActorKind{User, Account, Service, Named} {
		if err := (Actor{kind, "ann"}).Check(); err != nil {
			t.Error(err)
		}
	}
	if !(Actor{User, "Ann"}).Is(Actor{Account, "ann"}) || (Actor{User, "ann"}).Is(Actor{User, "anne"}) {
		t.Error("two names of one person are two people, or the other way round")
	}
}

func TestWhoMadeAnEntryOfAnEarlierVersion(t *testing.T) {
	for by, want := range map[string]string{"ops@host pid 7": "ops", "root@host pid 7, for ann": "ann root", "tester": "tester", "": ""} {
		var names []string
		for _, m := range (Entry{Event: Started, By: by}).MakersOf() {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %q, want %q", by, got, want)
		}
	}
}
