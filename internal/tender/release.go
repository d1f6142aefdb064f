package tender

import (
	"fmt"

	"tenderbatch/internal/display"
)

// ReleaseRule says what it takes until money may be wired on a run: the key release of the
// terms. No figure depends on it.
type ReleaseRule struct {
	Approvals int   `json:"approvals"` // people who must approve a run, none of whom had a hand in it
	From      Phase `json:"from"`      // the phase from which runs need it
	Signed    bool  `json:"signed"`    // each approval is signed with the approver's key
}

// MostApprovals is the most that the terms can ask for.
const MostApprovals = 2

// Demands reports whether a run of a phase must be approved and released. Without a rule
// none must.
func (r *ReleaseRule) Demands(phase Phase) bool {
	return r != nil && r.Approvals > 0 && (phase == Final || r.From == Indicative)
}

// Stricter is what holds where both rules do: of each part the stricter one.
func (r *ReleaseRule) Stricter(other *ReleaseRule) *ReleaseRule {
	switch {
	case r == nil:
		return other
	case other == nil:
		return r
	}
	both := ReleaseRule{Approvals: max(r.Approvals, other.Approvals), From: r.From, Signed: r.Signed || other.Signed}
	if other.From == Indicative {
		both.From = Indicative
	}
	return &both
}

// WeakerThan reports whether the other rule demands anything that this one does not.
func (r *ReleaseRule) WeakerThan(other *ReleaseRule) bool {
	return r.Stricter(other).String() != r.String()
}

// Words says what the rule demands, in a sentence for people.
func (r *ReleaseRule) Words() string {
	words := "needs " + display.Plural(r.Approvals, "approval", "approvals")
	if r.Signed {
		words += ", signed,"
	}
	return words + " by people who had no hand in it"
}

// String is the rule as the terms write it.
func (r *ReleaseRule) String() string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("{approvals: %d, from: %s, signed: %t}", r.Approvals, r.From, r.Signed)
}
