package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// TestAFinalRunIsNotReplacedBecauseItIsGone has the final run's folder moved away,
// made a link, hidden by its manifest, or its manifest altered by hand. A run with
// other figures must not become final in its stead, nor may latest move.
func TestAFinalRunIsNotReplacedBecauseItIsGone(t *testing.T) {
	final, other := smallFinal(t)
	name := filepath.Base(final.Folder)
	for what, spoil := range map[string]func(folder, elsewhere string) error{
		"moved away": os.Rename,
		"a link": func(folder, elsewhere string) error {
			return errors.Join(os.Rename(folder, elsewhere), os.Symlink(elsewhere, folder))
		},
		"no manifest": func(folder, _ string) error { return os.Remove(filepath.Join(folder, ledger.ManifestName)) },
		"an empty manifest": func(folder, _ string) error {
			return os.WriteFile(filepath.Join(folder, ledger.ManifestName), []byte("{}"), 0o640)
		},
		"another phase": func(folder, _ string) error {
			path := filepath.Join(folder, ledger.ManifestName)
			content, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path, []byte(strings.Replace(string(content), `"final"`, `"indicative"`, 1)),
				0o640))
		},
	} {
		folder := copyOffer(t, other)
		runs := filepath.Join(folder, offerfolder.RunsName)
		if err := spoil(filepath.Join(runs, name), filepath.Join(t.TempDir(), "elsewhere")); err != nil {
			t.Fatal(err)
		}
		for _, asOf := range []string{"", "2026-05-02T20:00"} {
			_, err := Run(context.Background(), Request{Folder: folder, AsOf: asOf, Clock: longAfterEnd, Version: "test"})
			var control *tender.ControlError
			if !errors.As(err, &control) && (err == nil || !strings.Contains(err.Error(), "restore the folder")) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if target, err := os.Readlink(filepath.Join(runs, "latest")); err != nil || target != name {
			t.Errorf("%s: latest points at %s, %v", what, target, err)
		}
		if what != "moved away" {
			continue
		}
		o := mustRun(t, Request{Folder: folder, Supersede: name, Reason: "its folder is lost", Clock: longAfterEnd,
			Version: "test"})
		if o.Action != Published || o.Run.Replaces != name {
			t.Errorf("%s, replaces %q", o.Action, o.Run.Replaces)
		}
		if again := mustRun(t, Request{Folder: folder, Clock: longAfterEnd, Version: "test"}); again.Action != Unchanged ||
			again.Folder != o.Folder {
			t.Errorf("%s, %s", again.Action, again.Folder)
		}
	}
}

// smallFinal is a final run of a small offer and the offer's folder after one more
// tender was reported.
func smallFinal(t *testing.T) (*Outcome, string) {
	t.Helper()
	folder := smallOffer(t)
	path := filepath.Join(folder, offerfolder.InboxName, "dtc-2026-06-30.csv")
	write := func(report string) {
		if err := os.WriteFile(path, []byte(report), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing came in for two weeks before the end, and the terms say that this is so.
	terms := smallTerms + "resolutions:\n  - {rule: R6-last-report, depositary: DTC, file: dtc-2026-06-30.csv, " +
		"outcome: counts, by: J. Roe, on: 2026-06-30}\n"
	if err := os.WriteFile(filepath.Join(folder, offerfolder.OfferName), []byte(terms), 0o640); err != nil {
		t.Fatal(err)
	}
	const third, fourth = "0000035,52729NAA8,9000,2026-05-03 10:00:00,0005\n",
		"0000043,52729NAA8,9000,2026-05-05 10:00:00,0005\n"
	write(smallReport + third)
	o := mustRun(t, Request{Folder: folder, Clock: longAfterEnd, Version: "test"})
	if o.Run.Phase != tender.Final {
		t.Fatal(o.Run.Phase)
	}
	write(smallReport + third + fourth)
	return o, folder
}

// longAfterEnd is a time at which the small offer is long over.
func longAfterEnd() time.Time { return time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC) }

func TestLatestAndFinalArePointedAnewWhateverTheyBecame(t *testing.T) {
	last, folder := smallFinal(t)
	lookBack := Request{Folder: folder, AsOf: "2026-05-02T20:00", Clock: longAfterEnd, Version: "test"}
	mustRun(t, lookBack) // leaves both where they are
	want := map[string]string{"latest": filepath.Base(last.Folder), "final": filepath.Base(last.Folder)}
	for what, put := range map[string]func(link string) error{
		"nothing":        func(string) error { return nil },
		"a file":         func(link string) error { return os.WriteFile(link, nil, 0o640) },
		"a link to it":   func(link string) error { return os.Symlink(filepath.Base(link), link) },
		"a dead link":    func(link string) error { return os.Symlink("nowhere", link) },
		"a link outside": func(link string) error { return os.Symlink(os.TempDir(), link) },
	} {
		for name := range want {
			link := filepath.Join(folder, offerfolder.RunsName, name)
			if err := errors.Join(os.Remove(link), put(link)); err != nil {
				t.Fatal(err)
			}
		}
		mustRun(t, lookBack)
		for name, run := range want {
			if target, err := os.Readlink(filepath.Join(folder, offerfolder.RunsName, name)); err != nil || target != run {
				t.Errorf("%s: %s points at %s, %v", what, name, target, err)
			}
		}
	}
}

func TestP21AFinalRunByAnUnidentifiedBuildWarns(t *testing.T) {
	for version, want := range map[string]string{
		"0.2.0+unknown":               "version 0.2.0+unknown, was built without its commit",
		"0.2.0+3f2a1c9d4b5e.modified": "was built with changes that are in no commit",
		"0.2.0+3f2a1c9d4b5e":          "",
	} {
		_, folder := smallFinal(t)
		if err := os.RemoveAll(filepath.Join(folder, offerfolder.RunsName)); err != nil {
			t.Fatal(err)
		}
		for _, clock := range []func() time.Time{afterEarlyDate, longAfterEnd, longAfterEnd} {
			o := mustRun(t, Request{Folder: folder, Clock: clock, Version: version})
			said := strings.Join(tender.Messages(o.Remarks), "\n")
			wanted := want != "" && o.Run.Phase == tender.Final
			if got := strings.Contains(said, "cannot be built again"); got != wanted ||
				(wanted && !strings.Contains(said, want)) {
				t.Errorf("%s, %s, %s: %s", version, o.Run.Phase, o.Action, said)
			}
		}
	}
}
