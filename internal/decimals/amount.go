// Package decimals holds decimal numbers of up to 18 digits as whole units of a power of ten:
// they are added and written without allocating, which a million rows make worth it. What
// it cannot hold stays a decimal.
package decimals

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is a number as whole units of 10^-places, without needless zeros. It
// holds every amount an offer is likely to have and can be written without
// allocating, which a million rows make worth it; what it cannot hold stays a
// decimal.
type Amount struct {
	Units  int64
	Places int32
}

// AmountDigits is how many digits fit an amount, with room for a sum.
const AmountDigits = 18

// Tens are the powers of ten that an amount can be scaled by.
var Tens = func() (p [AmountDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// Of returns the number, and whether an amount can hold it.
func Of(d decimal.Decimal) (Amount, bool) {
	e := d.Exponent()
	if e > 0 || e < -AmountDigits || d.NumDigits() > AmountDigits {
		return Amount{}, false
	}
	return Amount{d.CoefficientInt64(), -e}.Trimmed(), true
}

// Trimmed is the same number without zeros at its end.
func (a Amount) Trimmed() Amount {
	for a.Places > 0 && a.Units%10 == 0 {
		a.Units /= 10
		a.Places--
	}
	return a
}

// scaled is the number in units of 10^-places, which are no larger than its own.
func (a Amount) scaled(places int32) (units int64, ok bool) {
	ten := Tens[places-a.Places]
	if a.Units > math.MaxInt64/4/ten || a.Units < -math.MaxInt64/4/ten {
		return 0, false
	}
	return a.Units * ten, true
}

// Plus returns the sum, and whether an amount can hold it.
func (a Amount) Plus(b Amount) (Amount, bool) {
	most := max(a.Places, b.Places)
	x, okX := a.scaled(most)
	y, okY := b.scaled(most)
	return Amount{x + y, most}.Trimmed(), okX && okY
}

// decimal is the number as a decimal.
func (a Amount) decimal() decimal.Decimal { return decimal.New(a.Units, -a.Places) }

// Append writes the number in plain digits.
func (a Amount) Append(b []byte) []byte {
	if a.Places == 0 {
		return strconv.AppendInt(b, a.Units, 10)
	}
	units := a.Units
	if units < 0 {
		b, units = append(b, '-'), -units
	}
	b = strconv.AppendInt(b, units/Tens[a.Places], 10)
	b = append(b, '.')
	fraction := units % Tens[a.Places]
	for i := a.Places - 1; i > 0 && fraction < Tens[i]; i-- {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, fraction, 10)
}

// Width is how many characters the number takes with a comma at every third
// digit and at least so many decimals.
func (a Amount) Width(decimals int32) int {
	units, n := a.Units/Tens[a.Places], 0
	if a.Units < 0 {
		n, units = 1, -units
	}
	whole := 1
	for whole < len(Tens) && units >= Tens[whole] {
		whole++
	}
	n += whole + (whole-1)/3
	if d := max(decimals, a.Places); d > 0 {
		n += 1 + int(d)
	}
	return n
}

// Parse reads a number in plain digits, as [Text] and [Fixed] write it. ok is false for one
// that an amount cannot hold, or that is written otherwise.
func Parse(text string) (a Amount, ok bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" || len(digits) > AmountDigits || digits[0] == '.' || digits[len(digits)-1] == '.' {
		return Amount{}, false
	}
	point := false
	for i := range len(digits) {
		switch c := digits[i]; {
		case c >= '0' && c <= '9':
			a.Units = 10*a.Units + int64(c-'0')
			if point {
				a.Places++
			}
		case c == '.' && !point:
			point = true
		default:
			return Amount{}, false
		}
	}
	if negative {
		a.Units = -a.Units
	}
	return a.Trimmed(), true
}

// FromString is the number that a text is.
func FromString(text string) (s Sum, err error) {
	var ok bool
	if s.short, ok = Parse(text); !ok {
		s.long, err = decimal.NewFromString(text)
	}
	return s, err
}

// Fixed is the number with so many decimals, and whether it is an amount that needs no more.
func Fixed(d decimal.Decimal, places int32) (text string, ok bool) {
	a, ok := Of(d)
	if !ok || a.Places > places || places > AmountDigits {
		return "", false
	}
	units, ok := a.scaled(places)
	if !ok {
		return "", false
	}
	var b [2 * AmountDigits]byte
	return string(Amount{units, places}.Append(b[:0])), true
}

// Text is the number as decimal.Decimal writes it, in plain digits without needless zeros.
func Text(d decimal.Decimal) string {
	a, ok := Of(d)
	if !ok {
		return d.String()
	}
	var b [2 * AmountDigits]byte
	return string(a.Append(b[:0]))
}

// Sum is a number, and adds up others: quickly while they are amounts.
type Sum struct {
	short Amount
	long  decimal.Decimal
}

// Add adds a number.
func (s *Sum) Add(d decimal.Decimal) {
	if a, ok := Of(d); ok {
		if t, ok := s.short.Plus(a); ok {
			s.short = t
			return
		}
	}
	s.long = s.long.Add(d)
}

// AddSum adds another sum.
func (s *Sum) AddSum(t *Sum) {
	if sum, ok := s.short.Plus(t.short); ok && t.long.IsZero() {
		s.short = sum
		return
	}
	s.long = s.long.Add(t.Decimal())
}

// String is the sum in plain digits.
func (s *Sum) String() string { return s.Decimal().String() }

// Sign is -1 for a sum below zero, 0 for zero and 1 above.
func (s *Sum) Sign() int {
	if s.long.IsZero() {
		return cmp.Compare(s.short.Units, 0)
	}
	return s.Decimal().Sign()
}

// EqualSum reports whether two sums are the same number.
func (s *Sum) EqualSum(t *Sum) bool {
	if s.long.IsZero() && t.long.IsZero() {
		return s.short == t.short
	}
	return s.Decimal().Equal(t.Decimal())
}

// Equal reports whether the sum is a number.
func (s *Sum) Equal(d decimal.Decimal) bool {
	if a, ok := Of(d); ok && s.long.IsZero() {
		return a == s.short
	}
	return s.Decimal().Equal(d)
}

// Decimal is the sum so far.
func (s Sum) Decimal() decimal.Decimal { return s.long.Add(s.short.decimal()) }

// Places is how many decimals the number needs.
func Places(d decimal.Decimal) int32 {
	if a, ok := Of(d); ok {
		return a.Places
	}
	_, fraction, _ := strings.Cut(d.String(), ".")
	return int32(len(fraction))
}
