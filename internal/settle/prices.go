package settle

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// AllocationPrices are what the allocation of a book needs beyond the terms of the offer: accrued
// interest, and, once the yields of the references are known, the price of a bid by spread; also
// those of the settlements that were made.
func AllocationPrices(o *tender.Offer, b *tender.Book) allocate.Prices {
	prices := pricesOf(o)
	for i := range b.Made {
		then := prices
		if b.Made[i].Then != nil {
			then = pricesOf(b.Made[i].Then)
		}
		prices.Then = append(prices.Then, then)
	}
	return prices
}

func pricesOf(o *tender.Offer) allocate.Prices {
	prices := allocate.Prices{Accrued: func(series string, w tender.Window) (*big.Rat, error) {
		i, ok := o.SeriesByID(series)
		if !ok {
			return nil, fmt.Errorf("there is no series %q", series)
		}
		return Accrued(o, &o.Series[i], w)
	}}
	if slices.ContainsFunc(o.Auctions, func(a tender.Auction) bool { return a.Bid != tender.BidPrice && !priced(o, &a) }) {
		return prices
	}
	type bid struct{ series, spread string }
	known := make(map[bid]decimal.Decimal) // a level is asked for again for each of its tenders
	prices.AtSpread = func(series string, spread decimal.Decimal) (decimal.Decimal, error) {
		at := bid{series, spread.String()}
		if price, ok := known[at]; ok {
			return price, nil
		}
		price, err := pricing.AtSpread(o, series, spread)
		if err == nil {
			known[at] = price
		}
		return price, err
	}
	return prices
}

// priced reports whether the yields of all references of an auction are known, and the time
// of the pricing has come.
func priced(o *tender.Offer, a *tender.Auction) bool {
	return !o.Pricing.Ahead && !slices.ContainsFunc(a.Series, func(id string) bool {
		at, ok := o.ReferenceByName(a.References[id])
		return !ok || !o.References[at].Known()
	})
}
