package offerfile

import (
	"strings"
	"testing"
)

// In braces the commas of an amount part it from its end, so what is meant is said.
func TestP13AnAmountWithSeparatorsInBraces(t *testing.T) {
	const cap = "caps:\n  - name: Tender Cap                 # no series named: covers all that have a priority\n    amount: 450000000\n    currency: USD\n    measure: principal               # principal | purchase_price\n"
	for written, meant := range map[string]string{"75,000,000": "75000000", "450,000": "450000", "1,000,000.50": "1000000.50"} {
		source := editedOffer(t, completeOffer(t), cap, "caps:\n  - {name: Tender Cap, amount: "+written+", currency: USD}\n")
		_, err := ParseTerms("offer.yaml", []byte(source))
		if err == nil || !strings.Contains(err.Error(), "amounts are written without separators: "+meant) || strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "unknown key") {
			t.Errorf("%s: %v", written, err)
		}
	}
	// Of two amounts, and in block style, each is named.
	source := editedOffer(t, completeOffer(t), "    amount: 450000000\n", "    amount: 450,000,000\n")
	if _, err := ParseTerms("offer.yaml", []byte(source)); err == nil || !strings.Contains(err.Error(), "450,000,000") {
		t.Error(err)
	}
}
