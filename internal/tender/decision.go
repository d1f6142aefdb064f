package tender

import (
	"fmt"
	"strings"
)

// Decision is what a person decided about a run when it was made, beyond the terms:
// it is in the result, in the manifest and in the history.
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

// Resolution settles a finding in the terms: what becomes of the tender, and who
// decided so.
type Resolution struct {
	Rule        string // of the finding
	Outcome     ResolutionOutcome
	Depositary  string
	Instruction string // "" for every finding of the rule in the file, or of the depositary
	File        string // "" for any
	Row         int    // of the file; 0 for any
	By          string
	On          Date
	Note        string
}

// ResolutionOutcome says what becomes of a tender.
type ResolutionOutcome string

// The outcomes.
const (
	StaysRejected ResolutionOutcome = "rejected"  // a rejected line does not count, and no correction is expected
	ItCounts      ResolutionOutcome = "counts"    // as it was last reported
	IsWithdrawn   ResolutionOutcome = "withdrawn" // it does not count any more
	AsBefore      ResolutionOutcome = "as_before" // as the report before had it
)

// Covers reports whether the resolution is about a finding.
func (r *Resolution) Covers(f *Finding) bool {
	return r.Rule == f.Rule && r.Depositary == f.Depositary &&
		(r.Instruction == "" || r.Instruction == f.Instruction) &&
		(r.File == "" || r.File == f.Source.File) && (r.Row == 0 || r.Row == f.Source.Row)
}

// String says who resolved a finding, how and when.
func (r *Resolution) String() string {
	return fmt.Sprintf("%s, by %s on %s", strings.ReplaceAll(string(r.Outcome), "_", " "), r.By, r.On)
}

// Resolution returns the resolution of a finding in the terms, nil if there is none.
func (o *Offer) Resolution(f *Finding) *Resolution {
	for i := range o.Resolutions {
		if o.Resolutions[i].Covers(f) {
			return &o.Resolutions[i]
		}
	}
	return nil
}
