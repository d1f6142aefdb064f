package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"tenderbatch/internal/disk"
)

func TestT12RunsOfAnotherUserAreRefused(t *testing.T) {
	for _, c := range []struct {
		user, owner int
		want        bool
	}{{1000, 1000, true}, {1000, 1001, false}, {0, 1001, true}, {1000, 0, true}} {
		if got := mayOwn(c.user, c.owner); got != c.want {
			t.Errorf("user %d in a folder of %d: %t", c.user, c.owner, got)
		}
	}
}

func TestT12RunsAreMadeAndNeverTakenThroughALink(t *testing.T) {
	offer := t.TempDir()
	runs := filepath.Join(offer, "runs")
	if err := MakeRuns(disk.Disk{}, runs); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(runs), os.Symlink(t.TempDir(), runs)); err != nil {
		t.Fatal(err)
	}
	strange := new(disk.StrangeError)
	for what, err := range map[string]error{
		"MakeRuns":    MakeRuns(disk.Disk{}, runs),
		"OpenArchive": second(OpenArchive(runs, "")),
		"ReadEntries": second(ReadEntries(runs)),
		"OpenLog":     second(OpenLog(runs)),
		"NewStage":    second(NewStage(disk.Disk{}, runs)),
		"Verify":      second(Verify(runs, "")),
		"PointLatest": PointLatest(disk.Disk{}, runs, "a"),
	} {
		if !errors.As(err, &strange) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
