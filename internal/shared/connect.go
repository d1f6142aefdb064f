package shared

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/storage"
)

// Config is with what offers are kept.
type Config struct {
	Database string // the address, postgres://…, without a password
	Store    storage.Store
	Mirror   string // a folder of this process's own, in which it works
	Holder   string // who works, for people: user@host pid N
	Now      func() time.Time
	// Wait is how long work waits for other work on the same offer.
	Wait time.Duration
	// Connections is how many connections to the database there may be at once; 0: the usual number.
	Connections int32
}

// Connect is a pool of connections to a database. The password is never in its address, which others on the
// machine can read: it comes from PGPASSWORD or the file that PGPASSFILE names. A database elsewhere is reached
// by TLS and has to prove its name, unless its address says that less will do.
func Connect(ctx context.Context, address string, connections int32) (*pgxpool.Pool, error) {
	config, err := configOf(address)
	if err != nil {
		return nil, err
	}
	config.MaxConns = max(config.MaxConns, connections)
	return pgxpool.NewWithConfig(ctx, config)
}

// CheckAddress is an error for an address that no database can have here.
func CheckAddress(address string) error {
	_, err := configOf(address)
	return err
}

// consoleSchema is the schema of the accounts and sessions.
const consoleSchema = "batch_console"

// ConsoleDB is the part of a database in which accounts and sessions are kept, which is made if it is not there.
func ConsoleDB(ctx context.Context, address string) (*sql.DB, error) {
	config, err := configOf(address)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["search_path"] = consoleSchema
	db := stdlib.OpenDB(*config.ConnConfig)
	var there bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", consoleSchema).Scan(&there)
	if err == nil && !there {
		_, err = db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+consoleSchema)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the database: %w", err), db.Close())
	}
	return db, nil
}

// configOf is how a database is reached.
func configOf(address string) (*pgxpool.Config, error) {
	const usage = "write it as postgres://USER@HOST/DATABASE"
	u, err := url.Parse(address)
	switch {
	case err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql"):
		return nil, errors.New("the database has no address; " + usage)
	case hasPassword(u):
		return nil, errors.New("the database has a password in its address, which others on the machine can read; put it " +
			"into the file that PGPASSFILE names, or into PGPASSWORD")
	}
	query := u.Query()
	host := u.Hostname()
	if host == "" {
		host = query.Get("host")
	}
	if query.Get("sslmode") == "" && !isLocal(host) {
		query.Set("sslmode", "verify-full")
		u.RawQuery = query.Encode()
	}
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("the database %s: its address is wrong; %s", u.Redacted(), usage)
	}
	for name, value := range parameters {
		config.ConnConfig.RuntimeParams[name] = value
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	return config, nil
}

// parameters are those of every connection. The server looks soon whether a machine is still there, as a lock is held
// for one that vanished until it does.
var parameters = map[string]string{"application_name": "batch", "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5",
	"tcp_keepalives_count": "3", "tcp_user_timeout": "30000"}

func hasPassword(u *url.URL) bool {
	_, named := u.User.Password()
	return named || u.Query().Has("password")
}

// isLocal reports whether a host is this machine: a socket, or a loopback address.
func isLocal(host string) bool {
	return host == "" || host == "localhost" || strings.HasPrefix(host, "/") || net.ParseIP(host).IsLoopback()
}

// Offers are the offers of a database.
type Offers struct {
	pool    *pgxpool.Pool
	config  Config
	one     locks
	mirrors mirrors
	ahead   atomic.Int64 // nanoseconds by which the database's clock is ahead
}

// Open opens the offers of a database whose tables are there.
func Open(ctx context.Context, config Config) (*Offers, error) {
	pool, err := Connect(ctx, config.Database, config.Connections)
	if err != nil {
		return nil, err
	}
	if err := checkTables(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the database: %w", err)
	}
	if config.Wait == 0 {
		config.Wait = usualWait
	}
	s := &Offers{pool: pool, config: config}
	var now time.Time
	if err := pool.QueryRow(ctx, "SELECT batch_now()").Scan(&now); err != nil {
		pool.Close()
		return nil, err
	}
	s.setClock(now)
	return s, nil
}

// usualWait is as long as a run on one machine waits for another.
const usualWait = 5 * time.Second

// MakeTables makes the tables of a database, or brings them up to this version.
func MakeTables(ctx context.Context, address string) error {
	pool, err := Connect(ctx, address, 0)
	if err != nil {
		return err
	}
	defer pool.Close()
	return makeTables(ctx, pool)
}

// Now is the time by the database's clock, which is the same for all machines, however wrong their own clocks are.
func (s *Offers) Now() time.Time { return s.config.Now().Add(time.Duration(s.ahead.Load())) }

// setClock notes how far the database's clock is ahead of this machine's.
func (s *Offers) setClock(database time.Time) { s.ahead.Store(int64(database.Sub(s.config.Now()))) }

// Close closes the connections.
func (s *Offers) Close() { s.pool.Close() }

// Pool is the pool of connections, for the queue.
func (s *Offers) Pool() *pgxpool.Pool { return s.pool }

// Folder is where the mirror of an offer is.
func (s *Offers) Folder(name string) string { return filepath.Join(s.config.Mirror, name) }

// Head is how far an offer has come, by the database.
type Head struct {
	Name     string
	Count    int64 // entries of its history
	Hash     string
	Inputs   int64     // goes up with each change of terms and reports
	InputsAt time.Time // of the last one
	Latest   string    // the newest run, "" if there is none
	Final    string    // the final run in force, "" if there is none
	Made     time.Time // when the offer was first brought here
	Terms    string    // the digest of its offer.yaml, "" if it has none; only from [Offers.List]
	Reports  bool      // whether there is a file in its inbox; only from [Offers.List]
}

// List lists the offers by name.
func (s *Offers) List(ctx context.Context) (all []Head, err error) {
	rows, err := s.pool.Query(ctx, `SELECT name, count, hash, inputs, inputs_at, latest, final, made, coalesce(f.sha256, ''),
			EXISTS (SELECT FROM batch_file r WHERE r.offer = name AND r.path LIKE $2 || '%' AND r.path NOT LIKE $2 || '.%'), batch_now()
		FROM batch_offer LEFT JOIN batch_file f ON f.offer = name AND f.path = $1 ORDER BY name`, offerfolder.OfferName,
		offerfolder.InboxName+"/")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var now time.Time
	for rows.Next() {
		var h Head
		if err := rows.Scan(&h.Name, &h.Count, &h.Hash, &h.Inputs, &h.InputsAt, &h.Latest, &h.Final, &h.Made, &h.Terms,
			&h.Reports, &now); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	if len(all) > 0 {
		s.setClock(now)
	}
	return all, rows.Err()
}
