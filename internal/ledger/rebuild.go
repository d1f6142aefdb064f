package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
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
	if err := setAside(runs, now); err != nil {
		return 0, err
	}
	err = changeLocked(runs, func(tx *sql.Tx) error {
		for _, body := range bodies {
			if _, err := insert(tx, body); err != nil {
				return err
			}
		}
		return nil
	})
	return len(bodies), err
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
			Identity: m.Identity, Run: m.Run, Replaces: m.Replaces, Manifest: digest, Inputs: m.Inputs, Message: "taken from the manifest when the ledger was rebuilt",
		}
		body, err := e.body()
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// setAside gives the ledger that is there a name that is new. The database goes
// last: until it is gone the ledger is found damaged, never found to be another.
func setAside(runs string, now time.Time) error {
	name, err := freeAside(runs, "ledger-"+now.UTC().Format("20060102T150405Z"))
	if err != nil {
		return err
	}
	for _, move := range [][2]string{{sumName, name + ".sum"}, {databaseName + walSuffix, name + ".db" + walSuffix}, {databaseName, name + ".db"}} {
		err := os.Rename(filepath.Join(runs, move[0]), filepath.Join(runs, move[1]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return disk.Disk{}.SyncFolder(runs)
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
