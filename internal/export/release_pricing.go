package export

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// priced reports whether a price was computed.
func priced(r *result.Run) bool {
	return slices.ContainsFunc(r.Prices, func(p *pricing.Result) bool { return p != nil })
}

// suspended reports whether a cap is not applied for want of a price or a rate.
func suspended(o *tender.Offer) bool {
	return slices.ContainsFunc(o.AllCaps(), func(c tender.Cap) bool { return !c.Applied() })
}

// showsAccepted reports whether the release says what is bought: of a pricing only once the early
// tenders are in.
func showsAccepted(r *result.Run) bool {
	switch stageOf(r) {
	case toDate:
		return false
	case pricingTerms:
		return r.Offer.Early.IsZero() || !r.AsOf.Before(r.Offer.Early.At)
	}
	return true
}

// pricingWords say how prices were determined, or when they will be; nothing for an offer at fixed
// prices, or once it is over.
func pricingWords(r *result.Run) []string {
	o := r.Offer
	switch without := o.WithoutPrice(); {
	case r.Phase == tender.Final:
	case len(without) > 0:
		var titles []string
		for _, id := range without {
			i, _ := o.SeriesByID(id)
			titles = append(titles, o.Series[i].Title)
		}
		return []string{fmt.Sprintf("The Total Consideration of the %s will be determined at %s, from a fixed spread over "+
			"the yield of a reference security.", joined(titles), releaseTime(r, o.Pricing.At))}
	case priced(r):
		return []string{fmt.Sprintf("The Total Consideration was determined at %s, from the spread over the "+
			"reference yield in the table, for a settlement on %s. It includes the Early Tender Payment, and does not include accrued "+
			"and unpaid interest.", releaseTime(r, o.Pricing.At), releaseDate(o.PricingDate()))}
	}
	return nil
}

// pricingColumns are those of the table that say how a price was determined.
var pricingColumns = []releaseColumn{
	{"Reference", false}, {"Spread", true}, {"Reference yield", true}, {"Total Consideration", true},
}

// pricingCells are the cells of a series in those columns.
func pricingCells(r *result.Run, i int) []string {
	s, p := &r.Offer.Series[i], r.PriceOf(i)
	total := perThousand(s.TotalConsideration(), s.Currency)
	switch {
	case p == nil && r.Offer.AuctionOf(s.ID) != nil:
		return []string{"auction", "", "", ""}
	case p == nil:
		return []string{"fixed price", "", "", total}
	}
	spread := p.Yield.BasisPoints
	sign := "+"
	if spread.IsNegative() {
		sign = ""
	}
	return []string{
		plainLine(s.Spread.Reference), sign + spread.String() + " bp",
		p.Yield.Reference.StringFixed(max(3, -p.Yield.Reference.Exponent())) + "%", total,
	}
}

// horizonFootnotes say which series are priced to their par call dates.
func horizonFootnotes(r *result.Run) []string {
	var called []string
	for i := range r.Offer.Series {
		if p := r.PriceOf(i); p != nil && p.Horizon.Date != r.Offer.Series[i].Maturity {
			called = append(called, fmt.Sprintf("%s (%s)", r.Offer.Series[i].Title, releaseDate(p.Horizon.Date)))
		}
	}
	if len(called) == 0 {
		return nil
	}
	return []string{"Priced to the par call date, not to the maturity: " + strings.Join(called, ", ") + "."}
}
