package pricing

import (
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

func testStream(coupon string, settlement tender.Date, final tender.FinalPeriod) stream {
	n := Note{
		Interest: tender.Interest{Coupon: decimal.RequireFromString(coupon), DayCount: tender.Thirty360, Frequency: 2},
		Maturity: tender.Date{Year: 2028, Month: 3, Day: 15},
	}
	return n.streamTo(settlement, n.Maturity, final, 1000)
}

// However coarse the first attempt is, the figures are the same: precision is doubled until
// they are proven.
func TestPrecisionIsDoubledUntilTheFigureIsProven(t *testing.T) {
	s := testStream("5.125", tender.Date{Year: 2025, Month: 11, Day: 3}, tender.Compound)
	percent := decimal.RequireFromString("4.321")
	figures := func(bits uint) (d decimal.Decimal, attempts int) {
		s.decideFrom(bits, percent.Rat(), func(v value) (proven bool) {
			attempts++
			d, proven = v.clean.rounded(Places)
			return proven
		})
		return d, attempts
	}
	want, attempts := figures(startBits)
	if attempts != 1 {
		t.Errorf("%d attempts from %d bits", attempts, startBits)
	}
	for _, bits := range []uint{1, 2, 5, 13, 40} {
		if got, attempts := figures(bits); !got.Equal(want) || attempts < 2 {
			t.Errorf("from %d bits: %s in %d attempts, want %s", bits, got, attempts, want)
		}
	}
}

// Where the price is a fraction, half a cent is decided by the fraction: no precision would be enough.
func TestAnExactTieIsDecidedExactly(t *testing.T) {
	for _, c := range []struct {
		coupon, percent string
		final           tender.FinalPeriod
		want            string
		why             string
	}{
		// (1000 + 5 coupons)/1.25 - 2.5 coupons, as 1.5625 is 1.25 squared
		{"0.01", "112.5", tender.Compound, "800.02", "a power of one half that is a fraction: 800.015"},
		{"0.002", "112.5", tender.Compound, "800", "a power of one half that is a fraction: 800.003"},
		{"4.501", "0", tender.Compound, "1011.25", "a yield of zero: 1011.2525"},
		{"4.5005", "0", tender.Compound, "1011.25", "a yield of zero: 1011.251250"},
		{"4.502", "0", tender.Compound, "1011.26", "a yield of zero: 1011.255"},
		{"0.01", "100", tender.Simple, "800.02", "simple interest over half a period: 800.015"},
	} {
		s := testStream(c.coupon, tender.Date{Year: 2027, Month: 12, Day: 15}, c.final)
		var got decimal.Decimal
		s.decide(decimal.RequireFromString(c.percent).Rat(), func(v value) (proven bool) {
			got, proven = v.clean.rounded(2)
			return proven
		})
		if got.String() != c.want {
			t.Errorf("%s%% at %s%%: %s, want %s: %s", c.coupon, c.percent, got, c.want, c.why)
		}
	}
}
