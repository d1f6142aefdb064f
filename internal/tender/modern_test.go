package tender_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// modern is an offer of two pools and an auction that can be held.
func modern() *tender.Offer {
	o := acceptance()
	o.Series = []tender.Series{{ID: "A", Pool: "first", Priority: 1}, {ID: "B", Pool: "second", Priority: 1}, {ID: "C"}}
	limit := tender.Cap{Measure: tender.MeasureWithAccrued}
	o.Pools = []tender.Pool{
		{Name: "first", Counts: tender.CountAccepted},
		{Name: "second", HasCap: true, Cap: limit, Counts: tender.CountTendered, Shortfall: tender.AllOrNoneSkip,
			Less: []string{"first"}, OnlyIfFull: []string{"first"}},
	}
	o.Auctions = []tender.Auction{{Name: "notes", Series: []string{"C"}, Form: tender.Modified, Bid: tender.BidSpread,
		NoBid: tender.NoBidBest, Undersubscribed: tender.ClearsAtLastBid, SetBy: tender.SetByAll, Cap: limit,
		From: decimal.NewFromInt(-10), To: decimal.NewFromInt(15), Increment: decimal.New(25, -1)}}
	return o
}

// Every closed set of pools and auctions has an error for what is not in it, and so has
// everything that cannot be allocated.
func TestAnUnknownRuleOfPoolsAndAuctionsIsAnError(t *testing.T) {
	if err := modern().CheckAcceptance(); err != nil {
		t.Fatal(err)
	}
	first := func(change func(*tender.Pool)) func(*tender.Offer) {
		return func(o *tender.Offer) { change(&o.Pools[0]) }
	}
	auction := func(change func(*tender.Auction)) func(*tender.Offer) {
		return func(o *tender.Offer) { change(&o.Auctions[0]) }
	}
	for i, c := range []struct {
		want   string
		change func(*tender.Offer)
	}{
		{"pool first: shortfall", first(func(p *tender.Pool) { p.Shortfall = "lapsed" })},
		{"pool first: counts", first(func(p *tender.Pool) { p.Counts = "" })},
		{"pool first: factor", first(func(p *tender.Pool) { p.Announced = decimal.NewFromInt(2) })},
		{"notes: factor", auction(func(a *tender.Auction) { a.Announced = decimal.NewFromInt(-1) })},
		{"pool second: measure", func(o *tender.Offer) { o.Pools[1].Cap.Measure = "lapsed" }},
		{`pool first: no pool before it is "second"`, first(func(p *tender.Pool) { p.Less = []string{"second"} })},
		{`pool first: no pool before it is "first"`, first(func(p *tender.Pool) { p.OnlyIfFull = []string{"first"} })},
		{"pool first: counts", first(func(p *tender.Pool) { p.Counts = tender.CountTendered })},
		{"pool second: counts", func(o *tender.Offer) { o.Pools[1].Shortfall = "" }},
		{"pool first: no series", func(o *tender.Offer) { o.Series[0].Pool = "second" }},
		{"series A", func(o *tender.Offer) { o.Series = append(o.Series, o.Series[0]); o.Series[0].Pool = "" }},
		{"series B", func(o *tender.Offer) { o.Series[1].Priority = 0 }},
		{"series A", func(o *tender.Offer) { o.Pools = nil }},
		{"notes: form", auction(func(a *tender.Auction) { a.Form = "lapsed" })},
		{"notes: bid", auction(func(a *tender.Auction) { a.Bid = "" })},
		{"notes: no_bid", auction(func(a *tender.Auction) { a.NoBid = "lapsed" })},
		{"notes: undersubscribed", auction(func(a *tender.Auction) { a.Undersubscribed = "lapsed" })},
		{"notes: set_by", auction(func(a *tender.Auction) { a.SetBy = "lapsed" })},
		{"notes: measure", auction(func(a *tender.Auction) { a.Cap.Measure = "lapsed" })},
		{"notes: no series", auction(func(a *tender.Auction) { a.Series = nil })},
		{`notes: there is no series "D"`, auction(func(a *tender.Auction) { a.Series = []string{"D"} })},
		{"notes: series A has a level", auction(func(a *tender.Auction) { a.Series = []string{"A"} })},
		{"notes: series C has no base spread", auction(func(a *tender.Auction) { a.Bid = tender.BidPremium })},
		{"notes: from 15 to 15 by 2.5", auction(func(a *tender.Auction) { a.From = a.To })},
		{"notes: from -10 to 15 by 0", auction(func(a *tender.Auction) { a.Increment = decimal.Zero })},
		{"notes: from -10 to 15 by 2", auction(func(a *tender.Auction) { a.Increment = decimal.NewFromInt(2) })},
		{"notes: the clearing level 16", auction(func(a *tender.Auction) {
			a.HasClearing, a.Clearing = true, decimal.NewFromInt(16)
		})},
		{"notes: the clearing level 1", auction(func(a *tender.Auction) {
			a.HasClearing, a.Clearing = true, decimal.NewFromInt(1)
		})},
		{"other: series C", func(o *tender.Offer) {
			o.Auctions = append(o.Auctions, o.Auctions[0])
			o.Auctions[1].Name = "other"
		}},
	} {
		o := modern()
		c.change(o)
		if err := o.CheckAcceptance(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("case %d: %v, want %s", i, err, c.want)
		}
	}
}

// The cap of a pool limits its series, and counts those of the pools that its total is less of.
func TestTheCapsOfPools(t *testing.T) {
	caps := modern().AllCaps()
	if got := fmt.Sprint(caps[1].Name, caps[1].Series, caps[1].Beside); len(caps) != 2 || got != "second[B] [A]" {
		t.Errorf("the caps are %v", caps)
	}
}

// The best bid is the lowest price or premium, and the highest spread.
func TestBidsAreOrderedAsTheyAreGoodForTheIssuer(t *testing.T) {
	low, high := decimal.NewFromInt(10), decimal.NewFromInt(20)
	for kind, best := range map[tender.BidKind]decimal.Decimal{
		tender.BidPrice: low, tender.BidPremium: low, tender.BidSpread: high,
	} {
		a := tender.Auction{Bid: kind, From: low, To: high}
		if !a.Best().Equal(best) || a.Worst().Equal(best) || a.Compare(a.Best(), a.Worst()) >= 0 || a.Compare(low, low) != 0 {
			t.Errorf("%s: from %s to %s", kind, a.Best(), a.Worst())
		}
	}
	a := tender.Auction{Bid: tender.BidPremium, BaseSpreads: map[string]decimal.Decimal{"A": decimal.NewFromInt(250)}}
	if got := a.Spread("A", low); !got.Equal(decimal.NewFromInt(240)) {
		t.Errorf("a premium of 10 is a spread of %s", got)
	}
	a.Bid = tender.BidSpread
	if got := a.Spread("A", low); !got.Equal(low) {
		t.Errorf("a spread of 10 is a spread of %s", got)
	}
}

// On which day a tender that was not settled before is paid.
func TestSettlementDates(t *testing.T) {
	day := func(d int) tender.Date { return tender.Date{Year: 2024, Month: 4, Day: d} }
	interim := func(d int, run string) tender.Interim { return tender.Interim{On: day(d), Run: run} }
	for name, c := range map[string]struct {
		s           tender.Settlement
		early, late int
	}{
		"final only":                             {tender.Settlement{Final: day(30)}, 30, 30},
		"early":                                  {tender.Settlement{Early: day(10), Final: day(30)}, 10, 30},
		"early, made":                            {tender.Settlement{Early: day(10), EarlyRun: "r", Final: day(30)}, 10, 30},
		"early, made as interim":                 {tender.Settlement{Early: day(10), Interim: []tender.Interim{interim(10, "r")}, Final: day(30)}, 30, 30},
		"early, made, and the next planned":      {tender.Settlement{Early: day(10), EarlyRun: "r", Interim: []tender.Interim{interim(20, "")}, Final: day(30)}, 10, 20},
		"early, made, and one after it, too":     {tender.Settlement{Early: day(10), EarlyRun: "r", Interim: []tender.Interim{interim(20, "s")}, Final: day(30)}, 30, 30},
		"second early date":                      {tender.Settlement{Early: day(20), Interim: []tender.Interim{interim(10, "r")}, Final: day(30)}, 20, 30},
		"the next planned":                       {tender.Settlement{Interim: []tender.Interim{interim(10, "r"), interim(20, "")}, Final: day(30)}, 20, 20},
		"early not made, though a later one was": {tender.Settlement{Early: day(10), Interim: []tender.Interim{interim(20, "r")}, Final: day(30)}, 10, 30},
	} {
		o := &tender.Offer{Settlement: c.s}
		if early, late := o.SettlementDate(tender.Early), o.SettlementDate(tender.Late); early != day(c.early) || late != day(c.late) {
			t.Errorf("%s: early on %s, late on %s", name, early, late)
		}
	}
}
