package tender_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/tender"
)

func TestMinorUnits(t *testing.T) {
	for _, c := range []struct {
		currency string
		decimals int32
		known    bool
	}{
		{"USD", 2, true}, {"EUR", 2, true}, {"GBP", 2, true}, {"CHF", 2, true}, {"AED", 2, true}, {"ZWG", 2, true},
		{"HUF", 2, true}, // two by ISO 4217, whatever its shops do
		{"JPY", 0, true}, {"KRW", 0, true}, {"CLP", 0, true}, {"ISK", 0, true}, {"BIF", 0, true}, {"XPF", 0, true},
		{"KWD", 3, true}, {"BHD", 3, true}, {"TND", 3, true},
		{"usd", 0, false}, {"US", 0, false}, {"USDX", 0, false}, {"", 0, false}, {"XXX", 0, false},
		{" US", 0, false}, {"D A", 0, false}, {"  ", 0, false}, {"   ", 0, false}, {"£", 0, false},
	} {
		if decimals, known := tender.MinorUnits(c.currency); decimals != c.decimals || known != c.known {
			t.Errorf("%q: %d decimals, known %t; want %d, %t", c.currency, decimals, known, c.decimals, c.known)
		}
	}
}

func TestRoundHalfUp(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		currency string
		want     string
	}{
		{1, 3, "USD", "0.33"},
		{2, 3, "USD", "0.67"},
		{1, 200, "USD", "0.01"},   // a half goes up
		{3, 200, "USD", "0.02"},   // also to an even cent
		{5, 200, "USD", "0.03"},   // and to an odd one
		{999, 2000, "USD", "0.5"}, // 0.4995
		{4999, 1_000_000, "USD", "0"},
		{1, 2, "JPY", "1"},
		{149, 100, "JPY", "1"},
		{5, 10_000, "KWD", "0.001"},
		{4, 10_000, "KWD", "0"},
		{1, 200, "XXX", "0.01"}, // not known: two decimals
		{-1, 200, "USD", "-0.01"},
		{-3, 200, "USD", "-0.02"}, // away from zero
		{-1, 3, "USD", "-0.33"},
		{-1, 2, "JPY", "-1"},
		{-4, 1000, "USD", "0"},
		{0, 7, "USD", "0"},
		{250, 2, "JPY", "125"},
	} {
		if got := tender.RoundHalfUp(big.NewInt(c.num), big.NewInt(c.den), c.currency); got.String() != c.want {
			t.Errorf("%d/%d %s: %s, want %s", c.num, c.den, c.currency, got, c.want)
		}
	}
}

// The rounded amount is never further from the exact one than half a minor unit,
// at just half a unit it is the larger, and the arguments stay as they are.
func TestRoundHalfUpIsTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1<<62).Draw(t, "den")
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency")
		n, d := big.NewInt(num), big.NewInt(den)
		rounded := tender.RoundHalfUp(n, d, currency).Rat()
		if n.Cmp(big.NewInt(num)) != 0 || d.Cmp(big.NewInt(den)) != 0 {
			t.Errorf("the arguments became %s/%s", n, d)
		}
		exact := big.NewRat(num, den)
		places, _ := tender.MinorUnits(currency)
		half := big.NewRat(1, 2)
		for range places {
			half.Quo(half, big.NewRat(10, 1))
		}
		off := new(big.Rat).Sub(rounded, exact)
		if new(big.Rat).Abs(off).Cmp(half) > 0 || (new(big.Rat).Abs(off).Cmp(half) == 0 && off.Sign() != exact.Sign()) {
			t.Errorf("%d/%d %s became %s", num, den, currency, rounded.FloatString(int(places)))
		}
	})
}

// The history keeps 658630089.20 as 658630089.2, and a person is to see cents.
func TestMoneyHasTheDecimalsOfItsMinorUnit(t *testing.T) {
	for _, c := range []struct{ amount, currency, want string }{
		{"658630089.2", "USD", "658,630,089.20"}, {"1000", "USD", "1,000.00"}, {"-1234.5", "EUR", "-1,234.50"},
		{"1000", "JPY", "1,000"}, {"1000.5", "KWD", "1,000.500"}, {"0.12345", "USD", "0.12345"},
		{"", "USD", ""}, {"unknown", "USD", "unknown"},
	} {
		if got := tender.Money(c.amount, c.currency); got != c.want {
			t.Errorf("%s %s is shown as %s; want %s", c.currency, c.amount, got, c.want)
		}
	}
}
