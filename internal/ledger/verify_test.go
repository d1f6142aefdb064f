package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
)

// resum writes the sum that fits the ledger as it is, as a person would who covers
// a change up.
func resum(t testing.TB, runs string) {
	t.Helper()
	path := filepath.Join(runs, databaseName)
	db, err := openDatabase(path, reading)
	if err != nil {
		t.Fatal(err)
	}
	have, err := readProgress(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	digest, err := digestOf(disk.In(filepath.Dir(path)), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeSum(runs, sum{have, digest}); err != nil {
		t.Fatal(err)
	}
}

// smallLedger makes a ledger of a few entries in pages of 512 bytes, some of them
// free.
func smallLedger(t testing.TB) string {
	t.Helper()
	runs := t.TempDir()
	db, err := openDatabase(filepath.Join(runs, databaseName), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"PRAGMA page_size = 512", "CREATE TABLE filler (a TEXT)", "INSERT INTO filler VALUES (zeroblob(900))", "DROP TABLE filler"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	log(t, runs, Entry{Event: Started, Attempt: "a", Slot: "s"}, Entry{Event: Failed, Attempt: "a", Slot: "s", Exit: 1}, Entry{Event: Missed, Slot: "t"})
	return runs
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	runs := smallLedger(t)
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Fatalf("as written: %v, %v", found, err)
	}
	for _, name := range []string{databaseName, sumName} {
		content, err := os.ReadFile(filepath.Join(runs, name))
		if err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		for w := range runtime.GOMAXPROCS(0) {
			own := t.TempDir()
			for n, c := range filesOf(t, runs) {
				if err := os.WriteFile(filepath.Join(own, n), []byte(c), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			work.Go(func() { flipBits(t, own, name, content, w, runtime.GOMAXPROCS(0)) })
		}
		work.Wait()
		t.Logf("%s: %d bits", name, len(content)*8)
	}
}

// flipBits flips every step-th bit of a file, one at a time.
func flipBits(t *testing.T, runs, name string, content []byte, from, step int) {
	file, err := os.OpenFile(filepath.Join(runs, name), os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	for bit := from; bit < len(content)*8; bit += step {
		at, was := int64(bit/8), content[bit/8]
		if _, err := file.WriteAt([]byte{was ^ 1<<(bit%8)}, at); err != nil {
			t.Error(err)
			return
		}
		if found, err := Verify(runs, ""); len(found) == 0 || err != nil {
			t.Errorf("%s: bit %d of byte %d: %v, %v", name, bit%8, at, found, err)
		}
		if name == databaseName && bit%101 == 0 {
			refused(t, runs)
		}
		if _, err := file.WriteAt([]byte{was}, at); err != nil {
			t.Error(err)
			return
		}
	}
}

// refused checks that a damaged ledger is not opened and stays as it is.
func refused(t *testing.T, runs string) {
	t.Helper()
	path := filepath.Join(runs, databaseName)
	before, err := digestOf(disk.In(filepath.Dir(path)), path)
	if err != nil {
		t.Error(err)
	}
	damaged := new(DamagedError)
	if _, err := OpenLog(runs); !errors.As(err, &damaged) {
		t.Errorf("opened: %v", err)
	}
	if after, err := digestOf(disk.In(filepath.Dir(path)), path); after != before || err != nil {
		t.Errorf("opening changed it: %v", err)
	}
}

// published5 makes a runs folder with two published runs among five entries.
func published5(t testing.TB) string {
	t.Helper()
	runs := t.TempDir()
	l := log(t, runs, Entry{Event: Started, Attempt: "a"})
	appendPublished(t, l, runs, "r1", "a")
	log(t, runs, Entry{Event: Missed, Slot: "s"}, Entry{Event: Started, Attempt: "b"})
	appendPublished(t, l, runs, "r2", "b")
	return runs
}

// appendPublished publishes a run and appends the entry that says so.
func appendPublished(t testing.TB, l *Log, runs, name, attempt string) {
	t.Helper()
	publish(t, runs, name, "of "+name)
	digest, err := digestOf(treeOf(runs), filepath.Join(runs, name, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(Entry{At: noon, Event: Published, Attempt: attempt, Run: name, Manifest: digest}); err != nil {
		t.Fatal(err)
	}
}

// where lists the places of the findings.
func where(found []Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, f.Where)
	}
	return strings.Join(all, "\n")
}

// verified verifies a runs folder and checks that it stays as it is.
func verified(t *testing.T, runs string) []Finding {
	t.Helper()
	before := filesOf(t, runs)
	found, err := Verify(runs, "")
	if err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(before, filesOf(t, runs)) {
		t.Error("verifying changed the folder")
	}
	return found
}

// headTo are statements that make the head name the entry with a number.
func headTo(seq int) string {
	return fmt.Sprintf("UPDATE head SET count = %d, hash = (SELECT hash FROM entry WHERE seq = %[1]d)", seq)
}

func TestAnAlteredRemovedOrSwappedEntryIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const entries = 5
	type change struct {
		name       string
		statements []string
		where      string // in the ledger; "" where the sum or a folder only gives it away
	}
	var changes []change
	for n := 1; n <= entries; n++ {
		at := fmt.Sprintf("ledger.db, entry %d", n)
		changes = append(changes,
			change{fmt.Sprint("removed ", n), []string{fmt.Sprintf("DELETE FROM entry WHERE seq = %d", n)}, at},
			change{fmt.Sprint("one letter of ", n), []string{fmt.Sprintf("UPDATE entry SET body = replace(body, '2004', '2005') WHERE seq = %d", n)}, at},
			change{fmt.Sprint("the hash of ", n), []string{fmt.Sprintf("UPDATE entry SET hash = upper(hash) WHERE seq = %d", n)}, at},
			change{fmt.Sprint("no entry in ", n), []string{fmt.Sprintf("UPDATE entry SET body = '7' WHERE seq = %d", n)}, at})
		for m := n + 1; m <= entries; m++ {
			changes = append(changes,
				change{fmt.Sprint("swapped ", n, " and ", m), []string{swap("seq", n, m)}, at},
				change{fmt.Sprint("swapped the bodies of ", n, " and ", m), []string{swap("body", n, m)}, at})
		}
		if n < entries {
			changes = append(changes, change{fmt.Sprint("removed and renumbered ", n), []string{
				fmt.Sprintf("DELETE FROM entry WHERE seq = %d", n), fmt.Sprintf("UPDATE entry SET seq = seq - 1 WHERE seq > %d", n), headTo(entries - 1)}, at})
		}
	}
	changes = append(changes, change{"removed the last with the head", []string{"DELETE FROM entry WHERE seq = 5", headTo(4)}, "r2"},
		change{"removed all with the head", []string{"DELETE FROM entry", "UPDATE head SET count = 0, hash = '" + noHash + "'"}, "r1\nr2"},
		change{"the head moved back", []string{headTo(4)}, "ledger.db"},
		change{"the hash of the head", []string{"UPDATE head SET hash = upper(hash)"}, "ledger.db"},
		change{"removed the head", []string{"DELETE FROM head"}, "ledger.db"})
	whole := filesOf(t, published5(t))
	for _, c := range changes {
		for _, covered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, covered %t", c.name, covered), func(t *testing.T) {
				runs := t.TempDir()
				put(t, runs, whole)
				if found := verified(t, runs); len(found) > 0 {
					t.Fatal(found)
				}
				alter(t, runs, c.statements...)
				if covered && c.name != "removed the head" {
					resum(t, runs)
				}
				if found := where(verified(t, runs)); !strings.Contains(found+"\n", c.where+"\n") || (!covered && !strings.Contains(found+"\n", "ledger.db\n")) {
					t.Errorf("found in %q, want %q", found, c.where)
				}
			})
		}
	}
	t.Logf("%d changes, each with and without a sum that fits", len(changes))
}

// swap is a statement that swaps a column of two entries.
func swap(column string, n, m int) string {
	if column == "seq" { // unique at every moment
		return fmt.Sprintf("UPDATE entry SET seq = 99 WHERE seq = %d; UPDATE entry SET seq = %[1]d WHERE seq = %d; UPDATE entry SET seq = %[2]d WHERE seq = 99", n, m)
	}
	return fmt.Sprintf("DROP INDEX one_end_per_attempt; DROP INDEX one_decision_per_slot; UPDATE entry SET %s = (SELECT %[1]s FROM entry AS o WHERE o.seq = %d - entry.seq) WHERE seq IN (%d, %d)", column, n+m, n, m)
}

// put writes files into a folder and points latest at run r2.
func put(t testing.TB, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("r2", filepath.Join(folder, latestName)); err != nil {
		t.Fatal(err)
	}
}

// A chain without an anchor outside does not show it; see Verify.
func TestWhatOneWhoMayWriteTheFolderCanHide(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started, Attempt: "a"}, Entry{Event: Refused, Attempt: "a", Exit: 6})
	before, err := ReadEntries(runs)
	if err != nil {
		t.Fatal(err)
	}
	alter(t, runs, "DELETE FROM entry WHERE seq = 2", headTo(1))
	resum(t, runs)
	if found := verified(t, runs); len(found) > 0 {
		t.Errorf("noticed after all: %v; say so in the doc comment of Verify", found)
	}
	after, err := ReadEntries(runs)
	if err != nil || after[len(after)-1].Hash == before[len(before)-1].Hash {
		t.Errorf("the last hash, kept elsewhere, would not show it: %v", err)
	}
}

func TestAttemptsEndedTwiceAndSlotsDecidedTwiceAreFound(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Failed, Attempt: "a", Slot: "s"})
	alter(t, runs, "DROP INDEX one_end_per_attempt", "DROP INDEX one_decision_per_slot")
	resum(t, runs)
	log(t, runs, Entry{Event: Failed, Attempt: "a", Slot: "s"})
	found := fmt.Sprint(verified(t, runs))
	for _, want := range []string{"attempt a ended before, in entry 1", "slot s was decided before, in entry 1", `"one_end_per_attempt" in its schema was added, removed or altered`} {
		if !strings.Contains(found, want) {
			t.Errorf("%s, want %s", found, want)
		}
	}
}

func TestWhatIsWrongInARunsFolderIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	kept := fmt.Sprintf("%x", sha256.Sum256([]byte("bytes")))
	write := func(name, content string) func(t *testing.T, runs string) error {
		return func(_ *testing.T, runs string) error {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(runs, name)), 0o750); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(runs, name), []byte(content), 0o640)
		}
	}
	remove := func(name string) func(*testing.T, string) error {
		return func(_ *testing.T, runs string) error { return os.RemoveAll(filepath.Join(runs, name)) }
	}
	for name, c := range map[string]struct {
		change func(*testing.T, string) error
		want   string // Where of the only finding; "" for none
	}{
		"nothing":           {func(*testing.T, string) error { return nil }, ""},
		"output altered":    {write("r1/result.json", "OF r1"), "r1/result.json"},
		"output removed":    {remove("r1/result.json"), "r1/result.json"},
		"manifest altered":  {func(_ *testing.T, runs string) error { return touch(filepath.Join(runs, "r1/manifest.json")) }, "r1/manifest.json"},
		"folder removed":    {remove("r1"), "r1"},
		"a file too many":   {write("r1/more.txt", "x"), "r1/more.txt"},
		"a folder too many": {write("r1/more/a", "x"), "r1/more"},
		"latest removed":    {remove("latest"), "latest"},
		"latest at nothing": {func(_ *testing.T, runs string) error { return PointLatest(disk.Disk{}, runs, "r9") }, "latest"},
		"latest a file": {func(t *testing.T, runs string) error {
			return errors.Join(remove("latest")(t, runs), write("latest", "r1")(t, runs))
		}, "latest"},
		"a run that no entry knows": {func(t *testing.T, runs string) error { publish(t, runs, "r3", "x"); return nil }, "r3\nlatest"},
		"an input kept":             {write("r1/inputs/"+kept, "bytes"), ""},
		"an input kept, altered":    {write("r1/inputs/"+kept, "Bytes"), "r1/inputs/" + kept},
		"an input kept, not listed": {write("r1/inputs/"+strings.Repeat("0", 64), "x"), "r1/inputs/" + strings.Repeat("0", 64)},
		"an output that is a pipe": {func(t *testing.T, runs string) error {
			return errors.Join(remove("r1/result.json")(t, runs), syscall.Mkfifo(filepath.Join(runs, "r1/result.json"), 0o640))
		}, "r1/result.json"},
		"an output that is a link": {func(t *testing.T, runs string) error {
			return errors.Join(os.Rename(filepath.Join(runs, "r1/result.json"), filepath.Join(runs, ".x")), os.Symlink("../.x", filepath.Join(runs, "r1/result.json")))
		}, "r1/result.json"},
		"a folder without a manifest": {write("notes/a.txt", "x"), ""},
		"an old ledger":               {write("ledger-20041112T170000Z.db", "x"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			runs := t.TempDir()
			l := log(t, runs)
			for _, run := range []string{"r1", "r2"} {
				publishWithInput(t, runs, run, kept)
				digest, err := digestOf(treeOf(runs), filepath.Join(runs, run, ManifestName))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := l.Append(Entry{At: noon, Event: Published, Run: run, Manifest: digest}); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.change(t, runs); err != nil {
				t.Fatal(err)
			}
			if found, err := Verify(runs, ""); where(found) != c.want || err != nil {
				t.Errorf("%v, %v; want one in %q", found, err, c.want)
			}
		})
	}
}

// touch appends a line feed to a file.
func touch(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o640)
}

// publishWithInput publishes a run of one file that lists one input.
func publishWithInput(t *testing.T, runs, name, digest string) {
	t.Helper()
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "result.json", "of "+name)
	if err := s.WriteManifest(&Manifest{Run: name, Offer: "o", Phase: "final", Inputs: []File{{Name: "a.xlsx", SHA256: digest, Bytes: 5}}}); err != nil {
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

func TestFilesThatTheManifestSaysAreKeptMustBeThere(t *testing.T) {
	runs := t.TempDir()
	manifest := `{"run": "r1", "kept": [{"name": "inputs/aa", "sha256": "aa"}], "outputs": [{"name": "../../x", "sha256": "bb"}]}`
	if err := os.Mkdir(filepath.Join(runs, "r1"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(runs, "r1", ManifestName), []byte(manifest), 0o640); err != nil {
		t.Fatal(err)
	}
	found := where(verified(t, runs))
	if want := "ledger.db\nr1/../../x\nr1/inputs/aa\nlatest"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
}

func TestACopyThatARunKeepsIsCheckedAsTheStageKeptIt(t *testing.T) {
	runs := t.TempDir()
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.Keep("offer.yaml", []byte("id: o"), "")
	if err != nil {
		t.Fatal(err)
	}
	m := &Manifest{Run: "r1", Offer: "o", Phase: "indicative"}
	m.Keep(kept)
	if err := s.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadBack(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish("r1"); err != nil {
		t.Fatal(err)
	}
	if err := PointLatest(disk.Disk{}, runs, "r1"); err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(runs, "o", noon, nil); err != nil {
		t.Fatal(err)
	}
	if found := verified(t, runs); len(found) > 0 {
		t.Error(found)
	}
	copied := filepath.Join(runs, "r1", kept.Name)
	for _, change := range []func() error{func() error { return touch(copied) }, func() error { return os.Remove(copied) }} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if found := where(verified(t, runs)); found != "r1/"+kept.Name {
			t.Errorf("found in %q", found)
		}
	}
}

func TestARunUnderAnotherNameIsFound(t *testing.T) {
	runs := published5(t)
	if err := os.Rename(filepath.Join(runs, "r1"), filepath.Join(runs, "r0")); err != nil {
		t.Fatal(err)
	}
	if found, want := where(verified(t, runs)), "r1\nr0\nr0/manifest.json"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
	if found, err := Rebuild(runs, "o", noon, nil); err != nil || taken(found) != "r2" || found[0].Against[0] != "its manifest is that of run r1" {
		t.Errorf("rebuilt: %+v, %v", found, err)
	}
}

func TestASumWithAnotherCountIsNoticed(t *testing.T) {
	runs := published5(t)
	for _, count := range []int64{0, 4, 6} {
		s, err := readSum(runs)
		if err != nil {
			t.Fatal(err)
		}
		s.progress.count = count
		if err := writeSum(runs, *s); err != nil {
			t.Fatal(err)
		}
		if found := verified(t, runs); where(found) != databaseName {
			t.Errorf("%d: %v", count, found)
		}
	}
}

func TestADamagedManifestIsAFinding(t *testing.T) {
	runs := published5(t)
	for _, content := range []string{"", "{", "[]", "null", `{"run": 7}`, "\x00"} {
		if err := os.WriteFile(filepath.Join(runs, "r1", ManifestName), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if found := verified(t, runs); !strings.Contains(where(found), "r1/manifest.json") {
			t.Errorf("%q: %v", content, found)
		}
	}
}

func TestALedgerCutOffAnywhereIsNoticed(t *testing.T) {
	runs := smallLedger(t)
	path := filepath.Join(runs, databaseName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 0; size < len(content); size += 61 {
		if err := os.WriteFile(path, content[:size], 0o640); err != nil {
			t.Fatal(err)
		}
		if found, err := Verify(runs, ""); len(found) == 0 || err != nil {
			t.Errorf("%d bytes: %v, %v", size, found, err)
		}
	}
}

// A folder that takes the place of another, as when names of holders are replaced, is not missing meanwhile. Once no one is
// at work, it is.
func TestAFolderThatIsExchangedIsNotMissing(t *testing.T) {
	runs := published5(t)
	folder, aside := filepath.Join(runs, "r1"), filepath.Join(runs, ".aside")
	missing := func() bool {
		a, err := OpenArchive(runs, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Run("r1")
		return err != nil
	}
	if err := os.Rename(folder, aside); err != nil {
		t.Fatal(err)
	}
	if !missing() {
		t.Error("a folder that is not there is not missing")
	}
	unlock, err := Lock(t.Context(), disk.Disk{}, runs, 0)
	if err != nil {
		t.Fatal(err)
	}
	var back sync.WaitGroup
	back.Go(func() {
		time.Sleep(200 * time.Millisecond)
		if err := errors.Join(os.Rename(aside, folder), unlock()); err != nil {
			t.Error(err)
		}
	})
	if missing() {
		t.Error("a folder that is being exchanged is missing")
	}
	back.Wait()
}
