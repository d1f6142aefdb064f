package imaplink

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/imaplink/imaptest"
	"tenderbatch/internal/settings"
)

// TestAServerThatIsSilentIsNotWaitedForWithoutEnd has one that takes connections and says nothing, and one that falls silent
// once the session is there.
func TestAServerThatIsSilentIsNotWaitedForWithoutEnd(t *testing.T) {
	wasPatience, wasIdle := patience, idle
	patience, idle = time.Second, 2*time.Second
	defer func() { patience, idle = wasPatience, wasIdle }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	within := func(what string, do func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- do() }()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%s: no error", what)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it is waited for without end", what)
		}
	}
	for _, security := range []settings.Security{settings.TLS, settings.StartTLS, settings.None} {
		to := settings.IMAP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: security, Username: "u",
			PasswordEnv: imaptest.PasswordEnv, Folder: "INBOX"}
		within(string(security), func() error {
			_, err := Dial(context.Background(), to, imaptest.Getenv)
			return err
		})
	}
	server := imaptest.Start(t)
	to := server.Settings()
	proxy := newMuteProxy(t, server.TLSPort)
	to.Port = proxy.port
	s, err := Dial(t.Context(), to, imaptest.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server.Deliver(t, "INBOX", "Subject: x\n\nx\n")
	proxy.mute()
	s.messages = 1 // as if the message had been there
	within("silent afterwards", func() error {
		_, err := s.List()
		return err
	})
}

// muteProxy passes on what it gets until it falls silent, with its connections left open.
type muteProxy struct {
	port int
	mute func()
}

func newMuteProxy(t *testing.T, to int) muteProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, mute := context.WithCancel(context.Background())
	t.Cleanup(mute)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(far, near) }()
			go func() {
				b := make([]byte, 4096)
				for {
					n, err := far.Read(b)
					if err != nil || ctx.Err() != nil {
						return
					}
					_, _ = near.Write(b[:n])
				}
			}()
		}
	}()
	return muteProxy{l.Addr().(*net.TCPAddr).Port, mute}
}

// TestAMessageThatIsNotThereAnyMore asks for numbers that the folder does not have, or had under another validity.
func TestAMessageThatIsNotThereAnyMore(t *testing.T) {
	server := imaptest.Start(t)
	server.Deliver(t, "INBOX", "Subject: x\n\nhello\n")
	s, err := Dial(t.Context(), server.Settings(), imaptest.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.List()
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	content, err := s.Read(all[0].Name, 1<<20)
	if err != nil || !strings.Contains(string(content), "hello") || int64(len(content)) != all[0].Size {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := s.Read(all[0].Name, 10); err == nil || !strings.Contains(err.Error(), "the server had said fewer") {
		t.Errorf("%v", err)
	}
	validity, _, _ := strings.Cut(all[0].Name, "-")
	for _, name := range []string{validity + "-99", "1-1", "nonsense", ""} {
		if _, err := s.Read(name, 1<<20); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if again, err := s.List(); err != nil || len(again) != 1 {
		t.Errorf("the session is lost: %v", err)
	}
}
