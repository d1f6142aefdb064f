package allocate

import (
	"math/big"

	"tenderbatch/internal/tender"
)

// smallRule is the rule on small pieces (R11) that changed a piece, in one byte.
type smallRule uint8

const noRule smallRule = 0

// smallCodes are the codes by smallRule.
var smallCodes = [...]tender.SmallPiece{"",
	tender.RejectPiece, tender.ToMinimum, tender.DownTo, tender.UpTo, tender.Whole, tender.TakeWhole, tender.Adjust}

func (r smallRule) code() tender.SmallPiece { return smallCodes[r] }

func ruleOf(code tender.SmallPiece) smallRule {
	for i, c := range smallCodes {
		if c == code {
			return smallRule(i)
		}
	}
	return noRule
}

// applySmallPieces applies R11 to the groups that were cut back to a part. It
// comes after the factor is found: what it takes beyond a cap is a warning, what
// it leaves out stays unused.
func (f *filling) applySmallPieces() {
	before := make([]*big.Int, len(f.caps))
	for i, c := range f.caps {
		before[i] = c.left()
	}
	for _, g := range f.groups {
		if g.reason.Code == Prorated || g.reason.Code == Announced {
			f.settlePieces(g)
		}
	}
	for i, c := range f.caps {
		if left := c.left(); left.Sign() < 0 && left.Cmp(before[i]) < 0 {
			c.exceeded = true
			f.warnf("level %d: the rules on small pieces take %s above its amount by %s %s",
				f.level, c.Name, c.Currency, c.amount(left.Neg(left)))
		}
	}
}

// settlePieces applies R11 to one group.
func (f *filling) settlePieces(g *group) {
	before := g.accepted
	for i := range g.pieces {
		p := &g.pieces[i]
		prorated := p.accepted
		p.accepted, p.small = f.smallPiece(g, p)
		g.accepted += p.accepted - prorated
		if prorated < g.minimum && f.offer.Acceptance.BelowMinimum == tender.UpTo && !g.factor.roundsUpAlike(p.principal, prorated) {
			f.showExactly(g.factor)
		}
	}
	f.use(g.cell, g.accepted-before)
}

// showExactly shows a factor as it is, in all groups that share it: no decimal
// rounds up as it does.
func (f *filling) showExactly(factor Factor) {
	exact := factor.Exact()
	for _, g := range f.groups {
		if g.factor.Exact().Cmp(exact) == 0 {
			g.factor = NewFactor(exact)
		}
	}
}

// smallPiece is what a piece gets after R11, and the rule that changed it.
func (f *filling) smallPiece(g *group, p *piece) (int64, smallRule) {
	accepted, rule := p.accepted, noRule
	if accepted == p.principal {
		return accepted, rule
	}
	if accepted < g.minimum {
		accepted, rule = f.belowMinimum(g, p)
	}
	if returned := p.principal - accepted; accepted > 0 && returned > 0 && returned < g.minimum {
		if a, r := f.returnedBelowMinimum(g, p, accepted); r != noRule {
			return a, r
		}
	}
	return accepted, rule
}

// belowMinimum deals with an accepted part below the minimum denomination.
func (f *filling) belowMinimum(g *group, p *piece) (int64, smallRule) {
	code := f.offer.Acceptance.BelowMinimum
	rule := ruleOf(code)
	switch code {
	case tender.ToMinimum:
		return min(g.minimum, p.principal), rule
	case tender.DownTo:
		return p.accepted, rule
	case tender.UpTo:
		if up := roundedUp(g, p); up > p.accepted {
			return up, rule
		}
		return p.accepted, noRule
	case tender.Whole:
		return p.principal, rule
	}
	return 0, ruleOf(tender.RejectPiece)
}

// roundedUp is the exact factor times the principal, rounded up to a multiple.
func roundedUp(g *group, p *piece) int64 {
	exact := new(big.Rat).Mul(g.factor.Exact(), big.NewRat(p.principal, 1))
	if exact.Cmp(big.NewRat(p.accepted, 1)) > 0 {
		return min(p.accepted+g.multiple, p.principal)
	}
	return p.accepted
}

// returnedBelowMinimum deals with a returned part below the minimum
// denomination.
func (f *filling) returnedBelowMinimum(g *group, p *piece, accepted int64) (int64, smallRule) {
	switch code := f.offer.Acceptance.ReturnedBelowMinimum; code {
	case tender.TakeWhole:
		return p.principal, ruleOf(code)
	case tender.RejectPiece:
		return 0, ruleOf(code)
	case tender.Adjust:
		return f.adjusted(g, p)
	}
	return accepted, noRule
}

// adjusted is what can be accepted if the minimum is returned. Where that again
// is below the minimum, the rule on accepted parts decides; one that would lift
// it back cannot be followed together with ADJT, and nothing is accepted.
func (f *filling) adjusted(g *group, p *piece) (int64, smallRule) {
	accepted := max(p.principal-g.minimum, 0)
	accepted -= accepted % g.multiple
	if accepted >= g.minimum {
		return accepted, ruleOf(tender.Adjust)
	}
	switch f.offer.Acceptance.BelowMinimum {
	case tender.DownTo, tender.UpTo:
		return accepted, ruleOf(tender.Adjust)
	case tender.Whole:
		return p.principal, ruleOf(tender.Whole)
	}
	return 0, ruleOf(tender.RejectPiece)
}
