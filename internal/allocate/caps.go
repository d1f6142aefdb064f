package allocate

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// capState is a cap during the waterfall. What it counts is kept as an integer
// number of grains: a grain is the largest amount of the cap's currency of which
// the cap's amount and the weight of every cent of principal under it are whole
// multiples. So nothing is ever rounded in a cap.
type capState struct {
	tender.Cap
	exceeded bool              // above its amount, by a rule that may do so
	all      bool              // it covers every series that has a level
	grain    *big.Rat          // currency units of the cap in one grain
	weight   map[cell]*big.Int // grains that one minor unit of principal counts for
	limit    *big.Int          // grains
	used     *big.Int          // grains
}

// cell is one series in one window: the tenders in it count alike and are paid
// alike.
type cell struct {
	series int // position in the offer
	window tender.Window
}

// newCapState works out the grains of a cap. An error means that the offer has
// no exchange rate the cap needs.
func newCapState(o *tender.Offer, c tender.Cap) (*capState, error) {
	exact := map[cell]*big.Rat{}
	common := new(big.Int).Set(c.Amount.Rat().Denom())
	for i, s := range o.Series {
		if !c.Covers(s) {
			continue
		}
		rate, ok := o.Rate(s.Currency, c.Currency)
		if !ok {
			return nil, fmt.Errorf("cap %s: no exchange rate from %s to %s in the offer", c.Name, s.Currency, c.Currency)
		}
		for _, w := range tender.Windows {
			value := new(big.Rat).Mul(rate, big.NewRat(1, newCurrency(s.Currency).perUnit))
			if c.Measure == tender.MeasurePurchasePrice {
				value.Mul(value, s.Price(w).Rat())
				value.Quo(value, big.NewRat(tender.PerThousand, 1))
			}
			exact[cell{i, w}] = value
			common = lcm(common, value.Denom())
		}
	}
	state := &capState{
		Cap: c, all: o.CoversAll(c),
		grain:  new(big.Rat).SetFrac(big.NewInt(1), common),
		weight: make(map[cell]*big.Int, len(exact)),
		limit:  grains(c.Amount.Rat(), common),
		used:   new(big.Int),
	}
	for key, value := range exact {
		state.weight[key] = grains(value, common)
	}
	return state, nil
}

// grains is value * common, where common is a multiple of value's denominator.
func grains(value *big.Rat, common *big.Int) *big.Int {
	n := new(big.Int).Mul(value.Num(), common)
	return n.Quo(n, value.Denom())
}

func lcm(a, b *big.Int) *big.Int {
	gcd := new(big.Int).GCD(nil, nil, a, b)
	return gcd.Mul(new(big.Int).Quo(a, gcd), b)
}

// counts returns the grains that some principal of a cell counts for under the
// cap, zero if the cap does not cover the cell.
func (c *capState) counts(in cell, minor int64) *big.Int {
	weight, covered := c.weight[in]
	if !covered {
		return new(big.Int)
	}
	return new(big.Int).Mul(weight, big.NewInt(minor))
}

// left is what is left of the cap, in grains; negative only under R11.
func (c *capState) left() *big.Int { return new(big.Int).Sub(c.limit, c.used) }

// amount turns grains into the cap's currency. Rates and prices are decimals,
// so a grain nearly always is one; a grain of an inverse rate may not be, and is
// then shown to 12 places.
func (c *capState) amount(grains *big.Int) decimal.Decimal {
	value := new(big.Rat).Mul(c.grain, new(big.Rat).SetInt(grains))
	if d, ok := NewFactor(value).Shown(); ok {
		return d
	}
	const places = 12
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(places), nil)
	digits := new(big.Int).Mul(value.Num(), shift)
	return decimal.NewFromBigInt(digits.Quo(digits, value.Denom()), -places)
}
