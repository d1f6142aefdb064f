package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// What people report in public about the files they exchange, each tried here. Where a
// report came from is above it.

const (
	publicHeadings = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant,Status"
	publicRow      = "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE"
	publicCounts   = "1001 A 5000 counts"
)

// publicCSV reads a CSV file as written and says what came of it.
func publicCSV(o *tender.Offer, content string) []string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.csv"}})
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
		"Transaction Type,REVERSAL": true, "Action,DELETE": true, "Remarks,WITHDRAWN per email": true,
		"Note,please cancel": true, ",cancelled": true,
		"Remarks,not withdrawn": false, "Remarks,with thanks": false, "Fund,Cancellara Reversion Ltd": false,
		"Contact,was withdrawn": false,
	} {
		heading, value, _ := strings.Cut(beside, ",")
		got := publicCSV(testOffer(t), publicHeadings+","+heading+"\n"+publicRow+","+value+"\n")
		if slices.Contains(got, "C2 R5-beside rejected") != refused || slices.Contains(got, publicCounts) == refused {
			t.Errorf("%s: %q", beside, got)
		}
	}
	// One that is reported as withdrawn needs no second word.
	got := publicCSV(testOffer(t), publicHeadings+",Remarks\n"+strings.Replace(publicRow, "MADE", "WITH",
		1)+",withdrawn\n")
	if slices.Contains(got, "C2 R5-beside rejected") {
		t.Errorf("withdrawn and said so: %q", got)
	}
}

func TestTheOfferWaivesWhatIsSaidBesideARow(t *testing.T) {
	file := publicHeadings + ",Remarks\n" + publicRow + ",withdrawn in error\n"
	o := testOffer(t)
	o.Waivers = []tender.Waiver{{Depositary: "DTC", Instruction: "1001", Rule: tender.RuleBeside,
		By: "the tender agent", On: tender.Date{Year: 2004, Month: 11, Day: 13}}}
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
		if got := publicCSV(testOffer(t),
			publicHeadings+","+heading+"\n"+publicRow+","+value+"\n"); !strings.Contains(got[0], "R6-unread-column") {
			t.Errorf("%s: %q", column, got)
		}
	}
}

// publicSheet is a sheet part of rows; a cell that begins with # is a number, one with d# a
// date and time, one with < is XML as written, all others are texts.
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
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
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
		"CSV": publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\n\""+second+"\"\n"),
		"workbook": publicBook(testOffer(t),
			hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"),
				[]string{second})}),
		"workbook with tabs": publicBook(testOffer(t),
			hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"),
				[]string{strings.ReplaceAll(second, ",", "\t")})}),
		"in a column at side": publicBook(testOffer(t),
			hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","), publicTender("1001"),
				[]string{"", "", "", "", "", "", "", second})}),
	} {
		if !strings.Contains(got[0], "A3: a whole line is in one field") &&
			!strings.Contains(got[0], "H3: a whole line is in one field") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\n\"Prepared for A, B, C, D, and E, on 12 "+
		"Nov\"\n"); got[0] != publicCounts {
		t.Errorf("a remark with commas: %q", got)
	}
}

// https://github.com/lightdash/lightdash/issues/6016 and
// https://github.com/metabase/metabase/issues/73054: what says that it was cut is not whole.
func TestAReportThatSaysThatRowsAreMissing(t *testing.T) {
	for notice, found := range map[string]bool{
		"*** Results truncated ***": true, "Only the first 10,000 rows are shown": true,
		"ERROR: canceling statement due to timeout": true,
		"ORA-01555: snapshot too old":               true, "Export limit reached": true,
		"Not all rows could be written": true, "120 more rows": true,
		"Maximum number of rows exceeded": true, "(1 rows affected)": false, "Page 1 of 2": false,
		"Errors and omissions excepted": false, "End of report": false,
	} {
		for where, file := range map[string]string{"below": publicHeadings + "\n" + publicRow + "\n" + notice + "\n",
			"above": `"` + notice + "\"\n" + publicHeadings + "\n" + publicRow + "\n"} {
			got := publicCSV(testOffer(t), strings.ReplaceAll(file, "\n"+notice+"\n", "\n\""+notice+"\"\n"))
			if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "R6-row-limit") }) != found ||
				got[0] != publicCounts {
				t.Errorf("%s %s: %q", notice, where, got)
			}
		}
	}
	got := publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\nTotal,,5000\nResults truncated\n")
	if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "R6-row-limit") }) {
		t.Errorf("a total shows that it is whole: %q", got)
	}
}

// https://github.com/WeihanLi/WeihanLi.Npoi/issues/94: what is too long goes on on another
// sheet, with or without headings. People list withdrawals there.
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
		"more rows, no headings": {book("Sheet2", publicTender("1002"), publicTender("1003")), true},
		"numbers and times": {book("Sheet2", []string{"VOI Number", "Withdrawn At"},
			[]string{"1001", "d#38303.6"}), true},
		"named so":            {book("Withdrawals", []string{"No."}, []string{"#1001"}), true},
		"headed so":           {book("Sheet2", []string{"Withdrawn VOIs"}, []string{"1001"}), true},
		"named so, and empty": {book("Withdrawals", []string{"VOI Number", "Withdrawn At"}), false},
		"a summary": {book("Summary", []string{"CUSIP", "Title", "Count", "Total"},
			[]string{"52729NAA8", "9-1/8% notes", "#1", "#5000"}), false},
		"a sentence about the law": {book("Notes", []string{"Tenders may be withdrawn at any time until 12 November"},
			[]string{"5 p.m."}), false},
	} {
		got := publicBook(testOffer(t), test.book)
		if refused := strings.Contains(got[0], "R6-sheet"); refused != test.refused ||
			(!refused && got[0] != publicCounts) {
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
		"2-Mar": "R5-instruction", "Mar-02": "R5-instruction", "2-Mar-04": "R5-instruction",
		"3/2/2004":   "R5-instruction", // genes became dates
		"2004-03-02": "R5-instruction", "2004-03-02 00:00:00": "R5-instruction",
		"2.19E+26": "R5-instruction", // https://github.com/bloom-housing/bloom/issues/4458
		"1,001":    "R5-instruction", // https://github.com/akvo/akvo-flow/issues/2291 and its like
		"#NAME?":   "R5-error-value", "#####": "R5-error-value",
		"TRUE": "R5-error-value", // https://github.com/alexcaza/export-to-csv/issues/18
		"nan":  "R5-missing", "10\u200b01": "R5-instruction",
		"\x1f1001":   "1001", // https://github.com/hhurz/tableExport.jquery.plugin/issues/103: so that Excel keeps zeros
		"1001\u200e": "1001", "1001\u00a0": "1001", "\t1001": "1001",
		"219E01BE": "219E01BE", "12-AB": "12-AB", "MARCH1": "MARCH1", "2004/17": "2004/17", "VOI-0042": "VOI-0042",
		"1-2": "1-2", "#1001": "#1001",
	} {
		got := publicCSV(testOffer(t), withField(0, id))
		if rejected := strings.HasPrefix(want, "R5-"); (rejected && got[0] != "A2 "+want+" rejected") ||
			(!rejected && got[0] != want+" A 5000 counts") {
			t.Errorf("instruction %q: %q, want %s", id, got, want)
		}
	}
	for participant, want := range map[string]string{"2-Mar": "R5-participant", "TRUE": "R5-error-value",
		"#REF!": "R5-error-value"} {
		if got := publicCSV(testOffer(t), withField(4, participant)); !slices.Contains(got, "E2 "+want+" rejected") {
			t.Errorf("participant %q: %q, want %s", participant, got, want)
		}
	}
	// https://github.com/clarketm/TableExport/issues/164: two numbers in one cell.
	two := publicTender("1001&#10;1002")
	if got := publicBook(testOffer(t), hostileBook{sheet: publicSheet(strings.Split(publicHeadings, ","),
		two)}); got[0] != "A2 R5-instruction rejected" {
		t.Errorf("two in one cell: %q", got)
	}
}

// publicCase is a file and what must come of it: the first line that is said begins so.
type publicCase struct{ name, file, want string }

func checkPublic(t *testing.T, cases []publicCase) {
	t.Helper()
	for _, c := range cases {
		if got := publicCSV(testOffer(t), c.file); !strings.HasPrefix(got[0], c.want) &&
			!strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
}

// How whole CSV files are written.
func TestPublicReportsOnCSVFiles(t *testing.T) {
	file := publicHeadings + "\n" + publicRow + "\n"
	semicolons := strings.ReplaceAll(file, ",", ";")
	checkPublic(t, []publicCase{
		{"sep= gives Excel the separator, https://github.com/mechatroner/vscode_rainbow_csv/issues/108",
			"sep=;\n" + semicolons, publicCounts},
		{"sep= in quotation marks, https://github.com/close2/csv/issues/68", "\"sep=,\"\n" + file, publicCounts},
		{"the encoding in the first line, https://github.com/mechatroner/vscode_rainbow_csv/issues/13",
			"UTF-8\n" + file, publicCounts},
		{"a byte order mark, https://github.com/getodk/javarosa/issues/687", "\ufeff" + file, publicCounts},
		{"one before a quotation mark", "\ufeff\"" + strings.ReplaceAll(publicHeadings, ",",
			`","`) + "\"\n" + publicRow + "\n", publicCounts},
		{"two of them, encoded twice, https://github.com/hhurz/tableExport.jquery.plugin/issues/27", "\ufeffï»¿" + file,
			publicCounts},
		{"one that was encoded twice, https://github.com/azavea/django-queryset-csv/issues/71", "ï»¿" + file,
			publicCounts},
		{"Excel for the Mac, https://github.com/WarrenWilkinson/read-csv/issues/7",
			strings.ReplaceAll(file, "\n", "\r"), publicCounts},
		{"only some lines so", strings.Replace(file, "\n", "\r", 1), "R6-csv"},
		{"the end mark of DOS", file + "\x1a", publicCounts},
		{"one within", strings.Replace(file, "0901", "09\x1a01", 1), "E2 R5-participant rejected"},
		{"columns without anything, https://github.com/OpenDataRepository/data-publisher/issues/84",
			publicHeadings + ",,,\n" + publicRow + ",,,\n", publicCounts},
		{"an index column, https://github.com/brendanjmeade/celeri/issues/5",
			"Unnamed: 0," + publicHeadings + "\n0," + publicRow + "\n", publicCounts},
		{"a heading twice, https://github.com/catamphetamine/read-excel-file/issues/16",
			publicHeadings + ",Status\n" + publicRow + ",WITH\n", "R6-column"},
		{"renamed because it was there twice, https://github.com/ToucanToco/fastexcel/issues/508",
			publicHeadings + ",Status_1\n" + publicRow + ",WITH\n", "R6-unread-column"},
		{"a web page as .xls, https://github.com/roo-rb/roo/issues/572",
			"<html><body><table><tr><td>VOI</td></tr></table></body></html>", "web page (HTML)"},
		{"Windows-1252, https://github.com/aniav/ynab-csv/issues/19",
			publicHeadings + ",Participant Name\n" + publicRow + ",M\xfcller\n", "a character is not UTF-8"},
		{"a comma within a text in quotation marks, https://github.com/modmore/importX/issues/67",
			publicHeadings + ",Participant Name\n" + publicRow + ",\"Bank, Ltd\"\n", publicCounts},
		{"a quotation mark too many, https://github.com/OpenRefine/OpenRefine/issues/690",
			publicHeadings + ",Participant Name\n" + publicRow + ",ensemble\". x\n", "R6-csv"},
		{"no line end at the end, https://github.com/brimdata/super/issues/4732", strings.TrimSuffix(file, "\n"),
			publicCounts},
		{"a totals row, https://github.com/sfirke/janitor/issues/194", file + "Total,,5000\n", publicCounts},
		{"one that is wrong", file + "Total,,6000\n", "R6-total"},
		{"one of a German Excel", file + "Ergebnis,,5000,,,\n", publicCounts},
		{"one of a German Excel that is wrong", file + "Gesamtergebnis,,6000,,,\n", "R6-total"},
	})
}

// How amounts are written.
func TestPublicReportsOnAmounts(t *testing.T) {
	const rejected = "C2 R5-principal rejected"
	for value, want := range map[string]string{
		"5000-":        rejected,     // https://github.com/abap2xlsx/abap2xlsx/issues/15
		"(5,000.00)":   rejected,     // https://github.com/actualbudget/actual/issues/807
		"5,000 CR":     rejected,     // https://github.com/rustledger/rustledger/pull/1475
		"'-5000":       rejected,     // https://github.com/odoo/odoo/issues/18798
		"1,00,000":     rejected,     // https://github.com/d3/d3/issues/2817: or a digit is missing
		"5'000":        publicCounts, // https://github.com/invoice-x/invoice2data/pull/306
		"5\u202f000":   publicCounts, // https://github.com/fisharebest/webtrees/pull/5431
		"5\u00a0000":   publicCounts, // https://github.com/globalizejs/globalize/issues/288
		"5\u2007000":   publicCounts, // https://github.com/vufind-org/vufind/pull/3187
		"5\u2008000":   publicCounts,
		"5.000,00":     publicCounts, // https://github.com/firefly-iii/firefly-iii/issues/4106
		"5,000.00 USD": publicCounts,
		"5.000":        rejected,
		"5 000,00":     publicCounts,
		"5K":           rejected,
		"5000*":        rejected,
	} {
		if got := publicCSV(testOffer(t), withField(2, value)); got[0] != want {
			t.Errorf("%q: %q, want %s", value, got, want)
		}
	}
	// https://github.com/opencollective/opencollective/issues/4525 and
	// https://github.com/metasfresh/metasfresh/issues/3977: the column is in cents.
	for heading, want := range map[string]string{
		"Principal Amount (cents)": "R6-scale", "Amount in minor units": "R6-scale", "Principal Amount %": "R6-scale",
		"Principal Amount (%)": "R6-scale",
		"Quantity (bonds)":     "R6-scale", "Principal Amount*": publicCounts, "Principal\nAmount": publicCounts,
	} {
		headings := strings.Replace(publicHeadings, "Principal Amount", `"`+heading+`"`, 1)
		if got := publicCSV(testOffer(t), headings+"\n"+publicRow+"\n"); !strings.Contains(got[0], want) {
			t.Errorf("%s: %q, want %s", heading, got, want)
		}
	}
}

// How times are written.
func TestPublicReportsOnTimes(t *testing.T) {
	for value, want := range map[string]string{
		"2004-11-10 10:01\u202fPM": publicCounts, // https://github.com/date-fns/date-fns/issues/3348
		"10-Dez-2004 10:01":        "D2 R1-unreadable rejected",
		"13-Okt-2004 10:01":        "D2 R1-unreadable rejected",     // https://github.com/abritinthebay/datejs/issues/37
		"11/10/2004 10:01":         "D2 R1-ambiguous-date rejected", // both readings are dates
		"01:00.0":                  "D2 R1-unreadable rejected",     // what Excel leaves of a time of an hour
		"2004-11-10":               "D2 R1-no-time-of-day rejected", // the time was lost
		"1100098860":               "D2 R1-unreadable rejected",     // seconds since 1970
		"38301.41736":              "D2 R1-unreadable rejected",     // a serial as text
		"2004-11-10T10:01:00+0000": publicCounts,
		"2004-11-10 10:01:00 EDT":  "D2 R1-unreadable rejected", // not in force in November
		"2004-10-31 01:30":         "D2 R1-clock-change rejected",
		"########":                 "D2",
	} {
		if got := publicCSV(testOffer(t), withField(3, value)); !strings.HasPrefix(got[0], want) ||
			(want == "D2" && !strings.HasSuffix(got[0], "rejected")) {
			t.Errorf("%q: %q, want %s", value, got, want)
		}
	}
}

// How workbooks are written.
func TestPublicReportsOnWorkbooks(t *testing.T) {
	headings := strings.Split(publicHeadings, ",")
	with := func(i int, cell string) hostileBook {
		row := publicTender("1001")
		row[i] = cell
		return hostileBook{sheet: publicSheet(headings, row)}
	}
	styled := func(code string, i int, cell string) hostileBook {
		h := with(i, `<c s="2"><v>`+cell+`</v></c>`)
		h.style = `<numFmts count="1"><numFmt numFmtId="164" formatCode="` + code + `"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs>`
		return h
	}
	gap := with(2, "#5000")
	gap.sheet = strings.Replace(gap.sheet, "</sheetData>",
		strings.Repeat(`<row><c s="1"/><c s="1"/></row>`,
			20_000)+strings.TrimSuffix(strings.TrimPrefix(publicSheet(publicTender("1002")), "<sheetData>"),
			"</sheetData>")+"</sheetData>", 1)
	bookProperties := func(properties string) hostileBook {
		h := with(3, "d#36841.5")
		h.parts = map[string]string{"xl/workbook.xml": strings.Replace(workbookXML(`<sheet name="Tenders" sheetId="1" r:id="s1"/>`), "<sheets>", properties+"<sheets>", 1)}
		return h
	}
	strict := with(2, "#5000")
	_, strict.parts = strict.content()
	for name, part := range strict.parts {
		part = strings.ReplaceAll(part, hostileMain, "http://purl.oclc.org/ooxml/spreadsheetml/main")
		strict.parts[name] = strings.ReplaceAll(part, hostileDocRel,
			"http://purl.oclc.org/ooxml/officeDocument/relationships")
	}
	hidden := with(2, "#5000")
	hidden.sheet = strings.Replace(hidden.sheet, "</sheetData>",
		strings.Replace(strings.TrimPrefix(publicSheet(publicTender("1002")), "<sheetData>"), "<row>",
			`<row hidden="1">`, 1), 1)
	flat := hidden
	flat.sheet = strings.Replace(flat.sheet, `hidden="1"`, `ht="0" customHeight="1"`, 1)
	for _, c := range []struct {
		name string
		book hostileBook
		want string // one of the lines begins so
	}{
		{"_x000D_ in a text, https://github.com/tidyverse/readxl/issues/51", with(0, "1001_x000D_"), publicCounts},
		{"the escape escaped, https://github.com/exceljs/exceljs/pull/584", with(0, "_x005F_x000D_"),
			"_x000D_ A 5000 counts"},
		{"phonetic hints, https://github.com/pythonicrubyist/creek/pull/77",
			with(2, `<c t="inlineStr"><is><t>5000</t><rPh sb="0" eb="1"><t>9</t></rPh></is></c>`), publicCounts},
		{"texts in line, https://github.com/nuovo/spreadsheet-reader/issues/52", with(2, "5000"), publicCounts},
		{"CDATA, https://github.com/tafia/calamine/issues/648",
			with(2, `<c t="inlineStr"><is><t><![CDATA[5000]]></t></is></c>`), publicCounts},
		{"an empty text in line, https://github.com/JanMarvin/openxlsx2/pull/1039", with(2, `<c t="inlineStr"/>`),
			"C2 R5-missing rejected"},
		{"cells without r, some with, https://github.com/tidyverse/readxl/issues/648",
			with(4, `<c r="E2"><v>901</v></c>`), publicCounts},
		{"strict Open XML, https://github.com/ExcelDataReader/ExcelDataReader/issues/498", strict, publicCounts},
		{"1904 as true, https://github.com/monitorjbl/excel-streaming-reader/issues/218",
			bookProperties(`<workbookPr date1904="true"/>`), publicCounts},
		{"not 1904", bookProperties(""), "D2 R1-implausible rejected"},
		{"[Red] is no date, https://github.com/tidyverse/readxl/issues/388", styled("0;[Red]0", 2, "5000"),
			publicCounts},
		{"_M is no date, https://github.com/nacnudus/tidyxl/issues/24", styled("#,##0_M_M_M", 2, "5000"), publicCounts},
		{"General as a custom format, https://github.com/box/spout/issues/212", styled("General", 2, "5000"),
			publicCounts},
		{"a format that shows nothing, https://github.com/dtjohnson/xlsx-populate/issues/85", styled(";;;", 2, "5000"),
			"C2 R5-principal rejected"},
		{"no zeros shown, https://github.com/abap2xlsx/abap2xlsx/issues/1090", styled("0;-0;;@", 2, "5000"),
			publicCounts},
		{"parentheses around what is above zero", styled("(#,##0)", 2, "5000"), "C2 R5-principal rejected"},
		{"a quoted percent sign", styled("0&quot;%&quot;", 2, "5000"), "C2 R5-principal rejected"},
		{"accounting, https://github.com/bojanz/currency/pull/28",
			styled("_($* #,##0.00_);_($* (#,##0.00);_($* &quot;-&quot;??_);_(@_)", 2, "5000"), publicCounts},
		{"a row without height", flat, "note: row 3: hidden, and read like the others"},
		{"[h]:mm:ss is a time", styled("[h]:mm:ss", 3, "38303.5"), publicCounts},
		{"an exponent for show, https://github.com/jazzband/tablib/pull/650", styled("0.00E+00", 2, "5000"),
			publicCounts},
		{"16 digits, https://github.com/microsoft/azuredatastudio/issues/25455", with(0, "#9221000000028920"),
			"A2 R5-instruction rejected"},
		{"a formula that was stored as 0, https://github.com/jmcnamara/XlsxWriter/issues/877",
			with(2, "<c><f>A1*5</f><v>0</v></c>"), "C2 R5-formula rejected"},
		{"a formula without a value, https://github.com/felipe-prenholato/openpyxl/issues/69",
			with(2, "<c><f>A1*5</f></c>"), "C2 R5-formula rejected"},
		{"rows of styles, then a tender, https://github.com/iOfficeAI/OfficeCLI/issues/149", gap, "1002 A 5000 counts"},
		{"a hidden row, https://github.com/dfinke/ImportExcel/issues/762", hidden,
			"note: row 3: hidden, and read like the others"},
		{"a residue above the amount", with(2, "#5000.00000000001"), "C2 R5-minor-unit rejected"},
	} {
		if got := publicBook(testOffer(t), c.book); !slices.ContainsFunc(got,
			func(s string) bool { return strings.HasPrefix(s, c.want) }) {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
	// https://github.com/dilshod/xlsx2csv/issues/84, https://github.com/tidyverse/readxl/issues/315:
	// the second before is the second after.
	for serial, want := range map[string]string{"38303.7083333333": "17:00:00", "38303.70833331": "16:59:59.998",
		"38303.708321759": "16:59:59"} {
		h := with(3, "d#"+serial)
		r := newReading(testOffer(t), values.NewSecurities(testOffer(t)),
			inbox.Chosen{Depositary: testOffer(t).Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
		r.read(h.bytes())
		if got := r.line(0).instruction.Received.Format("15:04:05.999"); got != want {
			t.Errorf("%s: received %s, want %s", serial, got, want)
		}
	}
}

// https://github.com/sindresorhus/electron-dl/issues/111, https://github.com/dtjm/textdropapp.com/issues/62
// and https://github.com/hsr88/mouzi/issues/13: names that browsers and file services give.
func TestNamesOfCopiesAndOfUnfinishedDownloads(t *testing.T) {
	for _, incremental := range []bool{false, true} {
		for name, refused := range map[string]bool{
			"dtc-2004-11-12 (1).csv": true, "dtc-2004-11-12(2).csv": true, "dtc-2004-11-12 - Copy.csv": true,
			"dtc-2004-11-12 - Copy (2).csv":                               true,
			"dtc-2004-11-12 (the agent's conflicted copy 2004-11-13).csv": true,
			"dtc-2004-11-12.csv.crdownload":                               false, "dtc-2004-11-12.csv.filepart": false,
			"Copy of dtc-2004-11-12.csv": false, "._dtc-2004-11-12.csv": false,
		} {
			o := testOffer(t)
			o.Depositaries[0].Incremental = incremental
			choice, err := inbox.Choose(o, []string{"dtc-2004-11-12.csv", name},
				time.Date(2004, 11, 12, 18, 0, 0, 0, o.Zone))
			if got := err != nil && strings.Contains(err.Error(), "R6-name"); got != refused ||
				(!refused && len(choice.Chosen) != 1) {
				t.Errorf("%s, incremental %v: %v, %d used", name, incremental, err, len(choice.Chosen))
			}
		}
	}
}

// https://github.com/akvo/akvo-flow/issues/2291 and http://support.microsoft.com/kb/269370: a
// spreadsheet rounds what has more than fifteen digits. As text it looks like any number.
func TestLongNumbersThatASpreadsheetRounded(t *testing.T) {
	for ids, found := range map[string]bool{
		"123456789012345000": true,
		"1234567890123450 1234567890123460 1234567890123470": true,
		"1234567890123450": false, // one in ten ends so
		"1234567890123450 1234567890123461 1234567890123470":  false,
		"123456789012345678 123456789012345000":               false,
		"VOI-12345678901234567000 123456789012345 1001":       false,
		"123456789012345000 1001 VOI-1234567890123456 1002":   true,
		"1234567890123456789 2234567890123456789 10000000000": false,
	} {
		file := publicHeadings + "\n"
		for id := range strings.FieldsSeq(ids) {
			file += strings.Replace(publicRow, "1001", id, 1) + "\n"
		}
		got := publicCSV(testOffer(t), file)
		if slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s,
				"A2 R6-digits counted")
		}) != found {
			t.Errorf("%s: %q", ids, got)
		}
	}
	if got := publicCSV(testOffer(t), withField(4, "123456789012345000")); !slices.Contains(got,
		"E2 R6-digits counted") {
		t.Errorf("a participant: %q", got)
	}
}

// https://github.com/jjuback/gc-excelviewer/issues/24: people take a row out by a # before it, and
// here it counted under another number. https://github.com/stevehansen/csv/issues/65: others have
// values that begin so.
func TestRowsThatWereTakenOutAsComments(t *testing.T) {
	second := strings.Replace(publicRow, "1001", "1002", 1)
	for _, mark := range []string{"#", "//", "-- ", ";"} {
		got := publicCSV(testOffer(t), publicHeadings+"\n"+publicRow+"\n"+mark+second+"\n")
		if !strings.Contains(got[0], "R6-identifier") || !strings.Contains(got[0], "row 3") {
			t.Errorf("%q: %q", mark, got)
		}
	}
	if got := publicCSV(testOffer(t), publicHeadings+"\n#"+publicRow+"\n#"+second+"\n"); got[0] != "#1001 A 5000 "+
		"counts" {
		t.Errorf("all begin so: %q", got)
	}
}
