package pricing

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// OfSeries computes the price of a series of an offer, given by its place, and compares it with the
// printed one; nil if the series is at a fixed price, or its reference has no rate yet.
func OfSeries(o *tender.Offer, i int) (*Result, error) {
	s := &o.Series[i]
	if !s.AtSpread() {
		return nil, nil
	}
	at, ok := o.ReferenceByName(s.Spread.Reference)
	if !ok {
		return nil, fault(Unknown, "spread.reference", "add it to the references", "there is no reference %q",
			s.Spread.Reference)
	}
	if !o.References[at].Known() {
		return nil, nil
	}
	if err := known("pricing.settlement", o.Pricing.Settlement, tender.Early, tender.Late); err != nil {
		return nil, err
	}
	r, err := Price(Request{
		Note: Note{Interest: s.Interest, Maturity: s.Maturity, ParCall: s.ParCall}, Settlement: o.PricingDate(),
		Reference: o.References[at], BasisPoints: s.Spread.BasisPoints, Horizon: s.Horizon,
		FinalPeriod: o.Pricing.Final, Rounding: Rounding{Per: o.Pricing.Per, Decimals: o.Pricing.Decimals},
	})
	if err != nil {
		return nil, err
	}
	if s.Spread.Printed.Sign() > 0 {
		err = r.CheckPrinted(s.Spread.Printed)
	}
	if err == nil {
		_, err = r.Consideration(s.Spread.EarlyPayment)
	}
	return r, err
}

// SetPrices computes the prices of an offer's series at a spread and sets what each is paid. It
// returns how, for each series, nil where [OfSeries] gives none.
func SetPrices(o *tender.Offer) ([]*Result, error) {
	all := make([]*Result, len(o.Series))
	for i := range o.Series {
		r, err := OfSeries(o, i)
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", o.Series[i].ID, err)
		}
		all[i] = r
		switch {
		case r != nil:
			o.Series[i].SetPrice(r.Price, r.Rounding.Per)
		case o.Series[i].AtSpread():
			o.Series[i].SetPrice(decimal.Zero, o.Pricing.Per)
		}
	}
	return all, nil
}
