package servertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

var postgres server

// postgresScript makes a cluster of its own that is reached by a socket in its folder, and removes it at the
// end. The server refuses to be root, so root gives it another user.
const postgresScript = `
set -eu
bin=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/batch-postgres-XXXXXX")
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	chown postgres "$dir"
	as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
fi
cd "$dir"
as "$bin/initdb" -D "$dir/data" -U batch -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
trap 'as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
as "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -o "-k $dir -c listen_addresses='' -c fsync=off -c max_connections=200" start \
	</dev/null >/dev/null 2>&1 || { cat "$dir/data/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null || true
`

var databases atomic.Int64

// Postgres is the address of an empty database of its own. The test is skipped where PostgreSQL is missing, and fails
// there in CI.
func Postgres(t testing.TB) (address string) {
	t.Helper()
	folder := PostgresFolder(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, postgresAddress(folder, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("test%d", databases.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return postgresAddress(folder, name)
}

// PostgresFolder is the folder of the process's cluster, in which its socket is, too.
func PostgresFolder(t testing.TB) string {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(all) == 0 {
		missing(t, "PostgreSQL is not installed")
	}
	folder, err := postgres.start("set -- "+filepath.Dir(all[len(all)-1])+postgresScript, "LC_ALL=C", "TMPDIR="+os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func postgresAddress(folder, database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {folder}, "user": {"batch"}}.Encode()
}
