package ingest

import (
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/tender"
)

// What people report in public about the files they exchange, each tried here. Where a
// report came from stands above it.

const (
	publicHeadings = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant,Status"
	publicRow      = "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE"
	publicCounts   = "1001 A 5000 counts"
)

// publicCSV reads a CSV file as it stands and says what came of it.
func publicCSV(o *tender.Offer, content string) []string {
	r := newReading(o, newSecurities(o), Chosen{Depositary: o.Depositaries[0], File: File{Name: "dtc-1.csv"}})
	r.read([]byte(content))
	return outcomeOf(r)
}

// withField is a file of one row in which a field says something else.
func withField(i int, value string) string {
	fields := strings.Split(publicRow, ",")
	if fields[i] = value; strings.Contains(value, ",") {
		fields[i] = `"` + value + `"`
	}
	return publicHeadings + "\n" + strings.Join(fields, ",") + "\n"
}

// A tender beside which it says that it was withdrawn is none, whatever the heading is.
func TestAWithdrawalSaidBesideTheRowIsNotCountedInSilence(t *testing.T) {
	for beside, refused := range map[string]bool{
		// https://github.com/firefly-iii/firefly-iii/issues/2835 (a column that turns the sign)
		"Transaction Type,REVERSAL": true, "Action,DELETE": true, "Remarks,WITHDRAWN per email": true, "Note,please cancel": true, ",cancelled": true,
		"Remarks,not withdrawn": false, "Remarks,with thanks": false, "Fund,Cancellara Reversion Ltd": false, "Contact,was withdrawn": false,
	} {
		heading, value, _ := strings.Cut(beside, ",")
		got := publicCSV(testOffer(t), publicHeadings+","+heading+"\n"+publicRow+","+value+"\n")
		if slices.Contains(got, "C2 R5-beside rejected") != refused || slices.Contains(got, publicCounts) == refused {
			t.Errorf("%s: %q", beside, got)
		}
	}
	// One that is reported as withdrawn needs no second word.
	got := publicCSV(testOffer(t), publicHeadings+",Remarks\n"+strings.Replace(publicRow, "MADE", "WITH", 1)+",withdrawn\n")
	if slices.Contains(got, "C2 R5-beside rejected") {
		t.Errorf("withdrawn and said so: %q", got)
	}
}

func TestTheOfferWaivesWhatIsSaidBesideARow(t *testing.T) {
	file := publicHeadings + ",Remarks\n" + publicRow + ",withdrawn in error\n"
	o := testOffer(t)
	o.Waivers = []tender.Waiver{{Depositary: "DTC", Instruction: "1001", Rule: ruleBeside, By: "the tender agent", On: tender.Date{Year: 2004, Month: 11, Day: 13}}}
	if got := publicCSV(o, file); !slices.Contains(got, publicCounts) {
		t.Errorf("waived: %q", got)
	}
	o = testOffer(t)
	o.Depositaries[0].Ignored = []string{"Remarks"}
	if got := publicCSV(o, file); !slices.Contains(got, publicCounts) {
		t.Errorf("ignored: %q", got)
	}
}

// https://github.com/mholt/PapaParse/issues/247: the columns without a heading are lost.
func TestAColumnOfStatusCodesWithoutAHeading(t *testing.T) {
	headings := strings.TrimSuffix(publicHeadings, "Status")
	got := strings.Join(publicCSV(testOffer(t), headings+"\n"+strings.Replace(publicRow, "MADE", "WITH", 1)+"\n"), "; ")
	if !strings.Contains(got, "R6-unread-column") || !strings.Contains(got, "F1: the column has no heading") {
		t.Error(got)
	}
	if got := publicCSV(testOffer(t), publicHeadings+",,\n"+publicRow+",,7\n"); !slices.Contains(got, publicCounts) {
		t.Errorf("a column of something else: %q", got)
	}
}

// https://github.com/rustledger/rustledger/pull/1475: DR and CR beside an amount.
func TestHeadingsThatTurnATenderRound(t *testing.T) {
	for _, column := range []string{"Dr/Cr,DR", "Deleted,Y", "Void,Y", "Reversed?,Y"} {
		heading, value, _ := strings.Cut(column, ",")
		if got := publicCSV(testOffer(t), publicHeadings+","+heading+"\n"+publicRow+","+value+"\n"); !strings.Contains(got[0], "R6-unread-column") {
			t.Errorf("%s: %q", column, got)
		}
	}
}

// publicSheet is a sheet part of rows; a cell that begins with # is a number, one with d# a
// date and time, one with < is XML as it stands, all others are texts.
func publicSheet(rows ...[]string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("<row>")
		for _, cell := range row {
			switch {
			case cell == "":
				b.WriteString("<c/>")
			case cell[0] == '<':
				b.WriteString(cell)
			case cell[0] == '#':
				b.WriteString("<c><v>" + cell[1:] + "</v></c>")
			case strings.HasPrefix(cell, "d#"):
				b.WriteString(`<c s="1"><v>` + cell[2:] + "</v></c>")
			default:
				b.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">` + cell + "</t></is></c>")
			}
		}
		b.WriteString("</row>")
	}
	return "<sheetData>" + b.String() + "</sheetData>"
}

// publicBook reads a workbook and says what came of it.
func publicBook(o *tender.Offer, h hostileBook) []string {
	r := newReading(o, newSecurities(o), Chosen{Depositary: o.Depositaries[0], File: File{Name: "dtc-1.xlsx"}})
	r.read(h.bytes())
	return outcomeOf(r)
}

func publicTender(id string) []string {
	return []string{id, "52729NAA8", "#5000", "d#38303.5", "0901", "MADE"}
}

// https://github.com/SpartnerNL/Laravel-Excel/issues/130 and many others on quotation marks:
// some programs put them around whole lines. Such a line passed for a remark.
func TestALineThatStandsInOneFieldIsNoRemark(t *testing.T) {
	second := strings.Replace(publicRow, "1001", "1002", 1)
	for name, got := range map[string][]string{
		"CSV":                 publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\n\""+second+"\"\n"),
		"workbook":            publicBook(testOffer(t), hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"), []string{second})}),
		"workbook with tabs":  publicBook(testOffer(t), hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"), []string{strings.ReplaceAll(second, ",", "\t")})}),
		"in a column at side": publicBook(testOffer(t), hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"), []string{"", "", "", "", "", "", "", second})}),
	} {
		if !strings.Contains(got[0], "A3: a whole line stands in one field") && !strings.Contains(got[0], "H3: a whole line stands in one field") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\n\"Prepared for A, B, C, D, and E, on 12 Nov\"\n"); got[0] != publicCounts {
		t.Errorf("a remark with commas: %q", got)
	}
}

// https://github.com/infiniflow/ragflow/issues/19185 (rows behind a limit are dropped) and
// https://github.com/nao1215/filesql/pull/520: what says that it was cut is not whole.
func TestAReportThatSaysThatRowsAreMissing(t *testing.T) {
	for notice, found := range map[string]bool{
		"*** Results truncated ***": true, "Only the first 10,000 rows are shown": true, "ERROR: canceling statement due to timeout": true,
		"ORA-01555: snapshot too old": true, "Export limit reached": true, "Not all rows could be written": true, "120 more rows": true,
		"Maximum number of rows exceeded": true, "(1 rows affected)": false, "Page 1 of 2": false, "Errors and omissions excepted": false, "End of report": false,
	} {
		for where, file := range map[string]string{"below": publicHeadings + "\n" + publicRow + "\n" + notice + "\n", "above": `"` + notice + "\"\n" + publicHeadings + "\n" + publicRow + "\n"} {
			got := publicCSV(testOffer(t), strings.ReplaceAll(file, "\n"+notice+"\n", "\n\""+notice+"\"\n"))
			if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "R6-row-limit") }) != found || got[0] != publicCounts {
				t.Errorf("%s %s: %q", notice, where, got)
			}
		}
	}
	got := publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\nTotal,,5000\nResults truncated\n")
	if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "R6-row-limit") }) {
		t.Errorf("a total shows that it is whole: %q", got)
	}
}

// https://github.com/SheetJS/sheetjs/issues/630 and its like: what is on another sheet is not
// seen. Programs go on there without headings, and people list withdrawals there.
func TestAnotherSheetWithTendersOrWithdrawals(t *testing.T) {
	headings := strings.Split(publicHeadings, ",")
	book := func(name string, rows ...[]string) hostileBook {
		return hostileBook{sheet: publicSheet(headings, publicTender("1001")), parts: map[string]string{
			"xl/workbook.xml":            workbookXML(`<sheet name="Tenders" sheetId="1" r:id="s1"/><sheet name="` + name + `" sheetId="2" r:id="s2"/>`),
			"xl/_rels/workbook.xml.rels": relationships(bookRelationships + `<Relationship Id="s2" Type="` + hostileDocRel + `/worksheet" Target="worksheets/sheet2.xml"/>`),
			"xl/worksheets/sheet2.xml":   worksheet(publicSheet(rows...)),
		}}
	}
	for name, test := range map[string]struct {
		book    hostileBook
		refused bool
	}{
		"more rows, no headings":   {book("Sheet2", publicTender("1002"), publicTender("1003")), true},
		"numbers and times":        {book("Sheet2", []string{"VOI Number", "Withdrawn At"}, []string{"1001", "d#38303.6"}), true},
		"named so":                 {book("Withdrawals", []string{"No."}, []string{"#1001"}), true},
		"headed so":                {book("Sheet2", []string{"Withdrawn VOIs"}, []string{"1001"}), true},
		"named so, and empty":      {book("Withdrawals", []string{"VOI Number", "Withdrawn At"}), false},
		"a summary":                {book("Summary", []string{"CUSIP", "Title", "Count", "Total"}, []string{"52729NAA8", "9-1/8% notes", "#1", "#5000"}), false},
		"a sentence about the law": {book("Notes", []string{"Tenders may be withdrawn at any time until 12 November"}, []string{"5 p.m."}), false},
	} {
		got := publicBook(testOffer(t), test.book)
		if refused := strings.Contains(got[0], "R6-sheet"); refused != test.refused || !refused && got[0] != publicCounts {
			t.Errorf("%s: %q", name, got)
		}
	}
	o := testOffer(t)
	o.Depositaries[0].Skip = []string{"Withdrawals"}
	if got := publicBook(o, book("Withdrawals", []string{"No."}, []string{"#1001"})); got[0] != publicCounts {
		t.Errorf("skipped: %q", got)
	}
}

// Spreadsheets and exporting programs put other texts in the place of numbers; a CSV file
// has them as text.
func TestIdentifiersThatAProgramPutInThePlaceOfOthers(t *testing.T) {
	for id, want := range map[string]string{
		"2-Mar": "R5-instruction", "Mar-02": "R5-instruction", "2-Mar-04": "R5-instruction", "3/2/2004": "R5-instruction", // genes became dates
		"2004-03-02": "R5-instruction", "2004-03-02 00:00:00": "R5-instruction",
		"2.19E+26": "R5-instruction",                                                      // https://github.com/bloom-housing/bloom/issues/4458
		"1,001":    "R5-instruction",                                                      // https://github.com/akvo/akvo-flow/issues/2291 and its like
		"#NAME?":   "R5-error-value", "#####": "R5-error-value", "TRUE": "R5-error-value", // https://github.com/alexcaza/export-to-csv/issues/18
		"nan": "R5-missing", "10\u200b01": "R5-instruction",
		"\x1f1001":   "1001", // https://github.com/hhurz/tableExport.jquery.plugin/issues/103: so that Excel keeps zeros
		"1001\u200e": "1001", "1001\u00a0": "1001", "\t1001": "1001",
		"219E01BE": "219E01BE", "12-AB": "12-AB", "MARCH1": "MARCH1", "2004/17": "2004/17", "VOI-0042": "VOI-0042", "1-2": "1-2", "#1001": "#1001",
	} {
		got := publicCSV(testOffer(t), withField(0, id))
		if rejected := strings.HasPrefix(want, "R5-"); rejected && got[0] != "A2 "+want+" rejected" || !rejected && got[0] != want+" A 5000 counts" {
			t.Errorf("instruction %q: %q, want %s", id, got, want)
		}
	}
	for participant, want := range map[string]string{"2-Mar": "R5-participant", "TRUE": "R5-error-value", "#REF!": "R5-error-value"} {
		if got := publicCSV(testOffer(t), withField(4, participant)); !slices.Contains(got, "E2 "+want+" rejected") {
			t.Errorf("participant %q: %q, want %s", participant, got, want)
		}
	}
	// https://github.com/clarketm/TableExport/issues/164: two numbers in one cell.
	two := publicTender("1001&#10;1002")
	if got := publicBook(testOffer(t), hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), two)}); got[0] != "A2 R5-instruction rejected" {
		t.Errorf("two in one cell: %q", got)
	}
}
