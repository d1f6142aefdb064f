package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
)

// publishAsOf publishes a final run as of an instant.
func publishAsOf(t *testing.T, runs, name string, asOf time.Time, replaces string) {
	t.Helper()
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "result.json", name)
	m := &Manifest{Run: name, Offer: "o", Phase: "final", AsOf: asOf, Program: "1", Terms: Terms{Version: 1, Digest: "aa"}, Identity: "bb", Replaces: replaces, Inputs: []File{{Name: "a.xlsx", SHA256: "cc", Bytes: 1}}}
	if err := s.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadBack(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(name); err != nil {
		t.Fatal(err)
	}
	if err := PointLatest(disk.Disk{}, runs, name); err != nil {
		t.Fatal(err)
	}
}

func TestALedgerIsRebuiltFromTheManifests(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started, Attempt: "a"})
	if err := os.Remove(filepath.Join(runs, sumName)); err != nil { // a whole ledger would speak against what it does not know
		t.Fatal(err)
	}
	publishAsOf(t, runs, "b", noon, "a")
	publishAsOf(t, runs, "a", noon, "c")
	publishAsOf(t, runs, "c", noon.Add(-time.Hour), "dd")
	old, err := os.ReadFile(filepath.Join(runs, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	later := noon.Add(time.Minute)
	if found, err := Rebuild(runs, "o", later, nil); taken(found) != "a b c" || err != nil {
		t.Fatalf("%+v, %v", found, err)
	}
	all, err := ReadEntries(runs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Run)
		if e.Event != Recovered || !e.At.Equal(later) || e.Offer != "o" || e.Phase != "final" || e.Terms != "aa" || e.Identity != "bb" || e.Replaces != map[string]string{"a": "c", "b": "a", "c": "dd"}[e.Run] || len(e.Inputs) != 1 {
			t.Errorf("%+v", e)
		}
	}
	if !reflect.DeepEqual(names, []string{"c", "a", "b"}) {
		t.Errorf("%v", names)
	}
	if said, err := archive(t, runs).Repair(disk.Disk{}); len(said) != 2 || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	if found := verified(t, runs); len(found) > 0 {
		t.Error(found)
	}
	if f := archive(t, runs).Final(); f == nil || f.Run != "b" {
		t.Errorf("final is %+v", f)
	}
	if aside, err := os.ReadFile(filepath.Join(runs, "ledger-20041112T170100Z.db")); err != nil || string(aside) != string(old) {
		t.Errorf("what was there is not kept: %v", err)
	}
}

// taken are the names of the runs that a rebuild took.
func taken(found []Candidate) string {
	var names []string
	for _, c := range found {
		if c.Taken {
			names = append(names, c.Run)
		}
	}
	return strings.Join(names, " ")
}

func TestALedgerSetAsideIsNeverOverwritten(t *testing.T) {
	runs := t.TempDir()
	for n := range 3 {
		log(t, runs, Entry{Event: Started, Attempt: fmt.Sprint(n)})
		if _, err := Rebuild(runs, "o", noon, nil); err != nil {
			t.Fatal(err)
		}
	}
	for n, name := range []string{"ledger-20041112T170000Z", "ledger-20041112T170000Z-2", "ledger-20041112T170000Z-3"} {
		if s, err := os.ReadFile(filepath.Join(runs, name+".db")); err != nil || !strings.Contains(string(s), fmt.Sprintf(`"attempt":"%d"`, n)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARebuildTakesNoDamagedRun(t *testing.T) {
	for what, damage := range map[string]func(runs string) error{
		"its manifest": func(runs string) error {
			return os.WriteFile(filepath.Join(runs, "r1", ManifestName), []byte("{"), 0o640)
		},
		"a file":     func(runs string) error { return touch(filepath.Join(runs, "r1", "result.json")) },
		"a file out": func(runs string) error { return os.Remove(filepath.Join(runs, "r1", "result.json")) },
	} {
		runs := published5(t)
		if err := damage(runs); err != nil {
			t.Fatal(err)
		}
		found, err := Rebuild(runs, "o", noon, nil)
		if err != nil || taken(found) != "r2" || len(found[0].Against) == 0 {
			t.Errorf("%s: %+v, %v", what, found, err)
		}
		if err := archive(t, runs).Check(); err == nil || !strings.Contains(err.Error(), "r1") {
			t.Errorf("%s: what was left out is forgotten: %v", what, err)
		}
	}
}

func TestWithoutALedgerARebuildMakesOne(t *testing.T) {
	runs := t.TempDir()
	publishAsOf(t, runs, "a", noon, "")
	if found, err := Rebuild(runs, "o", noon, nil); taken(found) != "a" || err != nil {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := PointFinal(disk.Disk{}, runs, "a"); err != nil {
		t.Fatal(err)
	}
	if found := verified(t, runs); len(found) > 0 {
		t.Error(found)
	}
}

// TestARebuildThatWasCutOffLeavesTheOldLedgerOrTheNew stops after each step, and has
// the next entry written.
func TestARebuildThatWasCutOffLeavesTheOldLedgerOrTheNew(t *testing.T) {
	move := func(runs, from, to string) error {
		return os.Rename(filepath.Join(runs, from), filepath.Join(runs, to))
	}
	steps := []func(runs string) error{
		func(runs string) error {
			s, err := survey(runs, "o", nil)
			if err != nil {
				return err
			}
			bodies, err := s.bodies(noon)
			return errors.Join(err, draft(runs, bodies))
		},
		func(runs string) error { return keepAside(runs, noon) },
		func(runs string) error { return move(runs, draftName, readyName) },
		func(runs string) error { return move(runs, filepath.Join(readyName, databaseName), databaseName) },
		func(runs string) error { return move(runs, filepath.Join(readyName, sumName), sumName) },
	}
	for last := range steps {
		runs := published5(t)
		before, err := ReadEntries(runs)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps[:last+1] {
			if err := step(runs); err != nil {
				t.Fatal(err)
			}
		}
		l, err := OpenLog(runs)
		if err != nil {
			t.Fatalf("step %d: %v", last, err)
		}
		if _, err := l.Append(Entry{At: noon, Event: Missed, Slot: "later"}); err != nil {
			t.Fatal(err)
		}
		for _, f := range verified(t, runs) {
			t.Errorf("step %d: %v", last, f)
		}
		entries, err := l.Entries()
		if made := entries[0].Event == Recovered; err != nil || made != (last >= 2) || (!made && len(entries) != len(before)+1) {
			t.Errorf("step %d: %d entries, the first %s, %v", last, len(entries), entries[0].Event, err)
		}
	}
}
