package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Kind says of what a slot is: of the regular schedule, or of a date of the offer.
type Kind string

// The kinds. The names of dates are those of offer.yaml.
const (
	Regular            Kind = ""
	EarlyTender        Kind = "early_tender"
	Expiration         Kind = "expiration"
	GuaranteedDelivery Kind = "guaranteed_delivery"
)

// Title is the field's name of the date, "" for a regular slot.
func (k Kind) Title() string {
	return map[Kind]string{
		EarlyTender:        "Early Tender Date",
		Expiration:         "Expiration Date",
		GuaranteedDelivery: "guaranteed delivery deadline",
	}[k]
}

// Clock says what a change of the clock did to a regular slot.
type Clock string

// A slot is as the schedule says, is the first of two that show the same wall
// time, or was moved to the instant of a change that skips its wall time.
const (
	Plain Clock = ""
	First Clock = "first of two"
	Moved Clock = "moved"
)

// Slot is one time at which an offer is to be run.
type Slot struct {
	Kind  Kind
	At    time.Time // in the offer's zone
	Clock Clock
	Wall  time.Time     // of a regular slot: the wall time that the schedule names, as if it were UTC
	After time.Duration // of a date's slot: how long after the date it is

	// Again says that the slot was recorded as missed by a clock that was ahead. It
	// has a name of its own then: a ledger decides each name once.
	Again bool
}

// again is what ends the name of a slot whose turn comes again.
const again = " again"

// String is how the ledger names the slot: its instant by RFC 3339 in the offer's
// zone, before it the kind, if it is a date's, and after it "again", if it is.
func (s Slot) String() string {
	name := strings.TrimSpace(string(s.Kind) + " " + s.At.Format(time.RFC3339))
	if s.Again {
		name += again
	}
	return name
}

// ParseSlot reads what [Slot.String] wrote, apart from Clock, Wall and After.
func ParseSlot(text string) (Slot, error) {
	name, isAgain := strings.CutSuffix(text, again)
	kind, at, ok := strings.Cut(name, " ")
	if !ok {
		kind, at = "", name
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil || (kind != "" && Kind(kind).Title() == "") {
		return Slot{}, fmt.Errorf("%q is not a slot; it is written as 2004-11-12T17:30:00-05:00 or early_tender "+
			"2004-11-12T17:15:00-05:00", text)
	}
	return Slot{Kind: Kind(kind), At: t, Again: isAgain}, nil
}

// key is what distinguishes one slot from another, in whatever zone it is written.
type key struct {
	kind Kind
	at   int64 // seconds since 1970
}

func (s Slot) key() key { return key{s.Kind, s.At.Unix()} }
