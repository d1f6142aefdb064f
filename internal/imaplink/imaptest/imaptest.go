// Package imaptest runs a real mail server, Dovecot, for tests, with a mailbox, and certificates of its own.
package imaptest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// Username and Password are those of the only account, and PasswordEnv the variable of the settings.
const (
	Username    = "batch"
	Password    = "open sesame"
	PasswordEnv = "BATCH_IMAP_PASSWORD"
)

// daemon and deliver are Dovecot's programs.
const (
	daemon  = "/usr/sbin/dovecot"
	deliver = "/usr/lib/dovecot/dovecot-lda"
)

// Server is a server that runs until the test ends.
type Server struct {
	TLSPort, PlainPort int
	CAFile             string // of the authority that vouches for it
	Certificate        string // its SHA-256
	dir                string
	as                 *user.User
	run                *exec.Cmd
	said               strings.Builder
}

// Start starts a server. The test is left out where Dovecot is missing, and fails there in CI.
func Start(t testing.TB) *Server {
	t.Helper()
	for _, program := range []string{daemon, deliver} {
		if _, err := os.Stat(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal("the test needs dovecot-imapd; ./test.sh installs it")
			}
			t.Skip("the test needs dovecot-imapd; ./test.sh installs it")
		}
	}
	s := &Server{}
	var err error
	if s.dir, err = os.MkdirTemp("", "batch-imap-"); err != nil { // the paths of its sockets must be short
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	s.as, err = user.Current()
	if err == nil && s.as.Uid == "0" { // it reads no mail as root
		s.as, err = user.Lookup("dovecot")
	}
	if err != nil {
		t.Fatal(err)
	}
	s.TLSPort, s.PlainPort = servertest.FreePort(t), servertest.FreePort(t)
	s.NewCertificate(t)
	s.write(t, "users", Username+":{PLAIN}"+Password+"\n")
	s.write(t, "config", s.config(t))
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Logf("%s%s", &s.said, log)
		}
	})
	s.start(t)
	return s
}

// config is the whole configuration of the server.
func (s *Server) config(t testing.TB) string {
	t.Helper()
	gid, err := user.LookupGroupId(s.as.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("DIR", s.dir, "USER", s.as.Username, "GROUP", gid.Name, "UID", s.as.Uid, "GID", s.as.Gid,
		"TLS", strconv.Itoa(s.TLSPort), "PLAIN", strconv.Itoa(s.PlainPort)).Replace(`
protocols = imap
listen = 127.0.0.1
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
ssl = yes
ssl_cert = <DIR/server.pem
ssl_key = <DIR/server.key
default_internal_user = USER
default_internal_group = GROUP
default_login_user = USER
first_valid_uid = UID
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:DIR/mail
mail_home = DIR/home
passdb {
  driver = passwd-file
  args = DIR/users
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/home
}
service imap-login {
  chroot =
  inet_listener imap {
    port = PLAIN
  }
  inet_listener imaps {
    port = TLS
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`)
}

// write writes a file of the server's.
func (s *Server) write(t testing.TB, name, content string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s.own(t)
}

// own gives what is in the server's folder to its user.
func (s *Server) own(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	uid, gid := s.ids(t)
	err := filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, uid, gid)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) { // a socket that the server took away
		t.Fatal(err)
	}
}

func (s *Server) ids(t testing.TB) (uid, gid int) {
	t.Helper()
	uid, err := strconv.Atoi(s.as.Uid)
	if err != nil {
		t.Fatal(err)
	}
	if gid, err = strconv.Atoi(s.as.Gid); err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// command is a program of the server's, run as its user.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	if os.Geteuid() == 0 {
		program, args = "setpriv", append([]string{"--reuid=" + s.as.Uid, "--regid=" + s.as.Gid, "--clear-groups", program}, args...)
	}
	c := exec.Command(program, args...)
	c.Env = []string{"HOME=" + s.dir, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "USER=" + s.as.Username}
	return c
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	s.run = s.command(daemon, "-F", "-c", filepath.Join(s.dir, "config"))
	s.run.Stderr, s.run.Stdout = &s.said, &s.said
	s.run.WaitDelay = 2 * time.Second
	if err := s.run.Start(); err != nil {
		t.Fatal(err)
	}
	servertest.AwaitServer(t, s.TLSPort)
}

// stop ends the server and what it started.
func (s *Server) stop() {
	if s.run == nil || s.run.Process == nil {
		return // it was not started
	}
	_ = s.run.Process.Signal(syscall.SIGTERM) // it ends what it started
	_ = s.run.Wait()
}

// Restart has the server take its files again, such as a new certificate.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.stop()
	s.start(t)
}

// Deliver has Dovecot's delivery agent put a message into a folder of the mailbox.
func (s *Server) Deliver(t testing.TB, folder, message string) {
	t.Helper()
	c := s.command(deliver, "-c", filepath.Join(s.dir, "config"), "-d", Username, "-m", folder, "-o", "lda_mailbox_autocreate=yes")
	c.Stdin = strings.NewReader(message)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("dovecot-lda: %v: %s", err, out)
	}
}

// Number gives the messages of INBOX new numbers, under a new validity.
func (s *Server) Number(t testing.TB) {
	t.Helper()
	s.stop()
	found, err := filepath.Glob(filepath.Join(s.dir, "mail", "dovecot*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no list of numbers: %v", err)
	}
	for _, f := range found {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(1100 * time.Millisecond) // the validity is the time in seconds
	s.start(t)
}

// Messages counts the messages of a folder as they are on the disk: INBOX is "".
func (s *Server) Messages(t testing.TB, folder string) (n int) {
	t.Helper()
	at := filepath.Join(s.dir, "mail")
	if folder != "" {
		at = filepath.Join(at, "."+folder)
	}
	for _, part := range []string{"new", "cur"} {
		found, err := filepath.Glob(filepath.Join(at, part, "*"))
		if err != nil {
			t.Fatal(err)
		}
		n += len(found)
	}
	return n
}

// Damage cuts off the message of INBOX that has a text in it, as a disk that fails does: the server ends a session in
// which it is read.
func (s *Server) Damage(t testing.TB, text string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "mail", "[cn]*", "*,S=*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			err = os.Truncate(path, int64(len(content)/2))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Marked counts the messages of INBOX that have a keyword.
func (s *Server) Marked(t testing.TB) (n int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "mail", "cur", "*:2,*[a-z]")) // Dovecot has keywords as small letters
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// Settings are those to reach the server over TLS, by its authority.
func (s *Server) Settings() settings.IMAP {
	return settings.IMAP{Host: "127.0.0.1", Port: s.TLSPort, Security: settings.TLS, Username: Username, PasswordEnv: PasswordEnv,
		CAFile: s.CAFile, Folder: "INBOX"}
}

// Getenv looks up the password.
func Getenv(name string) string {
	if name == PasswordEnv {
		return Password
	}
	return os.Getenv(name)
}

// NewCertificate gives the server a certificate of a new authority; it is shown after a [Server.Restart].
func (s *Server) NewCertificate(t testing.TB) {
	t.Helper()
	c := servertest.NewCertificate(t)
	s.write(t, "server.pem", c.Own)
	s.write(t, "server.key", c.Key)
	s.CAFile = filepath.Join(s.dir, "authority-"+c.SHA256[:8]+".pem")
	s.write(t, filepath.Base(s.CAFile), c.Authority)
	s.Certificate = c.SHA256
}
