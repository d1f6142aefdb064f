package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// readers are the programs with which people and their software open the workbook,
// beside LibreOffice. The test command installs them: READERS names the folder with
// the modules of Node.
var readers = []struct{ name, command, script string }{
	{"openpyxl", "/usr/bin/python3", "read_openpyxl.py"},
	{"exceljs", "node", "exceljs.js"},
	{"SheetJS", "node", "sheetjs.js"},
}

// TestI25EveryReaderOpensTheResult compares every value and every formula of the
// workbook as other readers see it with what is stored in it.
func TestI25EveryReaderOpensTheResult(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := level3Folder(t)
	batchOutput(t, 3, "run", folder)
	workbook := filepath.Join(folder, "runs", "latest", "result.xlsx")
	want := storedCells(t, workbook)
	scripts, err := filepath.Abs(filepath.Join("testdata", "readers"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			c := exec.Command(r.command, filepath.Join(scripts, r.script), workbook)
			c.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(os.Getenv("READERS"), "node_modules"))
			out, err := c.Output()
			if err != nil {
				missing(t, r.name, err)
			}
			compareCells(t, want, out)
		})
	}
}

// missing skips a reader that is not installed; in CI that is a failure.
func missing(t *testing.T, name string, err error) {
	t.Helper()
	said := err.Error()
	if failed, ok := err.(*exec.ExitError); ok {
		said += ": " + string(failed.Stderr)
	}
	if os.Getenv("CI") != "" || os.Getenv("READERS") != "" || os.Getenv("BROWSER") != "" {
		t.Fatalf("%s: %s", name, said)
	}
	t.Skipf("%s is not installed; ./test.sh installs it", name)
}

// storedCell is a cell as it is stored: the digits of a number, the text, TRUE or FALSE.
type storedCell struct{ formula, value string }

func storedCells(t *testing.T, workbook string) map[string]storedCell {
	t.Helper()
	f, err := excelize.OpenFile(workbook)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells := map[string]storedCell{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, value := range row {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				formula, _ := f.GetCellFormula(sheet, at)
				if value != "" {
					cells[sheet+"!"+at] = storedCell{formula, value}
				}
			}
		}
	}
	return cells
}

// compareCells compares what a reader printed with what is stored. Readers make binary
// numbers of numbers, so those are compared as such.
func compareCells(t *testing.T, want map[string]storedCell, out []byte) {
	t.Helper()
	var cells [][4]any
	if err := json.Unmarshal(out, &cells); err != nil {
		t.Fatalf("%v in %.200s", err, out)
	}
	wrong, read := 0, map[string]bool{}
	for _, c := range cells {
		at := fmt.Sprint(c[0]) + "!" + fmt.Sprint(c[1])
		read[at] = true
		stored, known := want[at]
		if known && stored.formula == fmt.Sprint(c[2]) && sameValue(stored.value, c[3]) {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%s: read as %v %v, stored as %+v", at, c[2], c[3], stored)
		}
	}
	for at, stored := range want {
		if !read[at] {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: not read; stored as %+v", at, stored)
			}
		}
	}
	if wrong > 5 {
		t.Errorf("%d of %d cells differ", wrong, len(want))
	}
}

func sameValue(stored string, read any) bool {
	switch v := read.(type) {
	case string:
		return v == stored || v == strings.ReplaceAll(stored, "\r\n", "\n")
	case bool:
		return (stored == "1" || stored == "TRUE") == v
	case float64:
		number, err := strconv.ParseFloat(stored, 64)
		return err == nil && number == v
	case map[string]any: // a date: milliseconds since 1970, or a serial number
		number, err := strconv.ParseFloat(stored, 64)
		if ms, ok := v["date"].(float64); ok {
			serial := ms/86_400_000 + 25569
			return err == nil && serial-number < 1e-7 && number-serial < 1e-7
		}
		serial, ok := v["serial"].(float64)
		return ok && err == nil && serial-number < 1e-7 && number-serial < 1e-7
	}
	return false
}
