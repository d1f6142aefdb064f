package pricing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// AtSpread is the price per 1,000 of a series of an auction at a spread in basis points over
// the reference that the auction names for it, with the early payment in it. It is an error if
// there is no such reference, or no yield of it yet.
func AtSpread(o *tender.Offer, series string, basisPoints decimal.Decimal) (decimal.Decimal, error) {
	i, ok := o.SeriesByID(series)
	auction := o.AuctionOf(series)
	if !ok || auction == nil {
		return decimal.Zero, fmt.Errorf("series %s is in no auction", series)
	}
	name := auction.References[series]
	at, named := o.ReferenceByName(name)
	switch {
	case !named:
		return decimal.Zero, fault(Missing, "auctions.references",
			"add references to the auction, with that of each series, so that there is a price for a bid",
			"the auction %s names no reference for series %s", auction.Name, series)
	case !o.References[at].Known():
		return decimal.Zero, fault(Missing, "references", "add its yield by an amendment",
			"there is no yield of reference %s yet, so there are no prices in the auction %s", name, auction.Name)
	}
	priced := *o
	priced.Series = slices.Clone(o.Series)
	priced.Series[i].Spread, priced.Series[i].Horizon = InAuction(o, i, basisPoints)
	r, err := OfSeries(&priced, i)
	if err != nil {
		return decimal.Zero, err
	}
	return r.PerThousand(), nil
}

// InAuction is what a series of an auction, given by its place, is priced at if the auction clears
// at a spread in basis points.
func InAuction(o *tender.Offer, i int, basisPoints decimal.Decimal) (tender.Spread, tender.HorizonRule) {
	s := &o.Series[i]
	unit := decimal.New(int64(o.Pricing.Per), -3) // of a price per 1,000
	return tender.Spread{
		Reference: o.AuctionOf(s.ID).References[s.ID], BasisPoints: basisPoints, EarlyPayment: s.EarlyTenderPayment.Mul(unit),
	}, cmp.Or(s.Horizon, tender.ParCallBelowCoupon)
}
