package console

import (
	"context"
	"encoding/gob"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"tenderbatch/internal/account"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/release"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/signon"
)

// Config is what a console works with.
type Config struct {
	Folder   string         // of the offers, as [serve.Offers] has them
	Accounts *account.Store // who may use it
	Now      func() time.Time
	Version  string // of the program
	Log      *slog.Logger
	Disk     disk.Disk           // makes the changes of files
	Signers  release.Signers     // whose SSH keys count for approvals that are signed
	Getenv   func(string) string // for the passwords of protected reports; nil if there are none to be had

	SignOn *signon.Provider // who vouches for people without a password here; nil for no one
	// Stepped is called with each step of a run on its way to be paid on, of the offer in a folder;
	// it may be nil.
	Stepped func(folder string, step ledger.Entry)

	Secure         bool           // it is reached over TLS, so cookies never leave it
	Hosts          []string       // names under which it is reached; none: those of this machine only
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	BindSessions   bool           // a session counts from the address only that began it

	// Desk takes runs that people ask for; nil where no scheduler makes them.
	Desk Desk

	// Share brings offers on which other machines work, too, to where they are; nil where the folder is the only place.
	Share Share

	// Jobs are those of the machines that make runs; nil where this one does.
	Jobs func() ([]Job, error)
}

// Desk takes runs that people ask for; see [serve.Desk].
type Desk interface {
	Run(folder string, by serve.Ask) bool
	Asked(folder string) (serve.Ask, bool)
}

// Share is where offers are that several machines work on; see package shared.
type Share interface {
	Refresh(ctx context.Context, offer string) error
	Work(ctx context.Context, offer string, do func(ctx context.Context, folder string) error) error
}

// Job is a run that one of several machines is to make, makes, or does not make any more.
type Job struct {
	Offer, For string
	State      string // waiting, running, or parked
	Since      time.Time
	Tries      int
	Worker     string // "" while it waits
	Error      string // of the last try, "" for none
}

// Console answers the requests of browsers.
type Console struct {
	Config
	sessions *scs.SessionManager
	mask     *masker
	runs     *published
	tries    *limiter
	supposed *supposer
	toWarm   chan string // folders of offers with a new run

	mu       sync.Mutex
	planned  map[string]plannedRun // by folder
	underway map[string]*runUnderWay
	news     chan struct{} // closed when what is under way changes
	changes  int64         // of that, from a number that no earlier process has had
	watchers int           // browsers that wait for that
}

func init() { gob.Register(time.Time{}) } // sessions keep instants

// How long a session lasts.
const (
	idleFor = 12 * time.Hour
	atMost  = 7 * 24 * time.Hour
)

// New is a console. The error is that of the file with the accounts.
func New(c Config) (*Console, error) {
	pages() // one that is wrong is seen at the start
	secret, err := c.Accounts.Secret("pseudonyms")
	if err != nil {
		return nil, err
	}
	s := scs.New()
	store := &sessionStore{accounts: c.Accounts}
	if store.iterable = sqlite3store.NewWithCleanupInterval(c.Accounts.DB(), time.Hour); c.Accounts.IsPostgres() {
		store.iterable = postgresstore.NewWithCleanupInterval(c.Accounts.DB(), time.Hour)
	}
	s.Store = store
	s.IdleTimeout, s.Lifetime, s.HashTokenInStore = idleFor, atMost, true
	s.Cookie.HttpOnly, s.Cookie.SameSite, s.Cookie.Path, s.Cookie.Persist = true, http.SameSiteLaxMode, "/", false
	s.Cookie.Name, s.Cookie.Secure = "batch", c.Secure
	if c.Secure {
		s.Cookie.Name = "__Host-batch" // no other host, also no subdomain, can set it
	}
	s.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		c.Log.Error("the session cannot be kept", "error", err)
		http.Error(w, "the session cannot be kept now: "+err.Error(), http.StatusInternalServerError)
	}
	return &Console{Config: c, sessions: s, mask: &masker{secret: secret}, runs: newPublished(), tries: newLimiter(c.Now),
		supposed: newSupposer(),
		planned:  map[string]plannedRun{}, underway: map[string]*runUnderWay{}, news: make(chan struct{}), changes: c.Now().UnixNano(),
		toWarm: make(chan string, mostToWarm)}, nil
}

// Handler answers all requests.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", staticFiles())
	for _, r := range c.routes() {
		mux.Handle(r.pattern, c.allowed(r))
	}
	guarded := http.NewCrossOriginProtection().Handler(c.limited(withLoaded(c.sessions.LoadAndSave(c.withAccount(mux)))))
	return c.known(c.recovered(withHeaders(guarded)))
}

// The limits of a connection. An upload has its own, see [Console.upload].
const (
	headerTime   = 10 * time.Second
	bodyTime     = 10 * time.Minute
	idleTime     = 2 * time.Minute
	headerBytes  = 64 << 10
	formBytes    = 1 << 20
	shutdownTime = 5 * time.Second
)

// Serve answers on a listener until the context is done.
func (c *Console) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: c.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	var warming sync.WaitGroup
	warm, cool := context.WithCancel(ctx)
	defer func() { cool(); warming.Wait() }()
	warming.Go(func() { c.keepWarm(warm) })
	done := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		done <- server.Shutdown(within)
	})
	err := server.Serve(l)
	if stop() {
		return err // the listener failed
	}
	if shut := <-done; shut != nil {
		return server.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// plannedRun is what the scheduler last said of an offer.
type plannedRun struct {
	next    time.Time // zero: with files only
	waiting bool
	parked  bool
}

// Observe notes what the scheduler says, for the pages.
func (c *Console) Observe(e serve.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change := func(folder string, to func(*plannedRun)) {
		p := c.planned[folder]
		to(&p)
		c.planned[folder] = p
	}
	switch e := e.(type) {
	case serve.NextSlot:
		change(e.Folder, func(p *plannedRun) { p.next = e.Slot.At })
	case serve.Waiting:
		change(e.Folder, func(p *plannedRun) { p.waiting = e.Waits })
	case serve.Parked:
		change(e.Folder, func(p *plannedRun) { p.parked = e.Deaths.Parked() })
	case serve.Running:
		c.noteRun(e)
	case serve.Dropped:
		delete(c.planned, e.Folder)
		delete(c.underway, e.Folder)
	default:
		return // nothing that a page shows
	}
	c.noteChange()
}

func (c *Console) plannedOf(folder string) plannedRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.planned[folder]
}

// offers are the folders of the offers by their names.
func (c *Console) offers() (map[string]string, error) {
	folders, err := serve.Offers(c.Folder)
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(folders))
	for _, f := range folders {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		all[filepath.Base(abs)] = f
	}
	return all, nil
}

// known refuses requests for hosts that are not the console's: another page could have its own
// name lead to this address.
func (c *Console) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.Trim(host, "[]"))
		own := []string{"localhost", "127.0.0.1", "::1"}
		if !slices.Contains(own, host) && !slices.Contains(c.Hosts, host) {
			http.Error(w, "this console does not answer under that name; list it in batch.yaml: console: {hosts: [...]}",
				http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withHeaders sets what browsers are to keep to on every answer.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// recovered answers a request in which the program has a fault, and logs it.
func (c *Console) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil || fault == http.ErrAbortHandler {
				return
			}
			c.Log.Error("internal error in the console; please report it", "path", r.URL.Path, "fault", fault)
			http.Error(w, "internal error; it is in the log of the service", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
