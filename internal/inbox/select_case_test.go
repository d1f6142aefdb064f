package inbox

import (
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// The newest report under a name in capitals must not be left out: extensions match in
// either case, and any other difference of case stops the run.
func TestI10CapitalLettersInTheNameOfAReport(t *testing.T) {
	o := &tender.Offer{Zone: time.UTC, Depositaries: []tender.Depositary{{Name: "DTC", Files: "dtc-*.xlsx", Zone: time.UTC}}}
	asOf := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	choice, err := Choose(o, []string{"dtc-2026-10-14.xlsx", "dtc-2026-10-28.XLSX"}, asOf)
	if err != nil || len(choice.Chosen) != 1 || choice.Chosen[0].Name != "dtc-2026-10-28.XLSX" {
		t.Errorf("chosen %v, %v", choice.Chosen, err)
	}
	for _, name := range []string{"DTC-2026-10-28.XLSX", "Dtc-2026-10-28.xlsx"} {
		if _, err := Choose(o, []string{"dtc-2026-10-14.xlsx", name}, asOf); err == nil || !strings.Contains(err.Error(), name+": the name differs from the files of DTC (dtc-*.xlsx) by capital and small letters only") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if choice, err := Choose(o, []string{"dtc-2026-10-14.xlsx", "notes.txt"}, asOf); err != nil || len(choice.Ignored) != 1 {
		t.Errorf("%v, %v", choice, err)
	}
}

// A letter with an accent is the same whether a system writes it as one character or, as macOS does, as two.
func TestANameWithAccentsAsMacOSWritesIt(t *testing.T) {
	const one, two = "dtc-Z\u00fcrich-2026-10-28.xlsx", "dtc-Zu\u0308rich-2026-10-28.xlsx"
	asOf := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, pattern := range []string{"dtc-Z\u00fcrich-*.xlsx", "dtc-Zu\u0308rich-*.xlsx"} {
		o := &tender.Offer{Zone: time.UTC, Depositaries: []tender.Depositary{{Name: "DTC", Files: pattern, Zone: time.UTC}}}
		for _, name := range []string{one, two} {
			choice, err := Choose(o, []string{name}, asOf)
			if err != nil || len(choice.Chosen) != 1 || choice.Chosen[0].Name != name {
				t.Errorf("%+q for %+q: %v, %v", name, pattern, choice.Chosen, err)
			}
		}
		if _, err := Choose(o, []string{one, two}, asOf); err == nil || !strings.Contains(err.Error(), "is of the same time") {
			t.Errorf("both: %v", err)
		}
	}
}
