package workbook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// priceVector is a case of the published and synthetic prices of package pricing.
type priceVector struct {
	ID, Kind, Coupon, Maturity, Settlement, Yield, Dated string
	Computed                                             string
	Frequency                                            int
	DayCount                                             string      `json:"day_count"`
	ParCall                                              string      `json:"par_call"`
	FirstPayment                                         string      `json:"first_payment"`
	ReferenceYield                                       string      `json:"reference_yield"`
	BasisPoints                                          string      `json:"spread_bp"`
	Horizon                                              string      `json:"horizon_rule"`
	Final                                                string      `json:"final_period"`
	EndOfMonth                                           *bool       `json:"end_of_month"`
	Annualise                                            bool        `json:"annualise"`
	AnnualDecimals                                       int32       `json:"annualise_decimals"`
	Per                                                  json.Number `json:"per"`
	Decimals                                             int32
	Steps                                                [][2]string
}

func optionalDate(s string) tender.Date {
	if s == "" {
		return tender.Date{}
	}
	return date(s)
}

// series is the series of the vector, and how it is priced.
func (v *priceVector) series(t testing.TB) (tender.Series, *pricing.Result) {
	t.Helper()
	s := smallSeries(v.ID, v.ID, "USD", 1, "1000000", "1000000", "1", v.Coupon)
	s.Interest = tender.Interest{Coupon: dec(v.Coupon), DayCount: tender.DayCount(v.DayCount), Frequency: v.Frequency,
		FixedDay: v.EndOfMonth != nil && !*v.EndOfMonth, LastPaid: optionalDate(v.Dated), FirstPayment: optionalDate(v.FirstPayment)}
	for _, step := range v.Steps {
		s.Interest.Steps = append(s.Interest.Steps, tender.CouponStep{From: date(step[0]), Coupon: dec(step[1])})
	}
	s.Maturity, s.ParCall = date(v.Maturity), optionalDate(v.ParCall)
	r := pricing.Request{
		Note: pricing.Note{Interest: s.Interest, Maturity: s.Maturity, ParCall: s.ParCall}, Settlement: date(v.Settlement),
		Reference: tender.Reference{Name: "reference", Kind: tender.Treasury, HasYield: true}, Horizon: tender.HorizonRule(v.Horizon),
		FinalPeriod: tender.Compound, Rounding: pricing.Rounding{Per: int(dec(v.Per.String()).IntPart()), Decimals: v.Decimals},
	}
	if r.Reference.Yield = decimal.Zero; v.ReferenceYield == "" {
		r.Reference.Yield = dec(v.Yield)
	} else {
		r.Reference.Yield, r.BasisPoints = dec(v.ReferenceYield), dec(v.BasisPoints)
	}
	if v.Final != "" {
		r.FinalPeriod = tender.FinalPeriod(v.Final)
	}
	if v.Annualise {
		r.Reference.Kind, r.Reference.AnnualDecimals = tender.Gilt, &v.AnnualDecimals
	}
	p, err := pricing.Price(r)
	if err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	if !p.Price.Equal(dec(v.Computed)) {
		t.Fatalf("%s: %s, want %s", v.ID, p.Price, v.Computed)
	}
	s.Spread = tender.Spread{Reference: "reference", BasisPoints: r.BasisPoints}
	s.SetPrice(p.Price, p.Rounding.Per)
	return s, p
}

// pricedRun has a series for each vector of a kind price that a test chooses, and no tenders.
func pricedRun(t testing.TB, chosen func(id string) bool) *result.Run {
	t.Helper()
	o := smallOffer()
	o.Series, o.Caps = nil, nil
	var prices []*pricing.Result
	for _, name := range []string{"pricing_published.json", "pricing_synthetic.json"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "pricing", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Vectors []priceVector }
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for i := range file.Vectors {
			v := &file.Vectors[i]
			if (v.Kind != "" && v.Kind != "price") || v.Computed == "" || !chosen(v.ID) {
				continue
			}
			s, p := v.series(t)
			o.Series, prices = append(o.Series, s), append(prices, p)
		}
	}
	interest := make([]tender.Interest, len(o.Series))
	for i := range o.Series { // nothing is paid in this run, so no interest is to be computed
		interest[i], o.Series[i].Interest = o.Series[i].Interest, tender.Interest{}
	}
	r := compute(t, o, nil, wall("2004-11-12T18:00:00.000"))
	for i := range o.Series {
		o.Series[i].Interest = interest[i]
	}
	r.Prices = prices
	return r
}

// TestPricingSheet shows the sheet for a price to a par call date and one to the maturity.
func TestPricingSheet(t *testing.T) {
	r := pricedRun(t, func(id string) bool {
		return id == "solventum-2025-5.450-2027" || id == "gilt-spread-annual-note" || id == "last-period-simple"
	})
	golden(t, "workbook-pricing.txt", dump(t, opened(t, rendered(t, r)), "Pricing"))
}

// The function of the spreadsheet is used for most prices, and for none that it computes otherwise;
// LibreOffice finds that it agrees, in TestRecalculation.
func TestThePriceFunctionIsUsedWhereItApplies(t *testing.T) {
	r := pricedRun(t, func(string) bool { return true })
	b := &workbook{frame: frameOf(r, 1000), run: r, byLevel: result.SeriesByLevel(r)}
	b.layPricing()
	used := 0
	for i, p := range b.pricedSeries {
		formula, name := p.function()
		if name != "" {
			used++
		}
		switch r.Offer.Series[i].ID {
		case "long-first-period":
			if name != "ODDFPRICE" || !strings.HasPrefix(formula, "IFERROR(") {
				t.Errorf("an irregular first period: %s", formula)
			}
		case "par-call-stub-one-month", "coupon-steps", "negative-yield", "last-period-simple":
			if name != "" {
				t.Errorf("%s: %s", r.Offer.Series[i].ID, formula)
			}
		}
	}
	if len(b.pricedSeries) < 40 || used < 30 {
		t.Errorf("%d prices, %d by a function of the spreadsheet", len(b.pricedSeries), used)
	}
}

// A run without prices says so wherever cash would be.
func TestNoPriceYet(t *testing.T) {
	o := smallOffer()
	o.Series[0].Spread = tender.Spread{Reference: "UST", EarlyPayment: dec("20")}
	o.Series[0].SetPrice(decimal.Zero, 1000)
	o.Caps[0].Measure = tender.MeasurePurchasePrice
	r := compute(t, o, smallTenders(), wall("2004-11-12T18:00:00.000"))
	f := opened(t, rendered(t, r))
	var instructions, summary strings.Builder
	for _, w := range cells(t, f, "Instructions") {
		instructions.WriteString(w.value + "\n")
	}
	for _, w := range cells(t, f, "Summary") {
		summary.WriteString(w.value + "\n")
	}
	if n := strings.Count(instructions.String(), noPrice); n != 13 {
		t.Errorf("%d lines have %q, want 13", n, noPrice)
	}
	if strings.Count(summary.String(), noPrice) != 3 { // two prices and the cap
		t.Errorf("Summary:\n%s", summary.String())
	}
	for _, w := range r.Settlement.Payments {
		if w.Series == o.Series[0].ID {
			t.Errorf("%s is paid for a series without a price", w.Total())
		}
	}
}
