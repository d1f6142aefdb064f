package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// steps make the tables, one step for each version of the ledger. A step that has
// been released is never changed; what is new is a new step at the end.
//
// The columns event, attempt and slot are read from the body, so they cannot
// disagree with it.
var steps = []string{`
CREATE TABLE entry (
	seq     INTEGER PRIMARY KEY CHECK (seq > 0),
	body    TEXT NOT NULL,
	hash    TEXT NOT NULL,
	event   TEXT GENERATED ALWAYS AS (json_extract(body, '$.event')) VIRTUAL,
	attempt TEXT GENERATED ALWAYS AS (json_extract(body, '$.attempt')) VIRTUAL,
	slot    TEXT GENERATED ALWAYS AS (json_extract(body, '$.slot')) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX one_decision_per_slot ON entry (slot) WHERE slot <> '' AND event <> 'started';
CREATE UNIQUE INDEX one_end_per_attempt ON entry (attempt) WHERE attempt <> '' AND event NOT IN ('started', 'missed');
CREATE TABLE head (
	one   INTEGER PRIMARY KEY CHECK (one = 1),
	count INTEGER NOT NULL,
	hash  TEXT NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, '` + noHash + `');
CREATE TRIGGER entries_have_no_gaps BEFORE INSERT ON entry
	WHEN NEW.seq <> (SELECT count + 1 FROM head)
	BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END;
CREATE TRIGGER entries_are_not_changed BEFORE UPDATE ON entry
	BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON entry
	BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER the_head_moves_by_one BEFORE UPDATE ON head
	WHEN NEW.count <> OLD.count + 1 OR NEW.hash IS NOT (SELECT hash FROM entry WHERE seq = NEW.count)
	BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER the_head_is_not_removed BEFORE DELETE ON head
	BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
`, `
-- From here on a final run can wait for its release, which a program that knows nothing of
-- releases would take for one in force: it must not read this ledger.
CREATE UNIQUE INDEX one_release_per_run ON entry (json_extract(body, '$.run')) WHERE event = 'released';
`}

// errNewer says that the ledger has more steps behind it than this program knows.
var errNewer = errors.New("written by a newer version of batch")

// version is the number of steps the database has behind it.
func version(db querier) (int, error) {
	var n int
	err := db.QueryRow("PRAGMA user_version").Scan(&n)
	return n, err
}

// known refuses a version that has more than the steps behind it.
func known(version int, steps []string) error {
	if version > len(steps) {
		return fmt.Errorf("%w: it has version %d, this program knows %d", errNewer, version, len(steps))
	}
	return nil
}

// querier is a database or a transaction on it.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// migrate takes the steps the database does not have behind it, each whole or not
// at all.
func migrate(db *sql.DB, steps []string) error {
	have, err := version(db)
	if err != nil {
		return err
	}
	if err := known(have, steps); err != nil {
		return err
	}
	for n := have; n < len(steps); n++ {
		if err := takeStep(db, steps[n], n+1); err != nil {
			return err
		}
	}
	return nil
}

func takeStep(db *sql.DB, step string, version int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(step + fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return fmt.Errorf("to version %d: %w", version, err)
	}
	return tx.Commit()
}

// schema returns the tables, indexes and triggers of a database by name.
func schema(db querier) (map[string]string, error) {
	rows, err := db.Query("SELECT name, coalesce(sql, '') FROM sqlite_schema")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		all[name] = text
	}
	return all, rows.Err()
}

// ownSchema is the schema that the steps make.
var ownSchema = sync.OnceValues(func() (map[string]string, error) {
	db, err := sql.Open("sqlite", "file::memory:?_txlock=immediate")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := migrate(db, steps); err != nil {
		return nil, err
	}
	return schema(db)
})
