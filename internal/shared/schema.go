package shared

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// steps make the tables, one step for each version. A step that has been released is never
// changed; what is new is a new step at the end. A ledger's entries are those of ledger.db, with the
// same rules: numbered without gaps, never changed, a slot decided once, an attempt ended once, a run
// released once.
var steps = []string{`
CREATE FUNCTION batch_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
CREATE TABLE batch_offer (
	name   text PRIMARY KEY CHECK (name <> ''),
	count  bigint NOT NULL DEFAULT 0,          -- entries of its history
	hash   text NOT NULL,                      -- of the last one
	term   bigint NOT NULL DEFAULT 0,          -- works that have begun
	token  text NOT NULL DEFAULT '',           -- of the one that began last
	holder text NOT NULL DEFAULT '',           -- who that is, for people
	inputs bigint NOT NULL DEFAULT 0,          -- goes up with each change of terms and reports
	inputs_at timestamptz NOT NULL DEFAULT batch_now(),
	latest text NOT NULL DEFAULT '',           -- the newest run, and the final run in force
	final  text NOT NULL DEFAULT '',
	made   timestamptz NOT NULL DEFAULT batch_now()  -- when it was first brought here
);
CREATE TABLE batch_entry (
	offer   text NOT NULL REFERENCES batch_offer,
	seq     bigint NOT NULL CHECK (seq > 0),
	body    text NOT NULL,
	hash    text NOT NULL,
	event   text GENERATED ALWAYS AS (body::json ->> 'event') STORED,
	attempt text GENERATED ALWAYS AS (coalesce(body::json ->> 'attempt', '')) STORED,
	slot    text GENERATED ALWAYS AS (coalesce(body::json ->> 'slot', '')) STORED,
	run     text GENERATED ALWAYS AS (coalesce(body::json ->> 'run', '')) STORED,
	PRIMARY KEY (offer, seq)
);
CREATE UNIQUE INDEX batch_one_decision_per_slot ON batch_entry (offer, slot) WHERE slot <> '' AND event <> 'started';
CREATE UNIQUE INDEX batch_one_end_per_attempt ON batch_entry (offer, attempt)
	WHERE attempt <> '' AND event NOT IN ('started', 'missed');
CREATE UNIQUE INDEX batch_one_release_per_run ON batch_entry (offer, run) WHERE event = 'released';
CREATE TABLE batch_commit (                    -- what was kept of which work
	offer  text NOT NULL REFERENCES batch_offer,
	term   bigint NOT NULL,
	token  text NOT NULL,
	holder text NOT NULL,
	at     timestamptz NOT NULL DEFAULT batch_now(),
	PRIMARY KEY (offer, term)
);
CREATE TABLE batch_content (
	offer  text NOT NULL REFERENCES batch_offer,
	sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	bytes  bigint NOT NULL CHECK (bytes >= 0),
	token  text NOT NULL,                      -- of the work that put it into the storage
	PRIMARY KEY (offer, sha256)
);
CREATE INDEX batch_content_token ON batch_content (offer, token);
CREATE TABLE batch_file (
	offer    text NOT NULL,
	path     text NOT NULL CHECK (path <> ''), -- seen from the offer's folder
	sha256   text NOT NULL,
	modified timestamptz NOT NULL,
	owner    text NOT NULL DEFAULT '',         -- who had a hand in it
	PRIMARY KEY (offer, path),
	FOREIGN KEY (offer, sha256) REFERENCES batch_content
);
CREATE FUNCTION batch_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% of % is refused: what was published is not changed', TG_OP, TG_TABLE_NAME; END $$;
CREATE TRIGGER batch_entries_are_not_changed BEFORE UPDATE OR DELETE ON batch_entry
	FOR EACH ROW EXECUTE FUNCTION batch_refuse();
CREATE TRIGGER batch_entries_are_not_emptied BEFORE TRUNCATE ON batch_entry
	FOR EACH STATEMENT EXECUTE FUNCTION batch_refuse();
CREATE TRIGGER batch_contents_are_not_changed BEFORE UPDATE ON batch_content
	FOR EACH ROW EXECUTE FUNCTION batch_refuse();
CREATE FUNCTION batch_refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM batch_entry WHERE offer = OLD.offer AND event = 'pruned'
		AND run = split_part(OLD.path, '/', 2)) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION '% of % is refused: what was published is not changed', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER batch_runs_are_not_changed BEFORE UPDATE OR DELETE ON batch_file
	FOR EACH ROW WHEN (OLD.path LIKE 'runs/%') EXECUTE FUNCTION batch_refuse_unless_pruned();
CREATE FUNCTION batch_no_gaps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM batch_entry WHERE offer = NEW.offer) THEN
		RAISE EXCEPTION 'entries are numbered without gaps';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER batch_entries_have_no_gaps BEFORE INSERT ON batch_entry FOR EACH ROW EXECUTE FUNCTION batch_no_gaps();
`, `
-- Files of a run change once, too, when names of holders are replaced in it: by the work that says so.
CREATE OR REPLACE FUNCTION batch_refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM batch_entry WHERE offer = OLD.offer AND event = 'pruned'
		AND run = split_part(OLD.path, '/', 2)) THEN
		RETURN OLD;
	END IF;
	IF EXISTS (SELECT FROM batch_entry e, json_array_elements(e.body::json -> 'rewritten') r, batch_offer o
		WHERE e.offer = OLD.offer AND e.event = 'pseudonymised' AND r ->> 'run' = split_part(OLD.path, '/', 2)
		AND o.name = e.offer AND e.seq > o.count) THEN
		IF TG_OP = 'DELETE' THEN
			RETURN OLD;
		END IF;
		IF NEW.offer = OLD.offer AND NEW.path = OLD.path THEN
			RETURN NEW;
		END IF;
	END IF;
	RAISE EXCEPTION '% of % is refused: what was published is not changed', TG_OP, TG_TABLE_NAME;
END $$;
`, `
CREATE TABLE batch_turn (                      -- what one machine does at a time: channels, deliveries
	name   text PRIMARY KEY CHECK (name <> ''),
	ended  timestamptz NOT NULL,               -- when it was done last
	holder text NOT NULL DEFAULT '',           -- by whom, for people
	memory bytea                               -- what that one left for the next
);
`}

// errNewer says that the database has more steps behind it than this program knows.
var errNewer = errors.New("the database was brought up to a newer version of batch; install that version here, too")

// errOlder says that the database lacks steps.
var errOlder = errors.New(`the tables are missing or of an older version of batch; run "batch migrate --tables"`)

// version is how many steps the database has behind it.
func version(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (n int, err error) {
	var there bool
	if err := db.QueryRow(ctx, "SELECT to_regclass('batch_version') IS NOT NULL").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = db.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM batch_version").Scan(&n)
	return n, err
}

// makeTables takes the steps that the database does not have behind it, in one transaction: a program
// that is killed in the middle leaves the tables as they were.
func makeTables(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockKeyOfTables); err != nil {
			return err
		}
		have, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if have > len(steps) {
			return errNewer
		}
		if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS batch_version (version int NOT NULL)"); err != nil {
			return err
		}
		for n := have; n < len(steps); n++ {
			if _, err := tx.Exec(ctx, steps[n]); err != nil {
				return fmt.Errorf("to version %d: %w", n+1, err)
			}
			if _, err := tx.Exec(ctx, "INSERT INTO batch_version VALUES ($1)", n+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockKeyOfTables is the key of the lock under which the tables are made: "batch" in ASCII.
const lockKeyOfTables = 0x6261746368

// checkTables is an error unless the tables are those that this program knows.
func checkTables(ctx context.Context, pool *pgxpool.Pool) error {
	have, err := version(ctx, pool)
	switch {
	case err != nil:
		return err
	case have > len(steps):
		return errNewer
	case have < len(steps):
		return errOlder
	}
	return nil
}
