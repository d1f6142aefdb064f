package ingest

import (
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
)

// What databases and people write for nothing is blank where a cell may be blank, and
// named where it may not.
func TestI15WhatStandsForNothingIsBlank(t *testing.T) {
	headings := testHeadings + " | Currency | Withdrawn At | Delivery | Withdrawal Ccy"
	for _, nothing := range []string{"NULL", "-", "--", "N/A", "n/a", "none", "0000-00-00", "0000-00-00 00:00:00",
		"!#N/A", "\u2013", "NaT", "null"} {
		t.Run(nothing, func(t *testing.T) {
			o := testOffer(t)
			row := func(change string) string { return strings.Replace(testRow, change, nothing, 1) }
			expect(t, understood(o, sheetOf("Tenders", nil, headings, testRow+strings.Repeat(" | "+nothing, 4))),
				"0900007 A 5000 counts", `note: columns not read: "Withdrawal Ccy"`)
			for change, want := range map[string]string{"0900007": "A2 R5-", "52729NAA8": "B2 R5-", "#5000": "C2 R5-",
				"0123": "E2 R5-"} {
				if got := strings.Join(understood(o, sheetOf("Tenders", nil, testHeadings, row(change))),
					"; "); !strings.HasPrefix(got, want) {
					t.Errorf("%s in the place of %s: %s", nothing, change, got)
				}
			}
			expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row("d#38303.5"))), "D2 R1-missing rejected")
			expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, testRow,
				"Total | "+nothing+" | #5000 | "+nothing+" | "+nothing)), "0900007 A 5000 counts")
		})
	}
}

func TestI15TheMessageNamesTheForm(t *testing.T) {
	o := testOffer(t)
	in, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
		File: inbox.File{Name: "dtc-1.csv",
			Content: []byte(peopleHeadings + "\n1001,52729NAA8,5000,NULL,N/A,MADE,#N/A,NULL\n")}}})
	if err != nil || len(in.Findings) != 2 {
		t.Fatalf("%v, %v", in, err)
	}
	for i, form := range []string{`"NULL"`, `"N/A"`} {
		if !strings.Contains(in.Findings[i].Message, "holds "+form) {
			t.Errorf("%+v", in.Findings[i])
		}
	}
}

// A depositary's own word for nothing is said in the offer.
func TestI15BlanksOfTheOffer(t *testing.T) {
	o := testOffer(t)
	headings, row := testHeadings+" | Withdrawn At", testRow+" | n.v."
	expect(t, understood(o, sheetOf("Tenders", nil, headings, row)), "F2 R1-unreadable rejected")
	o.Depositaries[0].Blanks = []string{"N.V.", "0"}
	expect(t, understood(o, sheetOf("Tenders", nil, headings, row)), "0900007 A 5000 counts")
	expect(t, understood(o, sheetOf("Tenders", nil, headings, testRow+" | #0")), "0900007 A 5000 counts")
}
