package allocate_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// randomPools draws an offer whose levels are in pools, with every rule of R18.
func randomPools(t *rapid.T) *tender.Offer {
	o := randomOffer(t)
	for i := range rapid.IntRange(1, 3).Draw(t, "pools") {
		o.Pools = append(o.Pools, randomPool(t, o.Pools, i))
	}
	for i := range o.Series {
		if o.Series[i].Priority > 0 {
			o.Series[i].Pool = rapid.SampledFrom(o.Pools).Draw(t, "of pool").Name
		}
	}
	empty := func(name string) bool { return len(o.SeriesIn(name)) == 0 }
	o.Pools = slices.DeleteFunc(o.Pools, func(p tender.Pool) bool { return empty(p.Name) })
	for i := range o.Pools {
		p := &o.Pools[i]
		p.Less, p.OnlyIfFull = slices.DeleteFunc(p.Less, empty), slices.DeleteFunc(p.OnlyIfFull, empty)
		if !p.HasCap || o.ShortfallOf(*p) == tender.Prorate {
			p.Counts = tender.CountAccepted
		}
	}
	return o
}

func randomPool(t *rapid.T, before []tender.Pool, i int) tender.Pool {
	p := tender.Pool{
		Name: fmt.Sprintf("pool %d", i), HasCap: rapid.IntRange(0, 3).Draw(t, "pool has cap") > 0,
		Shortfall: anyOf(t, "pool shortfall", "", tender.Prorate, tender.AllOrNoneSkip, tender.AllOrNoneStop),
		Counts:    anyOf(t, "counts", tender.CountAccepted, tender.CountTendered),
		Satisfied: rapid.IntRange(0, 3).Draw(t, "satisfied") == 0,
		Announced: randomFactor(t),
	}
	if p.HasCap {
		p.Cap = randomLimit(t, 40000)
	}
	for _, q := range before {
		if p.HasCap && rapid.IntRange(0, 2).Draw(t, "less") == 0 {
			p.Less = append(p.Less, q.Name)
		}
		if rapid.IntRange(0, 2).Draw(t, "only if full") == 0 {
			p.OnlyIfFull = append(p.OnlyIfFull, q.Name)
		}
	}
	return p
}

// randomFactor draws a factor that was announced, mostly none.
func randomFactor(t *rapid.T) decimal.Decimal {
	return anyOf(t, "announced", decimal.Zero, decimal.Zero, decimal.New(35, -2), decimal.New(8, -1))
}

// anyOf draws one of some values.
func anyOf[T any](t *rapid.T, what string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, what)
}

// randomLimit draws a cap of up to so many cents.
func randomLimit(t *rapid.T, most int64) tender.Cap {
	return tender.Cap{
		Amount:   decimal.New(rapid.Int64Range(0, most).Draw(t, "limit"), -2),
		Currency: rapid.SampledFrom([]string{"USD", "USD", "EUR", "JPY"}).Draw(t, "limit currency"),
		Measure: rapid.SampledFrom([]tender.Measure{tender.MeasurePrincipal, tender.MeasurePrincipal,
			tender.MeasurePurchasePrice, tender.MeasureWithAccrued}).Draw(t, "limit measure"),
	}
}

// randomAuctions adds auctions to an offer, with every rule of R17.
func randomAuctions(t *rapid.T, o *tender.Offer) *tender.Offer {
	for i := range rapid.IntRange(1, 2).Draw(t, "auctions") {
		a := tender.Auction{
			Name:            fmt.Sprintf("auction %d", i),
			Form:            anyOf(t, "form", tender.Modified, tender.Modified, tender.Unmodified),
			Bid:             anyOf(t, "bid", tender.BidPrice, tender.BidSpread, tender.BidPremium),
			Increment:       decimal.New(25, -1),
			NoBid:           anyOf(t, "no bid", tender.NoBidBest, tender.NoBidFirst),
			Undersubscribed: anyOf(t, "undersubscribed", tender.ClearsAtLastBid, tender.ClearsAtRangeEnd),
			SetBy:           anyOf(t, "set by", tender.SetByAll, tender.SetByEarly),
			Announced:       randomFactor(t),
			Cap:             randomLimit(t, 10000),
			BaseSpreads:     map[string]decimal.Decimal{},
		}
		a.From = decimal.NewFromInt(map[tender.BidKind]int64{tender.BidPrice: 900, tender.BidSpread: 100}[a.Bid])
		a.To = a.From.Add(decimal.NewFromInt(10))
		if a.HasClearing = rapid.IntRange(0, 4).Draw(t, "is set") == 0; a.HasClearing {
			a.Clearing = a.From.Add(a.Increment.Mul(decimal.NewFromInt(rapid.Int64Range(0, 4).Draw(t, "clearing"))))
		}
		for range rapid.IntRange(1, 2).Draw(t, "of the auction") {
			s := randomSeries(t, len(o.Series))
			s.Priority, s.HasMaximum, s.TenderOfferConsideration = 0, false, decimal.Zero
			o.Series = append(o.Series, s)
			a.Series = append(a.Series, s.ID)
			a.BaseSpreads[s.ID] = decimal.NewFromInt(rapid.Int64Range(50, 200).Draw(t, "base"))
		}
		o.Auctions = append(o.Auctions, a)
	}
	return o
}

// randomBids draws tenders for an offer with auctions.
func randomBids(t *rapid.T, o *tender.Offer) *tender.Book {
	b := randomBook(t, o)
	for i := range b.Lines {
		l := &b.Lines[i]
		l.Undelivered = rapid.IntRange(0, 9).Draw(t, "undelivered") == 0
		if a := o.AuctionOf(l.Series); a != nil && rapid.IntRange(0, 4).Draw(t, "without a bid") > 0 {
			bid := a.From.Add(a.Increment.Mul(decimal.NewFromInt(rapid.Int64Range(0, 4).Draw(t, "steps"))))
			l.Bid = &bid
		}
	}
	return b
}

// randomModern draws an offer with pools, with auctions, or with both, and a book.
func randomModern(t *rapid.T) (*tender.Offer, *tender.Book) {
	o := randomOffer(t)
	kind := rapid.IntRange(0, 2).Draw(t, "kind")
	if kind > 0 {
		o = randomPools(t)
	}
	if kind < 2 {
		o = randomAuctions(t, o)
	}
	if rapid.IntRange(0, 4).Draw(t, "announced") == 0 {
		o.Acceptance.Factor = tender.FactorGiven
		o.Acceptance.Given = decimal.New(rapid.Int64Range(1, 99).Draw(t, "given"), -2)
	}
	return o, randomBids(t, o)
}

// somePrices are prices that fall as the spread rises, and some interest on each series.
var somePrices = allocate.Prices{
	Accrued: func(series string, w tender.Window) (*big.Rat, error) {
		return big.NewRat(int64(len(series)+len(w)), 3), nil
	},
	AtSpread: func(series string, spread decimal.Decimal) (decimal.Decimal, error) {
		years := decimal.New(int64(series[1]-'0')+5, -1)
		return decimal.NewFromInt(1100).Sub(spread.Mul(years)), nil
	},
}

func mustAllocateAt(t rapid.TB, o *tender.Offer, b *tender.Book) *allocate.Result {
	t.Helper()
	r, err := allocate.AllocateAt(o, b, somePrices)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPoolsAndAuctionsAgreeWithTheNaiveAllocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, b := randomModern(t)
		r := mustAllocateAt(t, o, b)
		for i, want := range naiveAllocateAt(o, b, somePrices) {
			if got := r.Lines[i].Accepted.Rat(); got.Cmp(want) != 0 {
				t.Errorf("instruction %s of %s, %s, bid %v: accepted %s, naively %s (%s)", b.Lines[i].ID, b.Lines[i].Series,
					b.Lines[i].Window, b.Lines[i].Bid, got.RatString(), want.RatString(), r.Lines[i].Reason)
			}
		}
		checkInvariants(t, o, b, r)
	})
}

func TestInputOrderDoesNotMatterInPoolsAndAuctions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, b := randomModern(t)
		want := map[string]allocate.Line{}
		first := mustAllocateAt(t, o, b)
		for i, l := range first.Lines {
			want[b.Lines[i].ID] = l
		}
		shuffled := &tender.Book{Lines: rapid.Permutation(b.Lines).Draw(t, "shuffled")}
		second := mustAllocateAt(t, o, shuffled)
		for i, l := range second.Lines {
			if id := shuffled.Lines[i].ID; !l.Accepted.Equal(want[id].Accepted) || l.Reason != want[id].Reason {
				t.Errorf("instruction %s: %s (%s) in one order, %s (%s) in another", id,
					want[id].Accepted, want[id].Reason, l.Accepted, l.Reason)
			}
		}
		for i, was := range first.Auctions {
			now := second.Auctions[i]
			if fmt.Sprint(was.Clearing, was.Ladder, was.Prices, was.EarlyFactor, was.LateFactor) !=
				fmt.Sprint(now.Clearing, now.Ladder, now.Prices, now.EarlyFactor, now.LateFactor) {
				t.Errorf("the auction is %v in one order, %v in another", was, now)
			}
		}
	})
}

// Only the clearing level is cut back, unless the issuer set one that the cap does not reach.
// Better bids are taken whole, worse ones not at all.
func TestOnlyTheClearingLevelIsCutBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomAuctions(t, randomOffer(t))
		o.Series = slices.DeleteFunc(o.Series, func(s tender.Series) bool { return o.AuctionOf(s.ID) == nil })
		o.Caps = nil
		for i := range o.Auctions {
			o.Auctions[i].HasClearing, o.Auctions[i].Form, o.Auctions[i].SetBy = false, tender.Modified, tender.SetByAll
		}
		b := randomBids(t, o)
		r := mustAllocateAt(t, o, b)
		for i, l := range r.Lines {
			in := b.Lines[i]
			at := slices.IndexFunc(o.Auctions, func(a tender.Auction) bool { return slices.Contains(a.Series, in.Series) })
			a, done := &o.Auctions[at], r.Auctions[at]
			bid := a.Best()
			if in.Bid != nil {
				bid = *in.Bid
			}
			whole := l.Accepted.Equal(in.Principal) || in.Undelivered
			order := a.Compare(bid, done.Clearing)
			if (order < 0 && !whole) || (order > 0 && !l.Accepted.IsZero()) {
				t.Errorf("%s accepted of %s at a bid of %s; it clears at %s", l.Accepted, in.Principal, bid, done.Clearing)
			}
		}
	})
}

// A higher cap never accepts less at a level, of bids or of a pool. An announced factor can: where it does
// not fit, the largest is taken, and under a higher cap it fits and gives less.
func TestMoreCapNeverBuysLessAtALevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomAuctions(t, &tender.Offer{Acceptance: plainOffer().Acceptance})
		o.Auctions = o.Auctions[:1]
		a := &o.Auctions[0]
		o.Series = o.Series[:len(a.Series)]
		for i := range o.Series {
			o.Series[i].Currency = "USD"
		}
		a.SetBy, a.HasClearing, a.Cap.Currency, a.Announced = tender.SetByAll, false, "USD", decimal.Zero
		b := randomBids(t, o)
		less := mustAllocateAt(t, o, b)
		a.Cap.Amount = a.Cap.Amount.Add(decimal.NewFromInt(rapid.Int64Range(1, 50).Draw(t, "more")))
		checkNoLevelBuysLess(t, b, less, mustAllocateAt(t, o, b))
	})
	rapid.Check(t, func(t *rapid.T) {
		o := randomPools(t)
		o.Acceptance = plainOffer().Acceptance
		o.Caps = nil
		for i := range o.Pools {
			o.Pools[i].Shortfall, o.Pools[i].Less, o.Pools[i].Counts = "", nil, tender.CountAccepted
			o.Pools[i].Announced = decimal.Zero
		}
		for i := range o.Series {
			o.Series[i].HasMaximum, o.Series[i].Currency = false, "USD"
		}
		b := randomBids(t, o)
		less := mustAllocateAt(t, o, b)
		for i := range o.Pools {
			o.Pools[i].Cap.Amount = o.Pools[i].Cap.Amount.Mul(decimal.New(15, -1)).Add(decimal.NewFromInt(1))
		}
		if o.Acceptance.Order == tender.OrderPriority {
			checkNoLevelBuysLess(t, b, less, mustAllocateAt(t, o, b))
		}
	})
}

// checkNoLevelBuysLess compares what is accepted of the tenders of each step.
func checkNoLevelBuysLess(t rapid.TB, b *tender.Book, less, more *allocate.Result) {
	t.Helper()
	was, is := map[int]decimal.Decimal{}, map[int]decimal.Decimal{}
	for i, l := range less.Lines {
		if !b.Lines[i].Undelivered {
			was[l.Step] = was[l.Step].Add(l.Accepted)
			is[l.Step] = is[l.Step].Add(more.Lines[i].Accepted) // which is of the same level
		}
	}
	for step, sum := range was {
		if is[step].LessThan(sum) {
			t.Errorf("step %d: %s accepted, %s with a higher cap", step, sum, is[step])
		}
	}
}

// Whether early tenders that set the level are settled on their own before the late ones come
// in, or all at the end, makes no difference.
func TestSettlingTheEarlyTendersOfAnAuctionChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomAuctions(t, &tender.Offer{Acceptance: randomOffer(t).Acceptance, Rates: randomOffer(t).Rates})
		for i := range o.Auctions {
			o.Auctions[i].SetBy = tender.SetByEarly
		}
		b := randomBids(t, o)
		once := mustAllocateAt(t, o, b)
		early, whole := &tender.Book{}, &tender.Book{}
		for _, l := range b.Lines {
			if l.Window == tender.Early {
				l.Undelivered = false
				early.Lines = append(early.Lines, l)
			}
		}
		for i, l := range mustAllocateAt(t, o, early).Lines {
			fixed := early.Lines[i]
			fixed.Settled = &tender.Settled{Accepted: l.Accepted}
			whole.Lines = append(whole.Lines, fixed)
		}
		for _, l := range b.Lines {
			if l.Window == tender.Late {
				whole.Lines = append(whole.Lines, l)
			}
		}
		twice := mustAllocateAt(t, o, whole)
		for i, l := range whole.Lines {
			at := slices.IndexFunc(b.Lines, func(x tender.Line) bool { return x.ID == l.ID })
			if got, want := twice.Lines[i].Accepted, once.Lines[at].Accepted; !got.Equal(want) && !b.Lines[at].Undelivered {
				t.Errorf("instruction %s, %s, bid %v: %s after an early settlement (%s), %s all at once (%s)",
					l.ID, l.Window, l.Bid, got, twice.Lines[i].Reason, want, once.Lines[at].Reason)
			}
		}
		checkInvariants(t, o, whole, twice)
	})
}
