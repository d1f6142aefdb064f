package allocate

import (
	"fmt"
	"math/big"

	"tenderbatch/internal/tender"
)

// smallRule is a rule on small pieces (R11), in one byte.
type smallRule uint8

// The rules; noRule is the one that changes nothing (KEEP).
const (
	noRule smallRule = iota
	ruleREJT
	ruleMIEX
	ruleMILD
	ruleMILU
	ruleFULL
	ruleACPT
	ruleADJT
)

// smallCodes are the codes by smallRule.
var smallCodes = [...]tender.SmallPiece{"",
	tender.RejectPiece, tender.ToMinimum, tender.DownTo, tender.UpTo, tender.Whole, tender.TakeWhole, tender.Adjust}

func (r smallRule) code() tender.SmallPiece { return smallCodes[r] }

// smallRules are the offer's rules on small pieces.
type smallRules struct{ below, returned smallRule }

// newSmallRules reads the two codes of the terms. A code that is not known, or
// not for that part, is an error.
func newSmallRules(a tender.Acceptance) (smallRules, error) {
	var r smallRules
	switch a.BelowMinimum {
	case tender.RejectPiece:
		r.below = ruleREJT
	case tender.ToMinimum:
		r.below = ruleMIEX
	case tender.DownTo:
		r.below = ruleMILD
	case tender.UpTo:
		r.below = ruleMILU
	case tender.Whole:
		r.below = ruleFULL
	default:
		return r, fmt.Errorf("acceptance: below_minimum %q is not known", a.BelowMinimum)
	}
	switch a.ReturnedBelowMinimum {
	case tender.RejectPiece:
		r.returned = ruleREJT
	case tender.TakeWhole:
		r.returned = ruleACPT
	case tender.Adjust:
		r.returned = ruleADJT
	case tender.Keep:
	default:
		return r, fmt.Errorf("acceptance: returned_below_minimum %q is not known", a.ReturnedBelowMinimum)
	}
	return r, nil
}

// neverLess reports whether a piece is never accepted with less at a larger
// factor. FULL gives a small factor the whole and a larger one a part; a tender
// that REJT rejects for its returned part was accepted in part before.
func (r smallRules) neverLess() bool { return r.below != ruleFULL && r.returned != ruleREJT }

// after is what a piece is accepted with by R11 once it was prorated and rounded
// down, and the rule that decided it. more says that the part was more before
// rounding. What is taken whole is no piece, and a factor of zero gives none.
func (g *group) after(principal, rounded int64, more bool) (int64, smallRule) {
	if rounded == principal || (rounded == 0 && !more) {
		return rounded, noRule
	}
	accepted, rule := rounded, noRule
	if rounded < g.minimum {
		accepted, rule = g.belowMinimum(principal, rounded, more)
	}
	if g.rules.returned == noRule || accepted == 0 || accepted == principal || principal-accepted >= g.minimum {
		return accepted, rule
	}
	switch g.rules.returned {
	case ruleACPT:
		return principal, ruleACPT
	case ruleADJT:
		return g.adjusted(principal)
	}
	return 0, ruleREJT
}

// belowMinimum deals with an accepted part below the minimum denomination.
func (g *group) belowMinimum(principal, rounded int64, more bool) (int64, smallRule) {
	switch g.rules.below {
	case ruleMIEX:
		return min(g.minimum, principal), ruleMIEX
	case ruleMILD:
		return rounded, ruleMILD
	case ruleMILU:
		if more {
			return min(rounded+g.multiple, principal), ruleMILU
		}
		return rounded, noRule
	case ruleFULL:
		return principal, ruleFULL
	}
	return 0, ruleREJT
}

// adjusted is what can be accepted if the minimum is returned (ADJT). Where that
// again is below the minimum, the rule on accepted parts decides; one that would
// lift it back cannot be followed together with ADJT, and nothing is accepted.
func (g *group) adjusted(principal int64) (int64, smallRule) {
	accepted := max(principal-g.minimum, 0)
	accepted -= accepted % g.multiple
	if accepted >= g.minimum || g.rules.below == ruleMILD || g.rules.below == ruleMILU {
		return accepted, ruleADJT
	}
	if g.rules.below == ruleFULL {
		return principal, ruleFULL
	}
	return 0, ruleREJT
}

// applySmallPieces applies R11 to the groups that were cut back by the plain
// ratio or by an announced factor. It comes after the factor: what it takes
// beyond a cap is a warning, what it leaves out stays unused. The maximal factor
// has R11 in it already.
func (f *step) applySmallPieces() {
	before := make([]*big.Int, len(f.caps))
	for i, c := range f.caps {
		before[i] = c.left()
	}
	for _, g := range f.groups {
		if (g.reason.Code == Prorated || g.reason.Code == Announced) && !g.settled {
			f.settlePieces(g)
		}
	}
	for i, c := range f.caps {
		if left := c.left(); left.Sign() < 0 && left.Cmp(before[i]) < 0 {
			c.exceeded = true
			f.warnf(tender.WarnSmallPieces, "%s: the rules on small pieces take %s above its amount by %s %s",
				f.place(), c.Name, c.Currency, c.amount(left.Neg(left)))
		}
	}
}

// settlePieces applies R11 to one group.
func (f *step) settlePieces(g *group) {
	before := g.accepted
	for i := range g.pieces {
		p := &g.pieces[i]
		prorated := p.accepted
		more := prorated == 0 || g.rules.below != ruleMILU || g.factor.moreThan(p.principal, prorated)
		p.accepted, p.small = g.after(p.principal, prorated, more)
		g.accepted += p.accepted - prorated
		if prorated < g.minimum && g.rules.below == ruleMILU && !g.factor.roundsUpAlike(p.principal, prorated) {
			f.showExactly(g.factor)
		}
	}
	f.use(g.cell, g.accepted-before)
}

// showExactly shows a factor as it is, in all groups that share it: no decimal
// rounds up as it does.
func (f *step) showExactly(factor Factor) {
	exact := factor.Exact()
	for _, g := range f.groups {
		if g.factor.Exact().Cmp(exact) == 0 {
			g.factor = NewFactor(exact)
		}
	}
}
