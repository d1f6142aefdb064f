package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"

	"tenderbatch/internal/settings"
)

// Parcel is a mail with files.
type Parcel struct {
	To      string
	ID      string // the same at each try, so that a server or a reader can see that it has it
	Subject string
	Text    string
	At      time.Time
	Files   []ParcelFile
}

// ParcelFile is a file of a mail.
type ParcelFile struct {
	Name    string
	Content []byte
}

// UnansweredError says that a mail was sent to its end, and the connection ended before the server said whether it
// has it.
type UnansweredError struct{ error }

// Unwrap implements errors.Unwrap.
func (e *UnansweredError) Unwrap() error { return e.error }

// Post hands a mail to the server of the settings. An error means that the server did not say that it has it; with an
// *[UnansweredError] it may have it all the same.
func (n *Notifier) Post(ctx context.Context, m settings.Mail, getenv func(string) string, p Parcel) error {
	if m.Server == "" {
		return errors.New("the settings name no mail server; add mail with server and from to batch.yaml")
	}
	password := ""
	if m.Username != "" {
		var err error
		if password, err = secret(getenv, "mail.password_env", m.PasswordEnv); err != nil {
			return err
		}
	}
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.From), message.To(p.To)); err != nil {
		return err
	}
	message.Subject(p.Subject)
	message.SetMessageIDWithValue(p.ID)
	message.SetDateWithValue(p.At)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetUserAgent("batch")
	message.SetBodyString(mail.TypeTextPlain, p.Text)
	size := 0
	for _, f := range p.Files {
		size += len(f.Content)
		message.AttachReadSeeker(f.Name, bytes.NewReader(f.Content), mail.WithFileContentType("application/octet-stream"))
	}
	within := n.timeout + time.Duration(size>>10/100)*time.Second
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	client, err := n.mailClient(ctx, m, password, within)
	if err != nil {
		return err
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Server, err)
	}
	err = client.SendWithSMTPClient(connection, message)
	_ = client.CloseWithSMTPClient(connection) // what counts is what the server took
	if err == nil || message.IsDelivered() {
		return nil
	}
	err = fmt.Errorf("%s: %w", m.Server, err)
	if failed := new(mail.SendError); errors.As(err, &failed) && failed.Reason == mail.ErrSMTPDataClose &&
		failed.ErrorCode() == 0 {
		return &UnansweredError{err}
	}
	return err
}
