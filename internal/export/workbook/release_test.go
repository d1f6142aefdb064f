package workbook

import (
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The band of every sheet says that a hypothetical result is one, and that a masked copy is no list to pay from.
func TestTheBandOfAHypotheticalResult(t *testing.T) {
	r := &result.Run{Phase: tender.Final, AsOf: time.Date(2026, 5, 4, 21, 0, 0, 0, time.UTC), Offer: &tender.Offer{Zone: time.UTC},
		Supposed: "Tender Cap 5 USD"}
	if got := banner(r).Value; !strings.HasPrefix(got, "WHAT IF, as of 2026-05-04 21:00") || !strings.Contains(got, "Tender Cap 5 USD") {
		t.Errorf("%s", got)
	}
	r.Supposed, r.Masked = "", true
	if got := banner(r).Value; !strings.Contains(got, "nothing can be paid from this copy") {
		t.Errorf("%s", got)
	}
}

// The band of a run that must be released never says that it was, as the file never changes.
func TestTheBandSaysThatARunMustBeReleased(t *testing.T) {
	const words = "Computed; in force only once released: see batch runs show"
	for _, c := range []struct {
		phase tender.Phase
		held  string
		rule  *tender.ReleaseRule
		want  bool
	}{
		{tender.Final, "", nil, false},
		{tender.Final, "", &tender.ReleaseRule{Approvals: 0, From: tender.Final}, false},
		{tender.Final, "", &tender.ReleaseRule{Approvals: 1, From: tender.Final}, true},
		{tender.Final, "a finding is open", &tender.ReleaseRule{Approvals: 1, From: tender.Final}, false},
		{tender.Indicative, "", &tender.ReleaseRule{Approvals: 1, From: tender.Final}, false},
		{tender.Indicative, "", &tender.ReleaseRule{Approvals: 1, From: tender.Indicative}, true},
	} {
		r := &result.Run{Phase: c.phase, Held: c.held, AsOf: time.Date(2026, 5, 4, 21, 0, 0, 0, time.UTC),
			Offer: &tender.Offer{Zone: time.UTC, Release: c.rule}}
		if got := banner(r).Value; strings.Contains(got, words) != c.want {
			t.Errorf("%s, held %q, %s: %s", c.phase, c.held, c.rule, got)
		}
	}
}
