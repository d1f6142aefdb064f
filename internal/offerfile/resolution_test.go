package offerfile

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestI23AResolutionNamesTheFile(t *testing.T) {
	const was, now = "rule: R5-security-unknown        # any code of a line", "rule: R6-row-limit"
	_, err := ParseTerms("offer.yaml", []byte(editedOffer(t, completeOffer(t), was, now)))
	if err == nil || !strings.Contains(err.Error(), "lacks the key file") || !strings.Contains(err.Error(), "write counts") {
		t.Error(err)
	}
}

// TestAResolutionOfAllOfARuleIsNamedWithoutAGap: a notice of changed terms said "DTC  R5-security-unknown".
func TestAResolutionOfAllOfARuleIsNamedWithoutAGap(t *testing.T) {
	const line = "    instruction: EC0040333           # leave it out for all of the rule\n"
	terms, err := ParseTerms("offer.yaml", []byte(editedOffer(t, completeOffer(t), line, "")))
	if err != nil {
		t.Fatal(err)
	}
	for _, term := range ListTerms(terms.AsOf(time.Unix(math.MaxInt32, 0))) {
		if term.Path == "resolutions" && term.Text == "Euroclear R5-security-unknown, DTC R1-missing" {
			return
		}
	}
	t.Error("the resolution is not named Euroclear R5-security-unknown")
}
