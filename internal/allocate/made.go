package allocate

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// settledBefore is what earlier settlements did before the waterfall begins.
type settledBefore struct {
	bought  map[cell]int64    // principal paid for, minor units
	refused map[cell]int64    // principal tendered and not bought then; what did not come counts as bought
	factors []map[cell]Factor // by settlement
	// auctions are what the settled tenders come to on their own, and levels those at which
	// auctions cleared when the first of them were settled, by name.
	auctions []Auctioned
	levels   map[string]decimal.Decimal
	changed  map[int]bool // series of which something else would be bought today
}

// factor is the one factor of a window of a series: that of the settlements and that of what
// the waterfall decides now, none if there are several.
func (e settledBefore) factor(in cell, now ...Factor) (one Factor, several bool) {
	for _, of := range e.factors {
		now = append(now, of[in])
	}
	one = commonOf(now)
	return one, one.None() && slices.ContainsFunc(now, func(f Factor) bool { return !f.None() })
}

// settledPart is what was bought at one settlement, at terms of its own.
type settledPart struct {
	made, series int
	at           *tender.SettledTerms
}

// settledParts adds up what was settled at terms of its own, in minor units.
func settledParts(o *tender.Offer, b *tender.Book) (map[settledPart]int64, error) {
	parts := map[settledPart]int64{}
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Settled == nil || l.Settled.AtTerms == nil {
			continue
		}
		at, known := o.SeriesByID(l.Series)
		if !known {
			return nil, fmt.Errorf("instruction %s: no series %s in the offer", l.ID, l.Series)
		}
		minor, err := newCurrency(o.Series[at].Currency).minor(l.Settled.Accepted)
		if err != nil {
			return nil, fmt.Errorf("instruction %s: %w", l.ID, err)
		}
		parts[settledPart{l.Settled.Made, at, l.Settled.AtTerms}] += minor
	}
	return parts, nil
}

// partsUnder is what was settled at terms of its own counts for under a cap, by settlement.
func (w *waterfall) partsUnder(c tender.Cap, counts func(s tender.Series) bool) ([]*big.Rat, error) {
	var sums []*big.Rat
	for part, minor := range w.parts {
		for len(sums) <= part.made {
			sums = append(sums, new(big.Rat))
		}
		series := w.offer.Series[part.series]
		if !counts(series) {
			continue
		}
		unit, err := settledUnit(w.offer, c, series, part.at)
		if err != nil {
			return nil, err
		}
		sums[part.made].Add(sums[part.made], times(unit, minor))
	}
	return sums, nil
}

// fix books what earlier settlements bought: it is paid, and the caps have that much less to
// give. It also finds out whom the caps cut back then, as those decisions stand: the tenders of
// the last settlement are allocated once more on their own, at the prices of then and after
// those of the settlements before it. Where that gives what was bought, the terms have not
// changed since, and what stopped a series or the acceptance then still does.
func (w *waterfall) fix(b *tender.Book) error {
	last := lastMade(b)
	if last < 0 {
		return nil
	}
	then, lines := madeBook(b, last)
	o, p := w.termsOf(b, last)
	replay, err := runWaterfall(o, then, p)
	if err != nil {
		return err
	}
	w.before = settledBefore{bought: map[cell]int64{}, refused: map[cell]int64{}, levels: map[string]decimal.Decimal{},
		auctions: replay.result.Auctions, changed: map[int]bool{}}
	for i, at := range lines {
		if l := &b.Lines[at]; !l.Settled.Accepted.Equal(replay.result.Lines[i].Accepted) {
			series, _ := w.offer.SeriesByID(l.Series)
			w.before.changed[series] = true
		}
	}
	for made := range last + 1 {
		if err := w.fixMade(b, made, replay); err != nil {
			return err
		}
	}
	for in, rest := range w.before.refused { // once all is used that was bought
		if p := w.poolOf(in.series); p != nil && rest > 0 {
			p.refuse(in, rest)
		}
	}
	w.inherit(replay)
	w.warnExceeded()
	return nil
}

// lastMade is the last settlement of which the book has tenders, -1 if it has none.
func lastMade(b *tender.Book) int {
	last := -1
	for i := range b.Lines {
		if s := b.Lines[i].Settled; s != nil {
			last = max(last, s.Made)
		}
	}
	return last
}

// madeBook is the book that the last settlement was made from: the tenders dealt with by then,
// those of the last settlement as if they had not been. lines are their positions in the book.
// The tenders that no report has any more come after these.
func madeBook(b *tender.Book, last int) (then *tender.Book, lines []int) {
	then = &tender.Book{AsOf: b.AsOf, Made: b.Made}
	for i, l := range b.Lines {
		if l.Settled == nil {
			continue
		}
		l.Undelivered = false
		if l.Settled.Made == last {
			l.Settled = nil
		}
		then.Lines = append(then.Lines, l)
		lines = append(lines, i)
	}
	if last < len(b.Made) {
		then.Lines = append(then.Lines, b.Made[last].Returned...)
	}
	return then, lines
}

// termsOf are the terms of now with the prices and rates at which a settlement was made.
func (w *waterfall) termsOf(b *tender.Book, made int) (*tender.Offer, Prices) {
	p := w.prices
	if made < len(p.Then) {
		before := p.Then[:made]
		p = p.Then[made]
		p.Then = before
	}
	if made >= len(b.Made) || b.Made[made].Then == nil {
		return w.offer, p
	}
	then := b.Made[made].Then
	o := *w.offer
	o.Rates, o.Series = then.Rates, slices.Clone(o.Series)
	for i := range o.Series {
		s := &o.Series[i]
		if at, known := then.SeriesByID(s.ID); known {
			was := &then.Series[at]
			s.Spread, s.TenderOfferConsideration, s.EarlyTenderPayment = was.Spread, was.TenderOfferConsideration,
				was.EarlyTenderPayment
		}
	}
	return &o, p
}

// fixMade books what one settlement bought, as a step of its own.
func (w *waterfall) fixMade(b *tender.Book, made int, replay *waterfall) error {
	left := w.capsLeft()
	for _, c := range w.caps {
		if made < len(c.apart) {
			c.used.Add(c.used, c.apart[made])
		}
	}
	demand, bought := map[cell]int64{}, map[cell]int64{}
	for i := range b.Lines {
		if s := b.Lines[i].Settled; s == nil || s.Made != made {
			continue
		}
		in, principal, accepted, err := w.fixLine(b, i)
		if err != nil {
			return err
		}
		demand[in] += principal
		bought[in] += accepted
		w.before.bought[in] += accepted
	}
	if made < len(b.Made) {
		if err := w.noteMade(&b.Made[made]); err != nil {
			return err
		}
	}
	factors := map[cell]Factor{}
	for in := range demand {
		if factors[in] = replay.factorThen(made, in); w.before.changed[in.series] {
			factors[in] = w.factorFound(b, made, in, NewFactor(big.NewRat(bought[in], demand[in])))
		}
	}
	w.before.factors = append(w.before.factors, factors)
	if len(demand) > 0 {
		w.recordMade(b, made, left, demand, bought)
	}
	return nil
}

// noteMade notes at which level the auctions cleared that were settled first then, and what was
// returned of tenders that no report has any more.
func (w *waterfall) noteMade(m *tender.Made) error {
	for name, level := range m.Levels {
		if _, set := w.before.levels[name]; !set {
			w.before.levels[name] = level
		}
	}
	for i := range m.Returned {
		l := &m.Returned[i]
		series, known := w.offer.SeriesByID(l.Series)
		if !known {
			continue
		}
		minor, err := newCurrency(w.offer.Series[series].Currency).minor(l.Principal)
		if err != nil {
			return fmt.Errorf("instruction %s: %w", l.ID, err)
		}
		w.before.refused[cell{series: series, window: l.Window}] += minor
	}
	return nil
}

// fixLine books one settled line, and returns what was tendered and bought. A line that was
// promised by guaranteed delivery and did not come keeps its place under the caps, but nothing
// of it is bought (R15).
func (w *waterfall) fixLine(b *tender.Book, at int) (in cell, principal, accepted int64, err error) {
	l := &b.Lines[at]
	in = cell{window: l.Window}
	in.series, _ = w.offer.SeriesByID(l.Series)
	level, money := w.offer.Series[in.series].Priority, newCurrency(w.offer.Series[in.series].Currency)
	if principal, err = money.minor(l.Principal); err != nil {
		return in, 0, 0, fmt.Errorf("instruction %s: %w", l.ID, err)
	}
	accepted, err = money.minor(l.Settled.Accepted)
	if err != nil || accepted < 0 || accepted > principal {
		return in, 0, 0, fmt.Errorf("instruction %s: %s settled of %s", l.ID, l.Settled.Accepted, l.Principal)
	}
	if l.Settled.AtTerms == nil {
		w.use(in, accepted)
	}
	w.before.refused[in] += principal - accepted
	line := Line{Accepted: l.Settled.Accepted, Step: len(w.result.Steps),
		Reason: Reason{Code: SettledEarly, Level: level, On: madeOn(b, l.Settled.Made)}}
	if l.Undelivered {
		line.Accepted, line.Reason = decimal.Zero, Reason{Code: Undelivered, Level: level}
		accepted = 0
	}
	w.result.Lines[at] = line
	return in, principal, accepted, nil
}

// madeOn is the day of a settlement, zero if the book does not say.
func madeOn(b *tender.Book, made int) tender.Date {
	if made < len(b.Made) {
		return b.Made[made].On
	}
	return tender.Date{}
}

// factorThen is the factor of a window of a series at a settlement: of the last one that which
// the waterfall found, of those before it what it found of them.
func (w *waterfall) factorThen(made int, in cell) Factor {
	if made < len(w.before.factors) {
		return w.before.factors[made][in]
	}
	return w.found[in]
}

// factorFound is the factor by which the tenders of a window were cut back at a settlement, found
// from what they got; where R11 changed some, the share bought in all.
func (w *waterfall) factorFound(b *tender.Book, made int, in cell, share Factor) Factor {
	s := w.offer.Series[in.series]
	money := newCurrency(s.Currency)
	g := &group{}
	g.multiple, _ = money.minor(s.Denomination.Multiple)
	for i := range b.Lines {
		if l := &b.Lines[i]; l.Settled != nil && l.Settled.Made == made && l.Series == s.ID && l.Window == in.window {
			principal, _ := money.minor(l.Principal)
			accepted, _ := money.minor(l.Settled.Accepted)
			g.pieces = append(g.pieces, piece{principal: principal, accepted: accepted})
		}
	}
	if f, ok := commonFactor([]*group{g}); ok {
		return f
	}
	return share
}

// recordMade writes a settlement into the result as a step of its own.
func (w *waterfall) recordMade(b *tender.Book, made int, left []decimal.Decimal, demand, bought map[cell]int64) {
	step := Step{Settled: true, On: madeOn(b, made)}
	for _, window := range tender.Windows {
		if slices.ContainsFunc(slices.Collect(maps.Keys(demand)), func(in cell) bool { return in.window == window }) {
			step.Windows = append(step.Windows, window)
		}
	}
	for i, s := range w.offer.Series {
		for _, window := range tender.Windows {
			in, money := cell{series: i, window: window}, newCurrency(s.Currency)
			if demand[in] == 0 {
				continue
			}
			step.Shares = append(step.Shares, Share{
				Series: s.ID, Window: window, Factor: w.before.factors[made][in],
				Demand: money.amount(demand[in]), Accepted: money.amount(bought[in]),
				Reason: Reason{Code: SettledEarly, Level: s.Priority, On: step.On},
			})
		}
	}
	for i, c := range w.caps {
		step.Caps = append(step.Caps, CapStep{Cap: c.Name, Before: left[i], After: c.amount(c.left())})
	}
	w.result.Steps = append(w.result.Steps, step)
}

// inherit takes over what stopped series, or the acceptance, at the settlements, except where
// the terms have changed since.
func (w *waterfall) inherit(replay *waterfall) {
	revised := make([]bool, len(w.pools)) // the end of a pool is not what it was
	for series, why := range replay.cutBy {
		if !w.before.changed[series] {
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

// warnExceeded warns of caps that settlements took more from than they have: under R11, or
// because the terms were lowered since.
func (w *waterfall) warnExceeded() {
	for _, c := range w.caps {
		if left := c.left(); left.Sign() < 0 {
			c.exceeded = true
			w.warnf(tender.WarnEarlySettlement, "what was settled before took %s above its amount by %s %s", c.Name,
				c.Currency, c.amount(left.Neg(left)))
		}
	}
}
