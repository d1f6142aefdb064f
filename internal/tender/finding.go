package tender

import (
	"cmp"

	"github.com/shopspring/decimal"
)

// Disposition is what a finding means for its instruction.
type Disposition string

// The dispositions. A rejected line is at fault and action is needed; a
// line that is not counted is in order (withdrawn, pending); a line with a remark
// counts, but people should know (a withdrawal that came too late).
const (
	LineRejected   Disposition = "rejected"
	LineNotCounted Disposition = "not counted"
	LineRemarked   Disposition = "counted"
)

// Finding is one line of a depositary's file that does not count, or that counts
// only with a remark, and why. It is data: a bad line never stops a run.
type Finding struct {
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
	Disposition Disposition
	Waived      string          // who waived it and when; the line counts
	Resolved    string          // how the terms resolve it, who and when; "" while it is open
	MustResolve bool            // the line counts, but a person must say in the terms what is right
	Series      string          // of the security, "" if that is not known
	Principal   decimal.Decimal // that hangs on it, as far as it could be read
}

// Open reports whether a person must still act: the terms neither waive the finding
// nor resolve it.
func (r *Finding) Open() bool {
	return (r.Disposition == LineRejected || r.MustResolve) && r.Waived == "" && r.Resolved == ""
}

// Outcome says what became of the line that a finding is about. Whether action is needed,
// act on it is another question: see [Finding.Open].
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
func (r *Finding) Outcome() Outcome {
	switch {
	case r.Waived != "":
		return OutcomeWaived
	case r.Resolved != "":
		return OutcomeResolved
	case r.Disposition == LineRejected:
		return OutcomeRejected
	case r.Disposition == LineRemarked:
		return OutcomeRemark
	}
	return OutcomeNotCounted
}

// Decided is who decided about the finding, how and when; "" if it is not decided.
func (r *Finding) Decided() string {
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
func CompareFindings(x, y Finding) int {
	return cmp.Or(
		y.Principal.Cmp(x.Principal),
		cmp.Compare(x.Source.File, y.Source.File),
		cmp.Compare(x.Source.Sheet, y.Source.Sheet),
		cmp.Compare(x.Source.Row, y.Source.Row),
		cmp.Compare(x.Rule, y.Rule))
}
