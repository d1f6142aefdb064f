package termsheet

import (
	"bytes"
	"path/filepath"
	"testing"

	"tenderbatch/internal/officetest"
)

// TestLibreOfficeSavesTheForm: a form that a spreadsheet program opened and saved says the same terms.
func TestLibreOfficeSavesTheForm(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	names, err := filepath.Glob("../../fixtures/*/offer.yaml")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	forms := map[string][]byte{}
	for _, name := range names {
		forms[filepath.Base(filepath.Dir(name))] = formOf(t, readFile(t, name))
	}
	for name, data := range officetest.SavedAgain(t, forms) {
		back, err := Read(name, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sameTerms(t, name, readFile(t, "../../fixtures/"+name+"/offer.yaml"), back.Terms)
	}
}
