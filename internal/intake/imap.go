package intake

import (
	"context"
	"slices"
	"strings"

	"tenderbatch/internal/imaplink"
	"tenderbatch/internal/settings"
)

// mailbox is a folder of a mailbox on a server.
type mailbox struct {
	*imaplink.Session
	attached
}

func (l *look) openIMAP(ctx context.Context, c settings.Channel) (source, error) {
	session, err := imaplink.Dial(ctx, c.IMAP, l.Getenv)
	if err != nil {
		return nil, err
	}
	return &mailbox{session, l.attachedTo(c)}, nil
}

func (m *mailbox) sender() string { return m.At }

func (m *mailbox) close() error { return m.Session.Close() }

// list lists the messages, which a server shows only once they are whole. Their names change with the folder's validity:
// then all are read again, and known by their content.
func (m *mailbox) list() (all []item, err error) {
	found, err := m.List()
	for _, f := range found {
		all = append(all, item{name: f.Name, size: f.Size, modified: f.Received, whole: true})
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return all, err
}

func (m *mailbox) read(i item, most int64) ([]*arrival, error) {
	content, err := m.Read(i.name, most)
	if err != nil {
		return nil, err
	}
	return m.arrivals(i.name, m.At, content), nil
}

// took has the server note that a message was dealt with, if all of it was taken.
func (m *mailbox) took(i item) error { return m.Took(i.name) }
