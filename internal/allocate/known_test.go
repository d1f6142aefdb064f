package allocate_test

import (
	"strings"
	"testing"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// A rule, a measure or a window that is not known is an error, not another one.
func TestM6AnUnknownValueIsNotAllocated(t *testing.T) {
	for what, change := range map[string]func(*tender.Offer, *tender.Book){
		"order":                  func(o *tender.Offer, _ *tender.Book) { o.Acceptance.Order = "lapsed" },
		"shortfall":              func(o *tender.Offer, _ *tender.Book) { o.Acceptance.Shortfall = "lapsed" },
		"factor":                 func(o *tender.Offer, _ *tender.Book) { o.Acceptance.Factor = "lapsed" },
		"below_minimum":          func(o *tender.Offer, _ *tender.Book) { o.Acceptance.BelowMinimum = "lapsed" },
		"returned_below_minimum": func(o *tender.Offer, _ *tender.Book) { o.Acceptance.ReturnedBelowMinimum = "lapsed" },
		"measure":                func(o *tender.Offer, _ *tender.Book) { o.Caps[0].Measure = "lapsed" },
		"window":                 func(_ *tender.Offer, b *tender.Book) { b.Lines[0].Window = "lapsed" },
	} {
		o, b := twoLevels(tenderOf("100,000", tender.Early), tenderOf("1,000", tender.Early))
		change(o, b)
		r, err := allocate.Allocate(o, b)
		if err == nil || r != nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), `"lapsed"`) {
			t.Errorf("an unknown %s: %v", what, err)
		}
	}
	o, b := twoLevels(settledAt(tenderOf("100,000", tender.Expired), "40,000"), tenderOf("1,000", tender.Early))
	if _, err := allocate.Allocate(o, b); err == nil || !strings.Contains(err.Error(), `"expired"`) {
		t.Errorf("a tender that came too late is settled: %v", err)
	}
}
