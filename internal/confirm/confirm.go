// Package confirm says of each account at a depositary what it instructed, what of it was accepted
// and returned, and what it is paid: the content of a movement confirmation, whatever the format.
// One confirmation is of one security, tendered in one window and paid on one day at one price. It adds up lines of a run
// and computes nothing else.
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

// key distinguishes accounts, securities and windows.
type key struct {
	depositary, participant, security, currency string
	window                                      tender.Window
}

func keyOf(l *Line) key { return key{l.Depositary, l.Participant, l.Security, l.Currency, l.Window} }

// paidKey distinguishes confirmations: what is paid on one day at one price. Of one window there are
// several where notes were delivered later, or some are bought at another settlement.
type paidKey struct {
	key
	reference, price, early string
}

// Make makes the confirmations of the lines, by depositary, participant, security, window and day of payment.
// Lines of which nothing is accepted are in the first confirmation of the others of their account; an account of
// which nothing at all is accepted has no movement to confirm, and is counted in without.
func Make(o *Offer, lines []Line) (made []Confirmation, without int, err error) {
	made, err = accepted(lines)
	if err != nil {
		return nil, 0, err
	}
	first := map[key]int{}
	for i := range slices.Backward(made) {
		first[keyOf(&made[i].Line)] = i
	}
	nothing := map[key]bool{}
	for i := range lines {
		l := &lines[i]
		if !l.Accepted.IsZero() {
			continue
		}
		if n, is := first[keyOf(l)]; is {
			made[n].add(l)
		} else {
			nothing[keyOf(l)] = true
		}
	}
	for i := range made {
		c := &made[i]
		if err := c.finish(o, first[keyOf(&c.Line)] == i); err != nil {
			return nil, 0, err
		}
	}
	return made, len(nothing), nil
}

// accepted are confirmations of the lines of which something is accepted, in order, unfinished.
func accepted(lines []Line) (all []Confirmation, err error) {
	at := map[paidKey]int{}
	for i := range lines {
		l := &lines[i]
		if l.Accepted.IsZero() {
			continue
		}
		k := paidKey{keyOf(l), l.Reference, l.Price, l.Early}
		n, known := at[k]
		if !known {
			n, all = len(all), append(all, Confirmation{Line: Line{Depositary: l.Depositary, Participant: l.Participant,
				Series: l.Series, Security: l.Security, Currency: l.Currency, Window: l.Window, Reference: l.Reference,
				Date: l.Date, Price: l.Price, Early: l.Early}})
			at[k] = n
		}
		if all[n].Date != l.Date {
			return nil, &tender.ControlError{Rule: "R16", Message: fmt.Sprintf("the wire %s is paid on %s and on %s; no "+
				"confirmation was made", l.Reference, all[n].Date, l.Date)}
		}
		all[n].add(l)
	}
	slices.SortStableFunc(all, func(a, b Confirmation) int {
		return cmp.Or(cmp.Compare(a.Depositary, b.Depositary), cmp.Compare(a.Participant, b.Participant),
			cmp.Compare(a.Security, b.Security), cmp.Compare(a.Window, b.Window), a.Date.Compare(b.Date),
			cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Price, b.Price), cmp.Compare(a.Early, b.Early))
	})
	return all, nil
}

// add adds the amounts of a line.
func (c *Confirmation) add(l *Line) {
	c.Tendered, c.Accepted, c.Returned = c.Tendered.Add(l.Tendered), c.Accepted.Add(l.Accepted), c.Returned.Add(l.Returned)
	c.Cash = c.Cash.plus(l.Cash)
	switch {
	case l.Factor == "":
	case c.Factor == "":
		c.Factor = l.Factor
	case c.Factor != l.Factor:
		c.Factor = "differ"
	}
}

// finish gives a confirmation what follows from its lines. One that is not the first of its account, security and
// window has another identification for what is paid otherwise.
func (c *Confirmation) finish(o *Offer, first bool) error {
	if !swifttext.Is(c.Participant) || len(c.Participant) > swifttext.MostReference {
		return fmt.Errorf("the account %q of %s is no account that a message can name: more than %d characters, or others "+
			"than SWIFT takes", c.Participant, c.Depositary, swifttext.MostReference)
	}
	c.Event = swifttext.Mark(o.ID, c.Security)
	of := []string{o.ID, o.Run, c.Depositary, c.Participant, c.Security, string(c.Window)}
	if !first {
		of = append(of, c.Reference, c.Price, c.Early)
	}
	c.ID, c.Advice = swifttext.Mark(of...), swifttext.Mark(append(of, "advice")...)
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
