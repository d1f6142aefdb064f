package allocate_test

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

func mustAllocate(t rapid.TB, o *tender.Offer, b *tender.Book) *allocate.Result {
	t.Helper()
	r, err := allocate.Allocate(o, b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgreesWithTheNaiveAllocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		for i, want := range naiveAllocate(o, b) {
			if got := r.Lines[i].Accepted.Rat(); got.Cmp(want) != 0 {
				t.Errorf("instruction %s of %s, %s: accepted %s, naively %s (%s)", b.Lines[i].ID, b.Lines[i].Series,
					b.Lines[i].Window, got.RatString(), want.RatString(), r.Lines[i].Reason)
			}
		}
	})
}

func TestInvariantsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		for _, inv := range allocate.Check(o, b, mustAllocate(t, o, b)) {
			if !inv.Holds {
				t.Errorf("%s: %s", inv.Name, inv.Detail)
			}
		}
	})
}

func TestInputOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		want := map[string]decimal.Decimal{}
		for i, l := range mustAllocate(t, o, b).Lines {
			want[b.Lines[i].ID] = l.Accepted
		}
		shuffled := &tender.Book{Lines: rapid.Permutation(b.Lines).Draw(t, "shuffled")}
		for i, l := range mustAllocate(t, o, shuffled).Lines {
			if id := shuffled.Lines[i].ID; !l.Accepted.Equal(want[id]) {
				t.Errorf("instruction %s: %s in one order, %s in another", id, want[id], l.Accepted)
			}
		}
	})
}

// Only the cap over all is raised: a raised cap over some lets higher levels take
// more of the cap over all, and equal tenders move together, so the total may
// then fall by less than one step of them.
func TestMoreCapacityNeverAcceptsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = tender.RejectPiece, tender.Keep
		for i := range o.Series {
			o.Series[i].Currency = "USD"
		}
		o.Caps = []tender.Cap{{Name: "Tender Cap", Currency: "USD", Measure: tender.MeasurePrincipal,
			Amount: decimal.NewFromInt(rapid.Int64Range(0, 400).Draw(t, "Tender Cap"))}}
		b := randomBook(t, o)
		less := mustAllocate(t, o, b)
		o.Caps[0].Amount = o.Caps[0].Amount.Add(decimal.NewFromInt(rapid.Int64Range(1, 100).Draw(t, "more")))
		more := mustAllocate(t, o, b)
		if was, is := total(less), total(more); is.LessThan(was) {
			t.Errorf("%s accepted, %s with a higher cap", was, is)
		}
	})
}

func tendered(b *tender.Book) decimal.Decimal {
	sum := decimal.Zero
	for _, l := range b.Lines {
		sum = sum.Add(l.Principal)
	}
	return sum
}

func total(r *allocate.Result) decimal.Decimal {
	sum := decimal.Zero
	for _, l := range r.Lines {
		sum = sum.Add(l.Accepted)
	}
	return sum
}

// The maximal factor is the largest: at the next factor at which any tender of
// a group that was cut back gains a denomination, the cap would be exceeded.
func TestOneBreakpointMoreDoesNotFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		o.Series, o.Caps = o.Series[:1], nil
		o.Series[0].Priority, o.Series[0].HasMaximum = 1, true
		o.Series[0].MaximumOfferAmount = decimal.NewFromInt(rapid.Int64Range(0, 200).Draw(t, "maximum"))
		o.Acceptance = tender.Acceptance{Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.DownTo, ReturnedBelowMinimum: tender.Keep}
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		if total(r).Equal(tendered(b)) {
			return
		}
		multiple, next := o.Series[0].Denomination.Multiple, big.NewRat(1, 1)
		for i, l := range r.Lines {
			gain := new(big.Rat).Quo(decimal.Min(l.Accepted.Add(multiple), b.Lines[i].Principal).Rat(), b.Lines[i].Principal.Rat())
			if l.Accepted.LessThan(b.Lines[i].Principal) && gain.Cmp(next) < 0 {
				next = gain
			}
		}
		more := decimal.Zero
		for i := range r.Lines {
			units := new(big.Rat).Mul(b.Lines[i].Principal.Rat(), next)
			units.Quo(units, multiple.Rat())
			more = more.Add(multiple.Mul(decimal.NewFromBigInt(new(big.Int).Quo(units.Num(), units.Denom()), 0)))
		}
		if !more.GreaterThan(o.Series[0].MaximumOfferAmount) {
			t.Errorf("%s accepted of a maximum of %s, and the factor %s would accept %s", total(r), o.Series[0].MaximumOfferAmount, next.RatString(), more)
		}
	})
}

// The factor shown in the workbook gives back every line that no rule on small
// pieces touched.
func TestTheShownFactorReproducesTheLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		for i, l := range r.Lines {
			if l.Reason.Code != allocate.Prorated {
				continue
			}
			in := b.Lines[i]
			at, _ := o.SeriesByID(in.Series)
			factor := factorOf(r, in)
			shown := factor.Exact()
			if d, ok := factor.Shown(); ok {
				shown = d.Rat()
			} else if o.Acceptance.BelowMinimum != tender.UpTo {
				t.Fatalf("instruction %s: no decimal for %s", in.ID, factor)
			}
			units := new(big.Rat).Mul(in.Principal.Rat(), shown)
			units.Quo(units, o.Series[at].Denomination.Multiple.Rat())
			whole := decimal.NewFromBigInt(new(big.Int).Quo(units.Num(), units.Denom()), 0)
			if back := whole.Mul(o.Series[at].Denomination.Multiple); !back.Equal(l.Accepted) {
				t.Errorf("instruction %s: %s × %s gives %s, accepted %s", in.ID, in.Principal, factor, back, l.Accepted)
			}
		}
	})
}

func factorOf(r *allocate.Result, in tender.Line) allocate.Factor {
	for _, step := range r.Steps {
		for _, share := range step.Shares {
			if share.Series == in.Series && share.Window == in.Window {
				return share.Factor
			}
		}
	}
	return allocate.Factor{}
}

func TestEarlyFirstIsNeverWorseForEarlyTenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		o.Acceptance.Shortfall, o.Acceptance.Factor = tender.Prorate, tender.FactorMaximal
		o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = tender.RejectPiece, tender.Keep
		o.Series = o.Series[:1]
		o.Caps = nil
		b := randomBook(t, o)
		o.Acceptance.Order = tender.OrderPriority
		together := mustAllocate(t, o, b)
		o.Acceptance.Order = tender.OrderEarlyFirst
		first := mustAllocate(t, o, b)
		for i, l := range b.Lines {
			if l.Window == tender.Early && first.Lines[i].Accepted.LessThan(together.Lines[i].Accepted) {
				t.Errorf("instruction %s: %s early first, %s together", l.ID, first.Lines[i].Accepted, together.Lines[i].Accepted)
			}
		}
	})
}
