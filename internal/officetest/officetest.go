// Package officetest has LibreOffice recalculate workbooks, for tests: a total
// that is stored with its formula must be what a spreadsheet makes of it.
package officetest

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// alwaysCalculate are the settings of a LibreOffice that trusts no stored result.
const alwaysCalculate = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`

// CheckFormulas spoils the stored result of every formula of the workbooks, given
// by name, has LibreOffice calculate all of them, and fails the test where a
// figure does not come back. It returns how many formulas each workbook has.
// Where LibreOffice is missing the test is skipped, but in CI it fails.
func CheckFormulas(t *testing.T, workbooks map[string][]byte) map[string]int {
	t.Helper()
	prepared := map[string][]byte{}
	for name, content := range workbooks {
		prepared[name] = spoiled(t, content)
	}
	calculated := SavedAgain(t, prepared)
	formulas := make(map[string]int, len(workbooks))
	for name, content := range workbooks {
		formulas[name] = compare(t, name, open(t, content), open(t, calculated[name]))
	}
	return formulas
}

// SavedAgain is the workbooks, given by name, as LibreOffice saves them after it has opened and
// calculated them. Where LibreOffice is missing the test is skipped, but in CI it fails.
func SavedAgain(t *testing.T, workbooks map[string][]byte) map[string][]byte {
	t.Helper()
	saved, folder := make(map[string][]byte, len(workbooks)), converted(t, workbooks, "xlsx")
	for name := range workbooks {
		content, err := os.ReadFile(filepath.Join(folder, fileName(name)))
		if err != nil {
			t.Fatal(err)
		}
		saved[name] = content
	}
	return saved
}

// Printed is what pdfinfo says of the workbooks, given by name, once LibreOffice has printed them: the
// size of a page, and how many there are.
func Printed(t *testing.T, workbooks map[string][]byte) map[string]string {
	t.Helper()
	said, folder := make(map[string]string, len(workbooks)), converted(t, workbooks, "pdf")
	for name := range workbooks {
		path := filepath.Join(folder, strings.TrimSuffix(fileName(name), ".xlsx")+".pdf")
		out, err := exec.Command("pdfinfo", path).CombinedOutput()
		if err != nil {
			t.Fatalf("%v; test.sh installs it\n%s", err, out)
		}
		said[name] = string(out)
	}
	return said
}

// converted is a folder with the workbooks as LibreOffice writes them in another format.
func converted(t *testing.T, workbooks map[string][]byte, to string) string {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("soffice is not installed; test.sh installs it")
	}
	if err != nil {
		t.Skip("soffice is not installed; test.sh installs it")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "profile", "user", "registrymodifications.xcu"), []byte(alwaysCalculate))
	args := []string{"--headless", "-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--convert-to",
		to, "--outdir", filepath.Join(dir, "converted")}
	for name, content := range workbooks {
		path := filepath.Join(dir, fileName(name))
		write(t, path, content)
		args = append(args, path)
	}
	if out, err := exec.Command(soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "converted")
}

func fileName(name string) string { return strings.ReplaceAll(name, " ", "-") + ".xlsx" }

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

var result = regexp.MustCompile(`</f><v>[^<]*</v>`)

// spoiled is a workbook with 7 as the stored result of every formula.
func spoiled(t *testing.T, content []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		part, err := w.Create(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(result.ReplaceAll(text, []byte(`</f><v>7</v>`))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t *testing.T, content []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// compare compares every cell that has a formula and returns how many there are.
func compare(t *testing.T, name string, want, got *excelize.File) int {
	t.Helper()
	raw, n := excelize.Options{RawCellValue: true}, 0
	for _, sheet := range want.GetSheetList() {
		rows, err := want.GetRows(sheet, raw)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, stored := range row {
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
				calculated, err := got.GetCellValue(sheet, ref, raw)
				if err != nil {
					t.Fatal(err)
				}
				if !SameFigure(stored, calculated) {
					t.Errorf("%s: %s!%s =%s: %s is stored, LibreOffice gets %s", name, sheet, ref, formula, stored, calculated)
				}
			}
		}
	}
	return n
}

// SameFigure reports whether two results are the same, numbers to five decimals: a
// spreadsheet adds cents in binary.
func SameFigure(want, got string) bool {
	x, errX := decimal.NewFromString(want)
	y, errY := decimal.NewFromString(got)
	return want == got || (errX == nil && errY == nil && x.Sub(y).Round(5).IsZero())
}
