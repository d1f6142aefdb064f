package imaplink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
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
	servertest.Within(t, 2*time.Second)
	was := patience
	patience = time.Second
	defer func() { patience = was }()
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
	line := servertest.NewLine(t, server.TLSPort)
	to.Port = line.Port
	s, err := Dial(t.Context(), to, imaptest.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server.Deliver(t, "INBOX", "Subject: x\n\nx\n")
	line.Slow(0, 0, 0)
	s.messages = 1 // as if the message had been there
	within("silent afterwards", "was silent or slower than 1024 bytes a second for longer than 2s", func() error {
		_, err := s.List()
		return err
	})
}

// TestAMailServerThatTricklesIsNotWaitedForWithoutEnd has a byte pass at a time: it is silent at no time.
func TestAMailServerThatTricklesIsNotWaitedForWithoutEnd(t *testing.T) {
	s, line := behindALine(t, time.Second)
	all, err := s.List()
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	line.Slow(0, 1, 20*time.Millisecond)
	_, err = s.Read(all[0].Name, 1<<20)
	want := s.At + " was silent or slower than 1024 bytes a second for longer than 1s"
	if err == nil || !strings.HasPrefix(err.Error(), want) || IsAnswer(err) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestAMailServerThatThinksBeforeItAnswers is slower than the lowest speed at each answer, and gives each in time. What we do
// ourselves between two requests takes longer than any answer may.
func TestAMailServerThatThinksBeforeItAnswers(t *testing.T) {
	s, line := behindALine(t, 4*time.Second)
	line.Slow(0, 32<<10, time.Second)
	all, err := s.List()
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	time.Sleep(5 * time.Second)
	if content, err := s.Read(all[0].Name, 1<<20); err != nil || int64(len(content)) != all[0].Size {
		t.Errorf("%d of %d bytes, %v", len(content), all[0].Size, err)
	}
}

// behindALine is a session with a real server, which has one mail, over a line that can be slowed down.
func behindALine(t *testing.T, most time.Duration) (*Session, *servertest.Line) {
	t.Helper()
	servertest.Within(t, most)
	server := imaptest.Start(t)
	server.Deliver(t, "INBOX", "Subject: x\n\n"+strings.Repeat("hello\n", 1000))
	to, line := server.Settings(), servertest.NewLine(t, server.TLSPort)
	to.Port = line.Port
	s, err := Dial(t.Context(), to, imaptest.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, line
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
				// What the client still sends is read: a connection that is closed with that unread is reset, and not ended.
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c)
				return
			case strings.HasPrefix(command, "CAPABILITY"):
				fmt.Fprintf(c, "* CAPABILITY IMAP4rev1\r\n%s OK done\r\n", tag)
			default:
				fmt.Fprintf(c, "%s OK done\r\n", tag)
			}
		}
	})
}
