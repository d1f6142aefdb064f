package batch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
