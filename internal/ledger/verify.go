package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Finding is one thing in a runs folder that is not as it was written.
type Finding struct {
	Where string `json:"where"` // file or entry, seen from the runs folder
	What  string `json:"what"`
	Do    string `json:"do"`
}

// String is the finding in one line.
func (f Finding) String() string { return f.Where + ": " + f.What + "; " + f.Do }

func finding(where, what, do string) Finding { return Finding{Where: where, What: what, Do: do} }

// Verify checks everything in a runs folder: the ledger's file against its digest,
// SQLite's own structure, every entry against the one before, every published
// run's folder against its entry and its manifest, byte by byte, that manifests and
// entries are of the offer, whose id may be "" if it is not known, and that latest and
// final lead where the history says. It changes nothing. An error means that it could not look; damage is a finding.
//
// What it cannot notice: a person who may write the folder can compute the whole chain
// again, or cut off the last entries with head and sum, as nothing outside says
// what they were. Published folders give such a cut away as runs that no entry
// knows; refused and failed attempts at the end leave no such trace. Keep the hash
// of the last entry elsewhere, in a mail or another system's log, to notice that
// too. An entry that a crash left in SQLite's log, and that no process has taken up
// since, is guarded by SQLite's checksums only.
func Verify(runs, offer string) ([]Finding, error) {
	// Folders first: a run published meanwhile is in the ledger by then, and the
	// other way round it would look like one that no entry knows.
	folders, err := runFolders(runs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, readable, found, err := verifyLedger(runs)
	if err != nil {
		return nil, err
	}
	of, changed := published(entries), rewrittenIn(entries)
	found = append(found, verifyRewritings(entries)...)
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if e := of[name]; offer != "" && e.Offer != "" && e.Offer != offer {
			found = append(found, finding(inLedger(e.Seq), fmt.Sprintf("is of the offer %q, not of %q", e.Offer, offer),
				`restore the offer's own runs folder; to begin an offer from another use "batch init NEW --from OFFER"`))
		}
		if info, err := treeOf(runs).Lstat(filepath.Join(runs, name)); err == nil && info.IsDir() &&
			!slices.Contains(folders, name) {
			folders = append(folders, name) // published meanwhile
		}
		if !slices.Contains(folders, name) {
			found = append(found, finding(name, fmt.Sprintf("entry %d says that it was published, but its folder is missing",
				of[name].Seq), "restore it from the back-up"))
		}
	}
	for _, name := range folders {
		e, has := of[name]
		if !has && readable {
			found = append(found, finding(name, "no entry knows this run", unknownAdvice(entries)))
		}
		wrong, want := verifyRewriting(runs, name, e, changed[name]), cmp.Or(changed[name].Manifest, e.Manifest)
		if len(wrong) > 0 && wrong[0].Do == pruneAdvice {
			want = e.Manifest // it is what it was before
		}
		found = append(append(found, verifyRun(runs, name, want, offer)...), wrong...)
	}
	links, err := verifyLinksAtRest(runs, folders, entries, readable)
	found = append(found, links...)
	if readable {
		found = append(found, verifyReleased(runs, entries)...)
	}
	return found, err
}

// AtRest looks at what is published, and again if something seems wrong while someone is at work on it, such as a release
// or a deletion: what is noted in the history and not made yet, or made since the folders were listed, is not wrong. What is
// still wrong after some looks, or with no one at work, is.
func AtRest(runs string, look func() (wrong bool, err error)) error {
	for _, pause := range pausesOfLooks {
		before := headOf(runs)
		wrong, err := look()
		if vanished := errors.Is(err, fs.ErrNotExist); (!wrong && !vanished) || (headOf(runs) == before && !isHeld(runs)) {
			return err
		}
		time.Sleep(pause)
	}
	_, err := look()
	return err
}

// pausesOfLooks are those between looks at something that seems wrong.
var pausesOfLooks = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond}

// headOf is what ledger.sum says; "" if it cannot be read.
func headOf(runs string) string {
	text, _ := treeOf(runs).ReadFile(filepath.Join(runs, sumName), mostSum)
	return string(text)
}

// isHeld reports whether a run, a release or a deletion has the runs folder now.
func isHeld(runs string) bool {
	if lockable(runs, lockName) != nil {
		return false
	}
	lock := flock.New(filepath.Join(runs, lockName), flock.SetFlag(lockFlags))
	free, err := lock.TryRLock()
	return errors.Join(err, lock.Close()) == nil && !free
}

// A run that is published meanwhile is noted before the links move, so a link that
// leads elsewhere is looked at again, so often and after such a pause.
const (
	looksAtLinks = 5
	pauseOfLinks = 50 * time.Millisecond
)

func verifyLinksAtRest(runs string, folders []string, entries []Entry, readable bool) ([]Finding, error) {
	found := verifyLinks(runs, folders, entries, readable)
	for range looksAtLinks {
		if len(found) == 0 || !readable {
			break
		}
		time.Sleep(pauseOfLinks)
		now, err := runFolders(runs)
		if err != nil {
			return nil, err
		}
		entries, err := ReadEntries(runs)
		if err != nil {
			break // what is wrong with it has been found already
		}
		found = verifyLinks(runs, now, entries, readable)
	}
	return found, nil
}

// unknownAdvice says what to do about a run that no entry knows.
func unknownAdvice(entries []Entry) string {
	if open := Open(entries); len(open) > 0 {
		return fmt.Sprintf("attempt %s has not ended: let it end, or run again if it was cut off, and verify again",
			open[len(open)-1].Attempt)
	}
	return strangerAdvice
}

// verifyLedger checks the ledger's own files and returns the entries that can be
// read. Where it cannot be read at all, every run would be one that no entry knows.
func verifyLedger(runs string) (entries []Entry, readable bool, found []Finding, err error) {
	unlock, err := lockToRead(runs)
	if err != nil {
		return nil, false, nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	noted, err := readSum(runs)
	if err != nil {
		found = append(found, finding(sumName, err.Error(), "restore it from the back-up with "+databaseName))
	}
	path := filepath.Join(runs, databaseName)
	info, err := treeOf(runs).Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		traces, err := tracesOf(runs)
		if err != nil || len(traces) > 0 {
			found = append(found, finding(databaseName, lostError{traces}.Error(), restoreAdvice))
		}
		return nil, false, found, nil
	case err != nil:
		return nil, false, append(found, finding(databaseName, err.Error(), restoreAdvice)), nil
	case !info.Mode().IsRegular():
		return nil, false, append(found, finding(databaseName, errNoFile.Error(), restoreAdvice)), nil
	}
	c, damage := verifyDatabase(runs)
	found = append(found, damage...)
	if noted != nil || !slices.ContainsFunc(found, func(f Finding) bool { return f.Where == sumName }) {
		found = append(found, verifySum(path, noted, c)...)
	}
	entries, more := verifyEntries(c)
	return entries, c.progress.version > 0, append(found, more...), nil
}

// verifyDatabase checks what SQLite can say of the file, its schema, and the
// chain of the entries in it.
func verifyDatabase(runs string) (c content, found []Finding) {
	err := inspect(runs, func(db *sql.DB) error {
		var first string
		if err := db.QueryRow("PRAGMA integrity_check(1)").Scan(&first); err != nil {
			return err
		}
		if first != "ok" {
			found = append(found, finding(databaseName, "its structure is damaged: "+first, restoreAdvice))
		}
		var err error
		if c, err = readContent(db); err != nil {
			return err
		}
		found = append(found, c.faults()...)
		more, err := verifySchema(db, c.progress.version)
		found = append(found, more...)
		return err
	})
	if errors.Is(err, errNewer) {
		return c, append(found, finding(databaseName, err.Error(), "install that version"))
	}
	if err != nil {
		found = append(found, finding(databaseName, "cannot be read: "+err.Error(), restoreAdvice))
	}
	return c, found
}

// verifySchema finds tables, indexes and triggers that are not as the steps make
// them: without the triggers, entries could be changed.
func verifySchema(db *sql.DB, version int) ([]Finding, error) {
	if version < len(steps) {
		return nil, nil
	}
	own, err := ownSchema()
	if err != nil {
		return nil, err
	}
	have, err := schema(db)
	if err != nil {
		return nil, err
	}
	var found []Finding
	names := make(map[string]bool)
	for _, name := range slices.Concat(slices.Collect(maps.Keys(own)), slices.Collect(maps.Keys(have))) {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, known := own[name]
		if is, has := have[name]; is != was || has != known {
			found = append(found, finding(databaseName, fmt.Sprintf("%q in its schema was added, removed or altered", name),
				restoreAdvice))
		}
	}
	return found, nil
}

// verifySum compares the file with its digest. Where a crash left the sum behind,
// the chain has been checked already.
func verifySum(path string, noted *sum, c content) []Finding {
	digest, err := digestOf(treeOf(filepath.Dir(path)), path)
	if err != nil {
		return []Finding{finding(databaseName, err.Error(), restoreAdvice)}
	}
	pending, err := isPending(path)
	if err == nil {
		_, err = noted.agree(c.progress, digest, pending)
	}
	if err == nil && noted == nil {
		err = begunAfresh(filepath.Dir(path))
	}
	if err != nil {
		return []Finding{finding(databaseName, err.Error(), restoreAdvice)}
	}
	return nil
}

// verifyEntries finds entries that cannot be read, attempts that ended twice and
// slots that were decided twice.
func verifyEntries(c content) (entries []Entry, found []Finding) {
	ended, decided := make(map[string]int64), make(map[string]int64)
	for _, r := range c.rows {
		e, err := r.entry()
		if err != nil {
			found = append(found, finding(inLedger(r.seq), "cannot be read: "+err.Error(), restoreAdvice))
			continue
		}
		entries = append(entries, e)
		if before := ended[e.Attempt]; e.Event.Ends() && e.Attempt != "" {
			if before > 0 {
				found = append(found, finding(inLedger(e.Seq), fmt.Sprintf("attempt %s ended before, in entry %d", e.Attempt,
					before), restoreAdvice))
			}
			ended[e.Attempt] = e.Seq
		}
		if before := decided[e.Slot]; e.Event != Started && e.Slot != "" {
			if before > 0 {
				found = append(found, finding(inLedger(e.Seq), fmt.Sprintf("slot %s was decided before, in entry %d", e.Slot,
					before), restoreAdvice))
			}
			decided[e.Slot] = e.Seq
		}
	}
	return entries, found
}
