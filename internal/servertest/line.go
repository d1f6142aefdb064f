package servertest

import (
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"tenderbatch/internal/idleconn"
)

// Within has a test's connections wait no longer than so long for a server that is too slow.
func Within(t testing.TB, most time.Duration) {
	t.Helper()
	was := idleconn.Most
	idleconn.Most = most
	t.Cleanup(func() { idleconn.Most = was })
}

// Line is a way to a server on a port of this machine, which a test can slow down.
type Line struct {
	Port int
	pace atomic.Pointer[pace]
}

// pace is how many bytes pass at a time, and after which pause, once so many have passed as they come.
type pace struct {
	after, bytes int
	pause        time.Duration
}

// NewLine is a line to a port. It passes on what it gets until it is slowed down.
func NewLine(t testing.TB, to int) *Line {
	t.Helper()
	l := &Line{}
	l.Port = Listen(t, func(near net.Conn) {
		far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
		if err == nil {
			go l.pass(t, near, far)
			l.pass(t, far, near)
		}
	})
	return l
}

// Slow has so many bytes pass at a time, after a pause, once so many have passed one way of a connection as they came. It may
// be no byte at all.
func (l *Line) Slow(after, bytes int, pause time.Duration) { l.pace.Store(&pace{after, bytes, pause}) }

// Fast has all pass as it comes.
func (l *Line) Fast() { l.pace.Store(nil) }

func (l *Line) pass(t testing.TB, to, from net.Conn) {
	defer to.Close()
	b, passed := make([]byte, 32<<10), 0
	for {
		n, err := from.Read(b)
		for rest := b[:n]; len(rest) > 0; {
			piece := len(rest)
			if slow := l.pace.Load(); slow != nil && passed+piece > slow.after {
				if slow.bytes == 0 {
					<-t.Context().Done()
					return
				}
				time.Sleep(slow.pause)
				piece = min(piece, slow.bytes)
			}
			if _, err := to.Write(rest[:piece]); err != nil {
				_ = from.Close()
				return
			}
			passed, rest = passed+piece, rest[piece:]
		}
		if err != nil {
			return
		}
	}
}
