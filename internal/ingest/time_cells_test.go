package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// receivedIn are the times of receipt that a sheet's lines come to.
func receivedIn(o *tender.Offer, t table) (times []string) {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{t})
	for i := range r.lines.states {
		if l := r.line(i); l.state.outcome == counted {
			times = append(times, l.instruction.Received.Format(shownInstant))
		}
	}
	return times
}

// isoCells makes the cells of a column ones of type d.
func isoCells(t table, col int) table {
	each := t.each
	t.each = func(call func(*xlsx.Row) error) (xlsx.Tail, error) {
		return each(func(row *xlsx.Row) error {
			for i := range row.Cells {
				if row.Cells[i].Col == col && row.Number > 1 {
					row.Cells[i].Format = xlsx.ISODate
				}
			}
			return call(row)
		})
	}
	return t
}

// Programs write wall time into a cell of type d and a Z behind it. In text, a Z is UTC.
func TestI4WallTimeWrittenWithAZ(t *testing.T) {
	row := "1 | 52729NAA8 | #5000 | 2004-11-12T16:59:59.000Z | 1"
	for _, offset := range []string{"+00:00", "-05:00", " UTC", " EST"} {
		said := fmt.Sprint(understood(testOffer(t),
			isoCells(sheetOf("Tenders", nil, testHeadings, strings.Replace(row, "Z", offset, 1)), 3)))
		if !strings.Contains(said, "D2 R1-unreadable rejected") {
			t.Errorf("a cell with %s, which no sheet shows: %s", offset, said)
		}
	}
	for name, test := range map[string]struct {
		sheet table
		want  string
	}{
		"cell": {isoCells(sheetOf("Tenders", nil, testHeadings, row), 3), "2004-11-12T16:59:59-05:00"},
		"text": {sheetOf("Tenders", nil, testHeadings, row), "2004-11-12T11:59:59-05:00"},
	} {
		if got := receivedIn(testOffer(t), test.sheet); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %v, want %s", name, got, test.want)
		}
	}
}

// A date from which a program counts says nothing in a column of times of day, nor does a
// midnight in a column of dates.
func TestI14DayZeroInAColumnOfTimesIsNoDate(t *testing.T) {
	const headings = "VOI Number | CUSIP | Principal | Date Received | Time Received | Participant"
	for _, clock := range []string{
		"1899-12-30 16:59:00", "1899-12-31 16:59:00", "1900-01-01 16:59:00", "1904-01-01 16:59:00",
		"1970-01-01T16:59:00", "0001-01-01 16:59:00", "1900-01-00 16:59:00", "1/0/1900 16:59", "0/1/1900 16:59",
		"d#1.7076388888888889", "d#0.7076388888888889", "T16:59:00", "16:59", "2004-11-12 16:59",
	} {
		for _, date := range []string{"2004-11-12", "2004-11-12 00:00:00", "d#38303"} {
			got := receivedIn(testOffer(t), sheetOf("Tenders", nil, headings,
				"1 | 52729NAA8 | #5000 | "+date+" | "+clock+" | 1"))
			if !slices.Equal(got, []string{"2004-11-12T16:59:00-05:00"}) {
				t.Errorf("%s and %s: %v", date, clock, got)
			}
		}
	}
	for _, pair := range []string{"2004-11-12 00:00:00 | ", "2004-11-12 09:00 | 16:59", "2004-11-12 | 2004-11-13 16:59",
		" | 1899-12-30 16:59", "2004-11-12T00:00:00Z | 16:59"} {
		if got := receivedIn(testOffer(t), sheetOf("Tenders", nil, headings,
			"1 | 52729NAA8 | #5000 | "+pair+" | 1")); len(got) > 0 {
			t.Errorf("%s counts as received %v", pair, got)
		}
	}
}

// Where day and month were exchanged in just the dates that could be, the date cells are
// rejected; where anything in the column says otherwise, they count.
func TestI5DatesOfWhichHalfWereExchanged(t *testing.T) {
	line := func(id int, date string) string { return fmt.Sprintf("%d | 52729NAA8 | #5000 | %s | 1", id, date) }
	const third, twelfth, thirteenth = "d#38294.5", "d#38303.5", "d#38304.5" // of November 2004
	for name, test := range map[string]struct {
		dates []string
		count int
	}{
		"exchanged, day first":       {[]string{third, twelfth, "13/11/2004 09:00", "30/11/2004 09:00"}, 2},
		"exchanged, month first":     {[]string{third, "11/13/2004 09:00"}, 1},
		"a cell beyond the twelfth":  {[]string{third, thirteenth, "13/11/2004 09:00"}, 3},
		"only cells":                 {[]string{third, twelfth}, 2},
		"only text":                  {[]string{"13/11/2004 09:00", "14/11/2004 09:00"}, 2},
		"text that is no such date":  {[]string{third, "2004-11-13 09:00"}, 2},
		"text whose day is no proof": {[]string{third, "11/11/2004 09:00", "13/11/2004 09:00"}, 3},
	} {
		lines := []string{testHeadings}
		for i, d := range test.dates {
			lines = append(lines, line(i+1, d))
		}
		if got := receivedIn(testOffer(t), sheetOf("Tenders", nil, lines...)); len(got) != test.count {
			t.Errorf("%s: %v count, want %d", name, got, test.count)
		}
	}
	o := testOffer(t)
	for _, o.Depositaries[0].Dates = range []tender.DateFormat{"", tender.DayFirst, tender.MonthFirst} {
		for _, text := range []string{"13/11/2004 09:00", "13/11/04 09:00", "13.11.2004 09:00"} {
			for _, got := range receivedIn(o, sheetOf("Tenders", nil, testHeadings, line(1, third), line(2, text))) {
				if strings.HasPrefix(got, "2004-11-03") {
					t.Errorf("date_format %q: the date cell beside %s counts", o.Depositaries[0].Dates, text)
				}
			}
		}
	}
	said := fmt.Sprint(understood(testOffer(t),
		sheetOf("Tenders", nil, testHeadings, line(1, third), line(2, "13/11/2004 09:00"))))
	if !strings.Contains(said, "D2 R1-ambiguous-date rejected") || strings.Contains(said, "D3 R1") {
		t.Error(said)
	}
}

// Forms of dates that databases and mail programs write, as far as they mean one thing.
func TestI17ShortYearsAndOtherFormsOfDates(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	near := values.DateRange{First: tender.Date{Year: 2004, Month: time.October, Day: 29},
		Last: tender.Date{Year: 2005, Month: time.November, Day: 30}}
	for _, test := range []struct {
		text  string
		dates tender.DateFormat
		want  string
	}{
		{"11/12/04 16:59", tender.MonthFirst, "2004-11-12T16:59:00-05:00"},
		{"12.11.04 16:59", tender.DayFirst, "2004-11-12T16:59:00-05:00"},
		{"12-NOV-04 04.59.00.000000 PM", "", "2004-11-12T16:59:00-05:00"},
		{"12-Nov-04 16:59", "", "2004-11-12T16:59:00-05:00"},
		{"20041112T165900", "", "2004-11-12T16:59:00-05:00"},
		{"20041112T2159Z", "", "2004-11-12T21:59:00Z"},
		{"Fri, 12 Nov 2004 21:59:00 GMT", "", "2004-11-12T21:59:00Z"},
		{"Fri Nov 12 2004 16:59:00 GMT-0500 (Eastern Standard Time)", "", "2004-11-12T16:59:00-05:00"},
		{"2004-11-12 16:59 -05:00 (ET)", "", "2004-11-12T16:59:00-05:00"},
		{"2004-11-12 16.59", "", "2004-11-12T16:59:00-05:00"},
		{"20041112 165900", "", "2004-11-12T16:59:00-05:00"},
		{"20041112 16:59", "", "2004-11-12T16:59:00-05:00"},
		{"20041112 04:59 PM EST", "", "2004-11-12T16:59:00-05:00"},
		{"20041112", "", "a date but no time of day"},
		{"2004-11-12", "", "a date but no time of day"},
		{"20041312", "", "no such date"},
		{"12112004", "", "no such date"},
		{"200411121", "", "not a date and time"},
		{"Fri Nov 12 16:59:00 EST 2004", "", "2004-11-12T16:59:00-05:00"},
		{"Fri Nov 12 04:59:00 PM EST 2004", "", "2004-11-12T16:59:00-05:00"},
		{"Fri Nov  5 16:59:00 2004", "", "2004-11-05T16:59:00-05:00"},
		{"Fri Nov 12 21:59:00 UTC 2004", "", "2004-11-12T21:59:00Z"},
		{"Fri Nov 12 21:59:00 +0000 2004", "", "2004-11-12T21:59:00Z"},
		{"Fri Nov 12 16:59:00 EDT 2004", "", "not in force"},
		{"Fri Nov 12 16:59:00 XYZ 2004", "", "not a date and time"},
		{"Thu Nov 12 16:59:00 EST 2004", "", "day of the week"},

		{"11/25/04 16:59", "", "2004-11-25T16:59:00-05:00"},
		{"25.11.04 16:59", "", "2004-11-25T16:59:00-05:00"},
		{"11/11/04 16:59", "", "2004-11-11T16:59:00-05:00"},
		{"04-11-12 16:59", "", "2004-11-12T16:59:00-05:00"}, // 2012 is not near, whatever the day
		{"04-11-25 16:59", "", "2004-11-25T16:59:00-05:00"},
		{"05-11-04 16:59", "", "which number is the day"},
		{"11/25/03 16:59", "", "near the offer"},
		{"31/13/04 16:59", "", "no such date"},
		{"11/31/04 16:59", "", "near the offer"},
		{"11/12/04 16:59", "", "date_format"},
		{"11/12/03 16:59", tender.MonthFirst, "near the offer"},
		{"04-Nov-05 16:59", "", "do not say which date"},
		{"05-Nov-06 16:59", "", "2005-11-06T16:59:00-05:00"},
		{"27-OCT-05 16:59", "", "2005-10-27T16:59:00-04:00"},
		{"05-Nov-05 16:59", "", "2005-11-05T16:59:00-05:00"},
		{"0/5/2004 16:59", "", "no such date"},
		{"04-Nov-04 16:59", "", "2004-11-04T16:59:00-05:00"},
		{"Thu, 12 Nov 2004 21:59:00 GMT", "", "day of the week"},
		{"20041312T165900", "", "no such date"},
		{"16.59", "", "not a date and time"},
	} {
		st, wrong := values.TextStamp(test.text, test.dates, near)
		var got time.Time
		if wrong == nil {
			got, wrong = st.Instant(zone)
		}
		switch {
		case wrong != nil && !strings.Contains(wrong.Message+wrong.Advice, test.want):
			t.Errorf("%q: %+v, want %s", test.text, *wrong, test.want)
		case wrong == nil && got.Format(shownInstant) != test.want:
			t.Errorf("%q: %s, want %s", test.text, got.Format(shownInstant), test.want)
		}
	}
}

// A date in digits is a date without a time of day as 2004-11-12 is, in text and as a number.
func TestI17DatesInDigits(t *testing.T) {
	const two, one = "VOI Number | CUSIP | Principal | Date Received | Time Received | Participant",
		"VOI Number | CUSIP | Principal | Submitted At | Participant"
	for _, date := range []string{"2004-11-12", "20041112", "#20041112"} {
		if got := receivedIn(testOffer(t), sheetOf("Tenders", nil, two,
			"1 | 52729NAA8 | #5000 | "+date+" | 16:59 | 1")); !slices.Equal(got,
			[]string{"2004-11-12T16:59:00-05:00"}) {
			t.Errorf("%s beside a time of day: %v", date, got)
		}
		if got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, one, "1 | 52729NAA8 | #5000 | "+date+" | 1"))); !strings.Contains(got,
			"D2 R1-no-time-of-day rejected") {
			t.Errorf("%s alone: %v", date, got)
		}
	}
	if got := fmt.Sprint(understood(testOffer(t),
		sheetOf("Tenders", nil, one, "1 | 52729NAA8 | #5000 | #20041312 | 1"))); !strings.Contains(got,
		"D2 R1-unreadable rejected") {
		t.Errorf("a number that is no such date: %v", got)
	}
}

// Years of two digits are read in every column of times, where one reading is a date of the offer.
func TestI17ShortYearsInEveryColumn(t *testing.T) {
	const headings = "VOI Number,CUSIP,Principal Amount,Date Received,Time Received,DTC Participant No.,Withdrawal " +
		"Date,Withdrawal Time"
	got, err := csvRows(t, headings, "1001,52729NAA8,5000,11/15/04,10:01,0901,11/16/04,10:00",
		"1002,52729NAA8,5000,15.11.04,10:01,0901,,", "1003,52729NAA8,5000,11/12/04,10:01,0901,,")
	if want := "1001 0901 5000 withdrawn; 1002 0901 5000 tendered; row 4 R1-ambiguous-date"; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
