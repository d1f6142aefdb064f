package ingest

import (
	"strings"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// An encoding that is not known is not taken for UTF-8, nor a way to treat formulas
// for another.
func TestM6AnUnknownEncodingReadsNothing(t *testing.T) {
	for what, d := range map[string]tender.Depositary{
		`encoding: "latin-1"`:  {Name: "DTC", Encoding: "latin-1"},
		`formulas: "computed"`: {Name: "DTC", Formulas: "computed"},
	} {
		_, err := Read(&tender.Offer{}, []inbox.Chosen{{Depositary: d, File: inbox.File{Name: "dtc.csv"}}})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("an unknown %s: %v", what, err)
		}
	}
}
