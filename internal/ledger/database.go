package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite" of database/sql

	"tenderbatch/internal/disk"
)

// Names of the ledger's files in a runs folder.
const (
	databaseName   = "ledger.db"
	walSuffix      = "-wal" // what SQLite has not yet moved into the database; left by a crash
	sumName        = "ledger.sum"
	ledgerLockName = ".ledger.lock"
)

// PendingName is the file beside the ledger that a crash leaves: entries that SQLite has not moved into the database.
// [OpenLog] takes them up.
const PendingName = databaseName + walSuffix

// writing are the settings of a connection that appends: write-ahead log, every
// commit down to the disk. The ledger's own lock keeps others out, so the log
// needs no memory shared between processes, which file shares do not have and a
// full disk cannot give: [privateIndex] keeps that index in the memory of the process.
var writing = url.Values{
	"vfs": {privateIndex},
	"_pragma": {"busy_timeout(10000)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "trusted_schema(0)"},
	"_txlock": {"immediate"},
}

// reading are the settings of a connection that leaves a damaged or altered file
// as it is, and does not run what its schema holds.
var reading = url.Values{
	"_pragma":   {"locking_mode(EXCLUSIVE)", "query_only(1)", "trusted_schema(0)", "cell_size_check(1)"},
	"mode":      {"ro"},
	"immutable": {"1"},
}

// openDatabase returns the database in a file. The first statement opens it.
func openDatabase(path string, settings url.Values) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Path: disk.PathInURL(path), RawQuery: settings.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one process, one connection: there is no other to wait for
	return db, nil
}

// content is all that a ledger holds.
type content struct {
	progress progress
	rows     []row
	head     row // the last entry's number and hash, as the head names them
}

// progress orders two ledgers of one offer by age.
type progress struct {
	version int
	count   int64 // of entries
}

// readProgress reads how far a ledger has come.
func readProgress(db querier) (progress, error) {
	var s progress
	var err error
	if s.version, err = version(db); err != nil || s.version == 0 {
		return s, err
	}
	err = db.QueryRow("SELECT count FROM head").Scan(&s.count)
	return s, err
}

// readContent reads every entry. With an error it returns those before it.
func readContent(db querier) (content, error) {
	var c content
	var err error
	if c.progress, err = readProgress(db); err != nil || c.progress.version == 0 {
		return c, err
	}
	if err := known(c.progress.version, steps); err != nil {
		return c, err
	}
	if err := db.QueryRow("SELECT count, hash FROM head").Scan(&c.head.seq, &c.head.hash); err != nil {
		return c, fmt.Errorf("the head: %w", err)
	}
	rows, err := db.Query("SELECT seq, body, hash FROM entry ORDER BY seq")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.body, &r.hash); err != nil {
			return c, fmt.Errorf("after entry %d: %w", len(c.rows), err)
		}
		c.rows = append(c.rows, r)
	}
	return c, rows.Err()
}

// inspect opens a runs folder's ledger for reading and calls f. Nothing in the
// folder changes: what a crash left in SQLite's log is taken up in a copy.
func inspect(runs string, f func(*sql.DB) error) error {
	return inspectFile(filepath.Join(runs, databaseName), f)
}

// inspectFile opens a ledger, in place or set aside, as inspect does.
func inspectFile(path string, f func(*sql.DB) error) error {
	settings, tree := reading, treeOf(filepath.Dir(path))
	pending, err := isPending(path)
	if err != nil {
		return err
	}
	if err := onlyFiles(path); err != nil {
		return err
	}
	if pending {
		folder, err := os.MkdirTemp("", "ledger")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		for _, suffix := range []string{"", walSuffix} {
			if err := copyFile(filepath.Join(folder, databaseName+suffix), tree, path+suffix); err != nil {
				return err
			}
		}
		path, settings = filepath.Join(folder, databaseName), url.Values{"_pragma": reading["_pragma"]}
	}
	db, err := openDatabase(path, settings)
	if err != nil {
		return err
	}
	read := func(db *sql.DB) error {
		if err := opened(db, path); err != nil {
			return err
		}
		return f(db)
	}
	if pending {
		read = f // of a copy that is ours
	}
	return errors.Join(read(db), db.Close())
}

// sqliteSuffixes are what SQLite adds to the name of a database for its other files.
var sqliteSuffixes = []string{"", walSuffix, "-shm", "-journal"}

// onlyFiles is an error if something else than a file has the name of a ledger or of
// one of the files that SQLite has beside it, or if a link leads there. SQLite opens
// them by their names and follows links.
func onlyFiles(path string) error {
	tree := treeOf(filepath.Dir(path))
	for _, suffix := range sqliteSuffixes {
		if err := tree.Regular(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// opened has SQLite open a ledger, which the first statement does, and is an error if
// the name leads elsewhere by then. Between the two looks a person who may write
// the runs folder could exchange the file and put it back: such a person may
// write the ledger itself.
func opened(db *sql.DB, path string) error {
	if _, err := db.Exec("PRAGMA schema_version"); err != nil {
		return nil // what is wrong is for the first real statement to say
	}
	if err := onlyFiles(path); err != nil {
		return err
	}
	return treeOf(filepath.Dir(path)).Same(path)
}

// isPending reports whether SQLite's log is next to a database.
func isPending(path string) (bool, error) {
	info, err := treeOf(filepath.Dir(path)).Lstat(path + walSuffix)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && !info.Mode().IsRegular():
		return false, fmt.Errorf("%s%s %w", databaseName, walSuffix, errNoFile)
	}
	return err == nil, err
}

func copyFile(to string, tree disk.Tree, from string) error {
	content, err := tree.ReadFile(from, mostLedger)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// mostLedger is more than the bytes of any ledger.
const mostLedger = 4 << 30

// lockToWrite takes the ledger for one change. Others have it for milliseconds.
func lockToWrite(runs string) (unlock func() error, err error) {
	if err := lockable(runs, ledgerLockName); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(runs, ledgerLockName), flock.SetPermissions(disk.FileMode),
		flock.SetFlag(lockFlags|os.O_CREATE))
	return waitFor(runs, lock, lock.TryLockContext)
}

// lockToRead takes the ledger for reading. Where nothing was ever written there is
// nothing to lock, and nothing is made.
func lockToRead(runs string) (unlock func() error, err error) {
	if err := lockable(runs, ledgerLockName); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(runs, ledgerLockName), flock.SetFlag(lockFlags))
	unlock, err = waitFor(runs, lock, lock.TryRLockContext)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	return unlock, err
}
