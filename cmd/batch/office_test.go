package main

import (
	"os"
	"path/filepath"
	"testing"

	"tenderbatch/internal/export/officetest"
)

// LibreOffice gets every figure of the two published workbooks from their
// formulas.
func TestLibreOfficeCalculatesTheLevel3Result(t *testing.T) {
	folder, published := level3Folder(t), map[string][]byte{}
	for _, r := range level3Runs {
		content, err := os.ReadFile(filepath.Join(runLevel3(t, folder, r.asOf), "result.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		published[r.name] = content
	}
	for name, n := range officetest.CheckFormulas(t, published) {
		if n < 500 {
			t.Errorf("%s: only %d formulas were compared", name, n)
		}
	}
}
