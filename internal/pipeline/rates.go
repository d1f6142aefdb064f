package pipeline

import (
	"fmt"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// checkRates is an *[offerfolder.UsageError] if a rate was fixed by now and the terms do not have
// it, or if it is fixed only after a final run.
func (in *Intake) checkRates() error {
	for _, r := range in.Offer.Rates {
		fixed := !in.AsOf.Before(r.At)
		switch at := tender.WallTime(r.At, in.Offer.Zone); {
		case fixed && r.Rate.IsZero():
			return &offerfolder.UsageError{Message: fmt.Sprintf("the rate from %s to %s was fixed at %s, and the terms do not "+
				"have it; add it to fx by an amendment", r.From, r.To, at)}
		case !fixed && in.Offer.PhaseAt(in.AsOf) == tender.Final:
			return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has expired, and the rate from %s to %s is fixed "+
				"only at %s, by fx: there is no final run before that", r.From, r.To, at)}
		}
	}
	return nil
}

// rateWarnings say which rates are not fixed yet, and which are others than those with which
// an earlier settlement counted.
func (in *Intake) rateWarnings() (all []tender.Warning) {
	for _, r := range in.Offer.Rates {
		if !in.AsOf.Before(r.At) {
			continue
		}
		until := "it is not known until then"
		if r.Rate.Sign() > 0 {
			until = fmt.Sprintf("until then %s is preliminary", r.Rate)
		}
		all = append(all, tender.Warnf(tender.WarnRateNotFixed, "the rate from %s to %s is fixed at %s; %s, and what is "+
			"accepted is indicative", r.From, r.To, tender.WallTime(r.At, in.Offer.Zone), until))
	}
	for _, s := range in.Book.Made {
		if s.Then == nil {
			continue
		}
		for _, was := range s.Then.KnownRates() {
			for _, now := range in.Offer.KnownRates() {
				if was.From == now.From && was.To == now.To && !was.Rate.Equal(now.Rate) {
					all = append(all, tender.Warnf(tender.WarnRateChanged, "the rate from %s to %s was %s at the settlement of %s, "+
						"and is %s now; one rate is usual for all acceptances: what was bought then still counts at that of then",
						was.From, was.To, was.Rate, s.On, now.Rate))
				}
			}
		}
	}
	return all
}
