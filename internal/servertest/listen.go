package servertest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"
)

// Listen has each connection to a port of this machine served until the end of a test, and returns the port.
func Listen(t testing.TB, serve func(net.Conn)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// FreePort is a port of this machine for a server that a test starts.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// freePort finds one below those that the system itself gives to connections and listeners: else the port could be taken
// before the server has it.
func freePort() (int, error) {
	const least = 10_000
	below := 32_768
	if said, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(said), &below); err != nil {
			return 0, err
		}
	}
	for range 1000 {
		port := 0
		if below > least {
			port = least + rand.IntN(below-least)
		}
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return l.Addr().(*net.TCPAddr).Port, l.Close()
		}
	}
	return 0, fmt.Errorf("no port from %d to %d is free", least, below)
}

// Await waits until something is so, for a minute or somewhat more: a machine that does much at once is slow.
func Await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("a minute has passed without this: %s", what)
}

// AwaitServer waits until a server accepts connections at a port of this machine.
func AwaitServer(t testing.TB, port int) {
	t.Helper()
	Await(t, "the server answers", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err == nil && c.Close() == nil
	})
}
