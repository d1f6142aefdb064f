package offerfolder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What a person has written into the folder of a run makes every check of it fail.
func TestNothingElseIsWrittenIntoTheRunsOfAnOffer(t *testing.T) {
	top := t.TempDir()
	offer := filepath.Join(top, "offer")
	for _, folder := range []string{"runs/a", "inbox", "released/a", "notes/runs"} {
		if err := os.MkdirAll(filepath.Join(offer, folder), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(offer, OfferName), []byte("id: x\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"offer/runs/latest": "a", "link": "offer/runs", "runs": "offer/notes"} {
		if err := os.Symlink(to, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, refused := range map[string]bool{
		"offer/runs/a":                  true,
		"offer/runs/latest":             true,
		"offer/runs/latest/new/file":    true,
		"offer/runs/new.xlsx":           true,
		"offer/runs":                    true,
		"offer/notes/../runs/a/x":       true,
		"link/a/x":                      true,
		"offer/released/a":              true,
		"offer/quarantine/x":            true,
		"offer/received":                true,
		"offer/.staging/x":              true,
		"offer":                         false,
		"offer/for-the-bank":            false,
		"offer/inbox/dtc-template.xlsx": false,
		"offer/notes/runs/x":            false,
		"elsewhere/runs/x":              false,
		"runs/x":                        false,
	} {
		err := Elsewhere(filepath.Join(top, path))
		if wrong := new(UsageError); errors.As(err, &wrong) != refused || (err != nil) != refused {
			t.Errorf("%s: %v, want it refused: %t", path, err, refused)
		}
	}
	t.Chdir(filepath.Join(offer, "runs"))
	if Elsewhere("x.xlsx") == nil || Elsewhere("../x.xlsx") != nil {
		t.Error("a path from the current folder is taken for another")
	}
}
