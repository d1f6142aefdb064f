package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// A heading of times that names another zone than the one in which they are read stops the
// run, whether it is known or named in the offer.
func TestI8AZoneInAHeadingIsCompared(t *testing.T) {
	const row = "1 | 52729NAA8 | #5000 | 2004-11-12 20:30 | 1"
	for heading, want := range map[string]string{ // in November New York is on EST
		"Received (UTC)": "timezone: UTC", "Received UTC": "timezone: UTC", "ReceivedUTC": "timezone: UTC",
		"received_utc":       "timezone: UTC",
		"Submitted At (GMT)": "timezone: UTC", "Submitted At (GMT+1)": "timezone: …", "Time (UTC+01:00)": "timezone: …",
		"Timestamp [CET]": "timezone: Europe/Brussels",
		"Date/Time Received (Central European Time)": "timezone: Europe/Brussels",
		"Received (London time)":                     "timezone: Europe/London",
		"Received (Europe/Luxembourg)":               "timezone: Europe/Luxembourg",
		"Timestamp CT":                               "timezone: America/Chicago",
		"Submitted (EDT)":                            "timezone: America/New_York",
		"Received (Z)":                               "timezone: UTC", "UTC Timestamp": "timezone: UTC",
		"Time ET": "", "Received (ET)": "", "Received (EST)": "", "Received EST": "", "Received (UTC-05:00)": "",
		"Submitted At (Eastern Time)": "",
		"Received (New York)":         "", "received_et": "", "Received At (America/New_York)": "",
		"Received (-05:00)": "", "Received (Eastern Standard Time)": "",
	} {
		for _, named := range []bool{false, true} {
			o := testOffer(t)
			o.Launch = tender.Date{Year: 2004, Month: 11, Day: 2}
			if named {
				o.Depositaries[0].Columns = map[string]string{"received": heading}
			}
			got := fmt.Sprint(understood(o, sheetOf("Tenders", nil,
				"VOI Number | CUSIP | Principal Amount | "+heading+" | Participant", row)))
			if (want == "" && !strings.Contains(got, "1 A 5000 counts")) ||
				(want != "" && (!strings.Contains(got, want) || !strings.Contains(got, "R6-zone"))) {
				t.Errorf("%q, named %t: %s; want %q", heading, named, got, want)
			}
		}
	}
}

// Date and time of a withdrawal are times, too; a CSV file is read by the same rules; and
// in the second of two rows of headings a zone counts as well.
func TestI8EveryTimeHasAZone(t *testing.T) {
	for _, headings := range []string{
		"VOI Number | CUSIP | Principal Amount | Submitted At | Participant | Withdrawn At (UTC)",
		"VOI Number | CUSIP | Principal Amount | Submitted At | Participant | Withdrawal Date | Withdrawal Time (UTC)",
	} {
		expect(t, understood(testOffer(t), sheetOf("Tenders", nil, headings, testRow)), "dtc-1.xlsx: Tenders!")
	}
	if _, err := csvRows(t, strings.Replace(peopleHeadings, "Submitted At", "Submitted At (UTC)", 1),
		"1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE,,"); err == nil || !strings.Contains(err.Error(), "R6-zone") {
		t.Errorf("in a CSV file: %v", err)
	}
	expect(t, understood(testOffer(t), sheetOf("Tenders", nil, "VOI | CUSIP | Principal | Received | Participant",
		"Number | | Amount | (UTC) | No.", testRow)),
		`dtc-1.xlsx: Tenders!D2: the heading "Received (UTC)" says UTC`)
	o := testOffer(t)
	o.Depositaries[0].Zone = time.UTC
	expect(t, understood(o, sheetOf("Tenders", nil,
		strings.Replace(testHeadings, "Submitted At", "Submitted At (UTC)", 1), testRow)), "0900007 A 5000 counts")
}

// Where a name is true of the depositary's clocks for a part of the year only, the offer
// must say both the zone and the column.
func TestI8StandardTimeInSummer(t *testing.T) {
	headings := strings.Replace(testHeadings, "Submitted At", "Submitted At (EST)", 1)
	o := testOffer(t) // from 29 October: New York is on EDT until the 31st
	want := `dtc-1.xlsx: Tenders!D1: the heading "Submitted At (EST)" says EST, but the times of DTC are read in America/New_York, which has that offset only for a part of the year`
	expect(t, understood(o, sheetOf("Tenders", nil, headings, testRow)), want)
	o.Depositaries[0].ZoneGiven = true
	expect(t, understood(o, sheetOf("Tenders", nil, headings, testRow)), want)
	o.Depositaries[0].Columns = map[string]string{"received": "Submitted At (EST)"}
	expect(t, understood(o, sheetOf("Tenders", nil, headings, testRow)), "0900007 A 5000 counts")
}

// What only looks like a zone is none.
func TestI8WordsThatAreNoZone(t *testing.T) {
	for _, heading := range []string{"Est. Received At", "Received by London desk", "Date et heure", "Best Time",
		"Received by MT565"} {
		if zones, bare := headings.HeadingZones(heading); len(zones) > 0 || bare != heading {
			t.Errorf("%s: %+v, %q", heading, zones, bare)
		}
	}
}

// The lines to paste carry the zone that the heading names.
func TestI8TheLinesToPasteCarryTheZone(t *testing.T) {
	o := testOffer(t)
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.xlsx"}})
	r.readTables([]table{sheetOf("Tenders", nil,
		"VOI Number | CUSIP | Principal Amount | Recvd time (UTC) | Participant", testRow)})
	if len(r.found.faults) != 1 || !strings.Contains(r.found.faults[0].Paste,
		"timezone: UTC\ncolumns:\n  received: \"Recvd time (UTC)\"") ||
		!strings.Contains(r.found.faults[0].Advice, "timezone: UTC") {
		t.Errorf("%+v", r.found.faults)
	}
}

// A currency in the heading of the principal is held against each row's series.
func TestI8ACurrencyInAHeadingIsCompared(t *testing.T) {
	rows := []string{"1 | 52729NAA8 | #5000 | d#38303.5 | 1", "2 | XS0108503615 | #5000 | d#38303.5 | 1"}
	for heading, want := range map[string][]string{
		"Principal (EUR)":            {"2 E 5000 counts", "C2 R5-currency rejected"},
		"Principal Amount EUR":       {"2 E 5000 counts", "C2 R5-currency rejected"},
		"Nominal (€)":                {"2 E 5000 counts", "C2 R5-currency rejected"},
		"Principal Amount in USD":    {"1 A 5000 counts", "C3 R5-currency rejected"},
		"Principal Amount ($)":       {"1 A 5000 counts", "C3 R5-currency rejected"},
		"Principal Amount (USD/EUR)": {"1 A 5000 counts", "2 E 5000 counts"},
	} {
		for _, named := range []bool{false, true} {
			o := testOffer(t)
			if named {
				o.Depositaries[0].Columns = map[string]string{"principal": heading}
			}
			t.Run(heading, func(t *testing.T) {
				expect(t, understood(o, sheetOf("Tenders", nil,
					append([]string{"VOI Number | CUSIP | " + heading + " | Submitted At | Participant"}, rows...)...)),
					want...)
			})
		}
	}
}
