package tender

// Decision is what a person decided about a run when it was made, beyond the terms:
// it stands in the result, in the manifest and in the history.
type Decision struct {
	Kind   DecisionKind `json:"kind"`
	By     string       `json:"by"` // user@host, and with sudo for whom
	Reason string       `json:"reason"`
}

// DecisionKind says what was decided.
type DecisionKind string

// The kinds.
const (
	Supersede     DecisionKind = "supersede"      // the run takes the place of the final run in force
	AcceptRejects DecisionKind = "accept_rejects" // it comes into force with rejects that are not resolved
	TermsChanged  DecisionKind = "terms_changed"  // its terms differ from those of the run before, without an amendment
)

// String says the decision in a sentence.
func (d Decision) String() string {
	words := map[DecisionKind]string{
		Supersede:     "superseded the final run before",
		AcceptRejects: "accepted the rejects that are not resolved",
		TermsChanged:  "accepted terms that were changed without an amendment",
	}
	word, known := words[d.Kind]
	if !known {
		word = string(d.Kind)
	}
	return d.By + " " + word + ": " + d.Reason
}
