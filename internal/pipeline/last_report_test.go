package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

const lastReportRows = smallReport + "0000043,52729NAA8,1000,2026-05-18 10:00:00,0005\n"

// TestT16 has the service make the final run of an offer from reports under several
// names.
func TestT16TheServiceMakesNoFinalRunFromAReportThatMayNotBeTheLast(t *testing.T) {
	for name, c := range map[string]struct{ rows, want string }{
		"dtc-2026-05-19.csv":  {lastReportRows, ""},
		"dtc-19052026.csv":    {lastReportRows, ""},
		"dtc-19-May-2026.csv": {lastReportRows, ""},
		"dtc-.csv":            {lastReportRows, "carries no date that can be read"},
		"dtc-19-V-2026.csv":   {lastReportRows, "carries no date that can be read"},
		"dtc-2026-05-18.csv":  {lastReportRows, ""}, // the end of that day is the expiration
		"dtc-2026-05-17.csv": {lastReportRows, "shows tenders until the end of 2026-05-17, and a report that shows " +
			"them until 2026-05-19 00:00 EDT (the expiration) is needed: ask for it; if nothing more comes from DTC"},
		"dtc-2027-05-19.csv": {lastReportRows, "in the future"},
		"dtc-2026-05-20.csv": {smallReport, "is it an old report under a wrong name?"},
	} {
		folder := smallOffer(t)
		inbox := filepath.Join(folder, offerfolder.InboxName)
		if err := os.RemoveAll(inbox); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(inbox, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(inbox, name), []byte(c.rows), 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), Request{Folder: folder, Clock: longAfterEnd, Version: "test",
			Trigger: tender.BySchedule})
		_, final := os.Lstat(filepath.Join(folder, offerfolder.RunsName, "final"))
		if c.want == "" && (err != nil || final != nil) {
			t.Errorf("%s: %v, %v", name, err, final)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || final == nil) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestT16 between the expiration and a later guaranteed delivery deadline: a report from
// before the expiration is not the last one there, either. TestP11: after that deadline
// only a depositary with undelivered guaranteed deliveries owes another report, and none
// that the terms call closed.
func TestT16TestP11WhichReportIsNeededAfterTheExpiration(t *testing.T) {
	const promised, delivered, withdrawn = "2026-05-18 10:00:00,0005,GD,,\n",
		"2026-05-18 10:00:00,0005,GD,2026-05-19 10:00:00,\n", "2026-05-18 10:00:00,0005,GD,,2026-05-18 11:00:00\n"
	between, after := time.Date(2026, 5, 19, 16, 0, 0, 0, time.UTC), time.Date(2026, 5, 21, 16, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		now             time.Time
		file, row, more string
		want            string
	}{
		"from before the expiration":   {between, "dtc-2026-05-17.csv", promised, "", "(the expiration) is needed"},
		"of the day of the expiration": {between, "dtc-2026-05-18.csv", promised, "", ""},
		"not delivered": {after, "dtc-2026-05-18.csv", promised, "",
			"until 2026-05-20 17:00 EDT (the guaranteed delivery deadline, as it does not show 1 guaranteed delivery " +
				"delivered) is needed"},
		"delivered":                  {after, "dtc-2026-05-18.csv", delivered, "", ""},
		"withdrawn":                  {after, "dtc-2026-05-18.csv", withdrawn, "", ""},
		"of the day of the deadline": {after, "dtc-2026-05-20.csv", promised, "", ""},
		"closed":                     {after, "dtc-2026-05-18.csv", promised, "closed: 2026-05-19T00:00", ""},
		"closed after the report": {after, "dtc-2026-05-18.csv", promised, "closed: 2026-05-19T12:00",
			"until 2026-05-19 12:00 EDT (closed in the terms) is needed"},
		"closed, and a row came in after it": {after, "dtc-2026-05-18.csv", promised, "closed: 2026-05-18T09:00",
			"(the guaranteed delivery deadline"},
		"closed before the expiration": {after, "dtc-2026-05-17.csv", "2026-05-15 10:00:00,0005,,,\n",
			"closed: 2026-05-16T00:00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := smallOffer(t)
			terms := filepath.Join(folder, offerfolder.OfferName)
			content, err := os.ReadFile(terms)
			if err != nil {
				t.Fatal(err)
			}
			with := strings.Replace(string(content), "dates:\n",
				"dates:\n  guaranteed_delivery: {deadline: {at: 2026-05-20T17:00, boundary: before}, settlement: 2026-05-22}\n", 1)
			if c.more != "" {
				with = strings.Replace(with, "{name: DTC, ", "{name: DTC, "+c.more+", ", 1)
			}
			if with == string(content) || !strings.Contains(with, c.more) {
				t.Fatal("the terms are not what the test expects")
			}
			rows := strings.ReplaceAll(strings.TrimSuffix(smallReport, "\n"), "\n",
				",,,\n") + ",,,\n0000043,52729NAA8,1000," + c.row
			rows = strings.Replace(rows, ",,,\n", ",Delivery,Covered At,Withdrawn At\n", 1)
			inbox := filepath.Join(folder, offerfolder.InboxName)
			if err := errors.Join(os.WriteFile(terms, []byte(with), 0o640), os.RemoveAll(inbox),
				os.RemoveAll(filepath.Join(folder, offerfolder.RunsName)), os.Mkdir(inbox, 0o750),
				os.WriteFile(filepath.Join(inbox, c.file), []byte(rows), 0o640)); err != nil {
				t.Fatal(err)
			}
			_, err = Run(context.Background(), Request{Folder: folder, Clock: func() time.Time { return c.now },
				Version: "test", Trigger: tender.BySchedule})
			if (c.want == "" && err != nil) || (c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want))) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
