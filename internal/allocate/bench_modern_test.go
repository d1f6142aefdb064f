package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// BenchmarkPools allocates a million tenders over 30 series, ten levels in each of three pools,
// of which each is cut back at its eighth level; the time is given by step, too.
func BenchmarkPools(b *testing.B) {
	o, book := manySeries(30)
	for i := range o.Series {
		o.Series[i].Pool, o.Series[i].Priority = fmt.Sprintf("pool %d", i/10), 1+i%10
	}
	sum := tendered(book).Div(decimal.NewFromInt(30)).Truncate(0) // of each series, nearly
	for i := range 3 {
		p := tender.Pool{Name: fmt.Sprintf("pool %d", i), HasCap: true, Counts: tender.CountAccepted}
		p.Cap = tender.Cap{Currency: "USD", Measure: tender.MeasurePurchasePrice, Amount: sum.Mul(decimal.New(75, -1))}
		o.Pools = append(o.Pools, p)
	}
	benchmarkSteps(b, o, book)
}

// BenchmarkAuction does the same for an auction over 30 series with 28 levels of the bids.
func BenchmarkAuction(b *testing.B) {
	o, book := manySeries(30)
	a := tender.Auction{Name: "auction", Form: tender.Modified, Bid: tender.BidPrice, From: sum("880"), To: sum("947.5"),
		Increment: sum("2.5"), NoBid: tender.NoBidBest, Undersubscribed: tender.ClearsAtLastBid, SetBy: tender.SetByAll,
		Cap: tender.Cap{Currency: "USD", Measure: tender.MeasurePurchasePrice,
			Amount: tendered(book).Mul(decimal.New(7, -1))}}
	for i := range o.Series {
		a.Series = append(a.Series, o.Series[i].ID)
	}
	o.Auctions = []tender.Auction{a}
	bids := make([]decimal.Decimal, 28) // which equal bids share, as when they are read
	for i := range bids {
		bids[i] = a.From.Add(a.Increment.Mul(decimal.NewFromInt(int64(i))))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for i := range book.Lines {
		book.Lines[i].Bid = &bids[random.IntN(len(bids))]
	}
	benchmarkSteps(b, o, book)
}

func benchmarkSteps(b *testing.B, o *tender.Offer, book *tender.Book) {
	steps := 0
	b.ReportAllocs()
	for b.Loop() {
		r, err := allocate.Allocate(o, book)
		if err != nil {
			b.Fatal(err)
		}
		steps = len(r.Steps)
	}
	run := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(run/float64(len(book.Lines)), "ns/tender")
	b.ReportMetric(run/float64(steps)/1e6, "ms/step")
	b.ReportMetric(float64(steps), "steps")
}

// manySeries is an offer of so many series and a book of a million tenders, a tenth of them late.
func manySeries(n int) (*tender.Offer, *tender.Book) {
	const tenders = 1_000_000
	random := rand.New(rand.NewPCG(1, 2))
	o, book := plainOffer(), &tender.Book{Lines: make([]tender.Line, tenders)}
	o.Acceptance.Order = tender.OrderEarlyFirst
	thousand := decimal.NewFromInt(1000)
	for i := range n {
		o.Series = append(o.Series, tender.Series{ID: fmt.Sprintf("s%02d", i), Currency: "USD",
			TenderOfferConsideration: sum("950"), EarlyTenderPayment: sum("50"),
			Denomination: tender.Denomination{Minimum: thousand, Multiple: thousand}})
	}
	for i := range book.Lines {
		w := tender.Early
		if i%10 == 0 {
			w = tender.Late
		}
		book.Lines[i] = tender.Line{Window: w, Instruction: &tender.Instruction{ID: fmt.Sprint(i),
			Series: o.Series[random.IntN(n)].ID, Principal: decimal.NewFromInt(1000 * (1 + random.Int64N(20_000)))}}
	}
	return o, book
}
