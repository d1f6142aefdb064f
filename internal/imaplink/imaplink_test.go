package imaplink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/imaplink/imaptest"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// TestAServerThatIsSilentIsNotWaitedForWithoutEnd has one that takes connections and says nothing, and one that falls silent
// once the session is there.
func TestAServerThatIsSilentIsNotWaitedForWithoutEnd(t *testing.T) {
	wasPatience, wasIdle := patience, idle
	patience, idle = time.Second, 2*time.Second
	defer func() { patience, idle = wasPatience, wasIdle }()
	port := servertest.Listen(t, func(net.Conn) {})
	within := func(what, why string, do func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- do() }()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, want %q", what, err, why)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it is waited for without end", what)
		}
	}
	for _, security := range []settings.Security{settings.TLS, settings.StartTLS, settings.None} {
		to := settings.IMAP{Host: "127.0.0.1", Port: port, Security: security, Username: "u",
			PasswordEnv: imaptest.PasswordEnv, Folder: "INBOX"}
		within(string(security), "longer than 1s", func() error {
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
	within("silent afterwards", "the other side was silent for longer than 2s", func() error {
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
	ctx, mute := context.WithCancel(context.Background())
	t.Cleanup(mute)
	port := servertest.Listen(t, func(near net.Conn) {
		far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(far, near) }()
		b := make([]byte, 4096)
		for {
			n, err := far.Read(b)
			if err != nil || ctx.Err() != nil {
				return
			}
			_, _ = near.Write(b[:n])
		}
	})
	return muteProxy{port, mute}
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

// TestAMailThatBreaksOffEndsItsSession has a server that promises more of a mail than it sends. What reads the session must
// not go on in it beside us; the race detector sees that.
func TestAMailThatBreaksOffEndsItsSession(t *testing.T) {
	port := breaksOff(t)
	for range 20 {
		s, err := Dial(t.Context(), settings.IMAP{Host: "127.0.0.1", Port: port, Security: settings.None, Username: "u",
			PasswordEnv: imaptest.PasswordEnv, Folder: "INBOX"}, imaptest.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read("1-1", 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) || IsAnswer(err) {
			t.Errorf("%v", err)
		}
		if _, err := s.Read("1-1", 1<<20); err == nil || errors.Is(err, fs.ErrNotExist) || IsAnswer(err) {
			t.Errorf("after its end: %v", err)
		}
		begun := time.Now()
		if err := s.Close(); err != nil || time.Since(begun) > 4*time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	}
}

// breaksOff is the port of a server that has one mail and closes the connection in the middle of it.
func breaksOff(t *testing.T) (port int) {
	t.Helper()
	return servertest.Listen(t, func(c net.Conn) {
		defer c.Close()
		fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			tag, command, _ := strings.Cut(lines.Text(), " ")
			switch {
			case strings.HasPrefix(command, "SELECT"):
				fmt.Fprintf(c, "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n%s OK [READ-WRITE] done\r\n", tag)
			case strings.HasPrefix(command, "UID FETCH"):
				fmt.Fprint(c, "* 1 FETCH (UID 1 BODY[] {10000}\r\nSubject: x\r\n")
				return
			case strings.HasPrefix(command, "CAPABILITY"):
				fmt.Fprintf(c, "* CAPABILITY IMAP4rev1\r\n%s OK done\r\n", tag)
			default:
				fmt.Fprintf(c, "%s OK done\r\n", tag)
			}
		}
	})
}
