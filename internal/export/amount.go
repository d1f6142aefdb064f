package export

import (
	"math"
	"strconv"

	"github.com/shopspring/decimal"
)

// amount is a number as whole units of 10^-places, without needless zeros. It
// holds every amount an offer is likely to have and can be written without
// allocating, which a million rows make worth it; what it cannot hold stays a
// decimal.
type amount struct {
	units  int64
	places int32
}

// amountDigits is how many digits fit an amount, with room for a sum.
const amountDigits = 18

// tens are the powers of ten that an amount can be scaled by.
var tens = func() (p [amountDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// amountOf returns the number, and whether an amount can hold it.
func amountOf(d decimal.Decimal) (amount, bool) {
	e := d.Exponent()
	if e > 0 || e < -amountDigits || d.NumDigits() > amountDigits {
		return amount{}, false
	}
	return amount{d.CoefficientInt64(), -e}.trimmed(), true
}

func (a amount) trimmed() amount {
	for a.places > 0 && a.units%10 == 0 {
		a.units /= 10
		a.places--
	}
	return a
}

// scaled is the number in units of 10^-places, which are no larger than its own.
func (a amount) scaled(places int32) (units int64, ok bool) {
	ten := tens[places-a.places]
	if a.units > math.MaxInt64/4/ten || a.units < -math.MaxInt64/4/ten {
		return 0, false
	}
	return a.units * ten, true
}

// plus returns the sum, and whether an amount can hold it.
func (a amount) plus(b amount) (amount, bool) {
	most := max(a.places, b.places)
	x, okX := a.scaled(most)
	y, okY := b.scaled(most)
	return amount{x + y, most}.trimmed(), okX && okY
}

// decimal is the number as a decimal.
func (a amount) decimal() decimal.Decimal { return decimal.New(a.units, -a.places) }

// append writes the number in plain digits.
func (a amount) append(b []byte) []byte {
	if a.places == 0 {
		return strconv.AppendInt(b, a.units, 10)
	}
	units := a.units
	if units < 0 {
		b, units = append(b, '-'), -units
	}
	b = strconv.AppendInt(b, units/tens[a.places], 10)
	b = append(b, '.')
	fraction := units % tens[a.places]
	for i := a.places - 1; i > 0 && fraction < tens[i]; i-- {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, fraction, 10)
}

// width is how many characters the number takes with a comma at every third
// digit and at least so many decimals.
func (a amount) width(decimals int32) int {
	units, n := a.units/tens[a.places], 0
	if a.units < 0 {
		n, units = 1, -units
	}
	whole := 1
	for whole < len(tens) && units >= tens[whole] {
		whole++
	}
	n += whole + (whole-1)/3
	if d := max(decimals, a.places); d > 0 {
		n += 1 + int(d)
	}
	return n
}

// adder adds up decimals, quickly while they are amounts.
type adder struct {
	short amount
	long  decimal.Decimal
}

func (s *adder) add(d decimal.Decimal) {
	if a, ok := amountOf(d); ok {
		if t, ok := s.short.plus(a); ok {
			s.short = t
			return
		}
	}
	s.long = s.long.Add(d)
}

func (s adder) decimal() decimal.Decimal { return s.long.Add(s.short.decimal()) }
