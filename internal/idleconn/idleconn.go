// Package idleconn has connections that are not waited for without end.
package idleconn

import (
	"net"
	"time"
)

// New is a connection that ends when the other side is silent for longer than most; what waits
// for it then has an error.
func New(c net.Conn, most time.Duration) net.Conn {
	return &conn{Conn: c, most: most, end: time.AfterFunc(most, func() { _ = c.Close() })}
}

type conn struct {
	net.Conn
	most time.Duration
	end  *time.Timer
}

// Read reads, and gives the other side time again.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil {
		c.end.Reset(c.most)
	}
	return n, err
}

// Close ends the connection.
func (c *conn) Close() error {
	c.end.Stop()
	return c.Conn.Close()
}
