package allocate

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// Factor is a proration factor between 0 and 1, exact. The zero Factor is none:
// there was nothing to multiply.
type Factor struct {
	exact *big.Rat
	shown decimal.Decimal
	short bool
}

// None reports whether there is no factor.
func (f Factor) None() bool { return f.exact == nil }

// Exact returns the factor as the fraction the allocation used, 0 for none.
func (f Factor) Exact() *big.Rat {
	if f.exact == nil {
		return new(big.Rat)
	}
	return new(big.Rat).Set(f.exact)
}

// Shown returns the shortest decimal that gives every instruction the same
// result as the exact factor (R10), so that a line can be checked with a
// calculator. ok is false in the rare case that no decimal does; then only
// [Factor.String] is the factor, as a fraction.
func (f Factor) Shown() (d decimal.Decimal, ok bool) { return f.shown, f.short }

// String returns the shown decimal, or the fraction where none fits, or "" if
// there is no factor.
func (f Factor) String() string {
	if f.None() {
		return ""
	}
	if d, ok := f.Shown(); ok {
		return d.String()
	}
	return f.exact.RatString()
}

// common is the one factor of two parts: the same for both, or that of the part
// that has one; none if they differ.
func common(f, g Factor) Factor {
	switch {
	case f.None():
		return g
	case g.None() || f.exact.Cmp(g.exact) == 0:
		return f
	}
	return Factor{}
}

// commonOf is the one factor of all that are any, none if there are several.
func commonOf(all []Factor) (one Factor) {
	for _, f := range all {
		if f.None() {
			continue
		}
		if one = common(one, f); one.None() {
			return one
		}
	}
	return one
}

// wholeFactor is 1 and zeroFactor 0.
func wholeFactor() Factor { return decimalFactor(decimal.NewFromInt(1)) }
func zeroFactor() Factor  { return decimalFactor(decimal.Zero) }

func decimalFactor(d decimal.Decimal) Factor {
	return Factor{exact: d.Rat(), shown: d, short: true}
}

// shortestIn returns the decimal with the fewest digits in a range that is more
// than one factor.
func shortestIn(r span) decimal.Decimal {
	ten := big.NewInt(10)
	num := new(big.Int).Set(r.low.Num())
	for places := int32(0); ; places++ {
		up := ceilQuo(num, r.low.Denom())
		if r.lowOut && new(big.Int).Mul(up, r.low.Denom()).Cmp(num) == 0 {
			up.Add(up, big.NewInt(1))
		}
		candidate := decimal.NewFromBigInt(up, -places)
		if order := candidate.Rat().Cmp(r.high); order < 0 || (order == 0 && !r.highOut) {
			return candidate
		}
		num.Mul(num, ten)
	}
}

// ceilQuo is a divided by b > 0, rounded up, for a >= 0.
func ceilQuo(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

// NewFactor returns the factor with an exact value, shown as the shortest
// decimal equal to it, or as a fraction if there is none.
func NewFactor(exact *big.Rat) Factor {
	places, finite := exact.FloatPrec()
	f := Factor{exact: exact, short: finite}
	if finite {
		shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
		digits := new(big.Int).Mul(exact.Num(), shift)
		f.shown = decimal.NewFromBigInt(digits.Quo(digits, exact.Denom()), -int32(places))
	}
	return f
}

// share multiplies principal by a factor, rounding down.
type share struct {
	num, den   uint64   // the factor, if it fits
	exact      *big.Rat // the factor, if it does not
	n, product big.Int  // scratch
}

func newShare(factor *big.Rat) *share {
	if factor.Num().IsUint64() && factor.Denom().IsUint64() {
		return &share{num: factor.Num().Uint64(), den: factor.Denom().Uint64()}
	}
	return &share{exact: factor}
}

// of is the factor times principal, rounded down to a minor unit.
func (s *share) of(principal int64) int64 {
	if s.exact == nil {
		hi, lo := bits.Mul64(uint64(principal), s.num)
		quo, _ := bits.Div64(hi, lo, s.den) // the factor is at most 1: no overflow
		return int64(quo)
	}
	s.product.Mul(s.n.SetInt64(principal), s.exact.Num())
	return s.product.Quo(&s.product, s.exact.Denom()).Int64()
}

// reachedFactor is the factor at which the groups stand: exact if the rule gives
// it, else the largest at which one of the pieces gained what it has. A factor
// above all of those is shown so, too, so that it rounds up alike (MILU).
func reachedFactor(groups []*group, exact *big.Rat) Factor {
	low, next := between(groups)
	if exact == nil {
		exact = low
	}
	return Factor{exact: exact, shown: shortestIn(span{low, next, exact.Cmp(low) > 0, true}), short: true}
}

// factorIn is a factor of a range: the smallest, shown as the shortest decimal
// there is in it, or that decimal itself where the range has no smallest.
func factorIn(r span) Factor {
	if r.low.Cmp(r.high) == 0 {
		return NewFactor(r.low)
	}
	shown := shortestIn(r)
	if r.lowOut {
		return decimalFactor(shown)
	}
	return Factor{exact: r.low, shown: shown, short: true}
}

// commonFactor is a factor that gives every piece of the groups what it has, and
// whether there is one.
func commonFactor(groups []*group) (Factor, bool) {
	low, next := between(groups)
	if low.Cmp(next) >= 0 {
		return Factor{}, false
	}
	return reachedFactor(groups, nil), true
}

// between returns the least factor that gives every piece at least what it has,
// and the least at which one gains more. A factor from the first up to below the
// second gives every piece just what it has.
func between(groups []*group) (low, next *big.Rat) {
	low, next = big.NewRat(0, 1), big.NewRat(2, 1)
	for _, g := range groups {
		for i := range g.pieces {
			p := &g.pieces[i]
			gained := min(p.accepted+g.multiple, p.principal)
			if quotientCmp(p.accepted, p.principal, low) > 0 {
				low.SetFrac64(p.accepted, p.principal)
			}
			if p.accepted < p.principal && quotientCmp(gained, p.principal, next) < 0 {
				next.SetFrac64(gained, p.principal)
			}
		}
	}
	return low, next
}

// quotientCmp compares a/b with a fraction whose parts fit in 63 bits.
func quotientCmp(a, b int64, fraction *big.Rat) int {
	hi1, lo1 := bits.Mul64(uint64(a), fraction.Denom().Uint64())
	hi2, lo2 := bits.Mul64(fraction.Num().Uint64(), uint64(b))
	return cmp.Or(cmp.Compare(hi1, hi2), cmp.Compare(lo1, lo2))
}

// position is the shown decimal as a position, if it is short enough for one.
func (f Factor) position() (position, bool) {
	shown := f.shown.Rat()
	if !f.short || !shown.Num().IsUint64() || !shown.Denom().IsUint64() {
		return position{}, false
	}
	return position{fraction{shown.Num().Uint64(), shown.Denom().Uint64()}, false}, true
}

// moreThan reports whether the factor times principal is more than an amount.
func (f Factor) moreThan(principal, amount int64) bool {
	return f.exact.Cmp(big.NewRat(amount, principal)) > 0
}

// roundsUpAlike reports whether the shown factor rounds a piece up exactly when
// the exact one does (MILU): that is, whether neither or both lie above the
// factor that gives the piece what it has without rounding.
func (f Factor) roundsUpAlike(principal, accepted int64) bool {
	even := big.NewRat(accepted, principal)
	return !f.short || (f.exact.Cmp(even) > 0) == (f.shown.Rat().Cmp(even) > 0)
}
