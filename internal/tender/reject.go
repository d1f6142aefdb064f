package tender

import (
	"cmp"

	"github.com/shopspring/decimal"
)

// Standing is what a finding means for its instruction.
type Standing string

// The standings. A rejected line is at fault and action is needed; a
// line that is not counted is in order (withdrawn, pending); a flagged line
// counts, but people should know (a withdrawal that came too late).
const (
	StandingRejected   Standing = "rejected"
	StandingNotCounted Standing = "not counted"
	StandingFlagged    Standing = "counted"
)

// Reject is one line of a depositary's file that does not count, or that counts
// only with a remark, and why. It is data: a bad line never stops a run.
type Reject struct {
	Source      Source
	Depositary  string
	Instruction string // "" if it could not be read
	Participant string // that tendered, "" if it could not be read
	Column      string // heading of the cell at fault, "" for the whole line
	Cell        string // such as "F12", "" where there is none
	Value       string // as it stood in the cell
	Rule        string // code of docs/rules.md
	Message     string // what is wrong
	Advice      string // what to do
	Standing    Standing
	Waived      string          // who waived it and when; the line counts
	Resolved    string          // how the terms resolve it, who and when; "" while it is open
	MustResolve bool            // the line counts, but a person must say in the terms what is right
	Series      string          // of the security, "" if that is not known
	Principal   decimal.Decimal // that hangs on it, as far as it could be read
}

// Open reports whether a person must still act: the terms neither waive the finding
// nor resolve it.
func (r *Reject) Open() bool {
	return (r.Standing == StandingRejected || r.MustResolve) && r.Waived == "" && r.Resolved == ""
}

// Outcome says what became of the line that a finding is about. Whether action is needed,
// act on it is another question: see [Reject.Open].
type Outcome string

// The outcomes.
const (
	OutcomeRejected   Outcome = "rejected"    // it does not count, and is at fault
	OutcomeNotCounted Outcome = "not_counted" // it does not count, and is in order
	OutcomeRemark     Outcome = "remark"      // it counts, but people should know
	OutcomeWaived     Outcome = "waived"      // it counts, as the terms waive the fault
	OutcomeResolved   Outcome = "resolved"    // the terms say what becomes of it
)

// Outcome is what became of the line.
func (r *Reject) Outcome() Outcome {
	switch {
	case r.Waived != "":
		return OutcomeWaived
	case r.Resolved != "":
		return OutcomeResolved
	case r.Standing == StandingRejected:
		return OutcomeRejected
	case r.Standing == StandingFlagged:
		return OutcomeRemark
	}
	return OutcomeNotCounted
}

// Decided is who decided about the finding, how and when; "" if it is not decided.
func (r *Reject) Decided() string {
	switch {
	case r.Waived != "":
		return "waived: " + r.Waived
	case r.Resolved != "":
		return "resolved: " + r.Resolved
	}
	return ""
}

// CompareFindings puts the findings on which more hangs first, whatever the currency;
// those on which the same hangs by file, sheet, row and rule.
func CompareFindings(x, y Reject) int {
	return cmp.Or(
		y.Principal.Cmp(x.Principal),
		cmp.Compare(x.Source.File, y.Source.File),
		cmp.Compare(x.Source.Sheet, y.Source.Sheet),
		cmp.Compare(x.Source.Row, y.Source.Row),
		cmp.Compare(x.Rule, y.Rule))
}
