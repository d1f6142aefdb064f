package allocate

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// currency turns amounts into minor units and back, exactly.
type currency struct {
	code    string
	places  int32 // decimals of the minor unit
	perUnit int64 // minor units in one unit
}

func newCurrency(code string) currency {
	places, known := tender.MinorUnits(code)
	if !known {
		places = 2
	}
	c := currency{code: code, places: places, perUnit: 1}
	for range places {
		c.perUnit *= 10
	}
	return c
}

// minor is an amount in minor units.
func (c currency) minor(amount decimal.Decimal) (int64, error) {
	const few, most = 15, 18 // digits that fit in an int64, before and after the scaling
	if amount.Exponent() == 0 && amount.NumDigits() <= few {
		return amount.IntPart() * c.perUnit, nil // nearly always, and without allocating
	}
	units := amount.Shift(c.places)
	if !units.IsInteger() {
		return 0, fmt.Errorf("%s %s is not a whole number of the currency's smallest unit", c.code, amount)
	}
	if units = units.Truncate(0); units.NumDigits() > most {
		return 0, fmt.Errorf("%s %s is too large", c.code, amount)
	}
	return units.IntPart(), nil
}

// amount is some minor units as an amount.
func (c currency) amount(minor int64) decimal.Decimal {
	if minor%c.perUnit == 0 {
		return decimal.NewFromInt(minor / c.perUnit)
	}
	return decimal.New(minor, -c.places)
}
