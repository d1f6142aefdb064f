package console

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"tenderbatch/internal/account"
)

// The keys of a session.
const (
	keyName    = "name"
	keyID      = "id" // of the session, for lists: its token is kept as a hash only
	keyAddress = "address"
	keyAgent   = "agent"
	keyBegan   = "began"
	keySeen    = "seen"
	keyNotice  = "notice"
	keyBefore  = "before" // the page that was asked for before the login
	keyAsked   = "asked"  // of the identity provider, as JSON
	keyLogin   = "login"  // what the account logged in with
	keySecond  = "second" // the secret of a second factor that is being set up
)

type contextKey int

const (
	accountKey contextKey = iota
	loadedKey             // the session that the request came with
)

// me is the account of a request, nil before the login.
func me(r *http.Request) *account.Account {
	a, _ := r.Context().Value(accountKey).(*account.Account)
	return a
}

// withAccount finds the account of the session. One that was disabled, that logs in with something else
// since, or, where sessions are bound, comes from another address, is logged out.
func (c *Console) withAccount(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := c.sessions.GetString(r.Context(), keyName)
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		a, err := c.Accounts.Account(name)
		moved := c.BindSessions && c.sessions.GetString(r.Context(), keyAddress) != c.address(r)
		switch {
		case errors.Is(err, account.ErrNoAccount), err == nil && (a.Disabled || moved ||
			c.sessions.GetString(r.Context(), keyLogin) != a.Login() || c.signedOnLongAgo(r.Context(), a)):
			if err := c.sessions.Destroy(r.Context()); err != nil {
				c.failed(w, r, err)
				return
			}
			c.Log.Warn("a session was ended", "account", name, "address", c.address(r), "moved", moved)
		case err != nil:
			c.failed(w, r, err)
			return
		default:
			c.seen(r.Context())
			r = r.WithContext(context.WithValue(r.Context(), accountKey, a))
		}
		next.ServeHTTP(w, r)
	})
}

// signedOnFor is how long a login by the identity provider lasts: roles that it took away are found
// at the next one.
const signedOnFor = 12 * time.Hour

// signedOnLongAgo reports whether the identity provider has to vouch for the account again.
func (c *Console) signedOnLongAgo(ctx context.Context, a *account.Account) bool {
	return a.Subject != "" && (c.SignOn == nil || c.Now().Sub(c.sessions.GetTime(ctx, keyBegan)) > signedOnFor)
}

// seen notes now and then that the session is used, which also keeps it from ending.
func (c *Console) seen(ctx context.Context) {
	const often = time.Minute
	now := c.Now()
	if now.Sub(c.sessions.GetTime(ctx, keySeen)) > often {
		c.sessions.Put(ctx, keySeen, now)
	}
}

// begin begins the session of an account: under a new token, so that one that was planted before
// the login is worth nothing.
func (c *Console) begin(r *http.Request, a *account.Account) error {
	ctx := r.Context()
	if err := c.sessions.RenewToken(ctx); err != nil {
		return err
	}
	const shown = 200
	agent := r.UserAgent()
	c.sessions.Put(ctx, keyName, a.Name)
	c.sessions.Put(ctx, keyID, rand.Text())
	c.sessions.Put(ctx, keyLogin, a.Login())
	c.sessions.Put(ctx, keyAddress, c.address(r))
	c.sessions.Put(ctx, keyAgent, agent[:min(len(agent), shown)])
	c.sessions.Put(ctx, keyBegan, c.Now())
	c.sessions.Put(ctx, keySeen, c.Now())
	return nil
}

// session is a session of an account, for the pages.
type session struct {
	Account, Address, Agent string
	Began, Seen             time.Time
	This                    bool
	stored                  string // under which it is kept
}

// listed are the sessions of an account, or of all accounts for "".
func (c *Console) listed(r *http.Request, name string) (all []session, err error) {
	own := c.sessions.GetString(r.Context(), keyID)
	err = c.sessions.Iterate(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		s := session{Account: c.sessions.GetString(ctx, keyName), Address: c.sessions.GetString(ctx, keyAddress),
			Agent: c.sessions.GetString(ctx, keyAgent), Began: c.sessions.GetTime(ctx, keyBegan),
			Seen: c.sessions.GetTime(ctx, keySeen), This: c.sessions.GetString(ctx, keyID) == own, stored: c.sessions.Token(ctx)}
		if s.Account != "" && (name == "" || s.Account == name) {
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

// end ends the sessions of an account, but for the one that asks for it.
func (c *Console) end(r *http.Request, name string) error {
	all, err := c.listed(r, name)
	for _, s := range all {
		if !s.This {
			err = errors.Join(err, c.sessions.Store.Delete(s.stored))
		}
	}
	return err
}

// address is where a request comes from. The header of a proxy counts only from a proxy that is
// trusted: anybody can write it.
func (c *Console) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0; i-- {
		at, err := netip.ParseAddr(host)
		if err != nil || !c.trusts(at) {
			return host
		}
		next := strings.TrimSpace(forwarded[i])
		if _, err := netip.ParseAddr(next); err != nil {
			return host
		}
		host = next
	}
	return host
}

func (c *Console) trusts(at netip.Addr) bool {
	for _, p := range c.TrustedProxies {
		if p.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}

// limiter lets each address make so many requests that change something, such as logins, in a
// minute, and then some more each second.
type limiter struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*bucket
}

type bucket struct {
	left int
	at   time.Time
}

const (
	burst    = 60
	perTry   = time.Second // after which there is one more
	mostKept = 10_000      // addresses
)

func newLimiter(now func() time.Time) *limiter { return &limiter{now: now, by: map[string]*bucket{}} }

// take reports whether an address may make one more request.
func (l *limiter) take(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.by[address]
	if b == nil {
		if len(l.by) >= mostKept {
			clear(l.by) // a flood from many addresses: forget them rather than the memory
		}
		b = &bucket{left: burst, at: now}
		l.by[address] = b
	}
	if more := int(now.Sub(b.at) / perTry); more > 0 {
		b.left, b.at = min(burst, b.left+more), b.at.Add(time.Duration(more)*perTry)
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

// limited refuses an address that changes something too often.
func (c *Console) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !c.tries.take(c.address(r)) {
			w.Header().Set("Retry-After", "10")
			http.Error(w, "too many requests from your address; wait some seconds, then try again", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}
