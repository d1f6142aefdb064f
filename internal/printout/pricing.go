package printout

import (
	"fmt"
	"io"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// Pricing shows how each price was computed, and why others are not.
func Pricing(out io.Writer, e *pipeline.CheckResult) error {
	p := &Printer{w: out}
	p.Linef("%s: %s, prices as of %s, terms version %d", e.Offer.ID, e.Offer.Issuer,
		tender.WallTime(e.AsOf, e.Offer.Zone), e.Offer.Version())
	for i := range e.Offer.Series {
		s := &e.Offer.Series[i]
		switch price := e.Prices[i]; {
		case price != nil:
			p.derivation(s, price)
		case e.Offer.AuctionOf(s.ID) != nil:
			p.Linef("\n%s: in an auction; what follows from the clearing level is on the sheet Pricing of a run", s.ID)
		case s.AtSpread():
			p.Linef("\n%s: no price yet", s.ID)
		default:
			p.Linef("\n%s: fixed price, %s per 1,000 early, %s late", s.ID, tender.Thousands(s.Price(tender.Early)),
				tender.Thousands(s.Price(tender.Late)))
		}
	}
	for _, w := range e.Warnings {
		if slices.Contains([]tender.WarningCode{tender.WarnNoPrice, tender.WarnCapSuspended}, w.Code) {
			p.Linef("warning: %s", w)
		}
	}
	return p.err
}

// derivation shows how a price follows from its yield, step by step.
func (p *Printer) derivation(s *tender.Series, r *pricing.Result) {
	y, first := &r.Yield, r.Payments[0].Exponent
	p.Linef("\n%s: %s", s.ID, s.Title)
	p.Linef("  yield       %s percent: %s%s", percentText(y.Percent), s.Spread.Reference, referenceSource(y))
	p.Linef("              %s", y)
	p.Linef("  priced to   %s: %s", r.Horizon.Date, r.Horizon.Reason)
	p.Linef("  settlement  %s; interest accrues from %s, S = %d of E = %d days (%s)", r.Settlement, r.Accrual.From,
		first.Days, first.Of, s.Interest.DayCount)
	rate := fmt.Sprintf("(1 + %s/%d)", y.Percent.Shift(-2), s.Interest.Frequency)
	how := rate + " ^ exponent"
	if r.FinalPeriod == tender.Simple {
		how = fmt.Sprintf("(1 + %s/%d x exponent), simple interest", y.Percent.Shift(-2), s.Interest.Frequency)
	}
	p.Linef("  discounted by %s, with exponent = k - S/E:", how)
	rows := [][]string{{"  date", "interest", "principal", "exponent", "discount factor", "present value"}}
	for i := range r.Payments {
		pay := &r.Payments[i]
		rows = append(rows, []string{"  " + pay.Date.String(), pay.Interest.String(), pay.Principal.String(),
			pay.Exponent.String(), pay.Factor.String(), pay.PresentValue.String()})
	}
	p.Table(rows)
	p.Linef("  sum of the present values  %s", r.Sum)
	p.Linef("  less accrued interest      %s", r.Accrued)
	p.Linef("  price, not rounded         %s", r.Unrounded)
	p.Linef("  price                      %s per %d, to %d decimals, half up", r.Price.StringFixed(r.Rounding.Decimals),
		r.Rounding.Per, r.Rounding.Decimals)
	if !s.Spread.Printed.IsZero() {
		p.Linef("  agrees with the printed price of %s", s.Spread.Printed)
	}
	if !s.EarlyTenderPayment.IsZero() {
		p.Linef("  late tenders: less the early payment of %s, %s per 1,000", tender.Thousands(s.EarlyTenderPayment),
			tender.Thousands(s.TenderOfferConsideration))
	}
}

// referenceSource says where the yield of a reference comes from, "" if it is stated in the terms.
func referenceSource(y *pricing.Yield) string {
	switch {
	case y.Solution != nil:
		return fmt.Sprintf(", whose bid price gives %s, rounded from %s", percentText(y.Reference), y.Solution.Unrounded)
	case len(y.Points) == 2:
		return fmt.Sprintf(", interpolated between %s for %s and %s for %s", y.Points[0].Rate, y.Points[0].Maturity,
			y.Points[1].Rate, y.Points[1].Maturity)
	}
	return ""
}

// percentText is a yield with the three decimals of documents at least.
func percentText(d decimal.Decimal) string {
	const usual = 3
	return d.StringFixed(max(usual, -d.Exponent()))
}

// Prices lists the prices that were computed, below a title; nothing if none was.
func (p *Printer) Prices(title string, r *result.Run) {
	rows := [][]string{{"series", "", "yield", "priced to", "Total Consideration", "late"}}
	for i := range r.Offer.Series {
		s, price := &r.Offer.Series[i], r.PriceOf(i)
		if price == nil {
			continue
		}
		rows = append(rows, []string{s.ID, s.Currency, percentText(price.Yield.Percent), price.Horizon.Date.String(),
			tender.Thousands(s.TotalConsideration()), tender.Thousands(s.TenderOfferConsideration)})
	}
	if len(rows) == 1 {
		return
	}
	p.Linef("%s", title)
	p.Table(rows)
	p.Linef("")
}
