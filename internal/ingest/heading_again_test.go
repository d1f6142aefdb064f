package ingest

import (
	"fmt"
	"strings"
	"testing"
)

// A line above the headings, or a row of units below them, says thousands as well as a
// heading does.
func TestI20ThousandsAboveOrBelowTheHeadings(t *testing.T) {
	for _, title := range []string{
		"(in thousands)", "Amounts in USD thousands", "All figures in 000s", "USD 000s", "in EUR mn", "$ in millions",
		"Tenders to date ($000s)",
		"expressed in thousands of US dollars", "(USD mm)", "Amounts: TEUR", "(millions)", "in 1,000",
	} {
		got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, "Tenders to date", title, testHeadings, testRow)))
		if !strings.Contains(got, "R6-scale") || !strings.Contains(got, "Tenders!A2") {
			t.Errorf("%s: %s", title, got)
		}
	}
	for _, title := range []string{
		"Offer for $750 million notes", "Any and all of USD 500 mm", "Level 3 Communications, Inc.",
		"Report of 12 Nov 2004, 1000 rows", "Maximum 450,000,000 USD", "401K Street",
	} {
		if got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, title, testHeadings, testRow))); !strings.Contains(got, "0900007 A 5000 counts") {
			t.Errorf("%s: %s", title, got)
		}
	}
	for _, units := range []string{"(text) | | 000s", " | | (thousands) | (ET)", "text | text | USD 000s | date | text",
		" | | USD mm"} {
		got := fmt.Sprint(understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, units, testRow)))
		if !strings.Contains(got, "R6-scale") || !strings.Contains(got, "Tenders!C2") {
			t.Errorf("%s: %s", units, got)
		}
	}
	if _, err := csvRows(t, "Tenders to date (in thousands)\n"+peopleHeadings,
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"); err == nil || !strings.Contains(err.Error(), "R6-scale") {
		t.Errorf("in a CSV file: %v", err)
	}
}

// The same lines name zones and currencies.
func TestI8AZoneAboveOrBelowTheHeadings(t *testing.T) {
	for _, title := range []string{"All times are UTC", "Time zone: CET", "Dates and times in London time"} {
		if got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, title, testHeadings, testRow))); !strings.Contains(got, "R6-zone") {
			t.Errorf("%s: %s", title, got)
		}
	}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, "Printed 2004-11-12 17:00 UTC", testHeadings, testRow)),
		"0900007 A 5000 counts")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, "All times ET", testHeadings, testRow)),
		"0900007 A 5000 counts")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, "All amounts are in EUR", testHeadings, testRow)),
		"C3 R5-currency rejected")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, " | | EUR", testRow)),
		"C3 R5-currency rejected", "note: row 2: the units of the columns, and skipped")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, " | | (USD) | (UTC)", testRow)),
		"dtc-1.xlsx: Tenders!D2")
}

// A currency above the headings holds for headings over two rows, too, unless these state one.
func TestACurrencyAboveHeadingsOverTwoRows(t *testing.T) {
	for below, want := range map[string][]string{
		" | | Amount":       {"C4 R5-currency rejected", "note: row 3: the units of the columns"},
		" | | Amount (USD)": {"0900007 A 5000 counts"},
	} {
		got := understood(testOffer(t), sheetOf("Tenders", nil, "All amounts are in EUR",
			"VOI Number | CUSIP | Principal | Submitted At | Participant", below, testRow))
		expect(t, got, want...)
	}
}

func TestI24ARowOfUnitsIsSkipped(t *testing.T) {
	for _, units := range []string{
		"text | text | USD | YYYY-MM-DD hh:mm | text", " | | (nominal) | (ET) | ", "(1) | (2) | (3) | (4) | (5)",
		"string | string | decimal | timestamp | string", " | | $",
	} {
		expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, units, testRow)),
			"0900007 A 5000 counts", "note: row 2: the units of the columns, and skipped")
	}
	// Nothing that may be a tender is taken for units.
	for _, row := range []string{" | | (5000)", "1 | 52729NAA8 | USD | d#38303.5 | 1",
		"text | 52729NAA8 | #5000 | d#38303.5 | 1"} {
		if got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, testHeadings, row, testRow))); strings.Contains(got, "units") {
			t.Errorf("%s: %s", row, got)
		}
	}
	if got, err := csvRows(t, peopleHeadings, ",,(USD),,,,,",
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"); err != nil || got != "1001 0901 5000 tendered" {
		t.Errorf("in a CSV file: %s, %v", got, err)
	}
}

// Headings again in another order would exchange columns: one message, and nothing is read.
func TestI24HeadingsAgainInAnotherOrder(t *testing.T) {
	const want = "dtc-1.xlsx: Tenders!A3:E3: there are headings again, and their columns are not in the order of row " +
		"1: instruction is in column A there and in column B here"
	for _, again := range []string{
		"CUSIP | VOI Number | Principal Amount | Submitted At | Participant",
		"Participant No. | Reference | ISIN | Nominal | Received",
	} {
		expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, testRow, again,
			"52729NAA8 | 2 | #5000 | d#38303.5 | 1")), want)
	}
	headings := testHeadings + " | Withdrawn At | Status"
	again := strings.Replace(testHeadings, "Submitted At", "Withdrawn At", 1) + " | Submitted At | Status"
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, headings, testRow+" | | MADE", again, testRow)),
		"dtc-1.xlsx: Tenders!A3:G3: there are headings again")
	// In the same order and other words they are the same headings, with what they say.
	same := strings.Replace(testHeadings, "Principal Amount", "Nominal", 1)
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, testRow, same,
		strings.Replace(testRow, "0900007", "2", 1))),
		"0900007 A 5000 counts", "2 A 5000 counts", "note: row 3: the headings again, and skipped")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, testRow,
		strings.Replace(testHeadings, "Amount", "Amount (000s)", 1), testRow)), "dtc-1.xlsx: Tenders!C3")
	if _, err := csvRows(t, peopleHeadings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,",
		"CUSIP,VOI Number,Principal Amount,Submitted At,DTC Participant No.,Status,Withdrawn At,Contact"); err == nil ||
		!strings.Contains(err.Error(), "headings again") {
		t.Errorf("in a CSV file: %v", err)
	}
}
