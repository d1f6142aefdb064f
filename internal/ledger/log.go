package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Log is the ledger of one offer. It holds nothing open between calls, so several
// processes, and several goroutines of one, may have one each.
type Log struct{ runs string }

// ErrDecided says that another entry decided the slot already.
var ErrDecided = errors.New("this slot has been decided already")

// ErrEnded says that the attempt has an end already.
var ErrEnded = errors.New("this attempt has ended already")

// ErrReleased says that the run was released already.
var ErrReleased = errors.New("this run was released already")

// ErrUnavailable says that the ledger could not be had or read now, although nothing
// says that it is damaged: the same may do in a moment.
var ErrUnavailable = errors.New("the ledger cannot be used now")

// errOpenElsewhere says that a program that does not know of the ledger's lock, such
// as SQLite's own, holds the database.
var errOpenElsewhere = errors.New("another program has the ledger open; close it there, then run again")

// DamagedError says that the ledger is lost or cannot be trusted. No published run
// can be checked then, so none is made until it is restored or rebuilt.
type DamagedError struct {
	Path string // of the ledger
	Err  error  // what is wrong
}

// Error says what is wrong, what it means and what to do.
func (e *DamagedError) Error() string {
	advice := restoreAdvice
	if errors.Is(e.Err, errNewer) {
		advice = "install that version"
	}
	return fmt.Sprintf("%s: %v; without the history no published run can be checked; history is not written; %s", e.Path,
		e.Err, advice)
}

// Unwrap returns what is wrong.
func (e *DamagedError) Unwrap() error { return e.Err }

// restoreAdvice is what to do about a damaged ledger.
const restoreAdvice = `restore ` + databaseName + ` and ` + sumName + ` from the back-up, or run "batch runs OFFER --rebuild"`

// OpenLog returns the ledger in a runs folder, which must exist; it is made if it
// is missing and brought up to this version. The error is a *[DamagedError] if
// what is there cannot be trusted, or if it is missing though something in the folder
// speaks of an earlier one. Other errors are of the file system.
func OpenLog(runs string) (*Log, error) {
	l := &Log{runs: runs}
	if err := l.change(func(*sql.Tx) error { return nil }); err != nil {
		return nil, err
	}
	return l, nil
}

// Append adds an entry, down to the disk, and returns it with its number and
// hash. The error is [ErrDecided] if the entry's slot is decided already,
// [ErrEnded] if its attempt has an end already, [ErrReleased] if its run was released, a *[DamagedError] as for
// [OpenLog], or one of the file system. After an error other than those of the
// file system the entry is not in the ledger.
func (l *Log) Append(e Entry) (Entry, error) {
	return l.append(e, func(*sql.Tx) error { return nil })
}

// AppendIf is [Log.Append], but the error is that of may, if it returns one for the entries that the
// ledger has. Of two who append at the same moment, the second is asked after the first has appended.
func (l *Log) AppendIf(e Entry, may func([]Entry) error) (Entry, error) {
	return l.append(e, func(tx *sql.Tx) error {
		c, err := readContent(tx)
		if err != nil {
			return err
		}
		entries, err := c.entries()
		if err != nil {
			return err
		}
		return may(entries)
	})
}

func (l *Log) append(e Entry, first func(*sql.Tx) error) (Entry, error) {
	body, err := e.body()
	if err != nil {
		return Entry{}, err
	}
	var added row
	err = l.change(func(tx *sql.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		added, err = insert(tx, body)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return added.entry()
}

// insert adds a row after the head and moves the head.
func insert(tx *sql.Tx, body string) (row, error) {
	var last row
	if err := tx.QueryRow("SELECT count, hash FROM head").Scan(&last.seq, &last.hash); err != nil {
		return row{}, err
	}
	next := row{seq: last.seq + 1, body: body}
	next.hash = chained(last.hash, next.seq, body)
	if _, err := tx.Exec("INSERT INTO entry (seq, body, hash) VALUES (?, ?, ?)", next.seq, next.body,
		next.hash); err != nil {
		return row{}, notTwice(err)
	}
	_, err := tx.Exec("UPDATE head SET count = ?, hash = ?", next.seq, next.hash)
	return next, err
}

// notTwice names the rule that a refused entry would break.
func notTwice(err error) error {
	if refused := new(sqlite.Error); errors.As(err, &refused) && refused.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		switch {
		case strings.Contains(err.Error(), "entry.slot"):
			return ErrDecided
		case strings.Contains(err.Error(), "entry.attempt"):
			return ErrEnded
		case strings.Contains(err.Error(), "one_release_per_run"):
			return ErrReleased
		}
	}
	return err
}

// Entries returns all entries in their order. The error is a *[DamagedError] if
// the ledger cannot be read or its chain does not hold; the entries that could be
// read come with it.
func (l *Log) Entries() ([]Entry, error) { return ReadEntries(l.runs) }

// ReadEntries returns what the ledger in a runs folder holds, as [Log.Entries]
// does, without making or changing anything. Where there never was a ledger there are
// none; where it is lost, that is a *[DamagedError].
func ReadEntries(runs string) (entries []Entry, err error) {
	unlock, err := lockToRead(runs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	path := filepath.Join(runs, databaseName)
	info, err := treeOf(runs).Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, damage(path, begunAfresh(runs))
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &DamagedError{Path: path, Err: errNoFile}
	}
	c, err := readChecked(runs)
	entries, unreadable := c.entries()
	if err == nil {
		_, err = vouch(runs)
	}
	return entries, unlessMisread(runs, damage(path, errors.Join(err, unreadable)))
}

// damage is a *[DamagedError] for what is wrong with a ledger. Where the system
// could not read it, what it holds is not known, and that error stays as it is.
func damage(path string, err error) error {
	if err == nil {
		return nil
	}
	if system := syscall.Errno(0); errors.As(err, &system) {
		return fmt.Errorf("%s: %w", path, err)
	}
	if failed := new(sqlite.Error); errors.As(err, &failed) {
		return diskError(path, err)
	}
	return &DamagedError{Path: path, Err: err}
}

// unlessMisread is the error, but not as damage if the file is as it was written:
// SQLite calls a file malformed, too, when a read of it failed.
func unlessMisread(runs string, err error) error {
	damaged, failed := new(DamagedError), new(sqlite.Error)
	if !errors.As(err, &damaged) || !errors.As(err, &failed) || failed.Code()&0xff != sqlite3.SQLITE_CORRUPT {
		return err
	}
	noted, unreadable := readSum(runs)
	if noted == nil || unreadable != nil {
		return err
	}
	if digest, unreadable := digestOf(treeOf(runs), damaged.Path); unreadable != nil || digest != noted.digest {
		return err
	}
	return unavailable(fmt.Errorf("%s: %w; the file is as it was written, so the disk failed to read it: run again",
		damaged.Path, failed))
}

// readChecked reads a ledger and checks its chain.
func readChecked(runs string) (c content, err error) {
	err = inspect(runs, func(db *sql.DB) error {
		if c, err = readContent(db); err != nil {
			return err
		}
		return c.broken()
	})
	return c, err
}

// change makes one change to the ledger: under its lock, in one transaction, and
// with the sum written after it.
func (l *Log) change(f func(*sql.Tx) error) (err error) {
	unlock, err := lockToWrite(l.runs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return changeLocked(l.runs, f)
}

func changeLocked(runs string, f func(*sql.Tx) error) error {
	path := filepath.Join(runs, databaseName)
	if err := putInPlace(runs); err != nil {
		return err
	}
	if err := makeDatabase(runs); err != nil {
		return err
	}
	noted, err := vouch(runs)
	if err != nil {
		return unlessMisread(runs, damage(path, err))
	}
	now, err := changeDatabase(path, f)
	if err != nil {
		return unlessMisread(runs, diskError(path, err))
	}
	digest, err := digestOf(treeOf(runs), path)
	if err != nil {
		return err
	}
	if is := (sum{now, digest}); noted == nil || *noted != is {
		return writeSum(runs, is)
	}
	return nil
}

// vouch returns what ledger.sum says, and an error if the ledger is not the one
// that was written last. The file is opened only where its digest is not the one
// noted, and then only for reading, so that a damaged one stays as it is.
func vouch(runs string) (*sum, error) {
	path := filepath.Join(runs, databaseName)
	noted, err := readSum(runs)
	if err != nil {
		return nil, err
	}
	digest, err := digestOf(treeOf(runs), path)
	if err != nil {
		return nil, err
	}
	pending, err := isPending(path)
	if err != nil {
		return nil, err
	}
	if noted != nil && noted.digest == digest && !pending {
		return noted, nil
	}
	return noted, inspect(runs, func(db *sql.DB) error {
		c, err := readContent(db)
		if err != nil {
			return err
		}
		behind, err := noted.agree(c.progress, digest, pending)
		if err == nil && noted == nil {
			err = begunAfresh(runs)
		}
		if err == nil && behind {
			err = c.broken()
		}
		return err
	})
}

// makeDatabase makes the file if it is missing, unless something speaks of an earlier
// one: that is lost then, and nothing is changed.
func makeDatabase(runs string) error {
	path := filepath.Join(runs, databaseName)
	tree := treeOf(runs)
	if _, err := tree.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := begunAfresh(runs); err != nil {
		return damage(path, err)
	}
	if err := tree.Write(path, func(io.Writer) error { return nil }); err != nil {
		return err
	}
	return tree.SyncFolder(runs)
}

// changeDatabase opens the database, changes it and closes it. It returns how far
// the ledger has come then.
func changeDatabase(path string, f func(*sql.Tx) error) (now progress, err error) {
	if err := onlyFiles(path); err != nil {
		return now, err
	}
	db, err := openDatabase(path, writing)
	if err != nil {
		return now, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := opened(db, path); err != nil {
		return now, err
	}
	if err := migrate(db, steps); err != nil {
		return now, err
	}
	if err := transact(db, f); err != nil {
		return now, err
	}
	if now, err = readProgress(db); err != nil {
		return now, err
	}
	var busy, frames, moved int
	if err := db.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return now, err
	}
	if busy != 0 {
		return now, errOpenElsewhere
	}
	return now, nil
}

func transact(db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// unavailableError is an error that is [ErrUnavailable], too, and does not say so again.
type unavailableError struct{ error }

func unavailable(err error) error { return unavailableError{err} }

// Is implements errors.Is.
func (unavailableError) Is(target error) bool { return target == ErrUnavailable }

// Unwrap returns what it was.
func (e unavailableError) Unwrap() error { return e.error }

// diskError separates damage from a disk that fails, and gives SQLite's errors
// the names that the system's own have.
func diskError(path string, err error) error {
	if errors.Is(err, errOpenElsewhere) {
		return unavailable(fmt.Errorf("%s: %w", path, err))
	}
	if errors.Is(err, errNewer) {
		return &DamagedError{Path: path, Err: err}
	}
	failed := new(sqlite.Error)
	if !errors.As(err, &failed) {
		return err
	}
	if failed.Code() == sqlite3.SQLITE_IOERR_SHORT_READ {
		return &DamagedError{Path: path, Err: err} // the file was cut off
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w: %w", path, err, syscall.ENOSPC)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s: %w: %w", path, err, fs.ErrPermission)
	case sqlite3.SQLITE_BUSY:
		return unavailable(fmt.Errorf("%s: %w: %w", path, errOpenElsewhere, err))
	case sqlite3.SQLITE_CANTOPEN:
		return unavailable(fmt.Errorf("%s: %w; see whether its folder may be written, then run again", path, err))
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM:
		return unavailable(fmt.Errorf("%s: %w", path, err))
	}
	return &DamagedError{Path: path, Err: err}
}

// patience is how long the ledger's lock is waited for. It is held for
// milliseconds; only a process that was stopped keeps it longer.
const patience = 30 * time.Second

func waitFor(runs string, lock *flock.Flock, try func(context.Context, time.Duration) (bool,
	error)) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = try(ctx, 2*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, unavailable(fmt.Errorf("%s: another process has had the ledger for %v; see whether it hangs",
			filepath.Join(runs, ledgerLockName), patience))
	}
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}
