package main

import (
	"regexp"
	"strings"
	"testing"

	"tenderbatch/internal/offerfile"
)

// filledIn are the blank terms with a value for each null.
func filledIn(t *testing.T) string {
	t.Helper()
	depositaries, err := blankDepositaries([]string{"DTC:snapshot"})
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("id: null ", "id: 5-2030 ", "id: null\n", "id: mine\n", "issuer: null", "issuer: Example Corp.",
		"launch: null", "launch: 2026-10-12", "early_tender: {at: null", "early_tender: {at: 2026-10-23T17:00",
		"expiration: {at: null", "expiration: {at: 2026-11-09T24:00", "final: null", "final: 2026-11-12", "title: null", "title: Notes",
		"[null]", "[52729NAA8]", "outstanding: null", "outstanding: 500000000", "tender_offer_consideration: null",
		"tender_offer_consideration: 950", "early_tender_payment: null", "early_tender_payment: 30", "coupon: null", "coupon: 5",
		"last_paid: null", "last_paid: 2026-05-15").Replace(blankTerms + depositaries)
}

// uncommented takes the # away from the lines of an example, from one that begins with a text to
// the end of its block.
func uncommented(t *testing.T, terms, first string) string {
	t.Helper()
	block := regexp.MustCompile(`(?m)^ *# ` + regexp.QuoteMeta(first) + `.*(\n *#   .*)*`)
	if n := len(block.FindAllString(terms, -1)); n != 1 {
		t.Fatalf("%d blocks begin with %q", n, first)
	}
	return block.ReplaceAllStringFunc(terms, func(lines string) string {
		return regexp.MustCompile(`(?m)^( *)# `).ReplaceAllString(lines, "$1")
	})
}

// What blank terms show as comments can be taken into use: terms with a price from a yield, with
// pools, and with an auction are sound.
func TestTheExamplesInBlankTermsAreSound(t *testing.T) {
	for _, c := range []struct {
		name   string
		blocks []string
		edits  []string
	}{
		{"as they are", nil, nil},
		{"priced from a yield", []string{"pricing:", "references:", "maturity:", "par_call:", "spread:"},
			[]string{"    tender_offer_consideration: 950", "    # tender_offer_consideration: 950"}},
		{"pools", []string{"pools:", "pool: Pool 1"}, []string{"  - {name: Pool 2, ", "  # - {name: Pool 2, "}},
		{"an auction", []string{"auctions:", "- id: 8-2032"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			terms := filledIn(t)
			for _, first := range c.blocks {
				terms = uncommented(t, terms, first)
			}
			if _, err := offerfile.ParseTerms("offer.yaml", []byte(strings.NewReplacer(c.edits...).Replace(terms))); err != nil {
				t.Errorf("%v\n%s", err, terms)
			}
		})
	}
}
