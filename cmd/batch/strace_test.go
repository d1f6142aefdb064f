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

// injections are system calls by which the program changes files, what becomes of
// them, and at which of their occurrences. Not every one is ours: the same calls
// wake threads and write to the terminal.
var injections = []struct {
	call  string
	deeds []string
	when  []int
}{
	{"fsync", []string{"error=EIO", "signal=KILL"}, []int{1, 3, 6, 9, 12, 15, 18, 21, 24, 27}},
	{"pwrite64", []string{"error=ENOSPC", "error=EIO"}, []int{1, 2, 4, 7, 11}},
	{"write", []string{"error=ENOSPC", "signal=KILL"}, []int{5, 15, 25}},
	{"renameat", []string{"error=EIO", "signal=KILL"}, []int{1, 2, 3}},
	{"symlinkat", []string{"error=EACCES", "signal=KILL"}, []int{1}},
	{"mkdirat", []string{"error=EROFS", "signal=KILL"}, []int{1, 2}},
	{"ftruncate", []string{"error=EIO"}, []int{1, 2}},
	{"close", []string{"error=EIO", "signal=KILL"}, []int{20, 35, 50}},
}

// TestSystemCallsThatFail makes system calls of the real program fail, or kill it
// there. What is published stays whole, old or new, and the next run ends with the
// bytes of an undisturbed one.
func TestSystemCallsThatFail(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("strace is not installed")
		}
		t.Skip("strace is not installed; test.sh installs it")
	}
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
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
	want := secondRun(t, program, clone(t, folder))
	failed, killed, survived := 0, 0, 0
	for _, in := range injections {
		for _, deed := range in.deeds {
			for _, when := range in.when {
				folder := clone(t, folder)
				inject := fmt.Sprintf("inject=%s:%s:when=%d", in.call, deed, when)
				out, err := exec.Command(strace, "-f", "--seccomp-bpf", "-o", os.DevNull, "-e", "trace="+in.call, "-e", inject, program, "run", folder).CombinedOutput()
				switch {
				case strings.Contains(deed, "KILL"):
					killed++
				case strings.Contains(string(out), "published: "):
					survived++
				default:
					failed++
					// strace counts for each thread, so the reason may be what is not written.
					if in.call != "write" && !strings.Contains(string(out), "batch: ") && !strings.Contains(string(out), "\ndisk I/O") {
						t.Errorf("%s: %v without a reason: %s", inject, err, out)
					}
				}
				if got := secondRun(t, program, folder); got != want {
					t.Errorf("%s: the next run has other bytes\n%s", inject, out)
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
func secondRun(t *testing.T, program, folder string) string {
	t.Helper()
	runs := filepath.Join(folder, "runs")
	published, err := ledger.Runs(runs)
	if err != nil || len(published) == 0 {
		t.Fatalf("%d runs, %v", len(published), err)
	}
	if out, err := exec.Command(program, "run", folder).CombinedOutput(); err != nil && !strings.Contains(string(out), "published") {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(program, "runs", folder, "--verify").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	digest, err := ledger.ManifestDigest(filepath.Join(runs, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
