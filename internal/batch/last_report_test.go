package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
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
		"dtc-2026-05-17.csv":  {lastReportRows, "was made before"},
		"dtc-2027-05-19.csv":  {lastReportRows, "in the future"},
		"dtc-2026-05-20.csv":  {smallReport, "is it an old report under a wrong name?"},
	} {
		folder := smallOffer(t)
		inbox := filepath.Join(folder, inboxName)
		if err := os.RemoveAll(inbox); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(inbox, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(inbox, name), []byte(c.rows), 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), Request{Folder: folder, Clock: longAfterEnd, Version: "test", Trigger: ledger.BySchedule})
		_, final := os.Lstat(filepath.Join(folder, runsName, "final"))
		if c.want == "" && (err != nil || final != nil) {
			t.Errorf("%s: %v, %v", name, err, final)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || final == nil) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestT16 between the expiration and a later guaranteed delivery deadline: a report from
// before the expiration is not the last one there, either.
func TestT16BeforeTheGuaranteedDeliveryDeadlineAReportFromBeforeTheExpirationIsNotTheLast(t *testing.T) {
	for _, c := range []struct {
		now  time.Time
		name string
		want string
	}{
		{time.Date(2026, 5, 19, 16, 0, 0, 0, time.UTC), "dtc-2026-05-17.csv", "was made before"},
		{time.Date(2026, 5, 19, 16, 0, 0, 0, time.UTC), "dtc-2026-05-18.csv", ""},
		{time.Date(2026, 5, 21, 16, 0, 0, 0, time.UTC), "dtc-2026-05-18.csv", "was made before"},
		{time.Date(2026, 5, 21, 16, 0, 0, 0, time.UTC), "dtc-2026-05-20.csv", ""},
	} {
		folder := smallOffer(t)
		terms := filepath.Join(folder, offerName)
		content, err := os.ReadFile(terms)
		if err != nil {
			t.Fatal(err)
		}
		with := strings.Replace(string(content), "dates:\n", "dates:\n  guaranteed_delivery: {deadline: {at: 2026-05-20T17:00, boundary: before}, settlement: 2026-05-22}\n", 1)
		if with == string(content) {
			t.Fatal("no dates to change")
		}
		inbox := filepath.Join(folder, inboxName)
		if err := errors.Join(os.WriteFile(terms, []byte(with), 0o640), os.RemoveAll(inbox), os.RemoveAll(filepath.Join(folder, runsName)), os.Mkdir(inbox, 0o750),
			os.WriteFile(filepath.Join(inbox, c.name), []byte(lastReportRows), 0o640)); err != nil {
			t.Fatal(err)
		}
		_, err = Run(context.Background(), Request{Folder: folder, Clock: func() time.Time { return c.now }, Version: "test", Trigger: ledger.BySchedule})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s on %s: %v, want %q", c.name, c.now, err, c.want)
		}
	}
}
