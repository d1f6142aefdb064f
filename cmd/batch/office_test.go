package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// TestLibreOfficeCalculatesTheLevel3Result spoils the stored result of every
// formula of the two published workbooks and has LibreOffice calculate all of
// them: every figure must come back.
func TestLibreOfficeCalculatesTheLevel3Result(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("soffice is not installed")
	}
	folder, dir := level3Folder(t), t.TempDir()
	profile := filepath.Join(dir, "profile")
	if err := errors.Join(os.MkdirAll(filepath.Join(profile, "user"), 0o755),
		os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(calculateOnLoad), 0o644)); err != nil {
		t.Fatal(err)
	}
	args := []string{"--headless", "-env:UserInstallation=file://" + profile, "--convert-to", "xlsx", "--outdir", filepath.Join(dir, "calculated")}
	published := map[string]string{}
	for _, r := range level3Runs {
		published[r.name] = filepath.Join(runLevel3(t, folder, r.asOf), "result.xlsx")
		spoilt := filepath.Join(dir, r.name+".xlsx")
		spoilResults(t, published[r.name], spoilt)
		args = append(args, spoilt)
	}
	if out, err := exec.Command(soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, path := range published {
		n := compareFormulas(t, path, filepath.Join(dir, "calculated", name+".xlsx"))
		if n < 500 {
			t.Errorf("%s: only %d formulas were compared", name, n)
		}
	}
}

const calculateOnLoad = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`

// spoilResults copies a workbook with 7 as the result of every formula.
func spoilResults(t *testing.T, from, to string) {
	t.Helper()
	z, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	result := regexp.MustCompile(`</f><v>[^<]*</v>`)
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		part, err := w.Create(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(result.ReplaceAll(content, []byte(`</f><v>7</v>`))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.WriteFile(to, out.Bytes(), 0o640)); err != nil {
		t.Fatal(err)
	}
}

// compareFormulas compares the results of all formulas to five decimals, as a
// spreadsheet adds cents in binary, and returns how many there are.
func compareFormulas(t *testing.T, stored, calculated string) int {
	t.Helper()
	want, got := openWorkbook(t, stored), openWorkbook(t, calculated)
	raw, n := excelize.Options{RawCellValue: true}, 0
	for _, sheet := range want.GetSheetList() {
		rows, err := want.GetRows(sheet, raw)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, value := range row {
				ref, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := want.GetCellFormula(sheet, ref)
				if err != nil {
					t.Fatal(err)
				}
				if formula == "" {
					continue
				}
				n++
				again, err := got.GetCellValue(sheet, ref, raw)
				if err != nil {
					t.Fatal(err)
				}
				if !sameResult(value, again) {
					t.Errorf("%s!%s =%s: %s is stored, LibreOffice gets %s", sheet, ref, formula, value, again)
				}
			}
		}
	}
	return n
}

func openWorkbook(t *testing.T, path string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func sameResult(want, got string) bool {
	x, errX := decimal.NewFromString(want)
	y, errY := decimal.NewFromString(got)
	return want == got || errX == nil && errY == nil && x.Sub(y).Round(5).IsZero()
}
