package pricing

import "math/big"

// value is what the payments of a stream are worth at a yield.
type value struct {
	factors []number // by which each payment is multiplied
	present []number // what each is worth
	sum     number
	clean   number // without accrued interest
}

// base is by what a payment is divided for each whole period, at a yield in percent.
func (s *stream) base(percent *big.Rat) *big.Rat {
	b := new(big.Rat).Quo(percent, big.NewRat(int64(100*s.frequency), 1))
	return b.Add(b, big.NewRat(1, 1))
}

// at is the value at a yield, to a precision. With exact, what is a fraction is also computed as one.
func (s *stream) at(percent *big.Rat, bits uint, exact bool) value {
	base, zero := s.base(percent), numberOf(new(big.Rat), bits)
	v := value{sum: zero}
	if exact {
		v.sum.exact = new(big.Rat)
	}
	factor, before := number{}, (*big.Rat)(nil)
	for _, p := range s.payments {
		exponent := p.exponent.Rat()
		factor = s.factor(base, exponent, before, factor, bits)
		if exact {
			factor.exact = s.exactFactor(base, exponent)
		}
		before = exponent
		present := factor.times(p.amount())
		sum := v.sum.plus(present)
		if factor.exact != nil {
			present.exact = new(big.Rat).Mul(factor.exact, p.amount())
			if v.sum.exact != nil {
				sum.exact = new(big.Rat).Add(v.sum.exact, present.exact)
			}
		}
		v.factors, v.present, v.sum = append(v.factors, factor), append(v.present, present), sum
	}
	v.clean = v.sum.plus(numberOf(new(big.Rat).Neg(s.interest), bits))
	if v.sum.exact != nil {
		v.clean.exact = new(big.Rat).Sub(v.sum.exact, s.interest)
	}
	return v
}

// factor is the discount factor of an exponent. Where the exponent is whole periods after the
// one before, it is the factor of that, divided by the base so many times.
func (s *stream) factor(base, exponent, before *big.Rat, last number, bits uint) number {
	if s.simple {
		return numberOf(s.exactFactor(base, exponent), bits)
	}
	if before != nil {
		if gap := new(big.Rat).Sub(exponent, before); gap.IsInt() {
			return last.times(wholePower(base, new(big.Int).Neg(gap.Num())))
		}
	}
	// base^-exponent = base^-up * base^(up - exponent), with up the next whole number
	up := new(big.Int).Neg(exponent.Num())
	up.Neg(up.Div(up, exponent.Denom()))
	part := new(big.Rat).Sub(new(big.Rat).SetInt(up), exponent)
	return power(base, part, bits).times(wholePower(base, up.Neg(up)))
}

// exactFactor is the discount factor of an exponent if it is a fraction, else nil.
func (s *stream) exactFactor(base, exponent *big.Rat) *big.Rat {
	if s.simple {
		one := big.NewRat(1, 1)
		f := new(big.Rat).Sub(base, one)
		return f.Inv(f.Add(f.Mul(f, exponent), one))
	}
	f, ok := exactPower(base, new(big.Rat).Neg(exponent))
	if !ok {
		return nil
	}
	return f
}

// wholePower is base^n, also for a negative n.
func wholePower(base *big.Rat, n *big.Int) *big.Rat {
	p, _ := exactPower(base, new(big.Rat).SetInt(n))
	return p
}

// decide computes the value at a yield more and more precisely until it is good enough.
func (s *stream) decide(percent *big.Rat, enough func(value) bool) {
	s.decideFrom(startBits, percent, enough)
}

func (s *stream) decideFrom(bits uint, percent *big.Rat, enough func(value) bool) {
	for exact := false; !enough(s.at(percent, bits, exact)); bits, exact = 2*bits, true {
	}
}

// compare is the sign of the price at a yield less another price.
func (s *stream) compare(percent, price *big.Rat) (sign int) {
	s.decide(percent, func(v value) bool {
		var proven bool
		sign, proven = v.clean.compare(price)
		return proven
	})
	return sign
}
