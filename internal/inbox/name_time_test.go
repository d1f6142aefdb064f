package inbox

import (
	"strings"
	"testing"
	"time"
)

func TestT16DatesInNamesThatCanBeReadOneWay(t *testing.T) {
	const undated = ""
	for name, want := range map[string]string{
		"dtc-2026-11-25.csv":            "2026-11-25",
		"dtc-20261125.csv":              "2026-11-25",
		"dtc_2026_11_25.csv":            "2026-11-25",
		"dtc 2026.11.25.csv":            "2026-11-25",
		"dtc-25112026.csv":              "2026-11-25", // no month 25
		"dtc-11252026.csv":              "2026-11-25",
		"dtc 25.11.2026.xlsx":           "2026-11-25",
		"dtc-25-11-2026.xlsx":           "2026-11-25",
		"dtc_11_25_2026.xlsx":           "2026-11-25",
		"dtc-11112026.csv":              "2026-11-11", // both readings are one day
		"dtc-25-Nov-2026.csv":           "2026-11-25",
		"dtc-25nov2026.csv":             "2026-11-25",
		"dtc 5 November 2026.csv":       "2026-11-05",
		"dtc Nov-25-2026.csv":           "2026-11-25",
		"dtc November 25, 2026.csv":     "2026-11-25",
		"dtc-05-Sept-2026.csv":          "2026-09-05",
		"ref 05062004 2026-11-25.csv":   "2026-11-25", // the number is none where a date is
		"dtc-2026-11-25T1730.csv":       "2026-11-25 17:30",
		"dtc-25112026T1730.csv":         "2026-11-25 17:30",
		"dtc-25-Nov-2026_1730.csv":      "2026-11-25 17:30",
		"dtc.csv":                       undated,
		"dtc-31112026.csv":              undated, // no such day
		"dtc-99998888.csv":              undated,
		"dtc-12345678.csv":              undated,
		"dtc-251126.csv":                undated,
		"dtc-123-45-6789.csv":           undated,
		"dtc-25-Dez-2026.csv":           undated,
		"dtc-05112026.csv":              "can be read as 2026-11-05 or as 2026-05-11",
		"dtc-05.11.2026.csv":            "can be read as 2026-11-05 or as 2026-05-11",
		"dtc-2026-11-24-2026-11-25.csv": "two dates",
		"dtc-25112026-26112026.csv":     "two dates",
	} {
		at, dated, err := nameTime(name, time.UTC)
		switch {
		case err != nil:
			if !strings.Contains(err.Error(), want) || want == undated {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		case !dated:
			if want != undated {
				t.Errorf("%s has no date, want %s", name, want)
			}
		default:
			got := at.Format("2006-01-02 15:04")
			if !strings.Contains(want, ":") {
				got = at.Add(-time.Nanosecond).Format(time.DateOnly)
			}
			if got != want {
				t.Errorf("%s is of %s, want %s", name, got, want)
			}
		}
	}
}
