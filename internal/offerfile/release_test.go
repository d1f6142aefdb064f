package offerfile

import (
	"testing"
	"time"
)

func TestWhoMustApproveAsItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"":                          "none",
		"release: null\n":           "none",
		"release: {}\n":             "{approvals: 1, from: final, signed: false}",
		"release: {approvals: 0}\n": "{approvals: 0, from: final, signed: false}",
		"release: {signed: true}\n": "{approvals: 1, from: final, signed: true}",
		"release: {approvals: 2, from: indicative}\n": "{approvals: 2, from: indicative, signed: false}",
	} {
		if got := parseOffer(t, smallOffer+written).AsOf(time.Time{}).Release.String(); got != want {
			t.Errorf("%q: %s, want %s", written, got, want)
		}
	}
}

// Who releases a run changes no figure: the terms, and the runs made of them, stay the same.
func TestWhoMustApproveIsNoTerm(t *testing.T) {
	without, with := parseOffer(t, smallOffer).AsOf(time.Time{}), parseOffer(t, smallOffer+"release: {}\n").AsOf(time.Time{})
	if without.TermsDigest != with.TermsDigest {
		t.Errorf("%s, %s", without.TermsDigest, with.TermsDigest)
	}
}
