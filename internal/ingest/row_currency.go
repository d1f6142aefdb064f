package ingest

import (
	"cmp"
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// headingCurrency compares the currency that the headings state for the principal with that of the
// series of the current row.
func (r *rowReader) headingCurrency(series int) {
	if r.statedCurrency == "" || series < 0 ||
		values.MarkFits(r.statedCurrency, r.terms.offer.Series[series].Currency) {
		return
	}
	r.reject(headings.ColPrincipal, values.NewFault(tender.RuleCurrency,
		fmt.Sprintf("%s says %s, but series %s is in %s",
			cmp.Or(r.currencySource, "the heading "+display.Quote(r.layout.headings.Heading(headings.ColPrincipal))),
			r.statedCurrency, r.terms.offer.Series[series].ID, r.terms.offer.Series[series].Currency),
		"correct the security or the amount with the depositary"))
}
