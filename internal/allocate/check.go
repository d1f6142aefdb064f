package allocate

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Check tests the invariants of R16 on a result, computing everything anew from
// the lines in decimal arithmetic. One that does not hold is a bug, and nothing
// may be published.
func Check(o *tender.Offer, b *tender.Book, r *Result) []tender.Invariant {
	return []tender.Invariant{
		invariant("every instruction is accepted between nothing and its principal", checkShares(b, r)),
		invariant("every accepted amount is nothing, the whole or a legal denomination", checkDenominations(o, b, r)),
		invariant("accepted lines add up to the series", checkSeries(o, b, r)),
		invariant("accepted lines add up to the steps", checkSteps(b, r)),
		invariant("no cap is exceeded, save under a warning", checkCaps(o, b, r)),
	}
}

func invariant(name string, detail string) tender.Invariant {
	return tender.Invariant{Name: name, Holds: detail == "", Detail: detail}
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
		if !l.Accepted.Mod(d.Multiple).IsZero() || l.Accepted.LessThan(d.Minimum) && !belowMinimum {
			return fmt.Sprintf("instruction %s: %s accepted", in.ID, l.Accepted)
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
	sums := acceptedBy(b, r)
	for _, step := range r.Steps {
		for _, share := range step.Shares {
			if sum := sums[share.Series][share.Window]; !sum.Equal(share.Accepted.Add(share.Settled)) {
				return fmt.Sprintf("level %d, series %s, %s: lines %s, step %s and %s settled before", step.Level, share.Series, share.Window, sum, share.Accepted, share.Settled)
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
