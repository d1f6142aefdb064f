package sshlink

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

// TestAServerThatNeverBeginsIsNotWaitedForWithoutEnd has one that says nothing, and one that always says something, which
// is silent at no time.
func TestAServerThatNeverBeginsIsNotWaitedForWithoutEnd(t *testing.T) {
	defer func(was time.Duration) { patience = was }(patience)
	patience = time.Second
	t.Setenv("BATCH_SFTP_PASSWORD", "x")
	for name, said := range map[string]string{"silent": "", "talking": "please wait\r\n"} {
		to := settings.SFTP{Host: "127.0.0.1", Port: saying(t, said), Username: "u", PasswordEnv: "BATCH_SFTP_PASSWORD", Folder: "/"}
		begun := time.Now()
		_, err := Dial(context.Background(), to, func(string) string { return "x" })
		if took := time.Since(begun); err == nil || !strings.Contains(err.Error(), "no session could be begun within 1s") || took > 10*time.Second {
			t.Errorf("%s: %v after %s", name, err, took)
		}
	}
}

// saying is the port of a server that says something again and again.
func saying(t *testing.T, what string) (port int) {
	t.Helper()
	return servertest.Listen(t, func(c net.Conn) {
		defer c.Close()
		for t.Context().Err() == nil {
			if _, err := c.Write([]byte(what)); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// TestASessionOutlivesThePatienceForItsBeginning writes and reads once that has passed.
func TestASessionOutlivesThePatienceForItsBeginning(t *testing.T) {
	server := sshtest.Start(t)
	defer func(was time.Duration) { patience = was }(patience)
	patience = 5 * time.Second
	s, err := Dial(t.Context(), server.Settings(), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	time.Sleep(patience + time.Second)
	if err := s.Put("x", []byte("content")); err != nil {
		t.Fatal(err)
	}
	if is, err := s.Get("x", 10); err != nil || string(is) != "content" {
		t.Errorf("%q, %v", is, err)
	}
}

// TestAServerThatTricklesIsNotWaitedForWithoutEnd has a byte pass at a time: it is silent at no time.
func TestAServerThatTricklesIsNotWaitedForWithoutEnd(t *testing.T) {
	content := []byte(strings.Repeat("content", 1000))
	for name, ask := range map[string]func(*Session) error{
		"a list":  func(s *Session) error { _, err := s.List(); return err },
		"a file":  func(s *Session) error { _, err := s.Get("x", 1<<20); return err },
		"a state": func(s *Session) error { _, err := s.Stat("x"); return err },
		"sending": func(s *Session) error { return s.Put("y", content) },
	} {
		s, line := behindALine(t, time.Second)
		if err := s.Put("x", content); err != nil {
			t.Fatal(err)
		}
		line.Slow(0, 1, 20*time.Millisecond)
		want := s.At + " was silent or slower than 1024 bytes a second for longer than 1s"
		if err := ask(s); err == nil || !strings.HasPrefix(err.Error(), want) || IsAnswer(err) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		_ = s.Close()
	}
	s, line := behindALine(t, time.Second)
	line.Slow(0, 0, 0)
	_ = s.Close() // returns
}

// TestALargeFileOverASlowLineIsReadAndWritten takes several times as long as a server may be silent. What we do ourselves
// between two requests takes longer than that, too.
func TestALargeFileOverASlowLineIsReadAndWritten(t *testing.T) {
	s, line := behindALine(t, 3*time.Second)
	content := strings.Repeat("content", 20_000)
	line.Slow(0, 3200, 100*time.Millisecond) // what is sent is answered piece by piece, each of 32 KiB
	if err := s.Put("x", []byte(content)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * time.Second)
	if is, err := s.Get("x", 1<<20); err != nil || string(is) != content {
		t.Errorf("%d of %d bytes, %v", len(is), len(content), err)
	}
}

// behindALine is a session with a real server over a line that can be slowed down.
func behindALine(t *testing.T, most time.Duration) (*Session, *servertest.Line) {
	t.Helper()
	servertest.Within(t, most)
	server := sshtest.Start(t)
	to, line := server.Settings(), servertest.NewLine(t, server.Port)
	to.Port = line.Port
	s, err := Dial(t.Context(), to, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, line
}
