package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/officetest"
)

// LibreOffice gets every figure of the two published workbooks, of one after an early
// settlement, and of an offer before and after its pricing, from their formulas.
func TestLibreOfficeCalculatesTheLevel3Result(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder, published := level3Folder(t), map[string][]byte{}
	for _, r := range exampleRuns {
		content, err := os.ReadFile(filepath.Join(runLevel3(t, folder, r.asOf), "result.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		published[r.name] = content
	}
	published["settled early"] = settledEarly(t)
	for _, r := range []struct{ name, asOf string }{
		{solventum, "2025-09-08T09:00"}, {solventum, "2025-09-08T10:00"}, {cobank, "2012-12-13T09:00"}, {rogers, "2025-07-23T08:00"},
	} {
		content, err := os.ReadFile(filepath.Join(runFixture(t, r.name, r.asOf), "result.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		published[r.name+" "+r.asOf] = content
	}
	for name, n := range officetest.CheckFormulas(t, published) {
		if n < 300 {
			t.Errorf("%s: only %d formulas were compared", name, n)
		}
	}
}

// settledEarly is the workbook of the final run where the early run was settled.
func settledEarly(t *testing.T) []byte {
	t.Helper()
	folder := level3Folder(t)
	terms := filepath.Join(folder, "offer.yaml")
	amend := func(changes ...string) {
		content, err := os.ReadFile(terms)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(terms, []byte(strings.NewReplacer(changes...).Replace(string(content))), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	amend("order: priority", "order: early_first", "{early: null, final:", "{early: 2004-11-17, final:", "last_paid: 2004-12-01", "last_paid: 2004-06-01")
	early := filepath.Base(runLevel3(t, folder, exampleRuns[0].asOf))
	amend("\namendments:", "\namendments:\n  - effective: 2004-11-17T08:00\n    set: {dates: {settlement: {early_run: "+early+"}}}")
	content, err := os.ReadFile(filepath.Join(runLevel3(t, folder, exampleRuns[1].asOf), "result.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
