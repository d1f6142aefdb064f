// Package confirm says of each account at a depositary what it instructed, what of it was accepted
// and returned, and what it is paid: the content of a movement confirmation, whatever the format.
// One confirmation is of one security, tendered in one window and paid on one day, as that is what has
// one price. It adds up lines of a run and computes nothing else.
package confirm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// Line is an instruction of a run.
type Line struct {
	Depositary, Participant, Series, Security, Currency string

	Window    tender.Window
	Tendered  decimal.Decimal
	Accepted  decimal.Decimal
	Returned  decimal.Decimal
	Cash      Cash
	Reference string      // of the wire, "" if nothing is paid
	Date      tender.Date // of the payment
	Factor    string      // as the run has it
	Price     string      // the Tender Offer Consideration, per 1,000
	Early     string      // the Early Tender Payment per 1,000, "" for none
}

// Cash is what is paid for some lines.
type Cash struct{ Consideration, Early, Interest, Total decimal.Decimal }

func (c Cash) plus(d Cash) Cash {
	return Cash{c.Consideration.Add(d.Consideration), c.Early.Add(d.Early), c.Interest.Add(d.Interest),
		c.Total.Add(d.Total)}
}

// Principal is what is paid for the notes, without interest.
func (c Cash) Principal() decimal.Decimal { return c.Consideration.Add(c.Early) }

// Confirmation is what is confirmed to one account.
type Confirmation struct {
	ID     string // of the confirmation: 16 letters and digits
	Advice string // of the preliminary advice of the same movements, likewise
	Event  string // of the event, that of one security: 16 letters and digits
	Option string // number of the option, 001 for tenders by the Early Tender Date, 002 for later ones

	Auction bool
	Line                     // of which the amounts are those of all lines
	Percent decimal.Decimal  // what is paid per 100 of principal, without interest
	Rate    *decimal.Decimal // the proration factor in percent; nil where lines have different ones, or none
}

// Offer is what a confirmation needs of an offer.
type Offer struct {
	ID, Run  string
	Auctions map[string]bool // the series in auctions
	HasEarly bool            // the offer has an Early Tender Date
}

// key distinguishes confirmations.
type key struct {
	depositary, participant, security, currency string
	window                                      tender.Window
}

// Make makes the confirmations of the lines, by depositary, participant, security and window. Lines of
// which nothing is accepted are in the confirmation of the others of their account; an account of which
// nothing at all is accepted has no movement to confirm, and is counted in without.
func Make(o *Offer, lines []Line) (all []Confirmation, without int, err error) {
	at := map[key]int{}
	for _, l := range lines {
		k := key{l.Depositary, l.Participant, l.Security, l.Currency, l.Window}
		n, known := at[k]
		if !known {
			n, all = len(all), append(all, Confirmation{Line: Line{Depositary: l.Depositary, Participant: l.Participant,
				Series: l.Series, Security: l.Security, Currency: l.Currency, Window: l.Window}})
			at[k] = n
		}
		if err := all[n].add(&l); err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(all, func(a, b Confirmation) int {
		return cmp.Or(cmp.Compare(a.Depositary, b.Depositary), cmp.Compare(a.Participant, b.Participant),
			cmp.Compare(a.Security, b.Security), cmp.Compare(a.Window, b.Window))
	})
	made := all[:0]
	for _, c := range all {
		if c.Accepted.IsZero() {
			without++
			continue
		}
		if err := c.finish(o); err != nil {
			return nil, 0, err
		}
		made = append(made, c)
	}
	return made, without, nil
}

// add adds a line. All that is accepted has one price and one day.
func (c *Confirmation) add(l *Line) error {
	c.Tendered, c.Accepted, c.Returned = c.Tendered.Add(l.Tendered), c.Accepted.Add(l.Accepted), c.Returned.Add(l.Returned)
	c.Cash = c.Cash.plus(l.Cash)
	switch {
	case l.Factor == "":
	case c.Factor == "":
		c.Factor = l.Factor
	case c.Factor != l.Factor:
		c.Factor = "differ"
	}
	if l.Accepted.IsZero() {
		return nil
	}
	switch {
	case c.Reference == "":
		c.Reference, c.Date, c.Price, c.Early = l.Reference, l.Date, l.Price, l.Early
	case c.Reference != l.Reference || c.Date != l.Date || c.Price != l.Price || c.Early != l.Early:
		return fmt.Errorf("%s %s is paid for %s at several prices or on several days, which one confirmation cannot say; "+
			"use instructions.csv", l.Depositary, l.Participant, l.Security)
	}
	return nil
}

// finish gives a confirmation what follows from its lines.
func (c *Confirmation) finish(o *Offer) error {
	if !swifttext.Is(c.Participant) || len(c.Participant) > swifttext.MostReference {
		return fmt.Errorf("the account %q of %s is no account that a message can name: more than %d characters, or others "+
			"than SWIFT takes", c.Participant, c.Depositary, swifttext.MostReference)
	}
	c.Event = swifttext.Mark(o.ID, c.Security)
	c.ID = swifttext.Mark(o.ID, o.Run, c.Depositary, c.Participant, c.Security, string(c.Window))
	c.Advice = swifttext.Mark(o.ID, o.Run, c.Depositary, c.Participant, c.Security, string(c.Window), "advice")
	c.Option = "001"
	if o.HasEarly && c.Window == tender.Late {
		c.Option = "002"
	}
	c.Auction = o.Auctions[c.Series]
	price, err := decimal.NewFromString(c.Price)
	if err == nil && c.Early != "" {
		var early decimal.Decimal
		early, err = decimal.NewFromString(c.Early)
		price = price.Add(early)
	}
	if err != nil {
		return fmt.Errorf("%s %s: the price of %s: %w", c.Depositary, c.Participant, c.Series, err)
	}
	c.Percent = price.Shift(-1) // of 1,000 to 100
	c.Rate = rateOf(c.Factor)
	if !c.Accepted.Add(c.Returned).Equal(c.Tendered) || !c.Cash.Principal().Add(c.Cash.Interest).Equal(c.Cash.Total) {
		return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf("%s %s: what is accepted and returned of %s, or the "+
			"parts of what is paid, do not add up; no confirmation was made", c.Depositary, c.Participant, c.Series)}
	}
	return nil
}

// rateDecimals are those of a proration rate that a message can state beside two digits.
const rateDecimals = 8

// rateOf is a factor, which may be a fraction, in percent, nil if it is none.
func rateOf(factor string) *decimal.Decimal {
	over, under, fraction := strings.Cut(factor, "/")
	rate, err := decimal.NewFromString(over)
	if err != nil {
		return nil
	}
	rate = rate.Shift(2)
	if fraction {
		part, err := decimal.NewFromString(under)
		if err != nil || part.IsZero() {
			return nil
		}
		rate = rate.DivRound(part, rateDecimals)
	}
	rate = rate.Round(rateDecimals)
	return &rate
}
