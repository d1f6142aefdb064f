package tender

import "testing"

func TestAReleaseRuleDemandsWhatItSays(t *testing.T) {
	for _, c := range []struct {
		rule              *ReleaseRule
		indicative, final bool
	}{
		{nil, false, false},
		{&ReleaseRule{Approvals: 0, From: Indicative}, false, false},
		{&ReleaseRule{Approvals: 1, From: Final}, false, true},
		{&ReleaseRule{Approvals: 2, From: Indicative}, true, true},
	} {
		if i, f := c.rule.Demands(Indicative), c.rule.Demands(Final); i != c.indicative || f != c.final {
			t.Errorf("%s: indicative %t, final %t", c.rule, i, f)
		}
	}
}

// Of two rules the stricter part of each holds, whichever comes first, and none of them is
// weaker than what both make together.
func TestOfTwoReleaseRulesTheStricterPartsHold(t *testing.T) {
	all := []*ReleaseRule{nil}
	for approvals := range MostApprovals + 1 {
		for _, from := range []Phase{Final, Indicative} {
			for _, signed := range []bool{false, true} {
				all = append(all, &ReleaseRule{approvals, from, signed})
			}
		}
	}
	for _, a := range all {
		for _, b := range all {
			both := a.Stricter(b)
			if both.String() != b.Stricter(a).String() || both.Stricter(a).String() != both.String() {
				t.Errorf("%s and %s: %s, the other way round %s", a, b, both, b.Stricter(a))
			}
			for _, one := range []*ReleaseRule{a, b} {
				if one == nil {
					continue
				}
				if both.Approvals < one.Approvals || (one.Signed && !both.Signed) || (one.From == Indicative && both.From != Indicative) {
					t.Errorf("%s is weaker than %s", both, one)
				}
			}
		}
	}
}
