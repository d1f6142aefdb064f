package notify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/settings"
)

// addPing adds the ping of the settings.
func (n *Notifier) addPing(p settings.Ping, getenv func(string) string) error {
	if p.IsZero() {
		return nil
	}
	to, err := address("ping", p.URL, p.URLEnv, getenv)
	if err != nil {
		return err
	}
	n.secrets.AddURL(to)
	n.ways = append(n.ways, way{
		name:  "ping",
		wants: wantsPing,
		prepare: func(e Event) func(context.Context) error {
			return func(ctx context.Context) error { return n.ping(ctx, to, p.Full, e) }
		},
	})
	return nil
}

// wantsPing reports whether an event says that something ran, or should have: that is watched.
func wantsPing(e Event) bool {
	return !slices.Contains([]Kind{Reminder, Approval, Released, AboutChannel}, e.Kind)
}

func (n *Notifier) ping(ctx context.Context, to string, full bool, e Event) error {
	u, err := pingURL(to, e)
	if err != nil {
		return final{err}
	}
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	answer, err := n.post(ctx, u.String(), header, []byte(display.Cut(e.text(full), maxPing)))
	if err == nil && strings.HasPrefix(answer, "OK (") {
		// The service answers 200 to a check that it does not know.
		return final{fmt.Errorf("%s answers %q; check the address", u.Hostname(), answer)}
	}
	return err
}

// pingURL is where the ping about an event goes.
func pingURL(to string, e Event) (*url.URL, error) {
	u, err := url.Parse(addressed(to, e.Offer))
	if err != nil {
		return nil, fmt.Errorf("the address is not a URL")
	}
	switch {
	case e.Kind == Start:
		u = u.JoinPath("start")
	case e.Kind == Failure && e.Exit >= 1 && e.Exit <= 255:
		u = u.JoinPath(strconv.Itoa(e.Exit))
	case e.Kind == Failure, e.Kind == Missed:
		u = u.JoinPath("fail")
	}
	if e.Attempt != "" {
		query := u.Query()
		query.Set("rid", uuid(e.Offer, e.Attempt))
		u.RawQuery = query.Encode()
	}
	return u, nil
}
