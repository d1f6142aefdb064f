package tender

import (
	"time"

	"github.com/shopspring/decimal"
)

// Window says on which side of the Early Tender Date an instruction arrived
// (R3).
type Window string

// The windows. Expired is the window of what arrived after the Expiration Date
// and is not accepted.
const (
	Early   Window = "early"
	Late    Window = "late"
	Expired Window = "expired"
)

// Windows are the two in which a tender can be accepted, in order.
var Windows = [2]Window{Early, Late}

// Window returns the window of an instruction received at t. Without an Early
// Tender Date every tender in time is late: it gets the one price there is.
func (o *Offer) Window(t time.Time) Window {
	switch {
	case o.Early.Met(t):
		return Early
	case o.Expiration.Met(t):
		return Late
	}
	return Expired
}

// Status is what the depositary says of an instruction, in our words (R2). Only
// Tendered counts.
type Status string

// The statuses.
const (
	Tendered  Status = "tendered"
	Pending   Status = "pending"
	Withdrawn Status = "withdrawn"
	Rejected  Status = "rejected"
)

// Statuses lists the statuses in the order in which they are shown.
var Statuses = [...]Status{Tendered, Pending, Withdrawn, Rejected}

// Delivery is how the notes reach the depositary.
type Delivery string

// The deliveries: by book-entry transfer, or promised by a notice of guaranteed
// delivery.
const (
	BookEntry          Delivery = "book_entry"
	GuaranteedDelivery Delivery = "guaranteed_delivery"
)

// Source is the place an instruction was read from.
type Source struct {
	File  string // base name
	Sheet string // "" in a CSV file
	Row   int    // 1 is the first
}

// Instruction is one tender as a depositary reports it. DTC calls its number
// the VOI.
type Instruction struct {
	ID         string
	Depositary string
	Source     Source

	Security  string // CUSIP or ISIN
	Series    string // id of the series it belongs to
	Principal decimal.Decimal
	Bid       *decimal.Decimal // in an auction: the price, spread or premium; nil: none

	Received    time.Time
	Status      Status
	WithdrawnAt time.Time // zero: not withdrawn, or the time was not reported
	Delivery    Delivery
	CoveredAt   time.Time // when notes promised by guaranteed delivery came; zero: not yet
	Waived      []Waiver  // the waivers that let it count

	Participant     string
	ParticipantName string
	HolderReference string
	Contact         string

	// Carried says that the instruction counts as an earlier report of the depositary
	// has it: Source is a row of that report.
	Carried bool
}
