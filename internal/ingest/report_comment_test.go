package ingest

import (
	"fmt"
	"strings"
	"testing"

	"tenderbatch/internal/ingest/xlsx"
)

// A comment on a cell of a row says as much as a cell beside it.
func TestI18CommentsOnCells(t *testing.T) {
	for _, test := range []struct {
		row, text, want string
	}{
		{testRow + " | MADE", "WITHDRAWN per phone", `R5-beside the row is reported as tendered, but the comment on cell C2 says "WITHDRAWN per phone"`},
		{testRow + " | MADE", "not withdrawn", "note: comments on cells of instructions, which are not read: C2"},
		{testRow + " | WITH", "WITHDRAWN per phone", "note: comments on cells of instructions, which are not read: C2"},
	} {
		o := testOffer(t)
		r := newReading(o, newSecurities(o), Chosen{Depositary: o.Depositaries[0], File: File{Name: "dtc-1.xlsx"}})
		sheet := sheetOf("Tenders", nil, testHeadings+" | Status", test.row)
		sheet.comments = func() ([]xlsx.Comment, error) {
			return []xlsx.Comment{{Col: 2, Row: 2, Text: test.text}, {Col: 0, Row: 1, Text: "when it was withdrawn"}}, nil
		}
		r.readTables([]table{sheet})
		said := fmt.Sprint(r.faults)
		for i := range r.rejects {
			said += r.rejects[i].Rule + " " + r.rejects[i].Message
		}
		for _, n := range r.report.Notes {
			said += "note: " + n
		}
		if !strings.Contains(said, test.want) || strings.Contains(said, "A1") {
			t.Errorf("%s, %s: %s, want %s", test.row, test.text, said, test.want)
		}
	}
}
