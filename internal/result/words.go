package result

import (
	"cmp"
	"slices"

	"tenderbatch/internal/allocate"
)

// PercentText is a factor as a percentage, or as a fraction where no decimal
// gives every line its result.
func PercentText(f allocate.Factor) string {
	if d, ok := f.Shown(); ok {
		return d.Shift(2).String() + "%"
	}
	return f.String()
}

// SeriesByLevel lists the places of the series in the offer, in the order in which they are
// accepted: first what is bought any and all, then by pool and level.
func SeriesByLevel(r *Run) []int {
	order := make([]int, len(r.Offer.Series))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &r.Offer.Series[i], &r.Offer.Series[j]
		return cmp.Or(cmp.Compare(r.Offer.PoolOf(a), r.Offer.PoolOf(b)), cmp.Compare(a.Priority, b.Priority))
	})
	return order
}
