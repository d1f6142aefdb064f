package tender_test

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

func TestWhatACapCovers(t *testing.T) {
	any1, a, b := tender.Series{ID: "X"}, tender.Series{ID: "A", Priority: 1}, tender.Series{ID: "B", Priority: 2}
	o := &tender.Offer{Series: []tender.Series{any1, a, b}}
	over := func(ids ...string) tender.Cap { return tender.Cap{Series: ids} }
	for _, c := range []struct {
		cap       tender.Cap
		x, a, b   bool
		coversAll bool
	}{
		{over(), false, true, true, true},
		{over("A", "B"), false, true, true, true}, // named one by one they are all
		{over("A"), false, true, false, false},
		{over("X"), false, false, false, false}, // any and all is outside, even if named
	} {
		if c.cap.Covers(any1) != c.x || c.cap.Covers(a) != c.a || c.cap.Covers(b) != c.b || o.CoversAll(c.cap) != c.coversAll {
			t.Errorf("a cap over %q covers X %t, A %t, B %t, all %t", c.cap.Series, c.cap.Covers(any1), c.cap.Covers(a), c.cap.Covers(b), o.CoversAll(c.cap))
		}
	}
}

func TestAllCapsAreTheStatedAndTheMaxima(t *testing.T) {
	maximum := decimal.NewFromInt(5000)
	o := &tender.Offer{
		Caps: make([]tender.Cap, 1, 8),
		Series: []tender.Series{
			{ID: "A", Priority: 1, Currency: "EUR", HasMaximum: true, MaximumOfferAmount: maximum},
			{ID: "B", Priority: 2},
			{ID: "X", HasMaximum: true, MaximumOfferAmount: maximum}, // any and all
			{ID: "C", Priority: 3, HasMaximum: true},                 // a maximum of nothing is one
		},
	}
	o.Caps[0].Name = "Tender Cap"
	var names []string
	for _, c := range o.AllCaps() {
		names = append(names, c.Name)
	}
	if want := []string{"Tender Cap", "Maximum Offer Amount A", "Maximum Offer Amount C"}; !slices.Equal(names, want) {
		t.Errorf("caps %q, want %q", names, want)
	}
	own := o.AllCaps()[1]
	if own.Currency != "EUR" || own.Measure != tender.MeasurePrincipal || !own.Amount.Equal(maximum) || !slices.Equal(own.Series, []string{"A"}) {
		t.Errorf("the maximum of A is the cap %+v", own)
	}
	if len(o.Caps) != 1 {
		t.Error("asking for all caps changed the stated ones")
	}
}

func TestRates(t *testing.T) {
	o := &tender.Offer{Rates: []tender.Rate{{From: "EUR", To: "USD", Rate: decimal.RequireFromString("1.25")}}}
	for _, c := range []struct{ from, to, want string }{
		{"EUR", "USD", "5/4"}, {"USD", "EUR", "4/5"}, {"USD", "USD", "1"}, {"GBP", "GBP", "1"}, {"GBP", "USD", ""},
	} {
		rate, ok := o.Rate(c.from, c.to)
		if ok != (c.want != "") || (ok && rate.RatString() != c.want) {
			t.Errorf("%s to %s: %v, want %q", c.from, c.to, rate, c.want)
		}
	}
}

func TestPricesAndSettlementDatesByWindow(t *testing.T) {
	s := tender.Series{TenderOfferConsideration: decimal.RequireFromString("837.50"), EarlyTenderPayment: decimal.NewFromInt(20)}
	if early, late := s.Price(tender.Early), s.Price(tender.Late); early.String() != "857.5" || late.String() != "837.5" || !s.TotalConsideration().Equal(early) {
		t.Errorf("early %s, late %s", early, late)
	}
	early, final := tender.Date{Year: 2019, Month: 8, Day: 9}, tender.Date{Year: 2019, Month: 8, Day: 22}
	two, one := &tender.Offer{Settlement: tender.Settlement{Early: early, Final: final}}, &tender.Offer{Settlement: tender.Settlement{Final: final}}
	if two.SettlementDate(tender.Early) != early || two.SettlementDate(tender.Late) != final || one.SettlementDate(tender.Early) != final {
		t.Error("a window is paid on the wrong day")
	}
}

func TestPhase(t *testing.T) {
	o := level3()
	for wall, want := range map[string]tender.Phase{
		"2004-11-29 23:59:59.999": tender.Indicative,
		"2004-11-30 00:00:00":     tender.Final,
		"2004-12-02 12:00:00":     tender.Final,
	} {
		if got := o.PhaseAt(at(wall)); got != want {
			t.Errorf("a run as of %s is %s, want %s", wall, got, want)
		}
	}
}
