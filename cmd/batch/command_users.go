package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/account"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/tender"
)

func newUsersCommand(w world) *cobra.Command {
	var folder, database string
	c := &cobra.Command{
		Use:   "users",
		Short: "Look after the accounts of the console",
		Long: `users adds and changes the accounts of people who use the pages that batch serve
--console shows. They are kept in accounts.db in the folder of the offers, or in the
database with --database.

A viewer sees figures, with participants under pseudonyms; a preparer takes care of
files, findings and runs; an approver releases what another person prepared; an admin
looks after accounts. A role counts for all offers, or for one: preparer:level3-2004.`,
		Example: `  batch users add j.smith --role preparer --in /srv/offers
  batch users list --in /srv/offers`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVar(&folder, "in", ".", "the `FOLDER` of the offers, as batch serve has it")
	c.PersistentFlags().StringVar(&database, "database", "", "the `ADDRESS` of the database that has the accounts, without a "+
		"password (default: $"+databaseEnv+")")
	with := func(do func(*account.Store) error) error {
		at := sharedPlace{database: database}
		at.given(w)
		store, err := w.accounts(context.Background(), folder, at.database)
		if err != nil {
			return err
		}
		return errors.Join(asUsage(do(store)), store.Close())
	}
	c.AddCommand(newAddUserCommand(w, with), newListUsersCommand(w, with), newSetUserCommand(w, with))
	return c
}

// asUsage has what is refused be an error of usage.
func asUsage(err error) error {
	var wrong *account.RefusedError
	if errors.As(err, &wrong) {
		return &offerfolder.UsageError{Message: wrong.Message}
	}
	if errors.Is(err, account.ErrNoAccount) {
		return &offerfolder.UsageError{Message: "there is no account of that name; batch users list shows those there are"}
	}
	return err
}

func newAddUserCommand(w world, with func(func(*account.Store) error) error) *cobra.Command {
	var roles []string
	var fullName string
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add an account and print its password for one use",
		Args:  exactly("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			grants, err := grantsOf(roles)
			if err != nil {
				return usage(c, err)
			}
			return with(func(s *account.Store) error {
				password, err := s.Add(w.by, args[0], fullName, grants)
				if err != nil {
					return err
				}
				return w.sayLine("account %s: password for one use, within three days: %s", args[0], password)
			})
		},
	}
	c.Flags().StringArrayVar(&roles, "role", nil, "`ROLE` of the account: viewer, preparer, approver or admin, or ROLE:OFFER "+
		"for one offer (needed; may be given several times)")
	c.Flags().StringVar(&fullName, "full-name", "", "the person's `NAME`, for the pages")
	return c
}

func grantsOf(roles []string) (grants []account.Grant, err error) {
	for _, text := range roles {
		g, err := account.ParseGrant(text)
		if err != nil {
			return nil, fmt.Errorf("--role: %w", err)
		}
		grants = append(grants, g)
	}
	return grants, nil
}

func newListUsersCommand(w world, with func(func(*account.Store) error) error) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the accounts and their roles",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return with(func(s *account.Store) error {
				all, err := s.Accounts()
				if err != nil {
					return err
				}
				if asJSON {
					return encode(w.stdout, map[string]any{"accounts": all})
				}
				return printUsers(w, all)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

func printUsers(w world, all []*account.Account) error {
	p := printout.New(w.stdout)
	rows := [][]string{{"name", "roles", "state", "full name"}}
	for _, a := range all {
		roles := make([]string, len(a.Grants))
		for i, g := range a.Grants {
			roles[i] = g.String()
		}
		state := "active"
		switch {
		case a.Disabled:
			state = "disabled"
		case !a.LockedUntil.IsZero():
			state = "locked until " + tender.WallTime(a.LockedUntil, w.now().Location())
		case a.OneTime:
			state = "password for one use"
		}
		rows = append(rows, []string{a.Name, strings.Join(roles, ", "), state, a.FullName})
	}
	p.Table(rows)
	return p.Err()
}

func newSetUserCommand(w world, with func(func(*account.Store) error) error) *cobra.Command {
	var roles []string
	var subject string
	var reset, disable, enable bool
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "Change the roles of an account, set its password back, disable or enable it",
		Args:  exactly("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			grants, err := grantsOf(roles)
			if err == nil && disable && enable {
				err = errors.New("--disable and --enable exclude one another")
			}
			if err == nil && len(grants) == 0 && subject == "" && !reset && !disable && !enable {
				err = errors.New("there is nothing to change; give --role, --subject, --reset, --disable or --enable")
			}
			if err != nil {
				return usage(c, err)
			}
			return with(func(s *account.Store) error {
				if subject != "" {
					if err := s.Link(w.by, args[0], subject); err != nil {
						return err
					}
				}
				return w.setUser(s, args[0], grants, reset, disable, enable)
			})
		},
	}
	c.Flags().StringArrayVar(&roles, "role", nil, "the `ROLE`s that the account has from now on, in place of those it had")
	c.Flags().StringVar(&subject, "subject", "", "have the identity provider vouch for the account: "+
		"\"`ISSUER SUBJECT`\", as its tokens name the person; its password is removed")
	c.Flags().BoolVar(&reset, "reset", false, "give a new password for one use, and take the second factor off")
	c.Flags().BoolVar(&disable, "disable", false, "keep the account from logging in")
	c.Flags().BoolVar(&enable, "enable", false, "let the account log in again")
	return c
}

func (w world) setUser(s *account.Store, name string, grants []account.Grant, reset, disable, enable bool) error {
	if len(grants) > 0 {
		if err := s.SetGrants(w.by, name, grants); err != nil {
			return err
		}
	}
	if disable || enable {
		if err := s.SetDisabled(w.by, name, disable); err != nil {
			return err
		}
	}
	if !reset {
		return w.sayLine("account %s changed", name)
	}
	password, err := s.SetBack(w.by, name)
	if err != nil {
		return err
	}
	return w.sayLine("account %s: password for one use, within three days: %s", name, password)
}

// sayLine prints a line.
func (w world) sayLine(format string, args ...any) error {
	p := printout.New(w.stdout)
	p.Linef(format, args...)
	return p.Err()
}
