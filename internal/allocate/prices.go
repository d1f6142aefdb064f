package allocate

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Prices are what an allocation needs and the terms do not state as a number, per 1,000
// of principal. The zero Prices knows none, and is enough unless a cap counts accrued
// interest, or money in an auction by spread or premium.
type Prices struct {
	// Accrued is the interest on a series accrued to the settlement of a window.
	Accrued func(series string, w tender.Window) (*big.Rat, error)
	// AtSpread is the price of a series at a spread in basis points, with the early payment in it.
	AtSpread func(series string, spread decimal.Decimal) (decimal.Decimal, error)
	Then     []Prices // those of the settlements of the book; none: as now
}

var thousand = big.NewRat(tender.PerThousand, 1)

// unit is what one minor unit of principal of a series counts for under a cap, if the price is
// that given: exactly, in the cap's currency.
func (p *Prices) unit(o *tender.Offer, c tender.Cap, s tender.Series, w tender.Window, price *big.Rat) (
	*big.Rat, error) {
	rate, ok := o.Rate(s.Currency, c.Currency)
	if !ok {
		return nil, fmt.Errorf("cap %s: no exchange rate from %s to %s in the offer", c.Name, s.Currency, c.Currency)
	}
	value := new(big.Rat).Mul(rate, big.NewRat(1, newCurrency(s.Currency).perUnit))
	switch c.Measure {
	case tender.MeasurePrincipal:
		return value, nil
	case tender.MeasureWithAccrued:
		if p.Accrued == nil {
			return nil, fmt.Errorf("cap %s: it counts accrued interest, which is not known yet", c.Name)
		}
		accrued, err := p.Accrued(s.ID, w)
		if err != nil {
			return nil, fmt.Errorf("cap %s: %w", c.Name, err)
		}
		price = new(big.Rat).Add(price, accrued)
	}
	value.Mul(value, price)
	return value.Quo(value, thousand), nil
}

// settledUnit is the same for a tender that was settled at terms of its own, which count
// instead of those of now.
func settledUnit(o *tender.Offer, c tender.Cap, s tender.Series, at *tender.SettledTerms) (*big.Rat, error) {
	then := *o
	if len(at.Rates) > 0 {
		then.Rates = at.Rates
	}
	paid := Prices{Accrued: func(string, tender.Window) (*big.Rat, error) { return at.Interest(), nil }}
	return paid.unit(&then, c, s, tender.Early, at.Price().Rat())
}
