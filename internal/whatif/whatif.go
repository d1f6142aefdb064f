package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
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

// Session is a book under the terms as they are and under others. Nothing of
// it is published.
type Session struct {
	in    *pipeline.Intake
	Today *result.Run
}

// Open reads the terms and the files of a request and works out the result
// under the terms as they are. The errors are those of [Run].
func Open(ctx context.Context, req pipeline.Request) (*Session, error) {
	req.DryRun = true
	in, err := pipeline.Take(ctx, req)
	if err != nil {
		return nil, err
	}
	today, err := in.Compute(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{in, today}, nil
}

// Under works out the result under a scenario. A cap or a rate that the offer
// does not have is a *[UsageError].
func (s *Session) Under(ctx context.Context, other Scenario) (*result.Run, error) {
	o, err := changed(s.in.Offer, other)
	if err != nil {
		return nil, err
	}
	in := *s.in
	in.Offer = o
	return in.Compute(ctx)
}

// changed is a copy of the offer with the scenario worked in.
func changed(o *tender.Offer, other Scenario) (*tender.Offer, error) {
	c := *o
	c.Caps, c.Rates, c.Series = slices.Clone(o.Caps), slices.Clone(o.Rates), slices.Clone(o.Series)
	c.Pools, c.Auctions = slices.Clone(o.Pools), slices.Clone(o.Auctions)
	for _, amount := range other.Caps {
		if !setCap(&c, amount) {
			return nil, &offerfolder.UsageError{Message: fmt.Sprintf("the offer has no cap %q; it has %s", amount.Name,
				capNames(o))}
		}
	}
	for _, rate := range other.Rates {
		i := slices.IndexFunc(c.Rates, func(r tender.Rate) bool { return r.From == rate.From && r.To == rate.To })
		if i < 0 {
			return nil, &offerfolder.UsageError{Message: fmt.Sprintf("the offer has no rate %s/%s; it has %s", rate.From,
				rate.To, rateNames(o))}
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
	for i := range o.Pools {
		if p := &o.Pools[i]; p.HasCap && p.Name == amount.Name {
			p.Cap.Amount = amount.Amount
			return true
		}
	}
	for i := range o.Auctions {
		if o.Auctions[i].Name == amount.Name {
			o.Auctions[i].Cap.Amount = amount.Amount
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
	for _, a := range o.Auctions {
		names = append(names, fmt.Sprintf("%q", a.Name))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func rateNames(o *tender.Offer) string {
	var names []string
	for _, r := range o.Rates {
		names = append(names, r.From+"/"+r.To)
	}
	return cmp.Or(strings.Join(names, ", "), "none, as no cap needs one")
}

// levels lists the Acceptance Priority Levels of an offer.
func levels(o *tender.Offer) string {
	var all []int
	for _, s := range o.Series {
		if s.Priority > 0 {
			all = append(all, s.Priority)
		}
	}
	slices.Sort(all)
	var words []string
	for _, level := range slices.Compact(all) {
		words = append(words, strconv.Itoa(level))
	}
	return strings.Join(words, ", ")
}

func stepCap(step allocate.Step, name string) *allocate.CapStep {
	for i := range step.Caps {
		if step.Caps[i].Cap == name {
			return &step.Caps[i]
		}
	}
	return nil
}
