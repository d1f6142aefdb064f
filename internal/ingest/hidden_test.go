package ingest

import (
	"fmt"
	"strings"
	"testing"
)

// The total of a filtered list is that of the rows shown; the message says so.
func TestI16ATotalOfTheShownRowsOnly(t *testing.T) {
	row := func(id, principal string) string { return id + " | 52729NAA8 | #" + principal + " | d#38303.5 | 1" }
	rows := []string{testHeadings, row("1", "5000"), "~" + row("2", "6000"), row("3", "7000")}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, append(rows, "Total | | =#12000")...)),
		`dtc-1.xlsx: Tenders!C5: the total "Total" is 12000, but the rows above it add up to 18000; it is exactly the sum of the rows that are shown; hidden: row 3, with 6000`)
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, append(rows, "Subtotal | | =#12000")...)),
		`dtc-1.xlsx: Tenders!C5: the total "Subtotal" is 12000, but the rows above it add up to 18000; it is exactly`)
	if got := fmt.Sprint(understood(testOffer(t),
		sheetOf("Tenders", nil, append(rows, "Total | | #13000")...))); strings.Contains(got, "hidden") {
		t.Errorf("another total: %s", got)
	}
	if got := fmt.Sprint(understood(testOffer(t), sheetOf("Tenders", nil, rows...),
		sheetOf("Control", nil, "Total | #12000"))); !strings.Contains(got,
		"exactly the sum of the rows that are shown") {
		t.Errorf("a control sheet: %s", got)
	}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, append(rows, "Total | | #18000")...)), "1 A 5000 counts",
		"2 A 6000 counts", "3 A 7000 counts", "note: row 3: hidden, and read like the others")
}
