package printout

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// What the worked example does not show: amended instructions, one of them into
// another currency, text that is not for a terminal, a run that replaces another.
func TestADifferenceIsPrinted(t *testing.T) {
	amount := decimal.RequireFromString
	zone := time.FixedZone("EST", -5*3600)
	at := time.Date(2004, 12, 2, 9, 0, 0, 0, zone)
	side := func(run, replaces string) compare.Side {
		return compare.Side{Run: run, Phase: tender.Final, AsOf: at, Version: "0.1.0", Terms: 2, Digest: strings.Repeat("0a", 32), Replaces: replaces}
	}
	words := func(path, text string) *tender.Term {
		return &tender.Term{Path: path, Kind: tender.TermWords, Text: text}
	}
	series := func(id, currency, accepted, factor string) *compare.SeriesResult {
		return &compare.SeriesResult{ID: id, Currency: currency, Early: amount("5000"), Accepted: amount(accepted), Returned: amount("5000").Sub(amount(accepted)), FactorEarly: factor, FactorLate: "0"}
	}
	position := func(series, tendered, accepted, cash string) result.Position {
		return result.Position{Series: series, Window: tender.Early, Tendered: amount(tendered), Accepted: amount(accepted), Total: amount(cash)}
	}
	funding := func(status settle.Status, cash string) *compare.FundingResult {
		return &compare.FundingResult{Currency: "USD", Date: "2004-11-17", Status: status, Principal: amount("4000"), Cash: settle.Cash{Consideration: amount(cash)}}
	}
	d := &compare.Difference{
		Offer: "small", Issuer: "Small\x1b[2J Co.", Zone: zone, Was: side("a", ""), Now: side("b", "a"),
		Terms: []result.Pair[tender.Term]{
			{Was: words("conditions.Financing.text", "one\nline"), Now: words("conditions.Financing.text", "another")},
			{Now: &tender.Term{Path: "dates.settlement.early", Kind: tender.TermDate, Text: "2004-11-17"}},
		},
		Files: []result.Pair[result.Input]{
			{Was: &result.Input{File: "a.csv", SHA256: "1"}, Now: &result.Input{File: "b.csv", SHA256: "1"}},
			{Was: &result.Input{File: "c.csv", SHA256: "2", Rows: 1}, Now: &result.Input{File: "c.csv", SHA256: "3", Rows: 2, Counted: 1}},
		},
		Series: []result.Pair[compare.SeriesResult]{
			{Was: series("usd", "USD", "4000", "0.8"), Now: series("usd", "USD", "5000", "1")},
			{Was: series("eur", "EUR", "4000", "0.8"), Now: series("eur", "EUR", "4000", "0.8")},
		},
		Funding: []result.Pair[compare.FundingResult]{{Was: funding(settle.Due, "3500"), Now: funding(settle.Paid, "3500")}},
		Lines: []result.Change{
			{Kind: result.Amended, Depositary: "DTC", Instruction: "1", Was: position("usd", "3000", "2000", "1750.5"), Now: position("eur", "3000", "1000", "900")},
		},
		Findings: []result.Pair[tender.Finding]{{
			Was: &tender.Finding{Source: tender.Source{File: "c.csv", Row: 7}, Rule: "R5-minimum", Message: "below the minimum"},
			Now: &tender.Finding{Source: tender.Source{File: "c.csv", Row: 7}, Rule: "R5-minimum", Message: "below the minimum", Waived: "the issuer"},
		}},
	}
	var out strings.Builder
	p := &differencePrinter{Printer: Printer{w: &out}, d: d}
	p.print("x.xlsx")
	want := `small: Small\u001b[2J Co.
          before                                         now
run       a                                              b
phase     final                                          final
as of     2004-12-02 09:00 EST                           2004-12-02 09:00 EST
program   0.1.0                                          0.1.0
terms     version 2, 0a0a0a0a0a0a                        version 2, 0a0a0a0a0a0a
rows      0 read, 0 counted, 0 not counted, 0 rejected   0 read, 0 counted, 0 not counted, 0 rejected
replaces  -                                              a

terms: 2 values differ
  conditions.Financing.text: one\u000aline → another
  dates.settlement.early: none → 2004-11-17

files: 2 differ
  renamed  b.csv  was a.csv
  changed  c.csv  1 row, 0 counted, SHA-256 2 → 2 rows, 1 counted, SHA-256 3

acceptance
  series               tendered early  late  tendered  accepted  returned               factor
  usd     USD  before           5,000     0     5,000     4,000     1,000  early 0.8, late 0
               now              5,000     0     5,000     5,000         0    early 1, late 0
               change               0     0         0    +1,000    -1,000

to wire
  settlement                principal  consideration  early payment  interest     total
  2004-11-17   USD  before      4,000       3,500.00           0.00      0.00  3,500.00
                    now         4,000       3,500.00           0.00      0.00  3,500.00  paid already
                    change          0           0.00           0.00      0.00      0.00

instructions: 0 new, 0 no longer counted, 1 amended, 0 accepted differently
           depositary  instruction          series  window  tendered  accepted  returned      cash
  amended  DTC         1            before  usd     early      3,000     2,000     1,000  1,750.50
                                    now     eur     early      3,000     1,000     2,000    900.00

rejects: 1 differs
  waived  c.csv row 7  R5-minimum  below the minimum

written: x.xlsx
`
	if got := out.String(); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") || p.err != nil {
		t.Errorf("%v\n%s", p.err, got)
	}
}
