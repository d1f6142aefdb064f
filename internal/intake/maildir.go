package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/settings"
)

// maildir is a mailbox in the form of Maildir, into which a mail server delivers. A message appears in it
// whole.
type maildir struct {
	folder string
	paths  map[string]string // by name, where messages were when they were listed
	attached
}

// attached takes attachments out of messages: those that have the name of a report, and, of its senders, those that
// could be a report under a name that is not expected.
type attached struct {
	senders []string
	wanted  func(name string) bool // it is the name of a report
	likely  func(name string) bool // it is, but for its extension
	within  *outer                 // nil for a message of its own
}

func (l *look) attachedTo(c settings.Channel) attached {
	return attached{senders: c.Senders, wanted: func(name string) bool { return l.wanted(c, name) },
		likely: func(name string) bool { return l.ofOtherKind(c, name) != "" }}
}

func (l *look) openMaildir(c settings.Channel) (source, error) {
	for _, name := range []string{"new", "cur", "tmp"} {
		info, err := disk.In(c.Maildir).Lstat(filepath.Join(c.Maildir, name))
		if err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s is no Maildir: it has no folder %s", c.Maildir, name)
		}
	}
	return &maildir{c.Maildir, map[string]string{}, l.attachedTo(c)}, nil
}

// wanted reports whether a name is that of a report of a depositary of a channel, as it is or packed, or could be
// by terms that cannot be read now.
func (l *look) wanted(c settings.Channel, name string) bool {
	name = withoutPGP(name)
	if strings.EqualFold(filepath.Ext(name), ".zip") {
		return true
	}
	p := &passing{channel: c, as: name}
	later, lost := new(postponed), new(unexpectedError)
	err := l.assign(p)
	return err == nil || p.offer != nil || errors.As(err, &later) || (errors.As(err, &lost) && lost.several)
}

func (m *maildir) sender() string { return "the mailbox " + m.folder }

func (*maildir) close() error { return nil }

// list lists the messages. A message keeps its name up to the colon, whatever is noted about it.
func (m *maildir) list() (all []item, err error) {
	for _, part := range []string{"new", "cur"} {
		folder := filepath.Join(m.folder, part)
		entries, err := disk.In(m.folder).ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was moved meanwhile
			}
			if err != nil {
				return nil, err
			}
			if info.Mode().IsRegular() {
				name, _, _ := strings.Cut(e.Name(), ":")
				m.paths[name] = filepath.Join(folder, e.Name())
				all = append(all, item{name: name, size: info.Size(), modified: info.ModTime(), whole: true})
			}
		}
	}
	return all, nil
}

// find reads a message, which a mail program can move or mark at any time.
func (m *maildir) find(name string, most int64) ([]byte, error) {
	content, err := disk.In(m.folder).ReadFile(m.paths[name], most)
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	for _, part := range []string{"new", "cur"} {
		folder := filepath.Join(m.folder, part)
		entries, err := disk.In(m.folder).ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if is, _, _ := strings.Cut(e.Name(), ":"); is == name {
				return disk.In(m.folder).ReadFile(filepath.Join(folder, e.Name()), most)
			}
		}
	}
	return nil, fs.ErrNotExist
}

func (m *maildir) read(i item, most int64) ([]*arrival, error) {
	content, err := m.find(i.name, most)
	if err != nil {
		return nil, err
	}
	return m.arrivals(i.name, m.sender(), content), nil
}

// arrivals are the attachments of a message, which a mailbox has under a name.
func (m attached) arrivals(name, mailbox string, content []byte) (all []*arrival) {
	message, err := enmime.NewParser(enmime.RawContent(true), enmime.DisableTextConversion(true)).ReadEnvelope(bytes.NewReader(content))
	if err != nil {
		return []*arrival{{name: name, sender: mailbox, content: content,
			refused: fmt.Errorf("it is no message that can be read: %w", err)}}
	}
	from, refused := m.from(message)
	known := refused == nil
	note := authentication(message)
	if m.within != nil {
		from, note, refused = m.within.from, m.within.note, m.within.refused
	}
	if refused == nil && failed(note) {
		refused = errors.New("by the mail server the address that it names did not send it; ask the depositary whether " +
			"they did")
	}
	parts := message.Root.DepthMatchAll(func(p *enmime.Part) bool {
		return p.FirstChild == nil && !strings.HasPrefix(p.ContentType, "multipart/")
	})
	for _, part := range parts {
		as := fileName(part)
		body, damaged := contentOf(part)
		if isMessage(part, as) && m.depth() < mostForwarded {
			all = append(all, m.forwarded(name, mailbox, body, from, note, refused)...)
			continue
		}
		wanted := as != "" && m.wanted(as)
		if signatureOf(as, parts) || !(wanted || (known && m.couldBeReport(part, as, body))) {
			continue
		}
		a := &arrival{name: as, sender: from, note: note, content: body, refused: refused}
		if damaged != nil && a.refused == nil {
			a.refused = fmt.Errorf("the attachment cannot be read whole: %w; ask for it to be sent again", damaged)
		}
		if a.refused == nil {
			a.refused = isSealedMail(part, as)
		}
		if as == "" {
			a.name = "attachment"
		}
		for _, other := range parts {
			if is := fileName(other); as != "" && (is == as+".asc" || is == as+".sig") {
				a.signature, _ = contentOf(other) // one that is damaged proves nothing
			}
		}
		all = append(all, a)
	}
	return all
}

// forwarded are the attachments of a message that is attached to another. Who made them is not known: of that message there is
// only what it says itself.
func (m attached) forwarded(name, mailbox string, content []byte, from, note string, refused error) []*arrival {
	if refused == nil {
		refused = errors.New("it is in a mail that was forwarded as an attachment, so who made it is not known; ask for the report " +
			"to be attached to a mail of its own")
	}
	m.within = &outer{from, note, refused, m.depth() + 1}
	return m.arrivals(name, mailbox, content)
}

// mostForwarded is how deep mails in mails are looked into.
const mostForwarded = 5

func (m attached) depth() int {
	if m.within == nil {
		return 0
	}
	return m.within.depth
}

// outer is the message that another is attached to.
type outer struct {
	from, note string
	refused    error
	depth      int
}

// signatureOf reports whether a name is that of the signature of another attachment.
func signatureOf(name string, parts []*enmime.Part) bool {
	of, is := strings.CutSuffix(name, ".asc")
	if !is {
		of, is = strings.CutSuffix(name, ".sig")
	}
	return is && slices.ContainsFunc(parts, func(p *enmime.Part) bool { return fileName(p) == of })
}

// from is who sent a message, by itself, and why that is not a sender of the channel.
func (m attached) from(message *enmime.Envelope) (string, error) {
	header := message.GetHeader("From")
	all, err := mail.ParseAddressList(header)
	if err != nil || len(all) != 1 || len(message.GetHeaderValues("From")) != 1 {
		return "no one address", errors.New("the message names no single sender; ask the depositary whether they sent it")
	}
	for _, sender := range m.senders {
		if strings.EqualFold(sender, all[0].Address) {
			return all[0].Address, nil
		}
	}
	return all[0].Address, fmt.Errorf("%s is not one of the senders of this channel; ask the depositary whether they "+
		"sent it", all[0].Address)
}

// authentication is what the mail server found out about who sent a message. Only the topmost header is its
// own: those below can have been written by the sender.
func authentication(message *enmime.Envelope) string {
	all := message.GetHeaderValues("Authentication-Results")
	if len(all) == 0 {
		return "the mail server says nothing about its DKIM signature"
	}
	return "by the mail server " + strings.Join(strings.Fields(all[0]), " ")
}

// failure is a result as mail servers may write it (RFC 8601).
var failure = regexp.MustCompile(`(?i)\b(dkim|dmarc)\s*=\s*fail\b`)

func failed(note string) bool { return failure.MatchString(note) }
