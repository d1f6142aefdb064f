package pricing

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// AtSpread is the price per 1,000 of a series of an auction at a spread in basis points over
// the reference that the auction names for it, with the early payment in it. The errors are
// those of [OfBid].
func AtSpread(o *tender.Offer, series string, basisPoints decimal.Decimal) (decimal.Decimal, error) {
	r, err := OfBid(o, series, basisPoints)
	if err != nil {
		return decimal.Zero, err
	}
	return r.PerThousand(), nil
}

// OfBid computes the price of a series of an auction at a spread in basis points over the
// reference that the auction names for it. It is an error if there is no such reference, or
// no yield of it yet.
func OfBid(o *tender.Offer, series string, basisPoints decimal.Decimal) (*Result, error) {
	i, ok := o.SeriesByID(series)
	auction := o.AuctionOf(series)
	if !ok || auction == nil {
		return nil, fmt.Errorf("series %s is in no auction", series)
	}
	name := auction.References[series]
	at, named := o.ReferenceByName(name)
	switch {
	case !named:
		return nil, fault(Missing, "auctions.references",
			"add references to the auction, with that of each series, so that there is a price for a bid",
			"the auction %s names no reference for series %s", auction.Name, series)
	case !o.References[at].Known():
		return nil, fault(Missing, "references", "add its yield by an amendment",
			"there is no yield of reference %s yet, so there are no prices in the auction %s", name, auction.Name)
	}
	priced := *o
	priced.Series = slices.Clone(o.Series)
	s := &priced.Series[i]
	s.Spread = o.BidSpread(s, name, basisPoints)
	if s.Horizon == "" {
		s.Horizon = tender.ParCallBelowCoupon
	}
	return OfSeries(&priced, i)
}
