package allocate

import (
	"fmt"
	"slices"

	"tenderbatch/internal/tender"
)

// Allocate decides what is accepted of the book under the terms of the offer.
// An error means that the terms lack an exchange rate, that a principal is not a
// whole number of its currency's minor units, that a rule of the terms, a
// measure or a window is not known, or that a bid is none of its auction; a book
// that was read by the rules gives none.
func Allocate(o *tender.Offer, b *tender.Book) (*Result, error) { return AllocateAt(o, b, Prices{}) }

// AllocateAt is [Allocate] with prices that the terms do not state.
func AllocateAt(o *tender.Offer, b *tender.Book, p Prices) (*Result, error) {
	if err := o.CheckAcceptance(); err != nil {
		return nil, err
	}
	for i := range b.Lines {
		if err := b.Lines[i].Window.Check(); err != nil {
			return nil, fmt.Errorf("instruction %s: %w", b.Lines[i].ID, err)
		}
	}
	w, err := runWaterfall(o, b, p)
	if err != nil {
		return nil, err
	}
	return w.result, nil
}

// runWaterfall runs the waterfall over the book, and then the auctions.
func runWaterfall(o *tender.Offer, b *tender.Book, p Prices) (*waterfall, error) {
	w, err := newWaterfall(o, b, p)
	if err != nil {
		return nil, err
	}
	if err := w.fix(b); err != nil {
		return nil, err
	}
	groups, err := gather(o, b)
	if err != nil {
		return nil, err
	}
	if w.everybody, err = announcedForAll(o, b, p); err != nil {
		return nil, err
	}
	begun := map[*pool]bool{}
	for _, s := range w.steps() {
		if !begun[s.pool] {
			begun[s.pool] = true
			w.begin(s.pool)
		}
		if in := w.groupsOf(groups, s); len(in) > 0 {
			w.run(s, in)
		}
	}
	w.finish(groups)
	return w, w.holdAuctions(b)
}

// announcedForAll reports whether an announced factor cuts back every tender
// that has a level, rather than a level that does not fit whole: that is so when
// all of them fit. To know, the waterfall is run once by another rule, for which
// nothing is announced.
func announcedForAll(o *tender.Offer, b *tender.Book, p Prices) (bool, error) {
	if o.Acceptance.Factor != tender.FactorGiven {
		return false, nil
	}
	plain := *o
	plain.Acceptance.Factor = tender.FactorMaximal
	w, err := runWaterfall(&plain, b, p)
	return err == nil && len(w.cutBy) == 0, err
}

// plan is one step of the waterfall before it is run: a level of a pool, or a level of the
// bids in an auction.
type plan struct {
	pool    *pool
	level   int // 0: the series that are bought any and all, or an auction
	windows []tender.Window
	auction string // its name
	bid     string // the level of the bids
}

// place says where a step is, for warnings.
func (p plan) place() string {
	switch {
	case p.auction != "":
		return fmt.Sprintf("%s, %s", p.auction, p.bid)
	case p.pool.name != "":
		return fmt.Sprintf("%s, level %d", p.pool.name, p.level)
	}
	return fmt.Sprintf("level %d", p.level)
}

// steps is the order of acceptance (R7): first what is bought any and all, then
// the levels, pool by pool.
func (w *waterfall) steps() []plan {
	both := tender.Windows[:]
	passes := [][]tender.Window{both}
	if w.offer.Acceptance.Order == tender.OrderEarlyFirst {
		passes = [][]tender.Window{both[:1], both[1:]}
	}
	order := []plan{{pool: &pool{shortfall: tender.Prorate, rule: w.offer.Acceptance}, windows: both}}
	for _, p := range w.pools {
		var levels []int
		for _, s := range w.offer.Series {
			if s.Priority > 0 && s.Pool == p.name {
				levels = append(levels, s.Priority)
			}
		}
		slices.Sort(levels)
		levels = slices.Compact(levels)
		for _, windows := range passes {
			for _, level := range levels {
				order = append(order, plan{pool: p, level: level, windows: windows})
			}
		}
	}
	return order
}

// poolOf is the pool of a series, nil if it has no level.
func (w *waterfall) poolOf(series int) *pool {
	s := w.offer.Series[series]
	for _, p := range w.pools {
		if s.Priority > 0 && s.Pool == p.name {
			return p
		}
	}
	return nil
}

// groupsOf returns the groups of a step in the order of the offer's series.
func (w *waterfall) groupsOf(groups map[cell]*group, p plan) []*group {
	var in []*group
	for i, s := range w.offer.Series {
		if s.Priority != p.level || s.Pool != p.pool.name || w.offer.AuctionOf(s.ID) != nil {
			continue
		}
		for _, window := range p.windows {
			in = append(in, groups[cell{series: i, window: window}])
		}
	}
	return in
}
