package pricing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// stated is a reference whose yield is printed.
func stated(kind tender.ReferenceKind, percent string) tender.Reference {
	return tender.Reference{Kind: kind, HasYield: true, Yield: dec(percent)}
}

func yieldOf(percent string) tender.Reference { return stated(tender.FixedYield, percent) }

// regular is the interest of a note after its first period.
func regular(coupon string, dayCount tender.DayCount, frequency int) tender.Interest {
	return tender.Interest{Coupon: dec(coupon), DayCount: dayCount, Frequency: frequency}
}

// Examples that others publish with their formula.
func TestPublishedExamples(t *testing.T) {
	for _, c := range []struct {
		source, price string
		settlement    string
		yield         string
		note          pricing.Note
	}{
		{"Excel, PRICE (support.microsoft.com)", "94.634362", "2008-02-15", "6.5", pricing.Note{
			Interest: regular("5.75", tender.Thirty360, 2), Maturity: date("2017-11-15")}},
		{"Excel, ODDFPRICE (support.microsoft.com)", "113.597717", "2008-11-11", "6.25", pricing.Note{
			Interest: tender.Interest{Coupon: dec("7.85"), DayCount: tender.ActActICMA, Frequency: 2,
				LastPaid: date("2008-10-15"), FirstPayment: date("2009-03-01")}, Maturity: date("2021-03-01")}},
		{"31 CFR 356, Appendix B, section II.A", "99.057893", "1990-05-15", "8.84", pricing.Note{
			Interest: regular("8.75", tender.ActActICMA, 2), Maturity: date("2020-05-15")}},
	} {
		p := mustPrice(t, pricing.Request{Note: c.note, Settlement: date(c.settlement), Reference: yieldOf(c.yield),
			Horizon: tender.ToMaturity, FinalPeriod: tender.Simple, Rounding: pricing.Rounding{Per: 100, Decimals: 6}})
		if p.Price.StringFixed(6) != c.price {
			t.Errorf("%s: %s, want %s", c.source, p.Price, c.price)
		}
	}
}

// plainRequest is a 5 % note of 2032, settled on an interest date.
func plainRequest() pricing.Request {
	return pricing.Request{
		Note: pricing.Note{Interest: tender.Interest{Coupon: dec("5.000"), DayCount: tender.Thirty360, Frequency: 2},
			Maturity: date("2032-06-15"), ParCall: date("2032-03-15")},
		Settlement: date("2026-06-15"), Reference: yieldOf("4.750"), Horizon: tender.ParCallBelowCoupon,
		FinalPeriod: tender.Compound, Rounding: pricing.Rounding{Per: 1000, Decimals: 2},
	}
}

// At the coupon and above it, a note is priced to the maturity. The coupon is that in force on the settlement.
func TestHorizon(t *testing.T) {
	for _, c := range []struct {
		why, yield, want string
		change           func(*pricing.Request)
	}{
		{"below the coupon", "4.999", "2032-03-15", func(*pricing.Request) {}},
		{"equal to the coupon", "5.000", "2032-06-15", func(*pricing.Request) {}},
		{"above the coupon", "5.001", "2032-06-15", func(*pricing.Request) {}},
		{"no par call date", "4.999", "2032-06-15", func(r *pricing.Request) { r.Note.ParCall = tender.Date{} }},
		{"par call named", "5.001", "2032-03-15", func(r *pricing.Request) { r.Horizon = tender.ToParCall }},
		{"maturity named", "4.999", "2032-06-15", func(r *pricing.Request) { r.Horizon = tender.ToMaturity }},
		{"a coupon that steps up later", "5.100", "2032-06-15", func(r *pricing.Request) {
			r.Note.Steps = []tender.CouponStep{{From: date("2026-12-15"), Coupon: dec("6")}}
		}},
		{"a coupon that stepped up on the day", "5.100", "2032-03-15", func(r *pricing.Request) {
			r.Note.Steps = []tender.CouponStep{{From: date("2026-06-15"), Coupon: dec("6")}}
		}},
	} {
		r := plainRequest()
		r.Reference.Yield = dec(c.yield)
		c.change(&r)
		if p := mustPrice(t, r); p.Horizon.Date != date(c.want) {
			t.Errorf("%s: priced to %s, want %s (%s)", c.why, p.Horizon.Date, c.want, p.Horizon.Reason)
		}
	}
}

// A mid-swap rate is interpolated to the day to which the note is priced.
func TestHorizonOfAnInterpolatedRate(t *testing.T) {
	for rate, want := range map[string]string{"4": "2032-03-15 4.500", "6": "2032-06-15 6.501"} {
		r := plainRequest()
		r.Note.Frequency, r.BasisPoints = 1, dec("50")
		r.Reference = tender.Reference{Kind: tender.MidSwap, Decimals: 3, Points: []tender.SwapRate{
			{Maturity: date("2032-03-15"), Rate: dec(rate)}, {Maturity: date("2032-09-15"), Rate: dec(rate).Add(dec("0.002"))}}}
		if p := mustPrice(t, r); fmt.Sprint(p.Horizon.Date, " ", p.Yield.Percent.StringFixed(3)) != want {
			t.Errorf("priced to %s at %s, want %s", p.Horizon.Date, p.Yield, want)
		}
	}
}

// A note that pays on 30 August and 28 February is priced once its terms say so.
func TestLastInterestDateInAShortMonth(t *testing.T) {
	r := plainRequest()
	r.Note.Maturity, r.Note.LastPaid, r.Note.FixedDay = date("2032-08-30"), date("2026-02-28"), true
	for _, dayCount := range []tender.DayCount{tender.Thirty360, tender.ActActICMA} {
		if dayCount == tender.ActActICMA {
			r.Note.FirstPayment = date("2026-08-30")
		}
		r.Note.DayCount = dayCount
		p := mustPrice(t, r)
		paid, err := settle.AccruedInterest(r.Note.Interest, r.Settlement)
		if err != nil || paid.Cmp(p.Accrual.PerUnit) != 0 || !p.Payments[0].Interest.Equal(dec("25")) {
			t.Errorf("%s: %s accrued in the price, %s paid (%v); then %s",
				dayCount, p.Accrual.PerUnit, paid, err, p.Payments[0].Interest)
		}
	}
}

// A fixed-to-floating note is the same whether the reset date is called its maturity or its par call date.
func TestFixedToFloating(t *testing.T) {
	for _, v := range vectors(t, "pricing_published.json") {
		if v.ID != "sampo-2025-2.500-2052" {
			continue
		}
		r := v.request()
		r.Note.ParCall, r.Note.Maturity, r.Horizon = r.Note.Maturity, date("2052-09-03"), tender.ToParCall
		if p := mustPrice(t, r); p.Price.StringFixed(3) != v.Published {
			t.Errorf("%s, published %s", p.Price, v.Published)
		}
		return
	}
	t.Error("the vector is not there")
}

// A par call before the next interest date is the only payment: par, and interest from the last one.
func TestParCallBeforeTheNextInterestDate(t *testing.T) {
	r := plainRequest()
	r.Settlement, r.Note.ParCall = date("2026-07-15"), date("2026-09-15")
	r.Rounding.Decimals = 8
	for final, want := range map[tender.FinalPeriod]string{
		// 1012.5/1.02375^(90/180 - 30/180) - 1000*0.05*30/360, and with 1 + 0.02375*60/180
		tender.Compound: "1000.44232348", tender.Simple: "1000.38066694",
	} {
		r.FinalPeriod = final
		p := mustPrice(t, r)
		if len(p.Payments) != 1 || p.Payments[0].Exponent.String() != "0 + 90/180 - 30/180" || p.FinalPeriod != final {
			t.Errorf("%s: %+v", final, p.Payments)
		}
		if p.Price.StringFixed(8) != want {
			t.Errorf("%s: %s, want %s", final, p.Price, want)
		}
	}
}

// Simple interest is for the last period only; with more payments left every one is compounded.
func TestSimpleInterestIsForTheLastPeriodOnly(t *testing.T) {
	r := plainRequest()
	compound := mustPrice(t, r)
	r.FinalPeriod = tender.Simple
	if p := mustPrice(t, r); p.FinalPeriod != tender.Compound || !p.Price.Equal(compound.Price) {
		t.Errorf("%s by %s, want %s", p.Price, p.FinalPeriod, compound.Price)
	}
	r.Note.Coupon, r.Reference.Yield = decimal.Zero, dec("5")
	if p := mustPrice(t, r); p.FinalPeriod != tender.Compound || len(p.Payments) != 1 {
		t.Errorf("a zero coupon note of six years is discounted by %s in %d payments", p.FinalPeriod, len(p.Payments))
	}
}

// CoBank and NYSE Euronext published totals and late considerations 30.00 apart.
func TestConsideration(t *testing.T) {
	for total, late := range map[string]string{"1294.49": "1264.49", "1032.98": "1002.98"} {
		p := pricing.Result{Price: dec(total)}
		if c, err := p.Consideration(dec("30")); err != nil || !c.Total.Equal(dec(total)) || !c.TenderOffer.Equal(dec(late)) {
			t.Errorf("%+v (%v), want %s and %s", c, err, total, late)
		}
	}
}

func TestPrintedPrice(t *testing.T) {
	p := mustPrice(t, plainRequest())
	if err := p.CheckPrinted(p.Price); err != nil {
		t.Error(err)
	}
	err := p.CheckPrinted(p.Price.Add(dec("0.01")))
	for _, part := range []string{
		"1012.52 is printed", "1012.51 is computed", "4.750%", "2032-03-15", "2026-06-15", "1012.506980394225",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not have %q", err, part)
		}
	}
	if err := p.CheckPrinted(dec("1e9")); err == nil {
		t.Error("a printed price of a billion is taken")
	}
	if !p.PerThousand().Equal(p.Price) {
		t.Errorf("%s per 1,000, want %s", p.PerThousand(), p.Price)
	}
	r := plainRequest()
	r.Rounding = pricing.Rounding{Per: 100, Decimals: 3}
	p = mustPrice(t, r)
	if p.Price.StringFixed(3) != "101.251" || !p.PerThousand().Equal(dec("1012.51")) {
		t.Errorf("%s percent, %s per 1,000", p.Price, p.PerThousand())
	}
}

// The yield as the documents form it.
func TestYield(t *testing.T) {
	three := int32(3)
	for _, c := range []struct {
		why, want string
		frequency int
		spread    string
		reference tender.Reference
	}{
		{"a negative spread", "3.270", 2, "-35", stated(tender.Treasury, "3.620")},
		{"a Treasury is not converted", "3.820", 1, "20", stated(tender.Treasury, "3.620")},
		// https://markets.ft.com/data/announce/detail?dockey=1323-14029400-4LS1LRLCDOAPUP2FLN936GPPGP
		{"Bank of Scotland 2019", "1.744", 1, "105",
			tender.Reference{Kind: tender.Gilt, HasYield: true, Yield: dec("0.686"), AnnualDecimals: &three}},
		{"not rounded", "1.74353424", 1, "105", stated(tender.Gilt, "0.686")},
		{"a gilt on a semi-annual note", "1.736", 2, "105",
			tender.Reference{Kind: tender.Gilt, HasYield: true, Yield: dec("0.686"), AnnualDecimals: &three}},
		{"a Bund on an annual note", "3.309", 1, "60", stated(tender.Bund, "2.709")},
		{"zero, set in advance", "0", 1, "0", yieldOf("0")},
		{"a Treasury from its bid price", "4.271", 2, "20", tender.Reference{
			Kind: tender.Treasury, Decimals: 3, Quote: &tender.TreasuryQuote{
				Coupon: dec("4"), Maturity: date("2029-07-31"), Settlement: date("2024-07-31"), BidPrice: dec("99.6796875")}}},
		{"interpolated to the maturity", "2.517", 1, "0", tender.Reference{
			Kind: tender.MidSwap, Decimals: 3, Points: []tender.SwapRate{
				{Maturity: date("2031-05-21"), Rate: dec("2.4415")}, {Maturity: date("2032-05-21"), Rate: dec("2.5125")},
				{Maturity: date("2033-05-21"), Rate: dec("2.5825")}}}},
	} {
		r := plainRequest()
		r.Note.ParCall, r.Note.Frequency, r.Reference, r.BasisPoints = tender.Date{}, c.frequency, c.reference, dec(c.spread)
		if p := mustPrice(t, r); !p.Yield.Percent.Equal(dec(c.want)) {
			t.Errorf("%s: %s, want %s", c.why, p.Yield, c.want)
		}
	}
}

// In its last period a Treasury is discounted by simple interest; compounded it would be 4.713.
func TestTreasuryInItsLastPeriod(t *testing.T) {
	q := tender.TreasuryQuote{Coupon: dec("4"), BidPrice: dec("99.90625"),
		Maturity: date("2026-07-31"), Settlement: date("2026-06-15")}
	if s, err := pricing.TreasuryYield(q, 3); err != nil || s.Percent.StringFixed(3) != "4.672" {
		t.Errorf("%s (%v)", s.Percent, err)
	}
}

// A yield that is exactly half a unit is rounded up, away from zero: 1000/1.5625 and 1000/0.78125.
func TestAYieldThatIsATie(t *testing.T) {
	for _, c := range []struct {
		price, want string
		decimals    int32
	}{{"640", "56.3", 1}, {"1280", "-21.88", 2}} {
		s, err := pricing.SolveYield(pricing.YieldRequest{
			Note:       pricing.Note{Interest: regular("0", tender.ActActICMA, 1), Maturity: date("2027-06-15")},
			Settlement: date("2026-06-15"), Horizon: date("2027-06-15"), FinalPeriod: tender.Compound,
			Price: dec(c.price), Per: 1000, Decimals: c.decimals})
		if err != nil || !s.Percent.Equal(dec(c.want)) {
			t.Errorf("%s: %s (%v), want %s", c.price, s.Percent, err, c.want)
		}
	}
}

// A step within an interest period: each day earns the coupon in force on it, and interest paid and
// interest in the price agree.
func TestStepsWithinAPeriod(t *testing.T) {
	for _, c := range []struct {
		why, payment, accrued string
		change                func(*tender.Interest)
	}{
		// 60 days at 5 %, 30 at 6 % and 90 more at 6 %
		{"a step", "28.333333333333", "13.333333333333", func(i *tender.Interest) {
			i.Steps = []tender.CouponStep{{From: date("2026-08-15"), Coupon: dec("6")}}
		}},
		{"a discount note", "16.666666666667", "4.166666666667", func(i *tender.Interest) {
			i.AccretesUntil = date("2026-08-15")
		}},
		{"a discount note with a step before", "20", "5", func(i *tender.Interest) {
			i.AccretesUntil = date("2026-08-15")
			i.Steps = []tender.CouponStep{{From: date("2026-07-15"), Coupon: dec("6")}}
		}},
		{"a discount note with a step after", "19.166666666667", "4.166666666667", func(i *tender.Interest) {
			i.AccretesUntil = date("2026-08-15")
			i.Steps = []tender.CouponStep{{From: date("2026-09-15"), Coupon: dec("6")}}
		}},
	} {
		r := plainRequest()
		r.Settlement, r.Note.LastPaid, r.Note.ParCall = date("2026-09-15"), date("2026-06-15"), tender.Date{}
		c.change(&r.Note.Interest)
		p := mustPrice(t, r)
		if p.Payments[0].Interest.String() != c.payment || p.Accrued.String() != c.accrued {
			t.Errorf("%s: %s is paid and %s accrued, want %s and %s",
				c.why, p.Payments[0].Interest, p.Accrued, c.payment, c.accrued)
		}
		paid, err := settle.AccruedInterest(r.Note.Interest, r.Settlement)
		if err != nil || paid.Cmp(p.Accrual.PerUnit) != 0 {
			t.Errorf("%s: %s accrued in the price, %s paid (%v)", c.why, p.Accrual.PerUnit, paid, err)
		}
	}
}

// The yield is shown as it is computed.
func TestYieldInWords(t *testing.T) {
	r := plainRequest()
	r.Note.Frequency, r.Reference, r.BasisPoints = 1, stated(tender.Gilt, "3.620"), dec("-35")
	const want = "3.620 - 35/100 = 3.270, annual (1 + 3.270/200)^2 - 1 = 3.2967322500"
	if p := mustPrice(t, r); p.Yield.String() != want {
		t.Errorf("%s, want %s", p.Yield, want)
	}
}

func TestMid(t *testing.T) {
	if m, err := pricing.Mid(dec("2.4405"), dec("2.4420")); err != nil || !m.Equal(dec("2.44125")) {
		t.Errorf("%s (%v)", m, err)
	}
}

// A result shows all that a person needs to compute the price again.
func ExamplePrice() {
	p, err := pricing.Price(pricing.Request{
		Note: pricing.Note{
			Interest: tender.Interest{Coupon: dec("5.450"), DayCount: tender.Thirty360, Frequency: 2},
			Maturity: date("2027-02-25"), ParCall: date("2027-01-25"),
		},
		Settlement:  date("2025-09-10"),
		Reference:   stated(tender.Treasury, "3.620"),
		BasisPoints: dec("20"),
		Horizon:     tender.ParCallBelowCoupon,
		FinalPeriod: tender.Compound,
		Rounding:    pricing.Rounding{Per: 1000, Decimals: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("yield", p.Yield)
	fmt.Println("priced to", p.Horizon.Date, "as", p.Horizon.Reason)
	for _, c := range p.Payments {
		fmt.Println(c.Date, c.Interest, c.Principal, c.Exponent, c.Factor, c.PresentValue)
	}
	fmt.Println("sum", p.Sum, "accrued since", p.Accrual.From, p.Accrual.Days, "days", p.Accrued)
	fmt.Println("price", p.Unrounded, "rounded", p.Price)
	// Output:
	// yield 3.620 + 20/100 = 3.820
	// priced to 2027-01-25 as the yield of 3.820% is below the coupon of 5.450%: to the par call date
	// 2026-02-25 27.25 0 1 - 15/180 0.982806300312 26.781471683511
	// 2026-08-25 27.25 0 2 - 15/180 0.964386517822 26.279532610647
	// 2027-01-25 22.708333333333 1000 2 + 150/180 - 15/180 0.949300688005 970.857724462194
	// sum 1023.918728756352 accrued since 2025-08-25 15 days 2.270833333333
	// price 1021.647895423019 rounded 1021.65
}
