package ingest

import (
	"cmp"
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// headingCurrency holds the currency that the headings name for the principal against the series of
// the row in hand.
func (s *sheet) headingCurrency(series int) {
	if s.said == "" || series < 0 || values.MarkFits(s.said, s.offer.Series[series].Currency) {
		return
	}
	s.reject(headings.ColPrincipal, &values.Fault{Rule: tender.RuleCurrency,
		Message: fmt.Sprintf("%s says %s, but series %s is in %s", cmp.Or(s.saidBy, "the heading "+display.Quote(s.layout.Heading(headings.ColPrincipal))), s.said, s.offer.Series[series].ID, s.offer.Series[series].Currency),
		Advice:  "correct the security or the amount with the depositary"})
}
