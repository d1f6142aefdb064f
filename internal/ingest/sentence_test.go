package ingest

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// Each case is named after a sentence of what a reader of depositaries' reports
// promises, and shows it on a row or two.
func TestPromises(t *testing.T) {
	const good = "0900007 A 5000 counts"
	row := func(cells string) []string { return []string{testHeadings, cells} }
	amount := func(cell string) []string { return row("0900007 | 52729NAA8 | " + cell + " | d#38303.5 | 0123") }
	at := func(cell string) []string { return row("0900007 | 52729NAA8 | #5000 | " + cell + " | 0123") }
	security := func(cell string) []string { return row("0900007 | " + cell + " | #5000 | d#38303.5 | 0123") }
	for _, test := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"headings reordered", []string{"Participant | Submitted At | Principal Amount | CUSIP | VOI Number",
			"0123 | d#38303.5 | #5000 | 52729NAA8 | 0900007"}, []string{good}},
		{"headings in row 50", append(strings.Split(strings.Repeat("title\n", 49), "\n")[:49], testHeadings, testRow),
			[]string{good}},
		{"headings split over two rows", []string{"VOI | | Principal | Submitted | DTC",
			"Number | CUSIP | Amount | At | Participant", testRow}, []string{good}},
		{"a repeated heading row is skipped and said", []string{testHeadings, testRow, testHeadings},
			[]string{good, "note: row 3: the headings again, and skipped"}},
		{"subtotals and totals below are verified",
			[]string{testHeadings, testRow, "Subtotal | | #5000", "Total | | #5000"}, []string{good}},

		{"dollar sign taken", amount("$5,000"), []string{good}},
		{"currency code taken", amount("USD 5,000.00"), []string{good}},
		{"thousands separators of one kind taken", amount("5'000"), []string{good}},
		{"thousands separators of two kinds rejected", amount("5,000'000"), []string{"C2 R5-principal rejected"}},
		{"no-break spaces taken", amount("\u00a05\u00a0000\u00a0"), []string{good}},
		{"trailing zeros taken", amount("5000.000000"), []string{good}},
		{"trailing zeros of a number taken", amount("#5000.00"), []string{good}},
		{"parentheses rejected", amount("(5,000)"), []string{"C2 R5-principal rejected"}},
		{"minus rejected", amount("-5000"), []string{"C2 R5-principal rejected"}},
		{"minus behind rejected", amount("5000-"), []string{"C2 R5-principal rejected"}},
		{"negative number rejected", amount("#-5000"), []string{"C2 R5-principal-positive rejected"}},
		{"percent rejected", amount("50%"), []string{"C2 R5-principal rejected"}},
		{"percent by format rejected", amount("%#0.5"), []string{"C2 R5-principal rejected"}},
		{"exponent in text rejected", amount("5E+03"), []string{"C2 R5-principal rejected"}},
		{"exponent in a number taken", amount("#5E+03"), []string{good}},
		{"Arabic digits rejected", amount("٥٠٠٠"), []string{"C2 R5-principal rejected"}},
		{"full-width digits rejected", amount("５０００"), []string{"C2 R5-principal rejected"}},
		{"look-alike letters rejected", amount("5OOO"), []string{"C2 R5-principal rejected"}},
		{"fractions rejected", amount("5000 1/2"), []string{"C2 R5-principal rejected"}},
		{"float residue rejected", amount("#5000.0000000000009"), []string{"C2 R5-principal rejected"}},
		{"above 15 digits rejected", amount("#1234567890123456"), []string{"C2 R5-principal rejected"}},
		{"above 15 digits in text rejected", amount("1,234,567,890,123,456"), []string{"C2 R5-principal rejected"}},
		{"a comma that may part thousands or decimals rejected", amount("5000,000"),
			[]string{"C2 R5-principal rejected"}},

		{"serials to the millisecond", at("d#38303.7083298611"), []string{good}},
		{"ISO text", at("2004-11-12T16:59:59.700"), []string{good}},
		{"American text when the day decides it", at("11/13/2004 4:59 PM"), []string{good}},
		{"European text when the day decides it", at("13.11.2004 16:59"), []string{good}},
		{"text that can be American or European rejected", at("11/12/2004 16:59"),
			[]string{"D2 R1-ambiguous-date rejected"}},
		{"an offset in the text is honoured", at("2004-11-12T22:59:59+01:00"), []string{good}},
		{"a zone in the text is honoured", at("2004-11-12 16:59 EST"), []string{good}},
		{"a zone that does not agree with the date rejected", at("2004-11-12 16:59 EDT"),
			[]string{"D2 R1-unreadable rejected"}},
		{"29 February 1900 rejected", at("d#60.5"), []string{"D2 R1-unreadable rejected"}},
		{"29 February 1900 in text rejected", at("1900-02-29 12:00"), []string{"D2 R1-unreadable rejected"}},
		{"the doubled hour rejected", at("d#38291.0625"), []string{"D2 R1-clock-change rejected"}},
		{"the missing hour rejected", at("2005-04-03 02:30"), []string{"D2 R1-clock-change rejected"}},
		{"another century rejected", at("1904-11-12 16:59"), []string{"D2 R1-implausible rejected"}},
		{"the next century rejected", at("2104-11-12 16:59"), []string{"D2 R1-implausible rejected"}},
		{"two digits of a year with two readings rejected", at("11/12/04 16:59"),
			[]string{"D2 R1-ambiguous-date rejected"}},
		{"two digits of a year with one reading read", at("11/13/04 16:59"), []string{good}},

		{"check digit verified", security("52729NAA3"), []string{"B2 R5-security-check-digit rejected"}},
		{"case does not matter", security("52729naa8"), []string{good}},
		{"ISIN read as well", security("XS0108503615"), []string{"0900007 E 5000 counts"}},
		{"leading zeros lost are restored and said", security("#37833100"),
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"an exponent is restored and said", security("#8.8579E+104"),
			[]string{"0900007 B 5000 counts", "B2 R5-security-repaired counted"}},
		{"a number that no security of the offer can be rejected", security("#37833101"),
			[]string{"B2 R5-security-unknown rejected"}},

		{"a formula is a reject", amount("=#5000"), []string{"C2 R5-formula rejected"}},
		{"a formula in a column that decides nothing is copied",
			[]string{testHeadings + " | Contact", testRow + " | =desk"}, []string{good}},
		{"hidden rows count and are said", []string{testHeadings, "~" + testRow},
			[]string{good, "note: row 2: hidden, and read like the others"}},
		{"a duplicate by type and spaces is an exception on both lines",
			[]string{testHeadings, "#900007 | 52729NAA8 | #5000 | d#38303.5 | 0123",
				"\u00a0900007 | 52729NAA8 | #5000 | d#38303.5 | 0123"},
			[]string{"A2 R5-duplicate rejected", "A3 R5-duplicate rejected"}},
		{"a duplicate that is identical in every column counts once", []string{testHeadings, testRow, testRow},
			[]string{good, "A3 R5-duplicate not counted"}},
		{"a duplicate that differs in a column not read is an exception",
			[]string{testHeadings + " | X", testRow + " | a", testRow + " | b"},
			[]string{"A2 R5-duplicate rejected", "A3 R5-duplicate rejected", `note: columns not read: "X"`}},
		{"a participant number that may have lost its zero is said",
			[]string{testHeadings, testRow, "2 | 52729NAA8 | #5000 | d#38303.5 | #123"},
			[]string{good, "2 A 5000 counts", "note: row 3: the participant is stored as a number"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, understood(testOffer(t), sheetOf("Tenders", nil, test.lines...)), test.want...)
		})
	}
}

// DTC's codes: what counts, what is out, what is pending, and what is unknown
// until the offer says it.
func TestDTCCodes(t *testing.T) {
	const headings = testHeadings + " | Status"
	for want, codes := range map[string]string{
		"tendered": "MADE", "pending": "PDOC PENA PEND", "withdrawn": "WITH",
		"rejected": "CANC CCAN DROP REJA REJT RESC", "F2 R2-status": "REMD SWUN RECY",
	} {
		for code := range strings.FieldsSeq(codes) {
			if got := statusOf(testOffer(t), headings, testRow+" | "+code); got != want {
				t.Errorf("%s: %s, want %s", code, got, want)
			}
		}
	}
	o := testOffer(t)
	o.Depositaries[0].Statuses = map[string]tender.Status{"REMD": tender.Pending, "MADE": tender.Rejected}
	if got := statusOf(o, headings, testRow+" | REMD"); got != "pending" {
		t.Errorf("REMD once the offer says it: %s", got)
	}
	if got := statusOf(o, headings, testRow+" | MADE"); got != "rejected" {
		t.Errorf("what the offer says goes before: %s", got)
	}
}

// A number that can be two securities of the offer is not guessed at.
func TestNumberThatCanBeTwoSecurities(t *testing.T) {
	o := testOffer(t)
	o.Series[0].Securities = append(o.Series[0].Securities, "0000012E3")
	o.Series[1].Securities = append(o.Series[1].Securities, "000012000")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, "1 | #12000 | #5000 | d#38303.5 | 1")),
		"B2 R5-security rejected")
}

// Participant numbers keep their zeros.
func TestParticipantKeepsItsZeros(t *testing.T) {
	r := newReading(testOffer(t), values.NewSecurities(testOffer(t)),
		inbox.Chosen{Depositary: testOffer(t).Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil, testHeadings, "0900007 | 52729NAA8 | #5000 | d#38303.5 | 00000123")})
	if in := r.line(0).instruction; in.Participant != "00000123" || in.ID != "0900007" {
		t.Errorf("participant %q, instruction %q", in.Participant, in.ID)
	}
}

// Every text that is copied through keeps what is written, shows what cannot be
// seen, and has an end.
func TestTextThatIsCopied(t *testing.T) {
	for text, want := range map[string]string{
		"Société Générale, London":       "Société Générale, London",
		"日本":                             "日本",
		"a\u200fb":                       `a\u200fb`,
		"a\u202eb":                       `a\u202eb`,
		"a\x07b\tc":                      `a\u0007b\u0009c`,
		"a\x00b":                         `a\u0000b`,
		"\u00a0 a ":                      "a",
		"=HYPERLINK(\"x\")":              "=HYPERLINK(\"x\")",
		strings.Repeat("x", 40_000):      strings.Repeat("x", 32_767),
		strings.Repeat("é", 40_000):      strings.Repeat("é", 32_767),
		strings.Repeat("\u202e", 40_000): strings.Repeat(`\u202e`, 32_767/6),
	} {
		var k keeper
		b := values.Trimmed([]byte(text))
		got := k.text(0, b)
		if !values.IsPlainText(b) || len(b) > display.MaxText {
			got = display.Copied(string(b))
		}
		if got != want {
			t.Errorf("%.20q: %.40q of %d, want %.40q", text, got, len(got), want)
		}
	}
}

// Files that are no report are recognised by their content, and the message says
// what to ask for.
func TestForeignFiles(t *testing.T) {
	whole := string(workbook(t, testRows, nil))
	for _, test := range []struct{ name, content, want string }{
		{"dtc-1.xlsx", "%PDF-1.4\n%", "PDF"},
		{"dtc-1.csv", "%PDF-1.4\n%", "PDF"},
		{"dtc-1.xlsx", "<html><body><table><tr><td>VOI</td></tr></table></body></html>", "web page"},
		{"dtc-1.xlsx", "", "empty"},
		{"dtc-1.txt", " \r\n", "empty"},
		{"dtc-1.xlsx", whole[:len(whole)/2], ""},
		{"dtc-1.csv", whole[:len(whole)/2], ""},
		{"dtc-1.xlsx", testCSV, ""},
		{"dtc-1.xlsx", "PK\x05\x06" + strings.Repeat("\x00", 18), ""},
	} {
		o := testOffer(t)
		_, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
			File: inbox.File{Name: test.name, Content: []byte(test.content)}}})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), test.name+": ") {
			t.Errorf("%s, %.20q: %v", test.name, test.content, err)
		}
	}
}

// A workbook is one whatever it is called, and so are the kinds of text files.
func TestNamesOfFiles(t *testing.T) {
	macros := string(workbook(t, testRows, func(f *excelize.File) { f.Path = "dtc-1.xlsm" }))
	for _, test := range []struct{ name, content, want string }{
		{"dtc-1.xlsm", macros, "0900007 A 5000 counts"},
		{"dtc-1.csv", macros, "0900007 A 5000 counts"},
		{"dtc-1.CSV", testCSV, "0900007 A 5000 counts"},
		{"dtc-1.tsv", strings.ReplaceAll(strings.Replace(testCSV, `"5,000"`, "5000", 1), ",", "\t"),
			"0900007 A 5000 counts"},
		{"dtc-1.txt", testCSV, "0900007 A 5000 counts"},
	} {
		o := testOffer(t)
		r := newReading(o, values.NewSecurities(o),
			inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: test.name}})
		r.read([]byte(test.content))
		if got := outcomeOf(r); got[0] != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// What is at once in plain form is the same as what the close look finds.
func FuzzPlainForms(f *testing.F) {
	for _, s := range []string{"1,000.00", "5000", "1.000", "12,34", "999,999,999,999,999", "2004-11-12 16:59:59.700",
		"2004-02-30T10:00", "2004-11-12 24:00", "38303.5", "1E3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := values.PlainAmount([]byte(s), true); ok {
			slow, mark, wrong := values.TextAmount(s)
			if wrong != nil || mark != "" || slow.IntPart() != v || !slow.IsInteger() {
				t.Errorf("%q: %d at once, else %s %v", s, v, slow, wrong)
			}
		}
		if v, ok := values.PlainAmount([]byte(s), false); ok {
			if slow, wrong := values.NumberAmount(s); wrong != nil || slow.IntPart() != v || !slow.IsInteger() {
				t.Errorf("%q: number %d at once, else %s %v", s, v, slow, wrong)
			}
		}
		if st, ok := values.IsoStamp([]byte(s)); ok {
			if slow, wrong := values.TextStamp(s, "", values.DateRange{}); wrong != nil || slow != st {
				t.Errorf("%q: %+v at once, else %+v %v", s, st, slow, wrong)
			}
		}
		if n, ok := values.ParseNumber(s); ok && hasFraction([]byte(s)) != (n.Exp < 0) {
			t.Errorf("%q: has a fraction: %t, exponent %d", s, hasFraction([]byte(s)), n.Exp)
		}
	})
}
