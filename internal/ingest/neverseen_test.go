package ingest

import (
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// incremental reads incremental reports, each of lines below the usual headings, named by
// their day.
func incremental(t *testing.T, reports map[string]string) *Intake {
	t.Helper()
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	var files []inbox.Chosen
	for _, name := range []string{"dtc-2004-11-08.csv", "dtc-2004-11-10.csv", "dtc-2004-11-12.csv"} {
		if lines, ok := reports[name]; ok {
			files = append(files, inbox.Chosen{Depositary: o.Depositaries[0],
				File: inbox.File{Name: name, Content: []byte(peopleHeadings + "\n" + lines + "\n")}})
		}
	}
	in, err := Read(o, files)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestI1AWithdrawalOfWhatWasNeverReported(t *testing.T) {
	const made = "1001,52729NAA8,5000,2004-11-08 10:01,0901,MADE,,"
	ended := func(id, received, status string) string {
		return id + ",52729NAA8,5000," + received + ",0901," + status + ",,"
	}
	for name, test := range map[string]struct {
		reports map[string]string
		open    int
		remarks int
	}{
		"a wrong number": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1010", "2004-11-08 10:01", "WITH")}, 1, 0},
		"cancelled under a wrong number": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1010", "2004-11-08 10:01", "CANC")}, 1, 0},
		"the right number": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1001", "2004-11-08 10:01", "WITH")}, 0, 0},
		"received and withdrawn between two reports": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1010", "2004-11-09 10:01", "WITH")}, 0, 1},
		"withdrawn in the first report": {map[string]string{"dtc-2004-11-10.csv": ended("1010",
			"2004-11-08 10:01", "WITH")}, 0, 0},
		"of a row with a fault": {map[string]string{"dtc-2004-11-08.csv": strings.Replace(made, "5000",
			"x", 1), "dtc-2004-11-10.csv": ended("1001", "2004-11-08 10:01", "WITH")}, 0, 0},
		"of a report before the one before": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1002", "2004-11-09 10:01", "MADE"),
			"dtc-2004-11-12.csv": ended("1001", "2004-11-08 10:01", "WITH")}, 0, 0},
		"a wrong number that a later one has": {map[string]string{"dtc-2004-11-08.csv": made,
			"dtc-2004-11-10.csv": ended("1010", "2004-11-08 10:01", "WITH"),
			"dtc-2004-11-12.csv": ended("1010", "2004-11-08 10:01", "WITH")}, 1, 0},
		"repeated from the first report": {map[string]string{"dtc-2004-11-08.csv": ended("1010", "2004-11-08 10:01",
			"WITH"), "dtc-2004-11-10.csv": ended("1010", "2004-11-08 10:01", "WITH")}, 0, 0},
	} {
		open, remarks := 0, 0
		for _, f := range incremental(t, test.reports).Findings {
			switch {
			case f.Rule != tender.RuleNeverReported:
			case !f.Open():
				remarks++
			default:
				open++
				if !strings.Contains(f.Message,
					`the same series, principal and time of receipt: "1001" in row 2 of dtc-2004-11-08.csv`) {
					t.Errorf("%s: %s", name, f.Message)
				}
			}
		}
		if open != test.open || remarks != test.remarks {
			t.Errorf("%s: %d open findings and %d remarks, want %d and %d", name, open, remarks, test.open,
				test.remarks)
		}
	}
}
