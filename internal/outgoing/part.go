package outgoing

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// Only has the payments of the run made for some of its wires alone, as their messages have the references: those that
// a bank refused of messages that were exported before.
func (r *Run) Only(references []string) { r.only = references }

// part leaves in an order the wires that a person named, and gives the order what distinguishes its messages from all
// before: the wires, and how often payments of them were exported.
func (r *Run) part(order *payment.Order) error {
	if len(r.only) == 0 {
		return nil
	}
	if err := addsUp(order); err != nil {
		return err
	}
	var wires []payment.Wire
	named := map[string]bool{}
	for _, w := range order.Wires {
		reference, err := swifttext.Reference(w.Reference)
		if err != nil {
			return err
		}
		if slices.Contains(r.only, reference) || slices.Contains(r.only, w.Reference) {
			wires, named[reference], named[w.Reference] = append(wires, w), true, true
			order.Part = append(order.Part, reference)
		}
	}
	var unknown []string
	for _, reference := range r.only {
		if !named[reference] {
			unknown = append(unknown, reference)
		}
	}
	if len(unknown) > 0 {
		return refused("run %s wires nothing now under %s; the references are those of its wires.csv with the status due, "+
			"and the EndToEndId of a transfer that is for several wires is none of them", r.Doc.Run, display.List(unknown))
	}
	order.Wires, order.Totals = wires, nil
	for _, w := range wires {
		order.Totals = append(order.Totals, payment.Total{Currency: w.Currency, Date: w.Date, Amount: w.Amount})
	}
	exports := 0
	for _, e := range r.History() {
		if e.Export != nil && slices.ContainsFunc(e.Export.Wires, func(w string) bool { return named[w] }) {
			exports++
		}
	}
	order.Part = append(order.Part, strconv.Itoa(exports))
	return nil
}

// addsUp is an error unless all wires of an order are what the run wires.
func addsUp(order *payment.Order) error {
	type group struct {
		currency string
		date     tender.Date
	}
	left := map[group]decimal.Decimal{}
	for _, t := range order.Totals {
		at := group{t.Currency, t.Date}
		left[at] = left[at].Add(t.Amount)
	}
	for _, w := range order.Wires {
		at := group{w.Currency, w.Date}
		left[at] = left[at].Sub(w.Amount)
	}
	var wrong []string
	for at, rest := range left {
		if !rest.IsZero() {
			wrong = append(wrong, at.currency+" on "+at.date.String())
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return &tender.ControlError{Rule: "R16", Message: "the wires do not add up to Funding in " +
			strings.Join(wrong, ", ") + "; no message was made"}
	}
	return nil
}
