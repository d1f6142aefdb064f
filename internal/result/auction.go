package result

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// AtClearing is an offer in which the series of auctions have the price at which they cleared, as
// the others have theirs, with how each price was computed. Where each tender is paid its own bid
// there is none.
func AtClearing(o *tender.Offer, a *allocate.Result, prices []*pricing.Result) (
	*tender.Offer, []*pricing.Result, error) {
	if len(a.Auctions) == 0 {
		return o, prices, nil
	}
	priced := *o
	priced.Series = slices.Clone(o.Series)
	prices = append(make([]*pricing.Result, 0, len(o.Series)), prices...)
	for i := range o.Auctions {
		hideUnpriced(&priced, &o.Auctions[i], a)
	}
	for _, auction := range a.Auctions {
		for id, price := range auction.Prices {
			i, _ := o.SeriesByID(id)
			s, terms := &priced.Series[i], o.AuctionOf(id)
			s.TenderOfferConsideration = price.Sub(s.EarlyTenderPayment)
			if terms.Bid == tender.BidPrice {
				continue
			}
			spread := terms.Spread(id, auction.Clearing)
			s.Spread = o.BidSpread(s, terms.References[id], spread)
			var err error
			if prices[i], err = pricing.OfBid(o, id, spread); err != nil {
				return nil, nil, fmt.Errorf("series %s: %w", id, err)
			}
		}
	}
	return &priced, prices, nil
}

// hideUnpriced has the series of an auction by spread be series without a price while
// that of their bids is not known.
func hideUnpriced(o *tender.Offer, auction *tender.Auction, a *allocate.Result) {
	if !slices.ContainsFunc(a.Auctions, func(d allocate.Auctioned) bool { return d.Name == auction.Name && d.Unpriced }) {
		return
	}
	for _, id := range auction.Series {
		if i, ok := o.SeriesByID(id); ok {
			o.Series[i].Spread.Reference = cmp.Or(auction.References[id], auction.Name)
		}
	}
}

// PricePaid is what the i-th line is paid per 1,000 of principal: the Tender Offer
// Consideration, which in an auction follows from the bids, and the Early Tender Payment.
func (r *Run) PricePaid(i int) (consideration, early decimal.Decimal) {
	l := &r.Book.Lines[i]
	at, ok := r.Offer.SeriesByID(l.Series)
	if !ok {
		return decimal.Zero, decimal.Zero
	}
	if l.Settled != nil && l.Settled.AtTerms != nil {
		return l.Settled.AtTerms.Consideration, l.Settled.AtTerms.EarlyPayment
	}
	s := &r.Offer.Series[at]
	if l.Window == tender.Early {
		early = s.EarlyTenderPayment
	}
	if r.Offer.AuctionOf(l.Series) == nil {
		return s.TenderOfferConsideration, early
	}
	decided := &r.Allocation.Lines[i]
	if decided.Accepted.IsZero() {
		return decimal.Zero, early
	}
	for _, share := range r.Allocation.Steps[decided.Step].Shares {
		if share.Series == l.Series && share.Window == l.Window {
			return share.Price.Sub(early), early
		}
	}
	return decimal.Zero, early
}

// FactorUsed is the factor that was used for the i-th line, whose series is at a position of the
// offer: where there were several, that of its settlement.
func (r *Run) FactorUsed(i, series int) allocate.Factor {
	l := &r.Book.Lines[i]
	if l.Settled != nil || r.Allocation.Series[series].Several {
		for _, share := range r.Allocation.Steps[r.Allocation.Lines[i].Step].Shares {
			if share.Series == l.Series && share.Window == l.Window {
				return share.Factor
			}
		}
	}
	if l.Window == tender.Early {
		return r.Allocation.Series[series].EarlyFactor
	}
	return r.Allocation.Series[series].LateFactor
}
