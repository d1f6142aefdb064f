package account

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp/totp"
)

// errWrong is the one answer to a login that fails: it does not say whether there is an account.
var errWrong = &RefusedError{"the name, the password or the code is wrong; try again, or ask an administrator to set the " +
	"password back"}

// ErrCodeNeeded says that name and password are right, and a code is asked for.
var ErrCodeNeeded = &RefusedError{"enter the code of your authenticator app, too"}

// The delays after wrong passwords: none at first, then one that doubles up to an hour.
const (
	freeFailures = 5
	firstDelay   = 30 * time.Second
	longestDelay = time.Hour
)

// delayAfter is how long no login is tried after so many wrong ones.
func delayAfter(failures int) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(firstDelay<<min(failures-freeFailures, 10), longestDelay)
}

// credentials are what a login is compared with.
type credentials struct {
	password, secret          string
	oneTime, disabled         bool
	expires, locked, lastCode int64
}

// Login returns the account if name, password and, where there is a second factor, the code are
// right. Every failure of one account delays its next try; while that lasts the answer is
// the same for right and wrong. address is where it comes from.
func (s *Store) Login(name, password, code, address string) (*Account, error) {
	c, err := s.credentials(name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		matches(noAccount(), password) // takes as long
		return nil, errWrong
	case err != nil:
		return nil, err
	}
	if until := time.Unix(c.locked, 0); until.After(s.now()) {
		return nil, &RefusedError{fmt.Sprintf("too many wrong logins; try again in %s",
			until.Sub(s.now()).Round(time.Second))}
	}
	right := matches(cmp.Or(c.password, noAccount()), password) && c.password != "" && !c.disabled
	if c.oneTime && s.now().Unix() >= c.expires {
		right = false
	}
	if right && c.secret != "" && code == "" {
		return nil, ErrCodeNeeded
	}
	period, codeRight := int64(0), true
	if right && c.secret != "" {
		period, codeRight = s.codeMatches(c.secret, code, c.lastCode)
	}
	if !right || !codeRight {
		return nil, s.failed(name, address)
	}
	err = s.note(name, "logged in", address, func(tx *transaction) error {
		return one(tx.Exec("UPDATE account SET failures = 0, locked_until = 0, last_code = ? WHERE name = ?"+asChecked,
			max(period, c.lastCode), name, c.password, c.lastCode))
	})
	if errors.Is(err, ErrNoAccount) {
		return nil, s.failed(name, address)
	}
	if err != nil {
		return nil, err
	}
	return s.Account(name)
}

func (s *Store) credentials(name string) (c credentials, err error) {
	err = s.db.QueryRow(`SELECT password, secret, one_time, disabled, expires, locked_until, last_code
		FROM account WHERE name = ?`, name).Scan(&c.password, &c.secret, &c.oneTime, &c.disabled, &c.expires, &c.locked,
		&c.lastCode)
	return c, err
}

// asChecked has a statement change an account only while it has the password and the last code that
// were compared: comparing takes long, and of two at the same moment, one would come with what counts once.
const asChecked = " AND password = ? AND last_code = ?"

// failed counts a wrong login and delays the next. The count is that of the file, so that
// guesses at once count each.
func (s *Store) failed(name, address string) error {
	err := s.note(name, "login failed", address, func(tx *transaction) error {
		var failures int
		err := tx.QueryRow("UPDATE account SET failures = failures + 1 WHERE name = ? RETURNING failures", name).Scan(&failures)
		if err == nil {
			_, err = tx.Exec("UPDATE account SET locked_until = ? WHERE name = ?",
				s.now().Add(delayAfter(failures)).Unix(), name)
		}
		return err
	})
	return cmp.Or[error](err, errWrong)
}

// note changes an account, with an event of where that came from.
func (s *Store) note(name, what, address string, do func(*transaction) error) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to roll back after the commit
	if err := do(tx); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO event VALUES (?, ?, ?, ?, ?)", s.now().Unix(), name, name, what, address); err != nil {
		return err
	}
	return tx.Commit()
}

// codePeriod is how long a code of the second factor is shown (RFC 6238).
const codePeriod = 30

// codeMatches reports whether a code is that of now, or of the period before or after, and in
// which period. A code is used once only.
func (s *Store) codeMatches(secret, code string, last int64) (period int64, ok bool) {
	now := s.now()
	for away := int64(-1); away <= 1; away++ {
		at := now.Add(time.Duration(away) * codePeriod * time.Second)
		period = at.Unix() / codePeriod
		if want, err := totp.GenerateCode(secret, at); err == nil && want == code && period > last {
			return period, true
		}
	}
	return 0, false
}

// ChangePassword replaces the password of an account by one of its own choice. The old one, or
// the one for one use, must be right.
func (s *Store) ChangePassword(name, old, password string) error {
	c, err := s.credentials(name)
	if err != nil {
		return err
	}
	wrong := &RefusedError{"the present password is wrong"}
	if !matches(c.password, old) {
		return wrong
	}
	if err := checkPassword(name, password, old); err != nil {
		return err
	}
	err = s.change(name, name, "changed the password", func(tx *transaction) error {
		if err := vouchedFor(tx, name); err != nil {
			return err
		}
		return one(tx.Exec("UPDATE account SET password = ?, one_time = 0, expires = 0 WHERE name = ?"+asChecked, hashOf(password),
			name, c.password, c.lastCode))
	})
	if errors.Is(err, ErrNoAccount) {
		return wrong
	}
	return err
}

// NewSecond is a secret for a second factor of an account, and the address by which an
// authenticator app takes it. It counts once [Store.SetSecond] was given a code of it.
func NewSecond(name string) (secret, address string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "batch", AccountName: name})
	if err != nil {
		return "", "", err
	}
	return key.Secret(), key.URL(), nil
}

// SetSecond has an account give a code at each login from now on; code shows that its app has the
// secret. The secret "" takes the second factor off, with a code of the old one.
func (s *Store) SetSecond(name, secret, code string) error {
	c, err := s.credentials(name)
	if err != nil {
		return err
	}
	wrong := &RefusedError{"the code is not right; compare the clock of your device, and enter the code that it shows now"}
	period, ok := s.codeMatches(cmp.Or(secret, c.secret), code, c.lastCode)
	if !ok {
		return wrong
	}
	what := "added a second factor"
	if secret == "" {
		what = "took the second factor off"
	}
	err = s.change(name, name, what, func(tx *transaction) error {
		if err := vouchedFor(tx, name); err != nil {
			return err
		}
		return one(tx.Exec("UPDATE account SET secret = ?, last_code = ? WHERE name = ?"+asChecked, secret, period, name,
			c.password, c.lastCode))
	})
	if errors.Is(err, ErrNoAccount) {
		return wrong
	}
	return err
}
