package retention

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"path"
	"path/filepath"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pseudonym"
)

// replaceNames replaces the names of holders in the runs among some items: it writes each run once more beside the
// old one, notes all of them in one entry, and only then has them take the places of the old ones.
func (req Request) replaceNames(ctx context.Context, log *ledger.Log, items []Item) (done []Item, err error) {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	e := ledger.Entry{At: req.Clock(), Event: ledger.Pseudonymised, By: req.By, Actor: req.Actor, Program: req.Version}
	names, err := pseudonym.New(cmp.Or(req.Random, rand.Reader))
	if err != nil {
		return nil, err
	}
	var archive *ledger.Archive
	for _, i := range items {
		if i.Kind != Holders || i.put.Run != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if archive == nil {
			if archive, err = ledger.OpenArchive(runs, i.Offer); err == nil {
				_, err = archive.Repair(req.Disk) // what was copied into the place of a link has the names, too
			}
			if err != nil {
				return nil, err
			}
		}
		r, err := req.stage(archive, names, i.run, e.At)
		if err != nil {
			return nil, err
		}
		e.Offer, e.Rewritten, done = i.Offer, append(e.Rewritten, r), append(done, i)
		e.Message = fmt.Sprintf("replaced the names of holders and removed the reports, which were to be kept until %s, "+
			"in %d run(s)", i.Until.Format("2006-01-02"), len(e.Rewritten))
	}
	if len(e.Rewritten) == 0 {
		return nil, nil
	}
	if _, err := log.Append(e); err != nil {
		return nil, err
	}
	for n, r := range e.Rewritten {
		if err := ledger.PutRewritten(req.Disk, runs, r); err != nil {
			return done[:n], err
		}
	}
	return done, nil
}

// stage writes a run with the names of holders replaced beside the run.
func (req Request) stage(archive *ledger.Archive, names *pseudonym.Names, name string,
	at time.Time) (r ledger.Rewritten, err error) {
	run, err := archive.Run(name)
	if err != nil {
		return r, err
	}
	of, err := names.Run(run.Read)
	if err != nil {
		return r, fmt.Errorf("run %s: %w", name, err)
	}
	return ledger.StageRewritten(req.Disk, run, req.Actor, at, isReport, of.Edit)
}

// isReport reports whether a copy may have names of holders: all have but the terms.
func isReport(k ledger.Kept) bool { return path.Base(k.Of) != offerfolder.OfferName }
