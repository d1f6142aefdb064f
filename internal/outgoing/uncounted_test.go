package outgoing

import (
	"testing"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// TestWhatWasExportedOfAnotherRunIsAskedAbout: unless the run counts it as paid, whatever the references of the wires are.
func TestWhatWasExportedOfAnotherRunIsAskedAbout(t *testing.T) {
	export := func(run string, phase tender.Phase, again string) ledger.Entry {
		return ledger.Entry{Event: ledger.Exported, Run: run, Phase: string(phase), Export: &ledger.Export{Again: again}}
	}
	early, final := export("early", tender.Indicative, ""), export("final", tender.Final, "")
	for name, c := range map[string]struct {
		entries []ledger.Entry
		of      ledger.Manifest
		paid    map[string]bool
		made    []tender.Interim
		want    string
	}{
		"nothing":                     {nil, ledger.Manifest{Run: "next", Phase: "final"}, nil, nil, ""},
		"of the run itself":           {[]ledger.Entry{final}, ledger.Manifest{Run: "final", Phase: "final"}, nil, nil, ""},
		"of one that it supersedes":   {[]ledger.Entry{final}, ledger.Manifest{Run: "next", Phase: "final"}, nil, nil, "final"},
		"of one that was paid":        {[]ledger.Entry{final}, ledger.Manifest{Run: "next", Phase: "final"}, map[string]bool{"final": true}, nil, ""},
		"of an early settlement":      {[]ledger.Entry{early}, ledger.Manifest{Run: "final", Phase: "final"}, nil, nil, "early"},
		"of one that the terms name":  {[]ledger.Entry{early}, ledger.Manifest{Run: "final", Phase: "final"}, nil, []tender.Interim{{Run: "early"}}, ""},
		"of the final run afterwards": {[]ledger.Entry{final}, ledger.Manifest{Run: "early", Phase: "indicative"}, nil, nil, ""},
		"answered for": {[]ledger.Entry{early, export("final", tender.Final, "the early ones were never sent")},
			ledger.Manifest{Run: "final", Phase: "final"}, nil, nil, ""},
		"answered for, and another": {[]ledger.Entry{early, export("second", tender.Indicative, "never sent")},
			ledger.Manifest{Run: "final", Phase: "final"}, nil, nil, "second"},
	} {
		got := ""
		if o := uncounted(c.entries, c.paid, c.made, &c.of); o != nil {
			got = o.Run
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
