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

// settling is an offer that settles in stages: what is tendered by a stage is allocated by the
// terms of then, and what was decided of it is fixed for the stages after it.
type settling struct {
	terms  []*tender.Offer // of the stages; the last is the final one
	prices []allocate.Prices
	stage  []int // of each line of the whole book
	whole  *tender.Book

	books   []*tender.Book // as they were allocated
	results []*allocate.Result
}

// randomSettling draws an offer and a book with one to three settlements. Prices, rates and
// interest are others at each; a cap may be raised from one to the next.
func randomSettling(t *rapid.T) *settling {
	o, b := randomModern(t)
	return settlingOf(t, o, b)
}

func settlingOf(t *rapid.T, o *tender.Offer, b *tender.Book) *settling {
	s := &settling{whole: b}
	n := rapid.IntRange(1, 3).Draw(t, "settlements")
	for i := range n {
		s.terms = append(s.terms, o)
		s.prices = append(s.prices, pricesAt(i))
		o = laterTerms(t, o)
	}
	for range b.Lines {
		s.stage = append(s.stage, rapid.IntRange(0, n-1).Draw(t, "stage"))
	}
	return s
}

// laterTerms are those of the next settlement.
func laterTerms(t *rapid.T, o *tender.Offer) *tender.Offer {
	later := *o
	later.Series, later.Rates = slices.Clone(o.Series), slices.Clone(o.Rates)
	later.Caps, later.Pools, later.Auctions = slices.Clone(o.Caps), slices.Clone(o.Pools), slices.Clone(o.Auctions)
	if rapid.Bool().Draw(t, "other prices") {
		for i := range later.Series {
			s := &later.Series[i]
			if o.AuctionOf(s.ID) == nil {
				s.TenderOfferConsideration = s.TenderOfferConsideration.Add(decimal.NewFromInt(rapid.Int64Range(-200, 200).Draw(t, "change")))
			}
		}
		for i := range later.Rates {
			later.Rates[i].Rate = later.Rates[i].Rate.Mul(decimal.New(rapid.Int64Range(50, 150).Draw(t, "rate"), -2))
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "caps raised") == 0 {
		raised := func(c *tender.Cap) { c.Amount = c.Amount.Mul(decimal.New(15, -1)).Add(decimal.NewFromInt(5)) }
		for i := range later.Caps {
			raised(&later.Caps[i])
		}
		for i := range later.Pools {
			raised(&later.Pools[i].Cap)
		}
		for i := range later.Auctions {
			raised(&later.Auctions[i].Cap)
		}
	}
	return &later
}

// pricesAt are some prices of a stage.
func pricesAt(stage int) allocate.Prices {
	return allocate.Prices{
		Accrued: func(series string, w tender.Window) (*big.Rat, error) {
			return big.NewRat(int64(len(series)+len(w)+200*stage), 3), nil
		},
		AtSpread: func(series string, spread decimal.Decimal) (decimal.Decimal, error) {
			years := decimal.New(int64(series[1]-'0')+5, -1)
			return decimal.NewFromInt(int64(1100 + 70*stage)).Sub(spread.Mul(years)), nil
		},
	}
}

// run settles stage by stage; the notes that do not come are known at the last.
func (s *settling) run(t rapid.TB) {
	t.Helper()
	settled := map[string]*tender.Settled{}
	var made []tender.Made
	for stage, o := range s.terms {
		b := &tender.Book{Made: slices.Clone(made)}
		for i, l := range s.whole.Lines {
			if s.stage[i] <= stage {
				l.Settled = settled[l.ID]
				l.Undelivered = l.Undelivered && stage == len(s.terms)-1
				b.Lines = append(b.Lines, l)
			}
		}
		r, err := allocate.AllocateAt(o, b, s.pricesOf(stage))
		if err != nil {
			t.Fatal(err)
		}
		s.books, s.results = append(s.books, b), append(s.results, r)
		at := tender.Made{Interim: tender.Interim{On: tender.Date{Year: 2024, Month: 4, Day: 1 + stage}}, Then: o,
			Levels: map[string]decimal.Decimal{}}
		for i, l := range b.Lines {
			if l.Settled != nil {
				continue
			}
			settled[l.ID] = &tender.Settled{Accepted: r.Lines[i].Accepted, Made: stage}
			if r.Lines[i].Accepted.Sign() > 0 {
				settled[l.ID].AtTerms = s.termsOf(stage, &l, shareOf(r, b, i))
			}
			for _, a := range r.Auctions {
				if in := o.AuctionOf(l.Series); in != nil && in.Name == a.Name {
					at.Levels[a.Name] = a.Clearing
				}
			}
		}
		made = append(made, at)
	}
}

func (s *settling) pricesOf(stage int) allocate.Prices {
	p := s.prices[stage]
	p.Then = s.prices[:stage]
	return p
}

// termsOf are those at which a tender was settled.
func (s *settling) termsOf(stage int, l *tender.Line, share allocate.Share) *tender.SettledTerms {
	o := s.terms[stage]
	at, _ := o.SeriesByID(l.Series)
	price := o.Series[at].Price(l.Window)
	if o.AuctionOf(l.Series) != nil {
		price = share.Price
	}
	accrued, _ := s.prices[stage].Accrued(l.Series, l.Window)
	return &tender.SettledTerms{Consideration: price, Accrued: accrued, Rates: o.Rates}
}

// The naive allocation, which is written from docs/rules.md, comes to the same at each
// settlement.
func TestSettlementsAgreeWithTheNaiveAllocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettling(t)
		s.run(t)
		for stage, b := range s.books {
			for i, want := range naiveAllocateAt(s.terms[stage], b, s.pricesOf(stage)) {
				r := s.results[stage]
				if got := r.Lines[i].Accepted.Rat(); got.Cmp(want) != 0 {
					t.Errorf("settlement %d: instruction %s of %s, %s, bid %v: accepted %s, naively %s (%s)", stage+1,
						b.Lines[i].ID, b.Lines[i].Series, b.Lines[i].Window, b.Lines[i].Bid, got.RatString(), want.RatString(),
						r.Lines[i].Reason)
				}
			}
			checkInvariants(t, s.terms[stage], b, s.results[stage])
		}
	})
}

// Nothing that was settled changes later, whatever is tendered then and whatever the terms are.
func TestWhatWasSettledNeverChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettling(t)
		s.run(t)
		was := map[string]decimal.Decimal{}
		for stage, b := range s.books {
			for i, l := range s.results[stage].Lines {
				id := b.Lines[i].ID
				if before, known := was[id]; known && !l.Accepted.Equal(before) && !b.Lines[i].Undelivered {
					t.Errorf("instruction %s: %s at settlement %d, %s before", id, l.Accepted, stage+1, before)
				}
				was[id] = l.Accepted
			}
		}
	})
}

// Over all settlements no cap is exceeded, each purchase counted at its own price, interest and
// rate; save under the rules on small pieces, with a warning.
func TestNoCapIsExceededOverAllSettlements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, b := randomModern(t)
		o.Acceptance.Factor = tender.FactorMaximal
		o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = tender.RejectPiece, tender.Keep
		s := settlingOf(t, o, b)
		s.run(t)
		last := len(s.terms) - 1
		for _, use := range s.results[last].Caps {
			used := new(big.Rat)
			for i, l := range s.books[last].Lines {
				used.Add(used, s.counts(use.Cap, &l, s.results[last].Lines[i].Accepted, shareOf(s.results[last], s.books[last], i)))
			}
			own := slices.ContainsFunc(s.terms[last].Pools, func(p tender.Pool) bool { return p.Name == use.Name && len(p.Less) > 0 })
			if used.Cmp(use.Amount.Rat()) > 0 && !own {
				t.Errorf("%s: %s used of %s", use.Name, used.FloatString(4), use.Amount)
			}
		}
	})
}

// counts is what a line counts for under a cap, worked out from the line alone.
func (s *settling) counts(c tender.Cap, l *tender.Line, accepted decimal.Decimal, share allocate.Share) *big.Rat {
	last := len(s.terms) - 1
	o := s.terms[last]
	at, _ := o.SeriesByID(l.Series)
	in := o.AuctionOf(l.Series)
	if accepted.IsZero() || (in == nil && !c.Covers(o.Series[at])) || (in != nil && in.Name != c.Name) {
		return new(big.Rat)
	}
	terms := s.termsOf(last, l, share)
	if l.Settled != nil {
		terms = l.Settled.AtTerms
	}
	rate, _ := (&tender.Offer{Rates: terms.Rates}).Rate(o.Series[at].Currency, c.Currency)
	per := terms.Price().Rat()
	switch c.Measure {
	case tender.MeasurePrincipal:
		per = big.NewRat(1000, 1)
	case tender.MeasureWithAccrued:
		per.Add(per, terms.Accrued)
	}
	value := new(big.Rat).Mul(accepted.Rat(), rate)
	return value.Mul(value, per.Quo(per, big.NewRat(1000, 1)))
}

func TestInputOrderDoesNotMatterOverSettlements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettling(t)
		s.run(t)
		last := len(s.terms) - 1
		want := map[string]allocate.Line{}
		for i, l := range s.results[last].Lines {
			want[s.books[last].Lines[i].ID] = l
		}
		shuffled := *s.books[last]
		shuffled.Lines = rapid.Permutation(shuffled.Lines).Draw(t, "shuffled")
		r, err := allocate.AllocateAt(s.terms[last], &shuffled, s.pricesOf(last))
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range r.Lines {
			if id := shuffled.Lines[i].ID; fmt.Sprint(l) != fmt.Sprint(want[id]) {
				t.Errorf("instruction %s: %v in one order, %v in another", id, want[id], l)
			}
		}
	})
}
