package servertest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// missing skips a test that needs a program, and fails it in CI.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; test.sh installs it", what)
	}
	t.Skipf("%s; test.sh installs it", what)
}

// server is a script that starts a server, prints one line once it is there, and stops it when its standard input
// ends: with this process, at the latest.
type server struct {
	once sync.Once
	line string
	err  error
	in   io.Writer // keeps the pipe open
}

func (s *server) start(script string, env ...string) (line string, err error) {
	s.once.Do(func() {
		c := exec.Command("/bin/sh", "-c", script)
		c.Env = append(os.Environ(), env...)
		out, err := c.StdoutPipe()
		if s.err = err; err != nil {
			return
		}
		var said strings.Builder
		c.Stderr = &said
		if s.in, s.err = c.StdinPipe(); s.err != nil {
			return
		}
		if s.err = c.Start(); s.err != nil {
			return
		}
		var b [4096]byte
		n, err := out.Read(b[:])
		if s.line = strings.TrimSpace(string(b[:n])); s.line == "" {
			time.Sleep(100 * time.Millisecond) // for the rest of what it says
			s.err = fmt.Errorf("the server did not start: %v\n%s", err, said.String())
		}
	})
	return s.line, s.err
}
