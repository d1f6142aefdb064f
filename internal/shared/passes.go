package shared

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"tenderbatch/internal/storage"
)

// Passes reports whether an error is of the database, the storage or the network between, and may pass: the same work is
// then worth another try.
func Passes(err error) bool {
	network, connecting, refused := net.Error(nil), new(pgconn.ConnectError), new(pgconn.PgError)
	switch {
	case err == nil:
		return false
	case errors.As(err, &refused):
		return isShutdown(refused)
	case storage.Passes(err):
		return true
	}
	return errors.As(err, &network) || errors.As(err, &connecting) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err)
}
