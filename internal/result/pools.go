package result

import (
	"slices"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// PoolOutcome says what came of the condition of a pool that others must be bought in full.
type PoolOutcome string

// The outcomes.
const (
	NoCondition     PoolOutcome = ""
	ConditionMet    PoolOutcome = "met"
	ConditionNotMet PoolOutcome = "not_met" // nothing of the pool is bought
	ConditionWaived PoolOutcome = "waived"  // the terms say that it is satisfied or waived
)

// OutcomeOf is what came of the condition of a pool.
func (r *Run) OutcomeOf(p *tender.Pool) PoolOutcome {
	switch {
	case len(p.OnlyIfFull) == 0:
		return NoCondition
	case p.Satisfied:
		return ConditionWaived
	}
	for _, step := range r.Allocation.Steps {
		if step.Pool == p.Name && slices.ContainsFunc(step.Shares, func(s allocate.Share) bool {
			return s.Reason.Code == allocate.PoolCondition
		}) {
			return ConditionNotMet
		}
	}
	return ConditionMet
}

// SharedCaps are the caps over several series as they were used: those that the offer names, those
// of its pools, and those of its auctions.
func (r *Run) SharedCaps() []allocate.CapUse {
	all := r.Allocation.Caps
	shared := len(r.Offer.Caps)
	for i := range r.Offer.Pools {
		if r.Offer.Pools[i].HasCap {
			shared++
		}
	}
	return slices.Concat(all[:shared], all[len(all)-len(r.Allocation.Auctions):])
}
