package shared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// file is a file of an offer.
type file struct {
	path     string // slash-separated, seen from the offer's folder
	sha256   string
	bytes    int64
	modified time.Time
	owner    string
}

// tree are the files of an offer, by path.
type tree map[string]file

// accountsName is the file of the accounts of payees, beside the terms.
const accountsName = "accounts.csv"

// isInput reports whether a path is of the terms, the accounts, the reports, or files that were kept apart from them.
func isInput(name string) bool {
	return name == offerfolder.OfferName || name == accountsName || strings.HasPrefix(name, offerfolder.InboxName+"/") ||
		strings.HasPrefix(name, offerfolder.ReceivedName+"/") || isApart(name)
}

// isApart reports whether a path is of a file that was not taken, which no run reads.
func isApart(name string) bool { return strings.HasPrefix(name, offerfolder.QuarantineName+"/") }

// runOf is the run that a path is of, "" if it is of none.
func runOf(name string) string {
	if part := strings.SplitN(name, "/", 3); len(part) == 3 && part[0] == offerfolder.RunsName {
		return part[1]
	}
	return ""
}

// treeIn reads which files of an offer a folder has: terms, inbox, and the runs that its history knows. known
// are files whose digests are known as long as size and time are the same. The rest of a folder, such as
// links, locks and the ledger itself, is made from the history wherever it is needed.
func treeIn(ctx context.Context, folder string, entries []ledger.Entry, known tree) (tree, error) {
	found := tree{}
	in := disk.In(folder)
	add := func(name string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return fmt.Errorf("%q has a name that a database cannot hold; rename the file", name)
		}
		full := filepath.Join(folder, filepath.FromSlash(name))
		info, err := in.Lstat(full)
		if err != nil {
			return err
		}
		f := file{path: name, bytes: info.Size(), modified: info.ModTime().UTC().Truncate(time.Microsecond),
			owner: offerfolder.OwnerOf(info)}
		if was, ok := known[name]; ok && was.bytes == f.bytes && was.modified.Equal(f.modified) {
			f.sha256, f.owner = was.sha256, was.owner
		} else if f.sha256, err = in.Digest(full); err != nil {
			return err
		}
		found[name] = f
		return nil
	}
	for _, name := range []string{offerfolder.OfferName, accountsName} {
		if err := add(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	tops, pruned := []string{offerfolder.InboxName, offerfolder.ReceivedName, offerfolder.QuarantineName}, ledger.PrunedRuns(entries)
	for _, run := range ledger.PublishedRuns(entries) {
		if !pruned[run] {
			tops = append(tops, path.Join(offerfolder.RunsName, run))
		}
	}
	for _, top := range tops {
		err := in.Walk(filepath.Join(folder, filepath.FromSlash(top)), func(below string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && below == ".":
				return nil // an inbox that is not there yet, or a run whose folder is elsewhere
			case err != nil:
				return err
			case !d.Type().IsRegular():
				return nil
			}
			return add(path.Join(top, filepath.ToSlash(below)))
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return found, nil
}

// change is what there is to do to make one tree another.
type change struct {
	put    []file // in the order of their paths, manifests of runs last
	remove []string
}

// odd is a file of a run that was published, and is not to be there; "" if there is none.
func (t tree) odd(wanted tree) string {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if _, ok := wanted[name]; !ok && !isInput(name) {
			return name
		}
	}
	return ""
}

// changesTo compares a tree with the one that it is to become. Files of runs are removed only if those are pruned, and
// changed only if names of holders were replaced in them.
func (t tree) changesTo(wanted tree, may mayChange) (c change, err error) {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		f, was := wanted[name], t[name]
		if was.sha256 == f.sha256 && (was.modified.Equal(f.modified) || !isInput(name)) {
			continue
		}
		if was.sha256 != "" && !isInput(name) && !may.rewritten[runOf(name)] {
			return c, fmt.Errorf("%s is not as it was published", name)
		}
		c.put = append(c.put, f)
	}
	slices.SortStableFunc(c.put, func(a, b file) int { return boolInt(isManifest(a.path)) - boolInt(isManifest(b.path)) })
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if _, ok := wanted[name]; !ok && (isInput(name) || may.pruned[runOf(name)] || may.rewritten[runOf(name)]) {
			c.remove = append(c.remove, name)
		}
	}
	return c, nil
}

func isManifest(name string) bool { return path.Base(name) == ledger.ManifestName }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
