package ingest

import (
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// auctionOffer is the test offer with series A in an auction.
func auctionOffer(t *testing.T, kind tender.BidKind, from, to, increment string) *tender.Offer {
	o := testOffer(t)
	o.Series[0].Priority = 0
	o.Auctions = []tender.Auction{{Name: "notes", Series: []string{"A"}, Bid: kind, NoBid: tender.NoBidBest,
		From: decimal.RequireFromString(from), To: decimal.RequireFromString(to),
		Increment: decimal.RequireFromString(increment)}}
	return o
}

// bidOf is what the bid of a tender is read as, or what is said of it.
func bidOf(o *tender.Offer, heading, bid string) []string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil, testHeadings+" | "+heading, testRow+" | "+bid)})
	said := outcomeOf(r)
	if in := r.line(0).instruction; in.Bid != nil {
		said = append(said, "bid "+in.Bid.String())
	}
	return said
}

func TestBids(t *testing.T) {
	const good = "0900007 A 5000 counts"
	for _, test := range []struct {
		bid  string
		want []string
	}{
		{"#905", []string{good, "bid 905"}},
		{"#902.5", []string{good, "bid 902.5"}},
		{"#880", []string{good, "bid 880"}},
		{"#950", []string{good, "bid 950"}},
		{"902.50", []string{good, "bid 902.5"}},
		{"902,50", []string{good, "bid 902.5"}},
		{"$ 902.50", []string{good, "bid 902.5"}},
		{"", []string{good}},
		{"N/A", []string{good}},
		{"€ 902.50", []string{"F2 R5-bid rejected"}},
		{"905.000", []string{"F2 R5-bid rejected"}}, // the point can separate thousands
		{"best", []string{"F2 R5-bid rejected"}},
		{"-905", []string{"F2 R5-bid-range rejected"}},
		{"%#0.905", []string{"F2 R5-bid rejected"}},
		{"d#38303", []string{"F2 R5-bid rejected"}},
		{"=#905", []string{"F2 R5-formula rejected"}},
		{"!#REF!", []string{"F2 R5-error-value rejected"}},
		{"#877.5", []string{"F2 R5-bid-range rejected"}},
		{"#952.5", []string{"F2 R5-bid-range rejected"}},
		{"905,000", []string{"F2 R5-bid-range rejected"}},
		{"#901", []string{"F2 R5-bid-increment rejected"}},
		{"#902.49999999999999", []string{"F2 R5-bid rejected"}}, // the residue of a computation
	} {
		t.Run(test.bid, func(t *testing.T) {
			o := auctionOffer(t, tender.BidPrice, "880", "950", "2.5")
			for _, heading := range []string{"Bid", "Bid Price", "BID-PRICE"} {
				expect(t, bidOf(o, heading, test.bid), test.want...)
			}
		})
	}
}

// A spread may be below zero; a premium is written like any amount.
func TestBidsBySpread(t *testing.T) {
	o := auctionOffer(t, tender.BidSpread, "-10", "15", "2.5")
	expect(t, bidOf(o, "Bid Spread", "#-7.5"), "0900007 A 5000 counts", "bid -7.5")
	expect(t, bidOf(o, "Bid Spread", "-7.5"), "0900007 A 5000 counts", "bid -7.5")
	expect(t, bidOf(o, "Bid Spread", "#0"), "0900007 A 5000 counts", "bid 0")
	expect(t, bidOf(o, "Bid Spread", "#-12.5"), "F2 R5-bid-range rejected")
	expect(t, bidOf(o, "Bid Spread", "#1"), "F2 R5-bid-increment rejected")
}

// Without a bid a tender counts as the terms say; but where the report has no column for
// bids, that says nothing of any tender.
func TestATenderWithoutABid(t *testing.T) {
	o := auctionOffer(t, tender.BidPrice, "880", "950", "2.5")
	o.Auctions[0].NoBid = tender.NoBidReject
	expect(t, bidOf(o, "Bid", ""), "F2 R5-bid-missing rejected")
	for _, rule := range []tender.NoBid{tender.NoBidBest, tender.NoBidFirst, tender.NoBidReject} {
		o.Auctions[0].NoBid = rule
		expect(t, bidOf(o, "Remark", ""), "B2 R5-bid-missing rejected", `note: columns not read: "Remark"`)
	}
	o.Depositaries[0].Columns = map[string]string{"bid": "Remark"}
	expect(t, bidOf(o, "Remark", "#905"), "0900007 A 5000 counts", "bid 905")
}

// A bid for a series that is in no auction decides nothing, and is said.
func TestABidOutsideTheAuctions(t *testing.T) {
	o := auctionOffer(t, tender.BidPrice, "880", "950", "2.5")
	o.Auctions[0].Series = []string{"B"}
	expect(t, bidOf(o, "Bid", "#905"), "0900007 A 5000 counts", "F2 R5-bid counted")
	expect(t, bidOf(o, "Bid", ""), "0900007 A 5000 counts")
}

// In an offer without auctions a column headed Bid is one of those that are not read.
func TestAColumnOfBidsWithoutAuctions(t *testing.T) {
	expect(t, bidOf(testOffer(t), "Bid", "best"), "0900007 A 5000 counts", `note: columns not read: "Bid"`)
}

// Lines that differ in their bids only are two tenders under one number.
func TestLinesThatDiffer(t *testing.T) {
	o := auctionOffer(t, tender.BidPrice, "880", "950", "2.5")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings+" | Bid", testRow+" | #905", testRow+" | #910")),
		"A2 R5-duplicate rejected", "A3 R5-duplicate rejected")
}
