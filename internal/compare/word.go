package compare

import (
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// RejectWord says what became of a reject in the second run.
func RejectWord(p result.Pair[tender.Finding]) string {
	switch {
	case p.Was == nil:
		return "new"
	case p.Now == nil:
		return "resolved"
	case p.Now.Waived != "":
		return "waived"
	}
	return "no longer waived"
}
