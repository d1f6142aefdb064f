package workbook

import (
	"bytes"
	"strings"
	"testing"

	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// releaseText is the release of the small offer as of an instant, with changed
// terms.
func releaseText(t *testing.T, asOf string, change func(o *tender.Offer)) []byte {
	t.Helper()
	o := smallOffer()
	change(o)
	var b bytes.Buffer
	if err := export.WriteReleaseText(&b, compute(t, o, smallTenders(), wall(asOf))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRelease shows the release of each stage of an offer, so that a person can
// read it.
func TestRelease(t *testing.T) {
	golden(t, "release-early.txt", releaseText(t, "2004-11-12T18:00:00.000", func(o *tender.Offer) {
		o.Settlement.Early = date("2004-11-18")
		o.Caps[0].Amount = dec("450000000")
	}))
	golden(t, "release-final.txt", releaseText(t, "2004-12-02T09:00:00.000", func(o *tender.Offer) {
		o.Conditions[0].Satisfied = true
	}))
	golden(t, "release-final-no-rate.txt", releaseText(t, "2004-12-02T09:00:00.000", func(o *tender.Offer) {
		o.Rates, o.Caps = nil, nil
	}))
}

func TestReleaseOfHostileText(t *testing.T) {
	r := smallRun(t)
	r.Offer.Issuer = "<script>*a*_b_`c`|d|[e](https://example.com) www.example.com \x1b[31m\n# x"
	r.Offer.Series[0].Title = "a | b\n<b>"
	var md, text bytes.Buffer
	if err := export.WriteReleaseMarkdown(&md, r); err != nil {
		t.Fatal(err)
	}
	if err := export.WriteReleaseText(&text, r); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{" <script>", " *a*", "`c`|", "](https://", "www.ex", "\x1b", "\n# x", "a | b", " <b>"} {
		if strings.Contains(md.String(), bad) {
			t.Errorf("release.md contains %q", bad)
		}
	}
	if strings.ContainsAny(text.String(), "\x1b\r") {
		t.Error("release.txt contains control characters")
	}
}
