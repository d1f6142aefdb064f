package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

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

// Under works out the result under a scenario. What the offer does not have is a
// *[offerfolder.UsageError].
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
	r.Warnings = append(r.Warnings, other.hypothetical(o)...)
	r.Name, r.Supposed = "what-if", cmp.Or(other.Words(o), "the terms as they are")
	return r, nil
}

// changed is a copy of the offer with the scenario worked in.
func changed(o *tender.Offer, other Scenario) (*tender.Offer, error) {
	c := *o
	c.Caps, c.Rates, c.Series = slices.Clone(o.Caps), slices.Clone(o.Rates), slices.Clone(o.Series)
	c.Pools, c.Auctions, c.References = slices.Clone(o.Pools), slices.Clone(o.Auctions), slices.Clone(o.References)
	for _, set := range other.Settings {
		if err := set.set(&c); err != nil {
			return nil, err
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
	if err := reprice(&c, other); err != nil {
		return nil, err
	}
	for _, set := range other.Of(CapAmount) {
		if err := checkApplied(&c, set.Name); err != nil {
			return nil, err
		}
	}
	return &c, nil
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

func rateNames(o *tender.Offer) string {
	var names []string
	for _, r := range o.Rates {
		names = append(names, r.From+"/"+r.To)
	}
	return cmp.Or(strings.Join(names, ", "), "none, as no cap needs one")
}

// levels lists the Acceptance Priority Levels of an offer.
func levels(o *tender.Offer) string {
	var words []string
	for _, i := range result.SeriesByLevel(&result.Run{Offer: o}) {
		if s := &o.Series[i]; s.Priority > 0 && !slices.Contains(words, s.LevelText()) {
			words = append(words, s.LevelText())
		}
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
