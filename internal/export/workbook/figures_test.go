package workbook

import (
	"bytes"
	"strings"
	"testing"

	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// A series bought any and all needs no rate, as no cap covers it: the totals are
// then those of the others, and say so.
func TestTotalsWithoutARateForASeriesBoughtAnyAndAll(t *testing.T) {
	o := smallOffer()
	o.Rates = nil
	o.Series[3].Priority = 0
	tenders := smallTenders()
	r := compute(t, o, tenders, wall("2004-11-30T18:00:00.000"))
	var out bytes.Buffer
	if err := export.WriteJSON(&out, r); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, `"without": [`) || strings.Contains(got, `"totals": null`) {
		t.Error("the totals are missing, or do not say what they leave out")
	}
	dollars := r.CurrencyFigures("USD")
	if sum, ok := r.AcceptedInAll(); !ok || !sum.Equal(dollars.Accepted()) {
		t.Errorf("%s accepted in all (%t), want the %s USD", sum, ok, dollars.Accepted())
	}
	o.Series[3].Priority = 4
	o.Caps = []tender.Cap{{Name: "Tender Cap", Amount: dec("1"), Currency: "USD", Measure: tender.MeasurePrincipal, Series: []string{"11-2008"}}}
	if _, ok := compute(t, o, tenders, wall("2004-11-30T18:00:00.000")).AcceptedInAll(); ok {
		t.Error("a series with a level but no rate is left out in silence")
	}
}
