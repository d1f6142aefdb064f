package pricing

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// intsOf are the powers that say whether x, in units of 2^-bits, is below base^(m/q):
// x^q * D^m against N^m * 2^(bits*q), all integers.
func intsOf(x *big.Int, base *big.Rat, m, q int64, bits uint) (left, right *big.Int) {
	left = new(big.Int).Exp(x, big.NewInt(q), nil)
	left.Mul(left, new(big.Int).Exp(base.Denom(), big.NewInt(m), nil))
	right = new(big.Int).Exp(base.Num(), big.NewInt(m), nil)
	return left, right.Lsh(right, bits*uint(q))
}

// The true power is inside the interval: proven by integers alone, without the series.
func TestPowerHasTheTrueValueInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := big.NewRat(rapid.Int64Range(500_000, 12_000_000).Draw(t, "base"), 1_000_000)
		q := rapid.Int64Range(1, 366).Draw(t, "q")
		m := rapid.Int64Range(0, q-1).Draw(t, "m")
		bits := uint(rapid.IntRange(1, 300).Draw(t, "bits"))
		p := power(base, big.NewRat(m, q), bits)
		if left, right := intsOf(p.lo, base, m, q, bits); left.Cmp(right) > 0 {
			t.Errorf("(%s)^(%d/%d) is below its lower end", base, m, q)
		}
		if left, right := intsOf(p.hi, base, m, q, bits); left.Cmp(right) < 0 {
			t.Errorf("(%s)^(%d/%d) is above its upper end", base, m, q)
		}
		if width := new(big.Int).Sub(p.hi, p.lo); width.BitLen() > 24 {
			t.Errorf("(%s)^(%d/%d): the interval is %s wide", base, m, q, width)
		}
	})
}

// Every operation rounds outwards.
func TestIntervalsAreRoundedOutwards(t *testing.T) {
	third := big.NewRat(1, 3)
	for name, x := range map[string]number{
		"1/3":         numberOf(third, 8),
		"1 times 1/3": numberOf(big.NewRat(1, 1), 8).times(third),
		"1 over 3":    numberOf(big.NewRat(3, 1), 8).inverse(),
	} {
		if x.lo.Int64() != 85 || x.hi.Int64() != 86 { // 256/3 is 85.33
			t.Errorf("%s is from %s to %s", name, x.lo, x.hi)
		}
	}
	if x := numberOf(big.NewRat(-1, 3), 8); x.lo.Int64() != -86 || x.hi.Int64() != -85 {
		t.Errorf("-1/3 is from %s to %s", x.lo, x.hi)
	}
}

func TestExactPower(t *testing.T) {
	for _, c := range []struct {
		base, x, want string // "": it is irrational
	}{
		{"1", "17/360", "1"},
		{"25/16", "1/2", "5/4"},
		{"25/16", "-1/2", "4/5"},
		{"25/16", "-5/2", "1024/3125"},
		{"27/8", "2/3", "9/4"},
		{"27/8", "1/2", ""},
		{"102/100", "1/180", ""},
		{"4", "1/2", "2"},
		{"5", "1/2", ""},
		{"3/2", "-3", "8/27"},
		{"3/2", "0", "1"},
	} {
		base, _ := new(big.Rat).SetString(c.base)
		x, _ := new(big.Rat).SetString(c.x)
		got, ok := exactPower(base, x)
		if ok != (c.want != "") || (ok && got.RatString() != c.want) {
			t.Errorf("(%s)^(%s) = %v, %t, want %q", c.base, c.x, got, ok, c.want)
		}
	}
}

func TestExactRootIsAnInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewInt(rapid.Int64Range(1, 1_000_000_000).Draw(t, "root"))
		q := big.NewInt(rapid.Int64Range(1, 40).Draw(t, "q"))
		n := new(big.Int).Exp(r, q, nil)
		if got, ok := exactRoot(n, q); !ok || got.Cmp(r) != 0 {
			t.Errorf("root %s of %s = %v, %t, want %s", q, n, got, ok, r)
		}
		if r.Int64() > 1 && q.Int64() > 1 {
			if got, ok := exactRoot(n.Add(n, big.NewInt(1)), q); ok {
				t.Errorf("root %s of %s = %s, and it is none", q, n, got)
			}
		}
	})
}

func TestRoundHalfUp(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		want     string
	}{
		{1021625, 1000, "1021.63"}, {1021624, 1000, "1021.62"}, {1, 3, "0.33"}, {2, 3, "0.67"},
		{-5, 1000, "-0.01"}, {-4, 1000, "0.00"}, {0, 7, "0.00"},
	} {
		if got := roundHalfUp(big.NewInt(c.num), big.NewInt(c.den), 2).StringFixed(2); got != c.want {
			t.Errorf("%d/%d = %s, want %s", c.num, c.den, got, c.want)
		}
	}
}

// An interval whose ends round to different figures is no proof, and a fraction is one at a tie.
func TestRoundedNeedsProof(t *testing.T) {
	tie := big.NewRat(1021625, 1000)
	x := numberOf(tie, 64)
	x.lo = new(big.Int).Sub(x.lo, big.NewInt(1))
	if d, proven := x.rounded(2); proven {
		t.Errorf("an interval around a tie is rounded to %s", d)
	}
	if d, proven := x.rounded(3); !proven || d.String() != "1021.625" {
		t.Errorf("to three decimals it is %s, %t", d, proven)
	}
	if sign, proven := x.compare(tie); proven {
		t.Errorf("an interval around a figure compares with it as %d", sign)
	}
	x.exact = tie
	if d, proven := x.rounded(2); !proven || d.String() != "1021.63" {
		t.Errorf("a tie is rounded to %s, %t", d, proven)
	}
	if sign, proven := x.compare(tie); !proven || sign != 0 {
		t.Errorf("a fraction compares with itself as %d, %t", sign, proven)
	}
}
