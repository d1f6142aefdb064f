package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// formatted is a report of some rows as a workbook, drawn by a function.
func formatted(t *testing.T, rows [][]any, draw func(f *excelize.File, style func(*excelize.Style) int)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	all := append([][]any{{"VOI Number", "CUSIP", "Principal", "Submitted", "Participant"}}, rows...)
	for i := range all {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	draw(f, func(s *excelize.Style) int {
		id, err := f.NewStyle(s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	})
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read is what comes of a workbook: the instructions that count, with participant and
// principal, then rejects, faults and notes.
func readFormatted(o *tender.Offer, content []byte) []string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.read(content)
	var said []string
	for i := range r.lines.states {
		if l := r.line(i); l.state.outcome == counted && len(r.found.faults) == 0 {
			said = append(said, fmt.Sprintf("%s of %s: %s", l.instruction.ID, l.instruction.Participant,
				l.instruction.Principal))
		}
	}
	return append(said, outcomeOf(r)...)
}

func plainRow(id string) []any { return []any{id, "52729NAA8", 5000, "2004-11-12 12:00", "0901"} }

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A row that is struck through does not count until the offer says so, and a cell of which
// something is struck through is not read.
func TestI6WhatIsStruckThroughDoesNotCountInSilence(t *testing.T) {
	content := formatted(t, [][]any{plainRow("1"), plainRow("2"), plainRow("3"), plainRow("4"), plainRow("5")},
		func(f *excelize.File, style func(*excelize.Style) int) {
			struck := style(&excelize.Style{Font: &excelize.Font{Strike: true}})
			must(t,
				f.SetCellStyle("Sheet1", "A3", "E3", struck), // the row of 2
				f.SetCellStyle("Sheet1", "C4", "C4", struck), // the principal of 3
				f.SetCellRichText("Sheet1", "C5", []excelize.RichTextRun{{Text: "4",
					Font: &excelize.Font{Strike: true}}, {Text: "5,000"}}),
				f.SetCellRichText("Sheet1", "C6", []excelize.RichTextRun{{Text: "5,", Font: &excelize.Font{Bold: true}},
					{Text: "000"}}))
		})
	o := testOffer(t)
	got := readFormatted(o, content)
	for _, want := range []string{"1 of 0901: 5000", "5 of 0901: 5000", "C3 R5-struck rejected",
		"C4 R5-struck rejected", "C5 R5-struck rejected"} {
		if !slices.Contains(got, want) {
			t.Errorf("not %q: %q", want, got)
		}
	}
	for _, id := range []string{"2 of", "3 of", "4 of"} {
		if strings.Contains(strings.Join(got, "\n"), id) {
			t.Errorf("%s counts: %q", id, got)
		}
	}
	o.Waivers = []tender.Waiver{{Depositary: "DTC", Instruction: "2", Rule: tender.RuleStruck, By: "the tender agent",
		On: tender.Date{Year: 2004, Month: 11, Day: 13}}}
	if got := readFormatted(o, content); !slices.Contains(got, "2 of 0901: 5000") {
		t.Errorf("waived, and does not count: %q", got)
	}
}

// A total may have struck rows in it or not, and a row that is struck out and written again
// is no duplicate.
func TestI6StruckRowsAndTotalsAndRowsWrittenAnew(t *testing.T) {
	for total, counts := range map[any]bool{10000: true, 5000: true, 7000: false} {
		content := formatted(t, [][]any{plainRow("1"), plainRow("2"), {"Total", nil, total}},
			func(f *excelize.File, style func(*excelize.Style) int) {
				must(t, f.SetCellStyle("Sheet1", "A3", "E3",
					style(&excelize.Style{Font: &excelize.Font{Strike: true}})))
			})
		if got := readFormatted(testOffer(t), content); slices.Contains(got, "1 of 0901: 5000") != counts {
			t.Errorf("a total of %v: %q", total, got)
		}
	}
	for _, struck := range []string{"2", "3"} {
		content := formatted(t, [][]any{plainRow("1"), plainRow("1")},
			func(f *excelize.File, style func(*excelize.Style) int) {
				must(t, f.SetCellStyle("Sheet1", "A"+struck, "E"+struck,
					style(&excelize.Style{Font: &excelize.Font{Strike: true}})))
			})
		got := readFormatted(testOffer(t), content)
		if !slices.Contains(got, "1 of 0901: 5000") || !slices.Contains(got, "C"+struck+" R5-struck rejected") {
			t.Errorf("row %s struck out and written again: %q", struck, got)
		}
	}
}

// What is struck through and decides nothing is named.
func TestI6AStruckNameIsNamed(t *testing.T) {
	content := formatted(t, [][]any{append(plainRow("1"), "Some bank"), plainRow("2")},
		func(f *excelize.File, style func(*excelize.Style) int) {
			must(t, f.SetCellStr("Sheet1", "F1", "Participant Name"),
				f.SetCellStyle("Sheet1", "F2", "F2", style(&excelize.Style{Font: &excelize.Font{Strike: true}})))
		})
	got := readFormatted(testOffer(t), content)
	if !slices.Contains(got, "1 of 0901: 5000") ||
		!strings.Contains(strings.Join(got, "\n"), "row 2: cells that decide nothing are struck through") {
		t.Errorf("%q", got)
	}
}

// A column whose heading is struck through may be cancelled as a whole.
func TestI6AStruckHeading(t *testing.T) {
	content := formatted(t, [][]any{plainRow("1")}, func(f *excelize.File, style func(*excelize.Style) int) {
		must(t, f.SetCellStyle("Sheet1", "C1", "C1", style(&excelize.Style{Font: &excelize.Font{Strike: true}})))
	})
	if got := fmt.Sprint(readFormatted(testOffer(t), content)); !strings.Contains(got,
		"the heading of the principal is struck through") {
		t.Error(got)
	}
}

// What only the number format of a principal says is heeded.
func TestI7ANumberFormatThatChangesThePrincipal(t *testing.T) {
	for code, want := range map[string]string{
		`#,##0",000"`: "C2 R5-principal rejected", `#,##0" thousand"`: "C2 R5-principal rejected",
		"#,##0,":    "C2 R5-principal rejected",
		`0.0,,"mn"`: "C2 R5-principal rejected", ";;;": "C2 R5-principal rejected",
		"(#,##0)": "C2 R5-principal rejected", `"CAD" $#,##0`: "C2 R5-currency rejected",
		`0\.00`: "C2 R5-principal rejected", "#,##0*0": "C2 R5-principal rejected",
		"[$kr-41D] #,##0": "C2 R5-currency rejected", "[$HK$-C04]#,##0": "C2 R5-currency rejected",
		`#\ ##0`: "1 of 0901: 5000", `"usd "#,##0`: "1 of 0901: 5000", "#,##0* ": "1 of 0901: 5000",
		"[$€-407] #,##0": "C2 R5-currency rejected", `"EUR" #,##0`: "C2 R5-currency rejected",
		"#,##0": "1 of 0901: 5000", `"USD" #,##0.00`: "1 of 0901: 5000", "[$$-409]#,##0": "1 of 0901: 5000",
		"0000000": "1 of 0901: 5000",
	} {
		content := formatted(t, [][]any{plainRow("1")}, func(f *excelize.File, style func(*excelize.Style) int) {
			must(t, f.SetCellStyle("Sheet1", "C2", "C2", style(&excelize.Style{CustomNumFmt: &code})))
		})
		if got := readFormatted(testOffer(t), content); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", code, got, want)
		}
	}
}

// A format of texts can set words beside one, too.
func TestI7AFormatThatSetsWordsBesideAText(t *testing.T) {
	for code, want := range map[string]string{`@" thousand"`: "C2 R5-principal rejected", "@": "1 of 0901: 5000"} {
		content := formatted(t, [][]any{{"1", "52729NAA8", "5,000", "2004-11-12 12:00", "0901"}},
			func(f *excelize.File, style func(*excelize.Style) int) {
				must(t, f.SetCellStyle("Sheet1", "C2", "C2", style(&excelize.Style{CustomNumFmt: &code})))
			})
		if got := readFormatted(testOffer(t), content); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", code, got, want)
		}
	}
}

// A format of zeros says how many digits an identifier has; one that shows something else
// than the number makes it unreadable.
func TestI2AFormatOfZerosSaysHowManyDigitsThereAre(t *testing.T) {
	row := []any{7, "52729NAA8", 5000, "2004-11-12 12:00", 901}
	for code, want := range map[string]string{
		"0000": "0007 of 0901: 5000", "General": "7 of 901: 5000", "0": "7 of 901: 5000",
		"000-000": "A2 R5-instruction rejected", `"DTC-"0`: "A2 R5-instruction rejected",
	} {
		content := formatted(t, [][]any{row}, func(f *excelize.File, style func(*excelize.Style) int) {
			id := style(&excelize.Style{CustomNumFmt: &code})
			must(t, f.SetCellStyle("Sheet1", "A2", "A2", id), f.SetCellStyle("Sheet1", "E2", "E2", id))
		})
		if got := readFormatted(testOffer(t), content); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", code, got, want)
		}
	}
}

// A hidden column that decides stops the reading unless the offer names it; another one is
// named.
func TestI19AHiddenColumnThatDecidesIsNamedInTheOffer(t *testing.T) {
	hidden := func(columns ...string) []byte {
		return formatted(t, [][]any{plainRow("1")}, func(f *excelize.File, _ func(*excelize.Style) int) {
			for _, c := range columns {
				must(t, f.SetColVisible("Sheet1", c, false))
			}
		})
	}
	for column, name := range map[string]string{"A": "instruction", "C": "principal", "D": "received",
		"E": "participant"} {
		o := testOffer(t)
		if got := fmt.Sprint(readFormatted(o, hidden(column))); !strings.Contains(got, "is hidden") {
			t.Errorf("%s hidden: %s", column, got)
		}
		o.Depositaries[0].Columns = map[string]string{name: map[string]string{"A": "VOI Number", "C": "Principal",
			"D": "Submitted", "E": "Participant"}[column]}
		if got := fmt.Sprint(readFormatted(o, hidden(column))); !strings.Contains(got, "1 of 0901: 5000") ||
			!strings.Contains(got, "hidden columns that are read") {
			t.Errorf("%s hidden and named: %s", column, got)
		}
	}
	if got := fmt.Sprint(readFormatted(testOffer(t), hidden("F"))); !strings.Contains(got, "1 of 0901: 5000") ||
		strings.Contains(got, "hidden") {
		t.Errorf("an empty column hidden: %s", got)
	}
}

// Cells merged within a row say what one column does; over rows they do not.
func TestI27CellsMergedWithinARowAreRead(t *testing.T) {
	for merged, want := range map[string]string{
		"E2:F2": "1 of 0901: 5000", "E2:G2": "1 of 0901: 5000", "C2:D2": "merged", "E2:E3": "merged", "E2:F3": "merged",
	} {
		content := formatted(t, [][]any{plainRow("1"), plainRow("2"), {nil}, plainRow("3")},
			func(f *excelize.File, _ func(*excelize.Style) int) {
				must(t, f.SetCellStr("Sheet1", "A4", "Prepared by the depositary"), f.MergeCell("Sheet1", "A4", "E4"))
				from, to, _ := strings.Cut(merged, ":")
				must(t, f.MergeCell("Sheet1", from, to))
			})
		if got := fmt.Sprint(readFormatted(testOffer(t), content)); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", merged, got, want)
		}
	}
}
