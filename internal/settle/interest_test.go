package settle_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// years is the accrual in years: with a coupon of 100 % the interest on one unit.
func years(t *testing.T, basis tender.DayCount, frequency int, from, to string) *big.Rat {
	t.Helper()
	perUnit, err := settle.AccruedInterest(tender.Interest{Coupon: dec("100"), DayCount: basis, LastPaid: date(from), Frequency: frequency}, date(to))
	if err != nil {
		t.Fatal(err)
	}
	return perUnit
}

// US bond basis, as in SIFMA's Standard Securities Calculation Methods: months of
// 30 days, and an end of February that means the 30th.
func TestDaysOf30360(t *testing.T) {
	for _, c := range []struct {
		from, to string
		days     int64
		why      string
	}{
		{"2004-11-01", "2004-11-01", 0, "the last interest date itself"},
		{"2004-11-01", "2004-12-02", 31, "one month and a day"},
		{"2004-11-01", "2005-11-01", 360, "a year is 360 days"},
		{"2003-02-15", "2003-08-15", 180, "a half year is 180 days, through a short February"},
		{"2004-02-15", "2004-08-15", 180, "and through a leap one"},
		{"2004-08-31", "2004-09-30", 30, "the 31st counts as the 30th at the start"},
		{"2004-07-31", "2004-08-31", 30, "and at the end, if the start is a 31st"},
		{"2004-01-30", "2004-03-31", 60, "or a 30th"},
		{"2004-01-29", "2004-03-31", 62, "but not if it is a 29th"},
		{"2004-01-15", "2004-03-31", 76, "nor a 15th"},
		{"2004-01-15", "2004-03-30", 75, "so the 30th is a day less"},
		{"2004-01-31", "2004-02-29", 29, "the end of February counts as it is after a 31st"},
		{"2006-08-31", "2007-02-28", 178, "also of a short one"},
		{"2007-02-28", "2007-03-01", 1, "the end of February is its 30th at the start"},
		{"2007-02-28", "2007-03-31", 30, "so a 31st at the end counts as the 30th"},
		{"2007-02-28", "2007-08-31", 180, "and a half year from there is 180 days"},
		{"2007-02-28", "2007-08-28", 178, "on the 28th it is not over yet"},
		{"2008-02-29", "2008-08-31", 180, "the same in a leap year"},
		{"2008-02-28", "2008-03-31", 33, "where the 28th is not the end"},
		{"2008-02-29", "2009-02-28", 360, "from end of February to end of February it is a year"},
		{"2007-02-28", "2008-02-29", 360, "into a leap year, too"},
		{"2007-02-28", "2008-02-28", 358, "where the 28th is two days short of it"},
		{"1999-02-28", "2000-02-29", 360, "2000 was a leap year"},
		{"2100-02-28", "2100-03-31", 30, "2100 will be none, so its 28th is the end"},
	} {
		if got := years(t, tender.Thirty360, 2, c.from, c.to); got.Cmp(big.NewRat(c.days, 360)) != 0 {
			t.Errorf("%s to %s: %s years, want %d/360: %s", c.from, c.to, got.RatString(), c.days, c.why)
		}
	}
}

func TestActualDays(t *testing.T) {
	for _, c := range []struct {
		basis    tender.DayCount
		from, to string
		want     *big.Rat
	}{
		{tender.Act360, "2004-09-15", "2004-12-02", big.NewRat(78, 360)},
		{tender.Act360, "2004-02-01", "2004-03-01", big.NewRat(29, 360)},
		{tender.Act360, "2003-12-15", "2004-12-15", big.NewRat(366, 360)},
		{tender.Act365F, "2004-09-15", "2004-12-02", big.NewRat(78, 365)},
		{tender.Act365F, "2003-12-15", "2004-12-15", big.NewRat(366, 365)}, // fixed: also in a leap year
		{tender.Act365F, "2004-12-15", "2005-12-15", big.NewRat(1, 1)},
	} {
		if got := years(t, c.basis, 0, c.from, c.to); got.Cmp(c.want) != 0 {
			t.Errorf("%s, %s to %s: %s years, want %s", c.basis, c.from, c.to, got.RatString(), c.want.RatString())
		}
	}
}

// The examples marked ISDA are those of its memorandum "EMU and market
// conventions: recent developments" of 1999
// (https://www.isda.org/a/pIJEE/The-Actual-Actual-Day-Count-Fraction-1999.pdf), by
// the ISMA method.
func TestActualActualICMA(t *testing.T) {
	for _, c := range []struct {
		frequency int
		from, to  string
		want      *big.Rat
		why       string
	}{
		{2, "2003-11-01", "2004-05-01", big.NewRat(1, 2), "ISDA: a half year, though in a leap year"},
		{2, "1999-07-30", "2000-01-30", big.NewRat(1, 2), "ISDA: 184 of 184 days"},
		{2, "2000-01-30", "2000-06-30", big.NewRat(152, 2*182), "ISDA: part of a period of 182 days, 0.417582"},
		{4, "1999-11-30", "2000-04-30", add(big.NewRat(1, 4), big.NewRat(61, 4*92)), "ISDA: a quarter that ends on 29 February and part of one to 31 May, 0.415761"},
		{1, "2015-11-17", "2016-04-19", big.NewRat(154, 366), "ArcelorMittal 2016: a period with a 29 February"},
		{1, "2016-03-29", "2016-04-19", big.NewRat(21, 365), "ArcelorMittal 2016: a period without, in the same year"},
		{2, "2008-08-31", "2008-11-30", big.NewRat(91, 2*181), "a period from the end of August to the end of February"},
		{2, "2009-02-28", "2009-05-31", big.NewRat(92, 2*184), "the end of the month stays the end: to 31 August"},
		{2, "2008-02-28", "2008-05-28", big.NewRat(90, 2*182), "28 February of a leap year is not the end: to 28 August"},
		{1, "2008-02-29", "2008-08-31", big.NewRat(184, 365), "from a 29 February to a 28th"},
		{12, "2004-01-31", "2004-02-15", big.NewRat(15, 12*29), "monthly, from a 31st to a 29 February"},
		{2, "2004-11-15", "2004-11-15", new(big.Rat), "the last interest date itself"},
		{2, "2004-11-15", "2005-05-15", big.NewRat(1, 2), "the next one"},
		{1, "2003-11-15", "2005-11-15", big.NewRat(2, 1), "two coupons unpaid"},
	} {
		if got := years(t, tender.ActActICMA, c.frequency, c.from, c.to); got.Cmp(c.want) != 0 {
			t.Errorf("%s to %s, %d a year: %s years, want %s: %s", c.from, c.to, c.frequency, got.RatString(), c.want.RatString(), c.why)
		}
	}
}

// A first period longer or shorter than the others is divided at the payment dates
// that would have been, counted back from the first. The examples are ISDA's.
func TestActualActualICMAInTheFirstPeriod(t *testing.T) {
	for _, c := range []struct {
		frequency       int
		from, first, to string
		want            *big.Rat
		why             string
	}{
		{1, "1999-02-01", "1999-07-01", "1999-07-01", big.NewRat(150, 365), "short: 0.410959"},
		{1, "1999-07-01", "2000-07-01", "2000-07-01", big.NewRat(1, 1), "the one after it is regular"},
		{2, "2002-08-15", "2003-07-15", "2003-07-15", add(big.NewRat(153, 2*184), big.NewRat(1, 2)), "long: 0.915761"},
		{2, "2002-08-15", "2003-07-15", "2002-12-15", big.NewRat(122, 2*184), "part of the part before the regular one"},
		{2, "2003-07-15", "", "2004-01-15", big.NewRat(1, 2), "the one after it is regular"},
	} {
		i := tender.Interest{Coupon: dec("100"), DayCount: tender.ActActICMA, LastPaid: date(c.from), Frequency: c.frequency}
		if c.first != "" {
			i.FirstPayment = date(c.first)
		}
		if got, err := settle.AccruedInterest(i, date(c.to)); err != nil || got.Cmp(c.want) != 0 {
			t.Errorf("%s to %s, first paid %s: %v years, want %s: %s (%v)", c.from, c.to, c.first, got, c.want.RatString(), c.why, err)
		}
	}
}

// Each day accrues at the coupon in force on it. By 30/360 there are 76 days from
// 15 February to 1 May and 98 from there to 9 August.
func TestInterestOnASteppedCoupon(t *testing.T) {
	step := func(from, coupon string) tender.CouponStep {
		return tender.CouponStep{From: date(from), Coupon: dec(coupon)}
	}
	for _, c := range []struct {
		steps   []tender.CouponStep
		percent int64 // days times percent a year
		why     string
	}{
		{nil, 5 * 174, "no step"},
		{[]tender.CouponStep{step("2019-05-01", "6")}, 5*76 + 6*98, "a step within the accrual"},
		{[]tender.CouponStep{step("2019-02-15", "6")}, 6 * 174, "on its first day"},
		{[]tender.CouponStep{step("2018-02-15", "7"), step("2018-08-15", "6")}, 6 * 174, "two before it: the later holds"},
		{[]tender.CouponStep{step("2019-08-09", "6")}, 5 * 174, "on settlement, which does not count"},
		{[]tender.CouponStep{step("2019-05-01", "6"), step("2019-08-01", "7")}, 5*76 + 6*90 + 7*8, "two within"},
		{[]tender.CouponStep{step("2019-05-01", "0")}, 5 * 76, "down to nothing"},
	} {
		i := tender.Interest{Coupon: dec("5"), DayCount: tender.Thirty360, LastPaid: date("2019-02-15"), Frequency: 2, Steps: c.steps}
		want := big.NewRat(c.percent, 100*360)
		if got, err := settle.AccruedInterest(i, date("2019-08-09")); err != nil || got.Cmp(want) != 0 {
			t.Errorf("%+v: %v, want %s: %s (%v)", c.steps, got, want.RatString(), c.why, err)
		}
	}
}

// A discount note accrues nothing until it begins to pay interest in cash: what it
// gains until then is in its price.
func TestInterestOnADiscountNote(t *testing.T) {
	i := tender.Interest{Coupon: dec("10.5"), DayCount: tender.Thirty360, LastPaid: date("2003-12-01"), Frequency: 2, AccretesUntil: date("2004-12-01")}
	for to, want := range map[string]*big.Rat{
		"2004-11-30": new(big.Rat), "2004-12-01": new(big.Rat), "2004-12-02": big.NewRat(105, 1000*360), "2005-03-01": big.NewRat(105*90, 1000*360),
	} {
		if got, err := settle.AccruedInterest(i, date(to)); err != nil || got.Cmp(want) != 0 {
			t.Errorf("to %s: %v, want %s (%v)", to, got, want.RatString(), err)
		}
	}
}

func add(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }

func TestInterestOnACoupon(t *testing.T) {
	perUnit, err := settle.AccruedInterest(tender.Interest{Coupon: dec("9.125"), DayCount: tender.Thirty360, LastPaid: date("2004-11-01"), Frequency: 2}, date("2004-12-02"))
	if want := big.NewRat(9125*31, 100_000*360); err != nil || perUnit.Cmp(want) != 0 {
		t.Errorf("%v per unit, want %s (%v)", perUnit, want.RatString(), err)
	}
	nothing, err := settle.AccruedInterest(tender.Interest{}, date("2004-12-02"))
	if err != nil || nothing.Sign() != 0 {
		t.Errorf("%v without a coupon, want 0 (%v)", nothing, err)
	}
}

func TestInterestThatCannotBeComputed(t *testing.T) {
	good := tender.Interest{Coupon: dec("5"), DayCount: tender.ActActICMA, LastPaid: date("2004-11-01"), Frequency: 2}
	for _, c := range []struct {
		change func(*tender.Interest)
		want   string
	}{
		{func(i *tender.Interest) { i.LastPaid = date("2004-12-03") }, "settlement on 2004-12-02 is before the last interest date, 2004-12-03"},
		{func(i *tender.Interest) { i.DayCount = "30E/360" }, `day count "30E/360" is not known`},
		{func(i *tender.Interest) { i.Frequency = 0 }, "needs the number of interest payments a year"},
		{func(i *tender.Interest) { i.Frequency = 5 }, "needs the number of interest payments a year"},
		{func(i *tender.Interest) { i.Frequency = -2 }, "needs the number of interest payments a year"},
	} {
		i := good
		c.change(&i)
		if _, err := settle.AccruedInterest(i, date("2004-12-02")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", i, err, c.want)
		}
	}
}

func TestInterestNeverFallsAsSettlementMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := randomInterest(t)
		before := new(big.Rat)
		for day := range 800 {
			now, err := settle.AccruedInterest(i, tender.DateOf(i.LastPaid.Time().AddDate(0, 0, day)))
			if err != nil {
				t.Fatal(err)
			}
			if now.Cmp(before) < 0 || (day == 0 && now.Sign() != 0) {
				t.Fatalf("%+v: %s after %d days, %s the day before", i, now.RatString(), day, before.RatString())
			}
			before = now
		}
	})
}

func randomInterest(t *rapid.T) tender.Interest {
	from := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "last paid"))
	return tender.Interest{
		Coupon:    dec("0.001").Mul(dec(rapid.StringMatching(`[1-9][0-9]{2,3}`).Draw(t, "coupon"))),
		DayCount:  rapid.SampledFrom([]tender.DayCount{tender.Thirty360, tender.ActActICMA, tender.Act360, tender.Act365F}).Draw(t, "day count"),
		Frequency: rapid.SampledFrom([]int{1, 2, 4, 12}).Draw(t, "frequency"),
		LastPaid:  tender.DateOf(from),
	}
}
