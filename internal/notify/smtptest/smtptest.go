// Package smtptest runs a real mail server, Exim, for tests. It takes mails by TLS from those who log in, and delivers all
// of them into one Maildir.
package smtptest

import (
	"fmt"
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
	PasswordEnv = "BATCH_MAIL_PASSWORD"
)

const daemon = "/usr/sbin/exim4"

// Server is a server that runs until the test ends.
type Server struct {
	TLSPort, StartTLSPort int
	CAFile                string // of the authority that vouches for it
	dir                   string
	said                  strings.Builder
}

// config is the whole configuration: who has logged in may send to anyone, and logging in is offered over TLS only.
const config = `
primary_hostname = localhost
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
pid_file_path = DIR/pid
deliver_drop_privilege = true
exim_user = USER
exim_group = GROUP
keep_environment =
daemon_smtp_ports = STARTTLS : TLS
tls_on_connect_ports = TLS
local_interfaces = 127.0.0.1
tls_advertise_hosts = OFFERED
tls_certificate = DIR/server.pem
tls_privatekey = DIR/server.key
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
message_size_limit = 5M
begin acl
rcpt:
  deny
    !authenticated = *
    message = authentication required
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = DIR/mail
  maildir_format
  create_directory
  user = USER
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{ACCOUNT}}{eq{$auth3}{SECRET}}}}
  server_set_id = $auth2
`

// Start starts a server. The test is left out where Exim is missing, and fails there in CI.
func Start(t testing.TB) *Server { return start(t, "*") }

// StartPlain starts a server that offers no TLS to those who begin in the clear.
func StartPlain(t testing.TB) *Server { return start(t, "") }

func start(t testing.TB, offered string) *Server {
	t.Helper()
	if _, err := os.Stat(daemon); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the test needs exim4-daemon-light; ./test.sh installs it")
		}
		t.Skip("the test needs exim4-daemon-light; ./test.sh installs it")
	}
	s := &Server{TLSPort: servertest.FreePort(t), StartTLSPort: servertest.FreePort(t)}
	var err error
	if s.dir, err = os.MkdirTemp("", "batch-smtp-"); err != nil { // one that the user of the server can reach
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	as, err := user.Current()
	if err == nil && as.Uid == "0" { // it delivers nothing as root
		as, err = user.Lookup("Debian-exim")
	}
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(as.Gid)
	if err != nil {
		t.Fatal(err)
	}
	certificate := servertest.NewCertificate(t)
	s.CAFile = filepath.Join(s.dir, "authority.pem")
	for name, content := range map[string]string{"server.pem": certificate.Own, "server.key": certificate.Key,
		"authority.pem": certificate.Authority, "config": strings.NewReplacer("DIR", s.dir, "USER", as.Username, "GROUP", group.Name,
			"STARTTLS", strconv.Itoa(s.StartTLSPort), "TLS", strconv.Itoa(s.TLSPort), "OFFERED", offered, "ACCOUNT", Username, "SECRET",
			Password).Replace(config)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"spool", "log", "mail"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, as)
	return s
}

// run runs the server as a user until the test ends.
func (s *Server) run(t testing.TB, as *user.User) {
	t.Helper()
	command := []string{daemon, "-C", filepath.Join(s.dir, "config"), "-bdf", "-oX", fmt.Sprintf("%d:%d", s.StartTLSPort, s.TLSPort)}
	if os.Geteuid() == 0 {
		uid, err := strconv.Atoi(as.Uid)
		if err != nil {
			t.Fatal(err)
		}
		gid, err := strconv.Atoi(as.Gid)
		if err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				err = os.Lchown(path, uid, gid)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		command = append([]string{"setpriv", "--reuid=" + as.Uid, "--regid=" + as.Gid, "--clear-groups"}, command...)
	}
	c := exec.Command(command[0], command[1:]...)
	c.Stderr, c.Stdout, c.WaitDelay = &s.said, &s.said, 2*time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log", "mainlog"))
			t.Logf("%s%s", &s.said, log)
		}
	})
	servertest.AwaitServer(t, s.StartTLSPort)
}

// Mails waits until so many mails are delivered, and returns them.
func (s *Server) Mails(t testing.TB, n int) (all []string) {
	t.Helper()
	servertest.Await(t, fmt.Sprintf("%d mails are delivered", n), func() bool {
		found, err := filepath.Glob(filepath.Join(s.dir, "mail", "new", "*"))
		if err != nil {
			t.Fatal(err)
		}
		all = nil
		for _, f := range found {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(content))
		}
		return len(all) >= n
	})
	return all
}

// Settings are those to reach the server by STARTTLS, by its authority, with an account.
func (s *Server) Settings() settings.Mail {
	return settings.Mail{Server: "127.0.0.1", Port: s.StartTLSPort, Security: settings.StartTLS, Username: Username,
		PasswordEnv: PasswordEnv, CAFile: s.CAFile, From: "batch@example.com", To: []string{"desk@example.com"}}
}

// Getenv looks up the password.
func Getenv(name string) string {
	if name == PasswordEnv {
		return Password
	}
	return os.Getenv(name)
}
