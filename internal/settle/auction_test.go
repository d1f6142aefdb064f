package settle_test

import (
	"strings"
	"testing"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// auctionOf is an auction of one series with an early payment of 30, to which 1,000,000 is
// tendered early at 900 and late at 905.
func auctionOf(kind tender.BidKind, form tender.AuctionForm) (*tender.Offer, *tender.Book) {
	thousand := dec("1000")
	o := &tender.Offer{
		Settlement: tender.Settlement{Final: date("2004-12-02")},
		Acceptance: tender.Acceptance{Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep},
		Series: []tender.Series{{ID: "s", Currency: "USD", EarlyTenderPayment: dec("30"),
			Denomination: tender.Denomination{Minimum: thousand, Multiple: thousand}}},
		Auctions: []tender.Auction{{Name: "notes", Series: []string{"s"}, Form: form, Bid: kind,
			From: dec("880"), To: dec("950"), Increment: dec("2.5"),
			Cap:   tender.Cap{Amount: dec("5000000"), Currency: "USD", Measure: tender.MeasurePrincipal},
			NoBid: tender.NoBidBest, Undersubscribed: tender.ClearsAtLastBid, SetBy: tender.SetByAll}},
	}
	early, late := dec("900"), dec("905")
	line := func(id string, w tender.Window) tender.Line {
		return tender.Line{Window: w, Instruction: &tender.Instruction{Delivery: tender.BookEntry, ID: id, Series: "s",
			Principal: dec("1000000")}}
	}
	b := &tender.Book{Lines: []tender.Line{line("1", tender.Early), line("2", tender.Late)}}
	b.Lines[0].Bid, b.Lines[1].Bid = &early, &late
	return o, b
}

// Tenders of an auction are paid the price at which it cleared, or their own bid; it has the
// early payment in it, and late tenders are paid that less.
func TestTendersOfAnAuctionArePaidItsPrice(t *testing.T) {
	for form, want := range map[tender.AuctionForm][2]settle.Cash{
		tender.Modified:   {{Consideration: dec("875000"), EarlyPayment: dec("30000")}, {Consideration: dec("875000")}},
		tender.Unmodified: {{Consideration: dec("870000"), EarlyPayment: dec("30000")}, {Consideration: dec("875000")}},
	} {
		o, b := auctionOf(tender.BidPrice, form)
		a, err := allocate.Allocate(o, b)
		if err != nil {
			t.Fatal(err)
		}
		s, err := settle.Settle(o, b, a)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Lines {
			if !sameCash(l.Cash, want[i]) {
				t.Errorf("%s, tender %d: %s, want %s", form, i+1, words(l.Cash), words(want[i]))
			}
		}
	}
}

// A price that is not known is an error: the terms have none, and nothing must be paid as zero.
func TestAnAuctionWithoutAPriceIsNotPaid(t *testing.T) {
	o, b := auctionOf(tender.BidSpread, tender.Modified)
	a, err := allocate.Allocate(o, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := settle.Settle(o, b, a); err == nil || !strings.Contains(err.Error(), "the auction notes is not known") {
		t.Errorf("error %v", err)
	}
}
