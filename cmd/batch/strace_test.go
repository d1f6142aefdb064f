package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tenderbatch/internal/ledger"
)

// injections are system calls by which the program reads or changes files, what
// becomes of them, at which of their occurrences, and on which path below the runs
// folder. strace counts the occurrences of each thread, and Go's threads take turns,
// so which of them a number hits differs from run to run; the narrower the path, the
// less it does. Without a path not every call is ours: the same ones wake threads
// and write to the terminal.
var injections = []struct {
	call   string
	faults []string
	when   []int
	path   string
}{
	{"fsync", []string{"error=EIO", "signal=KILL"}, []int{1, 3, 6, 9, 12, 15, 18, 21, 24, 27}, ""},
	{"pwrite64", []string{"error=ENOSPC", "error=EIO"}, []int{1, 2, 4, 7, 11}, ""},
	{"write", []string{"error=ENOSPC", "signal=KILL"}, []int{5, 15, 25}, ""},
	{"renameat", []string{"error=EIO", "signal=KILL"}, []int{1, 2, 3}, ""},
	{"symlinkat", []string{"error=EACCES", "signal=KILL"}, []int{1}, ""},
	{"mkdirat", []string{"error=EROFS", "signal=KILL"}, []int{1, 2}, ""},
	{"ftruncate", []string{"error=EIO"}, []int{1, 2}, ""},
	{"close", []string{"error=EIO", "signal=KILL"}, []int{20, 35, 50}, ""},
	{"fsync", []string{"error=EIO", "signal=KILL"}, []int{1, 2, 3, 4, 5, 6}, "."}, // also after the rename
	{"read", []string{"error=EIO"}, []int{1, 2, 3, 5}, "ledger.db"},
	{"read", []string{"error=EIO"}, []int{1, 2}, "ledger.sum"},
	{"pread64", []string{"error=EIO", "signal=KILL"}, []int{1, 2, 4}, "ledger.db"},
	{"openat", []string{"error=EIO"}, []int{1, 2, 3}, "ledger.db"},
	{"newfstatat", []string{"error=EACCES"}, []int{1, 2, 4}, "ledger.db"},
	{"unlink", []string{"error=EIO", "signal=KILL"}, []int{1, 2}, "ledger.db-wal"},
	{"fsync", []string{"error=EIO", "signal=KILL"}, []int{1, 2}, "ledger.db-wal"},
}

// TestSystemCallsThatFail makes system calls of the real program fail, or kill it
// there. What is published stays whole, old or new, and the next run ends with the
// bytes of an undisturbed one.
func TestSystemCallsThatFail(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("strace is not installed")
		}
		t.Skip("strace is not installed; test.sh installs it")
	}
	if out, err := exec.Command(strace, "--seccomp-bpf", "-f", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("this machine does not let programs be traced: %v: %s", err, out)
	}
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.stoppedClock=2026-03-02T12:00:00Z", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	folder := filepath.Join(t.TempDir(), "level3")
	batchOutput(t, 0, "init", folder)
	if out, err := exec.Command(program, "run", folder, "--as-of", "2004-11-12T17:00").CombinedOutput(); err == nil || !strings.Contains(string(out), "published") {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, "runs"))
	if who := regexp.MustCompile(`^.+@.+ pid [0-9]+`); err != nil || !who.MatchString(entries[0].By) {
		t.Errorf("the ledger says that %q made the run, %v", entries[0].By, err)
	}
	want := secondRun(t, program, clone(t, folder), "undisturbed")
	failed, killed, survived := 0, 0, 0
	for _, in := range injections {
		for _, fault := range in.faults {
			for _, when := range in.when {
				folder := clone(t, folder)
				inject := fmt.Sprintf("inject=%s:%s:when=%d", in.call, fault, when)
				words := []string{"-f", "-o", os.DevNull, "-e", "trace=" + in.call, "-e", inject, "--seccomp-bpf"}
				if in.path != "" {
					words = append(words[:len(words)-1], "-P", filepath.Join(folder, "runs", in.path))
				}
				out, err := exec.Command(strace, append(words, program, "run", folder)...).CombinedOutput()
				switch {
				case strings.Contains(fault, "KILL"):
					killed++
				case strings.Contains(string(out), "published: "):
					survived++
				default:
					failed++
					// strace counts for each thread, so the reason may be what is not written.
					if in.call != "write" && !strings.Contains(string(out), "batch: ") && !strings.Contains(string(out), "\ndisk I/O") {
						t.Errorf("%s %s: %v without a reason: %s", inject, in.path, err, out)
					}
				}
				if got := secondRun(t, program, folder, inject+" "+in.path); got != want {
					t.Errorf("%s %s: the next run has other bytes\n%s", inject, in.path, out)
				}
			}
		}
	}
	if failed < 10 {
		t.Errorf("only %d runs failed", failed)
	}
	t.Logf("%d runs failed, %d were killed, %d made it", failed, killed, survived)
}

func clone(t *testing.T, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "level3")
	if out, err := exec.Command("cp", "-a", folder, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

// secondRun checks what is published, makes the final run if it is not there yet,
// and returns the digest of its manifest, which has those of all its files.
func secondRun(t *testing.T, program, folder, after string) string {
	t.Helper()
	runs := filepath.Join(folder, "runs")
	archive, err := ledger.OpenArchive(runs, "level3-2004")
	if err != nil || len(archive.Runs()) == 0 || archive.Check() != nil {
		t.Fatalf("%s: %+v, %v", after, archive, err)
	}
	if out, err := exec.Command(program, "run", folder).CombinedOutput(); err != nil && !strings.Contains(string(out), "published") && !strings.Contains(string(out), "nothing has changed") {
		t.Errorf("%s: %v: %s", after, err, out)
	}
	if out, err := exec.Command(program, "runs", folder, "--verify").CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", after, err, out)
	}
	if archive, err = ledger.OpenArchive(runs, "level3-2004"); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(filepath.Join(runs, "latest")); err != nil || target != archive.Latest().Run {
		t.Errorf("%s: latest leads to %s, %v", after, target, err)
	}
	return archive.Latest().ManifestDigest()
}
