package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/settings"
)

// Notifier sends notices. The zero value sends none. It may be used by several
// goroutines.
type Notifier struct {
	ways    []way
	secrets *display.Secrets // passwords, keys and addresses
	version string
	timeout time.Duration   // of one try
	pauses  []time.Duration // before each further try
	roots   *x509.CertPool  // nil for those of the system

	mu   sync.Mutex
	last map[string]*notice // of each offer
}

// way is one way of sending notices.
type way struct {
	name    string
	wants   func(Event) bool
	slower  func(Event) time.Duration               // how much longer a try may take; nil for no longer
	prepare func(Event) func(context.Context) error // what is sent is made once, and tried several times
}

// within is how long a try may take.
func (w way) within(usual time.Duration, e Event) time.Duration {
	if w.slower == nil {
		return usual
	}
	return usual + w.slower(e)
}

// notice is one event while it is sent.
type notice struct {
	done     chan struct{} // closed when it was sent, or could not be
	overtake chan struct{} // of a start: closed when the attempt ended before it was sent
	err      error         // of a start, valid after done
}

// New returns a Notifier by the settings. getenv looks up the variables that they name,
// version names the program to servers. If a variable is missing or wrong the error says
// which; the Notifier is usable all the same, for the ways that are complete.
func New(s settings.Settings, getenv func(string) string, version string) (*Notifier, error) {
	n := &Notifier{secrets: &display.Secrets{}, version: version, timeout: 10 * time.Second,
		pauses: []time.Duration{time.Second, 4 * time.Second}}
	return n, errors.Join(n.addPing(s.Ping, getenv), n.addMail(s.Mail, getenv), n.addWebhook(s.Webhook, getenv))
}

// Secrets are the passwords, keys and addresses that the notifier knows; its errors have
// none of them.
func (n *Notifier) Secrets() *display.Secrets { return n.secrets }

// secret looks up the variable of a key of the settings.
func secret(getenv func(string) string, key, variable string) (string, error) {
	v := getenv(variable)
	if v == "" {
		return "", fmt.Errorf("the environment variable %s, which %s names, is not set or empty; set it where the "+
			"program is started", variable, key)
	}
	return v, nil
}

// Start reports that an attempt began. It returns at once; what could not be sent is in
// the error of the End that follows for the same offer.
func (n *Notifier) Start(ctx context.Context, e Event) {
	e.Kind = Start
	before, mine := n.enter(e.about(), &notice{done: make(chan struct{}), overtake: make(chan struct{})})
	go func() {
		defer close(mine.done)
		if wait(ctx, before) == nil {
			mine.err = n.send(ctx, e, mine.overtake)
		}
	}()
}

// End reports how an attempt ended, or that a slot was missed. It returns when all was sent
// or given up, with everything that could not be sent. A run that was interrupted has a
// context that is done: pass one of its own, such as context.WithoutCancel.
func (n *Notifier) End(ctx context.Context, e Event) error {
	before, mine := n.enter(e.about(), &notice{done: make(chan struct{})})
	defer close(mine.done)
	if before != nil && before.overtake != nil {
		close(before.overtake) // each notice has one successor
	}
	if err := wait(ctx, before); err != nil {
		return fmt.Errorf("%s of %s was not sent: %w", e.Kind, Line(e.about(), maxField), err)
	}
	err := n.send(ctx, e, nil)
	if before != nil {
		err = errors.Join(before.err, err)
	}
	return err
}

// enter puts a notice behind the last one of its offer.
func (n *Notifier) enter(offer string, mine *notice) (before, same *notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last == nil {
		n.last = map[string]*notice{}
	}
	before = n.last[offer]
	n.last[offer] = mine
	return before, mine
}

// wait waits until a notice was sent.
func wait(ctx context.Context, before *notice) error {
	if before == nil {
		return nil
	}
	select {
	case <-before.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send sends an event in all ways at the same time.
func (n *Notifier) send(ctx context.Context, e Event, overtake <-chan struct{}) error {
	errs := make([]error, len(n.ways))
	var all sync.WaitGroup
	for i, w := range n.ways {
		if !w.wants(e) {
			continue
		}
		all.Go(func() {
			if err := n.try(ctx, w.within(n.timeout, e), w.prepare(e), overtake); err != nil {
				errs[i] = fmt.Errorf("the %s about %s (%s) was not delivered: %w", w.name, Line(e.about(), maxField), e.Kind,
					masked{n.secrets.Hide(err.Error()), err})
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// masked is an error whose text has its secrets masked.
type masked struct {
	text  string
	cause error
}

// Error implements error.
func (m masked) Error() string { return m.text }

// Unwrap returns the error itself, for its kind.
func (m masked) Unwrap() error { return m.cause }

// final is an error that another try would not change.
type final struct{ error }

// Unwrap returns the error itself.
func (f final) Unwrap() error { return f.error }

// try sends until it succeeds, cannot succeed or has been tried often enough. When the
// notice is overtaken, it is not tried again.
func (n *Notifier) try(ctx context.Context, within time.Duration, send func(context.Context) error,
	overtake <-chan struct{}) error {
	for _, pause := range append(n.pauses[:len(n.pauses):len(n.pauses)], 0) {
		err := once(ctx, within, send)
		if pause == 0 || err == nil || errors.As(err, new(final)) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-overtake:
		case <-ctx.Done():
		}
		timer.Stop()
		return err
	}
	return nil
}

// once sends once, within the time that a try has.
func once(ctx context.Context, within time.Duration, send func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := send(limited)
	// A connection that has the same deadline can come to its end before the context does.
	over := limited.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	if err != nil && ctx.Err() == nil && over {
		return fmt.Errorf("no answer within %s", within)
	}
	return err
}
