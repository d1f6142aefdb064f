package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// TestNoVariableMakesAPersonAnother runs the real program with SUDO_USER set, as a user who is not
// root: the history names that user, or who logged in, and not the one in the variable.
func TestNoVariableMakesAPersonAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := t.TempDir()
	program, offer := filepath.Join(folder, "batch"), filepath.Join(folder, "offer")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := writeExample(offer); err != nil {
		t.Fatal(err)
	}
	user := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: true}
	if user.Uid == 0 {
		user.Uid, user.Gid = 2, 2
		openTo(t, folder, 2)
	}
	c := exec.Command(program, "run", offer, "--accept-rejects", "tested")
	c.Env = append(os.Environ(), "SUDO_USER=root", "SUDO_UID=0", "USER=root", "LOGNAME=root")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	entries, err := ledger.ReadEntries(filepath.Join(offer, "runs"))
	if err != nil || len(entries) == 0 {
		t.Fatal(len(entries), err)
	}
	want := offerfolder.UserName(int(user.Uid))
	if at, err := os.ReadFile("/proc/self/loginuid"); err == nil && string(at) != "4294967295" {
		uid, err := strconv.Atoi(strings.TrimSpace(string(at)))
		if err != nil {
			t.Fatal(err)
		}
		want = offerfolder.UserName(uid) // who logged in to run the tests
	}
	for _, e := range entries {
		if e.Actor.Name != want || e.Actor.Kind != ledger.User || strings.Contains(e.By, "for root") {
			t.Errorf("entry %d is by %v (%s), want %s", e.Seq, e.Actor, e.By, want)
		}
	}
}

// openTo gives a folder and all in it to a user, and lets them reach it.
func openTo(t *testing.T, folder string, uid int) {
	t.Helper()
	for at := folder; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}
