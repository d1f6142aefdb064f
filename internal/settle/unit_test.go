package settle

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/tender"
)

// What is paid in 128 bits is what is paid exactly, rounded once.
func TestPayingInShortNumbersIsPayingExactly(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		price := big.NewRat(rapid.Int64Range(0, 3_000_000).Draw(t, "price"), rapid.SampledFrom([]int64{1, 3, 360, 365_000, 100_000_000}).Draw(t, "of"))
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency")
		principal := decimal.New(rapid.Int64Range(0, 1<<53).Draw(t, "principal"), int32(rapid.IntRange(-3, 4).Draw(t, "exponent")))
		u := newUnit(price, currency)
		exact := new(big.Rat).Mul(principal.Rat(), price)
		want := tender.RoundHalfUp(exact.Num(), exact.Denom(), currency)
		if got := u.pay(principal); !got.Equal(want) {
			t.Errorf("%s of %s at %s: %s, want %s", currency, principal, price, got, want)
		}
		if _, ok := u.payShort(principal); ok {
			short++
		}
	})
	if short == 0 {
		t.Error("none was paid in short numbers")
	}
}
