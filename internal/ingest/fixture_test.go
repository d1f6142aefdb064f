package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

// level3 reads the worked example as a run as of an instant would.
func level3(t *testing.T, asOf string) (*tender.Offer, *ingest.Intake, time.Time) {
	t.Helper()
	folder := filepath.Join("..", "..", "fixtures", "level3-2004")
	source, err := os.ReadFile(filepath.Join(folder, "offer.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	terms, err := offerfile.ParseTerms("offer.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	at, err := offerfile.ParseInstant(asOf, terms.Zone())
	if err != nil {
		t.Fatal(err)
	}
	o := terms.AsOf(at)
	entries, err := os.ReadDir(filepath.Join(folder, "inbox"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	choice, err := inbox.Choose(o, names, at)
	if err != nil {
		t.Fatal(err)
	}
	for i := range choice.Chosen {
		f := &choice.Chosen[i].File
		if f.Content, err = os.ReadFile(filepath.Join(folder, "inbox", f.Name)); err != nil {
			t.Fatal(err)
		}
	}
	intake, err := ingest.Read(o, choice.Chosen)
	if err != nil {
		t.Fatal(err)
	}
	return o, intake, at
}

// TestPublishedTotals reads the depositaries' reports of the Level 3 offer and
// compares the book with the issuer's release of 15 November 2004.
func TestPublishedTotals(t *testing.T) {
	o, intake, at := level3(t, "2004-11-12T17:00")
	book, err := tender.NewBook(o, intake.Instructions(), at)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{243_955_000, 229_226_000, 262_515_000, 284_461_000} {
		if got := book.Totals[i].Early; !got.Equal(decimal.NewFromInt(want)) {
			t.Errorf("series %s: tendered early %s, published %d", o.Series[i].ID, got, want)
		}
		if late := book.Totals[i].Late; !late.IsZero() {
			t.Errorf("series %s: %s late at the early date", o.Series[i].ID, late)
		}
	}
}

// TestPublishedTotalsAtExpiration does the same with the reports of 1 December.
func TestPublishedTotalsAtExpiration(t *testing.T) {
	o, intake, at := level3(t, "2004-12-02T09:00")
	book, err := tender.NewBook(o, intake.Instructions(), at)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int64{{243_955_000, 5_502_000}, {229_226_000, 4_100_000}, {262_515_000, 6_200_000},
		{284_461_000, 5_000_000}}
	for i, w := range want {
		got := book.Totals[i]
		if !got.Early.Equal(decimal.NewFromInt(w[0])) || !got.Late.Equal(decimal.NewFromInt(w[1])) {
			t.Errorf("series %s: tendered early %s and late %s, want %d and %d", o.Series[i].ID, got.Early, got.Late,
				w[0], w[1])
		}
	}
}

// TestPlantedMistakes holds the rejects against the list in the example's
// README.
func TestPlantedMistakes(t *testing.T) {
	_, intake, _ := level3(t, "2004-11-12T17:00")
	var got []string
	for _, r := range intake.Findings {
		got = append(got, r.Source.File+" "+r.Cell+" "+r.Rule+" "+r.Value)
	}
	want := []string{
		"dtc-2004-11-12.xlsx B55 R5-security-check-digit 52729NAA3",
		"dtc-2004-11-12.xlsx F112 R5-multiple 12500",
		"dtc-2004-11-12.xlsx H125 R1-missing ",
		"dtc-2004-11-12.xlsx A202 R5-duplicate 0002033",
		"dtc-2004-11-12.xlsx A203 R5-duplicate 0002033",
		"dtc-2004-11-12.xlsx G236 R5-currency EUR",
		"dtc-2004-11-12.xlsx F364 R5-principal-positive 0",
		"euroclear-2004-11-12.xlsx B34 R5-security-unknown XS0999999997",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rejects:\n%q\nwant:\n%q", got, want)
	}
}
