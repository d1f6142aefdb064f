package allocate

import (
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// waterfall is the state that one step leaves to the next.
type waterfall struct {
	offer  *tender.Offer
	prices Prices
	caps   []*capState
	pools  []*pool
	cutBy  map[int]Reason // series that were cut back, and why they get nothing more
	// everybody is set if every level fits whole and the issuer announced a
	// factor all the same: then it cuts everybody back.
	everybody bool
	before    settledBefore
	parts     map[settledPart]int64
	found     map[cell]Factor // of what was decided now
	result    *Result
}

// pool is a waterfall of levels within the offer; an offer that names none is one.
type pool struct {
	tender.Pool
	name      string // "" if the offer names none
	shortfall tender.Shortfall
	rule      tender.Acceptance // with its own factor, if one was announced for it
	cap       *capState         // of its own, nil if it has none
	ended     *Reason           // what ended the acceptance in it, nil while it goes on
	short     bool              // not everything that was tendered in it was bought
}

// newWaterfall is a waterfall before its first step.
func newWaterfall(o *tender.Offer, b *tender.Book, p Prices) (*waterfall, error) {
	w := &waterfall{
		offer: o, prices: p, cutBy: map[int]Reason{}, found: map[cell]Factor{},
		result: &Result{Lines: make([]Line, len(b.Lines)), Series: make([]Accepted, len(o.Series)), prices: p},
	}
	for _, p := range o.Pools {
		w.pools = append(w.pools, &pool{Pool: p, name: p.Name, shortfall: o.ShortfallOf(p),
			rule: o.Acceptance.WithAnnounced(p.Announced)})
	}
	if len(w.pools) == 0 {
		w.pools = []*pool{{shortfall: o.Acceptance.Shortfall, rule: o.Acceptance}}
	}
	var err error
	if w.parts, err = settledParts(o, b); err != nil {
		return nil, err
	}
	for _, c := range o.AllCaps() {
		state, err := w.newCapState(c)
		if err != nil {
			return nil, err
		}
		w.caps = append(w.caps, state)
		for _, p := range w.pools {
			if p.HasCap && p.name == c.Name {
				p.cap = state
			}
		}
	}
	return w, nil
}

// run takes one step: it decides every group and books what it took.
func (w *waterfall) run(p plan, groups []*group) {
	before := w.capsLeft()
	f := &step{waterfall: w, plan: p, groups: groups, bound: map[*capState]bool{}}
	for _, g := range groups {
		f.enter(g)
	}
	for _, g := range groups {
		g.plain = p.auction != ""
	}
	f.fill()
	for _, g := range groups {
		if g.plain {
			g.plain, g.settled = false, false
		}
	}
	f.applySmallPieces()
	f.leave()
	w.record(f, before)
}

// capsLeft is what is left of each cap, in its currency.
func (w *waterfall) capsLeft() []decimal.Decimal {
	left := make([]decimal.Decimal, len(w.caps))
	for i, c := range w.caps {
		left[i] = c.amount(c.left())
	}
	return left
}

// enter opens a group for the step, unless something before it shut it out.
func (f *step) enter(g *group) {
	ended := f.pool.ended
	switch why, cut := f.cutBy[g.series]; {
	case g.demand == 0:
		g.reason = f.because(NothingTendered, "")
	case ended != nil:
		g.factor, g.reason = zeroFactor(), *ended
	case cut:
		g.factor, g.reason = zeroFactor(), why
	default:
		g.open = true
	}
}

// leave notes what the step left unbought: a pool that is to be bought in full was not, and
// where what is tendered counts, it uses up the pool's cap.
func (f *step) leave() {
	for _, g := range f.groups {
		if rest := g.demand - g.accepted; rest > 0 {
			f.pool.refuse(g.cell, rest)
		}
	}
}

// refuse notes principal of the pool that was tendered and not bought.
func (p *pool) refuse(in cell, minor int64) {
	p.short = true
	if p.Counts == tender.CountTendered && p.cap != nil {
		p.cap.claim(in, minor)
	}
}

// begin decides, before the first step of a pool, whether anything of it is bought: not if a
// pool that must be bought in full before it was not. It warns if other pools took all of
// the total that the pool has the rest of.
func (w *waterfall) begin(p *pool) {
	if c := p.cap; c != nil && !c.exceeded && c.left().Sign() < 0 {
		c.exceeded = true
		w.warnf(tender.WarnTotalExceeded, "%s: other pools took more than its total by %s %s; nothing of it is bought",
			p.name, c.Currency, c.amount(new(big.Int).Neg(c.left())))
	}
	for _, name := range p.OnlyIfFull {
		for _, other := range w.pools {
			if other.name == name && other.short && !p.Satisfied && p.ended == nil {
				p.ended = &Reason{Code: PoolCondition, Cap: name}
			}
		}
	}
}

// cut notes that a cap cut a group back: the series takes nothing in later
// steps, and a cap over all of a pool ends the acceptance in it (R8).
func (f *step) cut(g *group, c *capState) {
	f.cutBy[g.series] = f.because(SeriesStopped, c.Name)
	for i, p := range f.pools {
		if c.over[i] && p.ended == nil {
			why := f.because(Stopped, c.Name)
			p.ended = &why
		}
	}
}

// record writes the step into the result.
func (w *waterfall) record(f *step, before []decimal.Decimal) {
	step := Step{Level: f.level, Windows: f.windows, Pool: f.pool.name, Auction: f.auction, Bid: f.bid}
	for _, g := range f.groups {
		step.Shares = append(step.Shares, Share{
			Series: g.id, Window: g.window, Price: g.price,
			Demand: g.money.amount(g.demand), Accepted: g.money.amount(g.bought()),
			Factor: g.factor, Reason: g.reason,
		})
		w.explain(g)
	}
	for i, c := range w.caps {
		if !slices.ContainsFunc(f.groups, func(g *group) bool { return c.weight[g.cell] != nil }) {
			continue
		}
		step.Caps = append(step.Caps,
			CapStep{Cap: c.Name, Before: before[i], After: c.amount(c.left()), Bound: f.bound[c]})
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
func (w *waterfall) explain(g *group) {
	for _, p := range g.pieces {
		reason := g.reason
		switch {
		case p.absent:
			reason = Reason{Code: Undelivered, Level: g.level, Bid: reason.Bid}
			p.accepted = 0
		case p.small != noRule:
			reason.Code, reason.Piece = SmallPiece, p.small.code()
		}
		w.result.Lines[p.line] = Line{Accepted: g.money.amount(p.accepted), Reason: reason, Step: len(w.result.Steps)}
	}
}

// finish adds up the result once all steps are done.
func (w *waterfall) finish(groups map[cell]*group) {
	for i := range w.offer.Series {
		early, late := groups[cell{series: i, window: tender.Early}], groups[cell{series: i, window: tender.Late}]
		for _, g := range []*group{early, late} {
			if g.demand > 0 {
				w.found[g.cell] = g.factor
			}
		}
		a := Accepted{
			Early: early.money.amount(w.before.bought[early.cell] + early.bought()),
			Late:  late.money.amount(w.before.bought[late.cell] + late.bought()),
		}
		var several bool
		a.EarlyFactor, a.Several = w.before.factor(early.cell, w.found[early.cell])
		if a.LateFactor, several = w.before.factor(late.cell, w.found[late.cell]); several || a.Several {
			a.EarlyFactor, a.LateFactor, a.Several = Factor{}, Factor{}, true
		}
		w.result.Series[i] = a
	}
	for _, c := range w.caps {
		w.result.Caps = append(w.result.Caps, c.outcome())
	}
}

// outcome is what was taken of the cap. Used is the amount less what is left, so that the two
// tie where neither is a decimal.
func (c *capState) outcome() CapUse {
	left := c.unused()
	return CapUse{Cap: c.Cap, Used: c.Amount.Sub(left), Left: left, Exceeded: c.exceeded}
}
