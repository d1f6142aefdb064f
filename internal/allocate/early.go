package allocate

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// earlySettlement is what an early settlement did before the waterfall begins.
type earlySettlement struct {
	bought  map[cell]int64 // principal paid for, minor units
	demand  map[cell]int64 // principal tendered by those dealt with then
	refused map[cell]int64 // principal tendered and not bought then; what did not come counts as bought
	factors map[cell]Factor
	// auctions are what the settled tenders come to on their own, which set the levels then.
	auctions []Auctioned
	changed  map[int]bool // series of which something else would be bought today
}

// factor is the one factor of a window of a series: that of the early
// settlement, that of the waterfall, or none if there are two.
func (e earlySettlement) factor(g *group) Factor {
	now := g.factor
	if g.demand == 0 {
		now = Factor{}
	}
	return common(e.factors[g.cell], now)
}

// fix books what an early settlement bought: it is paid, and the caps have that
// much less to give. It also finds out whom the caps cut back then, as those
// decisions stand: the settled tenders are allocated once more on their own, and
// where that gives what was bought, the terms have not changed since, and what
// stopped a series or the acceptance then still does.
func (w *waterfall) fix(b *tender.Book) error {
	early, lines := settledLines(b)
	if len(lines) == 0 {
		return nil
	}
	replay, err := runWaterfall(w.offer, early, w.prices)
	if err != nil {
		return err
	}
	w.early = earlySettlement{bought: map[cell]int64{}, demand: map[cell]int64{}, refused: map[cell]int64{},
		factors: map[cell]Factor{}}
	before := w.capsLeft()
	for _, c := range w.caps {
		c.used.Add(c.used, c.apart)
	}
	changed := map[int]bool{}
	for i, at := range lines {
		series, same, err := w.fixLine(b, at, replay.result.Lines[i])
		if err != nil {
			return err
		}
		changed[series] = changed[series] || !same
	}
	for in, rest := range w.early.refused { // once all is used that was bought
		if p := w.poolOf(in.series); p != nil && rest > 0 {
			p.refuse(in, rest)
		}
	}
	for in := range w.early.demand {
		then := replay.result.Series[in.series]
		w.early.factors[in] = then.EarlyFactor
		if in.window == tender.Late {
			w.early.factors[in] = then.LateFactor
		}
		if changed[in.series] {
			w.early.factors[in] = w.early.factorOf(w.offer, b, in)
		}
	}
	w.early.auctions, w.early.changed = replay.result.Auctions, changed
	w.recordEarly(before)
	w.inherit(replay, changed)
	w.warnExceeded()
	return nil
}

// settledLines are the lines of a book that were settled early, as if they had
// not been, and their positions in the book.
func settledLines(b *tender.Book) (early *tender.Book, lines []int) {
	early = &tender.Book{AsOf: b.AsOf}
	for i, l := range b.Lines {
		if l.Settled != nil {
			l.Settled, l.Undelivered = nil, false
			early.Lines = append(early.Lines, l)
			lines = append(lines, i)
		}
	}
	return early, lines
}

// fixLine books one settled line. same reports whether it would be allocated the
// same today. A line that was promised by guaranteed delivery and did not come
// keeps its place under the caps, but nothing of it is bought (R15).
func (w *waterfall) fixLine(b *tender.Book, at int, today Line) (series int, same bool, err error) {
	l := &b.Lines[at]
	series, _ = w.offer.SeriesByID(l.Series)
	level, money := w.offer.Series[series].Priority, newCurrency(w.offer.Series[series].Currency)
	principal, err := money.minor(l.Principal)
	if err != nil {
		return 0, false, fmt.Errorf("instruction %s: %w", l.ID, err)
	}
	accepted, err := money.minor(l.Settled.Accepted)
	if err != nil || accepted < 0 || accepted > principal {
		return 0, false, fmt.Errorf("instruction %s: %s settled of %s", l.ID, l.Settled.Accepted, l.Principal)
	}
	in := cell{series: series, window: l.Window}
	if l.Settled.AtTerms == nil {
		w.use(in, accepted)
	}
	w.early.refused[in] += principal - accepted
	line := Line{Accepted: l.Settled.Accepted, Reason: Reason{Code: SettledEarly, Level: level}}
	if l.Undelivered {
		line = Line{Accepted: decimal.Zero, Reason: Reason{Code: Undelivered, Level: level}}
		accepted = 0
	}
	w.result.Lines[at] = line
	w.early.bought[in] += accepted
	w.early.demand[in] += principal
	return series, l.Settled.Accepted.Equal(today.Accepted), nil
}

// factorOf is the factor by which the settled tenders of a window were cut back,
// found from what they got: where R11 changed some, the share bought in all.
func (e earlySettlement) factorOf(o *tender.Offer, b *tender.Book, in cell) Factor {
	s := o.Series[in.series]
	money := newCurrency(s.Currency)
	g := &group{}
	g.multiple, _ = money.minor(s.Denomination.Multiple)
	for _, l := range b.Lines {
		if l.Settled != nil && l.Series == s.ID && l.Window == in.window {
			principal, _ := money.minor(l.Principal)
			accepted, _ := money.minor(l.Settled.Accepted)
			g.pieces = append(g.pieces, piece{principal: principal, accepted: accepted})
		}
	}
	if f, ok := commonFactor([]*group{g}); ok {
		return f
	}
	return NewFactor(big.NewRat(e.bought[in], e.demand[in]))
}

// recordEarly writes the early settlement into the result as its first step.
func (w *waterfall) recordEarly(before []decimal.Decimal) {
	step := Step{Settled: true, Windows: []tender.Window{tender.Early}}
	for i, s := range w.offer.Series {
		for _, window := range tender.Windows {
			in, money := cell{series: i, window: window}, newCurrency(s.Currency)
			if w.early.demand[in] == 0 {
				continue
			}
			step.Shares = append(step.Shares, Share{
				Series: s.ID, Window: window, Factor: w.early.factors[in],
				Demand: money.amount(w.early.demand[in]), Accepted: money.amount(w.early.bought[in]),
				Reason: Reason{Code: SettledEarly, Level: s.Priority},
			})
		}
	}
	for i, c := range w.caps {
		step.Caps = append(step.Caps, CapStep{Cap: c.Name, Before: before[i], After: c.amount(c.left())})
	}
	w.result.Steps = append(w.result.Steps, step)
}

// inherit takes over what stopped series, or the acceptance, at the early
// settlement, except where the terms have changed since.
func (w *waterfall) inherit(replay *waterfall, changed map[int]bool) {
	revised := make([]bool, len(w.pools)) // the end of a pool is not what it was
	for series, why := range replay.cutBy {
		if !changed[series] {
			w.cutBy[series] = why
			continue
		}
		for i, then := range replay.pools {
			revised[i] = revised[i] || (then.ended != nil && why.Cap == then.ended.Cap)
		}
	}
	for i, then := range replay.pools {
		if !revised[i] {
			w.pools[i].ended = then.ended
		}
	}
}

// warnExceeded warns of caps that the early settlement took more from than they
// have: under R11, or because the terms were lowered since.
func (w *waterfall) warnExceeded() {
	for _, c := range w.caps {
		if left := c.left(); left.Sign() < 0 {
			c.exceeded = true
			w.warnf(tender.WarnEarlySettlement, "the early settlement took %s above its amount by %s %s", c.Name, c.Currency,
				c.amount(left.Neg(left)))
		}
	}
}
