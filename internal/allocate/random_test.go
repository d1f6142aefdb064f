package allocate_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/tender"
)

// randomOffer draws a small offer with every switch of the terms.
func randomOffer(t *rapid.T) *tender.Offer {
	o := &tender.Offer{
		ID: "random", Zone: time.UTC,
		Acceptance: tender.Acceptance{
			Order:                rapid.SampledFrom([]tender.Order{tender.OrderPriority, tender.OrderEarlyFirst}).Draw(t, "order"),
			Shortfall:            rapid.SampledFrom([]tender.Shortfall{tender.Prorate, tender.Prorate, tender.Prorate, tender.AllOrNoneSkip, tender.AllOrNoneStop}).Draw(t, "shortfall"),
			Factor:               rapid.SampledFrom([]tender.FactorRule{tender.FactorMaximal, tender.FactorMaximal, tender.FactorRatio}).Draw(t, "factor"),
			BelowMinimum:         rapid.SampledFrom([]tender.SmallPiece{"REJT", "MIEX", "MILD", "MILU", "FULL"}).Draw(t, "below minimum"),
			ReturnedBelowMinimum: rapid.SampledFrom([]tender.SmallPiece{"KEEP", "ACPT", "ADJT", "REJT"}).Draw(t, "returned below minimum"),
		},
		Rates: []tender.Rate{
			{From: "EUR", To: "USD", Rate: decimal.RequireFromString("1.2973")},
			{From: "USD", To: "JPY", Rate: decimal.RequireFromString("103.75")},
			{From: "EUR", To: "JPY", Rate: decimal.RequireFromString("134.595")},
		},
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "series") {
		o.Series = append(o.Series, randomSeries(t, i))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "caps") {
		o.Caps = append(o.Caps, randomCap(t, o, i))
	}
	return o
}

func randomSeries(t *rapid.T, i int) tender.Series {
	multiple := rapid.SampledFrom([]int64{1, 10}).Draw(t, "multiple")
	s := tender.Series{
		ID:       fmt.Sprintf("s%d", i),
		Currency: rapid.SampledFrom([]string{"USD", "USD", "EUR", "JPY"}).Draw(t, "currency"),
		Priority: rapid.IntRange(0, 3).Draw(t, "level"),
		Denomination: tender.Denomination{
			Multiple: decimal.NewFromInt(multiple),
			Minimum:  decimal.NewFromInt(multiple * rapid.SampledFrom([]int64{1, 1, 2, 3, 4, 7, 20}).Draw(t, "minimum")),
		},
		TenderOfferConsideration: decimal.New(rapid.Int64Range(500, 1100).Draw(t, "price"), 0),
		EarlyTenderPayment:       decimal.New(rapid.Int64Range(0, 50).Draw(t, "early payment"), -1),
	}
	if s.HasMaximum = rapid.Bool().Draw(t, "has maximum"); s.HasMaximum {
		s.MaximumOfferAmount = decimal.NewFromInt(rapid.Int64Range(0, 200).Draw(t, "maximum"))
	}
	return s
}

func randomCap(t *rapid.T, o *tender.Offer, i int) tender.Cap {
	c := tender.Cap{
		Name:     fmt.Sprintf("cap %d", i),
		Amount:   decimal.New(rapid.Int64Range(0, 40000).Draw(t, "cap"), -2),
		Currency: rapid.SampledFrom([]string{"USD", "EUR", "JPY"}).Draw(t, "cap currency"),
		Measure:  rapid.SampledFrom([]tender.Measure{tender.MeasurePrincipal, tender.MeasurePurchasePrice}).Draw(t, "measure"),
	}
	for _, s := range o.Series {
		if s.Priority > 0 && i > 0 && rapid.Bool().Draw(t, "covered") {
			c.Series = append(c.Series, s.ID)
		}
	}
	return c
}

// randomBook draws tenders for the offer.
func randomBook(t *rapid.T, o *tender.Offer) *tender.Book {
	b := &tender.Book{}
	for i := range rapid.IntRange(0, 12).Draw(t, "tenders") {
		s := rapid.SampledFrom(o.Series).Draw(t, "of series")
		units := rapid.Int64Range(1, rapid.SampledFrom([]int64{12, 12, 50}).Draw(t, "most")).Draw(t, "units")
		odd := decimal.Zero // a tender that is no multiple, let pass by the issuer
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			odd = s.Denomination.Multiple.Div(decimal.NewFromInt(10)).Truncate(0)
		}
		b.Lines = append(b.Lines, tender.Line{
			Instruction: &tender.Instruction{
				ID: fmt.Sprintf("%03d", i), Series: s.ID,
				Principal: s.Denomination.Multiple.Mul(decimal.NewFromInt(units)).Add(odd),
			},
			Window: rapid.SampledFrom(tender.Windows[:]).Draw(t, "window"),
		})
	}
	return b
}
