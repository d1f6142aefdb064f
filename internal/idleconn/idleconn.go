// Package idleconn has connections that are not waited for without end: neither while the other side is silent, nor while it
// sends a byte now and then.
package idleconn

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// Lowest is how many bytes a second must pass, in both directions together, while an answer is waited for.
const Lowest = 1 << 10

// Most is for how long fewer may pass. It is a variable for tests.
var Most = 2 * time.Minute

// Watch sees how fast a server is while its answers are waited for. Between two requests it may be silent.
type Watch struct {
	server string // for people
	most   time.Duration
	passed atomic.Int64 // bytes
}

// NewWatch watches a server.
func NewWatch(server string) *Watch { return &Watch{server: server, most: Most} }

// Wait begins to wait for an answer. If the server is too slow meanwhile, end is called with an error that says so.
func (w *Watch) Wait(end func(error)) (done func()) {
	ctx, stop := context.WithCancel(context.Background())
	go w.watch(ctx, w.passed.Load(), end)
	return stop
}

// watch ends what falls behind the lowest speed by the most time. Its message is the same each time, so that the history has
// it once.
func (w *Watch) watch(ctx context.Context, began int64, end func(error)) {
	step := w.most / 12
	ticks := time.NewTicker(step)
	defer ticks.Stop()
	took := time.Duration(0) // since the server was fast enough, as began is what had passed then
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		took += step
		bytes := w.passed.Load() - began
		switch behind := took - time.Duration(bytes)*(time.Second/Lowest); {
		case behind <= 0:
			began, took = began+bytes, 0
		case behind >= w.most:
			end(fmt.Errorf("%s was silent or slower than %d bytes a second for longer than %s, and is not waited for any longer; it is "+
				"tried again. If it stays so, ask who runs the server", w.server, Lowest, w.most))
			return
		}
	}
}

// Answered says that an answer came, however short, and that another one is waited for.
func (w *Watch) Answered() { w.passed.Add(int64(w.most/time.Second+1) * Lowest) }

// Count is a connection whose bytes count.
func (w *Watch) Count(c net.Conn) net.Conn { return &counted{c, w} }

type counted struct {
	net.Conn
	watch *Watch
}

// Read reads.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.watch.passed.Add(int64(n))
	return n, err
}

// Write writes.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.watch.passed.Add(int64(n))
	return n, err
}

// Conn is the one connection to a server, which ends when the server is too slow.
type Conn struct {
	net.Conn
	watch *Watch
	slow  atomic.Pointer[error] // why it was ended for that
}

// New is a connection to a server that is watched.
func New(c net.Conn, server string) *Conn {
	w := NewWatch(server)
	return &Conn{Conn: w.Count(c), watch: w}
}

// Wait begins to wait for an answer. What it returns ends that; an error that comes of an ended connection says why then.
func (c *Conn) Wait() (done func(err *error)) {
	stop := c.watch.Wait(func(slow error) {
		c.slow.Store(&slow)
		_ = c.Close()
	})
	return func(err *error) {
		stop()
		if slow := c.slow.Load(); slow != nil && *err != nil {
			*err = *slow
		}
	}
}
