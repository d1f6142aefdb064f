package allocate

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// auction is a Dutch auction while it is held: a waterfall whose levels are the bids, from
// the best for the issuer to the worst, under one cap.
type auction struct {
	*waterfall // of the auction alone; its result is that of the offer
	terms      *tender.Auction
	rungs      []*rung
	windows    []tender.Window // whose tenders set the level
	settled    []settledBid
	resumed    bool // some of its tenders were settled before
	done       Auctioned
}

// rung is the tenders of one bid, in groups by series and window.
type rung struct {
	rank   int // its place from the best end of the range, -1 for tenders that go before every bid
	level  decimal.Decimal
	groups []*group
}

// settledBid is what was bought of a tender at an earlier settlement.
type settledBid struct {
	cell
	minor int64
}

// bid is the level as text.
func (r *rung) bid() string {
	if r.rank < 0 {
		return NoBid
	}
	return r.level.String()
}

// auctionsOf are the auctions by the positions of their series.
func auctionsOf(o *tender.Offer) map[int]*tender.Auction {
	of := map[int]*tender.Auction{}
	for i := range o.Auctions {
		for _, id := range o.Auctions[i].Series {
			if at, ok := o.SeriesByID(id); ok {
				of[at] = &o.Auctions[i]
			}
		}
	}
	return of
}

// holdAuctions holds the auctions of the offer, one after the other; none depends on
// another or on the levels.
func (w *waterfall) holdAuctions(b *tender.Book) error {
	if len(w.offer.Auctions) == 0 {
		return nil
	}
	of, lines := map[string]*tender.Auction{}, map[*tender.Auction][]int{}
	for at, a := range auctionsOf(w.offer) {
		of[w.offer.Series[at].ID] = a
	}
	for i := range b.Lines {
		if a := of[b.Lines[i].Series]; a != nil {
			lines[a] = append(lines[a], i)
		}
	}
	for i := range w.offer.Auctions {
		terms := &w.offer.Auctions[i]
		a, err := w.newAuction(terms, b, lines[terms])
		if err == nil {
			err = a.hold(w.auctionThen(i))
		}
		if err != nil {
			return fmt.Errorf("auction %s: %w", terms.Name, err)
		}
		w.result.Auctions = append(w.result.Auctions, a.done)
		w.result.Caps = append(w.result.Caps, a.caps[0].outcome())
	}
	return nil
}

// auctionThen is what an auction came to at earlier settlements, the zero Auctioned if there
// was none. Its level is that at which was paid. Where the terms have changed since, what was settled ends nothing.
func (w *waterfall) auctionThen(i int) Auctioned {
	if i >= len(w.before.auctions) {
		return Auctioned{}
	}
	then := w.before.auctions[i]
	for _, id := range w.offer.Auctions[i].Series {
		if at, _ := w.offer.SeriesByID(id); w.before.changed[at] {
			then.ended = nil
		}
	}
	if level, set := w.before.levels[then.Name]; set {
		then.Clearing, then.Cleared = level, true
	}
	return then
}

// newAuction sorts the tenders of an auction by their bids.
func (w *waterfall) newAuction(terms *tender.Auction, b *tender.Book, lines []int) (*auction, error) {
	a := &auction{terms: terms, done: Auctioned{Name: terms.Name, Set: terms.HasClearing,
		Unpriced: terms.Bid != tender.BidPrice && w.prices.AtSpread == nil}}
	a.waterfall = &waterfall{
		offer: w.offer, prices: w.prices, cutBy: map[int]Reason{}, before: w.before, parts: w.parts,
		found: w.found, result: w.result,
		pools: []*pool{{shortfall: tender.Prorate, rule: w.offer.Acceptance.WithAnnounced(terms.Announced)}},
	}
	s := sorter{auction: a, series: map[string]int{},
		rungs: map[int]*rung{}, groups: map[cell]*group{}, ranks: map[*decimal.Decimal]int{}}
	for _, id := range terms.Series {
		s.series[id], _ = w.offer.SeriesByID(id)
	}
	var err error
	if s.rules, err = newSmallRules(w.offer.Acceptance); err != nil {
		return nil, err
	}
	for _, at := range lines {
		if err := s.add(&b.Lines[at], at); err != nil {
			return nil, fmt.Errorf("instruction %s: %w", b.Lines[at].ID, err)
		}
	}
	for _, rank := range slices.Sorted(maps.Keys(s.rungs)) {
		r := s.rungs[rank]
		slices.SortFunc(r.groups, func(x, y *group) int {
			if x.series != y.series {
				return x.series - y.series
			}
			return slices.Index(tender.Windows[:], x.window) - slices.Index(tender.Windows[:], y.window)
		})
		a.rungs = append(a.rungs, r)
	}
	a.windows = tender.Windows[:]
	if terms.SetBy == tender.SetByEarly && slices.ContainsFunc(a.rungs, (*rung).hasEarly) {
		a.windows = tender.Windows[:1]
	}
	return a, nil
}

func (r *rung) hasEarly() bool {
	return slices.ContainsFunc(r.groups, func(g *group) bool { return g.window == tender.Early })
}

// sets reports whether tenders of a window set the level.
func (a *auction) sets(w tender.Window) bool { return slices.Contains(a.windows, w) }

// sorter puts tenders with their bids into groups.
type sorter struct {
	*auction
	series map[string]int // positions
	rungs  map[int]*rung
	groups map[cell]*group
	ranks  map[*decimal.Decimal]int // of bids that were seen; equal ones often share their memory
	rules  smallRules
}

// add puts a tender where its bid is, or among those that were settled before.
func (s *sorter) add(l *tender.Line, line int) error {
	rank, err := s.rank(l.Bid)
	if err != nil {
		return err
	}
	series := s.series[l.Series]
	at := cell{series: series, window: l.Window, rung: rank}
	if l.Settled != nil {
		return s.fix(l, at)
	}
	g := s.groups[at]
	if g == nil {
		if g, err = newGroup(series, s.offer.Series[series], l.Window, s.rules); err != nil {
			return err
		}
		g.cell = at
		s.groups[at] = g
		if s.rungs[rank] == nil {
			s.rungs[rank] = &rung{rank: rank, level: s.levelAt(max(rank, 0))}
		}
		s.rungs[rank].groups = append(s.rungs[rank].groups, g)
	}
	return g.add(l, line)
}

// fix keeps what was bought of a tender at an earlier settlement.
func (s *sorter) fix(l *tender.Line, at cell) error {
	series := s.offer.Series[at.series]
	minor, err := newCurrency(series.Currency).minor(l.Settled.Accepted)
	if err != nil {
		return err
	}
	s.resumed = true
	if l.Settled.AtTerms == nil && minor > 0 {
		s.settled = append(s.settled, settledBid{at, minor})
	}
	return nil
}

// rank is the place of a bid from the best end of the range, in increments.
func (s *sorter) rank(bid *decimal.Decimal) (int, error) {
	a := s.terms
	switch {
	case bid == nil && a.NoBid == tender.NoBidFirst:
		return -1, nil
	case bid == nil && a.NoBid == tender.NoBidReject:
		return 0, fmt.Errorf("there is no bid")
	case bid == nil:
		return 0, nil
	}
	if rank, seen := s.ranks[bid]; seen {
		return rank, nil
	}
	if !a.InRange(*bid) || !a.OnIncrement(*bid) {
		return 0, fmt.Errorf("the bid %s is not from %s to %s by %s", bid, a.From, a.To, a.Increment)
	}
	steps, _ := bid.Sub(a.Best()).Abs().QuoRem(a.Increment, 0)
	s.ranks[bid] = int(steps.IntPart())
	return s.ranks[bid], nil
}

// levelAt is the level some increments from the best end of the range.
func (a *auction) levelAt(rank int) decimal.Decimal {
	away := a.terms.Increment.Mul(decimal.NewFromInt(int64(rank)))
	if a.terms.Bid == tender.BidSpread {
		return a.terms.To.Sub(away)
	}
	return a.terms.From.Add(away)
}

// cap is the cap of the auction under its name.
func (a *auction) cap() tender.Cap {
	c := a.terms.Cap
	c.Name, c.Series = a.terms.Name, a.terms.Series
	return c
}

// hold finds the level at which the auction clears and accepts the tenders at it or better,
// best bid first, until the cap is reached. then is what came of it at an early settlement,
// which set the level.
func (a *auction) hold(then Auctioned) error {
	var err error
	a.done.Clearing, a.done.Cleared, err = a.clear()
	passes := [][]tender.Window{tender.Windows[:]}
	if a.terms.SetBy == tender.SetByEarly || a.resumed {
		passes = [][]tender.Window{tender.Windows[:1], tender.Windows[1:]}
	}
	if then.Cleared {
		a.done.Clearing, a.done.Cleared, a.pools[0].ended = then.Clearing, true, then.ended
	}
	if a.terms.HasClearing {
		a.done.Clearing = a.terms.Clearing
	}
	if err == nil {
		err = a.open()
	}
	if err != nil {
		return err
	}
	for _, windows := range passes {
		for _, r := range a.rungs {
			if in := r.in(windows); len(in) > 0 {
				a.take(r, windows, in)
			}
		}
	}
	a.done.ended = a.pools[0].ended
	a.addUp()
	a.done.Ladder, err = a.ladder()
	return err
}

// in are the groups of the rung in some windows.
func (r *rung) in(windows []tender.Window) []*group {
	return slices.DeleteFunc(slices.Clone(r.groups), func(g *group) bool { return !slices.Contains(windows, g.window) })
}

// take decides the tenders of one bid: none if it is worse than the clearing level.
func (a *auction) take(r *rung, windows []tender.Window, in []*group) {
	p := a.pools[0]
	before := p.ended
	distance := a.terms.Compare(r.level, a.done.Clearing)
	if distance > 0 {
		p.ended = &Reason{Code: WorseBid, Cap: a.terms.Name, Bid: a.done.Clearing.String()}
	}
	a.run(plan{pool: p, windows: windows, auction: a.terms.Name, bid: r.bid()}, in)
	if distance > 0 {
		p.ended = before
		return
	}
	full := before == nil && p.ended != nil
	if full && distance < 0 && a.terms.HasClearing {
		a.warnf(tender.WarnClearingLevel, "%s: the cap is reached at a bid of %s, better than the level of %s that was set; "+
			"no bid worse than that is accepted", a.terms.Name, r.bid(), a.done.Clearing)
	}
	for _, g := range in {
		factor := &a.done.LateFactor
		if g.window == tender.Early {
			factor = &a.done.EarlyFactor
		}
		if factor.None() || full {
			*factor = g.factor
		}
	}
}

// open makes the cap of the auction, under which each tender counts for what it is paid.
func (a *auction) open() error {
	values, c := map[cell]*big.Rat{}, a.cap()
	add := func(at cell) error {
		price, _, err := a.paid(at)
		if err == nil {
			values[at], err = a.prices.unit(a.offer, c, a.offer.Series[at.series], at.window, price.Rat())
		}
		return err
	}
	for _, l := range a.settled {
		if err := add(l.cell); err != nil {
			return err
		}
	}
	for _, r := range a.rungs {
		for _, g := range r.groups {
			if err := add(g.cell); err != nil {
				return err
			}
			g.price, _, _ = a.paid(g.cell) // that it can be found was seen
		}
	}
	apart, err := a.partsUnder(c, func(s tender.Series) bool { return slices.Contains(c.Series, s.ID) })
	if err != nil {
		return err
	}
	state := newGrains(c, values, nil, apart)
	state.over, state.wide = []bool{true}, 1
	a.caps = []*capState{state}
	for _, settled := range state.apart {
		state.used.Add(state.used, settled)
	}
	for _, l := range a.settled {
		state.use(l.cell, l.minor)
	}
	a.warnExceeded()
	return a.listPrices()
}

// paid is what a tender is paid per 1,000: the clearing level, or its own bid if the auction
// is unmodified; late tenders less the early payment.
func (a *auction) paid(at cell) (price decimal.Decimal, known bool, err error) {
	level := a.done.Clearing
	if a.terms.Form == tender.Unmodified {
		level = a.levelAt(max(at.rung, 0))
	}
	return a.priceAt(at, level)
}

// priceAt is the price of a series in a window at a level. It need not be known where
// nothing is counted in money.
func (a *auction) priceAt(at cell, level decimal.Decimal) (price decimal.Decimal, known bool, err error) {
	s := a.offer.Series[at.series]
	price = level
	if a.terms.Bid != tender.BidPrice {
		if a.prices.AtSpread == nil {
			if a.terms.Cap.Measure != tender.MeasurePrincipal {
				err = fmt.Errorf("its cap counts money, and the prices at the spreads are not known yet")
			}
			return decimal.Zero, false, err
		}
		if price, err = a.prices.AtSpread(s.ID, a.terms.Spread(s.ID, level)); err != nil {
			return decimal.Zero, false, fmt.Errorf("series %s: %w", s.ID, err)
		}
	}
	if at.window == tender.Late {
		price = price.Sub(s.EarlyTenderPayment)
	}
	return price, true, nil
}

// listPrices puts the prices at the clearing level into the result.
func (a *auction) listPrices() error {
	if !a.done.Cleared || a.terms.Form == tender.Unmodified {
		return nil
	}
	for _, id := range a.terms.Series {
		at, _ := a.offer.SeriesByID(id)
		price, known, err := a.priceAt(cell{series: at, window: tender.Early}, a.done.Clearing)
		if err != nil || !known {
			return err
		}
		if a.done.Prices == nil {
			a.done.Prices = map[string]decimal.Decimal{}
		}
		a.done.Prices[id] = price
	}
	return nil
}

// clear finds the level at which the tenders that set it clear (R17), and whether there are any.
func (a *auction) clear() (level decimal.Decimal, cleared bool, err error) {
	limit := a.terms.Cap.Amount.Rat()
	var last *rung
	for _, r := range a.rungs {
		if !slices.ContainsFunc(r.groups, func(g *group) bool { return a.sets(g.window) }) {
			continue
		}
		all, better, err := a.costs(r)
		switch {
		case err != nil:
			return level, false, err
		case last != nil && better.Cmp(limit) > 0: // the cap has no room for a level at which the better ones cost more
			return last.level, true, nil
		case all.Cmp(limit) >= 0:
			return r.level, true, nil
		}
		last = r
	}
	if last == nil {
		return level, false, nil
	}
	if a.terms.Undersubscribed == tender.ClearsAtRangeEnd {
		end := &rung{rank: last.rank, level: a.terms.Worst()}
		if all, _, err := a.costs(end); err != nil || all.Cmp(limit) <= 0 {
			return end.level, true, err
		}
	}
	return last.level, true, nil
}

// costs are what the tenders that set the level count for under the cap if the auction clears
// at a rung: those at it or better, and the better ones alone.
func (a *auction) costs(at *rung) (all, better *big.Rat, err error) {
	all, better = new(big.Rat), new(big.Rat)
	for _, r := range a.rungs {
		if r.rank > at.rank {
			break
		}
		level := at.level
		if a.terms.Form == tender.Unmodified {
			level = r.level
		}
		for _, g := range r.groups {
			if !a.sets(g.window) {
				continue
			}
			price, _, err := a.priceAt(g.cell, level)
			if err != nil {
				return nil, nil, err
			}
			unit, err := a.prices.unit(a.offer, a.cap(), a.offer.Series[g.series], g.window, price.Rat())
			if err != nil {
				return nil, nil, err
			}
			cost := times(unit, g.demand)
			all.Add(all, cost)
			if r.rank < at.rank {
				better.Add(better, cost)
			}
		}
	}
	return all, better, nil
}

// addUp adds what was accepted to the series of the result.
func (a *auction) addUp() {
	for _, id := range a.terms.Series {
		at, _ := a.offer.SeriesByID(id)
		total := &a.result.Series[at]
		total.EarlyFactor, total.LateFactor = a.factorOf(at, tender.Early), a.factorOf(at, tender.Late)
		if a.mixed(at, tender.Early, total.EarlyFactor) || a.mixed(at, tender.Late, total.LateFactor) {
			total.EarlyFactor, total.LateFactor = Factor{}, Factor{} // what is cut back depends on the bid
		}
		for _, r := range a.rungs {
			for _, g := range r.groups {
				switch {
				case g.series != at:
				case g.window == tender.Early:
					total.Early = total.Early.Add(g.money.amount(g.bought()))
				default:
					total.Late = total.Late.Add(g.money.amount(g.bought()))
				}
			}
		}
	}
}

// mixed reports whether tenders of a series and window have different factors, so that they
// have none together.
func (a *auction) mixed(series int, w tender.Window, factor Factor) bool {
	return factor.None() && slices.ContainsFunc(a.rungs, func(r *rung) bool {
		return slices.ContainsFunc(r.groups, func(g *group) bool { return g.series == series && g.window == w })
	})
}

// factorOf is the one factor of a window of a series, none if its bids have several.
func (a *auction) factorOf(series int, w tender.Window) Factor {
	var all []Factor
	for _, r := range a.rungs {
		for _, g := range r.groups {
			if g.series == series && g.window == w {
				all = append(all, g.factor)
			}
		}
	}
	in := cell{series: series, window: w}
	a.found[in] = commonOf(all)
	one, _ := a.before.factor(in, all...)
	return one
}
