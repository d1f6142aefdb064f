package result

import (
	"slices"
	"testing"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// The condition of a pool is met, not met, or waived; one without a condition has no outcome.
func TestTheOutcomeOfAPoolsCondition(t *testing.T) {
	first := tender.Pool{Name: "first", HasCap: true}
	second := tender.Pool{Name: "second", HasCap: true, OnlyIfFull: []string{"first"}}
	waived := second
	waived.Satisfied = true
	shares := func(code allocate.Code) *allocate.Result {
		return &allocate.Result{Steps: []allocate.Step{{Pool: "second", Shares: []allocate.Share{{Reason: allocate.Reason{Code: code}}}}}}
	}
	for _, c := range []struct {
		pool tender.Pool
		code allocate.Code
		want PoolOutcome
	}{
		{first, allocate.AcceptedInFull, NoCondition},
		{second, allocate.AcceptedInFull, ConditionMet},
		{second, allocate.PoolCondition, ConditionNotMet},
		{waived, allocate.AcceptedInFull, ConditionWaived},
	} {
		r := &Run{Allocation: shares(c.code)}
		if got := r.OutcomeOf(&c.pool); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.pool.Name, c.code, got, c.want)
		}
	}
}

// Caps over several series are those of the offer, its pools and its auctions, without the maxima.
func TestSharedCapsLeaveOutTheMaximaOfSeries(t *testing.T) {
	r := &Run{Offer: &tender.Offer{Caps: []tender.Cap{{Name: "all"}}, Pools: []tender.Pool{{Name: "pool", HasCap: true}, {Name: "any"}}},
		Allocation: &allocate.Result{Auctions: []allocate.Auctioned{{Name: "auction"}}}}
	for _, name := range []string{"all", "pool", "Maximum Offer Amount A", "auction"} {
		r.Allocation.Caps = append(r.Allocation.Caps, allocate.CapUse{Cap: tender.Cap{Name: name}})
	}
	var got []string
	for _, c := range r.SharedCaps() {
		got = append(got, c.Name)
	}
	if want := []string{"all", "pool", "auction"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Series are listed by pool before level: that of Pool 2 at level 1 comes after Pool 1's level 2.
func TestSeriesAreListedByPool(t *testing.T) {
	r := &Run{Offer: &tender.Offer{Pools: []tender.Pool{{Name: "one"}, {Name: "two"}}, Series: []tender.Series{
		{ID: "A", Pool: "two", Priority: 1}, {ID: "B", Pool: "one", Priority: 2}, {ID: "C", Pool: "one", Priority: 1}, {ID: "D"},
	}}}
	if got := SeriesByLevel(r); !slices.Equal(got, []int{3, 2, 1, 0}) {
		t.Errorf("%v", got)
	}
}
