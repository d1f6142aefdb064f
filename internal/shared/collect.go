package shared

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/storage"
)

// Garbage is what a work left in the storage that was not kept.
type Garbage struct {
	Offer, Token string
	Contents     int
	Bytes        int64
}

// Collect finds what works left in the storage that were not kept, and removes it unless it is only to list. The
// content of a work that goes on, and all that a commit named, stays.
func (s *Offers) Collect(ctx context.Context, remove bool) (all []Garbage, err error) {
	type prefix struct{ offer, token string }
	found := map[prefix][]storage.Info{}
	var order []prefix
	err = s.config.Store.List(ctx, "offers/", func(i storage.Info) error {
		part := strings.Split(i.Name, "/")
		if len(part) != 4 {
			return nil // not ours
		}
		p := prefix{part[1], part[2]}
		if found[p] == nil {
			order = append(order, p)
		}
		found[p] = append(found[p], i)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var strange error
	for _, p := range order {
		// Asked after the listing: a work that began since has another token, and one that was kept
		// since is in the database.
		used, err := s.isUsed(ctx, p.offer, p.token, remove)
		if errors.As(err, new(strangeError)) {
			strange = err
			continue
		}
		if err != nil {
			return all, err
		}
		if used {
			if found[p], err = s.unnamed(ctx, p.offer, p.token, found[p]); err != nil {
				return all, err
			}
		}
		if len(found[p]) == 0 {
			continue
		}
		g := Garbage{Offer: p.offer, Token: p.token, Contents: len(found[p])}
		for _, i := range found[p] {
			g.Bytes += i.Bytes
			if remove {
				if err := s.config.Store.Remove(ctx, i.Name); err != nil {
					return all, err
				}
			}
		}
		all = append(all, g)
	}
	return all, strange
}

// strangeError says that there are contents in the storage that no work of this database put there.
type strangeError struct{ offer, store string }

// Error implements error.
func (e strangeError) Error() string {
	return fmt.Sprintf("the storage %s has contents of the offer %q, which is not in the database; they are left as they are: "+
		"see whether this is the right storage of the database", e.store, e.offer)
}

// isUsed reports whether what a work put into the storage was kept, or may be yet. If it is to be removed, a work that lost
// its lock, and may go on all the same, is overtaken first, so that it does not name what is removed.
func (s *Offers) isUsed(ctx context.Context, offer, token string, remove bool) (used bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var last string
		err := tx.QueryRow(ctx, "SELECT token FROM batch_offer WHERE name = $1", offer).Scan(&last)
		if errors.Is(err, pgx.ErrNoRows) {
			return strangeError{offer, s.config.Store.String()}
		}
		if err != nil {
			return err
		}
		if last == token {
			var free bool
			if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended('batch:' || $1, 0))", offer).Scan(&free); err != nil {
				return err
			}
			if used = !free; used {
				return nil
			}
			if remove {
				if _, err := tx.Exec(ctx, "UPDATE batch_offer SET term = term + 1, token = '' WHERE name = $1 AND token = $2", offer,
					token); err != nil {
					return err
				}
			}
		}
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batch_content WHERE offer = $1 AND token = $2)
			OR EXISTS (SELECT FROM batch_commit WHERE offer = $1 AND token = $2)`, offer, token).Scan(&used)
	})
	return used, err
}

// unnamed are those contents of a work that was kept that nothing names any more: of runs that were pruned. While work on
// the offer goes on there are none.
func (s *Offers) unnamed(ctx context.Context, offer, token string, found []storage.Info) (all []storage.Info, err error) {
	var kept bool
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batch_commit WHERE offer = $1 AND token = $2)
		AND pg_try_advisory_xact_lock(hashtextextended('batch:' || $1, 0))`, offer, token).Scan(&kept)
	if err != nil || !kept {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, "SELECT sha256 FROM batch_content WHERE offer = $1 AND token = $2", offer, token)
	if err != nil {
		return nil, err
	}
	named, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if name := path.Base(i.Name); name != commitName && !slices.Contains(named, name) {
			all = append(all, i)
		}
	}
	return all, nil
}
