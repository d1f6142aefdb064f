package workbook

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// published is a run as result.json has it.
func published(t testing.TB, r *result.Run) *export.Result {
	t.Helper()
	var b bytes.Buffer
	if err := export.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	result, err := export.ReadResult(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// differenceOf is how two runs differ, put together by other code than compares
// published runs.
func differenceOf(t testing.TB, was, now *result.Run) *compare.Difference {
	t.Helper()
	x, y := published(t, was), published(t, now)
	d := &compare.Difference{
		Offer: "level3-2004", Issuer: now.Offer.Issuer, Zone: newYork, Version: "1.0.0", Was: sideOf(was, x), Now: sideOf(now, y),
		Series:   result.PairUp(x.Series, y.Series, func(s compare.SeriesResult) string { return s.ID + s.Currency }),
		Totals:   []result.Pair[compare.TotalResult]{{Was: x.Totals, Now: y.Totals}},
		Caps:     result.PairUp(x.Caps, y.Caps, func(c compare.CapResult) string { return c.Name }),
		Funding:  result.PairUp(x.Funding, y.Funding, func(f compare.FundingResult) string { return f.Currency + f.Date }),
		Files:    result.PairUp(x.Inputs, y.Inputs, func(in result.Input) string { return in.File }),
		Findings: result.PairUp(was.Findings, now.Findings, func(r tender.Finding) string { return r.Message }),
	}
	before, after := positions(was), positions(now)
	for _, r := range []*result.Run{now, was} {
		for _, l := range r.Book.Lines {
			w, n := before[l.ID], after[l.ID]
			kind := result.Reclassed
			switch {
			case !w.Counted():
				kind = result.New
			case !n.Counted():
				kind = result.NoLonger
			case !w.Tendered.Equal(n.Tendered) || w.Series != n.Series:
				kind = result.Amended
			case w.Accepted.Equal(n.Accepted) && w.Total.Equal(n.Total):
				continue
			}
			if r == now || kind == result.NoLonger {
				d.Lines = append(d.Lines, result.Change{Kind: kind, Depositary: l.Depositary, Instruction: l.ID, Series: l.Series, Was: w, Now: n})
			}
		}
	}
	return d
}

func sideOf(r *result.Run, result *export.Result) compare.Side {
	return compare.Side{Run: r.Name, Phase: r.Phase, AsOf: r.AsOf, Version: r.Version, Terms: r.Offer.Version(), Digest: r.Offer.TermsDigest, Counts: result.Counts}
}

func positions(r *result.Run) map[string]result.Position {
	all := make(map[string]result.Position)
	for i, l := range r.Book.Lines {
		all[l.ID] = result.Position{Series: l.Series, Window: l.Window, Tendered: l.Principal, Accepted: r.Allocation.Lines[i].Accepted, Total: r.Settlement.Lines[i].Total(), Participant: l.Participant}
	}
	return all
}

// smallDifference has something of everything: one instruction went to a series
// in another currency.
func smallDifference(t testing.TB) *compare.Difference {
	t.Helper()
	tenders := smallTenders()
	left := tenders[20]
	tenders[3].Principal = dec("15000000")
	tenders[50].Series, tenders[50].Security = tenders[0].Series, tenders[0].Security
	tenders = slices.Delete(tenders, 7, 8)
	offer := smallOffer()
	offer.Caps[0].Amount, offer.Amendments, offer.TermsDigest = dec("450000000"), nil, strings.Repeat("0a", 32)
	was, now := compute(t, offer, tenders, wall("2004-11-13T12:00:00.000")), smallRun(t)
	was.Name, was.Findings = "2004-11-13T120000-99aa88bb", smallRejects(now)[1:]
	was.Findings[0].Waived, was.Findings[1].Message = "Treasury on 2004-11-12", "another message"
	was.Inputs = []result.Input{smallInput(was, "DTC", "dtc-2004-11-13.xlsx", "Tenders", 1, 0), smallInput(was, "Euroclear", "euroclear-2004-11-30.xlsx", "Instructions", 2, 0)}
	for i, l := range now.Book.Lines { // one counts no more
		if l.ID == left.ID {
			now = compute(t, now.Offer, slices.DeleteFunc(smallTenders(), func(in tender.Instruction) bool { return in.ID == now.Book.Lines[i].ID }), now.AsOf)
			now.Name, now.Findings, now.Inputs = "2004-11-30T180000-1a2b3c4d", smallRejects(smallRun(t)), smallRun(t).Inputs
			break
		}
	}
	d := differenceOf(t, was, now)
	term := func(path string, kind tender.TermKind, texts ...string) result.Pair[tender.Term] {
		var p result.Pair[tender.Term]
		for i, side := range []**tender.Term{&p.Was, &p.Now} {
			if texts[i] != "" {
				*side = &tender.Term{Path: path, Kind: kind, Text: texts[i]}
			}
		}
		return p
	}
	d.Terms = []result.Pair[tender.Term]{
		term("caps.Tender Cap.amount", tender.TermNumber, "450000000", "1105000000"),
		term("dates.expiration.at", tender.TermInstant, "2004-11-30T00:00:00-05:00", "2004-12-02T00:00:00.5-05:00"),
		term("dates.settlement.early", tender.TermDate, "2004-11-17", ""),
		term("conditions.Financing.text", tender.TermWords, "", "borrowings of at least 400 million"),
	}
	return d
}

func compared(t testing.TB, d *compare.Difference, rowsPerSheet int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeDifference(&b, d, rowsPerSheet); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// differences are workbooks at the edges, for the checks that every workbook must
// stand.
func differences(t *testing.T) map[string][]byte {
	r := smallRun(t)
	same := differenceOf(t, r, r)
	same.Terms, same.Files, same.Findings = nil, nil, nil
	huge := smallDifference(t)
	huge.NotCompared, huge.Terms, huge.Zone = "run x was made before runs kept their terms", nil, nil
	early := smallDifference(t)
	early.Funding = append(early.Funding, result.Pair[compare.FundingResult]{Was: &compare.FundingResult{Currency: "USD", Date: "2004-11-17", Status: settle.Paid}},
		result.Pair[compare.FundingResult]{Now: &compare.FundingResult{Currency: "USD", Date: "2004-11-18", Status: settle.Due}})
	return map[string][]byte{
		"difference":                     compared(t, smallDifference(t), excelize.TotalRows),
		"difference on several sheets":   compared(t, smallDifference(t), 20),
		"no difference":                  compared(t, same, excelize.TotalRows),
		"difference without terms":       compared(t, huge, excelize.TotalRows),
		"difference of several fundings": compared(t, early, excelize.TotalRows),
		"difference of nothing":          compared(t, &compare.Difference{}, excelize.TotalRows),
	}
}

// TestDifference dumps the workbook of a difference, cell by cell, and its JSON,
// so that a person can review what a change does to them.
func TestDifference(t *testing.T) {
	d := smallDifference(t)
	f := opened(t, compared(t, d, excelize.TotalRows))
	for _, sheet := range f.GetSheetList() {
		golden(t, "difference-"+strings.ToLower(sheet)+".txt", dump(t, f, sheet))
	}
	var b bytes.Buffer
	if err := export.WriteDifferenceJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	golden(t, "difference.json", b.Bytes())
}

func TestSameDifferenceSameBytes(t *testing.T) {
	first := compared(t, smallDifference(t), excelize.TotalRows)
	for range 20 {
		if !bytes.Equal(first, compared(t, smallDifference(t), excelize.TotalRows)) {
			t.Fatal("the same difference gave other bytes")
		}
	}
}

// What the instructions add up to is held against the series and the cash; a line
// that is missing shows.
func TestDifferenceThatDoesNotAddUpIsShown(t *testing.T) {
	agreed := func(d *compare.Difference) (all, any bool) {
		rows := rowsOf(t, opened(t, compared(t, d, excelize.TotalRows)), "Summary")
		all = true
		for _, row := range rows {
			if len(row) >= difLast && strings.HasPrefix(row[0], "All ") && row[difLast-1] != "" {
				all, any = all && row[difLast-1] == "1", true
			}
		}
		return all, any
	}
	d := smallDifference(t)
	if all, any := agreed(d); !all || !any {
		t.Errorf("a sound difference: %v, %v", all, any)
	}
	d.Lines = d.Lines[1:]
	if all, _ := agreed(d); all {
		t.Error("a missing instruction is not noticed")
	}
}

// An instruction that went from one currency to another has no difference in
// cash, and counts in the sums of both.
func TestAmountsInTwoCurrenciesAreNotSubtracted(t *testing.T) {
	d := smallDifference(t)
	i := slices.IndexFunc(d.Lines, func(c result.Change) bool { return c.Was.Series != c.Now.Series && c.Kind == result.Amended })
	if i < 0 {
		t.Fatal("no instruction went to another series")
	}
	was, now := d.SeriesCurrencies().Of(&d.Lines[i])
	cells := lineFields.row(&changeRow{&d.Lines[i], was, now})
	before, change := cells[lineFields.at(measureKey(0)+"_was")-1], cells[lineFields.at(measureKey(0))-1]
	if before.Kind == spreadsheet.Empty || change.Kind != spreadsheet.Empty {
		t.Errorf("before %q, change %q", before.Text(), change.Text())
	}
	var written bytes.Buffer
	if err := export.WriteDifferenceJSON(&written, d); err != nil {
		t.Fatal(err)
	}
	var read struct{ Instructions []json.RawMessage }
	if err := json.Unmarshal(written.Bytes(), &read); err != nil || !strings.Contains(string(read.Instructions[i]), `"difference": null`) {
		t.Errorf("%s (%v)", read.Instructions, err)
	}
}

// What result.json says is read back as the run has it.
func TestResultIsReadBack(t *testing.T) {
	r := smallRun(t)
	got := published(t, r)
	if got.Offer != r.Offer.ID || got.Issuer != r.Offer.Issuer || got.Counts != r.Counts() || len(got.Inputs) != len(r.Inputs) {
		t.Errorf("%+v", got)
	}
	for i, s := range got.Series {
		f := r.SeriesFigures(i)
		want := []decimal.Decimal{f.Early, f.Late, f.Tendered(), f.Accepted(), f.Left}
		if !slices.EqualFunc(s.Amounts(), want, decimal.Decimal.Equal) || s.FactorWords() != r.Allocation.Series[i].FactorWords() {
			t.Errorf("%+v, want %v", s, want)
		}
	}
	for i, f := range got.Funding {
		want := r.Settlement.Funding[i]
		if f.Date != want.Date.String() || !f.Total().Equal(want.Total()) || !f.Principal.Equal(want.Accepted) {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
	if _, err := export.ReadResult([]byte(`{"series": [{"id": "a", "tendered_early": "1,000"}]}`)); err == nil || !strings.Contains(err.Error(), "a, tendered_early") {
		t.Errorf("%v", err)
	}
}

func TestPairUp(t *testing.T) {
	type thing struct{ name, content string }
	was := []thing{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "3"}}
	now := []thing{{"c", "9"}, {"x", "1"}, {"y", "3"}, {"z", "7"}}
	var got []string
	for _, p := range result.PairUp(was, now, func(t thing) string { return t.name }, func(t thing) string { return t.content }) {
		name := func(t *thing) string {
			if t == nil {
				return "-"
			}
			return t.name
		}
		got = append(got, name(p.Was)+name(p.Now))
	}
	if want := []string{"cc", "ax", "dy", "-z", "b-"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDifferenceWithHostileText(t *testing.T) {
	for _, text := range []string{`=1+1`, "a\x00b", "]]>", "\xff\xfe", strings.Repeat("x", 40000), "&&&", `<b>`} {
		d := smallDifference(t)
		d.Issuer, d.Was.Run, d.NotCompared = text, text, text
		d.Lines[0].Instruction, d.Findings[0].Now.Value = text, text
		d.Terms[3].Now.Text = text
		f := opened(t, compared(t, d, excelize.TotalRows))
		value, err := f.GetCellValue("Instructions", spreadsheet.At(spreadsheet.FirstRow+1, lineFields.at("instruction")), excelize.Options{RawCellValue: true})
		if err != nil || value != spreadsheet.Fit(spreadsheet.Clean(text)) {
			t.Errorf("%.20q is kept as %.20q (%v)", text, value, err)
		}
		if formula, _ := f.GetCellFormula("Instructions", spreadsheet.At(spreadsheet.FirstRow+1, lineFields.at("instruction"))); formula != "" {
			t.Errorf("%.20q is a formula", text)
		}
		var b bytes.Buffer
		if err := export.WriteDifferenceJSON(&b, d); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("%.20q: JSON (%v)", text, err)
		}
	}
}

func TestDifferenceWriteErrors(t *testing.T) {
	d := smallDifference(t)
	if err := WriteDifference(full{}, d); !errors.Is(err, errFull) {
		t.Errorf("workbook: %v", err)
	}
	if err := export.WriteDifferenceJSON(full{}, d); !errors.Is(err, errFull) {
		t.Errorf("JSON: %v", err)
	}
}
