package ledger

import "testing"

// A run whose phase is not known is not taken for an indicative one.
func TestM6AnUnknownPhaseIsAnError(t *testing.T) {
	for phase, want := range map[string]bool{"indicative": true, "final": true, "Final": false, "": false} {
		if err := (&Manifest{Run: "r1", Offer: "o", Phase: phase}).wrong(); (err == nil) != want {
			t.Errorf("phase %q: %v", phase, err)
		}
	}
}
