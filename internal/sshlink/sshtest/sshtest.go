// Package sshtest runs a real OpenSSH server for tests, with a host key of its own, for the user who tests.
package sshtest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// Server is a server that runs until the test ends.
type Server struct {
	Port    int
	HostKey string // the public one
	Folder  string // that it serves
	dir     string
	key     string // the private key of its only user
	name    string
}

// Start starts a server. Without OpenSSH the test is left out.
func Start(t testing.TB) *Server {
	t.Helper()
	daemon := "/usr/sbin/sshd"
	if _, err := os.Stat(daemon); err != nil {
		t.Skip("the test needs openssh-server; ./test.sh installs it")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: t.TempDir(), name: me.Username}
	s.Folder, s.key = filepath.Join(s.dir, "files"), filepath.Join(s.dir, "user")
	if err := os.Mkdir(s.Folder, 0o755); err != nil {
		t.Fatal(err)
	}
	keygen(t, s.key)
	s.HostKey = keygen(t, filepath.Join(s.dir, "host"))
	public, err := os.ReadFile(s.key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = servertest.FreePort(t)
	if me.Uid == "0" { // sshd leaves its rights there
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM "+
		"no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPermitRootLogin "+
		"prohibit-password\nSubsystem sftp internal-sftp\n",
		s.Port, filepath.Join(s.dir, "host"), filepath.Join(s.dir, "authorized"))
	for name, content := range map[string]string{"config": config, "authorized": string(public)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	c := exec.Command(daemon, "-D", "-e", "-f", filepath.Join(s.dir, "config"))
	c.Stderr = &said
	c.WaitDelay = 2 * time.Second // what serves a session outlives the server
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	servertest.AwaitServer(t, s.Port)
	return s
}

// Settings are those to reach the server.
func (s *Server) Settings() settings.SFTP {
	return settings.SFTP{Host: "127.0.0.1", Port: s.Port, Username: s.name, KeyFile: s.key, HostKeys: []string{s.HostKey},
		Folder: s.Folder}
}

// OtherKey is a public key that is not that of the server.
func OtherKey(t testing.TB) string { return keygen(t, filepath.Join(t.TempDir(), "other")) }

// StrangerKey is the file of a private key that the server does not know.
func StrangerKey(t testing.TB) string {
	file := filepath.Join(t.TempDir(), "stranger")
	keygen(t, file)
	return file
}

// keygen makes a key with OpenSSH's own program, and returns the public one.
func keygen(t testing.TB, file string) string {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(public))
}

// Cut is a way to a server that ends once it passed on so many bytes one way. It returns the port, and how many
// connections were cut.
func Cut(t testing.TB, to, after int) (port int, cuts *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	cuts = new(atomic.Int64)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
			if err != nil {
				_ = near.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				n, _ := io.CopyN(to, from, int64(after))
				if n == int64(after) {
					cuts.Add(1)
				}
				_, _ = near.Close(), far.Close()
			}
			go pass(far, near)
			go pass(near, far)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, cuts
}
