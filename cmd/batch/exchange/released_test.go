package exchange

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

var releaseTerms = servertest.OneSeries(`release: {}
caps:
  - {name: Cap, amount: 10000, currency: USD, measure: principal}
`)

const releaseReport = servertest.OneTender

// releasedAt is when the runs of these tests are released.
var releasedAt = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// clock goes a second forward each time it is asked.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// forward sets the clock forward.
func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// releasedOffer makes an offer with a run that two people released, in a folder of its own, and returns that of the
// offers, and the clock.
func releasedOffer(t *testing.T) (top string, now *clock) {
	t.Helper()
	top, now = t.TempDir(), &clock{now: releasedAt}
	folder, yesterday := filepath.Join(top, "small"), releasedAt.Add(-24*time.Hour)
	for name, content := range map[string]string{"offer.yaml": releaseTerms, "inbox/dtc-2026-05-19.csv": releaseReport} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, yesterday, yesterday)); err != nil {
			t.Fatal(err)
		}
	}
	person := func(name string) ledger.Actor { return ledger.Actor{Kind: ledger.User, Name: name} }
	out, err := pipeline.Run(context.Background(), pipeline.Request{Folder: folder, Clock: now.Now, Version: "test", Actor: person("ann"),
		By: "ann", Owner: func(fs.FileInfo) string { return "ann" }})
	if err != nil {
		t.Fatal(err)
	}
	as := func(name string) release.Request {
		return release.Request{Run: out.Folder, Actor: person(name), By: name, Clock: now.Now, Version: "test", Wait: time.Second}
	}
	if _, err := release.Submit(context.Background(), as("ann")); err != nil {
		t.Fatal(err)
	}
	s, err := release.Show(context.Background(), as("bob"))
	if err != nil {
		t.Fatal(err)
	}
	total := s.Entry.Totals[0]
	_, err = release.Approve(context.Background(), as("bob"),
		release.Confirmed{Manifest: s.Entry.Manifest, Typed: ledger.Amount{Currency: total.Currency, Amount: total.ToWire}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := release.Release(context.Background(), as("ann")); err != nil {
		t.Fatal(err)
	}
	return top, now
}

// office is a mail server that counts mails. Each takes a while, so that machines meet.
type office struct {
	mu    sync.Mutex
	mails int
	to    map[string]int // by recipient
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{office: o}, nil }

func (o *office) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mails
}

// twice are the recipients who got more than one mail.
func (o *office) twice() (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for to, n := range o.to {
		if n > 1 {
			all = append(all, to)
		}
	}
	return all
}

type session struct {
	*office
	recipient string
}

func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.recipient = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	time.Sleep(200 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails++
	s.to[s.recipient]++
	return err
}

func newOffice(t *testing.T) (*office, settings.Mail) {
	t.Helper()
	o := &office{to: map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return o, settings.Mail{Server: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: settings.None, From: "batch@example.com"}
}
