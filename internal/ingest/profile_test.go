package ingest

import (
	"testing"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// Numeric dates are read as the offer says, and what cannot be read so is
// rejected.
func TestDateFormat(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	for _, test := range []struct {
		format     tender.DateFormat
		text, want string
	}{
		{tender.MonthFirst, "11/12/2004 16:59", "2004-11-12T16:59:00-05:00"},
		{tender.DayFirst, "11/12/2004 16:59", "2004-12-11T16:59:00-05:00"},
		{tender.DayFirst, "12.11.2004 16:59:59,700", "2004-11-12T16:59:59.7-05:00"},
		{tender.MonthFirst, "11-13-2004 4:59 PM", "2004-11-13T16:59:00-05:00"},
		{tender.DayFirst, "11/13/2004 16:59", "R1-unreadable"},
		{tender.MonthFirst, "13/11/2004 16:59", "R1-unreadable"},
		{tender.DayFirst, "31/11/2004 16:59", "R1-unreadable"},
		{tender.DayFirst, "2004-11-12 16:59", "2004-11-12T16:59:00-05:00"},
		{"", "11/12/2004 16:59", "R1-ambiguous-date"},
		{"", "13/11/2004 16:59", "2004-11-13T16:59:00-05:00"},
	} {
		st, wrong := values.TextStamp(test.text, test.format, values.DateRange{})
		got := ""
		if wrong == nil {
			at, wrongInstant := st.Instant(zone)
			got, wrong = at.Format(shownInstant), wrongInstant
		}
		if wrong != nil {
			got = wrong.Rule
		}
		if got != test.want {
			t.Errorf("%s: %q: %s, want %s", test.format, test.text, got, test.want)
		}
	}
}

// With formulas: stored, a formula is as good as the value it left behind.
func TestStoredFormulas(t *testing.T) {
	o := testOffer(t)
	row := "0900007 | 52729NAA8 | =#5000 | d#38303.5 | =0123"
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row)), "C2 R5-formula rejected",
		"E2 R5-formula rejected")
	o.Depositaries[0].Formulas = tender.StoredFormulas
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row)), "0900007 A 5000 counts",
		"note: 2 cells hold formulas; their stored values are used")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, "0900007 | 52729NAA8 | = | d#38303.5 | 1")),
		"C2 R5-formula rejected")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, "0900007 | 52729NAA8 | =!#REF! | d#38303.5 | 1")),
		"C2 R5-error-value rejected")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, "0900007 | 52729NAA8 | ==1+1 | d#38303.5 | 1")),
		"C2 R5-formula rejected")
}

// Several sheets are one report: numbers must differ across them, and totals are
// those of a sheet or of all.
func TestSeveralSheets(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Sheets = []string{"One", "Two"}
	row := func(id, principal string) string { return id + " | 52729NAA8 | " + principal + " | d#38303.5 | 1" }
	other := "Account | Ref | ISIN | Nominal | Submitted At"
	one := sheetOf("One", nil, testHeadings, row("1", "#5000"), row("2", "#6000"), "Total | | #11000")
	two := func(lines ...string) table {
		return sheetOf("Two", nil, append([]string{"a title", other}, lines...)...)
	}
	line := func(id, principal string) string { return "1 | " + id + " | 52729NAA8 | " + principal + " | d#38303.5" }

	expect(t, understood(o, two(line("3", "#7000")), one), "1 A 5000 counts", "2 A 6000 counts", "3 A 7000 counts")
	expect(t, understood(o, one, two(line("3", "#7000"), "Total | | | #18000")), "1 A 5000 counts", "2 A 6000 counts",
		"3 A 7000 counts",
		`note: sheet "Two": the total 18000 in row 4 is the sum of all sheets so far`)
	expect(t, understood(o, one, two(line("3", "#7000"), "Total | | | #17000")),
		`dtc-1.xlsx: Two!D4: the total "Total" is 17000`)
	expect(t, understood(o, one, two(line("3", "#7000")), sheetOf("Control", nil, "Total | #18000", "Count | #3")),
		"1 A 5000 counts", "2 A 6000 counts", "3 A 7000 counts",
		`note: the control sheet "Control" agrees in B1`, `note: the control sheet "Control" agrees in B2`)
	expect(t, understood(o, one, two(line("2", "#7000"))), "1 A 5000 counts", "A3 R5-duplicate rejected",
		"B3 R5-duplicate rejected")
	expect(t, understood(o, one), `dtc-1.xlsx: there is no sheet "Two"`)

	o.Depositaries[0].Sheets = []string{"One", "Three"}
	three := sheetOf("Three", nil, testHeadings, row("2", "#6000"))
	expect(t, understood(o, one, three), "1 A 5000 counts", "2 A 6000 counts", "A2 R5-duplicate not counted")
}
