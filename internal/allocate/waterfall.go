package allocate

import (
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// waterfall is the state that one step leaves to the next.
type waterfall struct {
	offer *tender.Offer
	caps  []*capState
	cutBy map[int]Reason // series that were cut back, and why they get nothing more
	ended *Reason        // what ended the acceptance, nil while it goes on
	// everybody is set if every level fits whole and the issuer announced a
	// factor all the same: then it cuts everybody back.
	everybody bool
	early     earlySettlement
	result    *Result
}

// newWaterfall is a waterfall before its first step.
func newWaterfall(o *tender.Offer, lines int) (*waterfall, error) {
	w := &waterfall{
		offer:  o,
		cutBy:  map[int]Reason{},
		result: &Result{Lines: make([]Line, lines), Series: make([]Accepted, len(o.Series))},
	}
	for _, c := range o.AllCaps() {
		state, err := newCapState(o, c)
		if err != nil {
			return nil, err
		}
		w.caps = append(w.caps, state)
	}
	return w, nil
}

// run takes one step: it decides every group and books what it took.
func (w *waterfall) run(p plan, groups []*group) {
	before := w.capsLeft()
	f := &step{waterfall: w, level: p.level, groups: groups, bound: map[*capState]bool{}}
	for _, g := range groups {
		w.enter(g)
	}
	f.fill()
	f.applySmallPieces()
	w.record(p, f, before)
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
func (w *waterfall) enter(g *group) {
	switch why, cut := w.cutBy[g.series]; {
	case g.demand == 0:
		g.reason = Reason{Code: NothingTendered, Level: g.level}
	case w.ended != nil && g.level > 0:
		g.factor, g.reason = zeroFactor(), *w.ended
	case cut:
		g.factor, g.reason = zeroFactor(), why
	default:
		g.open = true
	}
}

// cut notes that a cap cut a group back: the series takes nothing in later
// steps, and a cap over all ends the acceptance (R8).
func (w *waterfall) cut(g *group, c *capState) {
	w.cutBy[g.series] = Reason{Code: SeriesStopped, Cap: c.Name, Level: g.level}
	if c.all && w.ended == nil {
		w.ended = &Reason{Code: Stopped, Cap: c.Name, Level: g.level}
	}
}

// record writes the step into the result.
func (w *waterfall) record(p plan, f *step, before []decimal.Decimal) {
	step := Step{Level: p.level, Windows: p.windows}
	for _, g := range f.groups {
		step.Shares = append(step.Shares, Share{
			Series: g.id, Window: g.window,
			Demand: g.money.amount(g.demand), Accepted: g.money.amount(g.bought()),
			Factor: g.factor, Reason: g.reason,
		})
		w.explain(g)
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
func (w *waterfall) explain(g *group) {
	for _, p := range g.pieces {
		reason := g.reason
		switch {
		case p.absent:
			reason = Reason{Code: Undelivered, Level: g.level}
			p.accepted = 0
		case p.small != noRule:
			reason = Reason{Code: SmallPiece, Cap: reason.Cap, Level: reason.Level, Piece: p.small.code()}
		}
		w.result.Lines[p.line] = Line{Accepted: g.money.amount(p.accepted), Reason: reason, Step: len(w.result.Steps)}
	}
}

// finish adds up the result once all steps are done.
func (w *waterfall) finish(groups map[cell]*group) {
	for i := range w.offer.Series {
		early, late := groups[cell{i, tender.Early}], groups[cell{i, tender.Late}]
		w.result.Series[i] = Accepted{
			Early: early.money.amount(w.early.bought[early.cell] + early.bought()),
			Late:  late.money.amount(w.early.bought[late.cell] + late.bought()),

			EarlyFactor: w.early.factor(early),
			LateFactor:  w.early.factor(late),
		}
	}
	for _, c := range w.caps {
		left := c.amount(c.left()) // and used the rest, so that the two tie where neither is a decimal
		w.result.Caps = append(w.result.Caps, CapUse{Cap: c.Cap, Used: c.Amount.Sub(left), Left: left, Exceeded: c.exceeded})
	}
}
