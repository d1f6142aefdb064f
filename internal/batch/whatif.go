package batch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// Scenario is other terms for the same book: caps with other amounts and
// exchange rates.
type Scenario struct {
	Caps  []CapAmount
	Rates []tender.Rate // From, To and Rate
}

// With is the scenario with an amount for one more cap.
func (s Scenario) With(name string, amount decimal.Decimal) Scenario {
	s.Caps = append(slices.Clone(s.Caps), CapAmount{name, amount})
	return s
}

// CapAmount is an amount for the cap of a name, in that cap's currency.
type CapAmount struct {
	Name   string
	Amount decimal.Decimal
}

// Speculation is a book under the terms as they are and under others. Nothing of
// it is published.
type Speculation struct {
	in    *intake
	Today *export.Run
}

// WhatIf reads the terms and the files of a request and works out the result
// under the terms as they are. The errors are those of [Run].
func WhatIf(ctx context.Context, req Request) (*Speculation, error) {
	req.DryRun = true
	in, err := take(ctx, req)
	if err != nil {
		return nil, err
	}
	today, err := in.compute(ctx)
	if err != nil {
		return nil, err
	}
	return &Speculation{in, today}, nil
}

// Under works out the result under a scenario. A cap or a rate that the offer
// does not have is a *[UsageError].
func (s *Speculation) Under(ctx context.Context, other Scenario) (*export.Run, error) {
	o, err := changed(s.in.offer, other)
	if err != nil {
		return nil, err
	}
	in := *s.in
	in.offer = o
	return in.compute(ctx)
}

// changed is a copy of the offer with the scenario worked in.
func changed(o *tender.Offer, other Scenario) (*tender.Offer, error) {
	c := *o
	c.Caps, c.Rates, c.Series = slices.Clone(o.Caps), slices.Clone(o.Rates), slices.Clone(o.Series)
	for _, amount := range other.Caps {
		if !setCap(&c, amount) {
			return nil, &UsageError{Message: fmt.Sprintf("the offer has no cap %q; it has %s", amount.Name, capNames(o))}
		}
	}
	for _, rate := range other.Rates {
		i := slices.IndexFunc(c.Rates, func(r tender.Rate) bool { return r.From == rate.From && r.To == rate.To })
		if i < 0 {
			return nil, &UsageError{Message: fmt.Sprintf("the offer has no rate %s/%s; give one that it has", rate.From, rate.To)}
		}
		c.Rates[i].Rate, c.Rates[i].Source = rate.Rate, "what if"
	}
	return &c, nil
}

func setCap(o *tender.Offer, amount CapAmount) bool {
	for i := range o.Caps {
		if o.Caps[i].Name == amount.Name {
			o.Caps[i].Amount = amount.Amount
			return true
		}
	}
	for i := range o.Series {
		if s := &o.Series[i]; s.HasMaximum && s.MaximumName() == amount.Name {
			s.MaximumOfferAmount = amount.Amount
			return true
		}
	}
	return false
}

func capNames(o *tender.Offer) string {
	var names []string
	for _, c := range o.AllCaps() {
		names = append(names, fmt.Sprintf("%q", c.Name))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// SmallestCap returns the smallest amount of a cap under which every tender of a
// level is accepted whole, the other terms as in a scenario. It is a
// *[UsageError] if no amount does it, because another cap cuts the level back.
//
// With the cap out of the way the waterfall takes the level whole, and what the
// cap has counted by then, for this level and those taken before it, is the
// answer: any less would be reached before the level is through. Under
// all_or_none_skip a smaller amount might pass over an earlier level and still
// take this one; the answer takes them all.
func (s *Speculation) SmallestCap(ctx context.Context, name string, level int, other Scenario) (decimal.Decimal, error) {
	everything := decimal.New(1, 18)
	r, err := s.Under(ctx, other.With(name, everything))
	if err != nil {
		return decimal.Zero, err
	}
	used, found := decimal.Zero, false
	for _, step := range r.Allocation.Steps {
		if step.Level != level || step.Settled {
			continue
		}
		for _, share := range step.Shares {
			if !share.Accepted.Equal(share.Demand) {
				return decimal.Zero, &UsageError{Message: fmt.Sprintf("no amount of %s accepts all of level %d: series %s, %s tenders: %s", name, level, share.Series, share.Window, share.Reason)}
			}
		}
		if c := stepCap(step, name); c != nil {
			used, found = everything.Sub(c.After), true
		}
	}
	if !found {
		return decimal.Zero, &UsageError{Message: fmt.Sprintf("%s covers no series at level %d; the levels are %s", name, level, levels(s.in.offer))}
	}
	return used, nil
}

// levels lists the Acceptance Priority Levels of an offer.
func levels(o *tender.Offer) string {
	var all []string
	for _, s := range o.Series {
		if level := strconv.Itoa(s.Priority); s.Priority > 0 && !slices.Contains(all, level) {
			all = append(all, level)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func stepCap(step allocate.Step, name string) *allocate.CapStep {
	for i := range step.Caps {
		if step.Caps[i].Cap == name {
			return &step.Caps[i]
		}
	}
	return nil
}
