package allocate

import (
	"fmt"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Allocate decides what is accepted of the book under the terms of the offer.
// An error means that the terms lack an exchange rate or that a principal is not
// a whole number of its currency's minor units; a book that was read by the
// rules gives none.
func Allocate(o *tender.Offer, b *tender.Book) (*Result, error) {
	w := &waterfall{
		offer:  o,
		result: &Result{Lines: make([]Line, len(b.Lines)), Series: make([]Accepted, len(o.Series))},
		cutBy:  map[int]string{},
	}
	for _, c := range o.AllCaps() {
		state, err := newCapState(o, c)
		if err != nil {
			return nil, err
		}
		w.caps = append(w.caps, state)
	}
	groups, err := gather(o, b)
	if err != nil {
		return nil, err
	}
	w.settled(groups)
	for _, s := range steps(o) {
		if in := pick(o, groups, s); len(in) > 0 {
			w.run(s, in)
		}
	}
	w.finish(groups)
	return w.result, nil
}

// group is the tenders of one series and window: a cell with its pieces.
type group struct {
	cell
	id                string
	level             int
	minimum, multiple int64 // minor units, as all int64 amounts here
	pieces            []piece
	demand            int64   // principal of all pieces
	fixed             []piece // those dealt with at an early settlement
	settled           int64   // principal bought of them

	open     bool // still rising with the factor
	accepted int64
	factor   Factor
	reason   Reason
}

// piece is one instruction on its way through the waterfall.
type piece struct {
	principal int64
	accepted  int64
	line      int32 // position in the book
	small     smallRule
	absent    bool // guaranteed, but not delivered
}

// gather sorts the lines of the book into groups, for every series both windows.
func gather(o *tender.Offer, b *tender.Book) (map[cell]*group, error) {
	groups := make(map[cell]*group, 2*len(o.Series))
	byID := make(map[string]int, len(o.Series))
	for i, s := range o.Series {
		byID[s.ID] = i
		for _, w := range tender.Windows {
			g, err := newGroup(i, s, w)
			if err != nil {
				return nil, err
			}
			groups[g.cell] = g
		}
	}
	reserve(b, byID, groups)
	for i := range b.Lines {
		l := &b.Lines[i]
		g := groups[cell{byID[l.Series], l.Window}]
		if g == nil || g.id != l.Series {
			return nil, fmt.Errorf("instruction %s: no series %s in the offer", l.ID, l.Series)
		}
		if err := g.add(l, i, o.Series[g.series].Currency); err != nil {
			return nil, fmt.Errorf("instruction %s: %w", l.ID, err)
		}
	}
	return groups, nil
}

// reserve makes room for the pieces of each group, so that a large book is not
// copied while it grows.
func reserve(b *tender.Book, byID map[string]int, groups map[cell]*group) {
	count := make(map[cell]int, len(groups))
	for i := range b.Lines {
		count[cell{byID[b.Lines[i].Series], b.Lines[i].Window}]++
	}
	for key, n := range count {
		if g := groups[key]; g != nil {
			g.pieces = make([]piece, 0, n)
		}
	}
}

func newGroup(position int, s tender.Series, w tender.Window) (*group, error) {
	minimum, err := minor(s.Denomination.Minimum, s.Currency)
	if err != nil {
		return nil, fmt.Errorf("series %s: minimum denomination: %w", s.ID, err)
	}
	multiple, err := minor(s.Denomination.Multiple, s.Currency)
	if err != nil {
		return nil, fmt.Errorf("series %s: denomination multiple: %w", s.ID, err)
	}
	if multiple <= 0 {
		return nil, fmt.Errorf("series %s: the denomination multiple must be positive", s.ID)
	}
	return &group{cell: cell{position, w}, id: s.ID, level: s.Priority, minimum: minimum, multiple: multiple}, nil
}

// add puts a line of the book into the group.
func (g *group) add(l *tender.Line, line int, currency string) error {
	principal, err := minor(l.Principal, currency)
	if err != nil {
		return err
	}
	if principal <= 0 {
		return fmt.Errorf("principal %s is not positive", l.Principal)
	}
	if g.demand > math.MaxInt64-principal {
		return fmt.Errorf("the principal of series %s is too large to add up", g.id)
	}
	p := piece{principal: principal, line: int32(line), absent: l.Undelivered}
	if l.Settled == nil {
		g.demand += principal
		g.pieces = append(g.pieces, p)
		return nil
	}
	if p.accepted, err = minor(l.Settled.Accepted, currency); err != nil {
		return err
	}
	if p.accepted < 0 || p.accepted > principal {
		return fmt.Errorf("%s settled of %s", l.Settled.Accepted, l.Principal)
	}
	g.settled += p.accepted
	g.fixed = append(g.fixed, p)
	return nil
}

// minor turns an amount into minor units of its currency, exactly.
func minor(amount decimal.Decimal, currency string) (int64, error) {
	const digits = 18 // always fit in an int64
	units := amount.Mul(decimal.NewFromInt(minorPerUnit(currency)))
	if units.Exponent() != 0 {
		if !units.IsInteger() {
			return 0, fmt.Errorf("%s %s is not a whole number of the currency's smallest unit", currency, amount)
		}
		units = units.Truncate(0)
	}
	if units.NumDigits() > digits {
		return 0, fmt.Errorf("%s %s is too large", currency, amount)
	}
	return units.IntPart(), nil
}

// plan is one step of the waterfall before it is run.
type plan struct {
	level   int
	windows []tender.Window
}

// steps is the order of acceptance (R7): first what is bought any and all, then
// the levels.
func steps(o *tender.Offer) []plan {
	var levels []int
	for _, s := range o.Series {
		if s.Priority > 0 {
			levels = append(levels, s.Priority)
		}
	}
	slices.Sort(levels)
	levels = slices.Compact(levels)

	both := tender.Windows[:]
	order := []plan{{0, both}}
	if o.Acceptance.Order == tender.OrderEarlyFirst {
		for _, w := range tender.Windows {
			for _, level := range levels {
				order = append(order, plan{level, []tender.Window{w}})
			}
		}
		return order
	}
	for _, level := range levels {
		order = append(order, plan{level, both})
	}
	return order
}

// pick returns the groups of a step in the order of the offer's series.
func pick(o *tender.Offer, groups map[cell]*group, p plan) []*group {
	var in []*group
	for i, s := range o.Series {
		for _, w := range p.windows {
			if s.Priority == p.level {
				in = append(in, groups[cell{i, w}])
			}
		}
	}
	return in
}

// waterfall is the state that one step leaves to the next.
type waterfall struct {
	offer  *tender.Offer
	caps   []*capState
	cutBy  map[int]string // series that were cut back, and by which cap
	ended  *Reason        // what ended the acceptance, nil while it goes on
	result *Result
}

// run takes one step: it decides every group and books what it took.
func (w *waterfall) run(p plan, groups []*group) {
	before := make([]decimal.Decimal, len(w.caps))
	for i, c := range w.caps {
		before[i] = c.amount(c.left())
	}
	f := &filling{waterfall: w, level: p.level, groups: groups, bound: map[*capState]bool{}}
	for _, g := range groups {
		w.enter(g)
	}
	f.fill()
	f.applySmallPieces()
	w.record(p, f, before)
}

// settled books what an early settlement bought: it is fixed, and the caps have
// that much less to give. What was cut back then stays cut.
func (w *waterfall) settled(groups map[cell]*group) {
	for _, g := range groups {
		w.use(g.cell, g.settled)
		for _, p := range g.fixed {
			w.result.Lines[p.line] = Line{
				Accepted: amount(p.accepted, w.offer.Series[g.series].Currency),
				Reason:   Reason{Code: SettledEarly, Level: g.level},
				Step:     -1,
			}
		}
	}
	for _, g := range groups {
		var cut int64
		for _, p := range g.fixed {
			cut += p.principal - p.accepted
		}
		if cut > 0 {
			w.cutBefore(g, cut)
		}
	}
}

// cutBefore finds the cap that cut a group back at the early settlement: one
// that has not room for what was cut, first among those over some series only.
func (w *waterfall) cutBefore(g *group, cut int64) {
	var by *capState
	for _, c := range w.caps {
		if c.counts(g.cell, cut).Cmp(c.left()) > 0 && c.weight[g.cell] != nil && (by == nil || by.all && !c.all) {
			by = c
		}
	}
	if by != nil {
		w.cut(g, by)
	}
}

// enter opens a group for the step, unless something before it shut it out.
func (w *waterfall) enter(g *group) {
	switch by, cut := w.cutBy[g.series]; {
	case g.demand == 0:
		g.factor, g.reason = wholeFactor(), Reason{Code: NothingTendered, Level: g.level}
	case w.ended != nil:
		g.factor, g.reason = zeroFactor(), *w.ended
	case cut:
		g.factor, g.reason = zeroFactor(), Reason{Code: SeriesStopped, Cap: by, Level: g.level}
	default:
		g.open = true
	}
}

// cut notes that a cap cut a group back: the series takes nothing in later
// steps, and a cap over all ends the acceptance (R8).
func (w *waterfall) cut(g *group, c *capState) {
	w.cutBy[g.series] = c.Name
	if c.all && w.ended == nil {
		w.ended = &Reason{Code: Stopped, Cap: c.Name, Level: g.level}
	}
}

// record writes the step into the result.
func (w *waterfall) record(p plan, f *filling, before []decimal.Decimal) {
	step := Step{Level: p.level, Windows: p.windows}
	for _, g := range f.groups {
		currency := w.offer.Series[g.series].Currency
		step.Shares = append(step.Shares, Share{
			Series: g.id, Window: g.window,
			Demand: amount(g.demand, currency), Accepted: amount(g.bought(), currency), Settled: amount(g.settled, currency),
			Factor: g.factor, Reason: g.reason,
		})
		w.explain(g, currency)
	}
	for i, c := range w.caps {
		if !slices.ContainsFunc(f.groups, func(g *group) bool { return c.weight[g.cell] != nil }) {
			continue
		}
		step.Caps = append(step.Caps, CapStep{Cap: c.Name, Before: before[i], After: c.amount(c.left()), Bound: f.bound[c]})
	}
	w.result.Steps = append(w.result.Steps, step)
}

// bought is what is accepted of the group's tenders that are delivered. The caps
// count the others, too (R15).
func (g *group) bought() int64 {
	sum := g.accepted
	for i := range g.pieces {
		if g.pieces[i].absent {
			sum -= g.pieces[i].accepted
		}
	}
	return sum
}

// explain writes the group's lines into the result.
func (w *waterfall) explain(g *group, currency string) {
	for _, p := range g.pieces {
		reason := g.reason
		switch {
		case p.absent:
			reason = Reason{Code: Undelivered, Level: g.level}
			p.accepted = 0
		case p.small != noRule:
			reason.Code, reason.Piece = SmallPiece, p.small.code()
		}
		w.result.Lines[p.line] = Line{Accepted: amount(p.accepted, currency), Reason: reason, Step: len(w.result.Steps)}
	}
}

// finish adds up the result once all steps are done.
func (w *waterfall) finish(groups map[cell]*group) {
	for i, s := range w.offer.Series {
		early, late := groups[cell{i, tender.Early}], groups[cell{i, tender.Late}]
		w.result.Series[i] = Accepted{
			Early:  amount(early.settled+early.bought(), s.Currency),
			Late:   amount(late.settled+late.bought(), s.Currency),
			Factor: seriesFactor(early, late),
		}
	}
	for _, c := range w.caps {
		w.result.Caps = append(w.result.Caps, CapUse{Cap: c.Cap, Used: c.amount(c.used), Left: c.amount(c.left())})
	}
}

// seriesFactor is the one factor to print beside a series: that of the first
// window that was cut back to a part.
func seriesFactor(windows ...*group) Factor {
	one := wholeFactor().Exact()
	var accepted, demand int64
	for _, g := range windows {
		if exact := g.factor.Exact(); g.demand > 0 && exact.Sign() > 0 && exact.Cmp(one) < 0 {
			return g.factor
		}
		accepted, demand = accepted+g.accepted, demand+g.demand
	}
	if accepted == 0 && demand > 0 {
		return zeroFactor()
	}
	return wholeFactor()
}

// amount turns minor units into an amount of the currency.
func amount(units int64, currency string) decimal.Decimal {
	places, known := tender.MinorUnits(currency)
	if !known {
		places = 2
	}
	whole := minorPerUnit(currency)
	if units%whole == 0 {
		return decimal.NewFromInt(units / whole)
	}
	return decimal.New(units, -places)
}
