package offerfile

import (
	"strings"
	"testing"
)

func TestI23AResolutionNamesTheFile(t *testing.T) {
	const was, now = "rule: R5-security-unknown        # any code of a line", "rule: R6-row-limit"
	_, err := ParseTerms("offer.yaml", []byte(editedOffer(t, completeOffer(t), was, now)))
	if err == nil || !strings.Contains(err.Error(), "lacks the key file") || !strings.Contains(err.Error(), "write counts") {
		t.Error(err)
	}
}
