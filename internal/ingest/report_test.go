package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// testOffer has dollar notes, among them two whose CUSIPs a spreadsheet takes
// for numbers, and euro notes.
func testOffer(t testing.TB) *tender.Offer {
	newYork := zoneNamed(t, "America/New_York")
	note := func(id, currency string, securities ...string) tender.Series {
		return tender.Series{ID: id, Currency: currency, Securities: securities, Priority: 1,
			Denomination: tender.Denomination{Minimum: decimal.NewFromInt(2000), Multiple: decimal.NewFromInt(1000)}}
	}
	return &tender.Offer{
		ID: "test", Zone: newYork,
		Launch:     tender.Date{Year: 2004, Month: 10, Day: 29},
		Early:      tender.CutOff{At: time.Date(2004, 11, 12, 17, 0, 0, 0, newYork), Boundary: tender.Before},
		Expiration: tender.CutOff{At: time.Date(2004, 11, 30, 0, 0, 0, 0, newYork), Boundary: tender.Before},
		Series: []tender.Series{
			note("A", "USD", "52729NAA8"), note("B", "USD", "037833100", "88579E100"), note("E", "EUR", "XS0108503615"),
		},
		Depositaries: []tender.Depositary{{Name: "DTC", Files: "dtc-*", Zone: newYork}},
	}
}

// cellOf reads the notation of the tests: #1 is a number, d#1 a number formatted
// as a date, %#1 as a percentage, =#1 a formula with a stored number, = one
// without, !#N/A an error value, ?1 TRUE; all else is text.
func cellOf(col int, s string) xlsx.Cell {
	c := xlsx.Cell{Col: col, Kind: xlsx.Text}
	switch {
	case strings.HasPrefix(s, "d#"):
		c.Format, s = xlsx.DateTime, s[1:]
	case strings.HasPrefix(s, "%#"):
		c.Format, s = xlsx.Percent, s[1:]
	case strings.HasPrefix(s, "="):
		c.Formula, s = true, s[1:]
	}
	switch {
	case s == "":
		c.Kind = xlsx.Blank
	case strings.HasPrefix(s, "#"):
		c.Kind, s = xlsx.Number, s[1:]
	case strings.HasPrefix(s, "!"):
		c.Kind, s = xlsx.Error, s[1:]
	case strings.HasPrefix(s, "?"):
		c.Kind, s = xlsx.Bool, s[1:]
	}
	c.Text = []byte(s)
	return c
}

// sheetOf makes a sheet of lines whose cells are separated by |. A line that begins
// with ~ is a hidden row.
func sheetOf(name string, merged []xlsx.Range, lines ...string) table {
	return table{name: name, each: func(call func(*xlsx.Row) error) (xlsx.Tail, error) {
		for i, l := range lines {
			row := xlsx.Row{Number: i + 1}
			l, row.Hidden = strings.CutPrefix(l, "~")
			for col, s := range strings.Split(l, "|") {
				if s = strings.Trim(s, " "); s != "" {
					row.Cells = append(row.Cells, cellOf(col, s))
				}
			}
			if err := call(&row); err != nil {
				return xlsx.Tail{}, err
			}
		}
		return xlsx.Tail{Merged: merged}, nil
	}}
}

// understood reads sheets and says what came of them: the instructions that
// count, the rejects by cell, the faults and the notes.
func understood(o *tender.Offer, tables ...table) []string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables(tables)
	return outcomeOf(r)
}

func outcomeOf(r *reading) (said []string) {
	for _, f := range r.found.faults {
		said = append(said, f.String())
	}
	if len(r.found.faults) > 0 {
		return said
	}
	var intake Intake
	if err := r.addTo(&intake); err != nil {
		return append(said, err.Error())
	}
	for in := range intake.Instructions() {
		said = append(said, fmt.Sprintf("%s %s %s counts", in.ID, in.Series, in.Principal))
	}
	for _, x := range intake.Findings {
		s := fmt.Sprintf("%s %s %s", x.Cell, x.Rule, x.Disposition)
		if x.Waived != "" {
			s += " waived " + x.Waived
		}
		said = append(said, s)
	}
	if f := intake.Reports[0].Format; strings.HasPrefix(f, "CSV") {
		said = append(said, "format: "+f)
	}
	for _, n := range intake.Reports[0].Notes {
		said = append(said, "note: "+n)
	}
	return said
}

const (
	testHeadings = "VOI Number | CUSIP | Principal Amount | Submitted At | Participant"
	testRow      = "0900007 | 52729NAA8 | #5000 | d#38303.5 | 0123"
)

// expect compares; a wanted line may be the beginning of the line it matches.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		ok = ok && strings.HasPrefix(got[i], want[i])
	}
	if !ok {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// One row under the headings, a cell of which differs from a sound row.
func TestRow(t *testing.T) {
	const good = "0900007 A 5000 counts"
	for _, test := range []struct {
		name, cells string
		want        []string
	}{
		{"sound", testRow, []string{good}},
		{"spaces and case", " \u00a00900007\u00a0 | 52729naa8 |\u00a05,000\u00a0| 2004-11-12 12:00 | 0123 ",
			[]string{good}},
		{"number as instruction", "#900007 | 52729NAA8 | #5000 | d#38303.5 | #123", []string{"900007 A 5000 counts"}},
		{"decimals in an instruction number", "#9.5 | 52729NAA8 | #5000 | d#38303.5 | 1",
			[]string{"A2 R5-instruction rejected"}},
		{"instruction number became a date", "d#38303 | 52729NAA8 | #5000 | d#38303.5 | 1",
			[]string{"A2 R5-instruction rejected"}},
		{"instruction number of 17 digits", "#12345678901234567 | 52729NAA8 | #5000 | d#38303.5 | 1",
			[]string{"A2 R5-instruction rejected"}},
		{"instruction number with exponent", "9.00E+05 | 52729NAA8 | #5000 | d#38303.5 | 1",
			[]string{"A2 R5-instruction rejected"}},
		{"all blank but one", "0900007 |  |  |  | ",
			[]string{"B2 R5-missing rejected", "C2 R5-missing rejected", "D2 R1-missing rejected",
				"E2 R5-missing rejected"}},
		{"several faults", "0900007 | 52729NAA3 | #-5 | soon | 1",
			[]string{"B2 R5-security-check-digit rejected", "C2 R5-principal-positive rejected",
				"D2 R1-unreadable rejected"}},
		{"error values", "!#N/A | !#REF! | !#DIV/0! | !#VALUE! | ?1", []string{
			"A2 R5-error-value rejected", "B2 R5-error-value rejected", "C2 R5-error-value rejected",
			"D2 R5-error-value rejected", "E2 R5-error-value rejected"}},
		{"formula", "0900007 | 52729NAA8 | =#5000 | d#38303.5 | 1", []string{"C2 R5-formula rejected"}},
		{"formula without a value", "0900007 | 52729NAA8 | = | d#38303.5 | 1", []string{"C2 R5-formula rejected"}},
		{"zero", "0900007 | 52729NAA8 | #0 | d#38303.5 | 1", []string{"C2 R5-principal-positive rejected"}},
		{"percentage", "0900007 | 52729NAA8 | %#5000 | d#38303.5 | 1", []string{"C2 R5-principal rejected"}},
		{"amount became a date", "0900007 | 52729NAA8 | d#5000 | d#38303.5 | 1", []string{"C2 R5-principal rejected"}},
		{"part of a cent", "0900007 | 52729NAA8 | #5000.001 | d#38303.5 | 1",
			[]string{"C2 R5-minor-unit rejected", "C2 R5-multiple rejected"}},
		{"not a multiple", "0900007 | 52729NAA8 | #5500 | d#38303.5 | 1", []string{"C2 R5-multiple rejected"}},
		{"below the minimum", "0900007 | 52729NAA8 | #1000 | d#38303.5 | 1", []string{"C2 R5-minimum rejected"}},
		{"currency sign of another currency", "0900007 | 52729NAA8 | €5,000 | d#38303.5 | 1",
			[]string{"C2 R5-currency rejected"}},
		{"euro notes", "0900007 | xs0108503615 | EUR 5,000 | d#38303.5 | 1", []string{"0900007 E 5000 counts"}},
		{"before the launch", "0900007 | 52729NAA8 | #5000 | d#38200.5 | 1", []string{"D2 R1-implausible rejected"}},
		{"a year too late", "0900007 | 52729NAA8 | #5000 | 2104-11-12 10:00 | 1",
			[]string{"D2 R1-implausible rejected"}},
		{"date without time", "0900007 | 52729NAA8 | #5000 | d#38303 | 1", []string{"D2 R1-no-time-of-day rejected"}},
		{"day and month", "0900007 | 52729NAA8 | #5000 | 11/12/2004 10:00 | 1",
			[]string{"D2 R1-ambiguous-date rejected"}},
		{"the hour that comes twice", "0900007 | 52729NAA8 | #5000 | 2004-10-31 01:30 | 1",
			[]string{"D2 R1-clock-change rejected"}},

		{"CUSIP that lost its zero", "0900007 | #37833100 | #5000 | d#38303.5 | 1",
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"CUSIP that lost its zero, as text", "0900007 | 37833100 | #5000 | d#38303.5 | 1",
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"CUSIP that became an exponent", "0900007 | #8.8579E+104 | #5000 | d#38303.5 | 1",
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"CUSIP with residue", "0900007 | #8.8578999999999999E+104 | #5000 | d#38303.5 | 1",
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"exponent that lost digits", "0900007 | 8.86E+104 | #5000 | d#38303.5 | 1",
			[]string{"B2 R5-security-unknown rejected"}},
		{"number that is no CUSIP", "0900007 | #12345 | #5000 | d#38303.5 | 1",
			[]string{"B2 R5-security-unknown rejected"}},
		{"repaired but rejected", "0900007 | #37833100 | #0 | d#38303.5 | 1",
			[]string{"B2 R5-security-repaired rejected", "C2 R5-principal-positive rejected"}},
		{"CUSIP not in the offer", "0900007 | 912828ZQ6 | #5000 | d#38303.5 | 1", []string{"B2 R5-security"}},
		{"CUSIP with a Cyrillic letter", "0900007 | 52729N\u0410A8 | #5000 | d#38303.5 | 1",
			[]string{"B2 R5-security rejected"}},
		{"CUSIP too short", "0900007 | 52729NA | #5000 | d#38303.5 | 1", []string{"B2 R5-security rejected"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, understood(testOffer(t), sheetOf("Tenders", nil, testHeadings, test.cells)), test.want...)
		})
	}
}

// Sheets of a few rows, named after what is odd about them.
func TestSheet(t *testing.T) {
	const count = "0900007 A 5000 counts"
	for _, test := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"title lines above", []string{"Report", "", "as of | today", testHeadings, testRow}, []string{count}},
		{"headings in capitals and other words",
			[]string{"voi-number: | ISIN | QUANTITY | date/time received | DTC PARTICIPANT #", testRow},
			[]string{count}},
		{"headings over two rows", []string{"VOI | CUSIP | Principal | Submitted | DTC",
			"Number | | Amount | At | Participant", testRow}, []string{count}},
		{"date and time columns", []string{"Ref | ISIN | Nominal | Instruction Date | Instruction Time | Account",
			"0900007 | 52729NAA8 | #5000 | d#38303 | d#0.5 | 1", "0900008 | 52729NAA8 | #5000 | d#38303 | | 1",
			"0900009 | 52729NAA8 | #5000 | | d#0.5 | 1", "0900010 | 52729NAA8 | #5000 | d#38303.25 | d#0.5 | 1"},
			[]string{count, "D3 R1-no-time-of-day rejected", "D4 R1-unreadable rejected", "E5 R1-unreadable rejected"}},
		{"headings again below", []string{testHeadings, testRow, testHeadings},
			[]string{count, "note: row 3: the headings again"}},
		{"blank rows and remarks", []string{testHeadings, "", testRow, " | | | | | | remark", "End of report"},
			[]string{count, "note: rows 4, 5: treated as remarks"}},
		{"hidden row counts", []string{testHeadings, "~" + testRow}, []string{count, "note: row 2: hidden, and read"}},
		{"names beside numbers", []string{"VOI | CUSIP | Principal | Received | Participant | Participant No.",
			"0900007 | 52729NAA8 | #5000 | d#38303.5 | Bank | 0123"},
			[]string{count, `note: columns not read: "Participant"`}},
		{"columns not read", []string{testHeadings + " | Description", testRow + " | x"},
			[]string{count, `note: columns not read: "Description"`}},

		{"total agrees", []string{testHeadings, testRow, "Total | | #5000"}, []string{count}},
		{"total is a formula", []string{testHeadings, testRow, "Total | | =#5000"}, []string{count}},
		{"total counts rejected rows", []string{testHeadings, testRow, "0900008 | bad | #3000 | d#38303.5 | 1",
			"Grand Total: | | #8000"}, []string{count, "B3 R5-security rejected"}},
		{"total of a formula without a value", []string{testHeadings, testRow, "Total | | ="},
			[]string{count, "note: row 3"}},
		{"total differs", []string{testHeadings, testRow, "Total | | #6000"},
			[]string{`dtc-1.xlsx: Tenders!C3: the total "Total" is 6000, but the rows above it add up to 5000 (the cell holds "6000"); a row is missing`}},
		{"total unreadable", []string{testHeadings, testRow, "Total | | many"},
			[]string{"dtc-1.xlsx: Tenders!C3: the total"}},
		{"total not verified", []string{testHeadings, testRow, "0900008 | 52729NAA8 | (3000) | d#38303.5 | 1",
			"Total | | #8000"}, []string{count, "C3 R5-principal rejected",
			"note: the total 8000 in row 4 was not verified"}},
		{"subtotals", []string{testHeadings, testRow, "Subtotal | | #5000",
			"0900008 | 037833100 | #3000 | d#38303.5 | 1", "Subtotal | | #3000", "Total | | #8000"},
			[]string{count, "0900008 B 3000 counts"}},
		{"subtotal differs", []string{testHeadings, testRow, "Subtotal | | #4000"},
			[]string{"dtc-1.xlsx: Tenders!C3: the total"}},
		{"rows below the total", []string{testHeadings, testRow, "Total | | #5000", testRow},
			[]string{"dtc-1.xlsx: Tenders!A4: below the totals row 3"}},

		{"counts and signatures below the total",
			[]string{testHeadings, testRow, "Total | | #5000", "Count | #1", "Prepared by X"},
			[]string{count, "note: row 4 agrees with the number of instructions: 1",
				"note: row 5: treated as remarks"}},

		{"duplicate", []string{testHeadings, testRow, "0900007 | 52729NAA8 | #6000 | d#38303.5 | 0123"},
			[]string{"A2 R5-duplicate rejected", "A3 R5-duplicate rejected"}},
		{"duplicate by type and spaces", []string{testHeadings, "#900007 | 52729NAA8 | #5000 | d#38303.5 | 1",
			"\u00a0900007 | 52729NAA8 | #5000 | d#38303.5 | 1"},
			[]string{"A2 R5-duplicate rejected", "A3 R5-duplicate rejected"}},
		{"the same but for a zero are two", []string{testHeadings, "900007 | 52729NAA8 | #5000 | d#38303.5 | 1",
			"0900007 | 52729NAA8 | #5000 | d#38303.5 | 1"}, []string{"900007 A 5000 counts", count}},
		{"identical duplicate", []string{testHeadings, testRow, testRow},
			[]string{count, "A3 R5-duplicate not counted"}},
		{"identical bad duplicate", []string{testHeadings, "1 | x | #5000 | d#38303.5 | 1",
			"1 | x | #5000 | d#38303.5 | 1"}, []string{"B2 R5-security rejected", "A3 R5-duplicate not counted"}},

		{"column missing", []string{"VOI | CUSIP | Amount X | Submitted At | Participant", testRow},
			[]string{`dtc-1.xlsx: Tenders!A1:E1: no column for principal; the headings are "VOI", "CUSIP", "Amount X", "Submitted At", "Participant"; say under which heading to look, in the offer at depositary DTC: columns: {principal: "Amount X"} [R6-column]`}},
		{"column twice", []string{testHeadings + " | ISIN", testRow},
			[]string{`dtc-1.xlsx: Tenders!F1: the headings "CUSIP" (B1) and "ISIN" (F1) both match the column security; say which to use, in the offer at depositary DTC: columns: {security: "CUSIP"} [R6-column]`}},
		{"no headings", []string{"#1 | #2"}, []string{"dtc-1.xlsx: there are no headings"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, understood(testOffer(t), sheetOf("Tenders", nil, test.lines...)), test.want...)
		})
	}
}

func TestHeadingsBelowRow50(t *testing.T) {
	lines := slices.Repeat([]string{"title"}, 50)
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, append(lines, testHeadings, testRow)...)),
		"dtc-1.xlsx: Tenders!A1:A1: no column for instruction, security")
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, append(lines[1:], testHeadings, testRow)...)),
		"0900007 A 5000 counts")
}

func TestStatusAndWithdrawal(t *testing.T) {
	const headings = testHeadings + " | Status | Withdrawn At"
	row := func(status, withdrawn string) string { return testRow + " | " + status + " | " + withdrawn }
	for _, test := range []struct {
		cells string
		want  string
	}{
		{row("MADE", ""), "tendered"},
		{row("made ", ""), "tendered"},
		{row("Accepted", ""), "tendered"},
		{row("PEND", ""), "pending"},
		{row("PDOC", ""), "pending"},
		{row("CANC", ""), "rejected"},
		{row("Cancelled", "d#38304.5"), "rejected"},
		{row("WITH", ""), "withdrawn"},
		{row("WITH", "d#38304.5"), "withdrawn 2004-11-13T12:00:00-05:00"},
		{row("OK", ""), "tendered"},
		{row("RECY", ""), "F2 R2-status"},
		{row("", ""), "F2 R2-status"},
		{row("!#N/A", ""), "F2 R5-error-value"},
		{row("MADE", "d#38304.5"), "G2 R4-contradiction"},
		{row("PEND", "d#38304.5"), "G2 R4-contradiction"},
		{row("WITH", "d#38303.25"), "G2 R4-contradiction"},
		{row("WITH", "later"), "G2 R1-unreadable"},
	} {
		o := testOffer(t)
		o.Depositaries[0].Statuses = map[string]tender.Status{"ok": tender.Tendered}
		if got := statusOf(o, headings, test.cells); got != test.want {
			t.Errorf("%s: %s, want %s", test.cells, got, test.want)
		}
	}
	const noStatus = testHeadings + " | Withdrawn At"
	if got := statusOf(testOffer(t), noStatus, testRow+" | d#38304.5"); !strings.HasPrefix(got,
		"withdrawn 2004-11-13") {
		t.Errorf("without a status column: %s", got)
	}
}

// statusOf is the status of the one row, or its first reject.
func statusOf(o *tender.Offer, lines ...string) string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil, lines...)})
	if len(r.found.rejects) > 0 {
		return r.found.rejects[0].Cell + " " + r.found.rejects[0].Rule
	}
	in := r.line(0).instruction
	if in.WithdrawnAt.IsZero() {
		return string(in.Status)
	}
	return string(in.Status) + " " + in.WithdrawnAt.Format(shownInstant)
}

func TestDelivery(t *testing.T) {
	for _, test := range []struct{ heading, value, want string }{
		{"Delivery", "", "book_entry"},
		{"Delivery", "Book-entry", "book_entry"},
		{"Delivery Method", "Guaranteed Delivery", "guaranteed_delivery"},
		{"Delivery", "NOGD", "guaranteed_delivery"},
		{"Delivery", "protect", "guaranteed_delivery"},
		{"Delivery", "Y", "R5-delivery"},
		{"Protect", "Y", "guaranteed_delivery"},
		{"Guaranteed Delivery", "no", "book_entry"},
		{"Delivery", "by hand", "R5-delivery"},
		{"Delivery", "-", "book_entry"},
	} {
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
		r.readTables([]table{sheetOf("Tenders", nil, testHeadings+" | "+test.heading, testRow+" | "+test.value)})
		got := string(r.line(0).instruction.Delivery)
		if len(r.found.rejects) > 0 {
			got = r.found.rejects[0].Rule
		}
		if got != test.want {
			t.Errorf("%s: %q: %s, want %s", test.heading, test.value, got, test.want)
		}
	}
}

func TestWaiver(t *testing.T) {
	o := testOffer(t)
	on := tender.Date{Year: 2004, Month: 11, Day: 15}
	o.Waivers = []tender.Waiver{
		{Instruction: "1", Rule: tender.RuleMultiple, By: "the treasurer", On: on},
		{Depositary: "Other", Instruction: "2", Rule: tender.RuleMultiple, By: "the treasurer", On: on},
		{Depositary: "DTC", Instruction: "3", Rule: tender.RuleMinimum, By: "the treasurer", On: on},
	}
	row := func(id, principal string) string { return id + " | 52729NAA8 | " + principal + " | d#38303.5 | 1" }
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row("1", "#5500"), row("2", "#5500"),
		row("3", "#1000"), row("4", "#1000"))),
		"1 A 5500 counts", "3 A 1000 counts",
		"C2 R5-multiple counted waived by the treasurer on 2004-11-15",
		"C3 R5-multiple rejected",
		"C4 R5-minimum counted waived by the treasurer on 2004-11-15",
		"C5 R5-minimum rejected")
	// A waiver of one fault does not make up for another.
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, row("1", "#1500"))), "C2 R5-minimum rejected")
}

func TestCurrencyColumn(t *testing.T) {
	headings := testHeadings + " | Ccy"
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, headings, testRow+" | usd",
		"2 | XS0108503615 | #5000 | d#38303.5 | 1 | USD")),
		"0900007 A 5000 counts", "F3 R5-currency rejected")
}

func TestOfferNamesColumns(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Columns = map[string]string{"security": "isin", "principal": "Blocked"}
	headings := "VOI Number | CUSIP | ISIN | Blocked | Principal Amount | Submitted At | Participant"
	row := "0900007 | 912828ZQ6 | 52729NAA8 | #5000 | #1 | d#38303.5 | 1"
	expect(t, understood(o, sheetOf("Tenders", nil, headings, row)), "0900007 A 5000 counts",
		`note: columns not read: "CUSIP", "Principal Amount"`)
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, testRow)),
		`dtc-1.xlsx: Tenders!A1:E1: no column for security (the offer says its heading is "isin"), principal (the offer says its heading is "Blocked"); the headings are "VOI Number"`)
}

func TestWhichSheet(t *testing.T) {
	cover := sheetOf("Cover", nil, "Report", "of | tenders")
	one, two := sheetOf("One", nil, testHeadings, testRow), sheetOf("Two", nil, testHeadings, testRow)
	hidden := two
	hidden.hidden = true
	o := testOffer(t)
	expect(t, understood(o, cover, one), "0900007 A 5000 counts")
	expect(t, understood(o,
		one, two), `dtc-1.xlsx: 2 sheets have the headings of tenders: "One", "Two"; say which to read, in the offer at depositary DTC: sheet: "One", or sheets`)
	expect(t, understood(o, one, hidden),
		`dtc-1.xlsx: 2 sheets have the headings of tenders: "One", "Two" (hidden); say which`)
	expect(t, understood(o,
		hidden), `dtc-1.xlsx: the only sheet that has the headings of tenders is "Two" (hidden); say which`)
	o.Depositaries[0].Sheets = []string{"Two"}
	expect(t, understood(o, one, hidden),
		`dtc-1.xlsx: One!A1:E1: the sheet also has the headings of tenders, and the offer does not mention it; say what it is, in the offer at depositary DTC: sheets: ["Two", "One"] if its tenders count, or skip_sheets: ["One"] if they do not [R6-sheet]`)
	o.Depositaries[0].Skip = []string{"One"}
	expect(t, understood(o, one, hidden), "0900007 A 5000 counts")
	o.Depositaries[0].Sheets, o.Depositaries[0].Skip = []string{"One"}, nil
	expect(t, understood(o, one, hidden),
		`dtc-1.xlsx: Two!A1:E1: the hidden sheet also has the headings of tenders, and the offer does not mention it`)
	most := sheetOf("More", nil, "VOI Number | CUSIP | Principal Amount | When | Who", testRow)
	expect(t, understood(o, one, most), `dtc-1.xlsx: More!A1:E1: the sheet also has the headings of tenders`)
	o.Depositaries[0].Sheets = []string{"Three"}
	expect(t, understood(o, one, two), `dtc-1.xlsx: there is no sheet "Three"; the sheets are "One", "Two"`)
}

func TestControlSheet(t *testing.T) {
	o := testOffer(t)
	tenders := sheetOf("Tenders", nil, testHeadings, testRow, "2 | bad | #3000 | d#38303.5 | 1")
	expect(t, understood(o, tenders, sheetOf("Control Totals", nil, "As of | today", "Number of instructions: | #2",
		"Total principal | 8,000")),
		"0900007 A 5000 counts", "B3 R5-security rejected",
		`note: the control sheet "Control Totals" agrees in B2`,
		`note: the control sheet "Control Totals" agrees in B3`)
	expect(t, understood(o, tenders, sheetOf("Control", nil, "Rows | #3", "Total | #9000", "Total | many")),
		`dtc-1.xlsx: Control!B1: the control sheet counts 3 instructions, but 2 were read (the cell holds "3"); a row is missing`,
		"dtc-1.xlsx: Control!B2: the control total is 9000, but the rows add up to 8000",
		"dtc-1.xlsx: Control!B3: the control total cannot be read")
	expect(t, understood(o, tenders, sheetOf("Summary", nil, "Total | #9000")), "0900007 A 5000 counts",
		"B3 R5-security rejected")
}

func TestMergedCells(t *testing.T) {
	o := testOffer(t)
	title, data := xlsx.Range{FirstCol: 0, FirstRow: 1, LastCol: 4, LastRow: 1},
		xlsx.Range{FirstCol: 2, FirstRow: 3, LastCol: 2, LastRow: 4}
	remark := xlsx.Range{FirstCol: 7, FirstRow: 3, LastCol: 9, LastRow: 4}
	lines := []string{"Report", testHeadings, testRow, "2 | 52729NAA8 | | d#38303.5 | 1"}
	expect(t, understood(o, sheetOf("Tenders", []xlsx.Range{title, remark}, lines[:3]...)), "0900007 A 5000 counts")
	expect(t, understood(o, sheetOf("Tenders", []xlsx.Range{title, data}, lines...)),
		"dtc-1.xlsx: Tenders!C3:C4: cells among the instructions are merged")
}

// What is passed on shows what it is, and holder references appear in no reject.
func TestCopiedThrough(t *testing.T) {
	o := testOffer(t)
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil, testHeadings+" | Customer Reference | Contact | Participant Name",
		testRow+" | H-\u202e1 | =desk | "+strings.Repeat("x", display.MaxText+5))})
	in := r.line(0).instruction
	if in.HolderReference != `H-\u202e1` || in.Contact != "desk" || len(in.ParticipantName) != display.MaxText ||
		len(r.found.rejects) > 0 {
		t.Errorf("%q %q %d %v", in.HolderReference, in.Contact, len(in.ParticipantName), r.found.rejects)
	}
}
