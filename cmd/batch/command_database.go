package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/account"
	"tenderbatch/internal/display"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// Variables that name the database and the storage where no flag does.
const (
	databaseEnv = "BATCH_DATABASE"
	storageEnv  = "BATCH_STORAGE"
)

// sharedPlace is where offers are kept on which several machines work.
type sharedPlace struct{ database, storage string }

// add adds the flags to a command.
func (p *sharedPlace) add(c *cobra.Command) {
	c.Flags().StringVar(&p.database, "database", "", "the `ADDRESS` of the database, such as postgres://batch@db.example.org/batch, "+
		"without a password (default: $"+databaseEnv+")")
	c.Flags().StringVar(&p.storage, "storage", "", "the `ADDRESS` of the storage: a folder, or s3://BUCKET/PREFIX (default: $"+
		storageEnv+")")
}

// given takes what no flag names from the environment and reports whether a database is named.
func (p *sharedPlace) given(w world) bool {
	p.database = cmp.Or(p.database, w.getenv(databaseEnv))
	p.storage = cmp.Or(p.storage, w.getenv(storageEnv))
	return p.database != ""
}

// check is an error of usage unless a database and a storage are named.
func (p *sharedPlace) check(c *cobra.Command, w world) error {
	switch {
	case !p.given(w):
		return usage(c, errors.New("no database is named; give it with --database, or in "+databaseEnv))
	case p.storage == "":
		return usage(c, errors.New("no storage is named; give it with --storage, or in "+storageEnv))
	}
	if err := shared.CheckAddress(p.database); err != nil {
		return usage(c, err)
	}
	return nil
}

// open opens the offers, for work in the folder mirror; "" where nothing is mirrored.
func (p *sharedPlace) open(ctx context.Context, w world, mirror string, connections int) (*shared.Offers, error) {
	store, err := storage.Open(ctx, p.storage, w.getenv)
	if err != nil {
		return nil, err
	}
	return shared.Open(ctx, shared.Config{Database: p.database, Store: store, Mirror: mirror, Holder: w.by, Now: w.now,
		Connections: int32(connections)})
}

// with does something with the offers of a command.
func (p *sharedPlace) with(w world, do func(ctx context.Context, s *shared.Offers, args []string) error) func(*cobra.Command,
	[]string) error {
	return func(c *cobra.Command, args []string) error {
		if err := p.check(c, w); err != nil {
			return err
		}
		s, err := p.open(c.Context(), w, "", 0)
		if err != nil {
			return err
		}
		defer s.Close()
		return do(c.Context(), s, args)
	}
}

func newPushCommand(w world) *cobra.Command {
	var at sharedPlace
	c := &cobra.Command{
		Use:   "push OFFER",
		Short: "Bring an offer, or what is new in it, to the database and the storage",
		Long: `push brings the offer in the folder OFFER to the database and the storage on which other
machines work, or what is new in it: entries of its history, runs, terms and reports. Every byte is compared with
what was published before. The folder stays as it is.`,
		Example: `  batch push level3-2004 --database postgres://batch@db.example.org/batch --storage s3://tenders/offers`,
		Args:    exactly("OFFER"),
		RunE: at.with(w, func(ctx context.Context, s *shared.Offers, args []string) error {
			name, err := nameOf(args[0])
			if err == nil {
				err = s.Push(ctx, args[0], name)
			}
			if err != nil {
				return err
			}
			return w.sayLine("%s is in the database as it is here", name)
		}),
	}
	at.add(c)
	return c
}

// nameOf is the name of an offer by its folder, whatever the way to it.
func nameOf(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	return filepath.Base(path), err
}

func newPullCommand(w world) *cobra.Command {
	var at sharedPlace
	c := &cobra.Command{
		Use:   "pull NAME",
		Short: "Bring an offer from the database into a folder",
		Long: `pull brings the offer NAME from the database and the storage into the folder of that name here,
which is empty, or was pulled before and has no run of its own since. Every byte is compared with what was published.`,
		Example: `  batch pull level3-2004 --database postgres://batch@db.example.org/batch --storage s3://tenders/offers`,
		Args:    exactly("NAME"),
		RunE: at.with(w, func(ctx context.Context, s *shared.Offers, args []string) error {
			name, err := nameOf(args[0])
			if err == nil {
				err = s.Pull(ctx, name, args[0])
			}
			if err != nil {
				return err
			}
			return w.sayLine("%s is here as it is in the database", args[0])
		}),
	}
	at.add(c)
	return c
}

func newGCCommand(w world) *cobra.Command {
	var at sharedPlace
	var dry bool
	c := &cobra.Command{
		Use:   "gc",
		Short: "Remove from the storage what runs left that were not kept",
		Long: `gc removes contents from the storage that belong to no run: what machines left that lost their
connection, or ended, before their work was kept. It never touches what was published or is being worked on.`,
		Example: `  batch gc --dry-run --database postgres://batch@db.example.org/batch --storage s3://tenders/offers`,
		Args:    cobra.NoArgs,
		RunE: at.with(w, func(ctx context.Context, s *shared.Offers, _ []string) error {
			all, err := s.Collect(ctx, !dry)
			bytes := int64(0)
			for _, g := range all {
				bytes += g.Bytes
				err = errors.Join(err, w.sayLine("%s: %s of the work %s", g.Offer,
					display.Plural(g.Contents, "content", "contents"), g.Token))
			}
			did := "removed"
			if dry {
				did = "would be removed"
			}
			return errors.Join(err, w.sayLine("%s: %s, %s", did, display.Plural(len(all), "work that was not kept",
				"works that were not kept"), display.MiB(bytes)))
		}),
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "list it only")
	at.add(c)
	return c
}

func newMigrateCommand(w world) *cobra.Command {
	var at sharedPlace
	var tables, back bool
	c := &cobra.Command{
		Use:   "migrate [FOLDER]",
		Short: "Move offers and accounts to a database and a storage, or back",
		Long: `migrate makes the tables of the database, or brings them up to this version, and brings every offer in
FOLDER, with its whole history, and the accounts of its console there. What is there already is brought forward. With --back
it brings all of them into FOLDER. Every byte is compared with what was published, on both sides.`,
		Example: `  batch migrate --tables --database postgres://owner@db.example.org/batch
  batch migrate /srv/offers --database postgres://batch@db.example.org/batch --storage s3://tenders/offers`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if tables == (len(args) == 1) || (tables && back) {
				return usage(c, errors.New("name the FOLDER of the offers, or give --tables"))
			}
			if tables {
				at.storage = "." // none is needed
			}
			if err := at.check(c, w); err != nil {
				return err
			}
			if !back {
				if err := makeTables(c.Context(), at.database, w); err != nil {
					return err
				}
			}
			if tables {
				return w.sayLine("the tables are there")
			}
			s, err := at.open(c.Context(), w, "", 0)
			if err != nil {
				return err
			}
			defer s.Close()
			if back {
				return w.migrateBack(c.Context(), s, at.database, args[0])
			}
			return w.migrate(c.Context(), s, at.database, args[0])
		},
	}
	c.Flags().BoolVar(&tables, "tables", false, "only make the tables, or bring them up to this version")
	c.Flags().BoolVar(&back, "back", false, "bring everything from the database into FOLDER")
	at.add(c)
	return c
}

// makeTables makes all tables: of the offers, of the queue, and of the accounts.
func makeTables(ctx context.Context, address string, w world) error {
	if err := shared.MakeTables(ctx, address); err != nil {
		return err
	}
	if err := queue.MakeTables(ctx, address); err != nil {
		return err
	}
	accounts, err := accountsIn(ctx, address, w)
	if err != nil {
		return err
	}
	return accounts.Close()
}

// accountsIn are the accounts in a database.
func accountsIn(ctx context.Context, address string, w world) (*account.Store, error) {
	db, err := shared.ConsoleDB(ctx, address)
	if err != nil {
		return nil, err
	}
	return account.OpenPostgres(db, w.now)
}

// migrate brings offers and accounts to the database.
func (w world) migrate(ctx context.Context, s *shared.Offers, address, folder string) error {
	folders, err := serve.Offers(folder)
	if err != nil {
		return err
	}
	for _, f := range folders {
		name, err := nameOf(f)
		if err == nil {
			err = s.Push(ctx, f, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if err := w.sayLine("%s is in the database", name); err != nil {
			return err
		}
	}
	path := filepath.Join(folder, account.FileName)
	if _, err := os.Stat(path); err != nil {
		return nil // no console was used
	}
	return w.copyAccounts(ctx, address, path, false)
}

// migrateBack brings offers and accounts from the database into a folder.
func (w world) migrateBack(ctx context.Context, s *shared.Offers, address, folder string) error {
	heads, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if err := s.Pull(ctx, h.Name, filepath.Join(folder, h.Name)); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		if err := w.sayLine("%s is in %s", h.Name, folder); err != nil {
			return err
		}
	}
	return w.copyAccounts(ctx, address, filepath.Join(folder, account.FileName), true)
}

// copyAccounts copies the accounts in a file to the database, or back; not where there are any already.
func (w world) copyAccounts(ctx context.Context, address, path string, back bool) error {
	there, err := accountsIn(ctx, address, w)
	if err != nil {
		return err
	}
	here, err := account.Open(path, w.now)
	if err != nil {
		return errors.Join(err, there.Close())
	}
	from, to := here, there
	if back {
		from, to = there, here
	}
	err = to.Copy(from)
	if refused := new(account.RefusedError); errors.As(err, &refused) {
		err = w.sayLine("accounts: %s", refused.Message)
	} else if err == nil {
		err = w.sayLine("the accounts are copied; who is logged in has to log in again")
	}
	return errors.Join(err, here.Close(), there.Close())
}
