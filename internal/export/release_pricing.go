package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

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

// showsPricing reports whether the release says how prices were computed: where it announces them, and
// in the results where an auction set them.
func showsPricing(r *result.Run) bool {
	return stageOf(r) == pricingTerms || (stageOf(r) == results && auctionPriced(r))
}

// auctionPriced reports whether the price of a series follows from the level at which an auction cleared.
func auctionPriced(r *result.Run) bool {
	return slices.ContainsFunc(r.Prices, func(p *pricing.Result) bool { return p != nil }) &&
		slices.ContainsFunc(r.Offer.Series, func(s tender.Series) bool {
			return r.Offer.AuctionOf(s.ID) != nil && s.AtSpread() && s.HasPrice()
		})
}

// pricingWords say how prices were determined, or when they will be; nothing for an offer at fixed
// prices, or once it is over.
func pricingWords(r *result.Run) []string {
	o := r.Offer
	switch without := o.WithoutPrice(); {
	case r.Phase == tender.Final && !auctionPriced(r):
	case len(without) > 0:
		var titles []string
		for _, id := range without {
			i, _ := o.SeriesByID(id)
			titles = append(titles, o.Series[i].Title)
		}
		return []string{fmt.Sprintf("The Total Consideration of the %s will be determined at %s, from %s over the yield of "+
			"a reference security.", joined(titles), releaseTime(r, o.Pricing.At), spreadWords(o, without))}
	case priced(r):
		var ids []string
		early := false
		for i := range o.Series {
			if r.PriceOf(i) != nil {
				ids, early = append(ids, o.Series[i].ID), early || !o.Series[i].EarlyTenderPayment.IsZero()
			}
		}
		included := "It"
		if early {
			included = "It includes the Early Tender Payment, and"
		}
		return []string{fmt.Sprintf("The Total Consideration was determined at %s, from %s over the reference yield in the "+
			"table, for a settlement on %s. %s does not include accrued and unpaid interest.", releaseTime(r, o.Pricing.At),
			spreadWords(o, ids), releaseDate(o.PricingDate()), included)}
	}
	return nil
}

// spreadWords say whether the spreads of some series are fixed, or set by auctions.
func spreadWords(o *tender.Offer, ids []string) string {
	const fixed, clearing = "the fixed spread", "the spread at which the auction clears,"
	auctioned := 0
	for _, id := range ids {
		if o.AuctionOf(id) != nil {
			auctioned++
		}
	}
	switch auctioned {
	case 0:
		return fixed
	case len(ids):
		return clearing
	}
	return fixed + ", or " + clearing
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
		yieldText(p.Yield.Reference) + "%", total,
	}
}

// yieldText is a yield with the three decimals of documents at least.
func yieldText(d decimal.Decimal) string { return d.StringFixed(max(3, -d.Exponent())) }

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
