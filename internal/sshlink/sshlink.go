// Package sshlink reaches folders on other machines by SFTP. A server is spoken with only if it has one of the
// keys that the settings name: there is no first time on which any key is taken.
package sshlink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tenderbatch/internal/idleconn"
	"tenderbatch/internal/settings"
)

// patience is how long a server may take until the session is there, whatever it says. It is a variable for tests.
var patience = 30 * time.Second

// Session is a connection to a server. Each request waits for its answer only while the server is fast enough, whatever else
// the server sends meanwhile, such as a sign of life.
type Session struct {
	Folder string // on the server
	At     string // the server and the account, for people

	client *sftp.Client
	conn   *ssh.Client
	line   *idleconn.Conn
	stop   func() bool
}

// Dial reaches a server. The session ends with the context.
func Dial(ctx context.Context, to settings.SFTP, getenv func(string) string) (*Session, error) {
	address := net.JoinHostPort(to.Host, strconv.Itoa(to.Port))
	methods, err := methodsOf(to, getenv)
	if err != nil {
		return nil, err
	}
	var keys []ssh.PublicKey
	for _, line := range to.HostKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("host_keys: %w", err)
		}
		keys = append(keys, key)
	}
	plain, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w", address, err)
	}
	s := &Session{Folder: path.Clean(to.Folder), At: to.Username + "@" + address}
	s.line = idleconn.New(plain, s.At)
	s.stop = context.AfterFunc(ctx, func() { _ = s.line.Close() })
	begin := time.AfterFunc(patience, func() { _ = s.line.Close() })
	err = s.begin(address, &ssh.ClientConfig{User: to.Username, Auth: methods,
		HostKeyCallback: pinned(address, keys), HostKeyAlgorithms: algorithmsOf(keys)})
	if !begin.Stop() {
		err = fmt.Errorf("%s: no session could be begun within %s", address, patience)
	}
	if err != nil {
		s.stop()
		_ = s.line.Close()
		return nil, err
	}
	return s, nil
}

// begin begins the session over its connection.
func (s *Session) begin(address string, config *ssh.ClientConfig) error {
	conn, channels, requests, err := ssh.NewClientConn(s.line, address, config)
	if err != nil {
		return refusal(address, config.User, err)
	}
	s.conn = ssh.NewClient(conn, channels, requests)
	if s.client, err = sftp.NewClient(s.conn); err != nil {
		_ = s.conn.Close()
		return fmt.Errorf("%s does not speak SFTP: %w", address, err)
	}
	return nil
}

// Close ends the session.
func (s *Session) Close() (err error) {
	s.stop()
	defer s.line.Wait()(&err)
	_ = s.client.Close() // the connection below is what matters
	if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// IsAnswer reports whether an error is what the server answers to one request: the session goes on.
func IsAnswer(err error) bool {
	said := new(sftp.StatusError)
	return errors.As(err, &said)
}

// Put writes a file into the folder of the session: it has its name only once it is whole.
func (s *Session) Put(name string, content []byte) (err error) {
	defer s.line.Wait()(&err)
	draft, to := path.Join(s.Folder, "."+name+".part"), path.Join(s.Folder, name)
	file, err := s.client.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return fmt.Errorf("%s cannot be written on %s: %w", draft, s.At, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s was not written to its end on %s: %w", draft, s.At, err)
	}
	if err = s.client.PosixRename(draft, to); err == nil {
		return nil
	}
	if err := s.client.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s cannot be replaced on %s: %w", to, s.At, err)
	}
	if err := s.client.Rename(draft, to); err != nil {
		return fmt.Errorf("%s cannot be given its name on %s: %w", to, s.At, err)
	}
	return nil
}

// List lists what is in the folder of the session.
func (s *Session) List() (all []os.FileInfo, err error) {
	defer s.line.Wait()(&err)
	return s.client.ReadDir(s.Folder)
}

// Stat is what the server says of a file of the folder of the session.
func (s *Session) Stat(name string) (info os.FileInfo, err error) {
	defer s.line.Wait()(&err)
	return s.client.Lstat(path.Join(s.Folder, name))
}

// Read reads a file of the folder of the session, and one byte more than so many if it has more; os.ErrNotExist if it is not
// there.
func (s *Session) Read(name string, most int64) (content []byte, err error) {
	defer s.line.Wait()(&err)
	file, err := s.client.Open(path.Join(s.Folder, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most+1))
}

// Get reads a file of the folder of the session, of at most so many bytes; os.ErrNotExist if it is not there.
func (s *Session) Get(name string, most int64) ([]byte, error) {
	content, err := s.Read(name, most)
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("%s on %s has more than %d bytes", name, s.At, most)
	}
	return content, err
}

// keyError says that a server has another key than is known of it.
type keyError struct{ address, is string }

func (e *keyError) Error() string {
	return fmt.Sprintf("%s shows the key %s, which is none of host_keys; nothing was sent to it. Ask who runs the "+
		"server whether its key was changed; only then write the new one", e.address, e.is)
}

// NeedsPerson says that it lasts until a person does something.
func (*keyError) NeedsPerson() bool { return true }

// refusedError says that the server, or what the settings name, does not let us in. It lasts until a person does something.
type refusedError struct{ error }

// NeedsPerson says so.
func (*refusedError) NeedsPerson() bool { return true }

// Unwrap returns why.
func (e *refusedError) Unwrap() error { return e.error }

// refused is a refusedError.
func refused(format string, args ...any) error { return &refusedError{fmt.Errorf(format, args...)} }

// pinned accepts a server by its key alone.
func pinned(address string, keys []ssh.PublicKey) ssh.HostKeyCallback {
	return func(_ string, _ net.Addr, is ssh.PublicKey) error {
		for _, key := range keys {
			if string(key.Marshal()) == string(is.Marshal()) {
				return nil
			}
		}
		return &keyError{address: address, is: ssh.FingerprintSHA256(is)}
	}
}

// algorithmsOf are those of the keys that are known, so that a server with several shows one of them.
func algorithmsOf(keys []ssh.PublicKey) (names []string) {
	for _, key := range keys {
		all := []string{key.Type()}
		if key.Type() == ssh.KeyAlgoRSA {
			all = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		for _, name := range all {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// refusal says why there is no session.
func refusal(address, user string, err error) error {
	other := new(keyError)
	switch {
	case errors.As(err, &other):
		return other
	case strings.Contains(err.Error(), "no common algorithm for host key"):
		return refused("%s has no key of the kinds in host_keys; nothing was sent to it. Ask who runs the server "+
			"whether its key was changed; only then write the new one", address)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return refused("%s refuses to let %s log in; see whether the key or the password is the one that the server knows",
			address, user)
	}
	return fmt.Errorf("%s: no session could be begun: %w", address, err)
}

// methodsOf are the ways to log in that the settings name.
func methodsOf(to settings.SFTP, getenv func(string) string) (all []ssh.AuthMethod, err error) {
	if to.KeyFile != "" {
		content, err := os.ReadFile(to.KeyFile)
		if err != nil {
			return nil, refused("key_file: %w; see that the key is there, and that the user that the program runs as may read it", err)
		}
		signer, err := ssh.ParsePrivateKey(content)
		if locked := new(ssh.PassphraseMissingError); errors.As(err, &locked) && to.PassphraseEnv != "" {
			signer, err = ssh.ParsePrivateKeyWithPassphrase(content, []byte(getenv(to.PassphraseEnv)))
		}
		if err != nil {
			return nil, refused("%s is no private SSH key that can be opened: %w", to.KeyFile, err)
		}
		all = append(all, ssh.PublicKeys(signer))
	}
	if to.PasswordEnv != "" {
		password := getenv(to.PasswordEnv)
		if password == "" {
			return nil, refused("the password for the server is not set; set the environment variable %s", to.PasswordEnv)
		}
		all = append(all, ssh.Password(password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = password
				}
				return answers, nil
			}))
	}
	return all, nil
}
