package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// Event is what an entry says of an attempt to run an offer.
type Event string

// The events of attempts. All but started and missed end the attempt.
const (
	Started     Event = "started"     // an attempt began; with a run, it is about to publish that
	Published   Event = "published"   // a new folder is among the runs
	Unchanged   Event = "unchanged"   // nothing was new since the latest run
	Restored    Event = "restored"    // published before; latest points at it again
	Rebuilt     Event = "rebuilt"     // made again, with the same bytes
	Refused     Event = "refused"     // busy, wrong terms, or figures that do not agree
	Failed      Event = "failed"      // a file or the disk did not do
	Interrupted Event = "interrupted" // asked to stop
	Abandoned   Event = "abandoned"   // its process had ended; noted by the next run
	Missed      Event = "missed"      // a slot that passed without a run
	Recovered   Event = "recovered"   // taken from a manifest after the ledger was lost
)

// The steps of a published run on its way to be paid on. None belongs to an attempt.
const (
	Submitted Event = "submitted" // for approval, by its preparer
	Returned  Event = "returned"  // to its preparer, with a comment
	Withdrawn Event = "withdrawn" // by its preparer, with a reason
	Approved  Event = "approved"  // by a person who had no hand in it
	Released  Event = "released"  // money may be wired on it
)

// Prepared says that a person changed something that runs are made of, such as a report or the
// terms, where the owner of a file does not show who did: the makers of the entry do.
const Prepared Event = "prepared"

// Decisions of people about an offer as a whole. None belongs to an attempt.
const (
	Paused  Event = "paused"  // the scheduler makes no run of the offer until it is resumed; the message says why
	Resumed Event = "resumed" // the scheduler runs the offer again
)

// What comes from outside through a channel, and was not taken. None belongs to an attempt, and none makes
// the channel a maker of a run. A file that was taken is [Prepared].
const (
	Quarantined Event = "quarantined" // a file was kept apart; the message says why
	Unreached   Event = "unreached"   // a channel could not be read, noted once for each reason
)

// What goes out of a released run, with the delivery as the actor. None belongs to an attempt.
const (
	Sending     Event = "sending"     // a mail is about to be handed to a server
	Delivered   Event = "delivered"   // it is there
	Undelivered Event = "undelivered" // it could not be sent, noted once for each reason
)

// Exported says that payments for banks were written, before they are: the entry has which. It belongs to no attempt.
const Exported Event = "exported"

// What was deleted because the terms do not have it kept any longer. None belongs to an attempt.
const (
	Pruned  Event = "pruned"  // a run: its folder is no more, and nothing is wrong with that
	Cleared Event = "cleared" // files that came, or were in quarantine

	// Pseudonymised says that names of holders were replaced in the runs that it lists, and reports removed from them.
	Pseudonymised Event = "pseudonymised"
)

var events = map[Event]bool{
	Started: true, Published: true, Unchanged: true, Restored: true, Rebuilt: true, Refused: true,
	Failed: true, Interrupted: true, Abandoned: true, Missed: true, Recovered: true,
	Prepared: true, Paused: true, Resumed: true, Quarantined: true, Unreached: true,
	Sending: true, Delivered: true, Undelivered: true, Pruned: true, Cleared: true,
	Pseudonymised: true, Exported: true,
	Submitted: true, Returned: true, Withdrawn: true, Approved: true, Released: true,
}

// ClearsInbox reports whether an entry says that a report was deleted from the inbox, as the terms do
// not have it kept any longer. An empty inbox is then as it is to be.
func (e Entry) ClearsInbox() bool {
	return e.Event == Cleared && strings.HasPrefix(e.Message, DeletedWord+"inbox/")
}

// DeletedWord is what the message of an entry on deleted files begins with; their path is next.
const DeletedWord = "deleted "

// OfRelease reports whether the event is a step on the way to be paid on.
func (e Event) OfRelease() bool {
	return e == Submitted || e == Returned || e == Withdrawn || e == Approved || e == Released
}

// OfAttempt reports whether the event is one of an attempt, or of a slot that passed without one.
func (e Event) OfAttempt() bool {
	switch e {
	case Prepared, Paused, Resumed, Quarantined, Unreached, Sending, Delivered, Undelivered, Pruned, Cleared,
		Pseudonymised, Exported:
		return false
	}
	return !e.OfRelease()
}

// Ends reports whether the event ends an attempt.
func (e Event) Ends() bool { return e != Started && e != Missed && e.OfAttempt() }

// PauseIn is the entry that pauses the offer still, nil if it is not paused.
func PauseIn(entries []Entry) *Entry {
	for i := len(entries) - 1; i >= 0; i-- {
		switch entries[i].Event {
		case Paused:
			return &entries[i]
		case Resumed:
			return nil
		}
	}
	return nil
}

// Entry is one line of the ledger. What does not apply is left empty.
type Entry struct {
	Seq          int64             `json:"seq,omitzero"` // 1, 2, 3 and so on; set by Append
	At           time.Time         `json:"at"`           // when it was written
	Event        Event             `json:"event"`
	Attempt      string            `json:"attempt,omitzero"` // the same for all entries of one attempt
	Trigger      tender.Trigger    `json:"trigger,omitzero"`
	By           string            `json:"by,omitzero"`    // user@host pid N
	Actor        Actor             `json:"actor,omitzero"` // who did it; By says from where
	Slot         string            `json:"slot,omitzero"`  // the instant the schedule asked for, in the offer's zone
	Offer        string            `json:"offer,omitzero"`
	Phase        string            `json:"phase,omitzero"`
	AsOf         time.Time         `json:"as_of,omitzero"`
	Program      string            `json:"program,omitzero"`
	Terms        string            `json:"terms,omitzero"` // digest of the terms
	Identity     string            `json:"identity,omitzero"`
	Run          string            `json:"run,omitzero"`            // name of the run's folder
	Replaces     string            `json:"replaces,omitzero"`       // the run it supersedes
	Held         string            `json:"held,omitzero"`           // why a final run is not in force
	TermsChanged []string          `json:"terms_changed,omitempty"` // values changed in place since the run before, in words
	Decisions    []tender.Decision `json:"decisions,omitempty"`     // that people made about the run
	Manifest     string            `json:"manifest,omitzero"`       // SHA-256 of manifest.json

	// Release is what it takes until the run may be paid on, and Makers who had a hand in what
	// it is made of, as its manifest says.
	Release *tender.ReleaseRule `json:"release,omitempty"`
	Makers  []Maker             `json:"makers,omitempty"`

	Approval *Approval `json:"approval,omitempty"` // what an approver saw, and typed; nil for other entries

	Rewritten []Rewritten `json:"rewritten,omitempty"` // runs in which names of holders were replaced

	Export *Export `json:"export,omitempty"` // what was written of the run for banks; nil for other entries

	Message  string        `json:"message,omitzero"`
	Inputs   []File        `json:"inputs,omitempty"`
	Counts   Counts        `json:"counts,omitzero"`
	Totals   []Total       `json:"totals,omitempty"`
	Exit     int           `json:"exit"`           // the exit code of the command
	Again    bool          `json:"again,omitzero"` // it failed by what will pass, such as a full disk: the slot is still to be dealt with
	Duration time.Duration `json:"duration_ns,omitzero"`
	Hash     string        `json:"hash,omitzero"` // ties the entry to those before; set by Append
}

// Counts says what became of the rows of a run.
type Counts struct {
	Rows       int `json:"rows"`
	Counted    int `json:"counted"`
	NotCounted int `json:"not_counted"`
	Rejected   int `json:"rejected"`
	Open       int `json:"open,omitzero"` // findings that nothing resolves
}

// Total is a run's result in one currency. Amounts are decimal numbers.
type Total struct {
	Currency string `json:"currency"`
	Tendered string `json:"tendered"`
	Accepted string `json:"accepted"`
	ToWire   string `json:"to_wire"`
}

// Approval is what an approver was shown of a run and confirmed; the totals and counts are
// those of the entry.
type Approval struct {
	Against   string         `json:"against"`             // the run in force that it was compared with, "" for none
	Changes   []CashChange   `json:"changes"`             // by currency, against that run
	Lines     map[string]int `json:"lines,omitempty"`     // instructions that differ from that run, by how
	Terms     int            `json:"terms,omitzero"`      // values of the terms that differ from that run
	Typed     Amount         `json:"typed"`               // the total that the approver typed
	Signature string         `json:"signature,omitempty"` // in the armor of OpenSSH; "" for none
}

// CashChange is what is wired in a currency by two runs.
type CashChange struct {
	Currency string `json:"currency"`
	Was      string `json:"was"`
	Now      string `json:"now"`
}

// Export is what was written of a run for banks.
type Export struct {
	Format   string            `json:"format"`   // such as pain.001
	To       string            `json:"to"`       // path of the folder; "" for standard output
	Again    string            `json:"again"`    // why it was written although wires of it had been before; "" if none had
	Accounts string            `json:"accounts"` // SHA-256 of accounts.csv
	Messages []ExportedMessage `json:"messages"`
	Wires    []string          `json:"wires"` // the references of the wires that they pay, as the messages have them
}

// ExportedMessage is one message of an export.
type ExportedMessage struct {
	ID string `json:"id"` // its identification for the bank
	File
}

// Amount is an amount of a currency, a decimal number.
type Amount struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"`
}

// body is the entry as it is kept: one line of JSON without number and hash,
// which stand beside it.
func (e Entry) body() (string, error) {
	if !events[e.Event] {
		return "", fmt.Errorf("an entry cannot hold %q: there is no such event", e.Event)
	}
	e.Seq, e.Hash = 0, ""
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// entry is the entry that a row holds.
func (r row) entry() (Entry, error) {
	var e Entry
	decoder := json.NewDecoder(bytes.NewReader([]byte(r.body)))
	if err := decoder.Decode(&e); err != nil {
		return Entry{}, err
	}
	e.Seq, e.Hash = r.seq, r.hash
	return e, nil
}

// row is an entry as the database holds it.
type row struct {
	seq  int64
	body string
	hash string
}

// noHash is the hash of the entry before the first.
var noHash = strings.Repeat("0", 2*sha256.Size)

// chained returns the hash of an entry: SHA-256 over three lines, the hash of the
// entry before it, its number and its body. The last has no line feed.
func chained(previous string, seq int64, body string) string {
	digest := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", previous, seq, body))
	return hex.EncodeToString(digest[:])
}

// Decided returns the entry that decided a slot: the run that was made for it,
// however it ended, or the note that it was missed.
func Decided(entries []Entry, slot string) (Entry, bool) {
	for _, e := range entries {
		if slot != "" && e.Slot == slot && e.Event != Started {
			return e, true
		}
	}
	return Entry{}, false
}

// Open returns what attempts that have not ended said last: they go on, or their
// process has ended.
func Open(entries []Entry) []Entry {
	ended := make(map[string]bool)
	for _, e := range entries {
		if e.Event.Ends() {
			ended[e.Attempt] = true
		}
	}
	var open []Entry
	for _, e := range entries {
		if e.Event != Started || ended[e.Attempt] {
			continue
		}
		open = slices.DeleteFunc(open, func(before Entry) bool { return before.Attempt == e.Attempt })
		open = append(open, e)
	}
	return open
}
