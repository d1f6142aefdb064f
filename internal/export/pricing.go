package export

import (
	"slices"

	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// pricingJSON is how the price of a series at a spread was computed.
type pricingJSON struct {
	Reference      string `json:"reference"`
	ReferenceYield string `json:"reference_yield"`
	BasisPoints    string `json:"basis_points"`
	Yield          string `json:"yield"`
	SettlementDate string `json:"settlement_date"`
	Horizon        string `json:"horizon"`
	Why            string `json:"why"`
	Per            int    `json:"per"`
	Unrounded      string `json:"unrounded"` // to six decimals
	Price          string `json:"price"`
}

// newPricingJSON is nil for a series without a computed price.
func newPricingJSON(r *result.Run, i int) *pricingJSON {
	p := r.PriceOf(i)
	if p == nil {
		return nil
	}
	return &pricingJSON{
		Reference: r.Offer.Series[i].Spread.Reference, ReferenceYield: p.Yield.Reference.String(),
		BasisPoints: p.Yield.BasisPoints.String(), Yield: p.Yield.Percent.String(),
		SettlementDate: p.Settlement.String(), Horizon: p.Horizon.Date.String(), Why: p.Horizon.Reason,
		Per: p.Rounding.Per, Unrounded: p.Unrounded.StringFixed(6), Price: p.Price.StringFixed(p.Rounding.Decimals),
	}
}

// pricesJSON are the prices of a series, null where there is none yet.
func pricesJSON(s *tender.Series) (consideration, total *string) {
	if !s.HasPrice() || s.TenderOfferConsideration.IsZero() { // or each tender is paid its own bid
		return nil, nil
	}
	late, early := s.TenderOfferConsideration.String(), s.TotalConsideration().String()
	return &late, &early
}

// cashTexts are consideration, early payment, interest and total of a line; empty if its series has no
// price yet, unless it was paid before.
func cashTexts(c *settle.Line, series, currency string, without []string) []string {
	if slices.Contains(without, series) && c.Payment < 0 {
		return make([]string, 4)
	}
	return []string{
		tender.CashText(c.Consideration, currency), tender.CashText(c.EarlyPayment, currency),
		tender.CashText(c.AccruedInterest, currency), tender.CashText(c.Total(), currency),
	}
}
