package queue

import (
	"context"
	"log/slog"
	"time"

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
		if conn.Ping(ctx) != nil {
			break
		}
	}
	closing, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	_ = conn.Conn().Close(closing) // ends the lock; if it cannot be closed, the database ends it
	conn.Release()
}

// freeJobsOfTheDead has River take back jobs whose worker has no connection any more: it takes those that began long ago.
func freeJobsOfTheDead(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	done, err := pool.Exec(ctx, `UPDATE river_job SET attempted_at = attempted_at - make_interval(secs => $1)
		WHERE state = 'running' AND attempted_at > now() - make_interval(secs => $1) AND attempted_at < now() - interval '5 seconds'
		AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (classid::bigint << 32) | objid::bigint =
				hashtextextended('batch-member:' || attempted_by[array_length(attempted_by, 1)], 0))`, (rescueAfter + time.Minute).Seconds())
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
