package allocate

import (
	"math/big"
	"slices"
)

// fillMaximally decides the open groups by the maximal factor (R10), with R11 in
// it. Of the caps that cannot take all, the one that a rising factor would exceed
// first closes the groups it covers, at the best factor for it; and the search
// goes on for the others.
func (f *step) fillMaximally() {
	sought := map[*capState]found{}
	for f.anyOpen() {
		binding := f.bindingCaps()
		if len(binding) == 0 {
			f.raise(f.open(nil), wholeFactor().exact)
			f.closeAt(wholeFactor())
			return
		}
		for _, c := range binding {
			if _, known := sought[c]; !known {
				sought[c] = seek(f.open(c), []*capState{c})
			}
		}
		first := f.firstFull(binding, sought)
		at := f.agreed(first, binding, sought[first].at)
		closing := f.open(first)
		for c := range sought {
			if coversAny(c, closing) {
				delete(sought, c)
			}
		}
		f.closeFull(first, closing, at)
	}
}

// bindingCaps are the caps that cannot take all that the open groups ask for.
func (f *step) bindingCaps() []*capState {
	var binding []*capState
	demands := f.demands()
	for _, c := range f.caps {
		if asked := f.asked(c, demands); asked.Sign() > 0 && asked.Cmp(c.left()) > 0 {
			binding = append(binding, c)
		}
	}
	return binding
}

func coversAny(c *capState, groups []*group) bool {
	return slices.ContainsFunc(groups, func(g *group) bool { return c.weight[g.cell] != nil })
}

// firstFull is the cap that a rising factor would exceed first. Of several that
// would be exceeded by the same gain, it is the one that leaves least of what is
// asked of it then; of two alike, the wider.
func (f *step) firstFull(binding []*capState, sought map[*capState]found) *capState {
	if len(binding) == 1 {
		return binding[0]
	}
	var first []*capState
	var lowest position
	for _, c := range binding {
		full := sought[c].full()
		switch order := full.compare(lowest); {
		case len(first) == 0 || order < 0:
			first, lowest = []*capState{c}, full
		case order == 0:
			first = append(first, c)
		}
	}
	var tight limit
	for _, c := range first {
		if b := (limit{c, f.ratioAt(c, lowest)}); tight.cap == nil || b.tighter(tight) {
			tight = b
		}
	}
	return tight.cap
}

// ratioAt is what a cap has left over what is asked of it at a position.
func (f *step) ratioAt(c *capState, at position) *big.Rat {
	left, asked := c.left(), f.asked(c, f.amountsAt(at))
	if left.Sign() < 0 {
		left.SetInt64(0)
	}
	if asked.Sign() == 0 {
		return big.NewRat(2, 1) // more than is asked
	}
	return new(big.Rat).SetFrac(left, asked)
}

// amountsAt is what the open groups are accepted with at a position, in the order
// of f.groups, zero for a closed group.
func (f *step) amountsAt(at position) []int64 {
	amounts := make([]int64, len(f.groups))
	for i, g := range f.groups {
		if !g.open {
			continue
		}
		for j := range g.pieces {
			principal := g.pieces[j].principal
			rounded, more := at.part(principal, g.multiple)
			accepted, _ := g.after(principal, rounded, more)
			amounts[i] += accepted
		}
	}
	return amounts
}

// agreed is the factor at which a cap closes the groups it covers: the best one
// for it, if the other caps over any of these groups fit there, too. They always
// do unless a larger factor can accept less; then it is the best for the cap at
// which the others fit.
func (f *step) agreed(first *capState, binding []*capState, at position) position {
	closing := f.open(first)
	caps := []*capState{first}
	fits, amounts := true, f.amountsAt(at)
	for _, c := range binding {
		if c != first && coversAny(c, closing) {
			caps = append(caps, c)
			asked := f.asked(c, amounts)
			fits = fits && (asked.Sign() == 0 || asked.Cmp(c.left()) <= 0)
		}
	}
	if fits {
		return at
	}
	var concerned []*group
	for _, g := range f.open(nil) {
		if slices.ContainsFunc(caps, func(c *capState) bool { return c.weight[g.cell] != nil }) {
			concerned = append(concerned, g)
		}
	}
	return seek(concerned, caps).at
}

// closeFull gives every piece of the groups what the position and R11 give it,
// and closes the groups. A cap without room for anything gives nothing, by no
// rule.
func (f *step) closeFull(c *capState, closing []*group, at position) {
	total := int64(0)
	for _, g := range closing {
		g.settled, g.accepted = true, 0
		for i := range g.pieces {
			p := &g.pieces[i]
			rounded, more := at.part(p.principal, g.multiple)
			p.accepted, _ = g.after(p.principal, rounded, more)
			g.accepted += p.accepted
		}
		total += g.accepted
	}
	if total == 0 {
		f.close(c, zeroFactor())
		return
	}
	factor := factorIn(spanOf(closing, at))
	if shown, ok := factor.position(); ok {
		at = shown
	}
	for _, g := range closing {
		for i := range g.pieces {
			p := &g.pieces[i]
			rounded, more := at.part(p.principal, g.multiple)
			_, p.small = g.after(p.principal, rounded, more)
		}
	}
	f.close(c, factor)
}
