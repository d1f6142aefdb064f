package pricing_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// faulty is a request that has no price, and why.
type faulty struct {
	kind   pricing.ErrorKind
	key    string
	says   string
	change func(*pricing.Request)
}

func checkFaulty(t *testing.T, c faulty) {
	t.Helper()
	r := plainRequest()
	c.change(&r)
	p, err := pricing.Price(r)
	var fault *pricing.Error
	switch {
	case !errors.As(err, &fault) || p != nil:
		t.Errorf("%s, %s: %v, %v", c.key, c.says, p, err)
	case fault.Kind != c.kind || fault.Key != c.key || !strings.Contains(err.Error(), c.says) || fault.Advice == "":
		t.Errorf("%s, want %s of %s: %s", err, c.kind, c.key, c.says)
	}
}

// What the program does not know is an error in every closed set: no price is computed as if it were another value.
func TestAnUnknownValueHasNoPrice(t *testing.T) {
	for _, c := range []faulty{
		{pricing.Unknown, "day_count", "ACT/364", func(r *pricing.Request) { r.Note.DayCount = "ACT/364" }},
		{pricing.Unknown, "day_count", "ACT/360", func(r *pricing.Request) { r.Note.DayCount = tender.Act360 }},
		{pricing.Missing, "day_count", "not given", func(r *pricing.Request) { r.Note.DayCount = "" }},
		{pricing.Unknown, "frequency", "3 is not", func(r *pricing.Request) { r.Note.Frequency = 3 }},
		{pricing.Unknown, "frequency", "-2 is not", func(r *pricing.Request) { r.Note.Frequency = -2 }},
		{pricing.Missing, "frequency", "not given", func(r *pricing.Request) { r.Note.Frequency = 0 }},
		{pricing.Unknown, "horizon", "worst", func(r *pricing.Request) { r.Horizon = "worst" }},
		{pricing.Missing, "horizon", "not given", func(r *pricing.Request) { r.Horizon = "" }},
		{pricing.Unknown, "final_period", "linear", func(r *pricing.Request) { r.FinalPeriod = "linear" }},
		{pricing.Missing, "final_period", "not given", func(r *pricing.Request) { r.FinalPeriod = "" }},
		{pricing.Unknown, "reference.kind", "sonia", func(r *pricing.Request) { r.Reference.Kind = "sonia" }},
		{pricing.Missing, "reference.kind", "not given", func(r *pricing.Request) { r.Reference.Kind = "" }},
		{pricing.Unknown, "per", "10 is not", func(r *pricing.Request) { r.Rounding.Per = 10 }},
		{pricing.Missing, "per", "not given", func(r *pricing.Request) { r.Rounding.Per = 0 }},
		{pricing.Missing, "decimals", "not given", func(r *pricing.Request) { r.Rounding.Decimals = 0 }},
		{pricing.OutOfRange, "decimals", "9 decimals", func(r *pricing.Request) { r.Rounding.Decimals = 9 }},
		{pricing.OutOfRange, "decimals", "-1 decimals", func(r *pricing.Request) { r.Rounding.Decimals = -1 }},
		{pricing.OutOfRange, "reference.annual_decimals", "12 decimals", func(r *pricing.Request) {
			twelve := int32(12)
			r.Reference.AnnualDecimals = &twelve
		}},
	} {
		checkFaulty(t, c)
	}
}

func TestDatesThatExcludeEachOther(t *testing.T) {
	for _, c := range []faulty{
		{pricing.Missing, "maturity", "not given", func(r *pricing.Request) { r.Note.Maturity = tender.Date{} }},
		{pricing.Missing, "settlement", "not given", func(r *pricing.Request) { r.Settlement = tender.Date{} }},
		{pricing.OutOfRange, "settlement", "2026-02-30", func(r *pricing.Request) {
			r.Settlement = tender.Date{Year: 2026, Month: 2, Day: 30}
		}},
		{pricing.OutOfRange, "maturity", "calendar", func(r *pricing.Request) { r.Note.Maturity.Year = math.MaxInt }},
		{pricing.OutOfRange, "maturity", "1200 payments", func(r *pricing.Request) { r.Note.Maturity.Year = 2990 }},
		{pricing.Contradiction, "settlement", "not before the maturity", func(r *pricing.Request) {
			r.Settlement = r.Note.Maturity
		}},
		{pricing.Contradiction, "settlement", "not before the maturity", func(r *pricing.Request) {
			r.Note.Maturity = date("2026-06-01")
		}},
		{pricing.Contradiction, "par_call", "after the maturity", func(r *pricing.Request) {
			r.Note.ParCall = date("2032-06-16")
		}},
		{pricing.Contradiction, "par_call", "not after the settlement", func(r *pricing.Request) {
			r.Note.ParCall = r.Settlement
		}},
		{pricing.Contradiction, "par_call", "not after the settlement", func(r *pricing.Request) {
			r.Horizon, r.Note.ParCall = tender.ToParCall, date("2026-01-01")
		}},
		{pricing.Missing, "par_call", "there is none", func(r *pricing.Request) {
			r.Horizon, r.Note.ParCall = tender.ToParCall, tender.Date{}
		}},
		{pricing.Contradiction, "last_paid", "after the settlement", func(r *pricing.Request) {
			r.Note.LastPaid = date("2026-12-15")
		}},
		{pricing.Contradiction, "last_paid", "whole number", func(r *pricing.Request) {
			r.Note.LastPaid = date("2026-06-14")
		}},
		{pricing.Contradiction, "last_paid", "whole number", func(r *pricing.Request) {
			r.Note.LastPaid = date("2026-03-15")
		}},
		{pricing.Contradiction, "last_paid", "end_of_month", func(r *pricing.Request) {
			r.Note.Maturity, r.Note.LastPaid = date("2032-08-30"), date("2026-02-28")
		}},
		{pricing.Contradiction, "last_paid", "on a day 30", func(r *pricing.Request) {
			r.Note.Maturity, r.Note.LastPaid = date("2032-08-30"), date("2026-02-28")
			r.Note.FixedDay, r.Note.DayCount = true, tender.ActActICMA
		}},
		{pricing.Contradiction, "first_payment", "whole number", func(r *pricing.Request) {
			r.Note.LastPaid, r.Note.FirstPayment = date("2026-06-01"), date("2026-12-01")
		}},
		{pricing.Contradiction, "first_payment", "after the maturity", func(r *pricing.Request) {
			r.Note.FirstPayment = date("2032-12-15")
		}},
		{pricing.Missing, "last_paid", "first period", func(r *pricing.Request) {
			r.Note.FirstPayment = date("2026-12-15")
		}},
		{pricing.Contradiction, "steps[1]", "not after", func(r *pricing.Request) {
			step := tender.CouponStep{From: date("2027-06-15"), Coupon: dec("6")}
			r.Note.Steps = []tender.CouponStep{step, step}
		}},
		{pricing.Contradiction, "horizon", "pays no interest", func(r *pricing.Request) {
			r.Note.AccretesUntil = date("2027-06-15")
		}},
	} {
		checkFaulty(t, c)
	}
}

func TestRatesThatCannotBe(t *testing.T) {
	points := func(kind tender.ReferenceKind, decimals int32, maturities ...string) tender.Reference {
		r := tender.Reference{Kind: kind, Decimals: decimals}
		for i, m := range maturities {
			r.Points = append(r.Points, tender.SwapRate{Maturity: date(m), Rate: decimal.NewFromInt(int64(4 + 2*i))})
		}
		return r
	}
	for _, c := range []faulty{
		{pricing.OutOfRange, "reference.yield", "-200", func(r *pricing.Request) { r.Reference.Yield = dec("-200") }},
		{pricing.OutOfRange, "reference.yield", "-195", func(r *pricing.Request) { r.BasisPoints = dec("-20000") }},
		{pricing.OutOfRange, "reference.yield", "1001", func(r *pricing.Request) { r.Reference.Yield = dec("1001") }},
		{pricing.OutOfRange, "reference.yield", "decimals", func(r *pricing.Request) {
			r.Reference.Yield = decimal.New(1, math.MinInt32)
		}},
		{pricing.OutOfRange, "reference.yield", "decimals", func(r *pricing.Request) {
			r.Reference.Yield = decimal.New(1, math.MaxInt32)
		}},
		{pricing.OutOfRange, "reference.yield", "not above zero", func(r *pricing.Request) {
			r.Note.Frequency, r.Settlement, r.Reference.Yield = 1, date("2026-12-15"), dec("1000")
		}},
		{pricing.OutOfRange, "coupon", "-1", func(r *pricing.Request) { r.Note.Coupon = dec("-1") }},
		{pricing.OutOfRange, "steps[0]", "-1", func(r *pricing.Request) {
			r.Note.Steps = []tender.CouponStep{{From: date("2027-06-15"), Coupon: dec("-1")}}
		}},
		{pricing.OutOfRange, "spread.basis_points", "outside", func(r *pricing.Request) {
			r.BasisPoints = dec("1e6")
		}},
		{pricing.Missing, "reference.yield", "not given", func(r *pricing.Request) { r.Reference.HasYield = false }},
		{pricing.Contradiction, "reference.yield", "2 of them", func(r *pricing.Request) {
			r.Reference.Quote = &tender.TreasuryQuote{}
		}},
		{pricing.Contradiction, "reference.bid_price", "treasury", func(r *pricing.Request) {
			r.Reference = tender.Reference{Kind: tender.Gilt, Decimals: 3, Quote: &tender.TreasuryQuote{}}
		}},
		{pricing.Contradiction, "reference.points", "mid_swap", func(r *pricing.Request) {
			r.Reference = points(tender.Bund, 3, "2032-01-01")
		}},
		{pricing.Contradiction, "reference.kind", "no conversion", func(r *pricing.Request) {
			r.Reference.Kind = tender.MidSwap
		}},
		{pricing.Contradiction, "reference.kind", "no conversion", func(r *pricing.Request) {
			r.Reference.Kind, r.Note.Frequency = tender.Gilt, 4
		}},
		{pricing.Missing, "reference.decimals", "not given", func(r *pricing.Request) {
			r.Reference = points(tender.MidSwap, 0, "2032-01-01")
		}},
		{pricing.Missing, "reference.points", "shorter", func(r *pricing.Request) {
			r.Reference = points(tender.MidSwap, 3, "2032-04-01", "2033-01-01")
		}},
		{pricing.Missing, "reference.points", "longer", func(r *pricing.Request) {
			r.Reference = points(tender.MidSwap, 3, "2031-01-01", "2032-01-01")
		}},
		{pricing.Contradiction, "reference.points[1]", "not after", func(r *pricing.Request) {
			r.Reference = points(tender.MidSwap, 3, "2033-01-01", "2032-01-01")
		}},
		{pricing.Contradiction, "horizon", "both sides", func(r *pricing.Request) {
			r.Note.Frequency, r.Reference = 1, points(tender.MidSwap, 3, "2032-02-01", "2032-07-15")
		}},
		{pricing.Missing, "reference.coupon", "bill", func(r *pricing.Request) {
			r.Reference = tender.Reference{Kind: tender.Treasury, Decimals: 3, Quote: &tender.TreasuryQuote{}}
		}},
		{pricing.NoSolution, "price", "no yield", func(r *pricing.Request) {
			r.Reference = tender.Reference{Kind: tender.Treasury, Decimals: 3, Quote: &tender.TreasuryQuote{Coupon: dec("4"),
				Maturity: date("2029-07-31"), Settlement: date("2024-07-31"), BidPrice: dec("0")}}
		}},
	} {
		checkFaulty(t, c)
	}
}

func TestNoYield(t *testing.T) {
	r := plainRequest()
	sound := pricing.YieldRequest{Note: r.Note, Settlement: r.Settlement, Horizon: r.Note.Maturity,
		FinalPeriod: tender.Compound, Price: dec("1000"), Per: 1000, Decimals: 3}
	if s, err := pricing.SolveYield(sound); err != nil || !s.Percent.Equal(dec("5")) || !s.Unrounded.Equal(dec("5")) {
		t.Fatalf("at par the yield is %s (%v), want the coupon", s.Percent, err)
	}
	for _, c := range []struct {
		kind      pricing.ErrorKind
		key, says string
		change    func(*pricing.YieldRequest)
	}{
		{pricing.Unknown, "final_period", "linear", func(r *pricing.YieldRequest) { r.FinalPeriod = "linear" }},
		{pricing.Unknown, "per", "1 is not", func(r *pricing.YieldRequest) { r.Per = 1 }},
		{pricing.Missing, "decimals", "not given", func(r *pricing.YieldRequest) { r.Decimals = 0 }},
		{pricing.Missing, "horizon", "not given", func(r *pricing.YieldRequest) { r.Horizon = tender.Date{} }},
		{pricing.Contradiction, "horizon", "not after the settlement", func(r *pricing.YieldRequest) {
			r.Horizon = r.Settlement
		}},
		{pricing.Contradiction, "horizon", "not after the settlement", func(r *pricing.YieldRequest) {
			r.Horizon = date("2032-06-16")
		}},
		{pricing.OutOfRange, "price", "-1", func(r *pricing.YieldRequest) { r.Price = dec("-1") }},
		{pricing.NoSolution, "price", "gives 99999", func(r *pricing.YieldRequest) { r.Price = dec("99999") }},
		{pricing.NoSolution, "price", "has ended", func(r *pricing.YieldRequest) {
			r.Note.Maturity, r.Note.ParCall = date("2026-10-31"), tender.Date{} // the period has its 180 days already
			r.Horizon, r.Settlement = date("2026-10-31"), date("2026-10-30")
		}},
		{pricing.NoSolution, "price", "has ended", func(r *pricing.YieldRequest) { // 181 days since 28 February
			r.Note.Maturity, r.Note.FixedDay = date("2032-08-30"), true
			r.Horizon, r.Settlement = date("2032-08-30"), date("2026-08-29")
		}},
	} {
		r := sound
		c.change(&r)
		_, err := pricing.SolveYield(r)
		var fault *pricing.Error
		if !errors.As(err, &fault) || fault.Kind != c.kind || fault.Key != c.key || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %s of %s: %s", err, c.kind, c.key, c.says)
		}
	}
}

func TestMidOfExchangedRates(t *testing.T) {
	for _, c := range [][2]string{{"2.5", "2.4"}, {"-60", "2"}, {"2", "1e9"}} {
		if m, err := pricing.Mid(dec(c[0]), dec(c[1])); err == nil {
			t.Errorf("the mid of %s and %s is %s", c[0], c[1], m)
		}
	}
}

func TestConsiderationThatCannotBe(t *testing.T) {
	p := pricing.Result{Price: dec("1000")}
	for _, early := range []string{"-1", "1000", "1001", "1e20"} {
		if c, err := p.Consideration(dec(early)); err == nil {
			t.Errorf("an early payment of %s gives %+v", early, c)
		}
	}
}

// anyDecimal is a number that no document has.
func anyDecimal(t *rapid.T, name string) decimal.Decimal {
	return decimal.NewFromBigInt(big.NewInt(rapid.Int64().Draw(t, name)), rapid.SampledFrom([]int32{
		math.MinInt32, -100, -18, -12, -9, -3, 0, 2, 100, math.MaxInt32}).Draw(t, name+" exponent"))
}

func anyDate(t *rapid.T, name string) tender.Date {
	if rapid.Bool().Draw(t, name+" is near") {
		return dayAfter(date("2026-06-15"), rapid.IntRange(-900, 9000).Draw(t, name))
	}
	return rapid.SampledFrom([]tender.Date{{}, {Year: 2026, Month: 13, Day: 40}, {Year: -5, Month: 1, Day: 1},
		{Year: math.MaxInt, Month: 1, Day: 1}, {Year: math.MinInt, Month: math.MaxInt, Day: math.MinInt},
		{Year: 1900, Month: 1, Day: 1}, {Year: 2999, Month: 12, Day: 31}}).Draw(t, name)
}

// Nothing makes the package panic or run on, and every error is typed and has advice.
func TestNothingPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := plainRequest()
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			switch rapid.IntRange(0, 14).Draw(t, "what") {
			case 0:
				r.Settlement = anyDate(t, "settlement")
			case 1:
				r.Note.Maturity = anyDate(t, "maturity")
			case 2:
				r.Note.ParCall = anyDate(t, "par call")
			case 3:
				r.Note.LastPaid = anyDate(t, "last paid")
			case 4:
				r.Note.FirstPayment = anyDate(t, "first payment")
			case 5:
				r.Note.Coupon = anyDecimal(t, "coupon")
			case 6:
				r.Reference.Yield = anyDecimal(t, "yield")
			case 7:
				r.BasisPoints = anyDecimal(t, "spread")
			case 8:
				r.Note.Steps = append(r.Note.Steps, tender.CouponStep{From: anyDate(t, "step"), Coupon: anyDecimal(t, "step")})
			case 9:
				r.Note.AccretesUntil = anyDate(t, "accretes")
			case 10:
				r.Note.Frequency = rapid.SampledFrom([]int{math.MinInt, -1, 0, 1, 2, 4, 12, math.MaxInt}).Draw(t, "frequency")
			case 11:
				r.Note.DayCount = rapid.SampledFrom([]tender.DayCount{"", tender.Thirty360, tender.ActActICMA}).Draw(t, "day count")
			case 12:
				r.Reference = tender.Reference{Kind: tender.Treasury, Decimals: 3, Quote: &tender.TreasuryQuote{
					Coupon:   anyDecimal(t, "quote"),
					Maturity: anyDate(t, "quote"), Settlement: anyDate(t, "quote"), BidPrice: anyDecimal(t, "bid")}}
			case 13:
				r.Reference = tender.Reference{Kind: tender.MidSwap, Decimals: 3,
					Points: []tender.SwapRate{
						{Maturity: anyDate(t, "a"), Rate: anyDecimal(t, "a")}, {Maturity: anyDate(t, "b"), Rate: dec("3")}}}
				r.Note.Frequency = 1
			case 14:
				r.FinalPeriod, r.Note.FixedDay = tender.Simple, true
			}
		}
		p, err := pricing.Price(r)
		var fault *pricing.Error
		if (err == nil) == (p == nil) || (err != nil && (!errors.As(err, &fault) || fault.Advice == "" || fault.Key == "")) {
			t.Errorf("%v, %v", p, err)
		}
	})
}
