package allocate_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// The vectors were computed independently, by brute force, or are published results with
// their sources. Those of testdata/vectors are compared to the last digit.

func readVectors[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []T }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatal(name, err)
	}
	return file.Vectors
}

type denominationVector struct{ Minimum, Multiple string }

func (d denominationVector) read() tender.Denomination {
	return tender.Denomination{Minimum: sum(d.Minimum), Multiple: sum(d.Multiple)}
}

type dutchVector struct {
	ID    string
	Terms struct {
		Form, Bid, Increment, Cap, Measure, Undersubscribed, Order string
		NoBid                                                      string `json:"no_bid"`
		EarlyPayment                                               string `json:"early_payment"`
		Range                                                      struct{ Min, Max string }
		Denomination                                               denominationVector
		Tenders                                                    []struct {
			ID, Series, Principal string
			Bid                   *string
			Early                 *bool
		}
		Prices map[string]map[string]string
	}
	Bonds map[string]struct {
		BaseSpread string `json:"base_spread"`
	}
	Expected struct {
		Clearing string
		Counted  string `json:"counted_against_cap"`
		Total    string `json:"accepted_total"`
		Tenders  map[string]struct {
			Accepted, Why string
			Price         *string
		}
	}
}

// offer is the vector as an offer of one auction and its book.
func (v *dutchVector) offer() (*tender.Offer, *tender.Book, allocate.Prices) {
	a := tender.Auction{
		Name: v.ID, Form: tender.AuctionForm(v.Terms.Form), Bid: tender.BidKind(v.Terms.Bid),
		From: sum(v.Terms.Range.Min), To: sum(v.Terms.Range.Max), Increment: sum(v.Terms.Increment),
		Cap:   tender.Cap{Amount: sum(v.Terms.Cap), Currency: "USD", Measure: tender.Measure(v.Terms.Measure)},
		NoBid: tender.NoBid(v.Terms.NoBid), Undersubscribed: tender.Undersubscribed(v.Terms.Undersubscribed),
		SetBy: tender.SetByAll, BaseSpreads: map[string]decimal.Decimal{},
	}
	if v.Terms.Order == "early_first" {
		a.SetBy = tender.SetByEarly
	}
	o, b := plainOffer(), &tender.Book{}
	for _, in := range v.Terms.Tenders {
		l := tender.Line{Window: tender.Early,
			Instruction: &tender.Instruction{ID: in.ID, Series: in.Series, Principal: sum(in.Principal)}}
		if in.Bid != nil {
			bid := sum(*in.Bid)
			l.Bid = &bid
		}
		if in.Early != nil && !*in.Early {
			l.Window = tender.Late
		}
		b.Lines = append(b.Lines, l)
		if slices.Contains(a.Series, in.Series) {
			continue
		}
		a.Series = append(a.Series, in.Series)
		a.BaseSpreads[in.Series] = sum(v.Bonds[in.Series].BaseSpread)
		o.Series = append(o.Series, tender.Series{ID: in.Series, Currency: "USD",
			EarlyTenderPayment: sum(v.Terms.EarlyPayment), Denomination: v.Terms.Denomination.read()})
	}
	o.Auctions = []tender.Auction{a}
	return o, b, allocate.Prices{AtSpread: func(series string, spread decimal.Decimal) (decimal.Decimal, error) {
		level := spread
		if a.Bid == tender.BidPremium {
			level = a.BaseSpreads[series].Sub(spread)
		}
		price, known := v.Terms.Prices[series][level.String()]
		if !known {
			return decimal.Zero, fmt.Errorf("no price at %s", level)
		}
		return sum(price), nil
	}}
}

// plainOffer has the usual rules of acceptance and nothing else.
func plainOffer() *tender.Offer {
	return &tender.Offer{Acceptance: tender.Acceptance{Order: tender.OrderPriority, Shortfall: tender.Prorate,
		Factor: tender.FactorMaximal, BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep}}
}

func TestDutchVectors(t *testing.T) {
	for _, v := range readVectors[dutchVector](t, "dutch_synthetic") {
		t.Run(v.ID, func(t *testing.T) {
			o, b, prices := v.offer()
			v.check(t, o, b, prices)
		})
	}
}

func (v *dutchVector) check(t *testing.T, o *tender.Offer, b *tender.Book, prices allocate.Prices) {
	t.Helper()
	r, err := allocate.AllocateAt(o, b, prices)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range r.Lines {
		want := v.Expected.Tenders[b.Lines[i].ID]
		if !l.Accepted.Equal(sum(want.Accepted)) || !slices.Contains(whyCodes[want.Why], l.Reason.Code) {
			t.Errorf("%s: %s accepted (%s), want %s (%s)", b.Lines[i].ID, l.Accepted, l.Reason, want.Accepted, want.Why)
		}
		if price := shareOf(r, b, i).Price; want.Price != nil && !price.Equal(sum(*want.Price)) {
			t.Errorf("%s: at %s, want %s", b.Lines[i].ID, price, *want.Price)
		}
	}
	if got := r.Auctions[0]; !got.Cleared || !got.Clearing.Equal(sum(v.Expected.Clearing)) {
		t.Errorf("it clears at %s, want %s", got.Clearing, v.Expected.Clearing)
	}
	if got := r.Caps[0].Used; !got.Equal(sum(v.Expected.Counted)) {
		t.Errorf("%s counted against the cap, want %s", got, v.Expected.Counted)
	}
	if got := total(r); !got.Equal(sum(v.Expected.Total)) {
		t.Errorf("%s accepted, want %s", got, v.Expected.Total)
	}
	checkInvariants(t, o, b, r)
}

// whyCodes are the reasons by the words of the vectors.
var whyCodes = map[string][]allocate.Code{
	"better than the clearing level":       {allocate.AcceptedInFull},
	"better than or at the clearing level": {allocate.AcceptedInFull},
	"at the clearing level":                {allocate.Prorated, allocate.SmallPiece},
	"worse than the clearing level":        {allocate.WorseBid, allocate.Stopped}, // after tenders without a bid
}

// shareOf is the share of the step in which a line was decided.
func shareOf(r *allocate.Result, b *tender.Book, line int) allocate.Share {
	for _, s := range r.Steps[r.Lines[line].Step].Shares {
		if s.Series == b.Lines[line].Series && s.Window == b.Lines[line].Window {
			return s
		}
	}
	return allocate.Share{}
}

func checkInvariants(t interface{ Errorf(string, ...any) }, o *tender.Offer, b *tender.Book, r *allocate.Result) {
	for _, inv := range allocate.Check(o, b, r) {
		if !inv.Holds {
			t.Errorf("%s: %s", inv.Name, inv.Detail)
		}
	}
}

type poolsVector struct {
	ID    string
	Terms struct {
		Series       []struct{ ID, Price, Currency, Accrued string }
		Tenders      []struct{ ID, Series, Principal string }
		Denomination denominationVector
		Overall      *poolsCap
		FX           map[string]string
		Settled      []struct{ Series, Principal, Price, Accrued string }
		Pools        []struct {
			Name              string
			Levels            [][]string
			Cap               *poolsCap
			Shortfall, Counts string
			OnlyIf            struct{ Full []string } `json:"only_if"`
		}
	}
	Expected struct {
		Accepted map[string]string
		Steps    [][3]string
	}
}

type poolsCap struct {
	Amount, Total, Measure, Currency string
	Less                             []string
}

func (c *poolsCap) cap(name string) tender.Cap {
	amount := sum(c.Amount + c.Total) // one of the two is given
	return tender.Cap{Name: name, Amount: amount, Currency: c.Currency, Measure: tender.Measure(c.Measure)}
}

func (v *poolsVector) offer() (*tender.Offer, *tender.Book, allocate.Prices) {
	o, b := plainOffer(), &tender.Book{}
	accrued := map[string]*big.Rat{}
	for _, s := range v.Terms.Series {
		accrued[s.ID] = sum(s.Accrued).Rat()
		o.Series = append(o.Series, tender.Series{ID: s.ID, Currency: s.Currency,
			TenderOfferConsideration: sum(s.Price), Denomination: v.Terms.Denomination.read()})
	}
	for _, p := range v.Terms.Pools {
		pool := tender.Pool{Name: p.Name, OnlyIfFull: p.OnlyIf.Full, Counts: tender.CountAccepted,
			Shortfall: map[string]tender.Shortfall{"skip": tender.AllOrNoneSkip}[p.Shortfall]}
		if p.Counts != "" {
			pool.Counts = tender.Counts(p.Counts)
		}
		if p.Cap != nil {
			pool.HasCap, pool.Cap, pool.Less = true, p.Cap.cap(""), p.Cap.Less
		}
		o.Pools = append(o.Pools, pool)
		for level, ids := range p.Levels {
			for _, id := range ids {
				at, _ := o.SeriesByID(id)
				o.Series[at].Pool, o.Series[at].Priority = p.Name, level+1
			}
		}
	}
	if v.Terms.Overall != nil {
		o.Caps = []tender.Cap{v.Terms.Overall.cap("overall")}
	}
	for pair, rate := range v.Terms.FX {
		o.Rates = append(o.Rates, tender.Rate{From: pair[:3], To: pair[3:], Rate: sum(rate)})
	}
	for _, in := range v.Terms.Tenders {
		b.Lines = append(b.Lines, tender.Line{Window: tender.Early,
			Instruction: &tender.Instruction{ID: in.ID, Series: in.Series, Principal: sum(in.Principal)}})
	}
	for i, s := range v.Terms.Settled {
		b.Lines = append(b.Lines, tender.Line{Window: tender.Early,
			Instruction: &tender.Instruction{ID: fmt.Sprint("settled ", i), Series: s.Series, Principal: sum(s.Principal)},
			Settled: &tender.Settled{Accepted: sum(s.Principal),
				AtTerms: &tender.SettledTerms{Consideration: sum(s.Price), Accrued: sum(s.Accrued).Rat()}}})
	}
	return o, b, allocate.Prices{
		Accrued: func(id string, _ tender.Window) (*big.Rat, error) { return accrued[id], nil },
	}
}

func TestPoolsVectors(t *testing.T) {
	for _, v := range readVectors[poolsVector](t, "pools_synthetic") {
		t.Run(v.ID, func(t *testing.T) {
			o, b, prices := v.offer()
			r, err := allocate.AllocateAt(o, b, prices)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range r.Lines[:len(v.Terms.Tenders)] {
				if want := v.Expected.Accepted[b.Lines[i].ID]; !l.Accepted.Equal(sum(want)) {
					t.Errorf("%s: %s accepted (%s), want %s", b.Lines[i].ID, l.Accepted, l.Reason, want)
				}
			}
			if got := stepsInWords(r); fmt.Sprint(got) != fmt.Sprint(v.Expected.Steps) {
				t.Errorf("the steps are %v, want %v", got, v.Expected.Steps)
			}
			checkInvariants(t, o, b, r)
		})
	}
}

// stepsInWords says the steps of the pools as the vectors do; a pool whose condition failed is
// one step.
func stepsInWords(r *allocate.Result) (steps [][3]string) {
	for _, s := range r.Steps {
		if s.Pool == "" {
			continue
		}
		var ids []string
		for _, share := range s.Shares {
			if !slices.Contains(ids, share.Series) {
				ids = append(ids, share.Series)
			}
		}
		why := s.Shares[0].Reason
		words := map[allocate.Code]string{allocate.AcceptedInFull: "whole", allocate.Prorated: "cut by " + why.Cap,
			allocate.LevelSkipped: "does not fit: " + why.Cap, allocate.Stopped: "not reached",
			allocate.PoolCondition: "condition not met"}[why.Code]
		step := [3]string{s.Pool, strings.Join(ids, "+"), words}
		if why.Code == allocate.PoolCondition {
			step[1] = "-"
		}
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
	}
	return steps
}

// The figures that were published add up, exactly.
func TestPublishedFiguresAddUp(t *testing.T) {
	type published struct {
		ID     string
		Checks []struct {
			ID, Equals, Scale string
			Expression        [][2]string
		}
	}
	for _, file := range []string{"dutch_published", "pools_published"} {
		for _, v := range readVectors[published](t, file) {
			for _, c := range v.Checks {
				if len(c.Expression) == 0 {
					continue // of a price
				}
				got := new(big.Rat)
				for _, product := range c.Expression {
					got.Add(got, new(big.Rat).Mul(sum(product[0]).Rat(), sum(product[1]).Rat()))
				}
				if c.Scale != "" {
					scale, _ := new(big.Rat).SetString(c.Scale)
					got.Mul(got, scale)
				}
				if got.Cmp(sum(c.Equals).Rat()) != 0 {
					t.Errorf("%s: %s: %s, want %s", v.ID, c.ID, got.RatString(), c.Equals)
				}
			}
		}
	}
}

// pooled is an offer of one series at level 1 in each pool, at a price of 100 percent.
func pooled(pools ...tender.Pool) *tender.Offer {
	o := plainOffer()
	for _, p := range pools {
		p.Counts = tender.CountAccepted
		o.Pools = append(o.Pools, p)
		o.Series = append(o.Series, tender.Series{ID: p.Name, Pool: p.Name, Priority: 1, Currency: "USD",
			TenderOfferConsideration: sum("1,000"), Denomination: denominationVector{"1,000", "1,000"}.read()})
	}
	return o
}

func earlyTender(series, principal string) tender.Line {
	return tender.Line{Window: tender.Early,
		Instruction: &tender.Instruction{ID: series, Series: series, Principal: sum(principal)}}
}

// AT&T 2013: any and all first, then up to 4 billion in all, raised to 5 billion; the second
// offer took its cap to the dollar.
func TestPublishedTotalLessAnyAndAll(t *testing.T) {
	for total, want := range map[string]string{"4,000,000,000": "2,285,117,000", "5,000,000,000": "3,285,117,000"} {
		limit := tender.Cap{Amount: sum(total), Currency: "USD", Measure: tender.MeasurePrincipal}
		o := pooled(tender.Pool{Name: "any"}, tender.Pool{Name: "maximum", HasCap: true, Cap: limit, Less: []string{"any"}})
		b := &tender.Book{Lines: []tender.Line{earlyTender("any", "1,714,883,000"), earlyTender("maximum", "6,000,000,000")}}
		if got := mustAllocate(t, o, b).Lines[1].Accepted; !got.Equal(sum(want)) {
			t.Errorf("%s accepted of a total of %s, want %s", got, total, want)
		}
	}
}

// Chevron 2021: the new cap was what was accepted and what was promised by guaranteed
// delivery, so with a dollar less the last level does not fit.
func TestPublishedCapWithGuaranteedDeliveries(t *testing.T) {
	for amount, want := range map[string]string{"2,609,010,000": "2,589,112,000", "2,609,009,000": "0"} {
		o := pooled(tender.Pool{Name: "all", HasCap: true, Shortfall: tender.AllOrNoneSkip,
			Cap: tender.Cap{Amount: sum(amount), Currency: "USD", Measure: tender.MeasurePrincipal}})
		promised := earlyTender("all", "19,898,000")
		promised.Undelivered = true
		b := &tender.Book{Lines: []tender.Line{earlyTender("all", "2,589,112,000"), promised}}
		if got := total(mustAllocate(t, o, b)); !got.Equal(sum(want)) {
			t.Errorf("%s accepted under %s, want %s", got, amount, want)
		}
	}
}

// Solventum 2025: the SubCap in principal closes its series, and the pool goes on in money, to
// the thousand (prices are published; which notes are whose is not needed).
func TestPublishedSubCapInsideAPool(t *testing.T) {
	o := pooled(tender.Pool{Name: "pool", HasCap: true,
		Cap: tender.Cap{Amount: sum("1,500,000,000"), Currency: "USD", Measure: tender.MeasurePurchasePrice}})
	second := o.Series[0]
	second.ID, second.Priority, second.TenderOfferConsideration = "second", 2, sum("1,048.41")
	o.Series[0].TenderOfferConsideration = sum("1,021.65")
	o.Series = append(o.Series, second)
	o.Caps = []tender.Cap{{Name: "SubCap", Amount: sum("650,000,000"), Currency: "USD",
		Measure: tender.MeasurePrincipal, Series: []string{"pool"}}}
	b := &tender.Book{Lines: []tender.Line{earlyTender("pool", "900,000,000"), earlyTender("second", "900,000,000")}}
	r := mustAllocate(t, o, b)
	for i, want := range []string{"650,000,000", "797,328,000"} {
		if got := r.Lines[i].Accepted; !got.Equal(sum(want)) {
			t.Errorf("%s: %s accepted, want %s", b.Lines[i].Series, got, want)
		}
	}
}

// Sampo 2025: 315.83 million at 93.255 percent, as published, cost 294,527,266.50 of a cap of
// 295,000,000 euro.
func TestPublishedCostOfWhatWasAccepted(t *testing.T) {
	o := pooled(tender.Pool{Name: "pool", HasCap: true,
		Cap: tender.Cap{Amount: sum("295,000,000"), Currency: "EUR", Measure: tender.MeasurePurchasePrice}})
	o.Series[0].Currency, o.Series[0].TenderOfferConsideration = "EUR", sum("932.55")
	r := mustAllocate(t, o, &tender.Book{Lines: []tender.Line{earlyTender("pool", "315,830,000")}})
	if got := r.Caps[0].Used; !got.Equal(sum("294,527,266.50")) {
		t.Errorf("%s used", got)
	}
}

// auctioned is an offer of one auction over some series.
func auctioned(a tender.Auction, series ...string) *tender.Offer {
	o := plainOffer()
	a.Name, a.Series, a.Form, a.SetBy, a.NoBid = "notes", series, tender.Modified, tender.SetByAll, tender.NoBidBest
	a.Cap.Currency, a.Cap.Measure, a.Undersubscribed = "USD", tender.MeasurePrincipal, tender.ClearsAtRangeEnd
	o.Auctions = []tender.Auction{a}
	for _, id := range series {
		o.Series = append(o.Series, tender.Series{ID: id, Currency: "USD",
			Denomination: tender.Denomination{Minimum: sum("1,000"), Multiple: sum("1,000")}})
	}
	return o
}

// Deutsche Bank 2016: a tranche of two series that was not filled cleared at the end of the
// range, at a spread of its own for each series: equal premiums off each base.
func TestPublishedTranchesOfTwoSeries(t *testing.T) {
	o := auctioned(tender.Auction{Bid: tender.BidPremium, From: sum("0"), To: sum("25"), Increment: sum("5"),
		BaseSpreads: map[string]decimal.Decimal{"1.35-2017": sum("235"), "6.00-2017": sum("255")},
		Cap:         tender.Cap{Amount: sum("500,000,000")}}, "1.35-2017", "6.00-2017")
	b := &tender.Book{Lines: []tender.Line{
		earlyTender("1.35-2017", "125,400,000"), earlyTender("6.00-2017", "188,100,000")}}
	r := mustAllocate(t, o, b)
	if !total(r).Equal(sum("313,500,000")) {
		t.Errorf("%s accepted, want all", total(r))
	}
	for series, want := range map[string]string{"1.35-2017": "210", "6.00-2017": "230"} {
		if got := o.Auctions[0].Spread(series, r.Auctions[0].Clearing); !got.Equal(sum(want)) {
			t.Errorf("%s clears at a spread of %s, want %s", series, got, want)
		}
	}
}

// Clayton Williams 2016: of 131,462,000 just the cap of 100,000,000 was accepted, and the price
// is one that can be bid. Atwood 2016: less than the cap, all at the end of the range. How much
// was tendered at each price was not published and is supplied.
func TestPublishedAuctionsByPrice(t *testing.T) {
	at := func(series, principal, bid string) tender.Line {
		l, price := earlyTender(series, principal), sum(bid)
		l.Bid = &price
		return l
	}
	o := auctioned(tender.Auction{Bid: tender.BidPrice, From: sum("880"), To: sum("950"), Increment: sum("0.50"),
		Cap: tender.Cap{Amount: sum("100,000,000")}}, "7.75-2019")
	r := mustAllocate(t, o, &tender.Book{Lines: []tender.Line{
		at("7.75-2019", "80,000,000", "940"), at("7.75-2019", "51,462,000", "947.50")}})
	if got := r.Auctions[0].Clearing; !got.Equal(sum("947.50")) || !total(r).Equal(sum("100,000,000")) {
		t.Errorf("Clayton Williams: %s accepted at %s", total(r), got)
	}
	o = auctioned(tender.Auction{Bid: tender.BidPrice, From: sum("650"), To: sum("750"), Increment: sum("2.50"),
		Cap: tender.Cap{Amount: sum("150,000,000")}}, "6.50-2020")
	r = mustAllocate(t, o, &tender.Book{Lines: []tender.Line{
		at("6.50-2020", "40,000,000", "700"), earlyTender("6.50-2020", "2,000,000")}})
	if got := r.Auctions[0].Clearing; !got.Equal(sum("750")) || !total(r).Equal(sum("42,000,000")) {
		t.Errorf("Atwood: %s accepted at %s", total(r), got)
	}
}
