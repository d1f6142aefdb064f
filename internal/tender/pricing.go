package tender

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Pricing is how the prices of an offer's series at a spread are computed, and from when on
// there are any; the zero Pricing means that the offer has none.
type Pricing struct {
	At         time.Time // Price Determination Time; before it no series at a spread has a price
	Settlement Window    // whose settlement date prices are computed for
	Per        int       // 1000 or 100 of principal, to which prices refer
	Decimals   int32     // to which a price is rounded, half up
	Final      FinalPeriod

	// Ahead says that the terms are those of an instant before At, so that there is no price,
	// whatever is known of the references.
	Ahead bool
}

// FinalPeriod says how the only payment left in the running interest period is discounted.
type FinalPeriod string

// The rules for the final period.
const (
	Compound FinalPeriod = "compound" // as every other
	Simple   FinalPeriod = "simple"   // by 1 + Y/f * (1 - S/E)
)

// HorizonRule says to which day a note is priced.
type HorizonRule string

// The horizon rules.
const (
	ParCallBelowCoupon HorizonRule = "par_call_below_coupon" // the par call date; from the coupon up, maturity
	ToParCall          HorizonRule = "par_call"
	ToMaturity         HorizonRule = "maturity"
)

// Spread says what a series is priced at, in place of a fixed price; the zero Spread means that
// the price is fixed.
type Spread struct {
	Reference    string          // its name
	BasisPoints  decimal.Decimal // added to its yield, also negative
	EarlyPayment decimal.Decimal // in the price, in the unit of the price
	Printed      decimal.Decimal // Total Consideration as the issuer printed it, in that unit; zero: not given
}

// ReferenceKind says what the spread is added to, and how often a year that rate compounds.
type ReferenceKind string

// The kinds of reference.
const (
	Treasury   ReferenceKind = "treasury" // as the note pays
	Gilt       ReferenceKind = "gilt"     // semi-annual
	Bund       ReferenceKind = "bund"     // annual
	MidSwap    ReferenceKind = "mid_swap" // annual
	FixedYield ReferenceKind = "yield"    // as the note pays
)

// Currency is that of the notes which are priced off such a reference, "" for any.
func (k ReferenceKind) Currency() string {
	return map[ReferenceKind]string{Treasury: "USD", Gilt: "GBP", Bund: "EUR"}[k]
}

// Reference is the rate to which the spread is added. It is printed in the documents (HasYield), or
// follows from the bid price of a Treasury (Quote) or from mid-swap rates around the horizon (Points).
type Reference struct {
	Name     string
	Kind     ReferenceKind
	Yield    decimal.Decimal // percent, as printed
	HasYield bool
	Quote    *TreasuryQuote
	Points   []SwapRate // from the shortest to the longest
	Decimals int32      // of a yield that follows from a Quote or from Points: three in most documents

	// AnnualDecimals are those of a gilt yield plus spread that was made annual; nil: it is not rounded.
	AnnualDecimals *int32
}

// TreasuryQuote is the bid price of a Treasury, from which its yield follows.
type TreasuryQuote struct {
	Coupon     decimal.Decimal // percent
	Maturity   Date
	BidPrice   decimal.Decimal // percent of principal
	Settlement Date            // of a trade in it: the next business day
}

// SwapRate is a mid-swap rate for one maturity.
type SwapRate struct {
	Maturity Date
	Rate     decimal.Decimal // percent
}

// Known reports whether the reference has a rate yet.
func (r *Reference) Known() bool { return r.HasYield || r.Quote != nil || len(r.Points) > 0 }

// ReferenceByName returns the position of the reference in the offer and whether there is one.
func (o *Offer) ReferenceByName(name string) (int, bool) {
	i := slices.IndexFunc(o.References, func(r Reference) bool { return r.Name == name })
	return i, i >= 0
}

// PricingDate is the settlement date for which prices are computed. It stays the early one once
// that has passed: late tenders are paid the price of then.
func (o *Offer) PricingDate() Date {
	if o.Pricing.Settlement == Early && !o.Settlement.Early.IsZero() {
		return o.Settlement.Early
	}
	return o.Settlement.Final
}

// AtSpread reports whether the price of the series is computed from a spread.
func (s *Series) AtSpread() bool { return s.Spread.Reference != "" }

// HasPrice reports whether it is known what the series is paid: one at a spread has no price
// before it was computed.
func (s *Series) HasPrice() bool { return !s.AtSpread() || s.TenderOfferConsideration.Sign() > 0 }

// WithoutPrice are the ids of the series that have no price yet.
func (o *Offer) WithoutPrice() (ids []string) {
	for i := range o.Series {
		if !o.Series[i].HasPrice() {
			ids = append(ids, o.Series[i].ID)
		}
	}
	return ids
}

// SetPrice sets what a series at a spread is paid, from the rounded price per so much principal. A
// zero price means that there is none yet.
func (s *Series) SetPrice(price decimal.Decimal, per int) {
	unit := decimal.NewFromInt(int64(PerThousand / per))
	s.EarlyTenderPayment, s.TenderOfferConsideration = s.Spread.EarlyPayment.Mul(unit), decimal.Zero
	if price.Sign() > 0 {
		s.TenderOfferConsideration = price.Sub(s.Spread.EarlyPayment).Mul(unit)
	}
}

// BidSpread is the spread over a reference that a bid for a series of an auction means. The early
// payment of such a series is per 1,000 in the terms, whatever prices refer to.
func (o *Offer) BidSpread(s *Series, reference string, basisPoints decimal.Decimal) Spread {
	unit := decimal.New(int64(o.Pricing.Per), -3)
	return Spread{Reference: reference, BasisPoints: basisPoints, EarlyPayment: s.EarlyTenderPayment.Mul(unit)}
}

// suspended is the cap, with what it cannot be applied for want of: the series without a price
// that count against it, if it counts money, and the rates that are not fixed yet.
func (o *Offer) suspended(c Cap) Cap {
	for i := range o.Series {
		s := &o.Series[i]
		if !c.reaches(s) && !slices.Contains(c.Beside, s.ID) {
			continue
		}
		if c.Measure != MeasurePrincipal && !s.HasPrice() {
			c.Unpriced = append(c.Unpriced, s.ID)
		}
		if pair := s.Currency + "/" + c.Currency; o.RateToCome(s.Currency, c.Currency) && !slices.Contains(c.Unrated, pair) {
			c.Unrated = append(c.Unrated, pair)
		}
	}
	if !c.Applied() {
		c.Beside = nil
	}
	return c
}
