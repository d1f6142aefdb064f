package tender

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// Auction is a Dutch auction over some series: holders say at which price, spread or
// premium they sell, and the bids best for the issuer are accepted first, up to a cap.
// Its series have no level and no price in the terms.
type Auction struct {
	Name      string
	Series    []string // ids
	Form      AuctionForm
	Bid       BidKind
	From, To  decimal.Decimal // the range of the bids, both ends in it
	Increment decimal.Decimal // bids are From and whole increments more
	// BaseSpreads are the spreads, by series, from which a premium is taken off.
	BaseSpreads map[string]decimal.Decimal
	// References are the references, by series, over which a spread or premium is paid; without
	// one the price that a bid means is not known.
	References map[string]string
	Cap        Cap // its amount, currency and measure
	// Announced is the proration factor that the issuer announced for the tenders at the clearing level;
	// zero: none, as of a pool.
	Announced decimal.Decimal

	NoBid           NoBid
	Undersubscribed Undersubscribed
	SetBy           SetBy
	HasClearing     bool
	Clearing        decimal.Decimal // the level that the issuer set
}

// AuctionForm says what accepted tenders are paid.
type AuctionForm string

// The two forms: everybody is paid the clearing level, or each its own bid.
const (
	Modified   AuctionForm = "modified"
	Unmodified AuctionForm = "unmodified"
)

// BidKind is what a bid states.
type BidKind string

// The kinds: a price per 1,000, of which a low one is good for the issuer; a spread in basis
// points, of which a high one is; and a premium in basis points that is taken off the base
// spread of the series, of which a low one is.
const (
	BidPrice   BidKind = "price"
	BidSpread  BidKind = "spread"
	BidPremium BidKind = "premium"
)

// NoBid says what becomes of a tender without a bid.
type NoBid string

// It counts as a bid at the end of the range that is best for the issuer; it goes before
// every bid, whole; or it is rejected.
const (
	NoBidBest   NoBid = "best"
	NoBidFirst  NoBid = "first"
	NoBidReject NoBid = "reject"
)

// Undersubscribed says at which level an auction clears that does not reach its cap.
type Undersubscribed string

// At the worst bid, or at the end of the range that is worst for the issuer.
const (
	ClearsAtLastBid  Undersubscribed = "last_bid"
	ClearsAtRangeEnd Undersubscribed = "range_end"
)

// SetBy says whose bids set the clearing level.
type SetBy string

// All tenders set it together; or the early ones do, and late tenders may take what these
// leave.
const (
	SetByAll   SetBy = "all"
	SetByEarly SetBy = "early"
)

// Compare orders two bids: below 0 if the first is better for the issuer.
func (a *Auction) Compare(x, y decimal.Decimal) int {
	if a.Bid == BidSpread {
		return y.Cmp(x)
	}
	return x.Cmp(y)
}

// Best is the end of the range that is best for the issuer, Worst the other.
func (a *Auction) Best() decimal.Decimal {
	if a.Bid == BidSpread {
		return a.To
	}
	return a.From
}

// Worst is the end of the range that is worst for the issuer.
func (a *Auction) Worst() decimal.Decimal {
	if a.Bid == BidSpread {
		return a.From
	}
	return a.To
}

// Spread is the spread of a series, in basis points, at a level of an auction by spread or
// premium.
func (a *Auction) Spread(series string, level decimal.Decimal) decimal.Decimal {
	if a.Bid == BidPremium {
		return a.BaseSpreads[series].Sub(level)
	}
	return level
}

// LevelWords name a level in a sentence.
func (a *Auction) LevelWords(level decimal.Decimal) string {
	switch a.Bid {
	case BidSpread:
		return "a spread of " + level.String() + " basis points"
	case BidPremium:
		return "a premium of " + level.String() + " basis points"
	}
	return "a price of " + level.StringFixed(max(2, -level.Exponent())) + " per 1,000"
}

// InRange reports whether a level is in the range, with its ends.
func (a *Auction) InRange(level decimal.Decimal) bool {
	return level.GreaterThanOrEqual(a.From) && level.LessThanOrEqual(a.To)
}

// OnIncrement reports whether a level is a whole number of increments from the range's start.
func (a *Auction) OnIncrement(level decimal.Decimal) bool {
	return level.Sub(a.From).Mod(a.Increment).IsZero()
}

// AuctionOf is the auction that a series is in, nil if it is in none.
func (o *Offer) AuctionOf(series string) *Auction {
	for i := range o.Auctions {
		if slices.Contains(o.Auctions[i].Series, series) {
			return &o.Auctions[i]
		}
	}
	return nil
}

// checkAuctions is an error for a rule of an auction that is not known, and for one that
// cannot be held.
func (o *Offer) checkAuctions() error {
	for i := range o.Auctions {
		if err := o.checkAuction(&o.Auctions[i]); err != nil {
			return fmt.Errorf("auction %s: %w", o.Auctions[i].Name, err)
		}
	}
	return nil
}

func (o *Offer) checkAuction(a *Auction) error {
	for _, err := range []error{
		known("form", a.Form, Modified, Unmodified),
		known("bid", a.Bid, BidPrice, BidSpread, BidPremium),
		known("no_bid", a.NoBid, NoBidBest, NoBidFirst, NoBidReject),
		known("undersubscribed", a.Undersubscribed, ClearsAtLastBid, ClearsAtRangeEnd),
		known("set_by", a.SetBy, SetByAll, SetByEarly),
		known("measure", a.Cap.Measure, MeasurePrincipal, MeasurePurchasePrice, MeasureWithAccrued),
		checkAnnounced(a.Announced),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case len(a.Series) == 0:
		return fmt.Errorf("no series is in it")
	case a.Increment.Sign() <= 0 || !a.From.LessThan(a.To) || !a.OnIncrement(a.To):
		return fmt.Errorf("from %s to %s by %s is not a range of bids", a.From, a.To, a.Increment)
	case a.HasClearing && (!a.InRange(a.Clearing) || !a.OnIncrement(a.Clearing)):
		return fmt.Errorf("the clearing level %s is not one that can be bid", a.Clearing)
	}
	for _, id := range a.Series {
		at, ok := o.SeriesByID(id)
		_, based := a.BaseSpreads[id]
		switch {
		case !ok:
			return fmt.Errorf("there is no series %q", id)
		case o.Series[at].Priority > 0 || o.Series[at].HasMaximum || o.AuctionOf(id) != a:
			return fmt.Errorf("series %s has a level, a maximum or another auction", id)
		case a.Bid == BidPremium && !based:
			return fmt.Errorf("series %s has no base spread", id)
		}
	}
	return nil
}
