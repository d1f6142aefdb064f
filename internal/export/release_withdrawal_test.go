package export

import (
	"testing"
	"time"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// Until when tenders can be withdrawn is a deadline of the offer that holders look for in each release before it expires.
func TestTheReleaseSaysUntilWhenTendersCanBeWithdrawn(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	cut := func(day, hour int) tender.CutOff {
		return tender.CutOff{At: time.Date(2004, time.November, day, hour, 0, 0, 0, newYork), Boundary: tender.Before}
	}
	early, expiration := cut(12, 17), cut(30, 0)
	const fifth, end = "5:00 p.m., New York City time, on November 12, 2004", "midnight, New York City time, at the end of November 29, 2004"
	for _, c := range []struct {
		name           string
		early          tender.CutOff
		withdrawal     tender.Withdrawal
		day, hour, min int
		want           string
	}{
		{"before both", early, tender.Withdrawal{Early: early, Late: expiration}, 12, 16, 59, "Withdrawal rights for securities tendered by the Early Tender " +
			"Date expire at " + fifth + ", and for securities tendered after it at " + end + "."},
		{"between them", early, tender.Withdrawal{Early: early, Late: expiration}, 12, 17, 0, "Withdrawal rights for securities tendered by the Early Tender " +
			"Date expired at " + fifth + ", and for securities tendered after it expire at " + end + "."},
		{"one, before it", early, tender.Withdrawal{Early: early, Late: early}, 12, 16, 59, "Withdrawal rights expire at " + fifth + "."},
		{"one, after it", early, tender.Withdrawal{Early: early, Late: early}, 15, 9, 0, "Withdrawal rights expired at " + fifth + "."},
		{"no Early Tender Date", tender.CutOff{}, tender.Withdrawal{Late: expiration}, 15, 9, 0, "Withdrawal rights expire at " + end + "."},
		{"none for late tenders any more, none for early", early, tender.Withdrawal{Early: cut(5, 17), Late: early}, 20, 9, 0, "Withdrawal rights for securities " +
			"tendered by the Early Tender Date expired at 5:00 p.m., New York City time, on November 5, 2004, and for securities tendered after it at " + fifth + "."},
	} {
		r := &result.Run{Phase: tender.Indicative, AsOf: time.Date(2004, time.November, c.day, c.hour, c.min, 0, 0, newYork),
			Offer: &tender.Offer{Zone: newYork, Early: c.early, Expiration: expiration, Withdrawal: c.withdrawal}}
		if got := withdrawalWords(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if r.Phase = tender.Final; withdrawalWords(r) != "" {
			t.Errorf("%s: of a final run: %q", c.name, withdrawalWords(r))
		}
	}
}
