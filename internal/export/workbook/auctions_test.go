package workbook

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// auctionRun is the small run with two of its series each in an auction by price: the tenders of
// each take turns in bidding 830, 840 and 850.
func auctionRun(t *testing.T) *result.Run {
	t.Helper()
	o := smallOffer()
	for i := range 2 {
		s := &o.Series[i]
		s.Priority, s.HasMaximum, s.TenderOfferConsideration = 0, false, decimal.Zero
		o.Auctions = append(o.Auctions, tender.Auction{
			Name: "Auction of " + s.ID, Series: []string{s.ID}, Form: tender.Modified, Bid: tender.BidPrice,
			From: dec("800"), To: dec("900"), Increment: dec("10"),
			Cap:   tender.Cap{Amount: dec("150000000"), Currency: "USD", Measure: tender.MeasurePrincipal},
			NoBid: tender.NoBidBest, Undersubscribed: tender.ClearsAtLastBid, SetBy: tender.SetByAll,
		})
	}
	bids := []decimal.Decimal{dec("830"), dec("840"), dec("850")}
	tenders := smallTenders()
	for i := range tenders {
		if slices.Contains([]string{o.Series[0].ID, o.Series[1].ID}, tenders[i].Series) {
			tenders[i].Bid = &bids[i%3]
		}
	}
	r := compute(t, o, tenders, wall("2004-12-02T18:00:00.000"))
	var err error
	if r.Offer, r.Prices, err = result.AtClearing(o, r.Allocation, make([]*pricing.Result, len(o.Series))); err != nil {
		t.Fatal(err)
	}
	return r
}

// Auctions has the ladder of each auction as a table and as a chart below it, on a page of its own.
func TestALadderOfBidsIsATableAndAChart(t *testing.T) {
	r := auctionRun(t)
	data := rendered(t, r)
	f := opened(t, data)
	rows, err := f.GetRows("Auctions")
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []string
	for _, row := range rows {
		if len(row) == len(rungFields) && row[0] != "Bid" {
			outcomes = append(outcomes, row[0]+" "+row[len(row)-1])
		}
	}
	want := []string{"830 better", "840 clears here", "850 worse: returned"}
	if !slices.Equal(outcomes, slices.Concat(want, want)) {
		t.Errorf("%q", outcomes)
	}
	p := unpacked(t, data)
	breaks, charts := 0, 0
	for name := range p.parts {
		breaks += len(p.each(name, "/worksheet/rowBreaks/brk"))
		for _, e := range p.parts[name] {
			if strings.HasPrefix(e.text, "Auctions!$G$") {
				charts++
			}
		}
	}
	if breaks != 1 || charts != 2*2 {
		t.Errorf("%d page breaks; the counts under the cap are in %d places of charts", breaks, charts)
	}
}
