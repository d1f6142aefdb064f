package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tenderbatch/internal/exitcode"
)

// solventum is the example that is priced from yields.
var solventum = filepath.Join("..", "..", "fixtures", "solventum-2025")

// runSolventum makes a run and returns the folder it was published in.
func runSolventum(t *testing.T, asOf string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "solventum")
	if err := os.CopyFS(folder, os.DirFS(solventum)); err != nil {
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
	Series []struct {
		ID       string
		Total    *string `json:"total_consideration"`
		Late     *string `json:"tender_offer_consideration"`
		Accepted string
		Factor   string
		Pricing  *struct {
			Yield, Horizon, Unrounded string
		}
	}
	Caps []struct {
		Name, Used, Left string
		Without          []string `json:"not_applied_without_prices_of"`
	}
	Funding  []struct{ Consideration string }
	Warnings []struct{ Code string }
}

func readPriced(t *testing.T, asOf string) pricedResult {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(runSolventum(t, asOf), "result.json"))
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

// The issuer's release of 8 September 2025: prices, principal to be accepted, and factors, which
// are printed in percent with two decimals.
func TestSolventumShowsThePricingOf8September2025(t *testing.T) {
	published := []struct{ id, total, accepted, percent, horizon string }{
		{"5.450-2027", "1021.65", "650000000", "69.35", "2027-01-25"},
		{"5.400-2029", "1048.41", "797328000", "61.24", "2029-02-01"},
	}
	for _, asOf := range []string{"2025-09-08T10:00", "2025-09-22T18:00"} {
		r := readPriced(t, asOf)
		for i, want := range published {
			got := r.Series[i]
			if got.ID != want.id || got.Total == nil || *got.Total != want.total || got.Accepted != want.accepted || got.Pricing == nil || got.Pricing.Horizon != want.horizon {
				t.Errorf("%s: %+v, want %+v", asOf, got, want)
			}
			if got.Factor != "" && amount(t, got.Factor).Shift(2).StringFixed(2) != want.percent {
				t.Errorf("%s, %s: factor %s, want %s%%", asOf, want.id, got.Factor, want.percent)
			}
		}
		// 650,000,000 at 1,021.65 and 797,328,000 at 1,048.41, and not a thousand more.
		if pool := r.Caps[0]; pool.Used != "1499999148.48" || pool.Left != "851.52" {
			t.Errorf("%s: %+v", asOf, pool)
		}
	}
}

// Before the pricing there is no price: the principal caps apply, the cap in money does not, and no
// cash is shown.
func TestSolventumHasNoPricesBeforeThePricing(t *testing.T) {
	r := readPriced(t, "2025-09-08T09:59:59")
	for _, s := range r.Series {
		if s.Total != nil || s.Late != nil || s.Pricing != nil {
			t.Errorf("%+v has a price", s)
		}
	}
	if r.Series[0].Accepted != "650000000" || r.Series[1].Accepted != "1302055000" || len(r.Funding) != 0 {
		t.Errorf("%+v, %+v", r.Series, r.Funding)
	}
	if len(r.Caps[0].Without) != 2 || len(r.Warnings) < 3 {
		t.Errorf("%+v, %+v", r.Caps[0], r.Warnings)
	}
}
