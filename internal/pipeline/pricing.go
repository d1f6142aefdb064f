package pipeline

import (
	"fmt"
	"strings"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// checkPriced is an *[offerfolder.UsageError] if a final run, which pays, has no price.
func (in *Intake) checkPriced(o *tender.Offer) error {
	if without := o.WithoutPrice(); len(without) > 0 && o.PhaseAt(in.AsOf) == tender.Final {
		return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has expired, and there is no price for series %s, "+
			"so there is no final run: %s", strings.Join(without, ", "), missingPrice(o, without[0]))}
	}
	return nil
}

// computedPrices are how the prices of the series at a spread are computed, nil for the others.
func computedPrices(o *tender.Offer) ([]*pricing.Result, error) {
	all := make([]*pricing.Result, len(o.Series))
	for i := range o.Series {
		if !o.Series[i].AtSpread() || !o.Series[i].HasPrice() {
			continue
		}
		price, err := pricing.OfSeries(o, i)
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", o.Series[i].ID, err)
		}
		all[i] = price
	}
	return all, nil
}

// atClearing is the offer with the prices at which its auctions cleared, which a final run must have.
func (in *Intake) atClearing(a *allocate.Result, prices []*pricing.Result) (*tender.Offer, []*pricing.Result, error) {
	shown, prices, err := result.AtClearing(in.Offer, a, prices)
	if err == nil {
		err = in.checkPriced(shown)
	}
	return shown, prices, err
}

// missingPrice says what is missing for the price of a series, and what to do.
func missingPrice(o *tender.Offer, series string) string {
	i, _ := o.SeriesByID(series)
	name := o.Series[i].Spread.Reference
	if at, ok := o.ReferenceByName(name); ok && !o.References[at].Known() {
		return fmt.Sprintf("the terms have no yield of reference %s; add it to offer.yaml by an amendment", name)
	}
	if auction := o.AuctionOf(series); auction != nil && len(auction.References) == 0 {
		return fmt.Sprintf("the auction %s names no reference for a bid by %s; add references to it, and their yields",
			auction.Name, auction.Bid)
	}
	return fmt.Sprintf("prices are computed at %s, by pricing.at", tender.WallTime(o.Pricing.At, o.Zone))
}

// priceWarnings say which series have no price yet, and which caps are not applied for want of one.
func priceWarnings(o *tender.Offer) (all []tender.Warning) {
	for _, id := range o.WithoutPrice() {
		all = append(all, tender.Warnf(tender.WarnNoPrice, "series %s has no price yet, so its cash is not computed: %s", id,
			missingPrice(o, id)))
	}
	for _, c := range o.AllCaps() {
		if len(c.Unrated) > 0 {
			all = append(all, tender.Warnf(tender.WarnCapSuspended, "%s is not applied, as the rate %s is not fixed yet: less "+
				"may be accepted than is shown", c.Name, strings.Join(c.Unrated, ", ")))
		}
		if len(c.Unpriced) > 0 {
			all = append(all, tender.Warnf(tender.WarnCapSuspended, "%s limits the purchase price and is not applied, as "+
				"there is no price yet for series %s: less may be accepted than is shown", c.Name, strings.Join(c.Unpriced, ", ")))
		}
	}
	return all
}

// checkPrices tests that what a series is paid is the price that follows from its yield (R16).
func checkPrices(r *result.Run) []tender.Invariant {
	detail, computed := "", false
	for i, price := range r.Prices {
		if price == nil {
			continue
		}
		computed = true
		if s := &r.Offer.Series[i]; !s.TotalConsideration().Equal(price.PerThousand()) {
			detail = fmt.Sprintf("series %s: %s is paid, %s is computed", s.ID, s.TotalConsideration(), price.PerThousand())
		}
	}
	if !computed {
		return nil
	}
	return []tender.Invariant{tender.Check("prices at a spread are those computed from their yields", detail)}
}

// checkNext is an *[offerfolder.UsageError] if a final run would pay something on the day of an
// interim settlement that has passed, and of which the terms name no run.
func (in *Intake) checkNext() error {
	next, planned := in.Offer.Settlement.Next()
	if !planned || in.Offer.PhaseAt(in.AsOf) != tender.Final || !next.Before(tender.DateOf(in.AsOf.In(in.Offer.Zone))) {
		return nil
	}
	return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has expired, and dates.settlement.interim names no "+
		"run for %s, which has passed; name the run that was paid then, or take that day out", next)}
}
