package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/settings"
)

// addMail adds the mail of the settings.
func (n *Notifier) addMail(m settings.Mail, getenv func(string) string) error {
	if m.Server == "" {
		return nil
	}
	var password string
	if m.Username != "" {
		var err error
		if password, err = secret(getenv, "mail.password_env", m.PasswordEnv); err != nil {
			return err
		}
	}
	n.secrets.AddLogin(m.Username, password)
	n.ways = append(n.ways, way{
		name:   "mail",
		wants:  func(e Event) bool { return e.wanted(m.On) },
		slower: attachTime(len(m.To)),
		prepare: func(e Event) func(context.Context) error {
			letters, err := letters(m, e)
			if err != nil {
				return func(context.Context) error { return final{err} }
			}
			within := n.timeout + attachTime(len(m.To))(e)
			return func(ctx context.Context) error { return n.mail(ctx, m, password, within, letters) }
		},
	})
	return nil
}

// attachTime is how much longer a try may take for an attachment that goes to so many: a
// second for each 100 kilobytes.
func attachTime(recipients int) func(Event) time.Duration {
	return func(e Event) time.Duration {
		if e.Attachment == nil {
			return 0
		}
		return time.Duration(recipients*(len(e.Attachment.Content)>>10)/100) * time.Second
	}
}

// letter is the mail to one recipient. Each has a message of its own, because the mail
// library, and many a server, gives a message up when it cannot reach one of several. It is
// made once, so that its id stays the same when it is tried again.
type letter struct {
	to      string
	message *mail.Msg
	bare    *mail.Msg // without the attachment, for a server that refuses it; nil if there is none
	refused error     // by the server for good
}

// done reports whether nothing is left to try.
func (l *letter) done() bool { return l.refused != nil || l.message.IsDelivered() }

func letters(m settings.Mail, e Event) ([]*letter, error) {
	var all []*letter
	for _, to := range m.To {
		l := &letter{to: to}
		var err error
		if l.message, err = newMessage(m, e, to); err != nil {
			return nil, err
		}
		if e.Attachment != nil {
			bare := e
			bare.Attachment, bare.Unattached = nil, "not attached, as the mail server refused it; it is result.xlsx in the "+
				"run's folder"
			if l.bare, err = newMessage(m, bare, to); err != nil {
				return nil, err
			}
		}
		all = append(all, l)
	}
	return all, nil
}

func newMessage(m settings.Mail, e Event, to string) (*mail.Msg, error) {
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.From), message.To(to)); err != nil {
		return nil, err
	}
	message.Subject(e.subject())
	if !e.At.IsZero() {
		message.SetDateWithValue(e.At)
	}
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: absence notes must not answer
	message.SetUserAgent("batch")
	message.SetBodyString(mail.TypeTextPlain, e.letter())
	if a := e.Attachment; a != nil {
		message.AttachReadSeeker(a.Name, bytes.NewReader(a.Content), mail.WithFileContentType(workbookType))
	}
	return message, nil
}

// workbookType is what a workbook is called in a mail.
const workbookType mail.ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// mail sends the letters that are not yet sent.
func (n *Notifier) mail(ctx context.Context, m settings.Mail, password string, within time.Duration,
	letters []*letter) error {
	client, err := n.mailClient(ctx, m, password, within)
	if err != nil {
		return final{err}
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", m.Server, err)
		if refusal(err) {
			return final{err}
		}
		return err
	}
	for _, l := range letters {
		if !l.done() {
			l.send(client, connection, &err)
		}
	}
	_ = client.CloseWithSMTPClient(connection) // what counts is what the server took
	return outcome(letters, err)
}

// send sends one letter; an error that may pass is left in passing.
func (l *letter) send(client *mail.Client, connection *smtp.Client, passing *error) {
	err := client.SendWithSMTPClient(connection, l.message)
	switch {
	case err == nil || l.message.IsDelivered():
	case refusal(err) && l.bare != nil:
		l.message, l.bare = l.bare, nil // a message that is too large, or of a kind that is not let through
		*passing = fmt.Errorf("to %s, with the workbook: %w", l.to, err)
	case refusal(err):
		l.refused = fmt.Errorf("to %s: %w", l.to, err)
	default:
		*passing = fmt.Errorf("to %s: %w", l.to, err)
	}
}

// outcome joins what became of the letters. It is final if none is left to try.
func outcome(letters []*letter, passing error) error {
	errs := []error{passing}
	for _, l := range letters {
		errs = append(errs, l.refused)
	}
	err := errors.Join(errs...)
	if err != nil && !slices.ContainsFunc(letters, func(l *letter) bool { return !l.done() }) {
		return final{err}
	}
	return err
}

// refusal reports whether a server refused for good: replies from 500 on.
func refusal(err error) bool {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code >= 500
	}
	var e *mail.SendError
	return errors.As(err, &e) && e.ErrorCode() >= 500
}

// mailClient returns a client for one try, which ends with the context.
func (n *Notifier) mailClient(ctx context.Context, m settings.Mail, password string,
	within time.Duration) (*mail.Client, error) {
	encryption := &tls.Config{ServerName: m.Server, MinVersion: tls.VersionTLS12, RootCAs: n.roots}
	if m.CAFile != "" {
		var err error
		if encryption.RootCAs, err = authorities(m.CAFile); err != nil {
			return nil, err
		}
	}
	if m.Username != "" && m.Security != settings.StartTLS && m.Security != settings.TLS {
		return nil, fmt.Errorf("no password is sent in the clear; set mail.security to starttls or tls, or leave mail.username out")
	}
	policy := mail.NoTLS // TLS from the first byte is part of the connection
	if m.Security == settings.StartTLS {
		policy = mail.TLSMandatory
	}
	// The time of a try ends with the context, so the library's own is only to be longer.
	options := []mail.Option{
		mail.WithPort(m.Port), mail.WithTimeout(2 * within), mail.WithTLSConfig(encryption), mail.WithTLSPolicy(policy),
		mail.WithoutNoop(),
		mail.WithDialContextFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			return connect(ctx, network, address, m.Security, encryption)
		}),
	}
	if m.Username != "" {
		options = append(options, mail.WithUsername(m.Username), mail.WithPassword(password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain,
				mail.SMTPAuthLogin))
	}
	return mail.NewClient(m.Server, options...)
}

// mostAuthorities is more than the bytes of any file of authorities.
const mostAuthorities = 4 << 20

// authorities are the certificates in a file.
func authorities(file string) (*x509.CertPool, error) {
	content, err := disk.ReadFile(file, mostAuthorities)
	if err != nil {
		return nil, fmt.Errorf("mail.ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("mail.ca_file: %s has no certificate in PEM that can be read", file)
	}
	return pool, nil
}

// connect connects to a server. The connection is closed when the context is done: the
// library holds to a deadline for each command, but to none for all of them.
func connect(ctx context.Context, network, address string, security settings.Security,
	encryption *tls.Config) (net.Conn, error) {
	plain, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = plain.Close() })
	if security != settings.TLS {
		return plain, nil
	}
	secured := tls.Client(plain, encryption)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	return secured, nil
}
