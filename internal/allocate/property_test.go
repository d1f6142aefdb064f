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
		if rapid.IntRange(0, 4).Draw(t, "announced") == 0 {
			o.Acceptance.Factor, o.Acceptance.Given = tender.FactorGiven, decimal.New(rapid.Int64Range(1, 99).Draw(t, "given"), -2)
		}
		b := randomBook(t, o)
		for i := range b.Lines {
			b.Lines[i].Undelivered = rapid.IntRange(0, 9).Draw(t, "undelivered") == 0
		}
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

// The arithmetic is exact at any size: with every amount a trillion times larger
// every tender gets a trillion times as much.
func TestTheSizeOfAmountsDoesNotMatter(t *testing.T) {
	const trillion = 12
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		for i := range o.Series {
			s := &o.Series[i]
			s.MaximumOfferAmount = s.MaximumOfferAmount.Shift(trillion)
			s.Denomination.Minimum = s.Denomination.Minimum.Shift(trillion)
			s.Denomination.Multiple = s.Denomination.Multiple.Shift(trillion)
		}
		for i := range o.Caps {
			o.Caps[i].Amount = o.Caps[i].Amount.Shift(trillion)
		}
		for i := range b.Lines {
			b.Lines[i].Principal = b.Lines[i].Principal.Shift(trillion)
		}
		large := mustAllocate(t, o, b)
		for i, l := range r.Lines {
			if got := large.Lines[i]; !got.Accepted.Equal(l.Accepted.Shift(trillion)) || got.Reason != l.Reason {
				t.Errorf("instruction %s: %s accepted (%s), and of a trillion times as much %s (%s)",
					b.Lines[i].ID, l.Accepted, l.Reason, got.Accepted, got.Reason)
			}
		}
	})
}

// Only the cap over all is raised: a raised cap over some lets higher levels take
// more of the cap over all, and equal tenders move together, so the total may
// then fall by less than one step of them. Under the plain ratio R11 comes after
// the factor, so there only the rules are drawn by which a larger factor never
// gives less. Under the maximal factor every rule is but REJT for returned parts
// where series have a maximum of their own: see the case
// R11-returned-REJT-beside-an-own-maximum.
func TestMoreCapacityNeverAcceptsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		if o.Acceptance.Factor == tender.FactorRatio {
			o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = tender.RejectPiece, tender.Keep
		}
		for i := range o.Series {
			o.Series[i].Currency = "USD"
			if o.Acceptance.ReturnedBelowMinimum == tender.RejectPiece {
				o.Series[i].HasMaximum = false
			}
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

// Under the maximal factor no cap is ever exceeded, whatever the rules on small
// pieces.
func TestM5TheMaximalFactorExceedsNoCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		o.Acceptance.Shortfall, o.Acceptance.Factor = tender.Prorate, tender.FactorMaximal
		r := mustAllocate(t, o, randomBook(t, o))
		for _, c := range r.Caps {
			if c.Exceeded || c.Left.IsNegative() {
				t.Errorf("%s has %s left", c.Name, c.Left)
			}
		}
		if len(r.Warnings) > 0 {
			t.Errorf("warnings %q", r.Warnings)
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
			if next.Cmp(one) == 0 {
				more = tendered(b)
				break
			}
			units := new(big.Rat).Mul(b.Lines[i].Principal.Rat(), next)
			units.Quo(units, multiple.Rat())
			more = more.Add(multiple.Mul(decimal.NewFromBigInt(new(big.Int).Quo(units.Num(), units.Denom()), 0)))
		}
		if !more.GreaterThan(o.Series[0].MaximumOfferAmount) {
			t.Errorf("%s accepted of a maximum of %s, and the factor %s would accept %s", total(r), o.Series[0].MaximumOfferAmount, next.RatString(), more)
		}
	})
}

// The factor shown in the workbook, followed by rounding and R11, gives back
// every line. A line that no rule on small pieces touched is given back by
// rounding alone.
func TestTheShownFactorReproducesTheLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		n := newNaive(o, b)
		for i, l := range r.Lines {
			factor := factorOf(r, b.Lines[i])
			shown := shownAs(factor)
			back := n.floor(i, shown)
			if l.Reason.Code != allocate.Prorated {
				back = n.small(i, back, shown)
			}
			if back.Cmp(l.Accepted.Rat()) != 0 {
				t.Errorf("instruction %s: %s × %s gives %s, accepted %s (%s)",
					b.Lines[i].ID, b.Lines[i].Principal, factor, back.RatString(), l.Accepted, l.Reason)
			}
		}
	})
}

// shownAs is the decimal shown for a factor, or the fraction where there is none.
func shownAs(f allocate.Factor) *big.Rat {
	if d, ok := f.Shown(); ok {
		return d.Rat()
	}
	return f.Exact()
}

// A larger decimal with fewer digits than the maximal factor is shown with gives
// some line another result; and a fraction is shown only where no decimal gives
// every line its own.
func TestTheMaximalFactorIsShownWithTheFewestDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOffer(t)
		o.Acceptance.Shortfall, o.Acceptance.Factor = tender.Prorate, tender.FactorMaximal
		if o.Acceptance.BelowMinimum == tender.Whole || o.Acceptance.ReturnedBelowMinimum == tender.RejectPiece {
			o.Acceptance.BelowMinimum, o.Acceptance.ReturnedBelowMinimum = tender.ToMinimum, tender.Keep
		}
		b := randomBook(t, o)
		r := mustAllocate(t, o, b)
		n := newNaive(o, b)
		for at, step := range r.Steps {
			for _, share := range step.Shares {
				if share.Reason.Code != allocate.Prorated {
					continue
				}
				places := int32(3) // no fraction where a decimal of so few digits would do
				if d, ok := share.Factor.Shown(); ok {
					places = min(-d.Exponent()-1, 3)
				}
				if d, found := shorter(n, r, at, share, places); found {
					t.Errorf("series %s: shown as %s, and %s gives the same lines", share.Series, share.Factor, d)
				}
			}
		}
	})
}

// shorter looks for a decimal with so many places that gives every line of a step
// that was cut back with a share what it has.
func shorter(n *naive, r *allocate.Result, step int, share allocate.Share, places int32) (decimal.Decimal, bool) {
	if places <= 0 {
		return decimal.Zero, false
	}
	for digits := int64(1); ; digits++ {
		d := decimal.New(digits, -places)
		if d.GreaterThanOrEqual(decimal.NewFromInt(1)) {
			return d, false
		}
		same := d.Rat().Cmp(share.Factor.Exact()) > 0
		for i, l := range r.Lines {
			with := l.Reason.Cap == share.Reason.Cap && (l.Reason.Code == allocate.Prorated || l.Reason.Code == allocate.SmallPiece)
			if l.Step != step || !with {
				continue
			}
			floor := n.floor(i, d.Rat())
			got := n.small(i, floor, d.Rat())
			same = same && got.Cmp(l.Accepted.Rat()) == 0 && (got.Cmp(floor) == 0 || l.Reason.Code == allocate.SmallPiece)
		}
		if same {
			return d, true
		}
	}
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
