package shared_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAPushTakesNoReportAwayThatCameMeanwhile(t *testing.T) {
	k, folder := newKept(t), offer(t)
	s := k.open(t)
	if err := s.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	if err := s.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
		return write(filepath.Join(folder, "inbox", "came.csv"), "came")
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), folder, "level3"); err == nil || !strings.Contains(err.Error(), "came.csv") {
		t.Error(err)
	}
	n := 0
	if err := k.query(t, &n, "SELECT count(*) FROM batch_file WHERE path = 'inbox/came.csv'"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestAPushReadsWhatChangedAtTheSameSizeAndTime(t *testing.T) {
	k, folder := newKept(t), offer(t)
	name, at := filepath.Join(folder, "inbox", "new.csv"), time.Now().Add(-time.Hour).Truncate(time.Second)
	s := k.open(t)
	for _, content := range []string{"one", "two"} {
		if err := errors.Join(write(name, content), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
		if err := s.Push(t.Context(), folder, "level3"); err != nil {
			t.Fatal(err)
		}
	}
	third := filepath.Join(t.TempDir(), "third")
	if err := s.Pull(t.Context(), "level3", third); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, third)["inbox/new.csv"]; got != "two" {
		t.Errorf("%q", got)
	}
}
