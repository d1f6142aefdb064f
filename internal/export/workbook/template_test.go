package workbook

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

func templateOf(t *testing.T, o *tender.Offer, d tender.Depositary) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTemplate(&b, o, &d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func templateOffer() *tender.Offer {
	o := smallOffer()
	for i, ids := range [][]string{{"52729NAA8", "US52729NAA81"}, {"52729NAE0"}, {"52729NAD2"}, {"XS0109307923"}} {
		o.Series[i].Securities = ids
	}
	return o
}

// TestTemplate dumps the cells and the checks of a template, so that a person
// can review them.
func TestTemplate(t *testing.T) {
	data := templateOf(t, templateOffer(), tender.Depositary{Name: "DTC"})
	if !bytes.Equal(data, templateOf(t, templateOffer(), tender.Depositary{Name: "DTC"})) {
		t.Error("the same offer gave other bytes")
	}
	f := opened(t, data)
	var out bytes.Buffer
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&out, "%s\n%s", sheet, dump(t, f, sheet))
	}
	checks, err := f.GetDataValidations("Instructions")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range checks {
		fmt.Fprintf(&out, "%s %s %s %s %s\n", v.Sqref, v.Type, v.Operator, v.Formula1, v.Formula2)
	}
	golden(t, "template.txt", out.Bytes())
}

// TestTemplateKeepsToTheDepositary takes the sheet's name and the headings from
// the terms.
func TestTemplateKeepsToTheDepositary(t *testing.T) {
	d := tender.Depositary{Name: "=1+1", Sheets: []string{"Tenders"}, Columns: map[string]string{"principal": "Nominal", "received_date": "Date", "received_time": "Time"}}
	f := opened(t, templateOf(t, templateOffer(), d))
	rows, err := f.GetRows("Tenders", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows[templateHeading-1][:7]); got != "[Instruction ID CUSIP/ISIN Nominal Currency Date Time Participant Number]" {
		t.Error(got)
	}
	if formula, _ := f.GetCellFormula("Tenders", "A1"); formula != "" {
		t.Errorf("a name became the formula %s", formula)
	}
}

// TestTemplateOfAnAuction has a column for the bid, checked against what the sheet of securities says
// can be bid; the series that is in no auction has no range there.
func TestTemplateOfAnAuction(t *testing.T) {
	o := auctionRun(t).Offer
	for i, id := range []string{"52729NAA8", "52729NAE0", "52729NAD2", "XS0109307923"} {
		o.Series[i].Securities = []string{id}
	}
	f := opened(t, templateOf(t, o, tender.Depositary{Name: "DTC"}))
	for ref, want := range map[string]string{
		"Instructions!D5": "Bid Price", "Securities!G1": "Bid from", "Securities!G2": "800", "Securities!H2": "900", "Securities!I3": "10",
		"Securities!G4": "",
	} {
		sheet, cell, _ := strings.Cut(ref, "!")
		if got, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true}); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", ref, got, want, err)
		}
	}
	checks, err := f.GetDataValidations("Instructions")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(checks, func(v *excelize.DataValidation) bool {
		return strings.HasPrefix(v.Sqref, "D6:") && strings.Contains(v.Formula1, "D6<=INDEX(Securities!$H$2")
	}) {
		t.Error("bids are not checked")
	}
}
