package ingest

import (
	"strings"
	"testing"
)

// Excel writes the line breaks of headings and remarks into quoted fields.
func TestI22LineBreaksInHeadingsAndOptionalFields(t *testing.T) {
	headings := strings.NewReplacer("Principal Amount", "\"Principal\nAmount\"", "Submitted At",
		"\"Submitted\r\nAt\"").Replace(peopleHeadings)
	got, err := csvRows(t, headings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\"Ms A, desk 3\nPhone 1, Fax 2\"",
		"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,")
	if want := "1001 0901 5000 tendered; 1002 0901 5000 tendered"; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if got, err := csvRows(t, "\"Tenders\nto date\"\n"+peopleHeadings,
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"); err != nil || got != "1001 0901 5000 tendered" {
		t.Errorf("in a title: %s, %v", got, err)
	}
}

// A stray quotation mark must not swallow lines.
func TestI22NoLineIsSwallowed(t *testing.T) {
	for name, lines := range map[string][]string{
		"a stray mark in two contacts": {"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\"Ms A",
			"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,Ms B\""},
		"with a line between": {"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\"Ms A",
			"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,x",
			"1003,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,Ms B\""},
		"a mark that is never closed": {"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\"Ms A",
			"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,x"},
		"in a field that decides": {"1001,52729NAA8,5000,2004-11-10 10:01,0901,\"MA\nDE\",,"},
		"in the instruction":      {"\"1001\n\",52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"},
		"in a line with other fields missing": {"1001,52729NAA8,5000,2004-11-10 10:01,0901,\"x\ny\",,",
			"1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"},
	} {
		if got, err := csvRows(t, peopleHeadings, lines...); err == nil || !strings.Contains(err.Error(), "R6-csv") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := csvRows(t, "\"Tenders\n"+peopleHeadings, "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,\"Ms A\"",
		peopleHeadings, "1002,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"); err == nil {
		t.Errorf("a stray mark above the headings: %s", got)
	}
}

func TestI22TheSeparatorIsNamed(t *testing.T) {
	_, err := csvRows(t, strings.ReplaceAll(peopleHeadings, ",", "^"),
		"1001^52729NAA8^5000^2004-11-10 10:01^0901^MADE^^")
	if err == nil || !strings.Contains(err.Error(),
		`the fields are separated by '^'; the separators that are read are commas, semicolons, tabs and pipes`) {
		t.Error(err)
	}
}
