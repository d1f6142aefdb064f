package ingest

import "testing"

// A status under a heading that is not known makes every withdrawn tender count. So a
// column that speaks of what decides how tenders count is read, named or ignored.
func TestI18AColumnThatDecidesIsNotPassedOver(t *testing.T) {
	const row = "1 | 52729NAA8 | #5000 | d#38303.5 | 1"
	for heading, value := range map[string]string{
		"Current Status": "Withdrawn", "Transaction Status": "WITH", "Cancelled?": "Y", "Withdrawal": "yes",
		"Rejected":    "no",
		"Amended Amt": "#4000", "Settlement Ccy": "EUR", "Guaranteed": "Y", "Delivery Channel": "x", "Protected": "N",
	} {
		t.Run(heading, func(t *testing.T) {
			expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings+" | "+heading, row+" | "+value)),
				`dtc-1.xlsx: Tenders!F1: the column "`+heading+`" is not read, although its heading contains`)
		})
	}
}

func TestI18CodesForAStatusUnderAnyHeading(t *testing.T) {
	o := testOffer(t)
	headings := testHeadings + " | Remarks"
	expect(t, understood(o, sheetOf("Tenders", nil, headings, "1 | 52729NAA8 | #5000 | d#38303.5 | 1 | MADE",
		"2 | 52729NAA8 | #5000 | d#38303.5 | 1 | WITH")),
		`dtc-1.xlsx: Tenders!F1: the column "Remarks" is not read, although its values are codes for a status`)
	expect(t, understood(o, sheetOf("Tenders", nil, headings, "1 | 52729NAA8 | #5000 | d#38303.5 | 1 | MADE",
		"2 | 52729NAA8 | #5000 | d#38303.5 | 1 | ok")),
		"1 A 5000 counts", "2 A 5000 counts", `note: columns not read: "Remarks"`)
}

func TestI18WhatIsIgnoredNamedOrBlankDoesNotStop(t *testing.T) {
	const headings, row = testHeadings + " | Current Status", "1 | 52729NAA8 | #5000 | d#38303.5 | 1 | Withdrawn"
	o := testOffer(t)
	o.Depositaries[0].Ignored = []string{"current status"}
	expect(t, understood(o, sheetOf("Tenders", nil, headings, row)), "1 A 5000 counts",
		`note: columns not read: "Current Status"`)
	o = testOffer(t)
	o.Depositaries[0].Columns = map[string]string{"status": "Current Status"}
	expect(t, understood(o, sheetOf("Tenders", nil, headings, row)), "1 A 5000 counts") // understood shows no status
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, headings, "1 | 52729NAA8 | #5000 | d#38303.5 | 1")),
		"1 A 5000 counts", `note: columns not read: "Current Status"`)
}
