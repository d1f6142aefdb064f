package pricing_test

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

func dec(s string) decimal.Decimal {
	d, err := decimal.NewFromString(s)
	if err != nil {
		panic(err)
	}
	return d
}

func date(s string) tender.Date {
	if s == "" {
		return tender.Date{}
	}
	d, err := tender.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// vector is a case of the files in testdata.
type vector struct {
	ID, Kind, Coupon, Maturity, Settlement, Published, Computed, Unrounded, Horizon, Yield, Dated string

	Price, Source      string
	Frequency          int
	DayCount           string      `json:"day_count"`
	ParCall            string      `json:"par_call"`
	FirstPayment       string      `json:"first_payment"`
	LastPaid           string      `json:"last_paid"`
	ReferenceYield     string      `json:"reference_yield"`
	BasisPoints        string      `json:"spread_bp"`
	HorizonRule        string      `json:"horizon_rule"`
	FinalPeriod        string      `json:"final_period"`
	EndOfMonth         *bool       `json:"end_of_month"`
	Annualise          bool        `json:"annualise"`
	AnnualDecimals     int32       `json:"annualise_decimals"`
	TenderYield        string      `json:"tender_yield"`
	WrongHorizon       string      `json:"wrong_horizon_would_give"`
	AccruedPerThousand string      `json:"accrued_per_1000"`
	PriceShown         string      `json:"price_shown"`
	Per                json.Number `json:"per"`
	Decimals           int32
	Steps              [][2]string
	Shorter, Longer    [2]string
}

func vectors(t testing.TB, name string) []vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) == 0 {
		t.Fatal("there are no vectors")
	}
	return file.Vectors
}

// request is what the vector says.
func (v vector) request() pricing.Request {
	n := pricing.Note{
		Interest: tender.Interest{Coupon: dec(v.Coupon), DayCount: tender.DayCount(v.DayCount), Frequency: v.Frequency,
			LastPaid: date(v.LastPaid), FixedDay: v.EndOfMonth != nil && !*v.EndOfMonth},
		Maturity: date(v.Maturity), ParCall: date(v.ParCall),
	}
	if v.FirstPayment != "" {
		n.LastPaid, n.FirstPayment = date(v.Dated), date(v.FirstPayment)
	}
	for _, s := range v.Steps {
		n.Steps = append(n.Steps, tender.CouponStep{From: date(s[0]), Coupon: dec(s[1])})
	}
	r := pricing.Request{
		Note: n, Settlement: date(v.Settlement),
		Reference:   tender.Reference{Kind: tender.Treasury, HasYield: true},
		Horizon:     tender.HorizonRule(v.HorizonRule),
		FinalPeriod: tender.Compound,
		Rounding:    pricing.Rounding{Per: int(dec(v.Per.String()).IntPart()), Decimals: v.Decimals},
	}
	if v.ReferenceYield == "" {
		r.Reference.Yield = dec(v.Yield)
	} else {
		r.Reference.Yield, r.BasisPoints = dec(v.ReferenceYield), dec(v.BasisPoints)
	}
	if v.FinalPeriod != "" {
		r.FinalPeriod = tender.FinalPeriod(v.FinalPeriod)
	}
	if v.Annualise {
		r.Reference.Kind, r.Reference.AnnualDecimals = tender.Gilt, &v.AnnualDecimals
	}
	return r
}

func mustPrice(t rapid.TB, r pricing.Request) *pricing.Result {
	t.Helper()
	p, err := pricing.Price(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// places is how many decimals a text has.
func places(s string) int32 {
	_, fraction, _ := strings.Cut(s, ".")
	return int32(len(fraction))
}

func TestVectors(t *testing.T) {
	for _, name := range []string{"pricing_published.json", "pricing_synthetic.json"} {
		for _, v := range vectors(t, name) {
			t.Run(v.ID, func(t *testing.T) {
				r := v.request()
				p := mustPrice(t, r)
				if v.Published != "" && p.Price.StringFixed(v.Decimals) != v.Published {
					t.Errorf("price %s, published %s", p.Price, v.Published)
				}
				if p.Price.StringFixed(v.Decimals) != v.Computed || p.Horizon.Date != date(v.Horizon) {
					t.Errorf("price %s to %s, want %s to %s", p.Price, p.Horizon.Date, v.Computed, v.Horizon)
				}
				if got := p.Unrounded.StringFixed(places(v.Unrounded)); got != v.Unrounded {
					t.Errorf("unrounded %s, want %s", got, v.Unrounded)
				}
				if v.TenderYield != "" && !p.Yield.Percent.Equal(dec(v.TenderYield)) {
					t.Errorf("yield %s, want %s", p.Yield.Percent, v.TenderYield)
				}
				perThousand := decimal.NewFromBigRat(p.Accrual.PerUnit, 12).Shift(3)
				if v.AccruedPerThousand != "" && perThousand.StringFixed(2) != v.AccruedPerThousand {
					t.Errorf("accrued %s per 1,000, want %s", perThousand, v.AccruedPerThousand)
				}
				v.checkWrongHorizon(t, r, p)
			})
		}
	}
}

// checkWrongHorizon prices to the other day, which gives the figure that the vectors warn of.
func (v vector) checkWrongHorizon(t *testing.T, r pricing.Request, p *pricing.Result) {
	t.Helper()
	if v.WrongHorizon == "" {
		return
	}
	r.Horizon = tender.ToParCall
	if p.Horizon.Date == r.Note.ParCall {
		r.Horizon = tender.ToMaturity
	}
	if wrong := mustPrice(t, r); wrong.Price.StringFixed(v.Decimals) != v.WrongHorizon {
		t.Errorf("to the other horizon %s, want %s", wrong.Price, v.WrongHorizon)
	}
}

func TestPublishedAccruedInterest(t *testing.T) {
	for _, v := range vectors(t, "accrued_published.json") {
		v.Per, v.HorizonRule = "1000", "maturity"
		v.Yield = "5"
		n := v.request().Note
		a, err := pricing.AccruedInterest(n, date(v.Settlement))
		if err != nil {
			t.Fatal(err)
		}
		got := decimal.NewFromBigRat(new(big.Rat).Mul(a.PerUnit, big.NewRat(1000, 1)), 2)
		if got.StringFixed(2) != v.Published || a.From != date(v.LastPaid) {
			t.Errorf("%s: %s since %s, published %s since %s", v.ID, got, a.From, v.Published, v.LastPaid)
		}
		paid, err := settle.AccruedInterest(n.Interest, date(v.Settlement))
		if err != nil || paid.Cmp(a.PerUnit) != 0 {
			t.Errorf("%s: %s in the price, %s paid (%v)", v.ID, a.PerUnit, paid, err)
		}
	}
}

func TestReferenceRates(t *testing.T) {
	for _, v := range vectors(t, "reference_rates.json") {
		switch v.Kind {
		case "reference_yield":
			bid, err := pricing.ParseBidPrice(v.PriceShown)
			if err != nil {
				t.Fatal(err)
			}
			if price, _ := new(big.Rat).SetString(v.Price); bid.Rat().Cmp(price) != 0 {
				t.Errorf("%s: %s is %s, want %s", v.ID, v.PriceShown, bid, v.Price)
			}
			q := tender.TreasuryQuote{Coupon: dec(v.Coupon), Maturity: date(v.Maturity), Settlement: date(v.Settlement), BidPrice: bid}
			s, err := pricing.TreasuryYield(q, 3)
			if err != nil {
				t.Fatal(err)
			}
			if s.Percent.StringFixed(3) != v.Published || s.Unrounded.StringFixed(8) != v.Unrounded {
				t.Errorf("%s: %s (%s), published %s (%s)", v.ID, s.Percent, s.Unrounded, v.Published, v.Unrounded)
			}
			if s.Low.Price.LessThan(bid) || s.High.Price.GreaterThanOrEqual(bid) {
				t.Errorf("%s: %s is not between the prices %s and %s", v.ID, bid, s.High.Price, s.Low.Price)
			}
		case "interpolation":
			points := []tender.SwapRate{
				{Maturity: date(v.Shorter[0]), Rate: dec(v.Shorter[1])},
				{Maturity: date(v.Longer[0]), Rate: dec(v.Longer[1])},
			}
			rate, _, err := pricing.Interpolate(points, date(v.Maturity), v.Decimals)
			if err != nil || rate.StringFixed(v.Decimals) != v.Computed {
				t.Errorf("%s: %s (%v), want %s", v.ID, rate, err, v.Computed)
			}
		default:
			t.Errorf("%s: kind %q", v.ID, v.Kind)
		}
	}
}
