package offerfile

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// What an amendment changed is found under the paths of offer.yaml.
func TestListedTermsSayWhatAnAmendmentChanged(t *testing.T) {
	source, err := os.ReadFile("../../fixtures/level3-2004/offer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	terms := parseOffer(t, string(source))
	before := ListTerms(terms.AsOf(time.Time{}))
	var got []string
	for _, term := range ListTerms(terms.AsOf(time.Unix(math.MaxInt32, 0))) {
		if !slices.Contains(before, term) {
			got = append(got, fmt.Sprintf("%s (%s): %s", term.Path, term.Kind, term.Text))
		}
	}
	want := []string{
		"dates.expiration.at (instant): 2004-12-02T00:00:00-05:00",
		"withdrawal.late.at (instant): 2004-12-02T00:00:00-05:00",
		"caps.Tender Cap.amount (number): 1105000000",
		"conditions.Financing.satisfied (words): true",
		"amendments (words): 2004-11-17T09:00:00-05:00, 2004-12-01T09:00:00-05:00",
		"amendments.2004-11-17T09:00:00-05:00.note (words): Supplement to the Offer to Purchase",
		"amendments.2004-12-01T09:00:00-05:00.note (words): Financing completed (supplied; no release gives the hour)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Wherever the digest notices a change, the listed terms show it: a change of
// order, too, and one of two elements that have the same name.
func TestListedTermsDifferWhereTheDigestDoes(t *testing.T) {
	terms := parseOffer(t, completeOffer(t))
	whole := func() *tender.Offer { return terms.AsOf(time.Unix(math.MaxInt32, 0)) }
	before := ListTerms(whole())
	for name, change := range map[string]func(*tender.Offer){
		"order of the caps":     func(o *tender.Offer) { slices.Reverse(o.Caps) },
		"order of the series":   func(o *tender.Offer) { slices.Reverse(o.Series) },
		"a rate twice":          func(o *tender.Offer) { o.Rates = append(o.Rates, o.Rates[0]) },
		"a security more":       func(o *tender.Offer) { o.Series[0].Securities = append(o.Series[0].Securities, "037833100") },
		"no securities":         func(o *tender.Offer) { o.Series[0].Securities = nil },
		"no maximum":            func(o *tender.Offer) { o.Series[0].HasMaximum = false },
		"a day":                 func(o *tender.Offer) { o.Settlement.Final.Day-- },
		"a step of the coupon":  func(o *tender.Offer) { o.Series[0].Interest.Steps = []tender.CouponStep{{From: o.Launch}} },
		"a column":              func(o *tender.Offer) { o.Depositaries[1].Columns["security"] = "x" },
		"a status":              func(o *tender.Offer) { o.Depositaries[1].Statuses["X"] = tender.Rejected },
		"a boundary":            func(o *tender.Offer) { o.Early.Boundary = tender.AtOrBefore },
		"no amendments":         func(o *tender.Offer) { o.Amendments = nil },
		"a millisecond":         func(o *tender.Offer) { o.Expiration.At = o.Expiration.At.Add(time.Millisecond) },
		"order of the waivers":  func(o *tender.Offer) { o.Waivers = append(o.Waivers, o.Waivers[0]); o.Waivers[0].By = "x" },
		"the day count":         func(o *tender.Offer) { o.Series[0].Interest.DayCount = tender.Act360 },
		"early run":             func(o *tender.Offer) { o.Settlement.EarlyRun = "2004-11-12T170000-1a2b3c4d" },
		"interim day":           func(o *tender.Offer) { o.Settlement.Interim[0].On.Day++ },
		"interim run":           func(o *tender.Offer) { o.Settlement.Interim[0].Run = "2004-11-12T170000-1a2b3c4d" },
		"no interim settlement": func(o *tender.Offer) { o.Settlement.Interim = nil },
		"no guaranteed":         func(o *tender.Offer) { o.Guaranteed = tender.Guaranteed{} },
		"the other depositary":  func(o *tender.Offer) { slices.Reverse(o.Depositaries) },
		"payments on fixed day": func(o *tender.Offer) { o.Series[0].Interest.FixedDay = true },
	} {
		o := whole()
		change(o)
		if termsDigest(o) == termsDigest(whole()) {
			t.Errorf("%s: the digest does not notice it", name)
		}
		if slices.Equal(ListTerms(o), before) {
			t.Errorf("%s is not shown", name)
		}
	}
	paths := make(map[string]bool)
	for _, term := range before {
		if paths[term.Path] || term.Text == "" {
			t.Errorf("%s is there twice, or empty", term.Path)
		}
		paths[term.Path] = true
	}
}
