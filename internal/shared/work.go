package shared

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
)

// ErrOvertaken says that other work on the offer began since, so that nothing of this one was kept: the lock was
// lost meanwhile, as when the database was started again or the process was stopped for a while.
var ErrOvertaken = errors.New("other work on the offer has begun since: the connection to the database was lost meanwhile, " +
	"and nothing of this work was kept; it is done again")

// work is one work on an offer.
type work struct {
	offers *Offers
	name   string
	conn   *pgxpool.Conn // has the offer's lock, as long as it lasts
	term   int64
	token  string
	head   Head // as the work began
	files  tree // of the offer, as the work began
}

// errNoOffer says that there is no offer of a name.
func errNoOffer(name string) error {
	return fmt.Errorf("there is no offer %q in the database; see the list with \"batch queue\", or bring it there with "+
		"\"batch push\"", name)
}

// lock takes the advisory lock of the offer for a connection.
func lock(ctx context.Context, conn *pgxpool.Conn, name string, wait time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, wait)
	defer stop()
	for {
		var got bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended('batch:' || $1, 0))", name).Scan(&got); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				return ledger.ErrBusy
			}
			return err
		}
		if got {
			return nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ledger.ErrBusy
			}
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// lockPoll is how often a lock that others have is tried.
const lockPoll = 100 * time.Millisecond

// begin begins work on an offer: it takes the lock, and makes every work before it one that was overtaken.
func (s *Offers) begin(ctx context.Context, name string) (w *work, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	w = &work{offers: s, name: name, conn: conn, token: newToken()}
	if err := lock(ctx, conn, name, s.config.Wait); err != nil {
		w.release()
		return nil, err
	}
	var now time.Time
	err = conn.QueryRow(ctx, `UPDATE batch_offer SET term = term + 1, token = $2, holder = $3 WHERE name = $1
		RETURNING term, count, hash, inputs, latest, final, made, batch_now()`, name, w.token, s.config.Holder).
		Scan(&w.term, &w.head.Count, &w.head.Hash, &w.head.Inputs, &w.head.Latest, &w.head.Final, &w.head.Made, &now)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoOffer(name)
	}
	if err == nil {
		w.files, err = readTree(ctx, conn, name)
	}
	if err != nil {
		w.end()
		return nil, err
	}
	w.head.Name = name
	s.setClock(now)
	return w, nil
}

// newToken names a work, so that what it puts into the storage is apart from that of every other.
func newToken() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// end gives the lock back, if it is still there.
func (w *work) end() {
	if w.conn == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), pingWithin)
	defer stop()
	var was bool
	err := w.conn.QueryRow(ctx, "SELECT pg_advisory_unlock(hashtextextended('batch:' || $1, 0))", w.name).Scan(&was)
	if err != nil || !was {
		w.drop()
		return
	}
	w.release()
}

// drop closes the connection, which is not one that others should get: closed, it gives back whatever it has.
func (w *work) drop() {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = w.conn.Conn().Close(ctx) // if it cannot be closed, the database ends it
	w.release()
}

func (w *work) release() {
	w.conn.Release()
	w.conn = nil
}

// reconnect takes another connection and the lock again where the first is broken. Whether other work began
// meanwhile the commit finds out.
func (w *work) reconnect(ctx context.Context) error {
	if w.conn != nil {
		if ping(ctx, w.conn) == nil {
			return nil
		}
		w.drop() // first, as all works may lose theirs at once, and there are no more connections than works
	}
	conn, err := w.offers.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	err = lock(ctx, conn, w.name, w.offers.config.Wait)
	if errors.Is(err, ledger.ErrBusy) {
		err = errors.Join(err, w.overtaken(ctx, conn))
	}
	if err != nil {
		conn.Release()
		return err
	}
	w.conn = conn
	return nil
}

// overtaken is [ErrOvertaken] if other work has begun since.
func (w *work) overtaken(ctx context.Context, conn *pgxpool.Conn) error {
	var is bool
	err := conn.QueryRow(ctx, "SELECT term <> $2 OR token <> $3 FROM batch_offer WHERE name = $1", w.name, w.term, w.token).Scan(&is)
	if err == nil && is {
		return ErrOvertaken
	}
	return err
}

// pingWithin is as long as a connection may give no answer: one that was cut may never say so.
const pingWithin = 10 * time.Second

func ping(ctx context.Context, conn *pgxpool.Conn) error {
	ctx, stop := context.WithTimeout(ctx, pingWithin)
	defer stop()
	return conn.Ping(ctx)
}

// querier is a connection, a transaction, or the pool. What work asks goes over its own connection: if each had to wait
// for a second one, all could wait for ever.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// readTree reads the files of an offer from the database.
func readTree(ctx context.Context, db querier, name string) (tree, error) {
	rows, err := db.Query(ctx, `SELECT path, sha256, bytes, modified, owner FROM batch_file JOIN batch_content USING (offer, sha256)
		WHERE offer = $1`, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := tree{}
	for rows.Next() {
		var f file
		if err := rows.Scan(&f.path, &f.sha256, &f.bytes, &f.modified, &f.owner); err != nil {
			return nil, err
		}
		f.modified = f.modified.UTC()
		all[f.path] = f
	}
	return all, rows.Err()
}

// readRows reads the history of an offer from the database, after an entry.
func readRows(ctx context.Context, db querier, name string, after int64) (all []ledger.Row, err error) {
	rows, err := db.Query(ctx, "SELECT seq, body, hash FROM batch_entry WHERE offer = $1 AND seq > $2 ORDER BY seq", name, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r ledger.Row
		if err := rows.Scan(&r.Seq, &r.Body, &r.Hash); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Work does something with an offer in a folder that is as the database says, and commits what is new in it then,
// also if it failed: the history has failures, too. The error is that of do, or [ledger.ErrBusy] if others have the
// offer, [ErrOvertaken] if nothing was kept, or one of the database or the storage, most of which pass. What
// others are to hear of the work is for [kept.Then].
func (s *Offers) Work(ctx context.Context, name string, do func(ctx context.Context, folder string) error) error {
	defer s.one.take(name)()
	w, err := s.begin(ctx, name)
	if err != nil {
		return err
	}
	defer w.end()
	folder := s.Folder(name)
	if err := s.bring(ctx, w.conn, folder, w.head, w.files); err != nil {
		return err
	}
	whole := false
	defer func() {
		if !whole { // it panicked, and the process may go on
			_ = s.discard(name) // the panic says what is wrong
		}
	}()
	within, then := kept.Within(ctx)
	done := do(within, folder)
	whole = true
	// A work that was asked to stop has noted that, and it is kept.
	keeping, stop := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer stop()
	if err := w.commit(keeping, folder); err != nil {
		return errors.Join(err, s.discard(name))
	}
	then()
	return done
}

// commitWithin is as long as a commit may take, most of which is putting contents into the storage.
const commitWithin = 15 * time.Minute

// Refresh brings the mirror of an offer to where the database is, for reading. It does nothing where it is there
// already.
func (s *Offers) Refresh(ctx context.Context, name string) error {
	defer s.one.take(name)()
	var head Head
	var files tree
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		head = Head{Name: name}
		err := tx.QueryRow(ctx, "SELECT count, hash, inputs, latest, final FROM batch_offer WHERE name = $1", name).
			Scan(&head.Count, &head.Hash, &head.Inputs, &head.Latest, &head.Final)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoOffer(name)
		}
		if err != nil || s.isAt(head) {
			return err
		}
		files, err = readTree(ctx, tx, name)
		return err
	})
	if err != nil || files == nil {
		return err
	}
	return s.bring(ctx, s.pool, s.Folder(name), head, files)
}

// isUnique reports whether an error is that of a rule that something is there once, and of which index.
func isUnique(err error) (index string, is bool) {
	refused := new(pgconn.PgError)
	if errors.As(err, &refused) && refused.Code == "23505" {
		return refused.ConstraintName, true
	}
	return "", false
}
