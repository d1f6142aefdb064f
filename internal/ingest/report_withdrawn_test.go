package ingest

import (
	"fmt"
	"strings"
	"testing"
)

// withdrawnRow is what becomes of a row with a column Withdrawn.
func withdrawnRow(t *testing.T, headings, answer string, edit func(r *reading)) string {
	t.Helper()
	o := testOffer(t)
	r := newReading(o, newSecurities(o), Chosen{Depositary: o.Depositaries[0], File: File{Name: "dtc-1.xlsx"}})
	if edit != nil {
		edit(r)
	}
	r.readTables([]table{sheetOf("Tenders", nil, testHeadings+" | "+headings, testRow+" | "+answer)})
	if len(r.faults) > 0 {
		return r.faults[0].String()
	}
	var said []string
	for i := range r.rejects {
		said = append(said, r.rejects[i].Rule+" "+r.rejects[i].Message+" "+r.rejects[i].Advice)
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
		"MADE | Y": `R4-contradiction the column "Withdrawn" says "Y", but the status is tendered`, "WITH | Y": "withdrawn false ",
		"MADE | N": "tendered false ", "WITH | N": "R4-contradiction the status is withdrawn", "CANC | N": "rejected false ",
	} {
		if got := withdrawnRow(t, "Status | Withdrawn", status, nil); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
	if got, err := csvRows(t, "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Withdrawn", "1001,52729NAA8,5000,2004-11-10 10:01,0901,Y", "1002,52729NAA8,5000,2004-11-10 10:01,0901,N"); err != nil ||
		got != "1001 0901 5000 withdrawn; 1002 0901 5000 tendered" {
		t.Errorf("in a CSV file: %s, %v", got, err)
	}
}

func TestI28OtherWordsAreSaidInTheOffer(t *testing.T) {
	if got := withdrawnRow(t, "Withdrawn", "X", nil); !strings.Contains(got, `R1-unreadable`) || !strings.Contains(got, `withdrawn: {yes: "X", no: …}`) {
		t.Error(got)
	}
	own := func(r *reading) {
		r.depositary.WithdrawnYes, r.depositary.WithdrawnNo = "X", "0"
		r.answers = withdrawnAnswers(r.depositary)
	}
	for answer, want := range map[string]string{"x": "withdrawn false ", "#0": "tendered false ", "Y": "withdrawn false "} {
		if got := withdrawnRow(t, "Withdrawn", answer, own); got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}
