package termsheet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

const smallOffer = `id: small
issuer: Small Co.
dates:
  launch: 2024-03-04
  early_tender: {at: 2024-03-15T17:00}
  expiration: {at: 2024-04-02T17:00}
  settlement: {final: 2024-04-04}
series:
  - id: "5-2030"
    securities: ["037833100"]
    currency: USD
    outstanding: 100000000
    tender_offer_consideration: 990
    early_tender_payment: 20
    denomination: {minimum: 2000, multiple: 1000}
    interest: {coupon: 0}
  - id: 6-2031
    securities: [775109BN0, US775109BN09]
    currency: USD
    outstanding: 50000000
    tender_offer_consideration: 1002.5
    denomination: {minimum: 2000, multiple: 1000}
    interest: {coupon: 6.125, day_count: 30/360, last_paid: 2024-01-15, frequency: 2}
depositaries:
  - {name: DTC, files: "*.csv", columns: {principal: Amount}}
`

// at is the address of the field with a label, of the n-th item where there are several.
func at(t *testing.T, text string, n int) string {
	t.Helper()
	l := lay(func(string) int { return 2 })
	for _, s := range l.spots {
		if s.field.label == text && s.item == n {
			ref, err := excelize.CoordinatesToCellName(s.col, s.row)
			if err != nil {
				t.Fatal(err)
			}
			return ref
		}
	}
	t.Fatalf("no field %s", text)
	return ""
}

func typed(t *testing.T, f *excelize.File, ref string, value any, format string) {
	t.Helper()
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err == nil {
		err = f.SetCellStyle(formSheet, ref, ref, style)
	}
	if digits, is := value.(number9); err == nil && is {
		err = f.SetCellDefault(formSheet, ref, string(digits))
	} else if err == nil {
		err = f.SetCellValue(formSheet, ref, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// number9 is the digits of a number as a cell holds them.
type number9 string

// TestCells types values into fields, as people and spreadsheets do, and demands what they are read as,
// or what is said of them.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		name, label string
		value       any
		format      string
		want        string // a line of the terms
		fault       string // or part of what is said
	}{
		{"price as text with thousands", "Tender Offer Consideration", "1,056.25", "@", "tender_offer_consideration: 1056.25", ""},
		{"price as text", "Tender Offer Consideration", "1056.25", "@", "tender_offer_consideration: 1056.25", ""},
		{"price with an ambiguous comma", "Tender Offer Consideration", "1,056", "@", "", "the comma can part thousands or decimals; write 1056 or 1.056"},
		{"price with a decimal comma", "Tender Offer Consideration", "1056,25", "@", "", "not a number that can be read one way only"},
		{"price with a currency", "Tender Offer Consideration", "USD 990", "@", "", "without a currency"},
		{"price of three decimals", "Tender Offer Consideration", "990.125", "@", "tender_offer_consideration: 990.125", ""},
		{"binary residue", "Tender Offer Consideration", number9("990.12499999999989"), "General", "tender_offer_consideration: 990.125", ""},
		{"exponent", "Principal outstanding", number9("1E+8"), "General", "outstanding: 100000000", ""},
		{"principal with a point", "Principal outstanding", "250.000", "@", "", "the point can part thousands or decimals"},
		{"principal in millions", "Principal outstanding", "100,000,000", "@", "outstanding: 100000000", ""},
		{"scaled format", "Principal outstanding", number9("100000000"), "#,##0,,", "", "has a person see another value"},
		{"shown in its currency", "Principal outstanding", number9("100000000"), `[$$-409]#,##0.00`, "outstanding: 100000000", ""},
		{"shown in another currency", "Principal outstanding", number9("100000000"), "[$€-407]#,##0.00", "", "shows it in €, and the currency is USD"},
		{"percentage", "Coupon, percent a year", number9("0.045"), "0.00%", "", "this is a percentage"},
		{"percent sign", "Coupon, percent a year", "4.5%", "@", "", "percent signs are not read"},
		{"date for a price", "Tender Offer Consideration", number9("45000"), "yyyy-mm-dd", "", "has made a date of what was typed"},
		{"negative price", "Tender Offer Consideration", number9("-990"), "General", "", `tender_offer_consideration "-990" is negative`},
		{"letter", "Tender Offer Consideration", "99O", "@", "", "not a number that can be read one way only"},
		{"word", "Tender Offer Consideration", "par", "@", "", `"par" is not an amount`},
		{"placeholder", "Tender Offer Consideration", "[●]", "@", "", "still to come"},
		{"to be determined", "Issuer", "TBD", "@", "", "still to come"},
		{"not applicable", "Early Tender Payment", "N/A", "@", "", ""},
		{"date as text", "Launch", "4 March 2024", "@", "launch: 2024-03-04", ""},
		{"date as a serial", "Launch", number9("45355"), "d mmm yyyy", "launch: 2024-03-04", ""},
		{"ambiguous date", "Launch", "03/04/2024", "@", "", "write it as 2004-11-12 or 12 November 2004"},
		{"date as a number", "Launch", number9("45355"), "General", "", "this is a number; write a date"},
		{"date with a time", "Launch", number9("45355.5"), "yyyy-mm-dd hh:mm", "", "there is a time of day"},
		{"time as a serial", "Expiration Date", number9("45384.708333333336"), "yyyy-mm-dd hh:mm", "at: 2024-04-02T17:00", ""},
		{"time as words", "Expiration Date", "April 2, 2024 5:00 p.m.", "@", "at: 2024-04-02T17:00", ""},
		{"time as the Offer to Purchase has it", "Expiration Date", "5:00 p.m., New York City time, on April 2, 2024", "@", "at: 2024-04-02T17:00-04:00", ""},
		{"time before its date", "Expiration Date", "5:00 pm April 2, 2024", "@", "at: 2024-04-02T17:00", ""},
		{"time at a date", "Expiration Date", "2 April 2024 at 5:00 p.m.", "@", "at: 2024-04-02T17:00", ""},
		{"time of another city", "Expiration Date", "5:00 p.m., London time, on April 2, 2024", "@", "", "write it as 2004-11-12 17:00"},
		{"ambiguous date after its time", "Expiration Date", "5:00 p.m. on 03/04/2024", "@", "", "write it as 2004-11-12 17:00"},
		{"end of a day in words", "Expiration Date", "12:00 midnight, New York City time, on April 2, 2024", "@", "", "write it as 2004-11-12 17:00"},
		{"time with a zone", "Expiration Date", "2024-04-02 17:00 ET", "@", "at: 2024-04-02T17:00-04:00", ""},
		{"time with an offset", "Expiration Date", "2024-04-02T17:00-04:00", "@", "at: 2024-04-02T17:00-04:00", ""},
		{"end of a day", "Expiration Date", "2024-04-02T24:00", "@", "at: 2024-04-02T24:00", ""},
		{"deadline without a time", "Expiration Date", number9("45384"), "yyyy-mm-dd", "", "there is a date and no time of day"},
		{"deadline without a time, as text", "Expiration Date", "2 April 2024", "@", "", "there is a date and no time of day"},
		{"time without a date", "Expiration Date", "17:00", "@", "", "no date"},
		{"boundary", "Expiration Date, whether the time itself is in", "At or before", "@", "boundary: at_or_before", ""},
		{"unknown boundary", "Expiration Date, whether the time itself is in", "until", "@", "", `boundary "until" is not known; write before or at_or_before`},
		{"withdrawal by name", "Withdrawal Deadline, late tenders", "Early Tender Date", "@", "late: early_tender", ""},
		{"withdrawal by time", "Withdrawal Deadline, late tenders", "2024-03-20 17:00", "@", "late: 2024-03-20T17:00", ""},
		{"word with its case", "Order of acceptance", "Early First", "@", "order: early_first", ""},
		{"unknown word", "Order of acceptance", "pro rata", "@", "", `order "pro rata" is not known; write priority or early_first`},
		{"factor", "Proration factor", number9("0.315789"), "General", "factor: 0.315789", ""},
		{"flag", "Signed with SSH keys", true, "General", "signed: true", ""},
		{"no flag", "Signed with SSH keys", "perhaps", "@", "", "write yes or no"},
		{"truth value", "Issuer", true, "General", "", "has made TRUE or FALSE"},
		{"wrong check digit", "CUSIPs and ISINs", "037833101", "@", "", "wrong check digit"},
		{"two securities", "CUSIPs and ISINs", "037833100; US0378331005", "@", "- US0378331005", ""},
		{"id as a number", "Series", number9("2030"), "General", "id: 2030", ""},
		{"id as a date", "Series", number9("47604"), "mmm-yy", "", "has made a date of what was typed"},
		{"zone", "Time zone of all times", "EST", "@", "", "America/New_York"},
		{"bytes that cannot be seen", "Issuer", "Small\u200bCo", "@", "", "invisible character"},
	} {
		form, err := filled(t, []byte(smallOffer), func(f *excelize.File) { typed(t, f, at(t, c.label, 0), c.value, c.format) })
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.fault == "" && !strings.Contains(string(form.Terms), c.want):
			t.Errorf("%s: not %q in\n%s", c.name, c.want, form.Terms)
		case c.fault != "" && err == nil:
			t.Errorf("%s is taken:\n%s", c.name, form.Terms)
		case c.fault != "" && (!strings.Contains(err.Error(), c.fault) || !strings.Contains(err.Error(), at(t, c.label, 0)+" ("+c.label+")")):
			t.Errorf("%s: %v, want %q at %s", c.name, err, c.fault, at(t, c.label, 0))
		}
	}
}

// TestForms changes the form itself.
func TestForms(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	price := at(t, "Tender Offer Consideration", 0)
	other := at(t, "Tender Offer Consideration", 1)
	for _, c := range []struct {
		name   string
		change func(f *excelize.File)
		fault  string // "" if it is read as before
	}{
		{"formula", func(f *excelize.File) { must(f.SetCellFormula(formSheet, price, "=900+90")) }, price + ` (Tender Offer Consideration), "990": this is a formula`},
		{"merged fields", func(f *excelize.File) { must(f.MergeCell(formSheet, price, other)) }, "are merged and are 2 fields"},
		{"merged with nothing", func(f *excelize.File) { must(f.MergeCell(formSheet, "B7", "D7")) }, ""},
		{"hidden row", func(f *excelize.File) { must(f.SetRowVisible(formSheet, 7, false)) }, "B7 (Issuer), \"Small Co.\": this is in a hidden row or column"},
		{"hidden column", func(f *excelize.File) { must(f.SetColVisible(formSheet, "C", false)) }, "this is in a hidden row or column"},
		{"added rows", func(f *excelize.File) { must(f.InsertRows(formSheet, 7, 3)); must(f.InsertRows(formSheet, 40, 2)) }, ""},
		{"added column", func(f *excelize.File) { must(f.InsertCols(formSheet, "B", 1)) }, "nothing is read from this cell"},
		{"deleted row", func(f *excelize.File) { must(f.RemoveRow(formSheet, 7)) }, "the form lacks Issuer"},
		{"renamed sheet", func(f *excelize.File) { must(f.SetSheetName(formSheet, "Level 3")) }, ""},
		{"second form", func(f *excelize.File) {
			_, err := f.NewSheet("Copy")
			must(err)
			must(f.SetCellStr("Copy", "A1", formTitle))
		}, `sheet "Copy": the workbook has a second sheet of this kind`},
		{"changed label", func(f *excelize.File) { must(f.SetCellStr(formSheet, "A7", "Company")) }, `A7, "Company": nothing is read from this cell`},
		{"note", func(f *excelize.File) { must(f.SetCellStr(formSheet, "C7", "Note: to be confirmed by the issuer")) }, ""},
		{"value beside a field", func(f *excelize.File) { must(f.SetCellStr(formSheet, "C7", "or its successor")) }, `C7, "or its successor": nothing is read`},
		{"field twice", func(f *excelize.File) { must(f.DuplicateRow(formSheet, 7)) }, "this field is there twice, first in A7"},
		{"a thousand columns", func(f *excelize.File) {
			for col := 2; col < 1000; col++ {
				ref, err := excelize.CoordinatesToCellName(col, 25)
				must(err)
				must(f.SetCellStr(formSheet, ref, "x"))
			}
		}, "the table has more than 500 items"},
		{"no title", func(f *excelize.File) { must(f.SetCellStr(formSheet, "A1", "Tender offer")) }, `no sheet has "Terms of a cash tender offer" in A1`},
		{"no further terms", func(f *excelize.File) { must(f.DeleteSheet(furtherTitle)) }, "the form lacks its sheet Further terms"},
		{"further terms that are no YAML", func(f *excelize.File) { must(f.SetCellStr(furtherTitle, "A4", "schedule: [")) }, `sheet "Further terms", A`},
		{"unknown further term", func(f *excelize.File) { must(f.SetCellStr(furtherTitle, "A9", "shedule: daily")) }, `A9, "shedule: daily": unknown key "shedule"; did you mean schedule?`},
		{"further terms of no item", func(f *excelize.File) { must(f.SetCellStr(furtherTitle, "A5", "  DTCC:")) }, `the form has none of the depositaries named "DTCC"`},
		{"a term twice", func(f *excelize.File) { must(f.SetCellStr(furtherTitle, "A9", "issuer: Other Co.")) }, `"issuer" is in B7 of the form, too`},
		{"beside the further terms", func(f *excelize.File) { must(f.SetCellStr(furtherTitle, "B4", "x")) }, "write further terms into column A"},
		{"struck through", func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
			must(err)
			must(f.SetCellStyle(formSheet, price, price, style))
		}, "this is struck through"},
		{"error", func(f *excelize.File) { must(f.SetCellFormula(formSheet, "B7", "=1/0")) }, "this is a formula"},
	} {
		form, err := filled(t, []byte(smallOffer), c.change)
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.fault == "":
			sameTerms(t, c.name, []byte(smallOffer), form.Terms)
		case err == nil || !strings.Contains(err.Error(), c.fault):
			t.Errorf("%s: %v, want %q", c.name, err, c.fault)
		}
	}
}

func sameTerms(t *testing.T, name string, want, got []byte) {
	t.Helper()
	was, err := offerfile.ParseTerms("was", want)
	if err != nil {
		t.Fatal(err)
	}
	is, err := offerfile.ParseTerms("is", got)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if d := Differences(was, is); len(d) > 0 {
		t.Errorf("%s: %s", name, strings.Join(d, "\n"))
	}
}

// TestNotesSayWhatWasNotRead: a comment at a cell and a sheet that is not of the form.
func TestNotesSayWhatWasNotRead(t *testing.T) {
	form, err := filled(t, []byte(smallOffer), func(f *excelize.File) {
		if err := f.AddComment(formSheet, excelize.Comment{Cell: "B7", Text: "is it Small Company?"}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.NewSheet("Open points"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStr("Open points", "A1", "price"); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(form.Notes, "\n")
	for _, want := range []string{`comment at B7 of the sheet "Terms" was not read: "is it Small Company?"`, `sheet "Open points" is not part of the form`} {
		if !strings.Contains(all, want) {
			t.Errorf("%q, want %q", all, want)
		}
	}
}

// TestWhatIsNoForm is read as none, with a word what to do.
func TestWhatIsNoForm(t *testing.T) {
	whole := formOf(t, []byte(smallOffer))
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("id: small\n"), "cut off": whole[:len(whole)/2], "a bit flipped": flipped(whole),
	} {
		if _, err := Read("form.xlsx", bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), "form.xlsx: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	reports, err := filepath.Glob("../../fixtures/level3-2004/inbox/*.xlsx")
	if err != nil || len(reports) == 0 {
		t.Fatal(err)
	}
	report, err := os.ReadFile(reports[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read("report.xlsx", bytes.NewReader(report), int64(len(report))); err == nil || !strings.Contains(err.Error(), "not a form that batch terms writes") {
		t.Error(err)
	}
}

func flipped(data []byte) []byte {
	bad := bytes.Clone(data)
	bad[bytes.Index(bad, []byte("xl/worksheets/sheet1.xml"))+200] ^= 16
	return bad
}

// FuzzRead: no workbook makes the reader panic, and what it takes are terms.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, "offer.yaml", []byte(smallOffer)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := WriteBlank(&b, tender.PaperA4); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		form, err := Read("form.xlsx", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if _, err := offerfile.ParseTerms("offer.yaml", form.Terms); err != nil {
			t.Errorf("it made terms with faults: %v", err)
		}
	})
}
