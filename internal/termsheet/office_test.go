package termsheet

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tenderbatch/internal/officetest"
	"tenderbatch/internal/tender"
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

// TestTheFormIsOnePage prints forms: one page, and one for the further terms, on the paper of the offer.
func TestTheFormIsOnePage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	forms := map[string][]byte{}
	for _, name := range []string{"level3-2004", "rogers-2025", "solventum-2025", "sampo-2025"} {
		forms[name] = formOf(t, readFile(t, "../../fixtures/"+name+"/offer.yaml"))
	}
	for paper, name := range map[tender.Paper]string{tender.PaperA4: "empty-a4", tender.PaperLetter: "empty-letter"} {
		var b bytes.Buffer
		if err := WriteBlank(&b, paper); err != nil {
			t.Fatal(err)
		}
		forms[name] = b.Bytes()
	}
	for name, said := range officetest.Printed(t, forms) {
		size := "(letter)"
		if name == "empty-a4" || name == "sampo-2025" {
			size = "(A4)"
		}
		if !regexp.MustCompile(`Pages: +2\n`).MatchString(said) || !strings.Contains(said, size) {
			t.Errorf("%s is not on one page of %s and one more:\n%s", name, size, said)
		}
	}
}
