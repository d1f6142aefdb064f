package intake

import (
	"context"
	"errors"
	"regexp"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/settings"
)

// failing is a channel that cannot be read, as it is remembered.
type failing struct {
	What       string    `json:"what"`
	Since      time.Time `json:"since"`
	Looks      int       `json:"looks"`  // at which it could not be read, in a row
	Said       bool      `json:"said"`   // people were notified
	SaidPerson bool      `json:"person"` // of a fault that does not pass by itself
}

// LooksUntilSaid is at how many looks in a row a channel must fail until people are notified of a fault that may pass by
// itself, such as a server that gives no answer.
const LooksUntilSaid = 5

// Recovery is a channel that can be read again, of whose failing people were notified.
type Recovery struct {
	Channel string
	What    string // was wrong
	Since   time.Time
}

// ownPort is the port that this machine had in an error of the network: another one each time.
var ownPort = regexp.MustCompile(`:\d+->`)

// isSame reports whether two faults are the same but for what changes each time.
func isSame(a, b string) bool {
	return ownPort.ReplaceAllString(a, "->") == ownPort.ReplaceAllString(b, "->")
}

// needsPerson reports whether a fault lasts until a person does something: the server has another key or certificate, or
// refuses to let us log in.
func needsPerson(err error) bool {
	var it interface{ NeedsPerson() bool }
	return errors.As(err, &it) && it.NeedsPerson()
}

// failed notes that a channel could not be read.
func (l *look) failed(ctx context.Context, c settings.Channel, err error) {
	was := l.memory.Failing[c.Name]
	if was == nil {
		was = &failing{Since: l.Now()}
	}
	f := Fault{Channel: c.Name, What: err.Error(), New: !isSame(was.What, err.Error()), NeedsPerson: needsPerson(err)}
	if ctx.Err() != nil { // it was broken off
		l.Faults = append(l.Faults, f)
		return
	}
	l.memory.Failing[c.Name], was.What = was, err.Error()
	was.Looks++
	f.Since, f.Looks = was.Since, was.Looks
	if l.Notifies && ((f.NeedsPerson && !was.SaidPerson) || (!was.Said && was.Looks >= LooksUntilSaid)) {
		f.Due, was.Said, was.SaidPerson = true, true, f.NeedsPerson
	}
	if f.New {
		for _, o := range l.offersOf(c) {
			unreached := ledger.Entry{Event: ledger.Unreached, Message: was.What}
			if err := l.work(ctx, o, func() error { return l.note(o, c, unreached) }); err != nil {
				f.What += "; and the history of " + o.folder + " does not say so: " + err.Error()
			}
		}
	}
	l.Faults = append(l.Faults, f)
}

// succeeded notes that a channel was read.
func (l *look) succeeded(c settings.Channel) {
	l.Read = append(l.Read, c.Name)
	if was := l.memory.Failing[c.Name]; was != nil {
		delete(l.memory.Failing, c.Name)
		if was.Said {
			l.Recovered = append(l.Recovered, Recovery{Channel: c.Name, What: was.What, Since: was.Since})
		}
	}
}
