package idleconn_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/idleconn"
)

// A side that speaks now and then is listened to; one that falls silent is not waited for.
func TestASilentConnectionEnds(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := idleconn.New(ours, 200*time.Millisecond)
	defer c.Close()
	b := make([]byte, 1)
	for range 5 {
		go func() {
			time.Sleep(80 * time.Millisecond)
			_, _ = theirs.Write([]byte{1})
		}()
		if _, err := c.Read(b); err != nil {
			t.Fatal("a connection that speaks was ended:", err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(b)
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "the other side was silent for longer than 200ms") {
			t.Errorf("%v", err)
		}
		if _, err := c.Write(b); err == nil || !strings.Contains(err.Error(), "was silent") {
			t.Errorf("to write: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a silent connection is waited for")
	}
}
