package pricing

import (
	"math/big"

	"github.com/shopspring/decimal"
)

// startBits is the precision of the first attempt, 57 digits behind the point.
const startBits = 192

// number is a number known to be from lo to hi, both in units of 2^-bits. Where it is a fraction
// and exactness was asked for, exact is the number itself.
type number struct {
	lo, hi *big.Int
	bits   uint
	exact  *big.Rat
}

// numberOf is a fraction, with its ends rounded outwards.
func numberOf(r *big.Rat, bits uint) number {
	lo, hi := outwards(new(big.Int).Lsh(r.Num(), bits), new(big.Int).Lsh(r.Num(), bits), r.Denom())
	return number{lo: lo, hi: hi, bits: bits}
}

// outwards divides both ends, the lower one rounded down and the upper one up. den is positive.
func outwards(lo, hi, den *big.Int) (down, up *big.Int) {
	down = new(big.Int).Div(lo, den) // Euclidean, so for a positive divisor down
	up = new(big.Int).Neg(hi)
	return down, up.Neg(up.Div(up, den))
}

// times is a number that is not negative, times such a fraction.
func (x number) times(r *big.Rat) number {
	lo, hi := outwards(new(big.Int).Mul(x.lo, r.Num()), new(big.Int).Mul(x.hi, r.Num()), r.Denom())
	return number{lo: lo, hi: hi, bits: x.bits}
}

// plus is the sum of two numbers.
func (x number) plus(y number) number {
	return number{lo: new(big.Int).Add(x.lo, y.lo), hi: new(big.Int).Add(x.hi, y.hi), bits: x.bits}
}

// inverse is one over a positive number.
func (x number) inverse() number {
	one := new(big.Int).Lsh(big.NewInt(1), 2*x.bits)
	lo, _ := outwards(one, one, x.hi)
	_, hi := outwards(one, one, x.lo)
	return number{lo: lo, hi: hi, bits: x.bits}
}

// rounded is the number to so many decimals, half up, and whether that is proven: both ends
// round to it. Rounding never turns a larger number into a smaller one.
func (x number) rounded(places int32) (decimal.Decimal, bool) {
	if x.exact != nil {
		return roundHalfUp(x.exact.Num(), x.exact.Denom(), places), true
	}
	one := new(big.Int).Lsh(big.NewInt(1), x.bits)
	lo, hi := roundHalfUp(x.lo, one, places), roundHalfUp(x.hi, one, places)
	return lo, lo.Equal(hi)
}

// compare is the sign of the number less a fraction, and whether that is proven.
func (x number) compare(r *big.Rat) (sign int, proven bool) {
	if x.exact != nil {
		return x.exact.Cmp(r), true
	}
	target := new(big.Int).Lsh(r.Num(), x.bits)
	lo := new(big.Int).Mul(x.lo, r.Denom()).Cmp(target)
	hi := new(big.Int).Mul(x.hi, r.Denom()).Cmp(target)
	return lo, lo == hi
}

// roundHalfUp is num/den to so many decimals, half a unit away from zero. den is positive.
func roundHalfUp(num, den *big.Int, places int32) decimal.Decimal {
	twice := new(big.Int).Abs(num)
	twice.Mul(twice, pow10(places)).Lsh(twice, 1).Add(twice, den)
	twice.Quo(twice, new(big.Int).Lsh(den, 1))
	if num.Sign() < 0 {
		twice.Neg(twice)
	}
	return decimal.NewFromBigInt(twice, -places)
}

func pow10(n int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// power is base^x for a positive base and 0 <= x < 1, by the binomial series
//
//	base^x = sum over n >= 0 of  x(x+1)...(x+n-1)/n! * w^n  with  w = 1 - 1/base
//
// for a base of at least 1; for one below, that of 1/base is inverted. No term is negative, and each
// is at most w times the one before. So what is left out after a term is at most
// w/(1-w) = base-1 times that term.
func power(base, x *big.Rat, bits uint) number {
	one := new(big.Rat).SetInt64(1)
	if base.Cmp(one) < 0 {
		return power(new(big.Rat).Inv(base), x, bits).inverse()
	}
	w := new(big.Rat).Sub(one, new(big.Rat).Inv(base))
	term := numberOf(one, bits)
	sum := term
	// The lower end reaches zero, as rounding down makes it smaller each time; the upper one may not.
	for n := int64(0); term.lo.Sign() > 0; n++ {
		up := new(big.Int).Mul(x.Denom(), big.NewInt(n))
		up.Add(up, x.Num()).Mul(up, w.Num())
		down := new(big.Int).Mul(x.Denom(), big.NewInt(n+1))
		down.Mul(down, w.Denom())
		term.lo, term.hi = outwards(new(big.Int).Mul(term.lo, up), new(big.Int).Mul(term.hi, up), down)
		sum = sum.plus(term)
	}
	sum.hi.Add(sum.hi, term.times(base).hi)
	return sum
}

// exactPower is base^x for a positive base, if it is a fraction.
func exactPower(base, x *big.Rat) (*big.Rat, bool) {
	num, ok := exactRoot(base.Num(), x.Denom())
	den, also := exactRoot(base.Denom(), x.Denom())
	if !ok || !also {
		return nil, false
	}
	e := new(big.Int).Abs(x.Num())
	num, den = new(big.Int).Exp(num, e, nil), new(big.Int).Exp(den, e, nil)
	if x.Sign() < 0 {
		num, den = den, num
	}
	return new(big.Rat).SetFrac(num, den), true
}

// exactRoot is the q-th root of a positive integer, if it is one itself.
func exactRoot(n, q *big.Int) (*big.Int, bool) {
	one := big.NewInt(1)
	switch {
	case q.Cmp(one) == 0 || n.Cmp(one) == 0:
		return n, true
	case q.Cmp(big.NewInt(int64(n.BitLen()))) >= 0: // 2^q is larger
		return nil, false
	}
	low, high := one, new(big.Int).Lsh(one, uint(n.BitLen())/uint(q.Int64())+1)
	for low.Cmp(high) < 0 { // the smallest integer whose q-th power is n or more
		middle := new(big.Int).Add(low, high)
		middle.Rsh(middle, 1)
		if new(big.Int).Exp(middle, q, nil).Cmp(n) < 0 {
			low = middle.Add(middle, one)
		} else {
			high = middle
		}
	}
	return low, new(big.Int).Exp(low, q, nil).Cmp(n) == 0
}
