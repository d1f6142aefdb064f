package notify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"tenderbatch/internal/notify/smtptest"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// postOffice is a mail server with what it took.
type postOffice struct {
	mu       sync.Mutex
	sessions int
	taken    []taken

	password string                               // "" asks for none
	refused  string                               // the recipient that is refused
	data     func(raw []byte, c *smtp.Conn) error // what happens at the end of a mail, if not nil

	port  int
	roots *x509.CertPool
}

// taken is a mail that the server took.
type taken struct {
	from, to string
	secured  bool
	user     string
	raw      []byte
}

// session is one connection.
type session struct {
	office         *postOffice
	conn           *smtp.Conn
	user, from, to string
}

func (o *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sessions++
	return &session{office: o, conn: c}, nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.office.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != s.office.password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.office.password != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to == s.office.refused {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.office.data != nil {
		if err := s.office.data(raw, s.conn); err != nil {
			return err
		}
	}
	_, secured := s.conn.TLSConnectionState()
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.taken = append(s.office.taken, taken{s.from, s.to, secured, s.user, raw})
	return nil
}

// mails are the mails that were taken.
func (o *postOffice) mails() []taken {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]taken{}, o.taken...)
}

// tries is how often a client connected.
func (o *postOffice) tries() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sessions
}

// open starts the server.
func (o *postOffice) open(t *testing.T, security settings.Security) {
	t.Helper()
	certificate, roots := testCertificate(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.port, o.roots = listener.Addr().(*net.TCPAddr).Port, roots
	server := smtp.NewServer(o)
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	encryption := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch security {
	case settings.StartTLS:
		server.TLSConfig = encryption
	case settings.TLS:
		listener = tls.NewListener(listener, encryption)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

// testCertificate is a certificate of this machine, and the authority that vouches for it.
func testCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// mailing is a notifier that mails through a server.
func mailing(t *testing.T, o *postOffice, security settings.Security, change func(*settings.Mail)) *Notifier {
	t.Helper()
	m := settings.Mail{
		Server: "127.0.0.1", Port: o.port, Security: security, From: "Tender desk <batch@example.com>",
		To: []string{"desk@example.com"}, On: []settings.Occasion{settings.Rejects, settings.Failure, settings.Missed},
	}
	if o.password != "" {
		m.Username, m.PasswordEnv = "batch", "MAIL_PASSWORD"
	}
	if change != nil {
		change(&m)
	}
	n := notifier(t, settings.Settings{Mail: m}, map[string]string{"MAIL_PASSWORD": "s3cret"})
	n.roots = o.roots
	return n
}

// opened reads a mail.
func opened(t *testing.T, m taken) (header mail.Header, subject, body string) {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(m.raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	if message.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		t.Fatalf("the encoding is %s", message.Header.Get("Content-Transfer-Encoding"))
	}
	text, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	return message.Header, subject, strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") + "\n"
}

func TestMailArrivesUnderEveryProtection(t *testing.T) {
	for _, c := range []struct {
		security settings.Security
		password string
	}{
		{settings.StartTLS, "s3cret"}, {settings.StartTLS, ""}, {settings.TLS, "s3cret"}, {settings.TLS, ""},
		{settings.None, ""},
	} {
		t.Run(string(c.security)+" "+c.password, func(t *testing.T) {
			o := &postOffice{password: c.password}
			o.open(t, c.security)
			if err := mailing(t, o, c.security, nil).End(t.Context(), sample); err != nil {
				t.Fatal(err)
			}
			got := o.mails()
			if len(got) != 1 || got[0].from != "batch@example.com" || got[0].to != "desk@example.com" {
				t.Fatalf("the server took %+v", got)
			}
			if got[0].secured != (c.security != settings.None) || (got[0].user == "batch") != (c.password != "") {
				t.Errorf("secured: %t, user %q", got[0].secured, got[0].user)
			}
			header, subject, body := opened(t, got[0])
			if subject != "batch: level3-2004: done, with 7 rejects" || body != sample.letter() {
				t.Errorf("the mail is %q\n%s", subject, body)
			}
			if date, err := header.Date(); err != nil || !date.Equal(sampleAt) ||
				header.Get("Auto-Submitted") != "auto-generated" || header.Get("Message-Id") == "" {
				t.Errorf("the headers are %v, %v", header, err)
			}
			if kind := header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; charset=UTF-8") {
				t.Errorf("the type is %s", kind)
			}
		})
	}
}

func TestAWrongPasswordIsTriedOnce(t *testing.T) {
	o := &postOffice{password: "another"}
	o.open(t, settings.StartTLS)
	err := mailing(t, o, settings.StartTLS, nil).End(t.Context(), sample)
	if err == nil || !strings.Contains(err.Error(), "535") || strings.Contains(err.Error(), "s3cret") || o.tries() > 2 {
		t.Errorf("%v after %d sessions, want a refusal of the first", err, o.tries())
	}
}

func TestAServerWithoutEncryptionGetsNothing(t *testing.T) {
	o := &postOffice{}
	o.open(t, settings.None)
	err := mailing(t, o, settings.StartTLS, nil).End(t.Context(), sample)
	if err == nil || !strings.Contains(err.Error(), "STARTTLS") || len(o.mails()) != 0 {
		t.Errorf("%v, and %d mails; want an error and none", err, len(o.mails()))
	}
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	for _, security := range []settings.Security{settings.StartTLS, settings.TLS} {
		o := &postOffice{password: "s3cret"}
		o.open(t, security)
		o.roots = x509.NewCertPool()
		err := mailing(t, o, security, nil).End(t.Context(), sample)
		if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) || len(o.mails()) != 0 {
			t.Errorf("%s: %v, and %d mails; want an unknown authority and none", security, err, len(o.mails()))
		}
	}
}

func TestARecipientThatIsGoneDoesNotKeepTheOthersFromBeingTold(t *testing.T) {
	o := &postOffice{refused: "refused@example.com"}
	o.open(t, settings.StartTLS)
	n := mailing(t, o, settings.StartTLS, func(m *settings.Mail) {
		m.To = []string{"refused@example.com", "desk@example.com", "Operations <operations@example.com>"}
	})
	err := n.End(t.Context(), sample)
	if err == nil || !strings.Contains(err.Error(), "refused@example.com") ||
		!strings.Contains(err.Error(), "no such user") {
		t.Errorf("%v, want who was refused and why", err)
	}
	got := o.mails()
	if len(got) != 2 || got[0].to != "desk@example.com" || got[1].to != "operations@example.com" || o.tries() > 2 {
		t.Errorf("%d mails in %d sessions, want two at the first try", len(got), o.tries())
	}
}

func TestAServerThatDiesInTheMiddleIsTriedAgain(t *testing.T) {
	o := &postOffice{}
	died := false
	o.data = func(_ []byte, c *smtp.Conn) error {
		if !died {
			died = true
			return errors.Join(c.Conn().Close(), io.ErrUnexpectedEOF)
		}
		return nil
	}
	o.open(t, settings.None)
	if err := mailing(t, o, settings.None, nil).End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	if got := o.mails(); len(got) != 1 || !died {
		t.Errorf("%d mails, want one", len(got))
	}
}

func TestAMailThatIsTriedAgainKeepsItsIDAndIsNotSentTwice(t *testing.T) {
	o := &postOffice{}
	var first []byte
	o.data = func(raw []byte, _ *smtp.Conn) error {
		if len(o.mails()) == 1 && first == nil { // the second recipient's, at the first try
			first = raw
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
		}
		return nil
	}
	o.open(t, settings.None)
	n := mailing(t, o, settings.None, func(m *settings.Mail) { m.To = []string{"a@example.com", "b@example.com"} })
	if err := n.End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	got := o.mails()
	if len(got) != 2 || got[0].to != "a@example.com" || got[1].to != "b@example.com" {
		t.Fatalf("the server took %d mails, want one for each", len(got))
	}
	a, _, _ := opened(t, got[0])
	b, _, _ := opened(t, got[1])
	tried, _, _ := opened(t, taken{raw: first})
	if a.Get("Message-Id") == b.Get("Message-Id") || b.Get("Message-Id") != tried.Get("Message-Id") {
		t.Errorf("the ids are %s, %s and again %s", a.Get("Message-Id"), tried.Get("Message-Id"), b.Get("Message-Id"))
	}
}

func TestASilentMailServerIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for _, security := range []settings.Security{settings.None, settings.StartTLS, settings.TLS} {
		n := mailing(t, &postOffice{port: listener.Addr().(*net.TCPAddr).Port}, security, nil)
		n.timeout = 20 * time.Millisecond
		if err := n.End(t.Context(), sample); err == nil || !strings.Contains(err.Error(), "no answer within 20ms") {
			t.Errorf("%s: %v, want that there was no answer", security, err)
		}
	}
}

func TestADoneContextHangsUpOnAMailServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if _, err := listener.Accept(); err == nil {
			cancel() // and say nothing
		}
	}()
	n := mailing(t, &postOffice{port: listener.Addr().(*net.TCPAddr).Port}, settings.None, nil)
	n.timeout = time.Hour // the test hangs if that is what ends it
	if err := n.End(ctx, sample); err == nil {
		t.Error("a mail was delivered to no one")
	}
}

func TestAServerThatTricklesIsGivenUp(t *testing.T) {
	port := servertest.Listen(t, func(c net.Conn) { // each line comes in time, the whole never ends
		_, err := io.WriteString(c, "220-a\r\n")
		for err == nil {
			time.Sleep(5 * time.Millisecond)
			_, err = io.WriteString(c, "220-a\r\n")
		}
	})
	n := mailing(t, &postOffice{port: port}, settings.None, nil)
	n.timeout = 50 * time.Millisecond
	if err := n.End(t.Context(), sample); err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("%v, want that there was no answer", err)
	}
}

func TestNoTextOfAnOfferBecomesAHeader(t *testing.T) {
	o := &postOffice{}
	o.open(t, settings.None)
	e := sample
	e.Offer = "a\r\nBcc: other@example.com\r\n\r\nbody"
	e.Issuer = "Société\r\nX-Evil: yes\u202e" + strings.Repeat("é", 1000)
	e.Message = "line\r\n.\r\nMAIL FROM:<x@example.com>\x00"
	if err := mailing(t, o, settings.None, nil).End(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got := o.mails()
	if len(got) != 1 {
		t.Fatalf("%d mails, want one", len(got))
	}
	header, subject, body := opened(t, got[0])
	if header.Get("Bcc") != "" || header.Get("X-Evil") != "" ||
		subject != "batch: a Bcc: other@example.com  body: done, with 7 rejects" {
		t.Errorf("the headers are %v", header)
	}
	if !strings.Contains(body, "\nline\n.\nMAIL FROM:<x@example.com>\\u0000\n") ||
		strings.ContainsAny(body, "\x00\u202e") {
		t.Errorf("the body is\n%s", body)
	}
}

func TestMailIsSilentAboutWhatNobodyAskedFor(t *testing.T) {
	o := &postOffice{}
	o.open(t, settings.None)
	n := mailing(t, o, settings.None, nil)
	n.Start(t.Context(), sample)
	for _, e := range []Event{event(Success, 0), event(Failure, 5), event(Missed, 0)} {
		if err := n.End(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.mails(); len(got) != 2 {
		t.Errorf("%d mails, want those on the failure and the missed slot", len(got))
	}
}

// TestP17TheWorkbookIsAttached sends one to two people. A server that refuses it gets the mail without it.
func TestP17TheWorkbookIsAttached(t *testing.T) {
	content := bytes.Repeat([]byte("PK workbook "), 20_000)
	with := sample
	with.Attachment = &Attachment{Name: "level3-2004-run.xlsx", Content: content}
	two := func(m *settings.Mail) { m.To = []string{"desk@example.com", "operations@example.com"} }
	for _, refuses := range []bool{false, true} {
		o := &postOffice{}
		o.data = func(raw []byte, _ *smtp.Conn) error {
			if refuses && len(raw) > 100_000 {
				return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "too large"}
			}
			return nil
		}
		o.open(t, settings.None)
		if err := mailing(t, o, settings.None, two).End(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		mails := o.mails()
		if len(mails) != 2 {
			t.Fatalf("%d mails", len(mails))
		}
		for _, m := range mails {
			message, err := mail.ReadMessage(bytes.NewReader(m.raw))
			if err != nil {
				t.Fatal(err)
			}
			kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
			if err != nil {
				t.Fatal(err)
			}
			if refuses {
				body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
				if err != nil || kind != "text/plain" ||
					!strings.Contains(string(body), "not attached, as the mail server refused it") {
					t.Errorf("%s: %v\n%s", kind, err, body)
				}
				continue
			}
			parts := multipart.NewReader(message.Body, params["boundary"])
			var names []string
			for {
				part, err := parts.NextPart()
				if err != nil {
					break
				}
				names = append(names, part.FileName())
				if part.FileName() == "" {
					continue
				}
				got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
				if err != nil || !bytes.Equal(got, content) ||
					!strings.HasPrefix(part.Header.Get("Content-Type"), string(workbookType)) {
					t.Errorf("%d bytes of %s arrived: %v", len(got), part.Header.Get("Content-Type"), err)
				}
			}
			if len(names) != 2 || names[1] != "level3-2004-run.xlsx" {
				t.Errorf("parts %q", names)
			}
		}
	}
}

// TestNoticesGoToARealServer has Exim take a notice by STARTTLS, with an account.
func TestNoticesGoToARealServer(t *testing.T) {
	server := smtptest.Start(t)
	set := settings.Settings{Mail: server.Settings()}
	set.Mail.On = []settings.Occasion{settings.AboutChannel}
	n, err := New(set, smtptest.Getenv, "test")
	if err != nil {
		t.Fatal(err)
	}
	e := Event{Kind: AboutChannel, Through: "channel dtc", Title: "it cannot be read", Message: "the server shows another key"}
	if err := n.End(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	mail := server.Mails(t, 1)[0]
	for _, want := range []string{"esmtpsa ", "Subject: batch: channel dtc: it cannot be read", "the server shows another key"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail has no %q: %s", want, mail)
		}
	}
}
