package allocate

import (
	"math/big"
	"sort"
)

// The factors between 0 and 1 fall into places, for one piece: just above 0 is
// place 0; where the piece reaches its k-th multiple is place 2k-1, and from
// there up to the next multiple is place 2k. In each place the piece is accepted
// with one amount.

// placeOf is the place of what a piece is prorated to.
func (g *group) placeOf(rounded int64, more bool) int64 {
	place := 2 * (rounded / g.multiple)
	if !more {
		place--
	}
	return place
}

// at is what a piece is accepted with in a place, and by which rule. Rounded up
// (MILU) to a multiple or equal to it makes no difference here.
func (g *group) at(principal, place int64) outcome {
	accepted, rule := g.after(principal, (place+1)/2*g.multiple, place%2 == 0)
	if rule == ruleMILU {
		rule = noRule
	}
	return outcome{accepted, rule}
}

// outcome is what a piece is accepted with, and the rule of R11 that decided it.
type outcome struct {
	accepted int64
	rule     smallRule
}

// lastPlace is the last place below the whole.
func (g *group) lastPlace(principal int64) int64 { return 2 * ((principal - 1) / g.multiple) }

// turns are the multiples around which a rule of R11 begins or ends to apply to
// a piece: the first that is not below the minimum, the last that leaves the
// minimum to be returned, and the one after it. Between two of them a larger
// factor never gives less.
func (g *group) turns(principal int64) [3]int64 {
	up := g.minimum + g.multiple - 1
	leaves := max(principal-g.minimum, 0) / g.multiple * g.multiple
	return [3]int64{up - up%g.multiple, leaves, leaves + g.multiple}
}

// runStart is the first place of the run of places that holds one: within a run
// a later place never gives less.
func runStart(turns [3]int64, multiple, place int64) int64 {
	start := int64(0)
	for _, t := range turns {
		for _, s := range [2]int64{2*(t/multiple) - 1, 2 * (t / multiple)} {
			if s <= place {
				start = max(start, s)
			}
		}
	}
	return start
}

// runEnd is the last place of the run that holds a place, at most last.
func runEnd(turns [3]int64, multiple, place, last int64) int64 {
	end := last
	for _, t := range turns {
		for _, s := range [2]int64{2*(t/multiple) - 1, 2 * (t / multiple)} {
			if s > place {
				end = min(end, s-1)
			}
		}
	}
	return end
}

// stretch is the first and the last place, around the one where a piece is
// prorated to a part, in which it is accepted with the same amount by the same
// rule.
func (g *group) stretch(principal, rounded int64, more bool) (first, last int64) {
	place, end := g.placeOf(rounded, more), g.lastPlace(principal)
	same := g.at(principal, place)
	turns := g.turns(principal)
	for first = place; first > 0 && g.at(principal, first-1) == same; {
		start := runStart(turns, g.multiple, first-1)
		first = start + int64(sort.Search(int(first-1-start), func(i int) bool {
			return g.at(principal, start+int64(i)) == same
		}))
	}
	for last = place; last < end && g.at(principal, last+1) == same; {
		stop := runEnd(turns, g.multiple, last+1, end)
		from := last + 1
		last = from + int64(sort.Search(int(stop-from), func(i int) bool {
			return g.at(principal, from+int64(i)+1) != same
		}))
	}
	return first, last
}

// span is a range of factors, with or without its ends.
type span struct {
	low, high       *big.Rat
	lowOut, highOut bool // the end is not in the range
}

// spanOf is the range of factors around a position in which every piece of the
// groups is accepted with the same amount by the same rule.
func spanOf(groups []*group, at position) span {
	low, high := position{fraction{0, 1}, true}, fraction{1, 1}
	highOut := true
	for _, g := range groups {
		regular := g.minimum + g.multiple
		for i := range g.pieces {
			p := &g.pieces[i]
			rounded, more := at.part(p.principal, g.multiple)
			first, last := 2*(rounded/g.multiple)-1, 2*(rounded/g.multiple)
			if rounded < regular || p.principal-rounded < regular {
				first, last = g.stretch(p.principal, rounded, more)
			}
			begin := position{fraction{uint64((first + 1) / 2 * g.multiple), uint64(p.principal)}, first%2 == 0}
			if begin.compare(low) > 0 {
				low = begin
			}
			end := fraction{uint64(min((last/2+1)*g.multiple, p.principal)), uint64(p.principal)}
			out := last%2 == 0
			if !out {
				end.num = uint64((last + 1) / 2 * g.multiple)
			}
			if order := end.compare(high); order < 0 || (order == 0 && out) {
				high, highOut = end, out || (order == 0 && highOut)
			}
		}
	}
	return span{low.rat(), high.rat(), low.above, highOut}
}

// rat is the fraction as a rational number.
func (a fraction) rat() *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(a.num), new(big.Int).SetUint64(a.den))
}
