package retention

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/servertest"
)

var terms = servertest.OneSeries("retention: {runs: 1y}\n")

const report = servertest.OneTender

// newOffer is an offer with an indicative run and a final one, long ago. It returns the name of the first.
func newOffer(t *testing.T) (req Request, first string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "small")
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	for name, content := range map[string]string{"offer.yaml": terms, "inbox/dtc-2026-05-02.csv": report} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, now.Add(-24*time.Hour), now.Add(-24*time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
	ann := ledger.Actor{Kind: ledger.User, Name: "ann"}
	for _, asOf := range []string{"2026-05-03T12:00", "2026-05-20T00:00"} {
		out, err := pipeline.Run(context.Background(), pipeline.Request{Folder: folder, Clock: func() time.Time { return now }, Version: "test",
			Actor: ann, By: "ann", AsOf: asOf, Owner: func(fs.FileInfo) string { return "ann" }})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = filepath.Base(out.Folder)
		}
	}
	return Request{Folder: folder, Actor: ann, By: "ann", Version: "test", Wait: time.Second,
		Clock: func() time.Time { return now.AddDate(2, 0, 0) }}, first
}

func verified(t *testing.T, req Request) {
	t.Helper()
	if found, err := ledger.Verify(filepath.Join(req.Folder, "runs"), "small"); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestADeletionThatIsCutOff has each change of the disk fail in turn: the next prune completes it, and the history
// holds.
func TestADeletionThatIsCutOff(t *testing.T) {
	for at := 1; ; at++ {
		req, first := newOffer(t)
		changes := 0
		req.Disk = disk.Disk{Fault: func(string, string) error {
			if changes++; changes == at {
				return errors.New("the power failed")
			}
			return nil
		}}
		_, err := Prune(context.Background(), req)
		if err == nil && changes < at {
			if at < 3 {
				t.Errorf("only %d changes", changes)
			}
			return
		}
		req.Disk = disk.Disk{}
		if _, err := Prune(context.Background(), req); err != nil {
			t.Fatalf("cut off at change %d, then: %v", at, err)
		}
		for _, name := range []string{first, aside(first)} {
			if _, err := os.Lstat(filepath.Join(req.Folder, "runs", name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("cut off at change %d, %s is there: %v", at, name, err)
			}
		}
		verified(t, req)
	}
}

func TestARunThatIsMissingWithoutAnEntryIsStillFound(t *testing.T) {
	req, first := newOffer(t)
	if err := os.RemoveAll(filepath.Join(req.Folder, "runs", first)); err != nil {
		t.Fatal(err)
	}
	found, err := ledger.Verify(filepath.Join(req.Folder, "runs"), "small")
	if err != nil || len(found) != 1 || !strings.Contains(found[0].What, "its folder is missing") {
		t.Errorf("%v, %v", found, err)
	}
}

func TestWhatTheTermsNameIsKept(t *testing.T) {
	req, first := newOffer(t)
	path := filepath.Join(req.Folder, "offer.yaml")
	if err := os.WriteFile(path, []byte(terms+"# see "+first+"\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if all, err := Plan(req); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestAnAlteredOfferIsNotPruned(t *testing.T) {
	req, first := newOffer(t)
	if err := os.WriteFile(filepath.Join(req.Folder, "runs", first, "manifest.json"), []byte("{}"), 0o640); err != nil {
		t.Fatal(err)
	}
	if all, err := Prune(context.Background(), req); err == nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// A deletion that was cut off is completed, and nothing else is deleted of runs that were altered meanwhile.
func TestAnAlteredOfferIsNotPrunedAfterADeletionThatWasCutOff(t *testing.T) {
	req, first := newOffer(t)
	now := time.Date(2026, 5, 20, 13, 0, 0, 0, time.UTC)
	out, err := pipeline.Run(context.Background(), pipeline.Request{Folder: req.Folder, Clock: func() time.Time { return now }, Version: "test",
		Actor: req.Actor, By: "ann", AsOf: "2026-05-04T12:00", Owner: func(fs.FileInfo) string { return "ann" }})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Plan(req)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	req.Disk = disk.Disk{Fault: func(op, path string) error {
		if strings.Contains(path, aside(first)) {
			return errors.New("the power failed")
		}
		return nil
	}}
	if _, err := Prune(context.Background(), req); err == nil {
		t.Fatal("nothing was cut off")
	}
	req.Disk = disk.Disk{}
	if err := os.WriteFile(filepath.Join(out.Folder, "manifest.json"), []byte("{}"), 0o640); err != nil {
		t.Fatal(err)
	}
	if done, err := Prune(context.Background(), req); err == nil || len(done) != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := os.Stat(out.Folder); err != nil {
		t.Error(err)
	}
}
