package whatif

import (
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// How far a yield and a spread are sought from what they are, and how finely.
var (
	farthest = map[Kind]decimal.Decimal{Yield: decimal.NewFromInt(10), FixedSpread: decimal.NewFromInt(1000)}
	finest   = map[Kind]decimal.Decimal{Yield: decimal.New(1, -3), FixedSpread: decimal.New(1, -1)}
)

// seek finds the smallest yield or spread, which make prices lower the larger they are, or the clearing
// level that is best for the issuer.
func (p *problem) seek(found *Solution) error {
	if len(p.wanted) == 0 {
		return usage("%s", p.nothing(found))
	}
	if p.variable.Kind == ClearingLevel {
		return p.seekClearing(found)
	}
	reach, step := farthest[p.variable.Kind], finest[p.variable.Kind]
	low, high := found.Was.Sub(reach), found.Was.Add(reach)
	at := func(steps int64) decimal.Decimal { return low.Add(step.Mul(decimal.NewFromInt(steps))) }
	first, last := int64(-1), reach.Add(reach).Div(step).IntPart()
	if err := p.checkPriced(high); err != nil {
		return err
	}
	r, err := p.under(high)
	if err != nil {
		return err
	}
	if !p.whole(r) {
		return usage("no %s up to %s %s accepts all of %s: %s", p.variable, high, found.Unit, p.goal, p.obstacles(r))
	}
	for last-first > 1 {
		middle := first + (last-first)/2
		r, err := p.under(at(middle))
		if err != nil || !p.whole(r) { // so far down there need not be a price that is paid
			first = middle
			continue
		}
		last = middle
	}
	found.Amount, found.Reached = at(last), found.Known && found.Was.GreaterThanOrEqual(at(last))
	if last == 0 {
		return usage("all of %s is accepted at any %s from %s %s up; it does not depend on it", p.goal, p.variable, low,
			found.Unit)
	}
	return nil
}

// checkPriced is a *[offerfolder.UsageError] if a cap over the goal is not applied for want of other yields.
func (p *problem) checkPriced(value decimal.Decimal) error {
	o, err := changed(p.in.Offer, p.scenario.With(p.variable, value))
	if err != nil {
		return err
	}
	for _, c := range sharedCaps(o) {
		if err := checkApplied(o, c.Name); err != nil && slices.ContainsFunc(o.Series, func(s tender.Series) bool {
			return p.goal.has(s) && (slices.Contains(c.Series, s.ID) || len(c.Series) == 0)
		}) {
			return err
		}
	}
	return nil
}

// under runs the waterfall with a value for what is sought.
func (p *problem) under(value decimal.Decimal) (*allocate.Result, error) {
	return p.allocate(p.scenario.With(p.variable, value), false)
}

// seekClearing tries the levels that were bid, from the best for the issuer to the worst.
func (p *problem) seekClearing(found *Solution) error {
	at := slices.IndexFunc(p.Today.Allocation.Auctions, func(a allocate.Auctioned) bool {
		return a.Name == p.variable.Name
	})
	if at < 0 {
		return setClearing(p.offer, p.variable.Name, decimal.Zero)
	}
	series := p.in.Book.Lines[p.wanted[0]].Series
	if a := p.offer.AuctionOf(series); a == nil || a.Name != p.variable.Name {
		return usage("%s is not in the auction %s; its series are %s", p.goal, p.variable.Name,
			seriesOf(p.offer.Auctions[at]))
	}
	auction := &p.Today.Allocation.Auctions[at]
	found.Was, found.Known = auction.Clearing, auction.Cleared
	var last *allocate.Result
	for _, rung := range auction.Ladder {
		level, err := decimal.NewFromString(rung.Bid)
		if err != nil {
			level = p.offer.Auctions[at].Best() // tenders without a bid
		}
		if last, err = p.under(level); err != nil {
			return err
		}
		if p.whole(last) {
			found.Amount, found.Reached = level, found.Known && p.offer.Auctions[at].Compare(level, found.Was) <= 0
			return nil
		}
	}
	return usage("no %s accepts all of %s: %s", p.variable, p.goal, p.obstacles(last))
}

func seriesOf(a tender.Auction) string {
	var series []tender.Series
	for _, id := range a.Series {
		series = append(series, tender.Series{ID: id})
	}
	return seriesNames(series)
}
