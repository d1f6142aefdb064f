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
}

// Payment is what one participant of one depositary is paid for one series on
// one day.
type Payment struct {
	Depositary      string
	Participant     string
	ParticipantName string
	Series          string
	Currency        string
	Date            tender.Date
	Paid            bool            // at the early settlement, before this run
	Accepted        decimal.Decimal // principal
	Cash
}

// Funding is what the paying agent needs in one currency on one day, or has paid
// already.
type Funding struct {
	Currency string
	Date     tender.Date
	Paid     bool            // at the early settlement, before this run
	Accepted decimal.Decimal // principal
	Cash
}

// Settlement is the cash side of an allocation.
type Settlement struct {
	Lines    []Line    // one for each line of the book, in its order
	Payments []Payment // by depositary, participant, series and day, only where something is accepted
	Funding  []Funding // by currency and day
	Warnings []string  // about the terms of interest, in words
}
