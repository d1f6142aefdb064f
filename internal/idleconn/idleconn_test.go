package idleconn_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/idleconn"
	"tenderbatch/internal/servertest"
)

// limited is a connection that may be slow for a short time, and its other side.
func limited(t *testing.T, most time.Duration) (ours *idleconn.Conn, theirs net.Conn) {
	t.Helper()
	servertest.Within(t, most)
	plain, theirs := net.Pipe()
	ours = idleconn.New(plain, "the server")
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

// answer waits for what the other side sends, and sends a byte back for each piece, as SSH does to a sign of life.
func answer(c *idleconn.Conn, bytes int) (err error) {
	defer c.Wait()(&err)
	b := make([]byte, 4<<10)
	for bytes > 0 {
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		bytes -= n
		if _, err := c.Write(b[:1]); err != nil {
			return err
		}
	}
	return nil
}

// sending has the other side send pieces, and take what is sent to it.
func sending(c net.Conn, piece, times int, pause time.Duration) {
	go func() {
		b := make([]byte, 1)
		for range times {
			time.Sleep(pause)
			if _, err := c.Write(make([]byte, piece)); err != nil {
				return
			}
			if _, err := c.Read(b); err != nil {
				return
			}
		}
	}()
}

func TestASilentOrSlowConnectionEnds(t *testing.T) {
	for name, pause := range map[string]time.Duration{"silent": time.Hour, "a byte now and then": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := limited(t, 300*time.Millisecond)
			sending(theirs, 1, 1_000_000, pause)
			done := make(chan error, 1)
			go func() { done <- answer(ours, 1_000_000) }()
			const want = "the server was silent or slower than 1024 bytes a second for longer than 300ms"
			select {
			case err := <-done:
				if err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it is waited for")
			}
			if err := answer(ours, 1); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestWhatIsSlowAndFastEnoughIsWaitedFor has an answer that takes several times as long as silence may, many short answers
// that take as long together, and a connection that we leave alone for as long.
func TestWhatIsSlowAndFastEnoughIsWaitedFor(t *testing.T) {
	const most = 2 * time.Second
	ours, theirs := limited(t, most)
	sending(theirs, 400, 60, 100*time.Millisecond)
	if err := answer(ours, 400*60); err != nil {
		t.Error("4 KB a second:", err)
	}
	sending(theirs, 1, 10, most/5)
	for range 10 {
		if err := answer(ours, 1); err != nil {
			t.Error("a short answer:", err)
		}
	}
	time.Sleep(most + most/2)
	sending(theirs, 1, 1, 0)
	if err := answer(ours, 1); err != nil {
		t.Error("after a pause of ours:", err)
	}
}
