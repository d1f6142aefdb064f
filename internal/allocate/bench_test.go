package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// BenchmarkMaximal cuts back one series of n tenders to three quarters; the time
// per tender shows how the cost grows. Compare it with BenchmarkRatio, which
// needs no climb.
func BenchmarkMaximal(b *testing.B) { benchmarkAllocate(b, tender.FactorMaximal) }

// BenchmarkRatio cuts back the same tenders by the plain ratio.
func BenchmarkRatio(b *testing.B) { benchmarkAllocate(b, tender.FactorRatio) }

func benchmarkAllocate(b *testing.B, rule tender.FactorRule) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o, book := largeBook(n, rule)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := allocate.Allocate(o, book); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/tender")
		})
	}
}

func largeBook(n int, rule tender.FactorRule) (*tender.Offer, *tender.Book) {
	random := rand.New(rand.NewPCG(1, 2))
	book, sum := &tender.Book{Lines: make([]tender.Line, n)}, int64(0)
	for i := range book.Lines {
		principal := 1000 * (1 + random.Int64N(20_000))
		sum += principal
		book.Lines[i] = tender.Line{Window: tender.Early, Instruction: tender.Instruction{
			ID: fmt.Sprint(i), Series: "s", Principal: decimal.NewFromInt(principal)}}
	}
	thousand := decimal.NewFromInt(1000)
	return &tender.Offer{
		Acceptance: tender.Acceptance{Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: rule,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep},
		Series: []tender.Series{{ID: "s", Currency: "USD", Priority: 1,
			Denomination: tender.Denomination{Minimum: thousand, Multiple: thousand}}},
		Caps: []tender.Cap{{Name: "Tender Cap", Currency: "USD", Measure: tender.MeasurePrincipal,
			Amount: decimal.NewFromInt(sum / 4 * 3)}},
	}, book
}
