package inbox

import (
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// Inboxes and what a run takes from them. Names that are used stand without a
// mark, ignored ones with a minus and the beginning of the reason.
func TestChoose(t *testing.T) {
	const noon, end = "2004-11-12 12:00", "2004-12-02 09:00"
	for _, test := range []struct {
		name        string
		incremental bool
		asOf        string
		names       string
		want        string
	}{
		{"a lone file needs no date", false, noon, "dtc-final.xlsx", "dtc-final.xlsx"},
		{"the first report that shows everything", false, noon, "dtc-2004-11-11.xlsx dtc-2004-11-12.xlsx dtc-2004-12-01.xlsx",
			"dtc-2004-11-12.xlsx -dtc-2004-11-11.xlsx replaced by dtc-2004-11-12 -dtc-2004-12-01.xlsx newer than"},
		{"the newest if none shows everything", false, end, "dtc-2004-11-12.xlsx dtc-2004-12-01.xlsx", "dtc-2004-12-01.xlsx -dtc-2004-11-12.xlsx replaced"},
		{"time of day in the name", false, noon, "dtc-20041112T1159.xlsx dtc-20041112T1200.xlsx dtc-20041112.xlsx",
			"dtc-20041112T1200.xlsx -dtc-20041112.xlsx newer -dtc-20041112T1159.xlsx replaced"},
		{"seconds and hyphens", false, noon, "dtc-2004-11-12-1159.xlsx dtc-2004-11-12T120001.xlsx", "dtc-2004-11-12T120001.xlsx -dtc-2004-11-12-1159.xlsx replaced"},
		{"incremental reports add up", true, noon, "dtc-2004-11-10.xlsx dtc-2004-11-12.xlsx dtc-2004-11-11.xlsx dtc-2004-11-13.xlsx",
			"dtc-2004-11-10.xlsx dtc-2004-11-11.xlsx dtc-2004-11-12.xlsx -dtc-2004-11-13.xlsx newer"},
		{"incremental reports of one time, by name", true, noon, "dtc-2004-11-12-b.xlsx dtc-2004-11-12-a.xlsx", "dtc-2004-11-12-a.xlsx dtc-2004-11-12-b.xlsx"},
		{"what is not a report", false, noon, "dtc-1.xlsx ~$dtc-1.xlsx dtc-2.xlsx.part dtc-3.tmp notes.txt",
			"dtc-1.xlsx -dtc-2.xlsx.part still -dtc-3.tmp still -notes.txt matches -~$dtc-1.xlsx the mark"},
		{"two reports of one time", false, noon, "dtc-2004-11-12.xlsx dtc-20041112.csv", "!dtc-20041112.csv: dtc-2004-11-12.xlsx is of the same time"},
		{"several files without dates", false, noon, "dtc-a.xlsx dtc-2004-11-12.xlsx", "!dtc-a.xlsx: the name carries no date, and depositary DTC has 2 files; name reports by their date"},
		{"two dates", false, noon, "dtc-2004-11-12-2004-11-13.xlsx", "!dtc-2004-11-12-2004-11-13.xlsx: the name carries two dates"},
		{"a date that is none", false, noon, "dtc-2004-11-31.xlsx dtc-2004-11-30.xlsx", "!dtc-2004-11-31.xlsx: the name carries no date"},
		{"the hour that comes twice", false, noon, "dtc-2004-10-31T0130.xlsx", "!dtc-2004-10-31T0130.xlsx: the time in the name cannot be used"},
		{"nothing matches", false, noon, "report.xlsx", `!no report of depositary DTC: nothing matches "dtc-*"; the inbox holds "report.xlsx"; put`},
		{"an old workbook is said how to save", false, noon, "dtc-2004-11-12.xls notes.txt", `!no report of depositary DTC: nothing matches "dtc-*.xlsx"; the inbox holds ` +
			`"dtc-2004-11-12.xls", "notes.txt"; "dtc-2004-11-12.xls" is of another kind: if it is a report, save it as Excel Workbook (.xlsx); else put`},
		{"an archive is said to be opened", false, noon, "dtc-2004-11-12.zip", `!no report of depositary DTC: nothing matches "dtc-*.xlsx"; the inbox holds ` +
			`"dtc-2004-11-12.zip"; "dtc-2004-11-12.zip" is of another kind: if it is an archive with a report, take the workbook out of it; else put`},
		{"an old workbook beside a report, said how to save", false, noon, "dtc-2004-11-12.xls dtc-2004-11-11.xlsx dtc-2004-11-12.csv",
			"dtc-2004-11-11.xlsx -dtc-2004-11-12.csv matches no depositary's files -dtc-2004-11-12.xls matches no depositary's files: it is of another kind than " +
				"those of DTC (dtc-*.xlsx); if it is a report, save it as Excel Workbook (.xlsx)"},
		{"claimed by two", false, noon, "dtc-both.xlsx", "!dtc-both.xlsx: the name matches the files of DTC (dtc-*) and of Second (*-both.xlsx)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := testOffer(t)
			o.Depositaries[0].Incremental = test.incremental
			if strings.Contains(test.name, " is said to be opened") || strings.Contains(test.name, "said how to save") {
				o.Depositaries[0].Files = "dtc-*.xlsx"
			}
			if test.name == "claimed by two" {
				second := o.Depositaries[0]
				second.Name, second.Files = "Second", "*-both.xlsx"
				o.Depositaries = append(o.Depositaries, second)
			}
			asOf, err := time.ParseInLocation("2006-01-02 15:04", test.asOf, o.Zone)
			if err != nil {
				t.Fatal(err)
			}
			choice, err := Choose(o, strings.Fields(test.names), asOf)
			if err != nil {
				want, ok := strings.CutPrefix(test.want, "!")
				if !ok || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("error %q, want %q", err, test.want)
				}
				return
			}
			checkChoice(t, choice, test.want)
		})
	}
}

// checkChoice compares: used names in order, then the ignored ones, each with
// the beginning of its reason.
func checkChoice(t *testing.T, c Choice, want string) {
	t.Helper()
	wanted := strings.Split(want, " -")
	var used []string
	for _, f := range c.Chosen {
		used = append(used, f.Name)
	}
	if got := strings.Join(used, " "); got != wanted[0] {
		t.Errorf("used %s, want %s", got, wanted[0])
	}
	if len(c.Ignored) != len(wanted)-1 {
		t.Fatalf("ignored %v, want %s", c.Ignored, want)
	}
	for i, f := range c.Ignored {
		if got := f.Name + " " + f.Reason; !strings.HasPrefix(got, wanted[i+1]) {
			t.Errorf("ignored %q, want %q", got, wanted[i+1])
		}
	}
}

// testOffer is an offer with one depositary.
func testOffer(t *testing.T) *tender.Offer {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return &tender.Offer{
		Zone: zone, Launch: tender.Date{Year: 2004, Month: 10, Day: 29},
		Expiration:   tender.CutOff{At: time.Date(2004, 11, 30, 0, 0, 0, 0, zone), Boundary: tender.Before},
		Depositaries: []tender.Depositary{{Name: "DTC", Files: "dtc-*", Zone: zone}},
	}
}
