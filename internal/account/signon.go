package account

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SignOn returns the account of a person whom the identity provider vouches for, with the roles
// that it gives today. The subject is the person: the account keeps its name, also when the
// provider calls the person differently, so that the history goes on knowing them. A first login
// makes the account; one without a role is refused, and takes the roles of before away.
func (s *Store) SignOn(subject, name, fullName string, grants []Grant, address string) (*Account, error) {
	if subject == "" {
		return nil, &RefusedError{"the identity provider does not say who this is"}
	}
	a, err := s.bySubject(subject)
	if errors.Is(err, ErrNoAccount) {
		err = s.addSubject(subject, name, fullName, grants)
		if now, missing := s.bySubject(subject); missing == nil { // made now, be it by another login of the same person
			a, err = now, nil
		}
	}
	switch {
	case err != nil:
		return nil, err
	case a.Disabled:
		return nil, &RefusedError{"this account is disabled; ask an administrator"}
	}
	what := "logged in by the identity provider"
	switch {
	case len(grants) == 0:
		what = "has no role at the identity provider"
	case !sameGrants(a.Grants, grants):
		what += ", roles now " + grantWords(grants)
	}
	err = s.note(a.Name, what, address, func(tx *transaction) error {
		err := one(tx.Exec("UPDATE account SET full_name = ? WHERE name = ?", strings.TrimSpace(fullName), a.Name))
		if err != nil {
			return err
		}
		return setGrants(tx, a.Name, grants)
	})
	switch {
	case err != nil:
		return nil, err
	case len(grants) == 0:
		return nil, &RefusedError{"the identity provider gives you no role here; ask who looks after its groups"}
	}
	return s.Account(a.Name)
}

// bySubject is the account of a person; it is [ErrNoAccount] if they have none.
func (s *Store) bySubject(subject string) (*Account, error) {
	all, err := s.accounts("SELECT "+columns+" FROM account WHERE subject = ?", subject)
	if err == nil && len(all) == 0 {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// addSubject makes the account of a person. A name that another account has is refused, never
// shared: the other one may be a person with a password, or one who had the name before.
func (s *Store) addSubject(subject, name, fullName string, grants []Grant) error {
	switch {
	case len(grants) == 0:
		return &RefusedError{"the identity provider gives you no role here; ask who looks after its groups"}
	case !names.MatchString(name):
		return &RefusedError{fmt.Sprintf("the identity provider calls you %q, which cannot be the name of an account; ask "+
			"who runs this console to choose another name_claim", name)}
	}
	return s.change(name, name, "added by the identity provider as "+grantWords(grants), func(tx *transaction) error {
		found, err := tx.Exec(`INSERT INTO account (name, full_name, subject, password, one_time, expires, created)
			VALUES (?, ?, ?, '', 0, 0, ?) ON CONFLICT DO NOTHING`, name, strings.TrimSpace(fullName), subject, s.now().Unix())
		if err != nil {
			return err
		}
		if n, err := found.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &RefusedError{fmt.Sprintf("the name %s belongs to another account here; an administrator "+
				"can link that account to you, if it is yours: batch users set %s --subject", name, name)})
		}
		return setGrants(tx, name, grants)
	})
}

func sameGrants(a, b []Grant) bool {
	words := func(all []Grant) string {
		list := strings.Split(grantWords(all), ", ")
		slices.Sort(list)
		return strings.Join(slices.Compact(list), ", ")
	}
	return words(a) == words(b)
}

// Link has the identity provider vouch for an account from now on: its password and its second
// factor are removed. subject is the issuer and the subject, with a space between. by is who does it.
func (s *Store) Link(by, name, subject string) error {
	if issuer, sub, _ := strings.Cut(subject, " "); issuer == "" || sub == "" {
		return &RefusedError{"write the subject as the address of the issuer, a space, and the subject that its tokens have"}
	}
	err := s.change(by, name, "linked to the identity provider's "+subject, func(tx *transaction) error {
		return one(tx.Exec(`UPDATE account SET subject = ?, password = '', one_time = 0, expires = 0, secret = ''
			WHERE name = ?`, subject, name))
	})
	if err == nil || errors.Is(err, ErrNoAccount) {
		return err
	}
	if other, missing := s.bySubject(subject); missing == nil && other.Name != name { // the database lets no second one have it
		return &RefusedError{fmt.Sprintf("that person has the account %s already; one person has one account", other.Name)}
	}
	return err
}

// vouchedFor is an error for an account for which the identity provider vouches: it has no password,
// no second factor and no roles of its own here.
func vouchedFor(tx *transaction, name string) error {
	var subject string
	query := "SELECT subject FROM account WHERE name = ?"
	if tx.postgres {
		query += " FOR UPDATE" // it is not linked before what follows is done; SQLite has one writer at a time
	}
	err := tx.QueryRow(query, name).Scan(&subject)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNoAccount
	case err == nil && subject != "":
		return &RefusedError{"the identity provider vouches for this account: its roles and its login are changed there"}
	}
	return err
}
