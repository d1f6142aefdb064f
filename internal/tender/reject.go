package tender

import "github.com/shopspring/decimal"

// Standing is what a finding means for its instruction.
type Standing string

// The standings. A rejected line is at fault and somebody must act on it; a
// line that is not counted is in order (withdrawn, pending); a flagged line
// counts, but somebody should know (a withdrawal that came too late).
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
