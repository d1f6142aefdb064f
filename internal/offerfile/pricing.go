package offerfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// usualYieldDecimals are those of yields as documents print them, and use them.
const usualYieldDecimals = 3

// readPricing reads how prices are computed.
func (r *termsReader) readPricing(f termsField, o *tender.Offer) {
	if !f.given() {
		return
	}
	m := f.mapping()
	p := tender.Pricing{At: m.need("at").instant(), Settlement: tender.Early, Per: tender.PerThousand}
	settlement := m.may("settlement")
	switch word := choice(settlement, "early", "final"); {
	case word == "final":
		p.Settlement = tender.Late
	case word == "early" && o.Settlement.Early.IsZero() && r.sound("dates.settlement.early"):
		r.faultAmong([]string{settlement.path, "dates.settlement.early"},
			"settlement is early, but the offer has no early settlement; write final, or add dates.settlement.early")
	}
	if choice(m.may("per"), "100", "1000") == "100" {
		p.Per = 100
	}
	p.Decimals = readDecimals(m.may("decimals"), map[int]int32{100: 3, tender.PerThousand: 2}[p.Per])
	p.Final = cmp.Or(choice(m.may("final_period"), tender.Compound, tender.Simple), tender.Compound)
	m.close()
	o.Pricing = p
}

// readDecimals reads to how many decimals a figure is rounded.
func readDecimals(f termsField, usual int32) int32 {
	const want = "1 to 8 decimals"
	if !f.given() {
		return usual
	}
	s, ok := f.scalar(want)
	if ok && (len(s) != 1 || s < "1" || s > "8") {
		f.fault("%s is not known; write %s", display.Quote(s), want)
		ok = false
	}
	if !ok {
		return usual
	}
	return int32(s[0] - '0')
}

// signed is an amount that may be below zero, zero if it is not given.
func (f termsField) signed() decimal.Decimal {
	s, ok := f.scalar("a number such as 3.620 or -35")
	if !ok {
		return decimal.Zero
	}
	digits, negative := strings.CutPrefix(s, "-")
	v, wrong := offerAmount(digits)
	if wrong != "" {
		f.fault("%s %s", display.Quote(s), wrong)
	}
	if negative {
		return v.Neg()
	}
	return v
}

// readReference reads what a spread is added to. Without a rate it is not known yet.
func (r *termsReader) readReference(f termsField) tender.Reference {
	m := f.mapping()
	name, yield := m.need("name"), m.may("yield")
	ref := tender.Reference{
		Name:     name.text(),
		Kind:     choice(m.need("kind"), tender.Treasury, tender.Gilt, tender.Bund, tender.MidSwap, tender.FixedYield),
		HasYield: yield.given(), Yield: yield.signed(), Decimals: usualYieldDecimals,
	}
	price, beside := m.may("bid_price"), m.may
	if price.given() {
		beside = m.need
	}
	quote := tender.TreasuryQuote{
		BidPrice: readBidPrice(price), Coupon: beside("coupon").amount(),
		Maturity: beside("maturity").date(), Settlement: beside("settlement").date(),
	}
	if price.given() {
		ref.Quote = &quote
	}
	for _, point := range m.may("points").filledList() {
		pm := point.mapping()
		ref.Points = append(ref.Points,
			tender.SwapRate{Maturity: pm.need("maturity").date(), Rate: pm.need("rate").signed()})
		pm.close()
	}
	if decimals := m.may("annual_decimals"); decimals.given() || m.node == nil || m.node.Entry("annual_decimals") == nil {
		n := readDecimals(decimals, usualYieldDecimals)
		ref.AnnualDecimals = &n
	}
	m.close()
	return ref
}

// readBidPrice reads the bid price of a Treasury.
func readBidPrice(f termsField) decimal.Decimal {
	s, ok := f.scalar("a price such as 99-21 3/4")
	if !ok {
		return decimal.Zero
	}
	v, err := pricing.ParseBidPrice(s)
	var fault *pricing.Error
	if errors.As(err, &fault) {
		f.fault("%s; %s", fault.Problem, fault.Advice)
	}
	return v
}

// readPrice reads what a series is paid, fixed prices or a spread, and returns the Total Consideration
// beside fixed prices, which is to be checked once all keys of the series are read.
func (r *termsReader) readPrice(m *termsMapping, s *tender.Series) (total termsField) {
	maturity := m.may
	m.either = map[string]string{"tender_offer_consideration": "spread"}
	spread := m.may("spread")
	if spread.given() {
		maturity = m.need
	}
	fixed, payment := m.may("tender_offer_consideration"), m.may("early_tender_payment")
	total = m.may("total_consideration")
	s.TenderOfferConsideration, s.EarlyTenderPayment = fixed.positive(), payment.amount()
	s.Maturity, s.ParCall = maturity("maturity").date(), m.may("par_call").date()
	s.Horizon = choice(m.may("horizon"), tender.ParCallBelowCoupon, tender.ToParCall, tender.ToMaturity)
	switch {
	case !spread.given() && !fixed.given():
		return termsField{} // needed, unless the series is in an auction: see checkPriced
	case !spread.given():
		return total
	}
	if fixed.given() {
		r.faultAmong([]string{fixed.path, spread.path},
			"tender_offer_consideration and spread are both given; a series has a fixed price or a spread: leave one out")
	}
	s.Horizon = cmp.Or(s.Horizon, tender.ParCallBelowCoupon)
	sm := spread.mapping()
	s.Spread = tender.Spread{
		Reference: sm.need("reference").text(), BasisPoints: sm.need("basis_points").signed(),
		EarlyPayment: s.EarlyTenderPayment, Printed: total.positive(),
	}
	sm.close()
	return termsField{}
}

// checkReferences checks that the rate of a reference is given in one way, and not beside what only
// another kind has.
func (r *termsReader) checkReferences(o *tender.Offer) {
	for i := range o.References {
		ref, path := &o.References[i], fmt.Sprintf("references[%d]", i)
		if !r.sound(path) {
			continue
		}
		under := func(key string) string { return strictyaml.PathTo(path, key) }
		given := 0
		for _, is := range []bool{ref.HasYield, ref.Quote != nil, len(ref.Points) > 0} {
			if is {
				given++
			}
		}
		switch {
		case given > 1:
			r.faultAmong([]string{path}, "reference %s has more than one of yield, bid_price and points; keep one",
				display.Quote(ref.Name))
		case ref.Quote != nil && ref.Kind != tender.Treasury && r.sound(under("bid_price"), under("kind")):
			r.faultAmong([]string{under("bid_price"), under("kind")},
				"bid_price is that of a Treasury, but kind is %s; write the yield", ref.Kind)
		case len(ref.Points) > 0 && ref.Kind != tender.MidSwap && r.sound(under("points"), under("kind")):
			r.faultAmong([]string{under("points"), under("kind")},
				"points are those of mid_swap, but kind is %s; write the yield", ref.Kind)
		}
	}
}

// checkInterestDates holds the interest dates of series against their maturities, where these are given,
// also before there is a price: interest is paid by the one and prices are computed by the other.
func (r *termsReader) checkInterestDates(o *tender.Offer) {
	if r.same("series") {
		return
	}
	for i := range o.Series {
		s := &o.Series[i]
		if s.Maturity.IsZero() || s.Interest.Coupon.IsZero() || s.Interest.Frequency == 0 {
			continue
		}
		path := seriesPath(i, ".")
		if !r.sound(path+"maturity", path+"par_call", path+"interest.last_paid", path+"interest.first_payment",
			path+"interest.frequency", path+"interest.end_of_month") {
			continue
		}
		n := pricing.Note{Interest: s.Interest, Maturity: s.Maturity, ParCall: s.ParCall}
		var fault *pricing.Error
		if errors.As(n.CheckInterestDates(), &fault) {
			r.faultAmong([]string{priceKey(fault.Key, path, "", o), path + "maturity"}, "series %s: %s: %s; %s",
				display.Quote(s.ID), fault.Key, fault.Problem, fault.Advice)
		}
	}
}

// checkPrices checks the series at a spread, and computes their prices if the terms have a yield.
func (r *termsReader) checkPrices(o *tender.Offer) {
	if r.same("series", "references", "pricing", "dates") {
		return // the prices were taken over with the series
	}
	names := make([]string, len(o.References))
	for i, ref := range o.References {
		names[i] = ref.Name
	}
	for i := range o.Series {
		s, path := &o.Series[i], seriesPath(i, "")
		if !s.AtSpread() || !r.priceable(path) {
			continue
		}
		reference := path + ".spread.reference"
		at, ok := o.ReferenceByName(s.Spread.Reference)
		switch {
		case o.Pricing.At.IsZero():
			r.faultAmong([]string{path + ".spread", "pricing"},
				"series %s has a spread, but the offer has no pricing; add pricing, with the time of the pricing as at",
				display.Quote(s.ID))
		case !ok && len(names) == 0:
			r.faultAmong([]string{reference, "references"}, "there is no reference %s; add it to references",
				display.Quote(s.Spread.Reference))
		case !ok:
			r.faultAmong([]string{reference, "references"}, "there is no reference %s; %s",
				display.Quote(s.Spread.Reference), instead(s.Spread.Reference, names))
		case !slices.Contains([]string{"", s.Currency}, o.References[at].Kind.Currency()):
			r.faultAmong([]string{reference, fmt.Sprintf("references[%d].kind", at)},
				"reference %s is a %s, for notes in %s, but series %s is in %s; name another reference",
				display.Quote(s.Spread.Reference), o.References[at].Kind, o.References[at].Kind.Currency(),
				display.Quote(s.ID), s.Currency)
		default:
			r.setPrice(o, i, at)
		}
	}
}

// priceable reports whether all from which the price of a series follows is sound.
func (r *termsReader) priceable(path string) bool {
	for key := range r.unsound {
		if strings.HasPrefix(key, path+".") || strings.HasPrefix(key, "references[") || strings.HasPrefix(key, "pricing.") {
			return false
		}
	}
	return r.sound(path, "references", "pricing", "dates.settlement.early", "dates.settlement.final")
}

// setPrice computes the price of a series. What is wrong is a fault of the value it follows from.
func (r *termsReader) setPrice(o *tender.Offer, i, reference int) {
	s := &o.Series[i]
	price, err := pricing.OfSeries(o, i)
	var fault *pricing.Error
	switch {
	case errors.As(err, &fault):
		path := priceKey(fault.Key, seriesPath(i, "."), fmt.Sprintf("references[%d].", reference), o)
		r.faultAmong([]string{path, seriesPath(i, "")}, "series %s: %s: %s; %s", display.Quote(s.ID), fault.Key,
			fault.Problem, fault.Advice)
	case price == nil:
		s.SetPrice(decimal.Zero, o.Pricing.Per)
	default:
		s.SetPrice(price.Price, price.Rounding.Per)
	}
}

// priceKey is the path of a value that a price has no sense with.
func priceKey(key, series, reference string, o *tender.Offer) string {
	word, isReference := strings.CutPrefix(key, "reference.")
	switch {
	case isReference:
		return reference + word
	case key == "settlement" && o.Pricing.Settlement == tender.Late:
		return "dates.settlement.final"
	case key == "settlement":
		return "dates.settlement.early"
	case slices.Contains([]string{"per", "decimals", "final_period"}, key):
		return "pricing." + key
	case slices.Contains([]string{"maturity", "par_call", "horizon", "total_consideration", "early_tender_payment",
		"spread.basis_points", "spread.reference"}, key):
		return series + key
	}
	return series + "interest." + key
}

// withoutPrices takes the prices off that are not known before an instant.
func withoutPrices(o *tender.Offer, at time.Time) {
	if o.Pricing.At.IsZero() || !at.Before(o.Pricing.At) {
		return
	}
	o.Pricing.Ahead = true
	for i := range o.Series {
		if o.Series[i].AtSpread() {
			o.Series[i].SetPrice(decimal.Zero, o.Pricing.Per)
		}
	}
}

// pricing puts what prices are computed from; nothing for an offer at fixed prices.
func (l lister) pricing(o *tender.Offer) {
	if p := o.Pricing; !p.At.IsZero() {
		l.instant("pricing.at", p.At)
		l.text("pricing.settlement", map[tender.Window]string{tender.Early: "early", tender.Late: "final"}[p.Settlement])
		l.count("pricing.per", p.Per)
		l.count("pricing.decimals", int(p.Decimals))
		l.text("pricing.final_period", string(p.Final))
	}
	if len(o.References) > 0 {
		eachOf(l, "references", o.References, func(r tender.Reference) string { return r.Name }, l.reference)
	}
}

func (l lister) reference(at string, r tender.Reference) {
	l.text(at+"name", r.Name)
	l.text(at+"kind", string(r.Kind))
	if r.HasYield {
		l.amount(at+"yield", r.Yield)
	}
	if q := r.Quote; q != nil {
		l.amount(at+"coupon", q.Coupon)
		l.date(at+"maturity", q.Maturity)
		l.amount(at+"bid_price", q.BidPrice)
		l.date(at+"settlement", q.Settlement)
	}
	for i, p := range r.Points {
		under := l.element(at+"points", i, p.Maturity.String())
		l.date(under+"maturity", p.Maturity)
		l.amount(under+"rate", p.Rate)
	}
	if d := r.AnnualDecimals; d == nil {
		l.text(at+"annual_decimals", "null")
	} else {
		l.count(at+"annual_decimals", int(*d))
	}
}

// spread puts what the price of a series is computed from, and then the price, once it is known.
func (l lister) spread(at string, s tender.Series) {
	if !s.Maturity.IsZero() {
		l.date(at+"maturity", s.Maturity)
	}
	if !s.ParCall.IsZero() {
		l.date(at+"par_call", s.ParCall)
	}
	if !s.AtSpread() {
		return
	}
	l.text(at+"horizon", string(s.Horizon))
	l.text(at+"spread.reference", s.Spread.Reference)
	l.amount(at+"spread.basis_points", s.Spread.BasisPoints)
	if s.Spread.Printed.Sign() > 0 {
		l.amount(at+"total_consideration", s.Spread.Printed)
	}
}
