package ingest

import (
	"fmt"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/values"
)

// Of more rows than one piece holds, all that count are handed over, in the order
// of the rows, whatever is between them.
func TestManyLinesKeepTheirOrder(t *testing.T) {
	rows := []string{testHeadings}
	var want []string
	for i := range 3*pieceLines + 5 {
		id := fmt.Sprintf("%07d", i)
		switch {
		case i%7 == 3, i >= pieceLines && i < 2*pieceLines: // one piece is rejected whole
			rows = append(rows, id+" | nothing | #5000 | d#38303.5 | 1")
		default:
			rows = append(rows, id+" | 52729NAA8 | #5000 | d#38303.5 | 1")
			want = append(want, id)
		}
	}
	o := testOffer(t)
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil, rows...)})
	var intake Intake
	if err := r.addTo(&intake); err != nil || intake.Count() != len(want) {
		t.Fatalf("%d instructions, want %d, %v", intake.Count(), len(want), err)
	}
	i := 0
	for in := range intake.Instructions() {
		if in.ID != want[i] {
			t.Fatalf("instruction %d is %s, want %s", i, in.ID, want[i])
		}
		i++
	}
	for range intake.Instructions() {
		break // may stop at any
	}
}

// Two shared strings whose numbers share a place are still distinguished.
func TestSharedTextsAreTold(t *testing.T) {
	var k keeper
	for range 2 {
		for number, text := range map[int]string{1: "one", 1 + keptTexts: "another", 2: "two"} {
			if got := k.text(number, []byte(text)); got != text {
				t.Errorf("%d is %q, want %q", number, got, text)
			}
		}
	}
}

// Numbers that ascend need no search for duplicates, and all others get one.
func TestDuplicatesAmongNumbersThatAlmostAscend(t *testing.T) {
	row := func(id string) string { return id + " | 52729NAA8 | #5000 | d#38303.5 | 1" }
	for _, ids := range [][]string{{"1", "2", "2"}, {"1", "1", "2"}, {"2", "3", "2"}, {"9", "10", "9"}} {
		rows := []string{testHeadings}
		for _, id := range ids {
			rows = append(rows, row(id))
		}
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
		r.readTables([]table{sheetOf("Tenders", nil, rows...)})
		var intake Intake
		if err := r.addTo(&intake); err != nil || intake.Count() != 2 || intake.Reports[0].NotCounted != 1 {
			t.Errorf("%q: %d instructions, %d not counted, %v", ids, intake.Count(), intake.Reports[0].NotCounted, err)
		}
	}
}
