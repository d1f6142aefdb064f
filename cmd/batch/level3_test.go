package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/xlsx"
)

var update = flag.Bool("update", false, "write the expected results of the fixtures")

// TestLevel3MatchesTheExpectedResults compares every file of the two runs with
// fixtures/level3-2004/expected, the workbook cell by cell.
func TestLevel3MatchesTheExpectedResults(t *testing.T) {
	folder := level3Folder(t)
	for _, r := range exampleRuns {
		t.Run(r.name, func(t *testing.T) {
			published := runLevel3(t, folder, r.asOf)
			expected := filepath.Join("..", "..", "fixtures", "level3-2004", "expected", r.name)
			for _, name := range []string{"result.json", "instructions.csv", "payments.csv", "rejects.csv", "release.txt", "release.md"} {
				content, err := os.ReadFile(filepath.Join(published, name))
				if err != nil {
					t.Fatal(err)
				}
				compareGolden(t, filepath.Join(expected, name), content)
			}
			compareGolden(t, filepath.Join(expected, "result.xlsx.txt"), dumpWorkbook(t, filepath.Join(published, "result.xlsx")))
		})
	}
}

func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := lineAt(gotLines, i), lineAt(wantLines, i)
		if g != w {
			t.Errorf("%s:%d (written by go test ./cmd/batch -update)\n got: %s\nwant: %s", path, i+1, g, w)
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end of file)"
}

// dumpWorkbook lists every cell that has a value, one a line.
func dumpWorkbook(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	for i, sheet := range book.Sheets() {
		_, err := book.Rows(i, func(row *xlsx.Row) error {
			for _, c := range row.Cells {
				if c.Kind != xlsx.Blank {
					mark := ""
					if c.Formula {
						mark = "= "
					}
					fmt.Fprintf(&dump, "%s!%s\t%s%s\n", sheet.Name, xlsx.CellName(c.Col, row.Number), mark, c.Text)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dump.Bytes()
}

func level3Folder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "level3")
	if err := writeExample(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// runLevel3 makes a run and returns the folder it was published in.
func runLevel3(t *testing.T, folder, asOf string) string {
	t.Helper()
	var stderr bytes.Buffer
	code := run(context.Background(), []string{"run", folder, "--as-of", asOf}, testWorld(io.Discard, &stderr))
	if code != int(exitcode.OpenFindings) {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	latest, err := filepath.EvalSymlinks(filepath.Join(folder, "runs", "latest"))
	if err != nil {
		t.Fatal(err)
	}
	return latest
}

// levelResult is the part of result.json that the issuer published figures for.
type levelResult struct {
	Phase  string `json:"phase"`
	Series []struct {
		ID                 string `json:"id"`
		TenderedEarly      string `json:"tendered_early"`
		Tendered           string `json:"tendered"`
		PercentOutstanding string `json:"percent_outstanding"`
		Accepted           string `json:"accepted"`
	} `json:"series"`
	Totals struct {
		Currency string `json:"currency"`
		Tendered string `json:"tendered"`
		Accepted string `json:"accepted"`
	} `json:"totals"`
}

func readResult(t *testing.T, folder string) levelResult {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r levelResult
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// The issuer's release of 15 November 2004, Exhibit 99.1: principal tendered as
// of 5:00 p.m. on 12 November, percent of outstanding, and in all. The run's
// total has the 30 cents that the release leaves out.
func TestLevel3ShowsTheTableOf15November2004(t *testing.T) {
	r := readResult(t, runLevel3(t, level3Folder(t), "2004-11-12T17:00"))
	published := []struct{ id, tendered, percent string }{
		{"9.125-2008", "243955000", "20.3"},
		{"11-2008", "229226000", "63.3"},
		{"10.5-2008D", "262515000", "64.1"},
		{"10.75-2008E", "284461000", "88.7"},
	}
	for i, want := range published {
		got := r.Series[i]
		if got.ID != want.id || got.TenderedEarly != want.tendered || got.Tendered != want.tendered || got.PercentOutstanding != want.percent {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if r.Phase != "indicative" || r.Totals.Currency != "USD" || amount(t, r.Totals.Tendered).Truncate(0).String() != "1104727255" {
		t.Errorf("%s, %+v; want indicative, 1104727255 USD", r.Phase, r.Totals)
	}
	// Under the Tender Cap of 450 million: the first level whole, the second cut
	// back to what is left, nothing for the others.
	accepted := []string{r.Series[0].Accepted, r.Series[1].Accepted, r.Series[2].Accepted, r.Series[3].Accepted}
	if accepted[0] != "243955000" || amount(t, accepted[1]).GreaterThan(amount(t, "206045000")) || accepted[2] != "0" || accepted[3] != "0" {
		t.Errorf("accepted %v", accepted)
	}
}

// The issuer's release of 2 December 2004: about 1.127 billion tendered, 1.105
// billion accepted, the 9-1/8% notes in full.
func TestLevel3ShowsTheResultsOf2December2004(t *testing.T) {
	r := readResult(t, runLevel3(t, level3Folder(t), "2004-12-02T09:00"))
	if first := r.Series[0]; first.Tendered != "249457000" || first.Accepted != "249457000" || r.Phase != "final" {
		t.Errorf("%s: %+v", r.Phase, first)
	}
	if got := amount(t, r.Totals.Tendered).Round(-6); !got.Equal(amount(t, "1127000000")) {
		t.Errorf("%s tendered in all", r.Totals.Tendered)
	}
	limit, accepted := amount(t, "1105000000"), amount(t, r.Totals.Accepted)
	euroDenomination := amount(t, "1297.3") // EUR 1,000 at 1.2973
	tenders := decimal.NewFromInt(130)
	if accepted.GreaterThan(limit) || accepted.LessThan(limit.Sub(euroDenomination.Mul(tenders))) {
		t.Errorf("%s accepted in all", accepted)
	}
}

func amount(t *testing.T, s string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
