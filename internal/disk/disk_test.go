package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// actions are all changes the package makes, each on a folder that is ready for it.
var actions = map[string]func(d Disk, folder string) error{
	"MakeFolders": func(d Disk, folder string) error { return d.MakeFolders(filepath.Join(folder, "a", "b")) },
	"MakeFolder":  func(d Disk, folder string) error { return d.MakeFolder(filepath.Join(folder, "a")) },
	"Remove":      func(d Disk, folder string) error { return d.Remove(filepath.Join(folder, "old")) },
	"Rename": func(d Disk, folder string) error {
		return d.Rename(filepath.Join(folder, "old"), filepath.Join(folder, "new"))
	},
	"Link": func(d Disk, folder string) error {
		return d.Link(filepath.Join(folder, "old"), filepath.Join(folder, "new"))
	},
	"Point": func(d Disk, folder string) error { return d.Point("old", filepath.Join(folder, "latest")) },
	"Write": func(d Disk, folder string) error {
		return d.Write(filepath.Join(folder, "new"), func(w io.Writer) error {
			_, err := w.Write(bytes.Repeat([]byte("x"), 3*pieces/2))
			return err
		})
	},
}

func ready(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "old"), []byte("old"), FileMode); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestEveryChangeCanFailAndSaysSo(t *testing.T) {
	broken := errors.New("broken")
	for name, action := range actions {
		count := 0
		if err := action(Disk{Fault: func(string, string) error { count++; return nil }}, ready(t)); err != nil || count == 0 {
			t.Fatalf("%s: %d changes, %v", name, count, err)
		}
		for fails := range count {
			at := 0
			err := action(Disk{Fault: func(string, string) error {
				if at++; at == fails+1 {
					return broken
				}
				return nil
			}}, ready(t))
			if !errors.Is(err, broken) || at != fails+1 {
				t.Errorf("%s, change %d of %d: %v after %d", name, fails+1, count, err, at)
			}
		}
	}
}

func TestAShortWriteIsAnErrorAndLeavesHalf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	d := Disk{Fault: func(op, _ string) error {
		if op == "write" {
			return io.ErrShortWrite
		}
		return nil
	}}
	err := d.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, "abcdef"); return err })
	if content, _ := os.ReadFile(path); !errors.Is(err, io.ErrShortWrite) || string(content) != "abc" {
		t.Errorf("%v, %q", err, content)
	}
}

func TestALinkIsPointedElsewhereInOneStep(t *testing.T) {
	folder := ready(t)
	link := filepath.Join(folder, "latest")
	if err := os.Symlink("nowhere", filepath.Join(folder, ".latest.next")); err != nil { // what a crash left
		t.Fatal(err)
	}
	for _, target := range []string{"old", "older"} {
		var ops []string
		d := Disk{Fault: func(op, path string) error { ops = append(ops, op); return nil }}
		if err := d.Point(target, link); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(link); got != target || err != nil {
			t.Errorf("it points at %q, %v", got, err)
		}
		if want := []string{"symlink", "rename", "syncfolder"}; !slices.Equal(ops[len(ops)-3:], want) {
			t.Errorf("steps %s", strings.Join(ops, ", "))
		}
	}
}

func TestModesAndNamesThatAreTaken(t *testing.T) {
	folder := ready(t)
	var d Disk
	file := filepath.Join(folder, "new")
	write := func(w io.Writer) error { return nil }
	if err := d.Write(file, write); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != FileMode {
		t.Errorf("%v, %v", info, err)
	}
	if err := d.Write(file, write); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file was written over: %v", err)
	}
	if err := d.MakeFolder(folder); !errors.Is(err, os.ErrExist) {
		t.Errorf("a folder was made twice: %v", err)
	}
	if err := d.Remove(filepath.Join(folder, "none")); err != nil {
		t.Errorf("%v", err)
	}
}
