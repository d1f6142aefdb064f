package whatif

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// SeriesDifference is a series in two results.
type SeriesDifference struct {
	Series, Currency       string
	Tendered, Today, Then  decimal.Decimal // principal; the last two of what is accepted
	FactorToday, FactorNow string
}

// More is how much more is accepted then.
func (d SeriesDifference) More() decimal.Decimal { return d.Then.Sub(d.Today) }

// CashDifference is what is to be wired in a currency by two results.
type CashDifference struct {
	Currency    string
	Today, Then decimal.Decimal
}

// More is how much more is to be wired then.
func (d CashDifference) More() decimal.Decimal { return d.Then.Sub(d.Today) }

// CompareSeries sets a result beside today's, series by series.
func CompareSeries(today, other *result.Run) (all []SeriesDifference) {
	for i, s := range today.Offer.Series {
		was, is := today.Allocation.Series[i], other.Allocation.Series[i]
		all = append(all, SeriesDifference{Series: s.ID, Currency: s.Currency, Tendered: today.Book.Totals[i].Sum(),
			Today: was.Sum(), Then: is.Sum(), FactorToday: was.FactorWords(), FactorNow: is.FactorWords()})
	}
	return all
}

// CompareCash sets what is to be wired beside today's, by currency in the order of the series.
func CompareCash(today, other *result.Run) (all []CashDifference) {
	for _, s := range today.Offer.Series {
		if !slices.ContainsFunc(all, func(d CashDifference) bool { return d.Currency == s.Currency }) {
			all = append(all, CashDifference{s.Currency, wired(today, s.Currency), wired(other, s.Currency)})
		}
	}
	return all
}

// wired is what is still to be wired in a currency.
func wired(r *result.Run, currency string) decimal.Decimal {
	sum := decimal.Zero
	for _, f := range r.Settlement.Funding {
		if f.Currency == currency && f.Status == settle.Due {
			sum = sum.Add(f.Total())
		}
	}
	return sum
}

// SameAccepted reports whether two results accept the same of each series.
func SameAccepted(a, b *result.Run) bool {
	for i := range a.Allocation.Series {
		if !a.Allocation.Series[i].Sum().Equal(b.Allocation.Series[i].Sum()) {
			return false
		}
	}
	return true
}

// NotAccepted is principal of a series that a result does not accept, for one reason.
type NotAccepted struct {
	Series, Currency string
	Principal        decimal.Decimal
	Why              string
}

// NotAcceptedBy lists per series what a result does not accept, and why.
func NotAcceptedBy(r *result.Run) (all []NotAccepted) {
	type part struct{ series, why string }
	sums := map[part]decimal.Decimal{}
	var parts []part
	for i, l := range r.Allocation.Lines {
		in := &r.Book.Lines[i]
		rest := in.Principal.Sub(l.Accepted)
		if rest.IsZero() {
			continue
		}
		key := part{in.Series, l.Reason.String()}
		if _, seen := sums[key]; !seen {
			parts = append(parts, key)
		}
		sums[key] = sums[key].Add(rest)
	}
	for _, s := range r.Offer.Series {
		for _, key := range parts {
			if key.series == s.ID {
				all = append(all, NotAccepted{s.ID, s.Currency, sums[key], key.why})
			}
		}
	}
	return all
}

// CapWords say what a cap comes to in a result: where it is reached, or how much of it is left, as one
// that leaves some cuts nothing back.
func CapWords(name string, r *result.Run) string {
	i := slices.IndexFunc(r.Allocation.Caps, func(c allocate.CapUse) bool { return c.Name == name })
	use := r.Allocation.Caps[i]
	at := fmt.Sprintf("%s at %s %s", name, tender.Thousands(use.Amount), use.Currency)
	for _, step := range r.Allocation.Steps {
		if slices.ContainsFunc(step.Caps, func(c allocate.CapStep) bool { return c.Cap == name && c.Bound }) {
			return fmt.Sprintf("%s: reached at %s", at, StepWords(step))
		}
	}
	then := "it cuts nothing back"
	if slices.ContainsFunc(r.Allocation.Lines, func(l allocate.Line) bool { return l.Reason.Cap == name }) {
		then = "what it cut back at earlier settlements stays so"
	}
	return fmt.Sprintf("%s: %s used, %s left; %s", at, tender.Thousands(use.Used), tender.Thousands(use.Left), then)
}

// StepWords name the level of a step in a sentence.
func StepWords(s allocate.Step) string {
	if s.Auction != "" {
		return "a bid of " + s.Bid
	}
	return Goal{Pool: s.Pool, Level: s.Level}.String()
}

// Words say the smallest amount, what it cannot buy, and whether the variable does it as it is.
func (found *Solution) Words(o *tender.Offer) (all []string) {
	what := "accepts all of " + found.Goal.String()
	if found.Room {
		what = "has room for all of " + found.Goal.String()
	}
	if len(found.LeftOut) > 0 {
		what += " that can be bought"
	}
	if found.Room {
		what += ", and for all that comes before it"
	}
	which := "the smallest"
	if found.Variable.Kind == ClearingLevel {
		which = "the best"
	}
	variable := found.Variable.Words(o)
	all = append(all, fmt.Sprintf("%s %s that %s: %s %s", which, variable, what, tender.Thousands(found.Amount), found.Unit))
	for _, l := range found.LeftOut {
		all = append(all, "left out: "+l.String())
	}
	if found.Reached {
		all = append(all, fmt.Sprintf("%s as it is, %s %s, accepts all of it already", variable,
			tender.Thousands(found.Was), found.Unit))
	}
	return all
}

// Point is the result at one value of a sweep, by series in the order of the offer.
type Point struct {
	Amount   decimal.Decimal
	Accepted []decimal.Decimal
	Factors  []string
	InAll    *decimal.Decimal // accepted, in [tender.Offer.TotalCurrency]; nil if that cannot be said
	Warnings []tender.Warning
}

// Sweep works out the result at each value of a growth, and returns the last one whole. The growing
// variable must not be in the scenario.
func (s *Session) Sweep(ctx context.Context, g *Growth, other Scenario) (points []Point, last *result.Run, err error) {
	if given, ok := other.Setting(g.Of); ok {
		return nil, nil, usage("--sweep runs %s through its values; leave out %s", g.Of, given.Flag())
	}
	for amount := g.From; !amount.GreaterThan(g.To); amount = amount.Add(g.Step) {
		if last, err = s.Under(ctx, other.With(g.Of, amount)); err != nil {
			return nil, nil, err
		}
		p := Point{Amount: amount, Warnings: last.Warnings}
		for _, a := range last.Allocation.Series {
			p.Accepted, p.Factors = append(p.Accepted, a.Sum()), append(p.Factors, a.FactorWords())
		}
		if sum, ok := last.AcceptedInAll(); ok {
			p.InAll = &sum
		}
		points = append(points, p)
	}
	return points, last, nil
}

// Level reports whether a sweep makes no difference in what is accepted.
func Level(points []Point) bool {
	return !slices.ContainsFunc(points, func(p Point) bool {
		return !slices.EqualFunc(p.Accepted, points[0].Accepted, decimal.Decimal.Equal)
	})
}
