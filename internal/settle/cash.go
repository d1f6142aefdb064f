package settle

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Cash is what is paid for some accepted principal, in the currency of the
// notes. Each amount is in whole minor units.
type Cash struct {
	Consideration   decimal.Decimal // the Tender Offer Consideration
	EarlyPayment    decimal.Decimal // the Early Tender Payment
	AccruedInterest decimal.Decimal
}

// Total is what is wired: consideration, early payment and accrued interest.
func (c Cash) Total() decimal.Decimal {
	return c.Consideration.Add(c.EarlyPayment).Add(c.AccruedInterest)
}

// Plus adds the parts one by one.
func (c Cash) Plus(d Cash) Cash {
	return Cash{
		Consideration:   c.Consideration.Add(d.Consideration),
		EarlyPayment:    c.EarlyPayment.Add(d.EarlyPayment),
		AccruedInterest: c.AccruedInterest.Add(d.AccruedInterest),
	}
}

// Line is the settlement of one instruction.
type Line struct {
	Cash
	Date tender.Date // on which it is paid; zero if nothing is accepted
	// Payment is the position in [Settlement.Payments] of the payment that it is part
	// of, -1 if nothing is accepted or the series has no price yet.
	Payment int32
}

// Status says whether money is still to be sent.
type Status string

// The statuses. Paid is what an early settlement sent before this run: it belongs
// to the result, and is never to be sent again.
const (
	Due  Status = "due"
	Paid Status = "paid"
)

// Statuses lists the statuses in the order of [Settlement.Payments].
var Statuses = [...]Status{Due, Paid}

// Party is a participant of a depositary, who is paid in one currency on one day.
// The same number at two depositaries is two participants.
type Party struct {
	Depositary      string
	Participant     string
	ParticipantName string // the same for every payment to the participant; "" if it is not reported
	Currency        string
	Date            tender.Date
	Status          Status
}

// Payment is what one participant gets for one series: a part of a wire.
type Payment struct {
	Party
	Reference string // of the wire
	Series    string
	Accepted  decimal.Decimal // principal
	Cash
}

// Wire is all that one participant gets in one currency on one day: one transfer.
type Wire struct {
	Party
	Reference string // see [Reference]
	Payments  []Payment
	Accepted  decimal.Decimal // principal
	Cash
}

// Funding is what the paying agent needs in one currency on one day, or has paid
// already.
type Funding struct {
	Currency string
	Date     tender.Date
	Status   Status
	Wires    int             // one to each participant
	Accepted decimal.Decimal // principal
	Cash
}

// DepositaryFunding is the part of a [Funding] that goes to the participants of one
// depositary.
type DepositaryFunding struct {
	Depositary string
	Funding
}

// Settlement is the cash side of an allocation.
type Settlement struct {
	Lines        []Line              // one for each line of the book, in its order
	Payments     []Payment           // by status, depositary, participant, currency, day and series
	Wires        []Wire              // in the order of the payments
	Funding      []Funding           // by currency, day and status
	ByDepositary []DepositaryFunding // by depositary, currency, day and status
	Warnings     []tender.Warning    // about the terms of interest, in words
}

// PaymentsOf returns the payments of a status.
func (s *Settlement) PaymentsOf(status Status) []Payment {
	return part(s.Payments, func(p *Payment) bool { return p.Status == status })
}

// WiresOf returns the wires of a status.
func (s *Settlement) WiresOf(status Status) []Wire {
	return part(s.Wires, func(w *Wire) bool { return w.Status == status })
}

// part returns the stretch of a list in which all elements are in.
func part[T any](all []T, in func(*T) bool) []T {
	first := 0
	for first < len(all) && !in(&all[first]) {
		first++
	}
	end := first
	for end < len(all) && in(&all[end]) {
		end++
	}
	return all[first:end]
}
