package account

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Account is one person who may use the console.
type Account struct {
	Name     string  `json:"name"`
	FullName string  `json:"full_name"`
	Subject  string  `json:"subject,omitempty"` // by which the identity provider knows the person
	Grants   []Grant `json:"grants"`

	OneTime     bool      `json:"one_time"`              // the password must be changed first
	Expires     time.Time `json:"expires,omitzero"`      // of a password for one use
	HasSecond   bool      `json:"second_factor"`         // a code is asked for
	Disabled    bool      `json:"disabled"`              // it cannot log in
	LockedUntil time.Time `json:"locked_until,omitzero"` // after wrong passwords
	Created     time.Time `json:"created"`

	login [sha256.Size]byte // digest of what it logs in with
}

// Login is another text once the account logs in with another password, or by another subject. A
// session that began with the one before is worth nothing.
func (a *Account) Login() string { return hex.EncodeToString(a.login[:]) }

// RefusedError says why something was refused, and what to do; it can be shown to anybody.
type RefusedError struct{ Message string }

// Error implements error.
func (e *RefusedError) Error() string { return e.Message }

// ErrNoAccount says that there is no account of a name.
var ErrNoAccount = errors.New("there is no such account")

// Store keeps the accounts. Its methods can be called by several goroutines and processes at once.
type Store struct {
	db  *database
	now func() time.Time
}

// Open opens the accounts in a file, and makes it if it is not there.
func Open(path string, now func() time.Time) (*Store, error) {
	db, err := openDatabase(path)
	if err != nil {
		return nil, err
	}
	noAccount() // before the first login, which would take longer
	return &Store{db: &database{DB: db}, now: now}, nil
}

// OpenPostgres opens the accounts in a PostgreSQL database, whose connections have a schema of their own in front, and
// makes what is not there. The store closes the database.
func OpenPostgres(db *sql.DB, now func() time.Time) (*Store, error) {
	if err := migratePostgres(db); err != nil {
		return nil, fmt.Errorf("the accounts: %w", err)
	}
	noAccount() // as in Open
	return &Store{db: &database{DB: db, postgres: true}, now: now}, nil
}

// Copy copies the accounts of another store, with their passwords and second factors, into this one, which must be empty.
// Who is logged in has to log in again.
func (s *Store) Copy(from *Store) error {
	return s.db.copyFrom(from.db)
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// DB is the database, for the sessions.
func (s *Store) DB() *sql.DB { return s.db.DB }

// IsPostgres reports whether the database is PostgreSQL.
func (s *Store) IsPostgres() bool { return s.db.postgres }

// names are those an account may have: they are written into the history and into addresses.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// oneTimeFor is how long a password for one use is good.
const oneTimeFor = 72 * time.Hour

// Add makes an account and returns its password for one use. by is who makes it.
func (s *Store) Add(by, name, fullName string, grants []Grant) (password string, err error) {
	switch {
	case !names.MatchString(name):
		return "", &RefusedError{fmt.Sprintf("%q cannot be the name of an account; use small letters, digits, dots and "+
			"hyphens, up to 64, such as j.smith", name)}
	case len(grants) == 0:
		return "", &RefusedError{"the account has no role; give it one, such as viewer"}
	}
	password = oneTimePassword()
	now := s.now()
	err = s.change(by, name, "added as "+grantWords(grants), func(tx *transaction) error {
		found, err := tx.Exec(`INSERT INTO account (name, full_name, password, one_time, expires, created)
			VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`,
			name, strings.TrimSpace(fullName), hashOf(password), now.Add(oneTimeFor).Unix(), now.Unix())
		if err != nil {
			return err
		}
		if n, err := found.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &RefusedError{fmt.Sprintf("there is an account %s already", name)})
		}
		return setGrants(tx, name, grants)
	})
	return password, err
}

// SetBack gives an account a new password for one use, takes its second factor and its lock
// off, and ends its sessions where the caller does that, too. by is who does it.
func (s *Store) SetBack(by, name string) (password string, err error) {
	password = oneTimePassword()
	err = s.change(by, name, "password set back", func(tx *transaction) error {
		if err := vouchedFor(tx, name); err != nil {
			return err
		}
		return one(tx.Exec(`UPDATE account SET password = ?, one_time = 1, expires = ?, secret = '', failures = 0,
			locked_until = 0 WHERE name = ?`, hashOf(password), s.now().Add(oneTimeFor).Unix(), name))
	})
	return password, err
}

// SetGrants replaces the roles of an account.
func (s *Store) SetGrants(by, name string, grants []Grant) error {
	if len(grants) == 0 {
		return &RefusedError{"the account would have no role; give it one, or disable it"}
	}
	return s.change(by, name, "roles set to "+grantWords(grants), func(tx *transaction) error {
		if err := vouchedFor(tx, name); err != nil {
			return err
		}
		return setGrants(tx, name, grants)
	})
}

// SetDisabled keeps an account from logging in, or lets it again. An account is never removed:
// its name stays in the history.
func (s *Store) SetDisabled(by, name string, disabled bool) error {
	what := map[bool]string{true: "disabled", false: "enabled"}[disabled]
	return s.change(by, name, what, func(tx *transaction) error {
		return one(tx.Exec("UPDATE account SET disabled = ? WHERE name = ?", disabled, name))
	})
}

func setGrants(tx *transaction, name string, grants []Grant) error {
	if _, err := tx.Exec("DELETE FROM access WHERE account = ?", name); err != nil {
		return err
	}
	for _, g := range grants {
		if _, err := tx.Exec("INSERT INTO access VALUES (?, ?, ?) ON CONFLICT DO NOTHING", name, string(g.Role), g.Offer); err != nil {
			return err
		}
	}
	return nil
}

func grantWords(grants []Grant) string {
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = g.String()
	}
	return strings.Join(words, ", ")
}

// one is ErrNoAccount if a statement changed no account.
func one(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNoAccount)
	}
	return nil
}

// change does something to an account, with an event of who did it, or nothing at all.
func (s *Store) change(by, name, what string, do func(*transaction) error) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to roll back after the commit
	if err := do(tx); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO event (at, actor, account, what) VALUES (?, ?, ?, ?)", s.now().Unix(), by, name,
		what); err != nil {
		return err
	}
	return tx.Commit()
}

// Event is something that was done to an account.
type Event struct {
	At      time.Time
	By      string // who did it
	Account string
	What    string
	Address string // from where, "" if that is not known
}

// Events are the newest events of all accounts, at most so many.
func (s *Store) Events(most int) (all []Event, err error) {
	rows, err := s.db.Query("SELECT at, actor, account, what, address FROM event ORDER BY at DESC, rowid DESC LIMIT ?", most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		var at int64
		if err := rows.Scan(&at, &e.By, &e.Account, &e.What, &e.Address); err != nil {
			return nil, err
		}
		e.At = time.Unix(at, 0)
		all = append(all, e)
	}
	return all, rows.Err()
}

const columns = `name, full_name, subject, one_time, expires, secret <> '', disabled, locked_until, created, password`

// Accounts are all accounts by name.
func (s *Store) Accounts() ([]*Account, error) {
	return s.accounts("SELECT " + columns + " FROM account ORDER BY name")
}

// Account is the account of a name; it is [ErrNoAccount] if there is none.
func (s *Store) Account(name string) (*Account, error) {
	all, err := s.accounts("SELECT "+columns+" FROM account WHERE name = ?", name)
	if err == nil && len(all) == 0 {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (s *Store) accounts(query string, args ...any) (all []*Account, err error) {
	grants, err := s.grants()
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		a := &Account{}
		var expires, locked, created int64
		var password string
		if err := rows.Scan(&a.Name, &a.FullName, &a.Subject, &a.OneTime, &expires, &a.HasSecond, &a.Disabled, &locked,
			&created, &password); err != nil {
			return nil, err
		}
		if a.OneTime {
			a.Expires = time.Unix(expires, 0)
		}
		if until := time.Unix(locked, 0); until.After(s.now()) {
			a.LockedUntil = until
		}
		a.login = sha256.Sum256([]byte(password + "\x00" + a.Subject))
		a.Created, a.Grants = time.Unix(created, 0), grants[a.Name]
		all = append(all, a)
	}
	return all, rows.Err()
}

// grants are the roles by account.
func (s *Store) grants() (map[string][]Grant, error) {
	rows, err := s.db.Query("SELECT account, role, offer FROM access ORDER BY account, role, offer")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string][]Grant{}
	for rows.Next() {
		var name string
		var g Grant
		if err := rows.Scan(&name, &g.Role, &g.Offer); err != nil {
			return nil, err
		}
		all[name] = append(all[name], g)
	}
	return all, rows.Err()
}

// Secret is a random value of 32 bytes that this installation keeps under a name, made when it is
// first asked for.
func (s *Store) Secret(name string) (value []byte, err error) {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // it never fails
	if _, err := s.db.Exec("INSERT INTO secret VALUES (?, ?) ON CONFLICT DO NOTHING", name, fresh); err != nil {
		return nil, err
	}
	err = s.db.QueryRow("SELECT value FROM secret WHERE name = ?", name).Scan(&value)
	return value, err
}
