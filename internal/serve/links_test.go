package serve

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
)

func TestT12ALinkToAnOfferIsNoOffer(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	make := func(path string) {
		if err := errors.Join(os.MkdirAll(path, 0o750),
			os.WriteFile(filepath.Join(path, offerName), nil, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	make(filepath.Join(folder, "own"))
	make(elsewhere)
	if err := os.Symlink(elsewhere, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	// Whatever has the name of the terms makes a folder an offer: who reads them refuses it, loudly.
	pipe := filepath.Join(folder, "pipe")
	if err := errors.Join(os.Mkdir(pipe, 0o750), syscall.Mkfifo(filepath.Join(pipe, offerName), 0o640)); err != nil {
		t.Fatal(err)
	}
	offers, err := Offers(folder)
	if want := []string{filepath.Join(folder, "own"), pipe}; err != nil || !slices.Equal(offers, want) {
		t.Errorf("%q, %v, want %q", offers, err, want)
	}
}

func TestT15NoLockIsTakenThroughWhatIsNoFile(t *testing.T) {
	for what, put := range map[string]func(path, target string) error{
		"a pipe":   func(path, _ string) error { return syscall.Mkfifo(path, 0o640) },
		"a link":   func(path, target string) error { return os.Symlink(target, path) },
		"a folder": func(path, _ string) error { return os.Mkdir(path, 0o750) },
	} {
		folder := t.TempDir()
		target := filepath.Join(folder, "made")
		if err := put(filepath.Join(folder, lockName), target); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { _, err := Lock(folder); done <- err }()
		select {
		case err := <-done:
			if strange := new(disk.StrangeError); !errors.As(err, &strange) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it hangs", what)
		}
		if _, err := os.Lstat(target); err == nil {
			t.Errorf("%s: the target was made", what)
		}
	}
}
