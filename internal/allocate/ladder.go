package allocate

import (
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// NoBid is the level of tenders without a bid that go before every bid.
const NoBid = "no bid"

// Auctioned is what came of one auction.
type Auctioned struct {
	Name     string
	Cleared  bool            // something was tendered, so there is a level
	Clearing decimal.Decimal // the level at which it clears; of an unmodified auction, the worst that is accepted
	Set      bool            // the issuer set the level
	// EarlyFactor and LateFactor are the factors by which the tenders at the level that was
	// cut back were multiplied, the same for both windows if they were taken together; 1 if
	// none was cut back, none if nothing was tendered.
	EarlyFactor, LateFactor Factor
	// Prices are what early tenders are paid per 1,000, by series, if all are paid the
	// clearing level and its price is known.
	Prices   map[string]decimal.Decimal
	Unpriced bool   // bids are spreads or premiums, and what they are paid is not known yet
	Ladder   []Rung // from the best bid to the worst

	ended *Reason // what ended the acceptance, nil if nothing did
}

// Rung is one level of the bids in an auction: what an issuer that sets the level by hand
// decides from. Principal is in the currency of the auction's cap.
type Rung struct {
	Bid         string          // the level, or [NoBid]
	Early, Late decimal.Decimal // principal tendered at the level
	// Cumulative is the principal at this level or better of the tenders that set the level,
	// and Counts what it counts for under the cap if the auction clears here.
	Cumulative, Counts decimal.Decimal
	Fits               bool            // Counts is within the cap
	Accepted           decimal.Decimal // principal accepted at the level, both windows
}

// ladder lists the levels of the bids once the auction is held.
func (a *auction) ladder() ([]Rung, error) {
	ladder := make([]Rung, 0, len(a.rungs))
	sum, limit := new(big.Rat), a.terms.Cap.Amount.Rat()
	for _, r := range a.rungs {
		early, late, accepted := new(big.Rat), new(big.Rat), new(big.Rat)
		for _, g := range r.groups {
			unit := a.principal(g)
			tendered := early
			if g.window == tender.Late {
				tendered = late
			}
			tendered.Add(tendered, times(unit, g.demand))
			accepted.Add(accepted, times(unit, g.bought()))
			if a.sets(g.window) {
				sum.Add(sum, times(unit, g.demand))
			}
		}
		counts, _, err := a.costs(r)
		if err != nil {
			return nil, err
		}
		ladder = append(ladder, Rung{
			Bid: r.bid(), Early: inDecimals(early), Late: inDecimals(late), Accepted: inDecimals(accepted),
			Cumulative: inDecimals(sum), Counts: inDecimals(counts), Fits: counts.Cmp(limit) <= 0,
		})
	}
	return ladder, nil
}

// principal is what one minor unit of a group's principal is in the currency of the cap.
func (a *auction) principal(g *group) *big.Rat {
	rate, _ := a.offer.Rate(g.money.code, a.terms.Cap.Currency) // that there is one was found before
	return new(big.Rat).Mul(rate, big.NewRat(1, g.money.perUnit))
}

// times is a value for some minor units.
func times(unit *big.Rat, minor int64) *big.Rat {
	return new(big.Rat).Mul(unit, new(big.Rat).SetInt64(minor))
}
