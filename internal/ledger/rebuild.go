package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"tenderbatch/internal/disk"
)

// Rebuild makes a new ledger from the published runs that nothing speaks against,
// as [Candidate] says, and returns what it found, by name. Each run taken has one
// entry, [Recovered], in the order of as-of instant, then name. What no manifest holds
// is lost: refused, failed and missed attempts, who ran, and which slot a run was for.
// The ledger that was there is kept beside the new one as ledger-TIME.db. offer is the
// offer's id; again, unless nil, makes a run again from the copies it keeps.
func Rebuild(runs, offer string, now time.Time, again Again) ([]Candidate, error) {
	s, err := survey(runs, offer, again)
	if err != nil {
		return nil, err
	}
	bodies, err := s.bodies(now)
	if err != nil {
		return nil, err
	}
	return s.all, replaceLedger(runs, bodies, now)
}

// replaceLedger puts a ledger of some entries in the place of the one that is there,
// which is set aside.
func replaceLedger(runs string, bodies []string, now time.Time) (err error) {
	unlock, err := lockToWrite(runs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := putInPlace(runs); err != nil {
		return err
	}
	if err := draft(runs, bodies); err != nil {
		return err
	}
	if err := keepAside(runs, now); err != nil {
		return err
	}
	if err := treeOf(runs).Rename(filepath.Join(runs, draftName), filepath.Join(runs, readyName)); err != nil {
		return err
	}
	return putInPlace(runs)
}

// Names of the folder of a ledger that is rebuilt: while it is made, and when it
// is whole but not yet in place.
const (
	draftName = ".ledger.draft"
	readyName = ".ledger.ready"
)

// draft makes a new ledger in a folder of its own.
func draft(runs string, bodies []string) error {
	folder := filepath.Join(runs, draftName)
	if err := treeOf(runs).Remove(folder); err != nil {
		return err
	}
	if err := treeOf(runs).MakeFolder(folder); err != nil {
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

// putInPlace puts a rebuilt ledger in the place of the one before. It
// goes on where a crash left off: the folder is there until all is in place.
func putInPlace(runs string) error {
	ready, tree := filepath.Join(runs, readyName), treeOf(runs)
	if _, err := tree.Lstat(ready); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return tree.Remove(filepath.Join(runs, draftName)) // of a rebuild that was cut off
		}
		return err
	}
	if err := tree.Remove(filepath.Join(runs, databaseName+walSuffix)); err != nil {
		return err
	}
	for _, name := range []string{databaseName, sumName} {
		if err := tree.Rename(filepath.Join(ready, name), filepath.Join(runs, name)); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return tree.Remove(ready)
}

// keepAside keeps a copy of the ledger that is there under a name that is new. What
// is no file is moved there.
func keepAside(runs string, now time.Time) error {
	name, err := freeAside(runs, "ledger-"+now.UTC().Format("20060102T150405Z"))
	if err != nil {
		return err
	}
	for from, to := range map[string]string{sumName: name + ".sum", databaseName + walSuffix: name + ".db" + walSuffix,
		databaseName: name + ".db"} {
		from, to = filepath.Join(runs, from), filepath.Join(runs, to)
		info, err := treeOf(runs).Lstat(from)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && info.Mode().IsRegular():
			err = copySynced(treeOf(runs), to, from)
		case err == nil:
			err = treeOf(runs).Rename(from, to)
		}
		if err != nil {
			return err
		}
	}
	return treeOf(runs).SyncFolder(runs)
}

func copySynced(tree disk.Tree, to, from string) error {
	content, err := tree.ReadFile(from, mostLedger)
	if err != nil {
		return err
	}
	return tree.Write(to, func(w io.Writer) error {
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
