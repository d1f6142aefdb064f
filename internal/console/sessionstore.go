package console

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"tenderbatch/internal/account"
)

// sessionStore keeps sessions as the store of the library does, but a request does not bring back the session that it
// came with if that was ended meanwhile, by a logout or an administrator. The library keeps each again at the end of
// each request, as one that is used does not end.
type sessionStore struct {
	iterable
	accounts *account.Store
}

// iterable is a store of which all sessions can be listed.
type iterable interface {
	scs.Store
	scs.IterableStore
}

// loaded is the session that a request came with, as it is kept.
type loaded struct{ token string }

// withLoaded has the store know the session that a request comes with.
func withLoaded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), loadedKey, &loaded{})))
	})
}

// FindCtx finds a session, and notes that the request came with it.
func (s *sessionStore) FindCtx(ctx context.Context, token string) (content []byte, found bool, err error) {
	content, found, err = s.Find(token)
	if l, is := ctx.Value(loadedKey).(*loaded); is && found {
		l.token = token
	}
	return content, found, err
}

// CommitCtx keeps a session; one that the request came with only if it is there still.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, content []byte, expiry time.Time) error {
	if l, is := ctx.Value(loadedKey).(*loaded); !is || l.token != token {
		return s.Commit(token, content, expiry)
	}
	statement, until := "UPDATE sessions SET data = $1, expiry = julianday($2) WHERE token = $3", any(expiry.UTC().Format(sqliteTime))
	if s.accounts.IsPostgres() {
		statement, until = "UPDATE sessions SET data = $1, expiry = $2 WHERE token = $3", expiry
	}
	_, err := s.accounts.DB().Exec(statement, content, until, token)
	return err
}

// sqliteTime is how the library writes an instant for SQLite.
const sqliteTime = "2006-01-02T15:04:05.999"
