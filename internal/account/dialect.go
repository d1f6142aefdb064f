package account

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// database is SQLite or PostgreSQL, asked with the same words.
type database struct {
	*sql.DB
	postgres bool
}

// transaction is one of a database.
type transaction struct {
	*sql.Tx
	postgres bool
}

// Begin begins a transaction.
func (d *database) Begin() (*transaction, error) {
	tx, err := d.DB.Begin()
	return &transaction{tx, d.postgres}, err
}

// Exec is that of [sql.DB].
func (d *database) Exec(query string, args ...any) (sql.Result, error) {
	return d.DB.Exec(numbered(d.postgres, query), plain(args)...)
}

// Query is that of [sql.DB].
func (d *database) Query(query string, args ...any) (*sql.Rows, error) {
	return d.DB.Query(numbered(d.postgres, query), plain(args)...)
}

// QueryRow is that of [sql.DB].
func (d *database) QueryRow(query string, args ...any) *sql.Row {
	return d.DB.QueryRow(numbered(d.postgres, query), plain(args)...)
}

// Exec is that of [sql.Tx].
func (t *transaction) Exec(query string, args ...any) (sql.Result, error) {
	return t.Tx.Exec(numbered(t.postgres, query), plain(args)...)
}

// QueryRow is that of [sql.Tx].
func (t *transaction) QueryRow(query string, args ...any) *sql.Row {
	return t.Tx.QueryRow(numbered(t.postgres, query), plain(args)...)
}

// numbered has the arguments of a query numbered, as PostgreSQL wants them. No query has a question mark in a text.
func numbered(is bool, query string) string {
	if !is {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// plain has yes and no as the numbers that the tables have for them.
func plain(args []any) []any {
	for i, a := range args {
		if yes, is := a.(bool); is {
			args[i] = 0
			if yes {
				args[i] = 1
			}
		}
	}
	return args
}

// postgresWords are what PostgreSQL says for words of SQLite in the steps. The sessions are kept by another library, and
// the events are numbered there as they are by themselves in SQLite.
var postgresWords = strings.NewReplacer(" STRICT", "", "INTEGER", "bigint", "BLOB", "bytea", "REAL", "timestamptz",
	"address TEXT NOT NULL DEFAULT ''\n", "address TEXT NOT NULL DEFAULT '',\n\trowid bigint GENERATED ALWAYS AS IDENTITY\n")

// lockKey is that of the lock under which the tables are made: "users" in ASCII.
const lockKey = 0x7573657273

// migratePostgres takes the steps that the database has not behind it, all or none.
func migratePostgres(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to roll back after the commit
	if _, err := tx.Exec("SELECT pg_advisory_xact_lock($1)", lockKey); err != nil {
		return err
	}
	var have int
	var there bool
	if err := tx.QueryRow("SELECT to_regclass('version') IS NOT NULL").Scan(&there); err != nil {
		return err
	}
	if !there { // who may only use the tables may not even ask for one that is there
		if _, err := tx.Exec("CREATE TABLE version (version int NOT NULL)"); err != nil {
			return err
		}
	}
	if err := tx.QueryRow("SELECT coalesce(max(version), 0) FROM version").Scan(&have); err != nil {
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("they were written by a newer version of batch: they have version %d, this program knows %d", have,
			len(steps))
	}
	for n := have; n < len(steps); n++ {
		if _, err := tx.Exec(postgresWords.Replace(steps[n])); err != nil {
			return fmt.Errorf("to version %d: %w", n+1, err)
		}
		if _, err := tx.Exec("INSERT INTO version VALUES ($1)", n+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// copied are the tables of the accounts and their columns, in an order in which they can be filled.
var copied = []struct{ table, columns string }{
	{"account", "name, full_name, subject, password, one_time, expires, secret, last_code, failures, locked_until, disabled, created"},
	{"access", "account, role, offer"},
	{"secret", "name, value"},
	{"event", "at, actor, account, what, address"},
}

// copyFrom copies all tables of another database but the sessions.
func (d *database) copyFrom(from *database) error {
	tx, err := d.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to roll back after the commit
	var there int
	if err := tx.QueryRow("SELECT count(*) FROM account").Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return &RefusedError{"there are accounts already; nothing was copied"}
	}
	if _, err := tx.Exec("DELETE FROM secret"); err != nil {
		return err // one that was made for an empty installation
	}
	for _, c := range copied {
		if err := copyTable(tx, from, c.table, c.columns); err != nil {
			return fmt.Errorf("%s: %w", c.table, err)
		}
	}
	return tx.Commit()
}

func copyTable(tx *transaction, from *database, table, columns string) error {
	order := ""
	if table == "event" {
		order = " ORDER BY rowid"
	}
	rows, err := from.Query("SELECT " + columns + " FROM " + table + order)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := strings.Count(columns, ",") + 1
	values, into := make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO "+table+" ("+columns+") VALUES ("+marks+")", values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
