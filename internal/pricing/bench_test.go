package pricing_test

import (
	"testing"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// benchRequest is AT&T's 3.500% of 2061: seventy payments, settled between two of them.
func benchRequest(b *testing.B) pricing.Request {
	b.Helper()
	return vectors(b, "pricing_published.json")[0].request()
}

func BenchmarkPrice(b *testing.B) {
	r := benchRequest(b)
	for b.Loop() {
		if _, err := pricing.Price(r); err != nil {
			b.Fatal(err)
		}
	}
}

// The naive one has each power by exp and log, to 400 bits, without proof and without an account.
func BenchmarkNaivePrice(b *testing.B) {
	r := benchRequest(b)
	for b.Loop() {
		naivePrice(r.Note, r.Settlement, r.Note.Maturity, r.FinalPeriod, dec("4.816").Rat())
	}
}

func BenchmarkTreasuryYield(b *testing.B) {
	q := tender.TreasuryQuote{Coupon: dec("4.000"), BidPrice: dec("99.6796875"),
		Maturity: date("2029-07-31"), Settlement: date("2024-07-31")}
	for b.Loop() {
		if _, err := pricing.TreasuryYield(q, 3); err != nil {
			b.Fatal(err)
		}
	}
}
