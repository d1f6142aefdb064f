package shared

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Turn does something that only one machine does at a time, such as reading a channel, and only once a period has passed
// since it was done last, on whichever machine. took is false if it was not the turn of this one. memory is what the turn
// before left, nil at the first; what do leaves there is for the next one, unless do has an error.
//
// The turn is held by a lock of a connection. If that is lost, the context of do is done, as another machine may have
// the turn by then, and nothing is remembered: what do does beside must be kept by [Offers.Work].
func (s *Offers) Turn(ctx context.Context, name string, every time.Duration,
	do func(ctx context.Context, memory *[]byte) error) (took bool, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	t := &turn{name: name, conn: conn}
	defer t.end()
	memory, due, err := t.begin(ctx, every)
	if err != nil || !due {
		return false, err
	}
	within, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); t.watch(within, stop) }()
	before := bytes.Clone(memory)
	err = do(within, &memory)
	stop(nil)
	<-watched
	if t.lost != nil {
		return true, errors.Join(err, t.lost)
	}
	if ctx.Err() != nil {
		return true, err // it was broken off, and another machine may take the turn at once
	}
	return true, errors.Join(err, t.keep(ctx, s.config.Holder, memory, err == nil && !bytes.Equal(before, memory)))
}

// turn is a turn while it lasts.
type turn struct {
	name   string
	conn   *pgxpool.Conn
	locked bool
	lost   error // why the connection, and the lock with it, is lost
}

// begin takes the lock, and reports whether it is time.
func (t *turn) begin(ctx context.Context, every time.Duration) (memory []byte, due bool, err error) {
	err = t.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended('batch-turn:' || $1, 0))", t.name).Scan(&t.locked)
	if err != nil || !t.locked {
		return nil, false, err
	}
	if _, err = t.conn.Exec(ctx, "INSERT INTO batch_turn (name, ended) VALUES ($1, '-infinity') ON CONFLICT DO NOTHING", t.name); err != nil {
		return nil, false, err
	}
	err = t.conn.QueryRow(ctx, `SELECT memory, ended <= batch_now() - make_interval(secs => $2) OR ended > batch_now()
		FROM batch_turn WHERE name = $1`, t.name, every.Seconds()).Scan(&memory, &due)
	return memory, due, err
}

// watch ends the turn if its connection is lost, until the context is done.
func (t *turn) watch(ctx context.Context, stop context.CancelCauseFunc) {
	for sleep(ctx, watchEvery) {
		if err := ping(context.WithoutCancel(ctx), t.conn); err != nil {
			t.lost = fmt.Errorf("the turn of %s was lost, as the connection to the database was: %w", t.name, err)
			stop(t.lost)
			return
		}
	}
}

// watchEvery is how often the connection of a turn is looked at.
const watchEvery = 2 * time.Second

// keep notes that the turn is over, and what is to be remembered. The lock is of the same connection: what it notes, no
// other machine has the turn for.
func (t *turn) keep(ctx context.Context, holder string, memory []byte, remembers bool) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), pingWithin)
	defer stop()
	_, err := t.conn.Exec(ctx, `UPDATE batch_turn SET ended = batch_now(), holder = $2, memory = CASE WHEN $4 THEN $3 ELSE memory END
		WHERE name = $1`, t.name, holder, memory, remembers)
	if err != nil {
		return fmt.Errorf("what the turn of %s did is not remembered, and is looked at again: %w", t.name, err)
	}
	return nil
}

// end gives the lock back, if it is still there.
func (t *turn) end() {
	ctx, stop := context.WithTimeout(context.Background(), pingWithin)
	defer stop()
	was := !t.locked
	var err error
	if t.locked && t.lost == nil {
		err = t.conn.QueryRow(ctx, "SELECT pg_advisory_unlock(hashtextextended('batch-turn:' || $1, 0))", t.name).Scan(&was)
	}
	if err != nil || !was {
		_ = t.conn.Conn().Close(ctx) // closed, it gives back whatever it has
	}
	t.conn.Release()
}

// ReleasedSince are the offers of which a run was released since a time, by name.
func (s *Offers) ReleasedSince(ctx context.Context, since time.Time) (names []string, err error) {
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT offer FROM batch_entry WHERE event = 'released'
		AND (body::json ->> 'at')::timestamptz > $1 ORDER BY offer`, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
