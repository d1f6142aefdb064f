package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/exitcode"
)

// The examples with modern terms.
const (
	solventum = "solventum-2025"
	cobank    = "cobank-2012"
	rogers    = "rogers-2025"
	sampo     = "sampo-2025"
)

// fixture is the folder of an example.
func fixture(name string) string { return filepath.Join("..", "..", "fixtures", name) }

// runFixture makes a run of an example and returns the folder it was published in.
func runFixture(t *testing.T, name, asOf string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(folder, os.DirFS(fixture(name))); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"run", folder, "--as-of", asOf}, testWorld(io.Discard, &stderr)); code != int(exitcode.Done) {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	latest, err := filepath.EvalSymlinks(filepath.Join(folder, "runs", "latest"))
	if err != nil {
		t.Fatal(err)
	}
	return latest
}

// pricedResult is the part of result.json that the issuer published figures for.
type pricedResult struct {
	Phase  string
	Series []struct {
		ID       string
		Tendered string
		Total    *string `json:"total_consideration"`
		Late     *string `json:"tender_offer_consideration"`
		Accepted string
		Early    string `json:"factor_early"`
		Factor   string
		Pricing  *struct {
			Yield, Horizon, Unrounded string
		}
	}
	Caps []struct {
		Name, Used, Left string
		Without          []string `json:"not_applied_without_prices_of"`
	}
	Auctions []struct {
		Name, Clearing string
		Ladder         []struct {
			Bid, Accepted, Cumulative string
		}
	}
	Totals   struct{ Accepted string }
	Funding  []struct{ Principal, Consideration string }
	Warnings []struct{ Code string }
}

func readPriced(t *testing.T, name, asOf string) pricedResult {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(runFixture(t, name, asOf), "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate("result", content); err != nil {
		t.Error(err)
	}
	var r pricedResult
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkPriced holds the series of a result against published ones.
func checkPriced(t *testing.T, r pricedResult, published []publishedSeries) {
	t.Helper()
	for i, want := range published {
		got := r.Series[i]
		if got.ID != want.id || got.Total == nil || *got.Total != want.total || got.Accepted != want.accepted ||
			got.Pricing == nil || got.Pricing.Horizon != want.horizon {
			t.Errorf("%+v, want %+v", got, want)
		}
		if got.Early != "" {
			got.Factor = got.Early
		}
		if want.percent != "" && amount(t, got.Factor).Shift(2).StringFixed(2) != want.percent {
			t.Errorf("%s: factor %s, want %s%%", want.id, got.Factor, want.percent)
		}
	}
}

// publishedSeries is what an issuer printed of a series; the factor is in percent with two decimals,
// "" for none.
type publishedSeries struct{ id, total, accepted, percent, horizon string }

// TestModernFixturesMatchTheExpectedResults compares the release of each example, and the sheets on
// which its terms are seen, with those in its folder expected.
func TestModernFixturesMatchTheExpectedResults(t *testing.T) {
	for _, r := range []struct{ name, as, asOf string }{
		{solventum, "pricing", "2025-09-08T10:00"},
		{cobank, "early", "2012-11-28T17:00"},
		{cobank, "final", "2012-12-13T09:00"},
		{rogers, "before-the-cap-was-raised", "2025-07-21T07:00"},
		{rogers, "final", "2025-07-23T08:00"},
		{sampo, "final", "2025-09-25T10:00"},
	} {
		t.Run(r.name+" "+r.as, func(t *testing.T) {
			published := runFixture(t, r.name, r.asOf)
			expected := filepath.Join(fixture(r.name), "expected", r.as)
			for _, name := range []string{"release.txt", "release.md"} {
				content, err := os.ReadFile(filepath.Join(published, name))
				if err != nil {
					t.Fatal(err)
				}
				compareGolden(t, filepath.Join(expected, name), content)
			}
			var shown bytes.Buffer
			for line := range bytes.Lines(dumpWorkbook(t, filepath.Join(published, "result.xlsx"))) {
				sheet, _, _ := bytes.Cut(line, []byte("!"))
				if slices.Contains([]string{"Summary", "Waterfall", "Auctions", "Pricing"}, string(sheet)) {
					shown.Write(line)
				}
			}
			compareGolden(t, filepath.Join(expected, "sheets.txt"), shown.Bytes())
		})
	}
}

// The issuer's release of 8 September 2025: prices, principal to be accepted, and factors, of both pools.
func TestSolventumShowsThePricingOf8September2025(t *testing.T) {
	for _, asOf := range []string{"2025-09-08T10:00", "2025-09-22T18:00"} {
		r := readPriced(t, solventum, asOf)
		checkPriced(t, r, []publishedSeries{
			{"5.450-2027", "1021.65", "650000000", "69.35", "2027-01-25"},
			{"5.400-2029", "1048.41", "797328000", "61.24", "2029-02-01"},
			{"6.000-2064", "1042.69", "457552000", "", "2063-11-15"},
			{"5.900-2054", "1046.1", "21904000", "2.58", "2053-10-30"},
		})
		// Of each pool what is left is less than a note costs, or than the next factor takes.
		used := map[string]string{}
		for _, c := range r.Caps {
			used[c.Name] = c.Used
		}
		if used["Pool 1"] != "1499999148.48" || used["Pool 2"] != "499998669.28" || used["Aggregate Cap"] != "1999997817.76" {
			t.Errorf("%s: %v", asOf, used)
		}
	}
}

// Before the pricing there is no price: the principal caps apply, the cap in money does not, and no
// cash is shown.
func TestSolventumHasNoPricesBeforeThePricing(t *testing.T) {
	r := readPriced(t, solventum, "2025-09-08T09:59:59")
	for _, s := range r.Series {
		if s.Total != nil || s.Late != nil || s.Pricing != nil {
			t.Errorf("%+v has a price", s)
		}
	}
	if r.Series[0].Accepted != "650000000" || r.Series[1].Accepted != "1302055000" || len(r.Funding) != 0 {
		t.Errorf("%+v, %+v", r.Series, r.Funding)
	}
	if len(r.Caps[0].Without) != 4 || len(r.Warnings) < 3 {
		t.Errorf("%+v, %+v", r.Caps[0], r.Warnings)
	}
}

// The issuer's release of 13 December 2012: an auction by spread that did not reach its cap clears at
// the lowest spread that could be bid, and everything is bought.
func TestCoBankShowsTheResultsOf13December2012(t *testing.T) {
	r := readPriced(t, cobank, "2012-12-13T09:00")
	checkPriced(t, r, []publishedSeries{{"7.875-2018", "1294.49", "95315000", "100.00", "2018-04-16"}})
	s := r.Series[0]
	if r.Phase != "final" || s.Tendered != "95315000" || s.Late == nil || *s.Late != "1264.49" || s.Pricing.Yield != "2.029" {
		t.Errorf("%s: %+v", r.Phase, s)
	}
	if len(r.Auctions) != 1 || r.Auctions[0].Clearing != "140" {
		t.Fatalf("%+v", r.Auctions)
	}
	ladder := r.Auctions[0].Ladder
	if last := ladder[len(ladder)-1]; ladder[0].Bid != "220" || last.Bid != "140" || last.Cumulative != "95315000" {
		t.Errorf("%+v", ladder)
	}
}

// Before the yield was read the auction has its bids and no price.
func TestCoBankHasNoPriceBeforeThePricing(t *testing.T) {
	r := readPriced(t, cobank, "2012-11-28T17:00")
	if s := r.Series[0]; s.Total != nil || s.Accepted != "93865000" || len(r.Funding) != 0 || r.Auctions[0].Clearing != "140" {
		t.Errorf("%+v, %+v, %+v", s, r.Funding, r.Auctions)
	}
}

// The issuer's release of 21 July 2025: what was tendered with what was promised by guaranteed
// delivery, whole series bought or nothing, and the prices of all. The fifth series fits since the
// cap was raised, and the others still do not.
func TestRogersShowsTheResultsOf21July2025(t *testing.T) {
	published := []struct {
		publishedSeries
		tendered int64
	}{
		{publishedSeries{"4.350-2049", "814.59", "591225000", "100.00", "2049-05-01"}, 589_372_000 + 1_853_000},
		{publishedSeries{"3.700-2049", "738.97", "460970000", "100.00", "2049-11-15"}, 457_659_000 + 3_311_000},
		{publishedSeries{"4.300-2048", "814.06", "244354000", "100.00", "2048-02-15"}, 243_879_000 + 475_000},
		{publishedSeries{"4.500-2043", "853.97", "117898000", "100.00", "2043-03-15"}, 117_898_000},
		{publishedSeries{"5.000-2044", "900.44", "301669000", "100.00", "2044-03-15"}, 298_325_000 + 3_344_000},
		{publishedSeries{"5.450-2043", "940.99", "0", "0.00", "2043-10-01"}, 193_447_000 + 7_118_000},
		{publishedSeries{"2.900-2026", "980.36", "0", "0.00", "2026-11-15"}, 174_351_000 + 320_000},
		{publishedSeries{"3.800-2032", "926.39", "0", "0.00", "2032-03-15"}, 690_270_000 + 8_245_000},
	}
	r := readPriced(t, rogers, "2025-07-23T08:00")
	for i, want := range published {
		checkPriced(t, pricedResult{Series: r.Series[i:]}, []publishedSeries{want.publishedSeries})
		if !amount(t, r.Series[i].Tendered).Equal(decimal.NewFromInt(want.tendered)) {
			t.Errorf("%s: %s tendered", want.id, r.Series[i].Tendered)
		}
	}
	if c := r.Caps[0]; c.Used != "1393483980.31" || r.Phase != "final" {
		t.Errorf("%s: %+v", r.Phase, c)
	}
	before := readPriced(t, rogers, "2025-07-21T07:00")
	if c := before.Caps[0]; before.Series[3].Accepted != "117898000" || before.Series[4].Accepted != "0" || c.Used != "1121849145.95" {
		t.Errorf("before the cap was raised: %+v", c)
	}
}

// The issuer's results of 23 September 2025: a price in percent over mid-swaps to the first reset date,
// and what the announced factor accepts where cut-back tenders keep the minimum denomination.
func TestSampoShowsTheResultsOf23September2025(t *testing.T) {
	r := readPriced(t, sampo, "2025-09-25T10:00")
	checkPriced(t, r, []publishedSeries{{"2.500-2052", "932.55", "315830000", "72.92", "2032-09-03"}})
	s := r.Series[0]
	if s.Tendered != "432764000" || s.Pricing.Yield != "3.616" || s.Pricing.Unrounded != "93.254697" || r.Phase != "final" {
		t.Errorf("%s: %+v, %+v", r.Phase, s, s.Pricing)
	}
	if c := r.Caps[0]; c.Used != "294527266.5" {
		t.Errorf("%+v", c)
	}
	if other := r.Series[1]; other.Tendered != "0" || other.Accepted != "0" {
		t.Errorf("%+v", other)
	}
}
