// Package imaplink reads a folder of a mailbox by IMAP (RFC 3501, RFC 9051). Nothing is ever deleted: a message can be
// moved to another folder of the mailbox, or gets a keyword. A password travels over TLS only, or within this machine.
package imaplink

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"tenderbatch/internal/idleconn"
	"tenderbatch/internal/settings"
)

// patience is how long a server may take to answer until the session is there. It is a variable for tests.
var patience = 30 * time.Second

// TakenFlag is the keyword of a message that was dealt with, where the server keeps keywords.
const TakenFlag = imap.Flag("$BatchTaken")

// Session is a connection to a server, with a folder of the mailbox open. Each request waits for its answer only while the
// server is fast enough.
type Session struct {
	At string // the server, the account and the folder, for people

	client   *imapclient.Client
	line     *idleconn.Conn
	stop     func() bool
	validity uint32 // of the numbers of messages
	messages uint32
	moveTo   string
	flags    bool // the server keeps keywords
}

// Message is what a folder says of a message.
type Message struct {
	Name     string // the numbers by which the server knows it, for as long as the folder lives
	Size     int64
	Received time.Time
	uid      imap.UID
}

// refusedError says that the server, or what the settings name, does not let us in. It lasts until a person does
// something.
type refusedError struct{ error }

// NeedsPerson says so.
func (*refusedError) NeedsPerson() bool { return true }

// Unwrap returns why.
func (e *refusedError) Unwrap() error { return e.error }

func refused(format string, args ...any) error { return &refusedError{fmt.Errorf(format, args...)} }

// Dial reaches a server and opens the folder. The session ends with the context.
func Dial(ctx context.Context, to settings.IMAP, getenv func(string) string) (*Session, error) {
	address := net.JoinHostPort(to.Host, strconv.Itoa(to.Port))
	password := getenv(to.PasswordEnv)
	if password == "" {
		return nil, refused("the password for the mailbox is not set; set the environment variable %s", to.PasswordEnv)
	}
	if ip := net.ParseIP(to.Host); to.Security == settings.None && to.Host != "localhost" && !ip.IsLoopback() {
		return nil, refused("no password is sent to %s in the clear; write tls or starttls as its security", address)
	}
	encryption, err := encryptionOf(to, address)
	if err != nil {
		return nil, err
	}
	plain, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w", address, err)
	}
	s := &Session{At: fmt.Sprintf("the folder %s of %s on %s", to.Folder, to.Username, address), moveTo: to.MoveTo}
	s.line = idleconn.New(plain, s.At)
	s.stop = context.AfterFunc(ctx, func() { _ = s.line.Close() })
	begin := time.AfterFunc(patience, func() { _ = s.line.Close() })
	err = s.begin(ctx, s.line, to, encryption, address, password)
	switch late := !begin.Stop(); {
	case late && err == nil:
		err = fmt.Errorf("%s took longer than %s to open the folder", address, patience)
	case late:
		err = fmt.Errorf("%w; it took longer than %s", err, patience)
	}
	if err != nil {
		s.stop()
		_ = s.line.Close()
		return nil, err
	}
	return s, nil
}

// begin begins the session over a connection: TLS, log in, open the folder.
func (s *Session) begin(ctx context.Context, conn net.Conn, to settings.IMAP, encryption *tls.Config, address,
	password string) (err error) {
	switch to.Security {
	case settings.TLS:
		secured := tls.Client(conn, encryption)
		if err := secured.HandshakeContext(ctx); err != nil {
			return refusal(address, "begin TLS", err)
		}
		s.client = imapclient.New(secured, nil)
	case settings.StartTLS:
		if s.client, err = imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: encryption}); err != nil {
			return refusal(address, "change to TLS", err)
		}
	case settings.None:
		s.client = imapclient.New(conn, nil)
	default:
		return fmt.Errorf("internal error: an unknown protection %q of IMAP; please report it", to.Security)
	}
	if err := s.client.WaitGreeting(); err != nil {
		return fmt.Errorf("%s does not speak IMAP: %w", address, err)
	}
	if err := s.logIn(to.Username, password); err != nil {
		return refusal(address, "let "+to.Username+" log in", err)
	}
	return s.openFolder(to.Folder)
}

// logIn logs in with what the server offers: it may refuse LOGIN.
func (s *Session) logIn(username, password string) error {
	if s.client.Caps().Has(imap.AuthCap(sasl.Plain)) {
		return s.client.Authenticate(sasl.NewPlainClient("", username, password))
	}
	return s.client.Login(username, password).Wait()
}

// openFolder opens the folder, and sees whether messages can be moved as the settings ask.
func (s *Session) openFolder(folder string) error {
	if s.moveTo != "" {
		if !s.client.Caps().Has(imap.CapMove) && !s.client.Caps().Has(imap.CapIMAP4rev2) {
			return refused("the server of %s cannot move messages; leave move_to out, messages stay where they are then", s.At)
		}
		if _, err := s.client.Status(s.moveTo, &imap.StatusOptions{NumMessages: true}).Wait(); err != nil {
			return folderError(s.moveTo, s.At, err)
		}
	}
	data, err := s.client.Select(folder, nil).Wait()
	if err != nil {
		return folderError(folder, s.At, err)
	}
	s.validity, s.messages = data.UIDValidity, data.NumMessages
	s.flags = slices.Contains(data.PermanentFlags, imap.FlagWildcard) || slices.Contains(data.PermanentFlags, TakenFlag)
	return nil
}

// folderError says that a folder cannot be opened.
func folderError(folder, at string, err error) error {
	if said := new(imap.Error); errors.As(err, &said) && said.Type == imap.StatusResponseTypeNo {
		return refused("the mailbox has no folder %s that can be opened, for %s: %s; see how the folder is called there, or "+
			"make it", folder, at, said.Text)
	}
	return fmt.Errorf("the folder %s cannot be opened, for %s: %w", folder, at, err)
}

// Close ends the session.
func (s *Session) Close() error {
	s.stop()
	done := make(chan struct{})
	go func() { defer close(done); _ = s.client.Logout().Wait() }() // a farewell; what counts is what was read
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	_ = s.client.Close()
	return nil
}

// List lists the messages of the folder.
func (s *Session) List() (all []Message, err error) {
	if s.messages == 0 {
		return nil, nil
	}
	defer s.line.Wait()(&err)
	cmd := s.client.Fetch(imap.SeqSet{imap.SeqRange{Start: 1}}, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	found, err := cmd.Collect()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be listed: %w", s.At, err)
	}
	for _, m := range found {
		if m.UID == 0 {
			return nil, fmt.Errorf("%s has a message without a number of its own; ask who runs the server", s.At)
		}
		all = append(all, Message{Name: fmt.Sprintf("%d-%d", s.validity, m.UID), Size: m.RFC822Size, Received: m.InternalDate.UTC(),
			uid: m.UID})
	}
	return all, nil
}

// Read reads a message of at most so many bytes, without marking it as read. It is fs.ErrNotExist if it is not there any
// more.
func (s *Session) Read(name string, most int64) (content []byte, err error) {
	uid, err := s.uidOf(name)
	if err != nil {
		return nil, err
	}
	defer s.line.Wait()(&err)
	whole := &imap.FetchItemBodySection{Peek: true}
	cmd := s.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}})
	content, err = body(cmd, most)
	if lost := new(brokenOffError); errors.As(err, &lost) {
		_ = s.client.Close() // to end the command would read on in the message, beside what reads the session
	} else if closing := cmd.Close(); err == nil {
		err = closing
	}
	if err == nil && content == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("a message of %s: %w", s.At, err)
	}
	return content, nil
}

// IsAnswer reports whether an error is what the server answers to one command: the session goes on.
func IsAnswer(err error) bool {
	said := new(imap.Error)
	return errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye
}

// brokenOffError says that the connection ended in the middle of a message.
type brokenOffError struct{ error }

// Unwrap returns how.
func (e *brokenOffError) Unwrap() error { return e.error }

// body is the content of the one message of a command, nil if there is none.
func body(cmd *imapclient.FetchCommand, most int64) (content []byte, err error) {
	for message := cmd.Next(); message != nil; message = cmd.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			section, is := item.(imapclient.FetchItemDataBodySection)
			if !is || section.Literal == nil || content != nil {
				continue
			}
			if section.Literal.Size() > most {
				return nil, fmt.Errorf("it has %d bytes, and the server had said fewer", section.Literal.Size())
			}
			content, err = io.ReadAll(io.LimitReader(section.Literal, most+1))
			if err == nil && int64(len(content)) != section.Literal.Size() {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return nil, &brokenOffError{err}
			}
		}
	}
	return content, nil
}

// uidOf is the number of a message in the folder as it is open.
func (s *Session) uidOf(name string) (imap.UID, error) {
	validity, number, _ := strings.Cut(name, "-")
	uid, err := strconv.ParseUint(number, 10, 32)
	if err != nil || validity != strconv.FormatUint(uint64(s.validity), 10) {
		return 0, fs.ErrNotExist
	}
	return imap.UID(uid), nil
}

// Took notes on the server that a message was dealt with: it is moved to the folder that the settings name, or gets a
// keyword where the server keeps those. It is never deleted.
func (s *Session) Took(name string) (err error) {
	uid, err := s.uidOf(name)
	if err != nil {
		return err
	}
	defer s.line.Wait()(&err)
	set := imap.UIDSetNum(uid)
	switch {
	case s.moveTo != "":
		if _, err := s.client.Move(set, s.moveTo).Wait(); err != nil {
			return fmt.Errorf("a message of %s cannot be moved to %s: %w", s.At, s.moveTo, err)
		}
	case s.flags:
		err := s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{TakenFlag}}, nil).Close()
		if err != nil {
			return fmt.Errorf("a message of %s cannot be marked: %w", s.At, err)
		}
	}
	return nil
}

// certificateError says that a server has another certificate than is known of it.
type certificateError struct{ address, is string }

func (e *certificateError) Error() string {
	return fmt.Sprintf("%s shows the certificate %s, which is none of certificates; nothing was sent to it. Ask who runs the "+
		"server whether its certificate was changed; only then write the new one", e.address, e.is)
}

// NeedsPerson says that it lasts until a person does something.
func (*certificateError) NeedsPerson() bool { return true }

// encryptionOf is how the server has to prove who it is: by one of the certificates that the settings name, or by an
// authority, which is one of theirs or of the system's.
func encryptionOf(to settings.IMAP, address string) (*tls.Config, error) {
	c := &tls.Config{ServerName: to.Host, MinVersion: tls.VersionTLS12}
	if to.CAFile != "" {
		content, err := os.ReadFile(to.CAFile)
		if err != nil {
			return nil, refused("ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(content) {
			return nil, refused("ca_file: %s has no certificate in PEM that can be read", to.CAFile)
		}
	}
	if len(to.Certificates) > 0 {
		c.InsecureSkipVerify = true // the certificate itself is compared instead, below
		c.VerifyConnection = func(state tls.ConnectionState) error {
			is := sha256.Sum256(state.PeerCertificates[0].Raw)
			if slices.Contains(to.Certificates, hex.EncodeToString(is[:])) {
				return nil
			}
			return &certificateError{address, hex.EncodeToString(is[:])}
		}
	}
	return c, nil
}

// refusal says why a server does not do something.
func refusal(address, what string, err error) error {
	pinned, untrusted, said := new(certificateError), new(tls.CertificateVerificationError), new(imap.Error)
	switch {
	case errors.As(err, &pinned):
		return pinned
	case errors.As(err, &untrusted):
		return refused("the certificate of %s is not trusted: %w; nothing was sent to it. Ask who runs the server; name its "+
			"authority in ca_file, or the certificate itself in certificates", address, untrusted.Err)
	case errors.As(err, &said) && said.Code != imap.ResponseCodeUnavailable && said.Code != imap.ResponseCodeInUse:
		return refused("%s refuses to %s: %s; see whether username, password and security are those that the server wants", address,
			what, said.Text)
	}
	return fmt.Errorf("%s does not %s: %w", address, what, err)
}
