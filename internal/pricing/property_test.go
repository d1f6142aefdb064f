package pricing_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

func dayAfter(d tender.Date, days int) tender.Date {
	return tender.DateOf(d.Time().AddDate(0, 0, days))
}

// randomRequest is a note of up to thirty years with everything that a price can turn on.
func randomRequest(t *rapid.T) pricing.Request {
	settlement := dayAfter(date("2020-01-01"), rapid.IntRange(0, 2500).Draw(t, "settlement"))
	n := pricing.Note{
		Interest: tender.Interest{
			Coupon:    decimal.New(rapid.Int64Range(0, 12_000).Draw(t, "coupon"), -3),
			DayCount:  rapid.SampledFrom([]tender.DayCount{tender.Thirty360, tender.ActActICMA}).Draw(t, "day count"),
			Frequency: rapid.SampledFrom([]int{1, 2, 4, 12}).Draw(t, "frequency"),
			FixedDay:  rapid.Bool().Draw(t, "fixed day"),
		},
		Maturity: dayAfter(settlement, rapid.IntRange(1, 11_000).Draw(t, "maturity")),
	}
	if rapid.Bool().Draw(t, "last day") {
		n.Maturity = dayAfter(tender.Date{Year: n.Maturity.Year, Month: n.Maturity.Month + 1, Day: 1}, -1)
		n.Maturity = n.Maturity.Later(dayAfter(settlement, 1))
	}
	dates := naiveDates(n, settlement.Time())
	if len(dates) > 2 && rapid.IntRange(0, 3).Draw(t, "first period") == 0 {
		n.FirstPayment = tender.DateOf(dates[rapid.IntRange(max(0, len(dates)-4), len(dates)-2).Draw(t, "first")])
		n.LastPaid = dayAfter(settlement, -rapid.IntRange(0, 300).Draw(t, "dated"))
		if _, err := pricing.AccruedInterest(n, settlement); err != nil {
			t.Skip("the first payment is in a short month")
		}
	}
	if len(dates) > 2 && rapid.IntRange(0, 3).Draw(t, "steps") == 0 {
		step := dates[rapid.IntRange(1, len(dates)-2).Draw(t, "step")]
		if !step.Before(n.FirstPayment.Time()) {
			n.Steps = []tender.CouponStep{{From: tender.DateOf(step), Coupon: n.Coupon.Add(dec("0.25"))}}
		}
	}
	if rapid.Bool().Draw(t, "callable") {
		call := dayAfter(n.Maturity, -rapid.IntRange(0, 400).Draw(t, "par call"))
		n.ParCall = call.Later(dayAfter(settlement, 1))
		if _, err := pricing.AccruedInterest(n, settlement); err != nil && strings.Contains(err.Error(), "is an interest date only if") {
			t.Skip("the par call is on the 30th and the maturity on a last day: refused until the terms say which counts")
		}
	}
	return pricing.Request{
		Note: n, Settlement: settlement,
		Reference: tender.Reference{Kind: tender.Treasury, HasYield: true,
			Yield: decimal.New(rapid.Int64Range(-3_000, 16_000).Draw(t, "yield"), -3)},
		BasisPoints: decimal.NewFromInt(rapid.Int64Range(-50, 300).Draw(t, "spread")),
		Horizon:     tender.ParCallBelowCoupon,
		FinalPeriod: rapid.SampledFrom([]tender.FinalPeriod{tender.Compound, tender.Simple}).Draw(t, "final"),
		Rounding: pricing.Rounding{Per: rapid.SampledFrom([]int{100, 1000}).Draw(t, "per"),
			Decimals: rapid.Int32Range(1, 6).Draw(t, "decimals")},
	}
}

func TestAgreesWithTheNaivePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		p := mustPrice(t, r)
		naive := naivePrice(r.Note, r.Settlement, p.Horizon.Date, r.FinalPeriod, p.Yield.Percent.Rat())
		exact, _ := product(naive, floatInt(int64(r.Rounding.Per))).Rat(nil)
		for _, c := range []struct {
			name   string
			got    decimal.Decimal
			places int32
		}{{"price", p.Price, r.Rounding.Decimals}, {"unrounded", p.Unrounded, pricing.Places}} {
			if off := new(big.Rat).Sub(c.got.Rat(), exact); off.Abs(off).Cmp(decimal.New(5, -c.places-1).Rat()) > 0 {
				// exactly a half is allowed one part in 10^30 of the floats
				if off.Sub(off, decimal.New(5, -c.places-1).Rat()).Cmp(decimal.New(1, -30).Rat()) > 0 {
					t.Errorf("%s: %s, naively %s", c.name, c.got, exact.FloatString(20))
				}
			}
		}
		want := r.Note.Maturity
		if !r.Note.ParCall.IsZero() && p.Yield.Percent.Rat().Cmp(naiveCoupon(r.Note, r.Settlement.Time())) < 0 {
			want = r.Note.ParCall
		}
		if p.Horizon.Date != want {
			t.Errorf("priced to %s, want %s: %s", p.Horizon.Date, want, p.Horizon.Reason)
		}
	})
}

// What the result shows adds up to the price, within the digits shown.
func TestTheResultAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		p := mustPrice(t, r)
		digit := decimal.New(1, -pricing.Places)
		total, repaid := decimal.Zero, decimal.Zero
		for i, c := range p.Payments {
			value := c.Interest.Add(c.Principal).Mul(c.Factor)
			if off := value.Sub(c.PresentValue).Abs(); off.GreaterThan(digit.Mul(dec("1200"))) {
				t.Errorf("payment %d: %s times %s is not %s", i, c.Interest.Add(c.Principal), c.Factor, c.PresentValue)
			}
			if i > 0 && !p.Payments[i-1].Date.Before(c.Date) {
				t.Errorf("payment %d on %s is not after the one before", i, c.Date)
			}
			total, repaid = total.Add(c.PresentValue), repaid.Add(c.Principal)
		}
		if off := total.Sub(p.Sum).Abs(); off.GreaterThan(digit.Mul(decimal.NewFromInt(int64(len(p.Payments))))) {
			t.Errorf("the present values are %s, the sum is %s", total, p.Sum)
		}
		if off := p.Sum.Sub(p.Accrued).Sub(p.Unrounded).Abs(); off.GreaterThan(digit.Mul(dec("2"))) {
			t.Errorf("%s less %s is not %s", p.Sum, p.Accrued, p.Unrounded)
		}
		if !repaid.Equal(decimal.NewFromInt(int64(r.Rounding.Per))) || p.Payments[len(p.Payments)-1].Date != p.Horizon.Date {
			t.Errorf("%s of principal is repaid until %s", repaid, p.Horizon.Date)
		}
	})
}

func TestThePriceFallsAsTheYieldRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		r.Horizon = tender.ToMaturity
		low := mustPrice(t, r)
		r.BasisPoints = r.BasisPoints.Add(decimal.New(rapid.Int64Range(1, 10_000).Draw(t, "rise"), -1))
		high := mustPrice(t, r)
		last := low.Payments[len(low.Payments)-1].Exponent.Rat()
		if change := high.Unrounded.Cmp(low.Unrounded); change != -last.Sign() {
			t.Errorf("at %s%% %s, at %s%% %s", low.Yield.Percent, low.Unrounded, high.Yield.Percent, high.Unrounded)
		}
	})
}

func TestTheYieldOfAPriceIsTheYield(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		p := mustPrice(t, r)
		s, err := pricing.SolveYield(pricing.YieldRequest{
			Note: r.Note, Settlement: r.Settlement, Horizon: p.Horizon.Date, FinalPeriod: r.FinalPeriod,
			Price: p.Unrounded, Per: r.Rounding.Per, Decimals: 3})
		var fault *pricing.Error
		if errors.As(err, &fault) && fault.Kind == pricing.NoSolution {
			t.Skip("no time is left")
		}
		if err != nil || !s.Percent.Equal(p.Yield.Percent) {
			t.Fatalf("%s%% (%v), the price %s is of %s%%", s.Percent, err, p.Unrounded, p.Yield.Percent)
		}
		if s.Low.Price.LessThan(p.Unrounded) || s.High.Price.GreaterThan(p.Unrounded) {
			t.Errorf("%s is not between %s and %s", p.Unrounded, s.High.Price, s.Low.Price)
		}
		if width := s.High.Percent.Sub(s.Low.Percent); !width.Equal(dec("0.001")) {
			t.Errorf("the bounds are %s apart", width)
		}
	})
}

// The interest in the price is the interest that is paid on the same day.
func TestAccruedInterestIsWhatIsPaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		a, err := pricing.AccruedInterest(r.Note, r.Settlement)
		if err != nil {
			t.Fatal(err)
		}
		if r.Note.LastPaid.IsZero() {
			r.Note.LastPaid = a.From
		}
		if _, err := pricing.AccruedInterest(r.Note, r.Settlement); err != nil {
			t.Skip("the last interest date is in a short month")
		}
		paid, err := settle.AccruedInterest(r.Note.Interest, r.Settlement)
		if err != nil || paid.Cmp(a.PerUnit) != 0 {
			t.Errorf("%s in the price, %s paid (%v)", a.PerUnit, paid, err)
		}
	})
}

// Interest adds up over coupons, and by ACT/ACT over days.
func TestAccruedInterestAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := randomRequest(t)
		r.Note.Steps = nil
		accrued := func(coupon decimal.Decimal, on tender.Date) pricing.Accrual {
			n := r.Note
			n.Coupon = coupon
			a, err := pricing.AccruedInterest(n, on)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		one, two := dec("1.75"), r.Note.Coupon
		both := accrued(one.Add(two), r.Settlement).PerUnit
		parts := new(big.Rat).Add(accrued(one, r.Settlement).PerUnit, accrued(two, r.Settlement).PerUnit)
		if parts.Cmp(both) != 0 {
			t.Errorf("%s and %s earn %s, together %s", one, two, parts, both)
		}
		next := dayAfter(r.Settlement, 1)
		if r.Note.DayCount != tender.ActActICMA || !next.Before(r.Note.Maturity) {
			return
		}
		today, tomorrow := accrued(one, r.Settlement), accrued(one, next)
		if today.From == tomorrow.From && !r.Settlement.Before(r.Note.FirstPayment) {
			day := new(big.Rat).Sub(tomorrow.PerUnit, today.PerUnit)
			if day.Mul(day, big.NewRat(int64(today.Days), 1)).Cmp(today.PerUnit) != 0 {
				t.Errorf("%d days earn %s, and one more %s", today.Days, today.PerUnit, tomorrow.PerUnit)
			}
		}
	})
}

// A day later the same note at the same yield has earned about a day's interest at that yield: no
// jump at interest dates, ends of months or the first payment.
func TestThePriceWithInterestDoesNotJump(t *testing.T) {
	r := vectors(t, "pricing_synthetic.json")[0].request()
	for day := date("2026-06-15"); day.Before(date("2030-01-01")); day = dayAfter(day, 1) {
		r.Settlement = day
		today := mustPrice(t, r)
		r.Settlement = dayAfter(day, 1)
		tomorrow := mustPrice(t, r)
		rise := tomorrow.Sum.Sub(today.Sum)
		for _, p := range today.Payments {
			if p.Date == r.Settlement {
				rise = rise.Add(p.Interest)
			}
		}
		most := decimal.NewFromInt(4) // after 28 February 30/360 counts three days
		if rise.LessThan(dec("-0.2")) || rise.GreaterThan(today.Sum.Mul(most).Mul(dec("0.000132"))) {
			t.Errorf("from %s to %s the price with interest rises by %s", day, r.Settlement, rise)
		}
	}
}
