package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// TestP10 has reports of which the newest, of Monday 4 May 2026, is late or not.
func TestP10AReportThatIsExpectedAndHasNotComeIsAFinding(t *testing.T) {
	for name, c := range map[string]struct {
		terms, resolutions, asOf string
		want                     string // in the message; "" for no open finding
	}{
		"nothing is expected": {"", "", "2026-05-14T09:00", ""},
		"of today":            {"expected: daily by 18:00", "", "2026-05-04T20:00", ""},
		"not yet due":         {"expected: daily by 18:00", "", "2026-05-05T17:59", ""},
		"due": {"expected: daily by 18:00", "", "2026-05-05T18:00",
			"one of 2026-05-05 was expected by 18:00"},
		"in the depositary's zone": {"expected: daily by 18:00, timezone: Europe/Luxembourg", "",
			"2026-05-05T12:00", "one of 2026-05-05 was expected by 18:00"},
		"on a Sunday":          {"expected: daily by 18:00", "", "2026-05-10T19:00", "one of 2026-05-10 was"},
		"weekdays on a Sunday": {"expected: weekdays by 18:00", "", "2026-05-10T19:00", "one of 2026-05-08 was"},
		"after the expiration": {"expected: daily by 18:00", "", "2026-05-30T19:00", "one of 2026-05-18 was"},
		"closed": {"expected: daily by 18:00, closed: 2026-05-05T09:00", "", "2026-05-30T19:00",
			""},
		"said to be right": {"expected: daily by 18:00", "2026-05-05", "2026-05-06T09:00", ""},
		"said to be right, and a day later": {"expected: daily by 18:00", "2026-05-05", "2026-05-06T18:00",
			"one of 2026-05-06 was"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := smallOffer(t)
			terms := strings.Replace(smallTerms, "{name: DTC, ", "{name: DTC, "+c.terms+", ", 1)
			terms = strings.Replace(terms, ", , ", ", ", 1)
			if c.resolutions != "" {
				terms += "resolutions: [{rule: R6-late, depositary: DTC, file: dtc-2026-05-04.csv, outcome: counts, by: X, " +
					"on: " + c.resolutions + "}]\n"
			}
			if err := os.WriteFile(filepath.Join(folder, offerfolder.OfferName), []byte(terms), 0o640); err != nil {
				t.Fatal(err)
			}
			o, err := Run(context.Background(), Request{Folder: folder, AsOf: c.asOf,
				Clock: func() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }, Version: "test", DryRun: true})
			if err != nil {
				t.Fatal(err)
			}
			open := ""
			for _, f := range o.Run.Findings {
				if f.Rule == tender.RuleLate && f.Open() {
					open += f.Message
				}
			}
			if (open == "") != (c.want == "") || !strings.Contains(open, c.want) {
				t.Errorf("open: %q, want %q", open, c.want)
			}
			if (c.want != "") != (o.Exit() == exitcode.OpenFindings) {
				t.Errorf("exit %v", o.Exit())
			}
		})
	}
}
