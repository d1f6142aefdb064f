package allocate

import (
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// step is one step of the waterfall while its factor rises.
type step struct {
	*waterfall
	plan
	groups []*group
	bound  map[*capState]bool // the caps that cut something back
}

// because is a reason at the step.
func (f *step) because(code Code, limit string) Reason {
	return Reason{Code: code, Cap: limit, Level: f.level, Pool: f.pool.name, Bid: f.bid}
}

// limit is a cap that cannot take all that is asked of it, and the share of it
// that it can: what it has left over what the open groups would count for.
type limit struct {
	cap   *capState
	ratio *big.Rat
}

// tighter reports whether b leaves less than c; of two alike the one over more
// pools as a whole is the tighter, as it decides more.
func (b limit) tighter(c limit) bool {
	order := b.ratio.Cmp(c.ratio)
	return order < 0 || (order == 0 && b.cap.wide > c.cap.wide)
}

// fill decides the open groups: whole where all fits, else by the rule of the
// offer.
func (f *step) fill() {
	rule := f.pool.rule
	if f.pool.shortfall != tender.Prorate {
		f.allOrNone(f.pool.shortfall)
		return
	}
	for f.anyOpen() {
		tight, limited := f.tightest(f.demands())
		switch {
		case !limited && f.everybody && f.level > 0 && f.pool.Announced.IsZero():
			f.raise(f.open(nil), rule.Given.Rat())
			f.closeAt(decimalFactor(rule.Given))
		case !limited:
			f.raise(f.open(nil), wholeFactor().exact)
			f.closeAt(wholeFactor())
		case rule.Factor == tender.FactorGiven && f.announcedFits(tight.cap, rule.Given):
			f.raise(f.open(tight.cap), rule.Given.Rat())
			f.close(tight.cap, decimalFactor(rule.Given))
		case rule.Factor == tender.FactorRatio:
			f.raise(f.open(tight.cap), tight.ratio)
			f.close(tight.cap, reachedFactor(f.open(tight.cap), tight.ratio))
		default:
			if rule.Factor == tender.FactorGiven {
				f.warnf(tender.WarnAnnouncedFactor, "%s: the announced factor %s does not fit under %s; less was accepted",
					f.place(), rule.Given, tight.cap.Name)
			}
			f.fillMaximally()
		}
	}
}

// announcedFits reports whether the open groups under a cap can all be given the
// announced factor without exceeding any cap.
func (f *step) announcedFits(c *capState, given decimal.Decimal) bool {
	share := newShare(given.Rat())
	amounts := make([]int64, len(f.groups))
	for i, g := range f.groups {
		if g.open && c.weight[g.cell] != nil {
			for j := range g.pieces {
				amounts[i] += g.reached(share, &g.pieces[j])
			}
		}
	}
	_, limited := f.tightest(amounts)
	return !limited
}

// allOrNone takes the step whole or not at all (R9).
func (f *step) allOrNone(rule tender.Shortfall) {
	tight, limited := f.tightest(f.demands())
	if !limited {
		f.raise(f.open(nil), wholeFactor().exact)
		f.closeAt(wholeFactor())
		return
	}
	f.bound[tight.cap] = true
	reason := f.because(LevelSkipped, tight.cap.Name)
	for _, g := range f.groups {
		if g.open {
			g.open, g.factor, g.reason = false, zeroFactor(), reason
			f.cutBy[g.series] = reason
		}
	}
	if rule == tender.AllOrNoneStop && f.pool.ended == nil {
		why := f.because(Stopped, tight.cap.Name)
		f.pool.ended = &why
	}
}

func (f *step) anyOpen() bool {
	return slices.ContainsFunc(f.groups, func(g *group) bool { return g.open })
}

// demands is what the open groups ask for, in the order of f.groups, zero for a
// closed group.
func (f *step) demands() []int64 {
	amounts := make([]int64, len(f.groups))
	for i, g := range f.groups {
		if g.open {
			amounts[i] = g.demand
		}
	}
	return amounts
}

// tightest returns the cap that can take the smallest share of the amounts, and
// whether there is one that cannot take all.
func (f *step) tightest(amounts []int64) (tight limit, limited bool) {
	for _, c := range f.caps {
		asked := f.asked(c, amounts)
		left := c.left()
		if asked.Sign() == 0 || asked.Cmp(left) <= 0 {
			continue
		}
		if left.Sign() < 0 {
			left.SetInt64(0)
		}
		b := limit{c, new(big.Rat).SetFrac(left, asked)}
		if !limited || b.tighter(tight) {
			tight, limited = b, true
		}
	}
	return tight, limited
}

// asked is what the amounts count for under a cap, in grains.
func (f *step) asked(c *capState, amounts []int64) *big.Int {
	sum := new(big.Int)
	for i, g := range f.groups {
		if amounts[i] != 0 {
			sum.Add(sum, c.counts(g.cell, amounts[i]))
		}
	}
	return sum
}

// open returns the open groups, or those of them that a cap covers.
func (f *step) open(under *capState) []*group {
	var open []*group
	for _, g := range f.groups {
		if g.open && (under == nil || under.weight[g.cell] != nil) {
			open = append(open, g)
		}
	}
	return open
}

// raise lifts every piece of the groups to the factor, rounded down to the
// multiple; one that has more already keeps it.
func (f *step) raise(groups []*group, factor *big.Rat) {
	share := newShare(factor)
	for _, g := range groups {
		for i := range g.pieces {
			p := &g.pieces[i]
			if reached := g.reached(share, p); reached > p.accepted {
				g.accepted += reached - p.accepted
				p.accepted = reached
			}
		}
	}
}

// reached is what a piece has at a factor: rounded down to the multiple, unless
// it is the whole.
func (g *group) reached(share *share, p *piece) int64 {
	reached := share.of(p.principal)
	if reached < p.principal {
		reached -= reached % g.multiple
	}
	return reached
}

// close ends the rise of the open groups under a cap that has bound, at a
// factor. Where no piece gained anything, the cap had no room for the level.
func (f *step) close(c *capState, factor Factor) {
	f.bound[c] = true
	closing := f.open(c)
	reason := f.because(Prorated, c.Name)
	if !slices.ContainsFunc(closing, func(g *group) bool { return g.accepted > 0 }) {
		reason.Code, factor = CapReached, zeroFactor()
	}
	for _, g := range closing {
		f.book(g, factor, reason)
		f.cut(g, c)
	}
}

// closeAt ends the rise of all open groups at a factor that no cap limits: 1, or
// the one the issuer announced.
func (f *step) closeAt(factor Factor) {
	reason := f.because(AcceptedInFull, "")
	if factor.exact.Cmp(wholeFactor().exact) < 0 {
		reason.Code = Announced
	}
	for _, g := range f.groups {
		if g.open {
			f.book(g, factor, reason)
		}
	}
}

// book closes a group and uses up the caps over it.
func (f *step) book(g *group, factor Factor, reason Reason) {
	g.open, g.factor, g.reason = false, factor, reason
	f.use(g.cell, g.accepted)
}

// use counts some principal of a cell under every cap over it.
func (w *waterfall) use(in cell, minor int64) {
	for _, c := range w.caps {
		c.use(in, minor)
	}
}

func (w *waterfall) warnf(code tender.WarningCode, format string, args ...any) {
	w.result.Warnings = append(w.result.Warnings, tender.Warnf(code, format, args...))
}
