package delivery

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"tenderbatch/internal/notify/smtptest"
	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

// TestByMailOverTLS has a real mail server take it, by both ways to TLS, and deliver it.
func TestByMailOverTLS(t *testing.T) {
	server := smtptest.Start(t)
	for mails, way := range []settings.Security{settings.StartTLS, settings.TLS} {
		agent := pgptest.New(t, "agent@example.com", "0")
		h := newHouse(t, settings.Delivery{Name: "post", Mail: []string{"agent@example.com"}, EncryptTo: []string{agent.Public()}})
		h.now, h.c.Run = time.Now().Add(time.Minute), h.run // keys are not older than the test
		h.c.Getenv = smtptest.Getenv
		h.c.Settings.Mail = server.Settings()
		if h.c.Settings.Mail.Security = way; way == settings.TLS {
			h.c.Settings.Mail.Port = server.TLSPort
		}
		h.want(Delivered, "")
		h.want(Before, "")
		all := server.Mails(t, mails+1)
		if len(all) != mails+1 || h.noted() != "sending delivered" {
			t.Fatalf("%s: %d mails; the history: %s", way, len(all), h.noted())
		}
		for _, mail := range all {
			if !strings.Contains(mail, "esmtpsa ") { // by TLS, and logged in
				t.Errorf("%s: it came another way: %.500s", way, mail)
			}
			message, err := enmime.ReadEnvelope(strings.NewReader(mail))
			if err != nil || len(message.Attachments) != 2 || !strings.HasSuffix(message.Attachments[0].FileName, ".zip.pgp") {
				t.Errorf("%s: %v, %v", way, message, err)
			}
		}
	}
}

// TestNoPasswordWithoutTLS has a server that offers no TLS, one with the certificate of another authority, and a wrong
// password: nothing is delivered, and the history says why.
func TestNoPasswordWithoutTLS(t *testing.T) {
	server, plain := smtptest.Start(t), smtptest.StartPlain(t)
	other := servertest.NewCertificate(t)
	for name, c := range map[string]struct {
		change func(*settings.Mail)
		getenv func(string) string
		why    string
	}{
		"no TLS offered":     {func(m *settings.Mail) { m.Port, m.CAFile = plain.StartTLSPort, plain.CAFile }, smtptest.Getenv, "STARTTLS"},
		"in the clear":       {func(m *settings.Mail) { m.Security = settings.None }, smtptest.Getenv, "no password is sent in the clear"},
		"another authority":  {func(m *settings.Mail) { m.CAFile = writeFile(t, other.Authority) }, smtptest.Getenv, "certificate signed by unknown authority"},
		"no authority":       {func(m *settings.Mail) { m.CAFile = writeFile(t, "x") }, smtptest.Getenv, "has no certificate in PEM"},
		"the system's":       {func(m *settings.Mail) { m.CAFile = "" }, smtptest.Getenv, "certificate signed by unknown authority"},
		"the wrong password": {func(*settings.Mail) {}, func(string) string { return "wrong" }, "535"},
		"no password":        {func(*settings.Mail) {}, func(string) string { return "" }, "BATCH_MAIL_PASSWORD, which mail.password_env names, is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, settings.Delivery{Name: "post", Mail: []string{"agent@example.com"}})
			h.c.Getenv, h.c.Settings.Mail = c.getenv, server.Settings()
			c.change(&h.c.Settings.Mail)
			h.want(Failed, c.why)
			if got := h.noted(); got != "sending undelivered" {
				t.Errorf("the history: %s", got)
			}
		})
	}
	if all := append(server.Mails(t, 0), plain.Mails(t, 0)...); len(all) > 0 {
		t.Errorf("%d mails were delivered", len(all))
	}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}
