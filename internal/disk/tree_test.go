package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// changes are all that a tree can do to files, on a folder that is ready for it.
var changes = map[string]func(t Tree, folder string) error{
	"MakeFolders": func(t Tree, folder string) error { return t.MakeFolders(filepath.Join(folder, "runs", "a", "b")) },
	"MakeFolder":  func(t Tree, folder string) error { return t.MakeFolder(filepath.Join(folder, "runs", "a")) },
	"Remove":      func(t Tree, folder string) error { return t.Remove(filepath.Join(folder, "runs", "old")) },
	"Rename": func(t Tree, folder string) error {
		return t.Rename(filepath.Join(folder, "runs", "old"), filepath.Join(folder, "runs", "new"))
	},
	"Link": func(t Tree, folder string) error {
		return t.Link(filepath.Join(folder, "runs", "old"), filepath.Join(folder, "runs", "new"))
	},
	"Point":      func(t Tree, folder string) error { return t.Point("old", filepath.Join(folder, "runs", "latest")) },
	"SyncFolder": func(t Tree, folder string) error { return t.SyncFolder(filepath.Join(folder, "runs")) },
	"Write":      func(t Tree, folder string) error { return t.Write(filepath.Join(folder, "runs", "new"), writeX) },
}

func writeX(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }

// offer is a folder with runs in it, in which there is a file.
func offer(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(folder, "runs"), 0o750), os.WriteFile(filepath.Join(folder, "runs", "old"), []byte("old"), 0o640)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestEveryChangeOfATreeCanFailAndSaysSo(t *testing.T) {
	broken := errors.New("broken")
	for name, change := range changes {
		count := 0
		folder := offer(t)
		if err := change(Disk{Fault: func(string, string) error { count++; return nil }}.In(folder), folder); err != nil || count == 0 {
			t.Fatalf("%s: %d changes, %v", name, count, err)
		}
		for fails := range count {
			at, folder := 0, offer(t)
			err := change(Disk{Fault: func(string, string) error {
				if at++; at == fails+1 {
					return broken
				}
				return nil
			}}.In(folder), folder)
			if !errors.Is(err, broken) || at != fails+1 {
				t.Errorf("%s, change %d of %d: %v after %d", name, fails+1, count, err, at)
			}
		}
	}
}

func TestT12NoChangeGoesThroughALink(t *testing.T) {
	for name, change := range changes {
		victim, evil := offer(t), t.TempDir()
		if err := os.Symlink(filepath.Join(victim, "runs"), filepath.Join(evil, "runs")); err != nil {
			t.Fatal(err)
		}
		strange := new(StrangeError)
		if err := change(In(evil), evil); !errors.As(err, &strange) || !strings.HasSuffix(strange.Path, "runs") {
			t.Errorf("%s: %v", name, err)
		}
		entries, err := os.ReadDir(filepath.Join(victim, "runs"))
		if err != nil || len(entries) != 1 || entries[0].Name() != "old" {
			t.Errorf("%s changed the other folder: %v, %v", name, entries, err)
		}
	}
}

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	folder := offer(t)
	for name, put := range map[string]func(path string) error{
		"a pipe":              func(path string) error { return syscall.Mkfifo(path, 0o640) },
		"a folder":            func(path string) error { return os.Mkdir(path, 0o750) },
		"is a link":           func(path string) error { return os.Symlink("runs/old", path) },
		"no link is followed": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		path := filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := In(folder).ReadFile(path, 10)
			done <- err
		}()
		select {
		case err := <-done:
			if strange := new(StrangeError); !errors.As(err, &strange) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it hangs", name)
		}
	}
	large := new(TooLargeError)
	if _, err := In(folder).ReadFile(filepath.Join(folder, "runs", "old"), 2); !errors.As(err, &large) {
		t.Errorf("three bytes of at most two: %v", err)
	}
	if _, err := In(folder).ReadFile(filepath.Join(folder, "..", "x"), 2); err == nil || !strings.Contains(err.Error(), "is not in") {
		t.Errorf("outside of the tree: %v", err)
	}
}

// TestAFolderThatIsExchangedWhileItIsUsed has a link put in the place of a folder and
// taken away again, as fast as can be, while files are written below it.
func TestAFolderThatIsExchangedWhileItIsUsed(t *testing.T) {
	victim, folder := offer(t), offer(t)
	runs, aside, link := filepath.Join(folder, "runs"), filepath.Join(folder, "aside"), filepath.Join(folder, "link")
	if err := os.Symlink(filepath.Join(victim, "runs"), link); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			_ = os.Rename(runs, aside)
			_ = os.Rename(link, runs)
			_ = os.Rename(runs, link)
			_ = os.Rename(aside, runs)
		}
	}()
	refused := 0
	for i := range 3000 {
		path := filepath.Join(runs, "new")
		if err := In(folder).Write(path, writeX); err != nil {
			refused++
		}
		_ = In(folder).Remove(path)
		_ = In(folder).Point("old", filepath.Join(runs, "latest"))
		if i%100 == 0 {
			time.Sleep(time.Microsecond)
		}
	}
	stop.Store(true)
	<-done
	entries, err := os.ReadDir(filepath.Join(victim, "runs"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the other folder holds %v, %v; %d writes were refused", entries, err, refused)
	}
}
