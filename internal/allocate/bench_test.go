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

// BenchmarkSmallPieces cuts back a million tenders of a minimum of 100 multiples
// by each rule on small pieces, and a million of equal size.
func BenchmarkSmallPieces(b *testing.B) {
	const n = 1_000_000
	for _, c := range []struct {
		name            string
		below, returned tender.SmallPiece
		equal           bool
	}{
		{"below-REJT", tender.RejectPiece, tender.Keep, false},
		{"below-MIEX", tender.ToMinimum, tender.Keep, false},
		{"below-MILU", tender.UpTo, tender.Keep, false},
		{"below-FULL", tender.Whole, tender.Keep, false},
		{"returned-ACPT", tender.RejectPiece, tender.TakeWhole, false},
		{"returned-REJT", tender.RejectPiece, tender.RejectPiece, false},
		{"equal-REJT", tender.RejectPiece, tender.Keep, true},
		{"equal-FULL-REJT", tender.Whole, tender.RejectPiece, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			o, book := largeBook(n, tender.FactorMaximal)
			o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = c.below, c.returned
			o.Series[0].Denomination.Minimum = decimal.NewFromInt(100_000)
			for i := range book.Lines {
				if c.equal {
					book.Lines[i].Principal = decimal.NewFromInt(10_000_000)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := allocate.Allocate(o, book); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

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
		book.Lines[i] = tender.Line{Window: tender.Early, Instruction: &tender.Instruction{
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
