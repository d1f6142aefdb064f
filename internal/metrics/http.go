package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
)

// Handler answers /metrics with the board, /healthz with whether the program is alive
// and /readyz with whether it is ready. alive and ready return what is wrong, nil for
// nothing.
func (b *Board) Handler(alive, ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.registry,
		promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	mux.Handle("GET /healthz", probe(alive))
	mux.Handle("GET /readyz", probe(ready))
	return mux
}

// probe answers 200 if nothing is wrong, and otherwise 503 with what is.
func probe(wrong func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := wrong(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, err.Error()+"\n")
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
}

// Alive returns a check for /healthz: last says when the scheduler was last active, and that must
// be at most within ago.
func Alive(now, last func() time.Time, within time.Duration) func() error {
	return func() error {
		if active := last(); now().Sub(active) > within {
			return fmt.Errorf("the scheduler was last active at %s, more than %s ago; restart the service",
				active.UTC().Format(time.RFC3339), within)
		}
		return nil
	}
}

// Ready is the check for /readyz: loaded must be true, and no offer on the board broken
// or parked.
func (b *Board) Ready(loaded func() bool) func() error {
	return func() error {
		if !loaded() {
			return errors.New("the offers are not loaded yet")
		}
		var not, parked []string
		for _, o := range b.Offers() {
			if o.Broken {
				not = append(not, fmt.Sprintf("%q", o.ID))
			}
			if o.Parked {
				parked = append(parked, fmt.Sprintf("%q", o.ID))
			}
		}
		var wrong []error
		if len(not) > 0 {
			wrong = append(wrong, fmt.Errorf("not loaded: %s; \"batch check\" says what is wrong", strings.Join(not, ", ")))
		}
		if len(parked) > 0 {
			wrong = append(wrong, fmt.Errorf("parked, as the service died in their runs: %s; \"batch schedule\" says more",
				strings.Join(parked, ", ")))
		}
		return errors.Join(wrong...)
	}
}

// connections is how many connections are held at once. Who opens more waits until
// one is closed, which the timeouts see to.
const connections = 32

// Serve answers on a listener until the context is done, and closes it.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	l = netutil.LimitListener(l, connections)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err := server.Shutdown(within)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // of those that opened a connection and said nothing
		}
		closed <- err
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("the metrics cannot be served: %w", err)
	}
	return <-closed
}
