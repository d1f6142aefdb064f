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
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// Scenario is other terms for the same book: caps with other amounts, exchange rates,
// and yields from which hypothetical prices follow.
type Scenario struct {
	Caps   []CapAmount
	Rates  []tender.Rate // From, To and Rate
	Yields []Yield
}

// Yield is a yield for the reference of a name, in percent.
type Yield struct {
	Reference string
	Percent   decimal.Decimal
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
	r, err := in.Compute(ctx)
	if err != nil {
		return nil, err
	}
	for _, y := range other.Yields {
		r.Warnings = append(r.Warnings, tender.Warnf(tender.WarnHypothetical,
			"prices are hypothetical: they follow from a yield of %s percent of reference %s that was given for this "+
				"question",
			y.Percent, y.Reference))
	}
	return r, nil
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
	if err := setYields(&c, other.Yields); err != nil {
		return nil, err
	}
	for _, amount := range other.Caps {
		if err := checkApplied(&c, amount.Name); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// setYields prices an offer from other yields, whether its prices are due yet or not. Printed prices
// are those of other yields, so nothing is compared with them.
func setYields(o *tender.Offer, yields []Yield) error {
	if len(yields) == 0 {
		return nil
	}
	o.References, o.Pricing.Ahead = slices.Clone(o.References), false
	for _, y := range yields {
		i, ok := o.ReferenceByName(y.Reference)
		if !ok {
			return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has no reference %q; it has %s", y.Reference,
				referenceNames(o))}
		}
		r := &o.References[i]
		r.Yield, r.HasYield, r.Quote, r.Points = y.Percent, true, nil, nil
		for j := range o.Series {
			if o.Series[j].Spread.Reference == y.Reference {
				o.Series[j].Spread.Printed = decimal.Zero
			}
		}
	}
	if _, err := pricing.SetPrices(o); err != nil {
		return &offerfolder.UsageError{Message: err.Error()}
	}
	return nil
}

// checkApplied is a *[offerfolder.UsageError] if a cap cannot be applied for want of prices.
func checkApplied(o *tender.Offer, name string) error {
	for _, c := range o.AllCaps() {
		if c.Name == name && len(c.Unrated) > 0 {
			return &offerfolder.UsageError{Message: fmt.Sprintf("%s needs the rate %s, which is not fixed yet; give a "+
				"hypothetical one with --fx", name, strings.Join(c.Unrated, ", "))}
		}
		if c.Name == name && len(c.Unpriced) > 0 {
			return &offerfolder.UsageError{Message: fmt.Sprintf("%s limits the purchase price, and there is no price yet "+
				"for series %s; give hypothetical yields with --yield", name, strings.Join(c.Unpriced, ", "))}
		}
	}
	return nil
}

func referenceNames(o *tender.Offer) string {
	var names []string
	for _, r := range o.References {
		names = append(names, fmt.Sprintf("%q", r.Name))
	}
	return cmp.Or(strings.Join(names, ", "), "none, as its prices are fixed")
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
