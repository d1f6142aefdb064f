package allocate

import (
	"math/big"
	"slices"

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
	over     []bool            // by pool: it limits every series of the pool
	wide     int               // the pools that it limits as a whole
	grain    *big.Rat          // currency units of the cap in one grain
	weight   map[cell]*big.Int // grains that one minor unit of principal counts for
	beside   map[cell]*big.Int // the same of what counts without being limited
	limit    *big.Int          // grains
	used     *big.Int          // grains
	claimed  *big.Int          // grains that tenders use up which are not bought
	apart    []*big.Int        // grains of what was settled at terms of its own, by settlement
}

// cell is one series in one window, in an auction at one level: the tenders in it count
// alike and are paid alike.
type cell struct {
	series int // position in the offer
	window tender.Window
	rung   int // of an auction, best first; 0 elsewhere
}

// newCapState works out the grains of a cap. An error means that the offer has
// no exchange rate the cap needs, or that interest is not known.
func (w *waterfall) newCapState(c tender.Cap) (*capState, error) {
	o := w.offer
	limited, beside := map[cell]*big.Rat{}, map[cell]*big.Rat{}
	for i, s := range o.Series {
		to := limited
		switch {
		case c.Covers(s):
		case besides(c, s.ID):
			to = beside
		default:
			continue
		}
		for _, window := range tender.Windows {
			value, err := w.prices.unit(o, c, s, window, s.Price(window).Rat())
			if err != nil {
				return nil, err
			}
			to[cell{series: i, window: window}] = value
		}
	}
	apart, err := w.partsUnder(c, func(s tender.Series) bool { return c.Covers(s) || besides(c, s.ID) })
	if err != nil {
		return nil, err
	}
	state := newGrains(c, limited, beside, apart)
	for i, p := range w.pools {
		all := !slices.ContainsFunc(o.Series, func(s tender.Series) bool {
			return s.Priority > 0 && s.Pool == p.name && !c.Covers(s)
		})
		state.over = append(state.over, all)
		if state.over[i] {
			state.wide++
		}
	}
	return state, nil
}

// besides reports whether a series counts against a cap that does not limit it.
func besides(c tender.Cap, series string) bool { return slices.Contains(c.Beside, series) }

// newGrains is the state of a cap under which cells count for so much.
func newGrains(c tender.Cap, limited, beside map[cell]*big.Rat, apart []*big.Rat) *capState {
	common := c.Amount.Rat().Denom()
	for _, value := range apart {
		common = lcm(common, value.Denom())
	}
	for _, values := range []map[cell]*big.Rat{limited, beside} {
		for _, value := range values {
			common = lcm(common, value.Denom())
		}
	}
	state := &capState{
		Cap:    c,
		grain:  new(big.Rat).SetFrac(big.NewInt(1), common),
		weight: make(map[cell]*big.Int, len(limited)),
		beside: make(map[cell]*big.Int, len(beside)),
		limit:  grains(c.Amount.Rat(), common),
		used:   new(big.Int), claimed: new(big.Int),
	}
	for _, value := range apart {
		state.apart = append(state.apart, grains(value, common))
	}
	for key, value := range limited {
		state.weight[key] = grains(value, common)
	}
	for key, value := range beside {
		state.beside[key] = grains(value, common)
	}
	return state
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
func (c *capState) left() *big.Int {
	left := new(big.Int).Sub(c.limit, c.used)
	return left.Sub(left, c.claimed)
}

// use counts some principal of a cell against the cap.
func (c *capState) use(in cell, minor int64) {
	c.used.Add(c.used, c.counts(in, minor))
	if weight, ok := c.beside[in]; ok {
		c.used.Add(c.used, new(big.Int).Mul(weight, big.NewInt(minor)))
	}
}

// claim uses up what is left of the cap by principal that was tendered and is not bought.
func (c *capState) claim(in cell, minor int64) {
	claimed, left := c.counts(in, minor), c.left()
	if claimed.Cmp(left) > 0 {
		claimed = left
	}
	if claimed.Sign() > 0 {
		c.claimed.Add(c.claimed, claimed)
	}
}

// unused is the amount of the cap that nothing was bought with.
func (c *capState) unused() decimal.Decimal { return c.amount(new(big.Int).Sub(c.limit, c.used)) }

// amount turns grains into the cap's currency.
func (c *capState) amount(grains *big.Int) decimal.Decimal {
	return inDecimals(new(big.Rat).Mul(c.grain, new(big.Rat).SetInt(grains)))
}

// inDecimals is a value as a decimal. Rates and prices are decimals, so what they make nearly
// always is one; that of an inverse rate may not be, and is then shown to 12 places.
func inDecimals(value *big.Rat) decimal.Decimal {
	if d, ok := NewFactor(value).Shown(); ok {
		return d
	}
	const places = 12
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(places), nil)
	digits := new(big.Int).Mul(value.Num(), shift)
	return decimal.NewFromBigInt(digits.Quo(digits, value.Denom()), -places)
}
