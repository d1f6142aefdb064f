package ingest

import (
	"fmt"
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/values"
)

// withdrawnRow is what becomes of a row with a column Withdrawn.
func withdrawnRow(t *testing.T, headings, answer string, edit func(r *reading)) string {
	t.Helper()
	o := testOffer(t)
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	if edit != nil {
		edit(r)
	}
	r.readTables([]table{sheetOf("Tenders", nil, testHeadings+" | "+headings, testRow+" | "+answer)})
	if len(r.found.faults) > 0 {
		return r.found.faults[0].String()
	}
	var said []string
	for i := range r.found.rejects {
		said = append(said, r.found.rejects[i].Rule+" "+r.found.rejects[i].Message+" "+r.found.rejects[i].Advice)
	}
	return fmt.Sprint(r.line(0).instruction.Status, " ", r.report.Sheets[0].NoStatus, " ", strings.Join(said, "; "))
}

func TestI28YesAndNoUnderWithdrawn(t *testing.T) {
	for _, heading := range []string{"Withdrawn", "Withdrawn?", "Withdrawn (Y/N)", "Is Withdrawn"} {
		for answer, want := range map[string]string{
			"Y": "withdrawn false ", "yes": "withdrawn false ", "TRUE": "withdrawn false ", "?1": "withdrawn false ",
			"N": "tendered false ", "No": "tendered false ", "false": "tendered false ", "?0": "tendered false ",
			"": "tendered true ", "N/A": "tendered true ", "2004-11-12 13:00": "withdrawn true ",
		} {
			if got := withdrawnRow(t, heading, answer, nil); got != want {
				t.Errorf("%s %s: %q, want %q", heading, answer, got, want)
			}
		}
	}
	for status, want := range map[string]string{
		"MADE | Y": `R4-contradiction the column "Withdrawn" says "Y", but the status is tendered`,
		"WITH | Y": "withdrawn false ",
		"MADE | N": "tendered false ", "WITH | N": `the column "Withdrawn" says "N", but the status is withdrawn`,
		"CANC | N": "rejected false ",
	} {
		if got := withdrawnRow(t, "Status | Withdrawn", status, nil); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
	if got, err := csvRows(t, "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Withdrawn",
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,Y", "1002,52729NAA8,5000,2004-11-10 10:01,0901,N"); err != nil ||
		got != "1001 0901 5000 withdrawn; 1002 0901 5000 tendered" {
		t.Errorf("in a CSV file: %s, %v", got, err)
	}
}

func TestI28OtherWordsAreSaidInTheOffer(t *testing.T) {
	if got := withdrawnRow(t, "Withdrawn", "X", nil); !strings.Contains(got, `R1-unreadable`) ||
		!strings.Contains(got, `withdrawn: {yes: "X", no: …}`) {
		t.Error(got)
	}
	own := func(r *reading) {
		r.terms.depositary.WithdrawnYes, r.terms.depositary.WithdrawnNo = "X", "0"
		r.terms.answers = withdrawnAnswers(r.terms.depositary)
	}
	for answer, want := range map[string]string{"x": "withdrawn false ", "#0": "tendered false ",
		"Y": "withdrawn false "} {
		if got := withdrawnRow(t, "Withdrawn", answer, own); got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}

// Withdrawn beside Withdrawn At says whether, and must agree with when.
func TestI28WithdrawnBesideWithdrawnAt(t *testing.T) {
	const at, yes, no = "2004-11-12 13:00", "R4-contradiction the column \"Withdrawn\" says \"Y\", but",
		"R4-contradiction the column \"Withdrawn\" says \"N\", but"
	for _, test := range []struct{ headings, cells, want string }{
		{"Withdrawn | Withdrawn At", "Y | " + at, "withdrawn false "},
		{"Withdrawn At | Withdrawn", at + " | Y", "withdrawn false "},
		{"Withdrawn? | Withdrawn At (ET)", "TRUE | " + at, "withdrawn false "},
		{"Withdrawn | Withdrawal Date | Withdrawal Time", "Y | 2004-11-12 | 13:00", "withdrawn false "},
		{"Withdrawn | Withdrawal Date", "Y | " + at, "withdrawn false "},
		{"Withdrawn | Withdrawn (Y/N)", at + " | Y", "withdrawn false "},
		{"Withdrawn At | Withdrawn Flag", " | N", "tendered false "},
		{"Withdrawn | Withdrawn At", "N | NULL", "tendered false "},
		{"Withdrawn | Withdrawn At", " | " + at, "withdrawn true "},
		{"Withdrawn | Withdrawn At", " | ", "tendered true "},
		{"Withdrawn | Withdrawn At", "Y | ", yes + ` "Withdrawn At" is blank`},
		{"Withdrawn | Withdrawn At", "N | " + at, no + ` "Withdrawn At" says that it was withdrawn`},
		{"Withdrawn | Withdrawal Date | Withdrawal Time", "N | 2004-11-12 | 13:00", no + ` "Withdrawal Date" says`},
		{"Withdrawn | Withdrawn At", "N | Y", no},
		{"Withdrawn | Withdrawn At", "X | " + at, `withdrawn: {yes: "X"`},
		{"Withdrawn | Withdrawn At", "#5000 | " + at, "how much was withdrawn"},
		{"Withdrawn | Withdrawn At", "=Y | " + at, "R5-formula"},
		{"Status | Withdrawn | Withdrawn At", "WITH | Y | ", "withdrawn false "},
		{"Status | Withdrawn | Withdrawn At", "WITH | N | " + at, no + " the status is withdrawn"},
		{"Status | Withdrawn | Withdrawn At", "MADE | Y | " + at, yes + " the status is tendered"},
		{"Status | Withdrawn | Withdrawn At", "MADE | N | ", "tendered false "},
	} {
		if got := withdrawnRow(t, test.headings, test.cells, nil); !strings.Contains(got, test.want) ||
			(strings.HasSuffix(test.want, " ") && got != test.want) {
			t.Errorf("%s: %s: %q, want %q", test.headings, test.cells, got, test.want)
		}
	}
	const headings = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Withdrawn,Withdrawn At"
	got, err := csvRows(t, headings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,Y,2004-11-11 10:00",
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,,", "1003,52729NAA8,5000,2004-11-10 10:01,0901,,2004-11-11 10:00")
	if want := "1001 0901 5000 withdrawn; 1002 0901 5000 tendered; row 4 R4-contradiction"; err != nil || got != want {
		t.Errorf("blank for no: %s, %v; want %s", got, err, want)
	}
	got = withdrawnRow(t, "Cancelled Y/N | Withdrawn At", "Y | "+at, nil)
	if !strings.Contains(got, `columns: {is_withdrawn: "Cancelled Y/N"}`) {
		t.Error(got)
	}
}
