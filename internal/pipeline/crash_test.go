package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// Environment of a process that makes one run of the folder and may be killed on
// the way: before its nth change of files, or by its parent.
const (
	crashFolder = "BATCH_TEST_CRASH_FOLDER"
	crashAt     = "BATCH_TEST_CRASH_AT"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		os.Exit(runAndDie(folder, os.Getenv(crashAt)))
	}
	// Most of the time goes into syncing files. A kill takes nothing from the system
	// that it was given, so memory shows the same, three times as fast.
	if os.Getenv("TMPDIR") == "" && hasRoom(memory) {
		os.Setenv("TMPDIR", memory)
	}
	os.Exit(m.Run())
}

// memory is a file system in memory.
const memory = "/dev/shm"

func hasRoom(folder string) bool {
	var stat syscall.Statfs_t
	return syscall.Statfs(folder, &stat) == nil && stat.Bavail*uint64(stat.Bsize) > 2<<30
}

// runAndDie makes the run, and dies before the change of files that is named.
func runAndDie(folder, at string) int {
	last, err := strconv.Atoi(at)
	if err != nil {
		return 2
	}
	count := 0
	o, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test",
		Disk: disk.Disk{Fault: func(string, string) error {
			if count++; count == last {
				err := syscall.Kill(os.Getpid(), syscall.SIGKILL)
				time.Sleep(time.Minute) // the signal is on its way
				return err
			}
			return nil
		}}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return int(ExitOf(err))
	}
	fmt.Println(o.Action)
	return 0
}

func afterEarlyDate() time.Time { return time.Date(2026, 5, 4, 22, 0, 0, 0, time.UTC) }

const smallTerms = `id: small
issuer: Example
timezone: America/New_York
dates:
  launch: 2026-04-20
  early_tender: {at: 2026-05-04T17:00}
  expiration: {at: 2026-05-18T24:00}
  settlement: {final: 2026-05-21}
caps:
  - {name: Cap, amount: 10000, currency: USD, measure: principal}
series:
  - id: A
    title: Notes
    securities: ["52729NAA8"]
    currency: USD
    priority: 1
    outstanding: 1000000
    tender_offer_consideration: 950.00
    early_tender_payment: 50.00
    total_consideration: 1000.00
    denomination: {minimum: 1000, multiple: 1000}
    interest: {coupon: 5, day_count: 30/360, last_paid: 2026-03-15, frequency: 2}
depositaries:
  - {name: DTC, files: "dtc-*.csv", reports: snapshot, status: none}
`

const smallReport = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n" +
	"0000019,52729NAA8,7000,2026-05-01 10:00:00,2399\n0000027,52729NAA8,8000,2026-05-02 10:00:00,0902\n"

// smallOffer is a folder with a small offer, one run published, and a new report
// that no run has seen yet.
func smallOffer(t testing.TB) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "small")
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write("offer.yaml", smallTerms)
	write("inbox/dtc-2026-05-02.csv", smallReport)
	if _, err := Run(context.Background(), Request{Folder: folder, AsOf: "2026-05-02T20:00", Clock: afterEarlyDate,
		Version: "test"}); err != nil {
		t.Fatal(err)
	}
	write("inbox/dtc-2026-05-04.csv", smallReport+"0000035,52729NAA8,9000,2026-05-03 10:00:00,0005\n")
	return folder
}

// copyOffer is a copy of an offer's folder, links kept.
func copyOffer(t testing.TB, folder string) string {
	t.Helper()
	return copyOfferTo(t, folder, filepath.Join(t.TempDir(), "small"))
}

func copyOfferTo(t testing.TB, folder, to string) string {
	t.Helper()
	if out, err := exec.Command("cp", "-a", folder, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

// undisturbed is what the second run publishes when nothing goes wrong: the
// content of every file by name, and how many changes of files it makes.
func undisturbed(t *testing.T, folder string) (files map[string]string, changes int) {
	t.Helper()
	folder = copyOffer(t, folder)
	o, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test",
		Disk: disk.Disk{Fault: func(op, path string) error {
			changes++
			return nil
		}}})
	if err != nil || o.Action != Published {
		t.Fatalf("%+v, %v", o, err)
	}
	return contents(t, o.Folder), changes
}

func contents(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, folder)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// oldOrNew demands that what is published is whole, old or new, and that the next
// run ends with the bytes of an undisturbed one and leaves nothing else behind. It
// says whether the new one was there already.
func oldOrNew(t *testing.T, folder string, want map[string]string) (published bool) {
	t.Helper()
	runs := filepath.Join(folder, offerfolder.RunsName)
	a := archiveOf(t, folder)
	all := a.Runs()
	if err := a.Check(); err != nil || len(all) < 1 || len(all) > 2 {
		t.Fatalf("%d runs, %v", len(all), err)
	}
	for _, r := range all {
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(runs, "latest", ledger.ManifestName)); err != nil || a.Latest() == nil {
		t.Fatalf("latest: %v, %v", a.Latest(), err)
	}
	o, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, o.Folder); !sameContents(got, want) {
		t.Fatalf("%s does not hold the bytes of an undisturbed run", o.Folder)
	}
	leadsTo(t, folder, "latest", filepath.Base(o.Folder))
	onlyExpected(t, runs)
	verified(t, folder)
	return len(all) == 2
}

// archiveOf is what is published of the small offer in a folder.
func archiveOf(t testing.TB, folder string) *ledger.Archive {
	t.Helper()
	a, err := ledger.OpenArchive(filepath.Join(folder, offerfolder.RunsName), offerID(folder))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// leadsTo demands that a link among the runs, and the history, name a run.
func leadsTo(t testing.TB, folder, link, run string) {
	t.Helper()
	target, err := os.Readlink(filepath.Join(folder, offerfolder.RunsName, link))
	said, unsaid := archiveOf(t, folder).Run(link)
	if err != nil || unsaid != nil || target != run || said.Run != run {
		t.Errorf("%s leads to %s, %v; the history says %+v, %v; want %s", link, target, err, said, unsaid, run)
	}
}

// verified demands that ledger and published runs agree.
func verified(t *testing.T, folder string) {
	t.Helper()
	found, err := VerifyHistory(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

func onlyExpected(t *testing.T, runs string) {
	t.Helper()
	entries, err := os.ReadDir(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "latest", name == ".lock", strings.HasPrefix(name, "ledger."), name == ".ledger.lock",
			strings.HasPrefix(name, "2026-"):
		default:
			t.Fatalf("%s was left behind", name)
		}
	}
}

func sameContents(a, b map[string]string) bool {
	same := len(a) == len(b)
	for name, content := range a {
		same = same && content == b[name]
	}
	return same
}

func TestAFaultAtAnyChangeLeavesTheOldStateOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	want, changes := undisturbed(t, folder)
	faults := []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS, syscall.EACCES, io.ErrShortWrite}
	for _, fault := range faults {
		t.Run(fault.Error(), func(t *testing.T) {
			t.Parallel()
			survived := 0
			for at := 1; at <= changes; at++ {
				folder, count := copyOffer(t, folder), 0
				_, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test",
					Disk: disk.Disk{Fault: func(string, string) error {
						if count++; count == at {
							return fault
						}
						return nil
					}}})
				if err == nil {
					survived++ // a link that cannot be made is written instead
				} else if !errors.Is(err, fault) {
					t.Fatalf("change %d: %v", at, err)
				}
				oldOrNew(t, folder, want)
			}
			t.Logf("%d changes, each failed once; %d were made good at once", changes, survived)
		})
	}
}

// killed runs the second run in a process of its own that dies.
func killed(t *testing.T, folder string, at int, after time.Duration) (whole bool) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), crashFolder+"="+folder, crashAt+"="+strconv.Itoa(at))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		time.Sleep(after)
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
	}
	return c.Wait() == nil
}

func TestAKillBeforeAnyChangeLeavesTheOldStateOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	want, changes := undisturbed(t, folder)
	published := 0
	for at := 1; at <= changes; at++ {
		folder := copyOffer(t, folder)
		if killed(t, folder, at, 0) {
			t.Fatalf("the process was not killed at change %d", at)
		}
		if oldOrNew(t, folder, want) {
			published++
		}
	}
	if published == 0 || published == changes {
		t.Errorf("%d of %d were published", published, changes)
	}
	t.Logf("killed before each of %d changes; the new run was there after %d of them", changes, published)
}

// randomKills is how often a run is killed at a random moment.
const randomKills = 500

func TestAKillAtARandomMomentLeavesTheOldStateOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	want, _ := undisturbed(t, folder)
	begin := time.Now()
	if !killed(t, copyOffer(t, folder), 0, 0) {
		t.Fatal("an undisturbed run failed")
	}
	long := time.Since(begin)
	var published, whole atomic.Int64
	for part := range 2 {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(7, uint64(part)))
			for range randomKills / 2 {
				folder := copyOffer(t, folder)
				if killed(t, folder, 0, time.Duration(dice.Int64N(int64(long*3/2)))+1) {
					whole.Add(1)
				}
				if oldOrNew(t, folder, want) {
					published.Add(1)
				}
			}
		})
	}
	t.Cleanup(func() {
		t.Logf("killed %d times within %s; the new run was there %d times, the process had ended %d times", randomKills,
			long*3/2, published.Load(), whole.Load())
	})
}

// TestAFullDiskLeavesTheOldStateOrTheNew makes the run on a real file system of 1
// MiB, on which less and less is free.
func TestAFullDiskLeavesTheOldStateOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	want, _ := undisturbed(t, folder)
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no small file system could be mounted, which needs root: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	full, fitted := 0, 0
	for free := 0; fitted < 3; free += 4 << 10 {
		on, ballast := copyOfferTo(t, folder, filepath.Join(disk, "small")), filepath.Join(disk, "ballast")
		fill(t, disk, ballast, free)
		_, err := Run(context.Background(), Request{Folder: on, Clock: afterEarlyDate, Version: "test"})
		switch {
		case err == nil:
			fitted++
		case errors.Is(err, syscall.ENOSPC) && strings.Contains(err.Error(), "make room on the disk"):
			full++
		default:
			t.Fatalf("%d bytes free: %v", free, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		oldOrNew(t, on, want)
		if err := os.RemoveAll(on); err != nil {
			t.Fatal(err)
		}
	}
	if full < 3 {
		t.Errorf("the disk was full only %d times", full)
	}
	t.Logf("the disk was full %d times, and then large enough", full)
}

// fill leaves so many bytes free on a file system.
func fill(t *testing.T, disk, ballast string, free int) {
	t.Helper()
	var stat syscall.Statfs_t
	if err := syscall.Statfs(disk, &stat); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ballast, make([]byte, max(0, int(stat.Bavail)*int(stat.Bsize)-free)), 0o640); err != nil {
		t.Fatal(err)
	}
}

// TestAFolderThatNobodyAnnouncedIsNoRunThatWasCutOff puts a copy of a run of another
// offer among the runs of one whose process was killed. The next run must not take
// it for what the killed one left.
func TestAFolderThatNobodyAnnouncedIsNoRunThatWasCutOff(t *testing.T) {
	folder := smallOffer(t)
	_, changes := undisturbed(t, folder)
	foreign := copyOffer(t, folder)
	o := mustRun(t, Request{Folder: foreign, AsOf: "2026-05-04T17:59", Clock: afterEarlyDate, Version: "other"})
	if killed(t, folder, changes/2, 0) {
		t.Fatal("the process was not killed")
	}
	name := filepath.Base(o.Folder)
	if err := os.CopyFS(filepath.Join(folder, offerfolder.RunsName, name), os.DirFS(o.Folder)); err != nil {
		t.Fatal(err)
	}
	next := Request{Folder: folder, Clock: afterEarlyDate, Version: "test"}
	var altered *ledger.AlteredError
	if _, err := Run(context.Background(), next); !errors.As(err, &altered) ||
		!strings.Contains(err.Error(), name+": is a run that the history does not know") {
		t.Errorf("%v", err)
	}
	found, err := VerifyHistory(folder)
	if err != nil || len(found) != 1 || found[0].Where != name || found[0].What != "no entry knows this run" {
		t.Errorf("%v, %v", found, err)
	}
	if err := os.RemoveAll(filepath.Join(folder, offerfolder.RunsName, name)); err != nil {
		t.Fatal(err)
	}
	mustRun(t, next)
}

// TestASlotWhoseRunFailedAfterItsNameIsDecided has the disk fail for good when the
// folder of a slot's run is among the others, and makes the run again.
func TestASlotWhoseRunFailedAfterItsNameIsDecided(t *testing.T) {
	folder := smallOffer(t)
	req := Request{Folder: folder, Clock: afterEarlyDate, Version: "test", Trigger: tender.BySchedule,
		Slot: "2026-05-04T18:00:00-04:00"}
	named := false
	req.Disk.Fault = func(op, path string) error {
		if named = named || (op == "rename" && strings.HasPrefix(filepath.Base(path), "2026-")); named && op != "rename" {
			return syscall.EIO // the sync of the runs folder, and all that follows
		}
		return nil
	}
	_, err := Run(context.Background(), req)
	if !errors.Is(err, syscall.EIO) || !errors.Is(err, errUnfinished) {
		t.Fatal(err)
	}
	req.Disk.Fault = nil
	if _, err := Run(context.Background(), req); !errors.Is(err, ledger.ErrDecided) {
		t.Error(err)
	}
	verified(t, folder)
	all := archiveOf(t, folder).Runs()
	if len(all) != 2 {
		t.Fatalf("%v", all)
	}
	leadsTo(t, folder, "latest", all[1].Run)
}

// TestAnEntryThatTheCrashLeftOutDecidesItsSlot has the process of a slot's run end
// between the name and the entry.
func TestAnEntryThatTheCrashLeftOutDecidesItsSlot(t *testing.T) {
	folder := smallOffer(t)
	slot := "2026-05-04T18:00:00-04:00"
	o := mustRun(t, Request{Folder: folder, Clock: afterEarlyDate, Version: "test", Trigger: tender.BySchedule,
		Slot: slot})
	runs := filepath.Join(folder, offerfolder.RunsName)
	entries, err := ledger.ReadEntries(runs)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir() // where no run speaks of another history
	log, err := ledger.OpenLog(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries[:len(entries)-1] {
		if _, err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ledger.db", "ledger.sum"} {
		if err := os.Rename(filepath.Join(elsewhere, name), filepath.Join(runs, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test",
		Trigger: tender.BySchedule, Slot: slot})
	if !errors.Is(err, ledger.ErrDecided) {
		t.Error(err)
	}
	verified(t, folder)
	entries, err = ledger.ReadEntries(runs)
	if last := entries[len(entries)-1]; err != nil || last.Event != ledger.Published ||
		last.Run != filepath.Base(o.Folder) || last.Counts != describe(ledger.Entry{}, o.Run).Counts {
		t.Errorf("%+v, %v", last, err)
	}
}

// TestALedgerThatKnowsLessStopsTheRun puts back a ledger from before the last runs. What
// it does not know is not adopted; a rebuild, in the order of as-of instants, takes it
// once that ledger is out of the way.
func TestALedgerThatKnowsLessStopsTheRun(t *testing.T) {
	folder := smallOffer(t)
	runs := filepath.Join(folder, offerfolder.RunsName)
	noon := Request{Folder: folder, AsOf: "2026-05-04T12:00", Clock: afterEarlyDate, Version: "test"}
	older := copyOffer(t, folder)
	second := mustRun(t, Request{Folder: folder, AsOf: "2026-05-04T11:00", Clock: afterEarlyDate, Version: "test"})
	last := mustRun(t, noon)
	for _, name := range []string{"ledger.db", "ledger.sum"} {
		if err := os.Rename(filepath.Join(older, offerfolder.RunsName, name), filepath.Join(runs, name)); err != nil {
			t.Fatal(err)
		}
	}
	var altered *ledger.AlteredError
	_, err := Run(context.Background(), noon)
	if !errors.As(err, &altered) || !strings.Contains(err.Error(), filepath.Base(second.Folder)) ||
		!strings.Contains(err.Error(), filepath.Base(last.Folder)) {
		t.Errorf("%v", err)
	}
	if target, err := os.Readlink(filepath.Join(runs, "latest")); err != nil || target != filepath.Base(last.Folder) {
		t.Errorf("latest leads to %s, %v", target, err)
	}
	rebuild := func(want int) {
		t.Helper()
		found, err := RebuildHistory(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test"})
		taken := 0
		for _, f := range found {
			if f.Taken {
				taken++
			}
		}
		if err != nil || taken != want {
			t.Errorf("%+v, %v", found, err)
		}
	}
	rebuild(1) // a whole ledger speaks against what it does not know
	if err := errors.Join(os.Remove(filepath.Join(runs, "ledger.db")),
		os.Remove(filepath.Join(runs, "ledger.sum"))); err != nil {
		t.Fatal(err)
	}
	rebuild(3)
	if o := mustRun(t, noon); o.Folder != last.Folder {
		t.Errorf("%s, %s", o.Action, o.Folder)
	}
	leadsTo(t, folder, "latest", filepath.Base(last.Folder))
}

// TestAFaultOfTheProgramFailsTheRunAndFreesTheOffer panics in the middle of a run:
// the next one goes on in the same process, as in a scheduler.
func TestAFaultOfTheProgramFailsTheRunAndFreesTheOffer(t *testing.T) {
	folder := smallOffer(t)
	want, _ := undisturbed(t, folder)
	_, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test",
		Disk: disk.Disk{Fault: func(op, _ string) error {
			if op == "create" {
				panic("index out of range")
			}
			return nil
		}}})
	if err == nil || !strings.Contains(err.Error(), "internal error: index out of range") {
		t.Fatal(err)
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if last := entries[len(entries)-1]; err != nil || last.Event != ledger.Failed || last.Exit != int(exitcode.Failed) {
		t.Errorf("%+v, %v", last, err)
	}
	oldOrNew(t, folder, want)
}
