package ingest

import (
	"strings"
	"testing"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

func TestP19AmountsWithADecimalComma(t *testing.T) {
	for _, test := range []struct {
		decimals   tender.DecimalMark
		text, want string
	}{
		{"", "250000,00", "250000"}, {"", "250000,5", "250000.5"}, {"", "250,00", "250"},
		{"", "EUR 250000,00", "250000"}, {"", "1,2345", "1.2345"},
		{"", "250,000", "250000"}, {"", "250000,000", ""}, {"", "1.000", ""}, {"", "0250000,00", ""},
		{"", "250,000,00", ""}, {"", "1.000,50", "1000.5"},
		{tender.DecimalComma, "250,000", "250"}, {tender.DecimalComma, "1.000", "1000"},
		{tender.DecimalComma, "1.000.000,00", "1000000"},
		{tender.DecimalComma, "1 000 000,00", "1000000"}, {tender.DecimalComma, "1,000,000", ""},
		{tender.DecimalComma, "1000.50", ""}, {tender.DecimalComma, "5000", "5000"},
		{tender.DecimalComma, "1.000 000", ""}, {tender.DecimalComma, "5000.00", ""},
		{tender.DecimalPoint, "250,000", "250000"}, {tender.DecimalPoint, "1.000", "1"},
		{tender.DecimalPoint, "250000,00", ""}, {tender.DecimalPoint, "1.000.000", ""},
		{tender.DecimalPoint, "1,000,000.00", "1000000"}, {tender.DecimalPoint, "1.000,50", ""},
		{tender.DecimalPoint, "1 000,50", ""}, {tender.DecimalPoint, "1 000 000", "1000000"},
	} {
		got, _, wrong := values.TextAmountIn(test.text, test.decimals)
		if (wrong != nil && test.want != "") || (wrong == nil && got.String() != test.want) {
			t.Errorf("%s %q: %s, %v; want %q", test.decimals, test.text, got, wrong, test.want)
		}
	}
}

// The whole file is read so, its total and the amounts in whole thousands, too.
func TestP19AFileWithADecimalComma(t *testing.T) {
	headings := strings.ReplaceAll(peopleHeadings, ",", ";")
	row := func(amount string) string { return "1001;52729NAA8;" + amount + ";2004-11-10 10:01;0901;MADE;;" }
	if got, err := csvRows(t, headings, row("250000,00"), "Total;;250000,00;;;;;"); err != nil ||
		got != "1001 0901 250000 tendered" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := csvRows(t, headings, row("250000,00"),
		strings.Replace(row("250,000"), "1001", "1002", 1)); err == nil ||
		!strings.Contains(err.Error(), "R6-decimal") {
		t.Errorf("two readings: %v", err)
	}
	o := testOffer(t)
	o.Depositaries[0].Decimal = tender.DecimalComma
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, strings.Replace(testRow, "#5000", "5.000", 1),
		strings.Replace(strings.Replace(testRow, "#5000", "6.000,00", 1), "0900007", "2", 1), "Total | | 11.000,00")),
		"0900007 A 5000 counts", "2 A 6000 counts")
	expect(t, understood(o, sheetOf("Tenders", nil, testHeadings, strings.Replace(testRow, "#5000", "5,000", 1))),
		"C2 R5-m", "C2 R5-m")
}
