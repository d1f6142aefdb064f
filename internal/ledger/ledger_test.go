package ledger

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
)

func write(t testing.TB, s *Stage, name, content string) {
	t.Helper()
	if err := s.Write(name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
		t.Fatal(err)
	}
}

// publish publishes an indicative run of one file.
func publish(t testing.TB, runs, name, content string) {
	t.Helper()
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "result.json", content)
	if err := s.WriteManifest(&Manifest{Run: name, Offer: "o", Phase: "indicative"}); err != nil {
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
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
}

func TestARunAppearsWholeWithItsManifest(t *testing.T) {
	runs := t.TempDir()
	publish(t, runs, "b", "second")
	publish(t, runs, "a", "first")
	enter(t, runs, "b", "a")
	a := archive(t, runs)
	var names []string
	for _, m := range a.Runs() {
		names = append(names, m.Run)
	}
	if !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("runs %v", names)
	}
	latest := a.Latest()
	if latest == nil || latest.Run != "a" {
		t.Fatalf("latest %+v; want the run published last", latest)
	}
	// SHA-256 of "first".
	const digest = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"
	if got := latest.Outputs; len(got) != 1 || got[0] != (File{"result.json", digest, 5}) {
		t.Errorf("outputs %+v", got)
	}
	for path, mode := range map[string]os.FileMode{"a": 0o750, "a/result.json": 0o640, "a/manifest.json": 0o640} {
		if info, err := os.Stat(filepath.Join(runs, path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want mode %o", path, info.Mode(), err, mode)
		}
	}
}

func TestNothingIsLatestBeforeTheFirstRun(t *testing.T) {
	for _, runs := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if a := archive(t, runs); a.Latest() != nil || a.Final() != nil || len(a.Runs()) > 0 || a.Check() != nil {
			t.Errorf("%+v", a)
		}
	}
}

// archive is what is published in a runs folder.
func archive(t testing.TB, runs string) *Archive {
	t.Helper()
	a, err := OpenArchive(runs, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// enter enters runs that were published without a ledger into one, as a rebuild does.
func enter(t testing.TB, runs string, names ...string) {
	t.Helper()
	var bodies []string
	for _, name := range names {
		m, digest, err := readManifest(treeOf(runs), filepath.Join(runs, name))
		if err != nil {
			t.Fatal(err)
		}
		body, err := Entry{At: noon, Event: Published, Run: name, Offer: m.Offer, Phase: m.Phase, Manifest: digest}.body()
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	if err := replaceLedger(runs, bodies, noon); err != nil {
		t.Fatal(err)
	}
}

func TestANameIsNeverUsedTwice(t *testing.T) {
	runs := t.TempDir()
	publish(t, runs, "a", "first")
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "result.json", "second")
	if _, err := s.Publish("b"); err == nil {
		t.Error("a run was published that had not been read back")
	}
	if err := s.WriteManifest(&Manifest{Run: "a", Offer: "o", Phase: "final"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadBack(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish("a"); err == nil {
		t.Error("a published run was replaced")
	}
	if free, err := FreeName(runs, "a"); free != "a-2" || err != nil {
		t.Errorf("free name %s, %v", free, err)
	}
	if free, err := FreeName(runs, "b"); free != "b" || err != nil {
		t.Errorf("free name %s, %v", free, err)
	}
	if content, _ := os.ReadFile(filepath.Join(runs, "a", "result.json")); string(content) != "first" {
		t.Errorf("the published run holds %q", content)
	}
}

func TestWhatACrashLeftIsCleared(t *testing.T) {
	runs := t.TempDir()
	s, err := NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, "half", "written")
	// The process ends here; the next run begins.
	s, err = NewStage(disk.Disk{}, runs)
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(s.Folder()); len(entries) > 0 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
	if all, err := runFolders(runs); len(all) > 0 || err != nil {
		t.Errorf("a stage is listed as a run: %v, %v", all, err)
	}
}

func TestAFailedWriteIsAnError(t *testing.T) {
	s, err := NewStage(disk.Disk{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if err := s.Write("a", func(io.Writer) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if len(s.files) > 0 {
		t.Error("a file that failed is listed")
	}
}

func TestOneRunAtATime(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	unlock, err := Lock(context.Background(), disk.Disk{}, runs, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(context.Background(), disk.Disk{}, runs, 0); !errors.Is(err, ErrBusy) {
		t.Errorf("a second lock: %v", err)
	}
	if _, err := Lock(context.Background(), disk.Disk{}, runs, 150*time.Millisecond); !errors.Is(err, ErrBusy) {
		t.Errorf("after waiting: %v", err)
	}
	impatient, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Lock(impatient, disk.Disk{}, runs, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted while it waits: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(context.Background(), disk.Disk{}, runs, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedManifestIsSaid(t *testing.T) {
	runs := t.TempDir()
	publish(t, runs, "a", "first")
	enter(t, runs, "a")
	if err := os.WriteFile(filepath.Join(runs, "a", ManifestName), []byte("{"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := archive(t, runs).Check(); err == nil {
		t.Error("a damaged manifest was passed over")
	}
}

// TestAManifestIsOfARunAndNamesOnlyItsFiles reads manifests that were written by
// hand. One that no longer says that a run is final would hide it.
func TestAManifestIsOfARunAndNamesOnlyItsFiles(t *testing.T) {
	for _, text := range []string{
		"", "{", "null", "{}", "[]", "7", `"run"`,
		`{"run": "a", "offer": "o"}`,
		`{"run": null, "offer": "o", "phase": "final"}`,
		`{"run": 7, "offer": "o", "phase": "final"}`,
		`{"run": "a", "offer": "o", "phase": ["final"]}`,
		`{"run": "../a", "offer": "o", "phase": "final"}`,
		`{"run": "/a", "offer": "o", "phase": "final"}`,
		`{"run": "..", "offer": "o", "phase": "final"}`,
		`{"run": ".stage", "offer": "o", "phase": "final"}`,
		`{"run": "a", "offer": "o", "phase": "final", "previous": "../../b"}`,
		`{"run": "a", "offer": "o", "phase": "final", "replaces": "b/c"}`,
		`{"run": "a", "offer": "o", "phase": "final", "outputs": [{"name": "../../offer.yaml"}]}`,
		`{"run": "a", "offer": "o", "phase": "final", "outputs": [{"name": "/dev/zero"}]}`,
		`{"run": "a", "offer": "o", "phase": "final", "outputs": [{"name": ""}]}`,
		`{"run": "a", "offer": "o", "phase": "final", "kept": [{"of": "offer.yaml", "name": "inputs/../../x"}]}`,
		`{"run": "a", "offer": "o", "phase": "final", "kept": {"of": "offer.yaml"}}`,
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, ManifestName), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if m, _, err := readManifest(disk.In(filepath.Dir(folder)), folder); err == nil || !strings.Contains(err.Error(), "restore the folder") {
			t.Errorf("%s: %+v, %v", text, m, err)
		}
	}
}

// TestAPipeAmongTheFilesOfARunHangsNothing puts a pipe, which would never end, in
// place of each of them.
func TestAPipeAmongTheFilesOfARunHangsNothing(t *testing.T) {
	runs := t.TempDir()
	publish(t, runs, "a", "first")
	folder := filepath.Join(runs, "a")
	m, _, err := readManifest(disk.In(filepath.Dir(folder)), folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{m.Outputs[0].Name, ManifestName} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o640)); err != nil {
			t.Fatal(err)
		}
		_, _, read := readManifest(disk.In(filepath.Dir(folder)), folder)
		if err := cmp.Or(read, (&Run{Manifest: m, tree: treeOf(runs), folder: folder}).Check()); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPipeInPlaceOfALockHangsNothing(t *testing.T) {
	for _, name := range []string{lockName, ledgerLockName} {
		runs := t.TempDir()
		if err := syscall.Mkfifo(filepath.Join(runs, name), 0o640); err != nil {
			t.Fatal(err)
		}
		_, locked := Lock(context.Background(), disk.Disk{}, runs, 0)
		_, opened := OpenLog(runs)
		if err := cmp.Or(locked, opened); err == nil || !strings.Contains(err.Error(), "is not a file but a pipe; move it away") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
