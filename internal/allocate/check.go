package allocate

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Check tests the invariants of R16 on a result, computing everything again from
// the lines in decimal arithmetic. One that does not hold is a bug, and nothing
// may be published.
func Check(o *tender.Offer, b *tender.Book, r *Result) []tender.Invariant {
	return []tender.Invariant{
		tender.Check("every instruction is accepted between nothing and its principal", checkShares(b, r)),
		tender.Check("every accepted amount is nothing, the whole or a legal denomination", checkDenominations(o, b, r)),
		tender.Check("nothing is bought of notes that were not delivered", checkDelivered(b, r)),
		tender.Check("accepted lines add up to the series", checkSeries(o, b, r)),
		tender.Check("accepted lines add up to the steps", checkSteps(b, r)),
		tender.Check("no cap is exceeded, save under a warning", checkCaps(o, b, r)),
	}
}

func checkShares(b *tender.Book, r *Result) string {
	if len(r.Lines) != len(b.Lines) {
		return fmt.Sprintf("%d lines decided, %d in the book", len(r.Lines), len(b.Lines))
	}
	for i, l := range r.Lines {
		if l.Accepted.IsNegative() || l.Accepted.GreaterThan(b.Lines[i].Principal) {
			return fmt.Sprintf("instruction %s: %s accepted of %s", b.Lines[i].ID, l.Accepted, b.Lines[i].Principal)
		}
	}
	return ""
}

func checkDenominations(o *tender.Offer, b *tender.Book, r *Result) string {
	belowMinimum := o.Acceptance.BelowMinimum == tender.DownTo || o.Acceptance.BelowMinimum == tender.UpTo
	for i, l := range r.Lines {
		in := &b.Lines[i]
		if l.Accepted.IsZero() || l.Accepted.Equal(in.Principal) {
			continue
		}
		at, _ := o.SeriesByID(in.Series)
		d := o.Series[at].Denomination
		if !l.Accepted.Mod(d.Multiple).IsZero() || (l.Accepted.LessThan(d.Minimum) && !belowMinimum) {
			return fmt.Sprintf("instruction %s: %s accepted", in.ID, l.Accepted)
		}
	}
	return ""
}

func checkDelivered(b *tender.Book, r *Result) string {
	for i, l := range r.Lines {
		if b.Lines[i].Undelivered && !l.Accepted.IsZero() {
			return fmt.Sprintf("instruction %s: %s accepted", b.Lines[i].ID, l.Accepted)
		}
	}
	return ""
}

// acceptedBy adds the accepted lines up by series and window.
func acceptedBy(b *tender.Book, r *Result) map[string]map[tender.Window]decimal.Decimal {
	sums := map[string]map[tender.Window]decimal.Decimal{}
	for i, l := range r.Lines {
		in := &b.Lines[i]
		if sums[in.Series] == nil {
			sums[in.Series] = map[tender.Window]decimal.Decimal{}
		}
		sums[in.Series][in.Window] = sums[in.Series][in.Window].Add(l.Accepted)
	}
	return sums
}

func checkSeries(o *tender.Offer, b *tender.Book, r *Result) string {
	sums := acceptedBy(b, r)
	for i, s := range o.Series {
		for _, w := range tender.Windows {
			if sum := sums[s.ID][w]; !sum.Equal(r.Series[i].Of(w)) {
				return fmt.Sprintf("series %s, %s: lines %s, series %s", s.ID, w, sum, r.Series[i].Of(w))
			}
		}
	}
	return ""
}

func checkSteps(b *tender.Book, r *Result) string {
	taken := map[string]map[tender.Window]decimal.Decimal{}
	for _, step := range r.Steps {
		for _, share := range step.Shares {
			if taken[share.Series] == nil {
				taken[share.Series] = map[tender.Window]decimal.Decimal{}
			}
			taken[share.Series][share.Window] = taken[share.Series][share.Window].Add(share.Accepted)
		}
	}
	for series, sums := range acceptedBy(b, r) {
		for window, sum := range sums {
			if !sum.Equal(taken[series][window]) {
				return fmt.Sprintf("series %s, %s: lines %s, steps %s", series, window, sum, taken[series][window])
			}
		}
	}
	return ""
}

func checkCaps(o *tender.Offer, b *tender.Book, r *Result) string {
	sums := acceptedBy(b, r)
	for _, use := range r.Caps {
		used := new(big.Rat)
		for _, s := range o.Series {
			if !use.Covers(s) {
				continue
			}
			rate, ok := o.Rate(s.Currency, use.Currency)
			if !ok {
				return fmt.Sprintf("cap %s: no rate from %s", use.Name, s.Currency)
			}
			for _, w := range tender.Windows {
				counts := sums[s.ID][w]
				if use.Measure == tender.MeasurePurchasePrice {
					counts = counts.Mul(s.Price(w)).Shift(-3)
				}
				used.Add(used, new(big.Rat).Mul(rate, counts.Rat()))
			}
		}
		if used.Cmp(use.Amount.Rat()) > 0 && !use.Exceeded {
			return fmt.Sprintf("cap %s: %s used of %s", use.Name, used.FloatString(2), use.Amount)
		}
	}
	return ""
}
