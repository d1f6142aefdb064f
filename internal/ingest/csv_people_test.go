package ingest

import (
	"fmt"
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// csvRows reads a report of the lines below the usual headings.
func csvRows(t *testing.T, headings string, lines ...string) (string, error) {
	t.Helper()
	o := testOffer(t)
	in, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
		File: inbox.File{Name: "dtc-1.csv", Content: []byte(headings + "\n" + strings.Join(lines, "\n") + "\n")}}})
	if err != nil {
		return "", err
	}
	var all []string
	for line := range in.Instructions() {
		all = append(all, fmt.Sprintf("%s %s %s %s", line.ID, line.Participant, line.Principal, line.Status))
	}
	for _, r := range in.Findings {
		all = append(all, fmt.Sprintf("row %d %s", r.Source.Row, r.Rule))
	}
	return strings.Join(all, "; "), nil
}

const peopleHeadings = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Status,Withdrawn At,Contact"

func TestI11TrailingSeparatorsThatExcelDropped(t *testing.T) {
	got, err := csvRows(t, peopleHeadings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,x",
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE", "1003,52729NAA8,5000,2004-11-10 10:01,0901,MADE,")
	if want := "1001 0901 5000 tendered; 1002 0901 5000 tendered; 1003 0901 5000 tendered"; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	// What is needed must be there: a line that was cut off is no short line.
	if _, err := csvRows(t, peopleHeadings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,",
		"1002,52729NAA8,5000,2004-11-10"); err == nil ||
		!strings.Contains(err.Error(), "the line has 4 fields, the headings have 8") {
		t.Errorf("a line that was cut off: %v", err)
	}
}

// A file that was cut off within its last line may lack a withdrawal.
func TestI11AShortLineThatTheFileEndsInIsRefused(t *testing.T) {
	line := "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"
	for end, refused := range map[string]bool{
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE": true, "1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,": true,
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE\n":  false,
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,x": false, "(1 rows affected)": false,
	} {
		o := testOffer(t)
		_, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
			File: inbox.File{Name: "dtc-1.csv", Content: []byte(peopleHeadings + "\n" + line + "\n" + end)}}})
		if got := err != nil && strings.Contains(err.Error(), "R6-csv"); got != refused || (err != nil && !refused) {
			t.Errorf("%q: %v", end, err)
		}
	}
}

func TestI12FootersTotalsAndSeparatorsAtTheEnd(t *testing.T) {
	line := "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"
	for name, more := range map[string]string{"a footer": "(1 rows affected)", "a total": "Total,,5000",
		"a separator more": "1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,,"} {
		got, err := csvRows(t, peopleHeadings, line, more)
		if err != nil || !strings.HasPrefix(got, "1001 0901 5000 tendered") || strings.Contains(got, "row") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if _, err := csvRows(t, peopleHeadings, line, "Total,,6000"); err == nil ||
		!strings.Contains(err.Error(), "R6-total") {
		t.Errorf("a total that does not agree: %v", err)
	}
	if _, err := csvRows(t, peopleHeadings, line+",more"); err == nil {
		t.Error("a field beyond the headings that is not blank was read")
	}
}

func TestI13TextWrittenAsAFormulaIsText(t *testing.T) {
	for _, quoted := range []string{`="1001",52729NAA8,5000,2004-11-10 10:01,="0901",MADE,,`,
		`"=""1001""",52729NAA8,5000,2004-11-10 10:01,"=""0901""",MADE,,`} {
		if got, err := csvRows(t, peopleHeadings, quoted); err != nil || got != "1001 0901 5000 tendered" {
			t.Errorf("%s: %s, %v", quoted, got, err)
		}
	}
	if got, err := csvRows(t, peopleHeadings, `"=1+1",52729NAA8,5000,2004-11-10 10:01,0901,MADE,,`); err != nil ||
		!strings.Contains(got, "R5-formula") {
		t.Errorf("a formula: %s, %v", got, err)
	}
}

func TestI22PipesPartFields(t *testing.T) {
	got, err := csvRows(t, strings.ReplaceAll(peopleHeadings, ",", "|"),
		"1001|52729NAA8|5000|2004-11-10 10:01|0901|MADE||")
	if err != nil || got != "1001 0901 5000 tendered" {
		t.Errorf("%s, %v", got, err)
	}
}

// What is around the instructions is recognised by the same rules in CSV files and in
// workbooks.
func TestI12TheSameFootersInCSVAndInWorkbooks(t *testing.T) {
	const headings, line = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Status",
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE"
	for footer, want := range map[string]string{
		"(1 rows affected)": "1001 A 5000 counts", "Total,,5000": "1001 A 5000 counts",
		"Total (USD),,5000": "1001 A 5000 counts", "Grand Total (USD),,5000": "1001 A 5000 counts",
		"Total,5000": "1001 A 5000 counts", "Total,1": "1001 A 5000 counts", "Count,1": "1001 A 5000 counts",
		"Row count,,,1": "1001 A 5000 counts",
		"EOF":           "1001 A 5000 counts", "End of report": "1001 A 5000 counts",
		"Sub-total A,,5000": "1001 A 5000 counts",
		"Total,6000":        "R6-total", "Count,2": "R6-total", "Total,,6000": "R6-total",
		"Grand Total (USD),,6000": "R6-total",
	} {
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.csv"}})
		r.read([]byte(headings + "\n" + line + "\n" + footer + "\n"))
		inCSV := strings.Join(outcomeOf(r), "; ")
		inSheet := strings.Join(understood(testOffer(t),
			sheetOf("Tenders", nil, strings.ReplaceAll(headings, ",", "|"), strings.ReplaceAll(line, ",", "|"),
				strings.ReplaceAll(footer, ",", "|"))), "; ")
		for where, got := range map[string]string{"CSV": inCSV, "workbook": inSheet} {
			if !strings.Contains(got, want) || strings.Contains(got, "rejected") {
				t.Errorf("%s in a %s: %s; want %s", footer, where, got, want)
			}
		}
	}
	dashes := "----------,---------,----------------,------------,-------------------,------"
	if got, err := csvRows(t, headings, dashes, line, "(1 rows affected)"); err != nil ||
		got != "1001 0901 5000 tendered" {
		t.Errorf("a line of dashes: %s, %v", got, err)
	}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, "--- | --- | --- | --- | ---", testRow)),
		"0900007 A 5000 counts", "note: row 2: treated as remarks, not as instructions")
}

// A cell of a workbook that holds such a formula as a text is read like the field.
func TestI13TheSameInAWorkbook(t *testing.T) {
	row := strings.NewReplacer("0900007", `=="0900007"`, "0123", `=="0123"`, "#5000", `=="5000"`).Replace(testRow)
	o := testOffer(t)
	o.Depositaries[0].Formulas = tender.StoredFormulas
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row)), "0900007 A 5000 counts",
		"note: 3 cells hold formulas")
}
