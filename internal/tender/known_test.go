package tender_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// What the program does not know is an error that names it, in every closed set
// that the book is drawn up from.
func TestM6AnUnknownStatusIsAnError(t *testing.T) {
	for what, change := range map[string]func(*tender.Offer, *tender.Instruction){
		"status":             func(_ *tender.Offer, in *tender.Instruction) { in.Status = "lapsed" },
		"delivery":           func(_ *tender.Offer, in *tender.Instruction) { in.Delivery = "lapsed" },
		"dates.early_tender": func(o *tender.Offer, _ *tender.Instruction) { o.Early.Boundary = "lapsed" },
		"dates.expiration":   func(o *tender.Offer, _ *tender.Instruction) { o.Expiration.Boundary = "lapsed" },
		"withdrawal.early":   func(o *tender.Offer, _ *tender.Instruction) { o.Withdrawal.Early.Boundary = "lapsed" },
		"withdrawal.late":    func(o *tender.Offer, _ *tender.Instruction) { o.Withdrawal.Late.Boundary = "lapsed" },
		"guaranteed_delivery:": func(o *tender.Offer, _ *tender.Instruction) {
			o.Guaranteed.Deadline = tender.CutOff{At: o.Expiration.At, Boundary: "lapsed"}
		},
	} {
		o, in := level3(), instruction("2004-11-10 12:00:00")
		change(o, &in)
		b, err := tender.NewBook(o, each([]tender.Instruction{in}), at("2004-12-01 12:00:00"))
		if err == nil || b != nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), `"lapsed"`) {
			t.Errorf("an unknown %s: %v", what, err)
		}
	}
}

func acceptance() *tender.Offer {
	return &tender.Offer{Acceptance: tender.Acceptance{Order: tender.OrderPriority, Shortfall: tender.Prorate,
		Factor: tender.FactorMaximal, BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep},
		Caps: []tender.Cap{{Name: "Tender Cap", Measure: tender.MeasurePrincipal}}}
}

// The codes of R11 are two sets: one for accepted parts, one for returned ones.
func TestM6AnUnknownRuleOfAcceptanceIsAnError(t *testing.T) {
	if err := acceptance().CheckAcceptance(); err != nil {
		t.Fatal(err)
	}
	given := func(share string) func(*tender.Offer) {
		return func(o *tender.Offer) {
			o.Acceptance.Factor, o.Acceptance.Given = tender.FactorGiven, decimal.RequireFromString(share)
		}
	}
	for _, c := range []struct {
		what   string
		change func(*tender.Offer)
	}{
		{"order", func(o *tender.Offer) { o.Acceptance.Order = "late_first" }},
		{"order", func(o *tender.Offer) { o.Acceptance.Order = "" }},
		{"shortfall", func(o *tender.Offer) { o.Acceptance.Shortfall = "all_or_none" }},
		{"factor", func(o *tender.Offer) { o.Acceptance.Factor = "Maximal" }},
		{"factor", given("0")},
		{"factor", given("1.01")},
		{"below_minimum", func(o *tender.Offer) { o.Acceptance.BelowMinimum = tender.Keep }},
		{"returned_below_minimum", func(o *tender.Offer) { o.Acceptance.ReturnedBelowMinimum = tender.Whole }},
		{"cap Tender Cap: measure", func(o *tender.Offer) { o.Caps[0].Measure = "nominal" }},
		{"level -1", func(o *tender.Offer) { o.Series = []tender.Series{{ID: "A", Priority: -1}} }},
	} {
		o := acceptance()
		c.change(o)
		if err := o.CheckAcceptance(); err == nil || !strings.Contains(err.Error(), c.what) {
			t.Errorf("an unknown %s: %v", c.what, err)
		}
	}
}

func TestM6AnUnknownWayToReadAReportIsAnError(t *testing.T) {
	if err := (&tender.Depositary{}).Check(); err != nil {
		t.Fatal(err)
	}
	for what, d := range map[string]tender.Depositary{
		"encoding":      {Encoding: "latin-1"},
		"formulas":      {Formulas: "computed"},
		"date_format":   {Dates: "year_first"},
		"statuses: ACC": {Statuses: map[string]tender.Status{"ACC": "accepted"}},
	} {
		if err := d.Check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("an unknown %s: %v", what, err)
		}
	}
}

func TestM6AnUnknownStandingIsAnError(t *testing.T) {
	r := tender.Finding{Source: tender.Source{File: "dtc.xlsx", Row: 7}, Rule: "R2-pending", Disposition: "doubtful"}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), `"doubtful"`) || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("an unknown standing: %v", err)
	}
}
