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
	demand            int64 // principal of all pieces

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
		if err := g.add(l.Principal, i, o.Series[g.series].Currency); err != nil {
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

func (g *group) add(principal decimal.Decimal, line int, currency string) error {
	p, err := minor(principal, currency)
	if err != nil {
		return err
	}
	if p <= 0 {
		return fmt.Errorf("principal %s is not positive", principal)
	}
	if g.demand > math.MaxInt64-p {
		return fmt.Errorf("the principal of series %s is too large to add up", g.id)
	}
	g.demand += p
	g.pieces = append(g.pieces, piece{principal: p, line: int32(line)})
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
			Demand: amount(g.demand, currency), Accepted: amount(g.accepted, currency),
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

// explain writes the group's lines into the result.
func (w *waterfall) explain(g *group, currency string) {
	for _, p := range g.pieces {
		reason := g.reason
		if p.small != noRule {
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
			Early:  amount(early.accepted, s.Currency),
			Late:   amount(late.accepted, s.Currency),
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
