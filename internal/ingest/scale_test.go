package ingest

import (
	"fmt"
	"strings"
	"testing"
)

// A heading that says thousands is refused, whatever the offer says, and nothing is
// offered for pasting that would make it be read.
func TestI20AHeadingThatSaysThousandsIsRefused(t *testing.T) {
	for _, heading := range []string{
		"Principal Amount (000s)", "Principal Amount ('000)", "Principal Amount (in thousands)", "Principal (USD mm)",
		"Principal $mm",
		"Nominal Mio", "Amount (USD k)", "Principal Amount, millions",
		"Principal (k)", "Principal (mn)", "Principal x1000", "Nominal x 1,000", "Principal in 1,000",
		"Face Amount TEUR", "Amount (bn)",
	} {
		o := testOffer(t)
		headings := "VOI Number | CUSIP | " + heading + " | Submitted At | Participant"
		row := "1 | 52729NAA8 | #5000 | d#38303.5 | 1"
		for _, named := range []bool{false, true} {
			if named {
				o.Depositaries[0].Columns = map[string]string{"principal": heading}
			}
			if got := fmt.Sprint(understood(o, sheetOf("Tenders", nil, headings, row))); !strings.Contains(got,
				"not whole units") || strings.Contains(got, "columns:") {
				t.Errorf("%s, named %t: %s", heading, named, got)
			}
		}
	}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings+" | Column (000s)", testRow)),
		"0900007 A 5000 counts", `note: columns not read: "Column (000s)"`)
}
