package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheSameBytesWhateverTheEnvironment makes the runs of the worked example with
// the real program in other zones, languages, numbers of processors, folders and
// modes for new files.
func TestTheSameBytesWhateverTheEnvironment(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.stoppedClock=2026-03-02T12:00:00Z", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := bytesUnder(t, program, "offer", "TZ=UTC")
	for folder, environment := range map[string]string{
		"./offer/":               "TZ=Asia/Tokyo LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 GOMAXPROCS=1",
		"deeper/than/before":     "TZ=America/St_Johns LC_ALL=tr_TR.UTF-8 GOMAXPROCS=8 GOGC=10",
		"an offer, späte Runde":  "TZ=Australia/Lord_Howe LANG=ja_JP.eucJP HOME=/nowhere UMASK=077",
		"../" + t.Name() + "/up": "TZ=Nowhere/AtAll LANG=C GODEBUG=madvdontneed=1",
	} {
		got := bytesUnder(t, program, folder, environment)
		if !maps.Equal(got, want) {
			t.Errorf("in %s with %s: other bytes", folder, environment)
		}
	}
}

// bytesUnder makes both runs in a new folder, each again by --force and rerun, and
// returns every published file.
func bytesUnder(t *testing.T, program, folder, environment string) map[string]string {
	t.Helper()
	work := filepath.Join(t.TempDir(), t.Name())
	if err := os.MkdirAll(filepath.Join(work, filepath.Dir(folder)), 0o750); err != nil {
		t.Fatal(err)
	}
	do := func(says string, args ...string) {
		t.Helper()
		c := exec.Command("sh", append([]string{"-c", `umask "${UMASK:-022}"; exec "$0" "$@"`, program}, args...)...)
		c.Dir, c.Env = work, append(os.Environ(), strings.Fields(environment)...)
		if out, _ := c.CombinedOutput(); !strings.Contains(string(out), says) {
			t.Fatalf("%s, batch %s: %s", environment, strings.Join(args, " "), out)
		}
	}
	do("", "init", folder)
	do("published", "run", folder, "--as-of", "2004-11-12T17:00")
	do("published", "run", folder)
	do("with the same bytes", "run", folder, "--force")
	do("with the same bytes", "rerun", filepath.Join(folder, "runs", "latest"), "--verify")
	files, root := map[string]string{}, os.DirFS(filepath.Join(work, folder, "runs"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.Contains(name, "/") {
			return err // of the runs, not of the ledger
		}
		content, err := fs.ReadFile(root, name)
		files[name] = string(content)
		return err
	})
	if err != nil || len(files) < 18 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}
