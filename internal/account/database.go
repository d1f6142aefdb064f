package account

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver of the database

	"tenderbatch/internal/disk"
)

// steps make the tables, one step for each version. A step that has been released is never
// changed; what is new is a new step at the end.
var steps = []string{`
CREATE TABLE account (
	name         TEXT PRIMARY KEY CHECK (name <> ''),
	full_name    TEXT NOT NULL,
	subject      TEXT NOT NULL DEFAULT '', -- of the identity provider, '' for none
	password     TEXT NOT NULL,            -- argon2id; '' where only the identity provider vouches
	one_time     INTEGER NOT NULL,         -- 1: the password is for one use
	expires      INTEGER NOT NULL,         -- of a password for one use, Unix seconds
	secret       TEXT NOT NULL DEFAULT '', -- of the second factor, '' for none
	last_code    INTEGER NOT NULL DEFAULT 0, -- the period of the last code that was used
	failures     INTEGER NOT NULL DEFAULT 0,
	locked_until INTEGER NOT NULL DEFAULT 0, -- Unix seconds
	disabled     INTEGER NOT NULL DEFAULT 0,
	created      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_account_per_subject ON account (subject) WHERE subject <> '';
CREATE TABLE access (
	account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
	role    TEXT NOT NULL CHECK (role IN ('viewer', 'preparer', 'approver', 'admin')),
	offer   TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (account, role, offer)
) STRICT;
CREATE TABLE sessions ( -- as the library of the sessions has it
	token  TEXT PRIMARY KEY,
	data   BLOB NOT NULL,
	expiry REAL NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expiry);
CREATE TABLE secret ( -- of this installation
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;
CREATE TABLE event ( -- who changed accounts, and who logged in
	at      INTEGER NOT NULL,
	actor   TEXT NOT NULL,
	account TEXT NOT NULL,
	what    TEXT NOT NULL,
	address TEXT NOT NULL DEFAULT ''
) STRICT;
`}

// FileName is the file with the accounts, in the folder of the offers.
const FileName = "accounts.db"

// openDatabase opens the file with the accounts, which only its owner can read, and makes or
// brings up to date what is in it.
func openDatabase(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // before the driver makes it readable for others
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	settings := url.Values{"_pragma": {"journal_mode(WAL)", "foreign_keys(1)", "busy_timeout(5000)", "synchronous(FULL)"},
		"_txlock": {"immediate"}}
	name := url.URL{Scheme: "file", Path: disk.PathInURL(path), RawQuery: settings.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err == nil {
		err = migrate(db)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// migrate takes the steps that the database has not behind it, each whole or not at all.
func migrate(db *sql.DB) error {
	for {
		done, err := migrateOne(db)
		if done || err != nil {
			return err
		}
	}
}

func migrateOne(db *sql.DB) (done bool, err error) {
	tx, err := db.Begin()
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // nothing to roll back after the commit
	var have int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&have); err != nil {
		return false, err
	}
	switch {
	case have == len(steps):
		return true, nil
	case have > len(steps):
		return false, fmt.Errorf("it was written by a newer version of batch: it has version %d, this program knows %d",
			have, len(steps))
	}
	if _, err := tx.Exec(steps[have]); err != nil {
		return false, err
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", have+1)); err != nil {
		return false, err
	}
	return false, tx.Commit()
}
