package allocate_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// No cap is behind a small piece of a tender cut back by an announced factor, so
// its reason names the factor and no cap.
func TestTheReasonOfASmallPieceUnderAnAnnouncedFactor(t *testing.T) {
	o, b := twoLevels(tenderOf("10,000", tender.Early), tenderOf("1,000", tender.Early))
	o.Acceptance.Factor, o.Acceptance.Given = tender.FactorGiven, decimal.RequireFromString("0.5")
	words := mustAllocate(t, o, b).Lines[0].Reason.String()
	if strings.Contains(words, ":  reached") || !strings.Contains(words, "announced") || !strings.Contains(words, "REJT") {
		t.Errorf("the reason is %q", words)
	}
}

// A warning about an announced factor does not excuse a cap that is exceeded:
// only one of R11 about that cap does.
func TestOnlyAWarningAboutTheCapExcusesIt(t *testing.T) {
	o, b := twoLevels(tenderOf("100,000", tender.Early), tenderOf("1,000", tender.Early))
	o.Acceptance.Factor, o.Acceptance.Given = tender.FactorGiven, decimal.RequireFromString("0.9")
	r := mustAllocate(t, o, b)
	if len(r.Warnings) == 0 {
		t.Fatal("0.9 of 100,000 fits under 45,000 without a warning")
	}
	r.Lines[0].Accepted = sum("90,000") // a planted fault
	for _, inv := range allocate.Check(o, b, r) {
		if strings.HasPrefix(inv.Name, "no cap is exceeded") && inv.Holds {
			t.Errorf("%s accepted under a cap of %s, and the check passes: %s", r.Lines[0].Accepted, o.Caps[0].Amount, inv.Name)
		}
	}
}
