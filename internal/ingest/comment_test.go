package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// A comment on a cell of a row says as much as a cell beside it.
func TestI18CommentsOnCells(t *testing.T) {
	for _, test := range []struct {
		row, text, want string
	}{
		{testRow + " | MADE", "WITHDRAWN per phone",
			`R5-beside the row is reported as tendered, but the comment on cell C2 says "WITHDRAWN per phone"`},
		{testRow + " | MADE", "not withdrawn", "note: comments on cells of instructions, which are not read: C2"},
		{testRow + " | WITH", "WITHDRAWN per phone", "note: comments on cells of instructions, which are not read: C2"},
	} {
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
		sheet := sheetOf("Tenders", nil, testHeadings+" | Status", test.row)
		sheet.comments = func() ([]xlsx.Comment, error) {
			return []xlsx.Comment{{Col: 2, Row: 2, Text: test.text}, {Col: 0, Row: 1, Text: "when it was withdrawn"}},
				nil
		}
		r.readTables([]table{sheet})
		said := fmt.Sprint(r.found.faults)
		for i := range r.found.rejects {
			said += r.found.rejects[i].Rule + " " + r.found.rejects[i].Message
		}
		for _, n := range r.found.notes {
			said += "note: " + n
		}
		if !strings.Contains(said, test.want) || strings.Contains(said, "A1") {
			t.Errorf("%s, %s: %s, want %s", test.row, test.text, said, test.want)
		}
	}
}

// What a person sees of a workbook beside its cells: comments, totals that are struck
// through, and conditional formats that strike.
func TestI6StrikesAndCommentsOfAWorkbook(t *testing.T) {
	content := formatted(t, [][]any{plainRow("1"), plainRow("2"), plainRow("3"), {"TOTAL", nil, 15000}},
		func(f *excelize.File, style func(*excelize.Style) int) {
			struck := style(&excelize.Style{Font: &excelize.Font{Strike: true}})
			format, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
			must(t, err, f.SetCellStyle("Sheet1", "A5", "C5", struck),
				f.AddComment("Sheet1", excelize.Comment{Cell: "C3", Author: "Desk", Text: "WITHDRAWN per phone"}),
				f.AddComment("Sheet1", excelize.Comment{Cell: "C4", Author: "Desk", Text: "checked"}),
				f.SetConditionalFormat("Sheet1", "A2:E4",
					[]excelize.ConditionalFormatOptions{{Type: "formula", Criteria: "$E2=1", Format: &format}}))
		})
	said := strings.Join(readFormatted(testOffer(t), content), "\n")
	for _, want := range []string{"1 A 5000 counts", "R5-beside rejected", "3 A 5000 counts",
		"the total in row 5 is struck through (A5) and was checked anyway",
		"comments on cells of instructions, which are not read: C4",
		"a conditional format strikes cells of A2:E4 through"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s is missing in:\n%s", want, said)
		}
	}
	if strings.Contains(said, "2 A 5000 counts") {
		t.Error(said)
	}
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	in, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
		File: inbox.File{Name: "dtc-2004-11-12.xlsx", Content: content}}})
	if err != nil || in.Count() != 2 {
		t.Errorf("in an incremental report: %v, %v", in, err)
	}
	pair := formatted(t, [][]any{plainRow("1"), {"Total", 5000}},
		func(f *excelize.File, style func(*excelize.Style) int) {
			must(t, f.SetCellStyle("Sheet1", "B3", "B3", style(&excelize.Style{Font: &excelize.Font{Strike: true}})))
		})
	if said := strings.Join(readFormatted(testOffer(t), pair), "\n"); !strings.Contains(said,
		"the total in row 3 is struck through (B3)") {
		t.Error(said)
	}
}
