// Package idleconn has connections that are not waited for without end.
package idleconn

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// New is a connection that ends when the other side is silent for longer than most; what waits
// for it then has an error that says so.
func New(c net.Conn, most time.Duration) net.Conn {
	quiet := &conn{Conn: c, most: most}
	quiet.end = time.AfterFunc(most, func() {
		quiet.silent.Store(true)
		_ = c.Close()
	})
	return quiet
}

type conn struct {
	net.Conn
	most   time.Duration
	end    *time.Timer
	silent atomic.Bool // it was ended for that
}

// Read reads, and gives the other side time again.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil {
		c.end.Reset(c.most)
	}
	return n, c.why(err)
}

// Write writes.
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.why(err)
}

// why is the error of a connection that may have been ended here.
func (c *conn) why(err error) error {
	if err != nil && c.silent.Load() {
		return fmt.Errorf("the other side was silent for longer than %s", c.most)
	}
	return err
}

// Close ends the connection.
func (c *conn) Close() error {
	c.end.Stop()
	return c.Conn.Close()
}
