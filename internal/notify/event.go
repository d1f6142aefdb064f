package notify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/settings"
)

// Kind is what an event is about: one of the occasions of the settings, or Start.
type Kind = settings.Occasion

// The kinds there are. All but Start are ends; no attempt ended with a Reminder, an Approval, a
// Released or an AboutChannel, so they are not pinged.
const (
	Start        Kind = "start" // an attempt began
	Success           = settings.Success
	Rejects           = settings.Rejects
	Failure           = settings.Failure
	Missed            = settings.Missed
	Reminder          = settings.Reminder
	Approval          = settings.Approval
	Released          = settings.Released
	AboutChannel      = settings.AboutChannel
)

// Event is something that happened to an offer. What is not known is zero.
type Event struct {
	Kind    Kind
	At      time.Time
	Offer   string // the id
	Through string // the channel, such as "channel dtc-sftp", of a notice about one; "" for none
	Issuer  string
	Attempt string // the same for the start and the end of one attempt
	Run     string // the name of the published run
	Trigger string // hand, schedule, catch-up, files, date
	Slot    string
	Exit    int // the exit code

	Duration                time.Duration
	Rows, Counted, Rejected int // rows that were read; instructions that counted; rejects
	Open                    int // findings on which a person must act
	Totals                  []Total
	Message                 string // of one or more lines
	Title                   string // what happened in a few words; "" for the usual after this exit code
	Advice                  string // what to do; "" for the usual after this exit code
	Again                   bool   // the same was reported before: only pings are sent, which must not stop
	// nothing has changed, and a reminder reports it once a day: its readers get no notice of this
	Reminded bool
	Awaits   bool   // the run that was made may be paid on only once it was released
	Folder   string // with the result; for machines, in no text

	// What mail says beside: it names tenders, so it goes nowhere else.
	Zone       *time.Location // in which times are shown; nil for that of At
	Reports    []string       // of which day the newest of each depositary is
	Findings   []string       // that are open, one sentence each, those on which most hangs first
	Changes    []string       // since the run before, one line each
	Attachment *Attachment    // nil: none
	Unattached string         // why the workbook is not attached, "" for no word on it
}

// Total are the totals of one currency, as decimal digits.
type Total struct {
	Currency string `json:"currency"`
	Tendered string `json:"tendered,omitempty"`
	Accepted string `json:"accepted,omitempty"`
	ToWire   string `json:"to_wire,omitempty"`
}

// adviceMissed is what to do after a missed slot.
const adviceMissed = "check why nothing ran at that time; if the result is needed, run \"batch run\" for this offer " +
	"by " +
	"hand"

// adviceReminder is what to do about a reminder.
const adviceReminder = "clarify the open findings with the depositary, or resolve them in the offer"

// about is what the event is about, for people: the offer, or the channel where it is about no one offer.
func (e Event) about() string { return cmp.Or(e.Offer, e.Through) }

// whatToDo is the advice on an event, "" for nothing to do.
func (e Event) whatToDo() string {
	switch {
	case e.Advice != "":
		return e.Advice
	case e.Kind == Missed:
		return adviceMissed
	case e.Kind == Rejects:
		return exitcode.OpenFindings.Entry().Advice
	case e.Kind == Reminder:
		return adviceReminder
	case e.Kind == Failure:
		return exitcode.Code(e.Exit).Entry().Advice
	}
	return ""
}

// headline says in a few words what happened.
func (e Event) headline() string {
	if e.Title != "" {
		return e.Title
	}
	switch e.Kind {
	case Start:
		return "started"
	case Success:
		return "done" + e.awaiting()
	case Rejects:
		if e.Open > 0 { // also where nothing is rejected, as with a tender that a report leaves out
			return "done, with " + counted(e.Open, "open finding") + e.awaiting()
		}
		return "done, with " + counted(e.Rejected, "reject") + e.awaiting()
	case Reminder:
		return counted(e.Open, "open finding") + ", and nothing has changed"
	case Missed:
		return "a slot passed without a run"
	}
	return exitcode.Code(e.Exit).Entry().Short
}

// awaiting says that the run waits for its release, "" if it does not.
func (e Event) awaiting() string {
	if e.Awaits {
		return ", AWAITING APPROVAL"
	}
	return ""
}

// counted is a number of things: 1 reject, 2 rejects.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Attachment is a file that mail brings along.
type Attachment struct {
	Name    string
	Content []byte
}

// wanted reports whether the event is among the occasions on which a notice is wanted.
func (e Event) wanted(on []settings.Occasion) bool {
	if e.Again || (e.Reminded && slices.Contains(on, settings.Reminder)) {
		return false
	}
	return slices.Contains(on, e.Kind) || (e.Awaits && slices.Contains(on, settings.Approval))
}
