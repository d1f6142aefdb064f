package workbook

import (
	"bytes"
	"strings"
	"testing"

	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// snapshotRun is the small run with a tender that counts from an earlier report, and one
// that grew.
func snapshotRun(t testing.TB) *result.Run {
	t.Helper()
	r := smallRun(t)
	vanished, grown := &r.Book.Lines[0], &r.Book.Lines[1]
	in := &r.Inputs[0]
	in.Rows, in.Counted, in.Principal = in.Rows-1, in.Counted-1, in.Principal.Sub(vanished.Principal)
	vanished.Carried, vanished.Source = true, tender.Source{File: "dtc-2004-11-12.xlsx", Sheet: "Tenders", Row: 2}
	shown := func(l *tender.Line) result.SnapshotLine {
		return result.SnapshotLine{Source: l.Source, Participant: l.Participant, Series: l.Series, Window: l.Window, Principal: l.Principal}
	}
	was := shown(grown)
	was.File, was.Principal = "dtc-2004-11-12.xlsx", grown.Principal.Sub(dec("1000000"))
	deadline := wall("2004-11-12T17:00:00.000")
	r.Snapshots = &result.Snapshots{
		Reports: []result.SnapshotReport{
			{Depositary: "DTC", File: "dtc-2004-11-12.xlsx", SHA256: strings.Repeat("77ab", 16), Bytes: 17000, KeptBy: "2004-11-12T173000-0a1b2c3d",
				From: wall("2004-11-12T17:30:00.000"), To: wall("2004-11-12T17:30:00.000"), Rows: 44, Tendered: dec("735716000"), Pending: dec("4574000"),
				Withdrawn: dec("7444000"), Faulty: dec("922500.5"), Carried: 1, CarriedPrincipal: vanished.Principal},
			{Depositary: "DTC", File: "dtc-2004-11-20.xlsx", Unread: "dtc-2004-11-20.xlsx: the file is damaged", From: wall("2004-11-20T00:00:00.000"), To: wall("2004-11-21T00:00:00.000")},
			{Depositary: "DTC", File: "dtc-2004-11-30.xlsx", SHA256: strings.Repeat("0c9d", 16), Bytes: 18234, Used: true, From: wall("2004-11-30T00:00:00.000"),
				To: wall("2004-12-01T00:00:00.000"), Rows: 49, New: 5, Vanished: 1, Changed: 1, Tendered: dec("750798000"), Cancelled: dec("2174000")},
		},
		Changes: []result.SnapshotChange{
			{Kind: result.SnapshotVanished, Depositary: "DTC", Instruction: vanished.ID, Was: shown(vanished), Now: result.SnapshotLine{Source: tender.Source{File: "dtc-2004-11-30.xlsx"}},
				What: "left out of the report", Deadline: deadline, After: true, Rule: "R4-vanished", Open: true, Counts: true,
				Accepted: r.Allocation.Lines[0].Accepted, Cash: r.Settlement.Lines[0].Total()},
			{Kind: result.SnapshotGrew, Depositary: "DTC", Instruction: grown.ID, Was: was, Now: shown(grown), What: "the principal was less, the time of receipt unchanged",
				Deadline: deadline, After: true, Rule: "R5-amended", Resolved: "counts, by the tender agent on 2004-11-30", Counts: true,
				Accepted: r.Allocation.Lines[1].Accepted, Cash: r.Settlement.Lines[1].Total()},
		},
	}
	return r
}

func TestM4TheSheetOfSnapshots(t *testing.T) {
	r := snapshotRun(t)
	f := opened(t, rendered(t, r))
	golden(t, "workbook-snapshots.txt", dump(t, f, "Snapshots"))
	var csv bytes.Buffer
	if err := export.WriteSnapshots(&csv, r); err != nil {
		t.Fatal(err)
	}
	golden(t, export.SnapshotsName, csv.Bytes())
	var json bytes.Buffer
	if err := export.WriteJSON(&json, r); err != nil {
		t.Fatal(err)
	}
	_, snapshots, _ := strings.Cut(json.String(), `"snapshots": {`)
	snapshots, _, _ = strings.Cut(snapshots, `"warnings": `)
	golden(t, "snapshots.json", []byte(snapshots))
	// What counts from the earlier report is in the control sums, which agree.
	checked := 0
	for _, c := range cells(t, f, "Controls") {
		if strings.Contains(c.formula, "ComparedCounted") || strings.Contains(c.formula, "ComparedPrincipal") {
			checked++
		}
		if strings.HasPrefix(c.ref, "E") && c.value == "0" && c.formula != "" {
			t.Errorf("%s on Controls does not agree: %s", c.ref, c.formula)
		}
	}
	if checked != 2 {
		t.Errorf("%d control sums hold what counts from earlier reports", checked)
	}
}

// Nothing is said of reports that nothing was compared with.
func TestM4WithoutEarlierReportsThereIsNoSheet(t *testing.T) {
	f := opened(t, rendered(t, smallRun(t)))
	if i, err := f.GetSheetIndex("Snapshots"); i >= 0 || err != nil {
		t.Errorf("sheet %d, %v", i, err)
	}
}
