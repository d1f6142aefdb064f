package allocate

import (
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

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
				Accepted: g.money.amount(p.accepted),
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
		step.Shares = append(step.Shares, Share{
			Series: g.id, Window: g.window,
			Demand: g.money.amount(g.demand), Accepted: g.money.amount(g.bought()), Settled: g.money.amount(g.settled),
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
			reason.Code, reason.Piece = SmallPiece, p.small.code()
		}
		w.result.Lines[p.line] = Line{Accepted: g.money.amount(p.accepted), Reason: reason, Step: len(w.result.Steps)}
	}
}

// finish adds up the result once all steps are done.
func (w *waterfall) finish(groups map[cell]*group) {
	for i := range w.offer.Series {
		early, late := groups[cell{i, tender.Early}], groups[cell{i, tender.Late}]
		w.result.Series[i] = Accepted{
			Early:  early.money.amount(early.settled + early.bought()),
			Late:   late.money.amount(late.settled + late.bought()),
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
