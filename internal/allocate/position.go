package allocate

import (
	"cmp"
	"math/bits"
)

// fraction is a factor from 0 to 1, exact. Its denominator is positive.
type fraction struct{ num, den uint64 }

// compare orders two fractions, exactly.
func (a fraction) compare(b fraction) int {
	hi1, lo1 := bits.Mul64(a.num, b.den)
	hi2, lo2 := bits.Mul64(b.num, a.den)
	return cmp.Or(cmp.Compare(hi1, hi2), cmp.Compare(lo1, lo2))
}

// times is a * principal: the whole minor units, and whether a part of one is
// left over.
func (a fraction) times(principal int64) (whole int64, rest bool) {
	hi, lo := bits.Mul64(uint64(principal), a.num)
	if a.den == grid {
		return int64(hi<<(64-gridBits) | lo>>gridBits), lo&(grid-1) != 0
	}
	quo, rem := bits.Div64(hi, lo, a.den) // the factor is at most 1: no overflow
	return int64(quo), rem != 0
}

// position is a place among the factors: a fraction itself, or the factors just
// above it, up to the next at which any piece changes. What a piece is accepted
// with is the same for all of these. The two differ where a part is rounded up
// (MILU): at one half of 10,000 it is 5,000, just above it is a multiple more.
type position struct {
	fraction
	above bool
}

// compare orders two positions.
func (p position) compare(q position) int {
	order := p.fraction.compare(q.fraction)
	if order == 0 && p.above != q.above {
		order = 1
		if q.above {
			order = -1
		}
	}
	return order
}

// part is what a principal is prorated to at the position, rounded down to a
// multiple, and whether it was more before rounding.
func (p position) part(principal, multiple int64) (rounded int64, more bool) {
	whole, rest := p.times(principal)
	if whole == principal {
		return principal, false
	}
	odd := whole % multiple
	return whole - odd, p.above || rest || odd != 0
}

// partBelow is what a principal is prorated to just below a fraction above 0,
// rounded down to a multiple.
func (a fraction) partBelow(principal, multiple int64) int64 {
	whole, rest := a.times(principal)
	odd := whole % multiple
	if odd == 0 && !rest {
		return whole - multiple
	}
	return whole - odd
}

// The search tries factors on a grid of this many bits where any factor in
// between will do.
const (
	gridBits = 62
	grid     = 1 << gridBits
)

// onGrid is the first place on the grid above a fraction, and the last below
// one; there may be none between the two.
func onGrid(low, high fraction) (first, last uint64) {
	hi, lo := bits.Mul64(low.num, grid)
	quo, _ := bits.Div64(hi, lo, low.den)
	hi, lo = bits.Mul64(high.num, grid)
	end, rem := bits.Div64(hi, lo, high.den)
	if rem == 0 {
		end--
	}
	return quo + 1, end
}
