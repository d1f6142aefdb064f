package ingest

import (
	"fmt"
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// manyRows is a sheet of so many instructions, below so many other rows and the headings.
func manyRows(above, count int, below ...string) table {
	return table{name: "Tenders", each: func(call func(*xlsx.Row) error) (xlsx.Tail, error) {
		for i := range above + 1 + count + len(below) {
			line := fmt.Sprintf("%07d | 52729NAA8 | #5000 | d#38303.5 | 0123", i)
			switch {
			case i < above:
				line = "a title"
			case i == above:
				line = testHeadings
			case i > above+count:
				line = below[i-above-count-1]
			}
			row := xlsx.Row{Number: i + 1}
			for col, s := range strings.Split(line, "|") {
				if s = strings.Trim(s, " "); s != "" {
					row.Cells = append(row.Cells, cellOf(col, s))
				}
			}
			if err := call(&row); err != nil {
				return xlsx.Tail{}, err
			}
		}
		return xlsx.Tail{}, nil
	}}
}

func TestI23AReportOfExactlyTheRowsOfASpreadsheet(t *testing.T) {
	const limit = 1 << 16
	for _, test := range []struct {
		name   string
		tables []table
		open   bool
	}{
		{"with the headings", []table{manyRows(0, limit-1)}, true},
		{"without them", []table{manyRows(0, limit)}, true},
		{"below a title", []table{manyRows(3, limit-4)}, true},
		{"one less", []table{manyRows(0, limit-2)}, false},
		{"a total that agrees", []table{manyRows(0, limit-1, fmt.Sprintf("Total | | #%d", 5000*(limit-1)))}, false},
		{"a total without a value", []table{manyRows(0, limit-1, "Total")}, true},
		{"a control sheet that agrees", []table{manyRows(0, limit-1),
			sheetOf("Control", nil, fmt.Sprintf("Count | #%d", limit-1))}, false},
	} {
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
		r.readTables(test.tables)
		var intake Intake
		if err := r.addTo(&intake); err != nil || len(r.found.faults) > 0 {
			t.Fatal(test.name, err, r.found.faults)
		}
		open := len(intake.Findings) == 1 && intake.Findings[0].Rule == tender.RuleRowLimit && intake.Findings[0].Open()
		if open != test.open || (!open && len(intake.Findings) > 0) {
			t.Errorf("%s: %+v", test.name, intake.Findings)
		}
		settled := tender.Resolution{Rule: tender.RuleRowLimit, Outcome: tender.ItCounts, Depositary: "DTC",
			File: "dtc-1.xlsx"}
		if open && !settled.Covers(&intake.Findings[0]) {
			t.Errorf("%s: the resolution that is offered does not cover it", test.name)
		}
	}
}

// A CSV file is cut by the same programs.
func TestI23ACSVFileOfExactlySoManyLines(t *testing.T) {
	var b strings.Builder
	b.WriteString(peopleHeadings + "\n")
	for i := range 1<<16 - 1 {
		fmt.Fprintf(&b, "%07d,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\n", i)
	}
	o := testOffer(t)
	in, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
		File: inbox.File{Name: "dtc-1.csv", Content: []byte(b.String())}}})
	if err != nil || len(in.Findings) != 1 || in.Findings[0].Rule != tender.RuleRowLimit || in.Count() != 1<<16-1 {
		t.Errorf("%v, %v", in, err)
	}
}
