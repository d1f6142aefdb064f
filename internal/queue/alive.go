package queue

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// live has the database know that this process lives, as long as the context lasts: by a lock that ends with the
// connection. It returns once that is known for the first time.
func (m *Member) live(ctx context.Context) error {
	conn, err := m.lockAlive(ctx)
	if err != nil {
		return err
	}
	m.alive.Go(func() {
		for {
			m.keepAlive(ctx, conn)
			for conn = nil; conn == nil; {
				if !sleep(ctx, time.Second) {
					return
				}
				if conn, err = m.lockAlive(ctx); err != nil {
					m.config.Log.Warn("the database does not answer; trying again", "error", err.Error())
				}
			}
		}
	})
	return nil
}

// lockAlive takes the lock by which a process is known to live.
func (m *Member) lockAlive(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := m.config.Offers.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('batch-member:' || $1, 0))", m.config.ID); err != nil {
		_ = conn.Conn().Close(ctx) // what it has is not known
		conn.Release()
		return nil, err
	}
	return conn, nil
}

// keepAlive watches a connection until it is lost or the context is done.
func (m *Member) keepAlive(ctx context.Context, conn *pgxpool.Conn) {
	for sleep(ctx, 5*time.Second) {
		if pinged(ctx, conn) != nil {
			break
		}
	}
	closing, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	_ = conn.Conn().Close(closing) // ends the lock; if it cannot be closed, the database ends it
	conn.Release()
}

// pinged is an error if a connection is lost, or gives no answer.
func pinged(ctx context.Context, conn *pgxpool.Conn) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	return conn.Ping(ctx)
}

// deadAfter is how long a process must have no connection to be taken for dead: longer than one that lives takes to notice
// that it lost its connection, and to get another.
const deadAfter = 15 * time.Second

// absentees are the processes that have jobs and no connection, and since when.
type absentees map[string]time.Time

// seen brings forward who is absent, and returns those that are dead.
func (a absentees) seen(now time.Time, absent []string) (dead []string) {
	for id := range a {
		if !slices.Contains(absent, id) {
			delete(a, id)
		}
	}
	for _, id := range absent {
		if _, known := a[id]; !known {
			a[id] = now
		}
		if now.Sub(a[id]) >= deadAfter {
			dead = append(dead, id)
		}
	}
	return dead
}

// freeJobsOfTheDead has River take back jobs whose worker has had no connection for a while: it takes those that began long
// ago.
func freeJobsOfTheDead(ctx context.Context, pool *pgxpool.Pool, known absentees, log *slog.Logger) error {
	ago := (rescueAfter + time.Minute).Seconds()
	rows, err := pool.Query(ctx, `SELECT DISTINCT attempted_by[array_length(attempted_by, 1)] AS id, now() AS at FROM river_job
		WHERE state = 'running' AND attempted_at > now() - make_interval(secs => $1)
		AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (classid::bigint << 32) | objid::bigint =
				hashtextextended('batch-member:' || attempted_by[array_length(attempted_by, 1)], 0))`, ago)
	if err != nil {
		return err
	}
	type absence struct {
		ID string
		At time.Time // by the database
	}
	absent, err := pgx.CollectRows(rows, pgx.RowToStructByName[absence])
	if err != nil {
		return err
	}
	var now time.Time
	var ids []string
	for _, a := range absent {
		now, ids = a.At, append(ids, a.ID)
	}
	dead := known.seen(now, ids)
	if len(dead) == 0 {
		return nil
	}
	done, err := pool.Exec(ctx, `UPDATE river_job SET attempted_at = attempted_at - make_interval(secs => $1)
		WHERE state = 'running' AND attempted_at > now() - make_interval(secs => $1)
		AND attempted_by[array_length(attempted_by, 1)] = ANY ($2)`, ago, dead)
	if err == nil && done.RowsAffected() > 0 {
		log.Warn("a worker died; its jobs are made again", "jobs", done.RowsAffected())
	}
	return err
}

// sleep waits, unless the context is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
