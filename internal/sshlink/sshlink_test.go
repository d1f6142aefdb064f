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
	wasPatience, wasIdle := patience, idle
	patience, idle = time.Second, 20*time.Second
	defer func() { patience, idle = wasPatience, wasIdle }()
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
