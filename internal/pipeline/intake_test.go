package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWhatCannotBeReadToItsEndIsRefused puts a pipe without a writer, a device
// and the like in place of each file that a run reads.
func TestWhatCannotBeReadToItsEndIsRefused(t *testing.T) {
	offer := smallOffer(t)
	things := map[string]func(path string) error{
		"a pipe":       func(path string) error { return syscall.Mkfifo(path, 0o640) },
		"a device":     func(path string) error { return os.Symlink("/dev/zero", path) },
		"a folder":     func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a link to it": func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"two gigabytes": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o640),
				os.Truncate(path, 2<<30))
		},
	}
	for _, name := range []string{"inbox/dtc-2026-05-04.csv", "offer.yaml", "runs/latest/manifest.json",
		"runs/latest/instructions.csv"} {
		for what, put := range things {
			folder := copyOffer(t, offer)
			path, err := filepath.EvalSymlinks(filepath.Join(folder, name))
			if err == nil {
				err = errors.Join(os.Remove(path), put(path))
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := ends(t, func() error {
				_, err := Run(context.Background(), Request{Folder: folder, Clock: afterEarlyDate, Version: "test"})
				return err
			}); err == nil || !strings.Contains(err.Error(), filepath.Base(name)) {
				t.Errorf("%s in place of %s: %v", what, name, err)
			}
		}
	}
}

// ends demands that what is done comes to an end.
func ends(t *testing.T, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
		return nil
	}
}
