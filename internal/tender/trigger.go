package tender

// Trigger is what makes a run begin.
type Trigger string

// The triggers: a person, a time of the regular schedule, one that was missed and is run late, a
// date of the offer, and files that arrived.
const (
	ByHand     Trigger = "hand"
	BySchedule Trigger = "schedule"
	ByCatchUp  Trigger = "catch-up"
	ByDate     Trigger = "date"
	ByFiles    Trigger = "files"
)

// Known reports whether the trigger is one of those above.
func (t Trigger) Known() bool { return t == ByHand || t.Scheduled() }

// Scheduled reports whether the scheduler made the run begin, and not a person.
func (t Trigger) Scheduled() bool {
	switch t {
	case BySchedule, ByCatchUp, ByDate, ByFiles:
		return true
	}
	return false
}
