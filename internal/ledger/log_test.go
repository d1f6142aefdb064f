package ledger

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// noon is when everything in these tests happens.
var noon = time.Date(2004, 11, 12, 12, 0, 0, 0, time.FixedZone("", -5*60*60))

// Variables of the environment that make the test binary one of several processes.
const (
	appendTo    = "LEDGER_TEST_APPEND_TO"
	appendCount = "LEDGER_TEST_APPEND_COUNT"
)

func TestMain(m *testing.M) {
	if runs := os.Getenv(appendTo); runs != "" {
		if err := appendAndSay(runs); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// appendAndSay appends entries, as many as the environment says, and prints the
// number of each once it is in the ledger.
func appendAndSay(runs string) error {
	count, err := strconv.Atoi(os.Getenv(appendCount))
	if err != nil {
		return err
	}
	for range count {
		l, err := OpenLog(runs)
		if err != nil {
			return err
		}
		e, err := l.Append(Entry{At: noon, Event: Started, By: fmt.Sprintf("pid %d", os.Getpid())})
		if err != nil {
			return err
		}
		fmt.Println(e.Seq)
	}
	return nil
}

// appender is another process that appends.
func appender(t *testing.T, runs string, count int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), appendTo+"="+runs, appendCount+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	return cmd
}

// log opens the ledger and appends entries.
func log(t testing.TB, runs string, entries ...Entry) *Log {
	t.Helper()
	l, err := OpenLog(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = noon
		}
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// full is an entry with every field.
var full = Entry{
	Actor: Actor{User, "ops"}, Release: &tender.ReleaseRule{Approvals: 1, From: tender.Final},
	Makers:   []Maker{{Actor: Actor{User, "ann"}, Did: Filed, Of: "a.xlsx"}},
	Approval: &Approval{Against: "r0", Changes: []CashChange{{"USD", "1", "2"}}, Lines: map[string]int{"new": 1}, Terms: 1, Typed: Amount{"USD", "2"}, Signature: "s"},
	At:       noon, Event: Published, Attempt: "a1", Trigger: tender.BySchedule, By: "ops@host pid 7", Slot: "2004-11-12T17:30:00-05:00",
	Offer: "o", Phase: "final", AsOf: noon.Add(-time.Hour), Program: "0.2.0", Terms: "aa", Identity: "bb", Run: "r2", Replaces: "r1",
	Held: "2 findings are open", TermsChanged: []string{"caps.Cap.amount: 1 → 2"},
	Decisions: []tender.Decision{{Kind: tender.Supersede, By: "a@b", Reason: "corrected"}},
	Manifest:  "cc", Message: "<3 rejects> & \"more\"\n", Inputs: []File{{Name: "a.xlsx", SHA256: "dd", Bytes: 9}},
	Counts: Counts{Rows: 10, Counted: 6, NotCounted: 1, Rejected: 3},
	Totals: []Total{{Currency: "USD", Tendered: "1000.00", Accepted: "400.00", ToWire: "391.17"}}, Rewritten: []Rewritten{{Run: "r", Was: "ee", Manifest: "ff"}}, Exit: 3, Again: true,
	Export: &Export{Format: "pain.001", To: "/bank", Messages: []ExportedMessage{{ID: "m", File: File{Name: "m.xml"}}}, Wires: []string{"w"}}, Duration: 1500 * time.Millisecond,
}

func TestAnEntryComesBackAsItWasWritten(t *testing.T) {
	runs := t.TempDir()
	got, err := log(t, runs).Append(full)
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadEntries(runs)
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], got) {
		t.Fatalf("%+v, %v; want %+v", all, err, got)
	}
	want := full
	want.Seq, want.Hash = 1, got.Hash
	for _, times := range [][2]*time.Time{{&got.At, &want.At}, {&got.AsOf, &want.AsOf}} {
		if times[0].Format(time.RFC3339Nano) != times[1].Format(time.RFC3339Nano) {
			t.Errorf("%v, want %v", *times[0], *times[1])
		}
		*times[0] = *times[1]
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Seq" && name != "Hash" {
			t.Errorf("the test leaves %s out", name)
		}
	}
}

func TestTheHashIsThatOfThreeLines(t *testing.T) {
	// printf '%064d\n1\n{}' 0 | sha256sum
	const want = "857ee6299d26533d1f5f46c02209ae8bc34dc4898a8a9545493946b4ea59d6f3"
	if got := chained(noHash, 1, "{}"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestASlotIsDecidedOnce(t *testing.T) {
	const slot = "2004-11-12T17:30:00-05:00"
	l := log(t, t.TempDir(),
		Entry{Event: Started, Attempt: "a", Slot: slot}, Entry{Event: Started, Attempt: "b", Slot: slot},
		Entry{Event: Failed, Attempt: "a", Slot: slot}, Entry{Event: Failed, Attempt: "c"}, Entry{Event: Failed, Attempt: "d"})
	for _, event := range []Event{Published, Missed} {
		if _, err := l.Append(Entry{At: noon, Event: event, Attempt: "e", Slot: slot}); !errors.Is(err, ErrDecided) {
			t.Errorf("%s: %v", event, err)
		}
	}
	if all, err := l.Entries(); err != nil || len(all) != 5 {
		t.Errorf("%d entries, %v", len(all), err)
	}
}

func TestAnAttemptEndsOnce(t *testing.T) {
	l := log(t, t.TempDir(), Entry{Event: Started, Attempt: "a"}, Entry{Event: Failed, Attempt: "a"},
		Entry{Event: Missed, Slot: "1"}, Entry{Event: Missed, Slot: "2"}, Entry{Event: Recovered}, Entry{Event: Recovered})
	if _, err := l.Append(Entry{At: noon, Event: Abandoned, Attempt: "a"}); !errors.Is(err, ErrEnded) {
		t.Errorf("%v", err)
	}
}

func TestAnUnknownEventIsRefused(t *testing.T) {
	if _, err := log(t, t.TempDir()).Append(Entry{At: noon, Event: "publshed"}); err == nil {
		t.Error("written")
	}
}

func TestDecidedAndOpen(t *testing.T) {
	entries := []Entry{
		{Seq: 1, Event: Started, Attempt: "a", Slot: "1"}, {Seq: 2, Event: Started, Attempt: "b", Slot: "2"},
		{Seq: 3, Event: Failed, Attempt: "a", Slot: "1"}, {Seq: 4, Event: Missed, Slot: "3"}, {Seq: 5, Event: Refused, Attempt: "c"},
	}
	for slot, want := range map[string]int64{"1": 3, "2": 0, "3": 4, "4": 0, "": 0} {
		if e, ok := Decided(entries, slot); ok != (want > 0) || e.Seq != want {
			t.Errorf("slot %q: entry %d, %t", slot, e.Seq, ok)
		}
	}
	if open := Open(entries); len(open) != 1 || open[0].Attempt != "b" {
		t.Errorf("open: %+v", open)
	}
}

func TestAllEventsOfAttemptsButStartedAndMissedEndOne(t *testing.T) {
	open := []Event{"started", "missed", "submitted", "returned", "withdrawn", "approved", "released", "prepared", "paused", "resumed", "quarantined", "unreached", "sending", "delivered", "undelivered", "pruned", "cleared", "pseudonymised", "exported"}
	for e := range events {
		if want := !slices.Contains(open, e); e.Ends() != want {
			t.Errorf("%s: %t", e, !want)
		}
	}
}

func TestTheLedgerIsReadableByTheGroupAndLeavesNothingElse(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started})
	var names []string
	all, err := os.ReadDir(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		info, err := d.Info()
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", d.Name(), info.Mode(), err)
		}
		names = append(names, d.Name())
	}
	if want := []string{".ledger.lock", "ledger.db", "ledger.sum"}; !reflect.DeepEqual(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

func TestAnOfferMayHaveAnyName(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "50% cash? #1 & more")
	if err := os.Mkdir(runs, 0o750); err != nil {
		t.Fatal(err)
	}
	log(t, runs, Entry{Event: Started})
	if all, err := ReadEntries(runs); err != nil || len(all) != 1 {
		t.Errorf("%d entries, %v", len(all), err)
	}
	if _, err := os.Stat(filepath.Join(runs, "ledger.db")); err != nil {
		t.Error(err)
	}
}

func TestReadingMakesNothing(t *testing.T) {
	runs := t.TempDir()
	if all, err := ReadEntries(runs); len(all) > 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if all, _ := os.ReadDir(runs); len(all) > 0 {
		t.Errorf("made %v", all)
	}
	if found, err := Verify(filepath.Join(runs, "none"), ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// alter changes the ledger from outside, with SQL, past the triggers. They are put
// back, so that only what they guard gives the change away.
func alter(t testing.TB, runs string, statements ...string) {
	t.Helper()
	db, err := openDatabase(filepath.Join(runs, databaseName), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	triggers := triggersOf(t, db)
	for name := range triggers {
		statements = append([]string{"DROP TRIGGER " + name}, statements...)
	}
	for _, text := range triggers {
		statements = append(statements, text)
	}
	for _, s := range append(statements, "PRAGMA wal_checkpoint(TRUNCATE)") {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func triggersOf(t testing.TB, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		all[name] = text
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEntriesCannotBeChangedOrRemovedBySQL(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started, Attempt: "a"}, Entry{Event: Failed, Attempt: "a"})
	db, err := openDatabase(filepath.Join(runs, databaseName), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{
		"UPDATE entry SET body = '{}' WHERE seq = 1", "DELETE FROM entry WHERE seq = 2", "DELETE FROM entry",
		"UPDATE head SET count = 1", "UPDATE head SET hash = 'a'", "DELETE FROM head",
		"INSERT INTO entry (seq, body, hash) VALUES (4, '{}', 'a')", "INSERT OR REPLACE INTO entry (seq, body, hash) VALUES (2, '{}', 'a')",
		"UPDATE head SET count = 3, hash = 'a'", "INSERT INTO head VALUES (2, 1, 'a')", "INSERT INTO entry (seq, body, hash) VALUES (3, 7, x'00')",
	} {
		if _, err := db.Exec(s); err == nil {
			t.Errorf("%s: done", s)
		}
	}
}

func TestALedgerThatCannotBeTrustedIsNotWrittenAndSaysWhatToDo(t *testing.T) {
	removed := func(name string) func(*testing.T, string) {
		return func(t *testing.T, runs string) {
			if err := os.Remove(filepath.Join(runs, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	written := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, runs string) {
			if err := os.WriteFile(filepath.Join(runs, name), []byte(content), 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		damage func(*testing.T, string)
		advice string
	}{
		"garbage":     {written("ledger.db", strings.Repeat("garbage ", 1000)), "--rebuild"},
		"empty":       {written("ledger.db", ""), "--rebuild"},
		"no sum":      {removed("ledger.sum"), "--rebuild"},
		"garbled sum": {written("ledger.sum", "x"), "--rebuild"},
		"truncated":   {func(t *testing.T, runs string) { truncate(t, filepath.Join(runs, "ledger.db"), 5000) }, "--rebuild"},
		"a folder": {func(t *testing.T, runs string) {
			removed("ledger.db")(t, runs)
			if err := os.Mkdir(filepath.Join(runs, "ledger.db"), 0o750); err != nil {
				t.Fatal(err)
			}
		}, "--rebuild"},
		"altered": {func(t *testing.T, runs string) { alter(t, runs, "UPDATE entry SET body = '{}' WHERE seq = 1") }, "--rebuild"},
		"altered, with one more entry": {func(t *testing.T, runs string) {
			alter(t, runs, "UPDATE entry SET body = '{}' WHERE seq = 1", "INSERT INTO entry (seq, body, hash) VALUES (3, '{}', 'a')", "UPDATE head SET count = 3, hash = 'a'")
		}, "--rebuild"},
		"newer": {func(t *testing.T, runs string) { alter(t, runs, "PRAGMA user_version = 99"); resum(t, runs) }, "install that version"},
	} {
		t.Run(name, func(t *testing.T) {
			runs := t.TempDir()
			l := log(t, runs, Entry{Event: Started, Attempt: "a"}, Entry{Event: Failed, Attempt: "a"})
			c.damage(t, runs)
			damaged := new(DamagedError)
			if _, err := OpenLog(runs); !errors.As(err, &damaged) || !strings.Contains(err.Error(), "history is not written; ") || !strings.Contains(err.Error(), c.advice) {
				t.Errorf("opened: %v", err)
			}
			if _, err := l.Append(Entry{At: noon, Event: Started}); !errors.As(err, &damaged) {
				t.Errorf("appended: %v", err)
			}
			found, err := Verify(runs, "")
			if len(found) == 0 || err != nil {
				t.Errorf("verify: %v, %v", found, err)
			}
			for _, f := range found {
				if f.Where == "" || f.What == "" || f.Do == "" {
					t.Errorf("%+v", f)
				}
			}
			if name == "newer" {
				return
			}
			if _, err := Rebuild(runs, "o", noon, nil); err != nil {
				t.Fatalf("rebuild: %v", err)
			}
			if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
				t.Errorf("after the rebuild: %v, %v", found, err)
			}
			log(t, runs, Entry{Event: Started})
		})
	}
}

func truncate(t testing.TB, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// TestT7ALedgerThatWasRemovedIsLost removes a ledger, or empties it, where something
// still speaks of it. Nothing is begun afresh, and nothing of the old is deleted.
func TestT7ALedgerThatWasRemovedIsLost(t *testing.T) {
	for what, c := range map[string]struct {
		leave  []string // what is left beside runs
		remove []string
	}{
		"a sum":  {nil, []string{databaseName, "r1", "r2", latestName}},
		"runs":   {nil, []string{databaseName, sumName, latestName}},
		"a link": {nil, []string{databaseName, sumName, "r1", "r2"}},
		"a log":  {[]string{databaseName + walSuffix}, []string{databaseName, sumName, "r1", "r2", latestName}},
		"older":  {[]string{"ledger-20041112T170000Z.db"}, []string{databaseName, sumName, "r1", "r2", latestName}},
		"empty":  {[]string{databaseName}, []string{databaseName, sumName, latestName}},
	} {
		t.Run(what, func(t *testing.T) {
			runs := published5(t)
			for _, name := range c.remove {
				if err := os.RemoveAll(filepath.Join(runs, name)); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range c.leave {
				if err := os.WriteFile(filepath.Join(runs, name), nil, 0o640); err != nil {
					t.Fatal(err)
				}
			}
			before, damaged := filesOf(t, runs), new(DamagedError)
			_, opened := OpenLog(runs)
			_, read := ReadEntries(runs)
			_, archive := OpenArchive(runs, "o")
			for _, err := range []error{opened, read, archive} {
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "the history of the runs is lost") || !strings.Contains(err.Error(), "--rebuild") {
					t.Errorf("%v", err)
				}
			}
			if !reflect.DeepEqual(before, filesOf(t, runs)) {
				t.Error("something was changed")
			}
			if found, err := Verify(runs, "o"); len(found) == 0 || err != nil {
				t.Errorf("%v, %v", found, err)
			}
			if _, err := Rebuild(runs, "o", noon, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenLog(runs); err != nil {
				t.Errorf("after the rebuild: %v", err)
			}
		})
	}
}

func TestAnUnreadableLedgerIsAFinding(t *testing.T) {
	if os.Geteuid() == 0 { // who reads everything
		passAsNobody(t)
		return
	}
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started})
	if err := os.Chmod(filepath.Join(runs, databaseName), 0); err != nil {
		t.Fatal(err)
	}
	if found, err := Verify(runs, ""); len(found) == 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// passAsNobody passes the test in a process of its own, whose user has no rights.
func passAsNobody(t *testing.T) {
	t.Helper()
	// Under this name the folder of the test binary, which is root's, is not asked.
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestEightProcessesAppendAndNothingIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const processes, each = 8, 50
	runs := t.TempDir()
	var all []*exec.Cmd
	for range processes {
		cmd := appender(t, runs, each)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	entries, err := ReadEntries(runs)
	if err != nil {
		t.Fatal(err)
	}
	by := make(map[string]int)
	for i, e := range entries {
		by[e.By]++
		if e.Seq != int64(i+1) {
			t.Fatalf("entry %d has number %d", i+1, e.Seq)
		}
	}
	if len(entries) != processes*each || len(by) != processes {
		t.Errorf("%d entries by %d processes", len(entries), len(by))
	}
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

func TestAppendingAndVerifyingInOneProcessDoNotDisturbEachOther(t *testing.T) {
	const appenders, each = 4, 10
	runs := t.TempDir()
	l := log(t, runs)
	var work sync.WaitGroup
	for range appenders {
		work.Go(func() {
			for range each {
				if _, err := l.Append(Entry{At: noon, Event: Started}); err != nil {
					t.Error(err)
				}
				if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
					t.Errorf("%v, %v", found, err)
				}
			}
		})
	}
	work.Wait()
	if all, err := l.Entries(); len(all) != appenders*each || err != nil {
		t.Errorf("%d entries, %v", len(all), err)
	}
}

func TestALedgerThatAnotherProgramHoldsIsNotCalledDamaged(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started})
	db, err := openDatabase(filepath.Join(runs, databaseName), url.Values{"_pragma": {"locking_mode(EXCLUSIVE)"}, "_txlock": {"exclusive"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	before := writing
	writing = url.Values{"_pragma": append([]string{"busy_timeout(10)"}, writing["_pragma"][1:]...)}
	defer func() { writing = before }()
	damaged := new(DamagedError)
	if _, err := OpenLog(runs); err == nil || errors.As(err, &damaged) || !strings.Contains(err.Error(), "close it there") {
		t.Errorf("%v", err)
	}
}

func TestAKilledProcessLosesNoEntryThatItSaidIsWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	runs := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	left := make(map[string]int) // what the kills left behind
	var last int64
	for range 30 {
		said := killAmidst(t, runs, random, last)
		for _, name := range []string{databaseName + walSuffix, "." + sumName} {
			if _, err := os.Stat(filepath.Join(runs, name)); err == nil {
				left[name]++
			}
		}
		if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
			t.Fatalf("after entry %d: %v, %v", said, found, err)
		}
		entries, err := ReadEntries(runs)
		if err != nil {
			t.Fatal(err)
		}
		if have := int64(len(entries)); have != said && have != said+1 {
			t.Fatalf("%d entries; the process said %d", have, said)
		}
		e, err := log(t, runs).Append(Entry{At: noon, Event: Started})
		if err != nil || e.Seq != int64(len(entries))+1 {
			t.Fatalf("the next is entry %d, %v; there were %d", e.Seq, err, len(entries))
		}
		last = e.Seq
	}
	t.Logf("%d entries; left behind: %v", last, left)
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// killAmidst starts a process that appends, kills it at some moment and returns
// the number of the last entry that it said is written.
func killAmidst(t *testing.T, runs string, random *rand.Rand, last int64) int64 {
	t.Helper()
	cmd := appender(t, runs, 1_000_000)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	enough := 1 + random.IntN(3)
	for n := 0; lines.Scan(); n++ {
		if last, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if n+1 == enough {
			time.Sleep(time.Duration(random.IntN(8000)) * time.Microsecond)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait()
	return last
}

func TestAnEntryThatOnlySQLitesLogHoldsIsReadAndKept(t *testing.T) {
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started, Attempt: "a"})
	crashAfterCommit(t, runs)
	before := filesOf(t, runs)
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if all, err := ReadEntries(runs); len(all) != 2 || err != nil {
		t.Errorf("%d entries, %v", len(all), err)
	}
	if after := filesOf(t, runs); !reflect.DeepEqual(before, after) {
		t.Error("looking changed the folder")
	}
	log(t, runs)
	if _, err := os.Stat(filepath.Join(runs, databaseName+walSuffix)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log is still there: %v", err)
	}
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// crashAfterCommit leaves the folder as a crash between commit and checkpoint
// does: the entry is in SQLite's log, and the sum does not know it.
func crashAfterCommit(t *testing.T, runs string) {
	t.Helper()
	path := filepath.Join(runs, databaseName)
	db, err := openDatabase(path, writing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA wal_autocheckpoint = 0"); err != nil {
		t.Fatal(err)
	}
	err = transact(db, func(tx *sql.Tx) error {
		_, err := insert(tx, `{"at":"2004-11-12T12:00:00Z","event":"failed","attempt":"a","exit":1}`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := filesOf(t, runs)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range kept {
		if err := os.WriteFile(filepath.Join(runs, name), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

// filesOf returns what is in a folder.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, folder+string(filepath.Separator))] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestASumThatACrashLeftBehindIsMended(t *testing.T) {
	runs := t.TempDir()
	l := log(t, runs, Entry{Event: Started})
	behind, err := os.ReadFile(filepath.Join(runs, sumName))
	if err != nil {
		t.Fatal(err)
	}
	log(t, runs, Entry{Event: Started})
	if err := os.WriteFile(filepath.Join(runs, sumName), behind, 0o640); err != nil {
		t.Fatal(err)
	}
	if found, err := Verify(runs, ""); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if e, err := l.Append(Entry{At: noon, Event: Started}); err != nil || e.Seq != 3 {
		t.Errorf("entry %d, %v", e.Seq, err)
	}
	if s, err := readSum(runs); err != nil || s.progress.count != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSha256sumChecksTheSum(t *testing.T) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here")
	}
	runs := t.TempDir()
	log(t, runs, Entry{Event: Started})
	cmd := exec.Command(program, "-c", "--strict", sumName)
	cmd.Dir = runs
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "ledger.db: OK\n" {
		t.Errorf("%s%v", out, err)
	}
}

func BenchmarkOpenLog(b *testing.B) {
	runs := b.TempDir()
	log(b, runs, Entry{Event: Started})
	for b.Loop() {
		log(b, runs)
	}
}

func BenchmarkAppend(b *testing.B) {
	l := log(b, b.TempDir())
	for b.Loop() {
		if _, err := l.Append(Entry{At: noon, Event: Started}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAnErrorOfTheSystemIsNoDamage(t *testing.T) {
	for _, system := range []error{
		&fs.PathError{Op: "read", Path: "ledger.db", Err: syscall.EIO},
		&fs.PathError{Op: "open", Path: "ledger.sum", Err: syscall.EACCES},
		&fs.PathError{Op: "mkdir", Path: "/tmp/ledger1", Err: syscall.ENOSPC},
	} {
		if err := damage("ledger.db", errors.Join(system)); errors.As(err, new(*DamagedError)) || !errors.Is(err, system) {
			t.Errorf("%v became %v", system, err)
		}
	}
	for _, found := range []error{errSum, errNoFile, errors.New("entry 3 is missing"), errNewer} {
		if err := damage("ledger.db", found); !errors.As(err, new(*DamagedError)) {
			t.Errorf("%v became %v", found, err)
		}
	}
}

func TestAPipeInPlaceOfAFileOfTheLedgerIsDamage(t *testing.T) {
	for _, name := range []string{databaseName, databaseName + walSuffix, sumName} {
		runs := t.TempDir()
		l, err := OpenLog(runs)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(Entry{Event: Started, Attempt: "a"}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(runs, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(Entry{Event: Started, Attempt: "b"}); !errors.As(err, new(*DamagedError)) {
			t.Errorf("%s: %v", name, err)
		}
		if found, err := Verify(runs, ""); err != nil || len(found) == 0 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}
