package allocate

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/tender"
)

// Check tests the invariants of R16 on a result, computing everything again from
// the lines in decimal arithmetic. One that does not hold is a bug, and nothing
// may be published.
func Check(o *tender.Offer, b *tender.Book, r *Result) []tender.Invariant {
	sums := acceptedBy(b, r)
	all := []tender.Invariant{
		tender.Check("every instruction is accepted between nothing and its principal", checkShares(b, r)),
		tender.Check("every accepted amount is nothing, the whole or a legal denomination", checkDenominations(o, b, r)),
		tender.Check("nothing is bought of notes that were not delivered", checkDelivered(b, r)),
		tender.Check("accepted lines add up to the series", checkSeries(o, sums, r)),
		tender.Check("accepted lines add up to the steps", checkSteps(sums, r)),
		tender.Check("no cap is exceeded, save under a warning", checkCaps(o, b, sums, r)),
	}
	if lastMade(b) >= 0 {
		all = append(all, tender.Check("what was settled before is as it was", checkSettled(b, r)))
	}
	if len(o.Auctions) > 0 {
		all = append(all, tender.Check("no bid of an auction is left out for a worse one", checkBids(o, b, r)))
	}
	return all
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

// checkSettled tests that of every settled line that was bought which was then.
func checkSettled(b *tender.Book, r *Result) string {
	for i, l := range r.Lines {
		if s := b.Lines[i].Settled; s != nil && !b.Lines[i].Undelivered && !l.Accepted.Equal(s.Accepted) {
			return fmt.Sprintf("instruction %s: %s accepted, %s settled", b.Lines[i].ID, l.Accepted, s.Accepted)
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
		if !isMultiple(l.Accepted, d.Multiple) || (l.Accepted.LessThan(d.Minimum) && !belowMinimum) {
			return fmt.Sprintf("instruction %s: %s accepted", in.ID, l.Accepted)
		}
	}
	return ""
}

// isMultiple reports whether an amount is a whole number of multiples.
func isMultiple(amount, multiple decimal.Decimal) bool {
	a, okA := decimals.Of(amount)
	m, okM := decimals.Of(multiple)
	if okA && okM && a.Places == 0 && m.Places == 0 && m.Units != 0 {
		return a.Units%m.Units == 0
	}
	return amount.Mod(multiple).IsZero()
}

func checkDelivered(b *tender.Book, r *Result) string {
	for i, l := range r.Lines {
		if b.Lines[i].Undelivered && !l.Accepted.IsZero() {
			return fmt.Sprintf("instruction %s: %s accepted", b.Lines[i].ID, l.Accepted)
		}
	}
	return ""
}

// accepted is principal by series and window.
type accepted map[string]map[tender.Window]decimal.Decimal

// acceptedBy adds the accepted lines up.
func acceptedBy(b *tender.Book, r *Result) accepted {
	type key struct {
		series string
		window tender.Window
	}
	exact := map[key]*decimals.Sum{}
	for i := range r.Lines {
		in := key{b.Lines[i].Series, b.Lines[i].Window}
		if exact[in] == nil {
			exact[in] = new(decimals.Sum)
		}
		exact[in].Add(r.Lines[i].Accepted)
	}
	sums := accepted{}
	for in, sum := range exact {
		if sums[in.series] == nil {
			sums[in.series] = map[tender.Window]decimal.Decimal{}
		}
		sums[in.series][in.window] = sum.Decimal()
	}
	return sums
}

func checkSeries(o *tender.Offer, sums accepted, r *Result) string {
	for i, s := range o.Series {
		for _, w := range tender.Windows {
			if sum := sums[s.ID][w]; !sum.Equal(r.Series[i].Of(w)) {
				return fmt.Sprintf("series %s, %s: lines %s, series %s", s.ID, w, sum, r.Series[i].Of(w))
			}
		}
	}
	return ""
}

func checkSteps(sums accepted, r *Result) string {
	taken := map[string]map[tender.Window]decimal.Decimal{}
	for _, step := range r.Steps {
		for _, share := range step.Shares {
			if taken[share.Series] == nil {
				taken[share.Series] = map[tender.Window]decimal.Decimal{}
			}
			taken[share.Series][share.Window] = taken[share.Series][share.Window].Add(share.Accepted)
		}
	}
	for series, sums := range sums {
		for window, sum := range sums {
			if !sum.Equal(taken[series][window]) {
				return fmt.Sprintf("series %s, %s: lines %s, steps %s", series, window, sum, taken[series][window])
			}
		}
	}
	return ""
}

func checkCaps(o *tender.Offer, b *tender.Book, totals accepted, r *Result) string {
	sums := paidAlike(o, b, totals, r)
	for _, use := range r.Caps {
		used := new(big.Rat)
		for key, principal := range sums {
			at, _ := o.SeriesByID(key.series)
			if s := o.Series[at]; concerns(o, use.Cap, s) {
				counts, wrong := countsFor(o, r, use.Cap, s, key, principal)
				if wrong != "" {
					return wrong
				}
				used.Add(used, counts)
			}
		}
		if used.Cmp(use.Amount.Rat()) > 0 && !use.Exceeded {
			return fmt.Sprintf("cap %s: %s used of %s", use.Name, used.FloatString(2), use.Amount)
		}
	}
	return ""
}

// concerns reports whether what is bought of a series counts against a cap.
func concerns(o *tender.Offer, c tender.Cap, s tender.Series) bool {
	a := o.AuctionOf(s.ID)
	return c.Covers(s) || besides(c, s.ID) || (a != nil && a.Name == c.Name)
}

// alike are lines that are paid alike: in an auction those of one bid.
type alike struct {
	series string
	window tender.Window
	price  string               // in an auction
	at     *tender.SettledTerms // if it was settled at terms of its own
}

// paidAlike adds up the accepted lines.
func paidAlike(o *tender.Offer, b *tender.Book, totals accepted, r *Result) map[alike]decimal.Decimal {
	sums := map[alike]decimal.Decimal{}
	if len(o.Auctions) == 0 && lastMade(b) < 0 {
		for series, of := range totals {
			for window, sum := range of {
				sums[alike{series: series, window: window}] = sum
			}
		}
		return sums
	}
	prices := make([]map[alike]string, len(r.Steps)) // of the shares of auctions
	for i, step := range r.Steps {
		prices[i] = map[alike]string{}
		for _, share := range step.Shares {
			if step.Auction != "" {
				prices[i][alike{series: share.Series, window: share.Window}] = share.Price.String()
			}
		}
	}
	exact := map[alike]*decimals.Sum{}
	for i, l := range r.Lines {
		key := alike{series: b.Lines[i].Series, window: b.Lines[i].Window}
		key.price = prices[l.Step][key]
		if s := b.Lines[i].Settled; s != nil {
			key.at = s.AtTerms
		}
		if exact[key] == nil {
			exact[key] = new(decimals.Sum)
		}
		exact[key].Add(l.Accepted)
	}
	for key, sum := range exact {
		sums[key] = sum.Decimal()
	}
	return sums
}

// countsFor is what some principal counts for under a cap.
func countsFor(o *tender.Offer, r *Result, c tender.Cap, s tender.Series, key alike, principal decimal.Decimal) (
	*big.Rat, string) {
	then := *o
	if key.at != nil && len(key.at.Rates) > 0 {
		then.Rates = key.at.Rates
	}
	rate, ok := then.Rate(s.Currency, c.Currency)
	if !ok {
		return nil, fmt.Sprintf("cap %s: no rate from %s", c.Name, s.Currency)
	}
	counts := new(big.Rat).Mul(rate, principal.Rat())
	if c.Measure == tender.MeasurePrincipal {
		return counts, ""
	}
	price := s.Price(key.window)
	if key.price != "" {
		price = decimal.RequireFromString(key.price)
	}
	if key.at != nil {
		price = key.at.Price()
	}
	per := price.Rat()
	switch {
	case c.Measure == tender.MeasureWithAccrued && key.at != nil:
		per.Add(per, key.at.Interest())
	case c.Measure == tender.MeasureWithAccrued:
		accrued, err := r.prices.Accrued(s.ID, key.window)
		if err != nil {
			return nil, err.Error()
		}
		per.Add(per, accrued)
	}
	counts.Mul(counts, per)
	return counts.Quo(counts, thousand), ""
}

// checkBids checks that in each auction, among tenders that were taken together, nothing is
// accepted of a bid if a better one was cut back.
func checkBids(o *tender.Offer, b *tender.Book, r *Result) string {
	type pass struct{ auction, windows string }
	cut := map[pass]string{}
	order := make([]int, 0, len(r.Steps))
	for i, step := range r.Steps {
		if step.Auction != "" {
			order = append(order, i)
		}
	}
	partial := make([]bool, len(r.Steps))
	for i, l := range r.Lines {
		whole := l.Accepted.Equal(b.Lines[i].Principal) || b.Lines[i].Undelivered
		partial[l.Step] = partial[l.Step] || !whole
	}
	for _, i := range order {
		step := r.Steps[i]
		key := pass{step.Auction, fmt.Sprint(step.Windows)}
		accepted := slices.ContainsFunc(step.Shares, func(s Share) bool { return s.Accepted.Sign() > 0 })
		if better := cut[key]; better != "" && accepted {
			return fmt.Sprintf("auction %s: a bid of %s is accepted, and %s was cut back", step.Auction, step.Bid, better)
		}
		if partial[i] && cut[key] == "" {
			cut[key] = step.Bid
		}
	}
	return ""
}
