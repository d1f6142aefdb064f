package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
)

// Rebuild makes the ledger anew from the manifests of the published runs and
// returns their count. Each run has one entry, [Recovered], in the order of as-of
// instant, then name. What no manifest holds is lost: refused, failed and
// missed attempts, who ran, and which slot a run was for. The ledger that was there
// is kept beside the new one as ledger-TIME.db.
//
// It is an error if a manifest is damaged; nothing is changed then.
func Rebuild(runs string, now time.Time) (count int, err error) {
	bodies, err := recovered(runs, now)
	if err != nil {
		return 0, err
	}
	unlock, err := lockToWrite(runs)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := putInPlace(runs); err != nil {
		return 0, err
	}
	if err := draft(runs, bodies); err != nil {
		return 0, err
	}
	if err := keepAside(runs, now); err != nil {
		return 0, err
	}
	if err := (disk.Disk{}).Rename(filepath.Join(runs, draftName), filepath.Join(runs, readyName)); err != nil {
		return 0, err
	}
	return len(bodies), putInPlace(runs)
}

// Names of the folder of a ledger that is made anew: while it is made, and when it
// is whole but not yet in place.
const (
	draftName = ".ledger.draft"
	readyName = ".ledger.ready"
)

// draft makes a new ledger in a folder of its own.
func draft(runs string, bodies []string) error {
	folder := filepath.Join(runs, draftName)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, disk.FolderMode); err != nil {
		return err
	}
	return changeLocked(folder, func(tx *sql.Tx) error {
		for _, body := range bodies {
			if _, err := insert(tx, body); err != nil {
				return err
			}
		}
		return nil
	})
}

// putInPlace puts a ledger that was made anew in the place of the one before. It
// goes on where a crash left off: the folder is there until all is in place.
func putInPlace(runs string) error {
	ready := filepath.Join(runs, readyName)
	if _, err := os.Lstat(ready); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return os.RemoveAll(filepath.Join(runs, draftName)) // of a rebuild that was cut off
		}
		return err
	}
	if err := os.Remove(filepath.Join(runs, databaseName+walSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range []string{databaseName, sumName} {
		if err := os.Rename(filepath.Join(ready, name), filepath.Join(runs, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := (disk.Disk{}).SyncFolder(runs); err != nil {
		return err
	}
	return os.RemoveAll(ready)
}

// recovered returns the bodies of one entry for each published run.
func recovered(runs string, now time.Time) ([]string, error) {
	all, err := Runs(runs)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *Manifest) int {
		return cmp.Or(a.AsOf.Compare(b.AsOf), cmp.Compare(a.Run, b.Run))
	})
	var bodies []string
	for _, m := range all {
		path := filepath.Join(runs, m.Run, ManifestName)
		digest, err := digestOf(path)
		if err != nil {
			return nil, fmt.Errorf("%w; the folder of run %s has another name: rename it", err, m.Run)
		}
		e := Entry{
			At: now, Event: Recovered, Offer: m.Offer, Phase: m.Phase, AsOf: m.AsOf, Program: m.Program, Terms: m.Terms.Digest,
			Identity: m.Identity, Run: m.Run, Replaces: m.Replaces, Decisions: m.Decisions, Manifest: digest, Inputs: m.Inputs, Message: "taken from the manifest when the ledger was rebuilt",
		}
		body, err := e.body()
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// keepAside keeps a copy of the ledger that is there under a name that is new. What
// is no file is moved there.
func keepAside(runs string, now time.Time) error {
	name, err := freeAside(runs, "ledger-"+now.UTC().Format("20060102T150405Z"))
	if err != nil {
		return err
	}
	for from, to := range map[string]string{sumName: name + ".sum", databaseName + walSuffix: name + ".db" + walSuffix, databaseName: name + ".db"} {
		from, to = filepath.Join(runs, from), filepath.Join(runs, to)
		info, err := os.Lstat(from)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && info.Mode().IsRegular():
			err = copySynced(to, from)
		case err == nil:
			err = os.Rename(from, to)
		}
		if err != nil {
			return err
		}
	}
	return disk.Disk{}.SyncFolder(runs)
}

func copySynced(to, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return disk.Disk{}.Write(to, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// freeAside returns the first of name, name-2, name-3 and so on under which
// nothing is kept.
func freeAside(runs, name string) (string, error) {
	free := name
	for n := 2; ; n++ {
		taken, err := filepath.Glob(filepath.Join(runs, free+".*"))
		if err != nil {
			return "", err
		}
		if len(taken) == 0 {
			return free, nil
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}
