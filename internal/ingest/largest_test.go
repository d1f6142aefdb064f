package ingest

import (
	"bytes"
	"testing"

	"tenderbatch/bench/report"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfile"
)

// A depositary's largest report is read: half a million rows in one sheet, wide, with the
// strings in the sheet, which takes the most room.
func TestAReportOfHalfAMillionRowsIsRead(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const rows = 500_000
	terms, err := offerfile.ParseTerms("offer.yaml", []byte(report.Terms))
	if err != nil {
		t.Fatal(err)
	}
	at, err := offerfile.ParseInstant("2004-12-01T09:00", terms.Zone())
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if err := report.WriteWorkbook(&content, rows, true); err != nil {
		t.Fatal(err)
	}
	o := terms.AsOf(at)
	file := inbox.File{Name: "dtc-2004-12-01.xlsx", Content: content.Bytes()}
	intake, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0], File: file}})
	if err != nil {
		t.Fatal(err)
	}
	if n := intake.Count(); n != rows || len(intake.Findings) > 0 {
		t.Errorf("%d instructions of %d rows, %d findings", n, rows, len(intake.Findings))
	}
}
