package workbook

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/officetest"
	"tenderbatch/internal/spreadsheet"
)

// TestRowsAsExcelizeWritesThem compares our encoder with excelize's StreamWriter,
// cell by cell, on the same rows.
func TestRowsAsExcelizeWritesThem(t *testing.T) {
	r := smallRun(t)
	r.Book.Lines[3].Participant, r.Book.Lines[4].ParticipantName = " <&>\"'\n\tx ", "Ä€😀 _x000D_"
	var theirs bytes.Buffer
	streamed(t, &theirs, r)
	want := cells(t, opened(t, theirs.Bytes()), "Sheet1")
	got := slices.DeleteFunc(cells(t, opened(t, rendered(t, r)), "Instructions"), func(w written) bool {
		_, row, err := excelize.SplitCellName(w.ref)
		return err != nil || row < spreadsheet.FirstRow+len(r.Currencies())
	})
	if len(want) < 1000 || len(got) != len(want) {
		t.Fatalf("%d cells, want %d", len(got), len(want))
	}
	for i := range want {
		if w := want[i]; officetest.SameFigure(w.value, got[i].value) { // StreamWriter cuts a number at 15 digits
			got[i].value = w.value
		}
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

// TestContinuation lowers the number of rows that a sheet has: the lists go on on
// numbered sheets, with every row there once and the totals over all of them.
func TestContinuation(t *testing.T) {
	r := smallRun(t)
	var b bytes.Buffer
	if err := writeWorkbook(&b, r, 20); err != nil {
		t.Fatal(err)
	}
	f, whole := opened(t, b.Bytes()), opened(t, rendered(t, r))
	want := []string{"Summary", "Waterfall", "Funding", "Wires", "Payments", "Payments 2", "Instructions", "Instructions 2", "Instructions 3",
		"Instructions 4", "Instructions 5", "Rejects", "Rejects 2", "Changes", "Timeline", "Controls"}
	if got := f.GetSheetList(); !slices.Equal(got, want) {
		t.Fatalf("sheets %v, want %v", got, want)
	}
	for _, sheet := range []string{"Payments", "Instructions"} {
		if got, want := listed(t, f, sheet), listed(t, whole, sheet); !slices.Equal(got, want) {
			t.Errorf("%s: %d rows\n%s\nwant %d\n%s", sheet, len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
		}
	}
	total, _ := f.GetCellFormula("Instructions", "J4")
	if want := "SUMIFS($J$7:$J$20,$G$7:$G$20,G4)+SUMIFS('Instructions 2'!$J$6:$J$20,'Instructions 2'!$G$6:$G$20,G4)+"; !strings.HasPrefix(total, want) {
		t.Errorf("total %s, want %s…", total, want)
	}
	for _, sheet := range want {
		if rows, err := f.GetRows(sheet); err != nil || (len(rows) > 20 && sheet != "Summary" && sheet != "Controls" && sheet != "Waterfall" && sheet != "Timeline") {
			t.Errorf("%s has %d rows (%v)", sheet, len(rows), err)
		}
	}
}

// listed are the rows of a list on all its sheets, without formulas.
func listed(t *testing.T, f *excelize.File, name string) []string {
	t.Helper()
	key := regexp.MustCompile(`^(VOI\d+|EOC/.*|.*-\d{8}-.*)$`)
	var all []string
	for _, sheet := range f.GetSheetList() {
		if sheet != name && !strings.HasPrefix(sheet, name+" ") {
			continue
		}
		for _, row := range rowsOf(t, f, sheet) {
			if len(row) > 0 && key.MatchString(row[0]) {
				all = append(all, strings.Join(row, "|"))
			}
		}
	}
	return all
}

func TestAppendText(t *testing.T) {
	for text, want := range map[string]string{
		"a<b>&\"'\n": "a&lt;b&gt;&amp;&#34;&#39;&#xA;", "_x000D_": "_x005F_x000D_", "_x000D_x000D_": "_x005F_x000D_x005F_x000D_",
		"_x000D": "_x000D", "_": "_", "a_x": "a_x", "ä": "ä",
	} {
		if got := string(spreadsheet.AppendText(nil, text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestAmount(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0.5": "-0.5", "1000.50": "1000.5", "0.001": "0.001", "-12.034": "-12.034", "999999999999999999": "999999999999999999",
	} {
		a, ok := decimals.Of(dec(text))
		if got := string(a.Append(nil)); !ok || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"1000000000000000000", "1e3", "0.0000000000000000001"} {
		if _, ok := decimals.Of(dec(text)); ok {
			t.Errorf("%s passes for an amount", text)
		}
	}
	x, _ := decimals.Of(dec("999999999999999999"))
	y, _ := decimals.Of(dec("0.000000000000000001"))
	if _, ok := x.Plus(y); ok {
		t.Error("a sum that no amount can hold passes for one")
	}
	var s decimals.Sum
	for _, text := range []string{"999999999999999999", "0.000000000000000001", "123456789012345678901234567890", "-0.5"} {
		s.Add(dec(text))
	}
	if got := s.Decimal().String(); got != "123456789013345678901234567888.500000000000000001" {
		t.Errorf("sum %s", got)
	}
}
