package pricing_test

import (
	"errors"
	"testing"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// pricedOffer is an offer with one series at a spread, settled early on 10 September 2025.
func pricedOffer() *tender.Offer {
	return &tender.Offer{
		Settlement: tender.Settlement{Early: date("2025-09-10"), Final: date("2025-09-25")},
		Pricing:    tender.Pricing{Settlement: tender.Early, Per: 1000, Decimals: 2, Final: tender.Compound},
		References: []tender.Reference{{Name: "UST 2027", Kind: tender.Treasury, HasYield: true, Yield: dec("3.620")}},
		Series: []tender.Series{{
			ID: "2027", Maturity: date("2027-02-25"), ParCall: date("2027-01-25"), Horizon: tender.ParCallBelowCoupon,
			Spread:   tender.Spread{Reference: "UST 2027", BasisPoints: dec("20"), EarlyPayment: dec("30"), Printed: dec("1021.65")},
			Interest: tender.Interest{Coupon: dec("5.450"), DayCount: tender.Thirty360, Frequency: 2, LastPaid: date("2025-08-25")},
		}, {ID: "fixed", TenderOfferConsideration: dec("990"), EarlyTenderPayment: dec("10")}},
	}
}

func TestTheSeriesOfAnOfferArePriced(t *testing.T) {
	o := pricedOffer()
	prices, err := pricing.SetPrices(o)
	if err != nil {
		t.Fatal(err)
	}
	if s := &o.Series[0]; !s.TenderOfferConsideration.Equal(dec("991.65")) || !s.EarlyTenderPayment.Equal(dec("30")) || prices[0] == nil {
		t.Errorf("%+v", s)
	}
	if s := &o.Series[1]; !s.TenderOfferConsideration.Equal(dec("990")) || prices[1] != nil {
		t.Errorf("a fixed price was changed: %+v", s)
	}
	o.References[0].HasYield = false
	if prices, err = pricing.SetPrices(o); err != nil || prices[0] != nil || o.Series[0].HasPrice() {
		t.Errorf("without a yield: %v, %v, %+v", prices, err, o.Series[0])
	}
}

func TestAnOfferThatCannotBePriced(t *testing.T) {
	for _, c := range []struct {
		kind   pricing.ErrorKind
		key    string
		change func(*tender.Offer)
	}{
		{pricing.Unknown, "spread.reference", func(o *tender.Offer) { o.Series[0].Spread.Reference = "UST 2028" }},
		{pricing.Unknown, "pricing.settlement", func(o *tender.Offer) { o.Pricing.Settlement = "interim" }},
		{pricing.Missing, "pricing.settlement", func(o *tender.Offer) { o.Pricing.Settlement = "" }},
		{pricing.Unknown, "reference.kind", func(o *tender.Offer) { o.References[0].Kind = "bill" }},
		{pricing.Unknown, "horizon", func(o *tender.Offer) { o.Series[0].Horizon = "first_call" }},
		{pricing.Unknown, "final_period", func(o *tender.Offer) { o.Pricing.Final = "linear" }},
		{pricing.Unknown, "per", func(o *tender.Offer) { o.Pricing.Per = 1 }},
		{pricing.Contradiction, "total_consideration", func(o *tender.Offer) { o.Series[0].Spread.Printed = dec("1021.56") }},
		{pricing.Contradiction, "early_tender_payment", func(o *tender.Offer) { o.Series[0].Spread.EarlyPayment = dec("1021.65") }},
	} {
		o := pricedOffer()
		c.change(o)
		var fault *pricing.Error
		if _, err := pricing.SetPrices(o); !errors.As(err, &fault) || fault.Kind != c.kind || fault.Key != c.key || fault.Advice == "" {
			t.Errorf("%s of %s: %v", c.kind, c.key, err)
		}
	}
}
