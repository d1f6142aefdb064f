package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// workbook builds a workbook whose first sheet has the rows; change may do
// anything else to it.
func workbook(t testing.TB, rows [][]any, change func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(f)
	}
	buf, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

var testRows = [][]any{
	{"VOI Number", "CUSIP", "Principal Amount", "Submitted At", "Participant"},
	{"0900007", "52729NAA8", 5000, 38303.5, "0123"},
	{"0900008", "52729NAA8", 6000, 38303.5, "0123"},
}

func ignoreError(error) {}

// A workbook as Excel has it, with what a row source cannot show.
func TestWorkbook(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*excelize.File)
		want   []string
	}{
		{"sound", nil, []string{"0900007 A 5000 counts", "0900008 A 6000 counts"}},
		{"hidden row", func(f *excelize.File) { ignoreError(f.SetRowVisible("Sheet1", 3, false)) },
			[]string{"0900007 A 5000 counts", "0900008 A 6000 counts", "note: row 3: hidden"}},
		{"formula without a value", func(f *excelize.File) { ignoreError(f.SetCellFormula("Sheet1", "C3", "1000*6")) },
			[]string{"0900007 A 5000 counts", "C3 R5-formula rejected"}},
		{"merged", func(f *excelize.File) { ignoreError(f.MergeCell("Sheet1", "E2", "E3")) },
			[]string{"dtc-1.xlsx: Sheet1!E2:E3: cells among the instructions are merged"}},
		{"second sheet", func(f *excelize.File) {
			_, err := f.NewSheet("More")
			ignoreError(err)
			ignoreError(f.SetSheetRow("More", "A1", &testRows[0]))
		}, []string{`dtc-1.xlsx: 2 sheets have the headings of tenders: "Sheet1", "More"`}},
		{"total", func(f *excelize.File) {
			ignoreError(f.SetSheetRow("Sheet1", "A4", &[]any{"Total", nil, 11000}))
		}, []string{"0900007 A 5000 counts", "0900008 A 6000 counts"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := testOffer(t)
			r := newReading(o, values.NewSecurities(o),
				inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
			r.read(workbook(t, testRows, test.change))
			expect(t, outcomeOf(r), test.want...)
		})
	}
}

// readFiles reads files of the test offer's depositary.
func readFiles(t testing.TB, o *tender.Offer, contents ...string) (*Intake, error) {
	t.Helper()
	var files []inbox.Chosen
	for i, c := range contents {
		files = append(files, inbox.Chosen{Depositary: o.Depositaries[0],
			File: inbox.File{Name: fmt.Sprintf("dtc-%d.csv", i+1), Content: []byte(c)}})
	}
	return Read(o, files)
}

// All faults of all files come in one error.
func TestReadReportsAllFaults(t *testing.T) {
	_, err := readFiles(t, testOffer(t), "VOI,CUSIP\n", testCSV,
		testCSV+"Total,,1,,\n"+testCSV[strings.Index(testCSV, "09"):])
	var e *tender.FileError
	if !errors.As(err, &e) || len(e.Faults) != 3 {
		t.Fatalf("%v, want three faults", err)
	}
	for i, want := range []string{"dtc-1.csv: A1:B1: no column for principal, received, participant;",
		"dtc-3.csv: C3: the total", "dtc-3.csv: A4: below the totals row 3"} {
		if got := strings.Split(err.Error(), "\n")[i]; !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A later line with the same instruction replaces the earlier, even if it is
// rejected, and every row is accounted for.
func TestIncrementalReports(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	head, _, _ := strings.Cut(testCSV, "\n")
	line := func(id, principal string) string { return id + ",52729NAA8," + principal + ",2004-11-12 12:00,1\n" }
	intake, err := readFiles(t, o,
		head+"\n"+line("1", "5000")+line("2", "5000")+line("3", "bad"),
		head+"\n"+line("2", "6000")+line("1", "bad")+line("3", "7000")+line("4", "8000"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for in := range intake.Instructions() {
		got = append(got, in.ID+" "+in.Principal.String())
	}
	for _, x := range intake.Findings {
		got = append(got, x.Source.File+" "+x.Cell+" "+x.Rule)
	}
	for _, r := range intake.Reports {
		got = append(got, fmt.Sprintf("%s: %d rows, %d rejected, %d replaced", r.File, r.Rows, r.Rejected, r.Replaced))
	}
	expect(t, got, "2 6000", "3 7000", "4 8000", "dtc-2.csv C3 R5-principal",
		"dtc-1.csv: 3 rows, 0 rejected, 3 replaced", "dtc-2.csv: 4 rows, 1 rejected, 0 replaced")
}

// The order of the rows decides nothing but the order of what comes out.
func TestReportSums(t *testing.T) {
	intake, err := readFiles(t, testOffer(t),
		testCSV+"2,bad,\"1,000.50\",2004-11-12 12:00,1\n3,52729NAA8,many,2004-11-12 12:00,1\n")
	if err != nil {
		t.Fatal(err)
	}
	r := intake.Reports[0]
	if r.Rows != 3 || r.Rejected != 2 || r.Principal.String() != "6000.5" || r.Sheets[0].HeadingRow != 1 ||
		r.Sheets[0].Columns[2] != (Column{"principal", "Principal Amount", "C", "known heading"}) {
		t.Errorf("%+v", r)
	}
}

// Incremental reports may change status and principal, but an instruction whose
// security or time of receipt changes is an exception on both lines.
func TestReportsThatContradictEachOther(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	head, _, _ := strings.Cut(testCSV, "\n")
	line := func(id, security, principal, at string) string {
		return id + "," + security + "," + principal + "," + at + ",1\n"
	}
	const noon, one = "2004-11-12 12:00", "2004-11-12 13:00"
	intake, err := readFiles(t, o,
		head+"\n"+line("1", "52729NAA8", "5000", noon)+line("2", "52729NAA8", "5000", noon)+line("3", "52729NAA8",
			"5000", noon)+line("4", "bad", "5000", noon)+line("5", "52729NAA8", "5000", noon),
		head+"\n"+line("1", "52729NAA8", "5000", noon),
		head+"\n"+line("1", "52729NAA8", "6000", noon)+line("2", "037833100", "5000", noon)+line("3", "52729NAA8",
			"5000", one)+line("4", "52729NAA8", "5000", noon))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for in := range intake.Instructions() {
		got = append(got, in.ID+" "+in.Principal.String())
	}
	for _, x := range intake.Findings {
		got = append(got, x.Source.File+" "+x.Cell+" "+x.Rule+" "+x.Message)
	}
	for _, r := range intake.Reports {
		got = append(got, fmt.Sprintf("%s: %d rows, %d rejected, %d replaced, principal %s, rejected %s, replaced %s",
			r.File, r.Rows, r.Rejected, r.Replaced, r.Principal, r.RejectedPrincipal, r.ReplacedPrincipal))
	}
	expect(t, got, "5 5000", "1 6000", "4 5000",
		"dtc-1.csv B3 R5-reports-differ the security was 52729NAA8, and in the later report it is 037833100; the "+
			"other line is row 3 of dtc-3.csv",
		"dtc-1.csv D4 R5-reports-differ the time of receipt was 2004-11-12 12:00 EST, and in the later report it is "+
			"2004-11-12 13:00 EST; the other line is row 4 of dtc-3.csv",
		"dtc-3.csv B3 R5-reports-differ", "dtc-3.csv D4 R5-reports-differ",
		"dtc-1.csv: 5 rows, 2 rejected, 2 replaced, principal 25000, rejected 10000, replaced 10000",
		"dtc-2.csv: 1 rows, 0 rejected, 1 replaced, principal 5000, rejected 0, replaced 5000",
		"dtc-3.csv: 4 rows, 2 rejected, 0 replaced, principal 21000, rejected 10000, replaced 0")
}

// The same content under two names is noted.
func TestReportsThatHoldTheSame(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	intake, err := readFiles(t, o, testCSV, testCSV)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, intake.Reports[1].Notes, "the file is identical to dtc-1.csv; check")
}

// Waivers are needed by lines that count or are rejected for something else, not
// by lines that a later report replaces.
func TestUnneededWaivers(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	for _, id := range []string{"1", "2", "3", "4"} {
		o.Waivers = append(o.Waivers, tender.Waiver{Instruction: id, Rule: tender.RuleMultiple, By: "the treasurer"})
	}
	head, _, _ := strings.Cut(testCSV, "\n")
	line := func(id, principal, at string) string { return id + ",52729NAA8," + principal + "," + at + ",1\n" }
	const noon = "2004-11-12 12:00"
	intake, err := readFiles(t, o, head+"\n"+line("1", "5500", noon)+line("2", "5500", noon)+line("3", "5500", "later"),
		head+"\n"+line("2", "5000", noon))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range intake.Unneeded {
		got = append(got, w.Instruction)
	}
	expect(t, got, "2", "4")
}
