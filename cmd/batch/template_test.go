package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/exitcode"
)

// batchOutput runs the program and returns what it prints.
func batchOutput(t *testing.T, code exitcode.Code, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(context.Background(), args, testWorld(&stdout, &stderr)); got != int(code) {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, stdout.String(), stderr.String())
	}
	return stdout.String() + stderr.String()
}

// fillTemplate fills rows in by their headings, as a person would.
func fillTemplate(t *testing.T, path string, total float64, rows []map[string]any) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	all, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	const heading = 5
	set := func(col, row int, value any) {
		ref, err := excelize.CoordinatesToCellName(col, row)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetCellStyle(sheet, ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellValue(sheet, ref, value); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle(sheet, ref, ref, style); err != nil { // SetCellValue gives a time a format of its own
			t.Fatal(err)
		}
	}
	for col, text := range all[heading-1] {
		for i, row := range rows {
			if value, ok := row[text]; ok {
				set(col+1, heading+1+i, value)
			}
		}
		if strings.Contains(text, "Principal") || strings.Contains(text, "Quantity") {
			ref, _ := excelize.CoordinatesToCellName(col+1, len(all))
			formula, err := f.GetCellFormula(sheet, ref)
			if err != nil || !strings.HasPrefix(formula, "SUM(") {
				t.Fatalf("%s holds %q, %v", ref, formula, err)
			}
			set(col+1, len(all), total) // as Excel would store it
			if err := f.SetCellFormula(sheet, ref, formula); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
}

// TestTemplateIsReadWithoutANote writes the templates of both depositaries, fills
// them in and has them read.
func TestTemplateIsReadWithoutANote(t *testing.T) {
	folder := level3Folder(t)
	if err := os.RemoveAll(filepath.Join(folder, "inbox")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "inbox"), 0o750); err != nil {
		t.Fatal(err)
	}
	dtc, euroclear := filepath.Join(folder, "inbox", "dtc-2004-11-12.xlsx"), filepath.Join(folder, "inbox", "euroclear-2004-11-12.xlsx")
	batchOutput(t, exitcode.Done, "template", folder, dtc)
	batchOutput(t, exitcode.Done, "template", folder, euroclear, "--depositary", "Euroclear")
	received := time.Date(2004, 11, 12, 16, 59, 59, 0, time.UTC)
	fillTemplate(t, dtc, 3_500_000, []map[string]any{
		{"Instruction ID": "VOI1", "CUSIP/ISIN": "52729NAA8", "Principal Amount": 2_000_000, "Currency": "USD", "Received At": received,
			"Participant Number": "0902", "Participant Name": "A Bank", "Status": "TENDERED"},
		{"Instruction ID": "VOI2", "CUSIP/ISIN": "52729NAA8", "Principal Amount": 1_500_000, "Currency": "USD", "Received At": received,
			"Participant Number": "0443", "Participant Name": "A Broker", "Status": "PENDING"},
	})
	fillTemplate(t, euroclear, 1_000_000, []map[string]any{
		{"Instruction ID": "E1", "CUSIP/ISIN": euroSecurity(t, euroclear), "Blocked Quantity": 1_000_000, "Currency": "EUR", "Received At": received,
			"Participant Number": "94210", "Participant Name": "A Bank", "Status": "TENDERED"},
	})
	said := batchOutput(t, exitcode.Done, "check", folder, "--as-of", "2004-11-12T17:00")
	for _, want := range []string{"2 rows: 1 counted, 1 not counted, 0 rejected", "1 rows: 1 counted, 0 not counted, 0 rejected",
		"agrees with the rows: 3,500,000", "agrees with the rows: 1,000,000"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(said, "note:") || t.Failed() {
		t.Errorf("it says\n%s", said)
	}
	// The totals row is verified.
	fillTemplate(t, euroclear, 999_000, nil)
	if said := batchOutput(t, exitcode.Controls, "check", folder, "--as-of", "2004-11-12T17:00"); !strings.Contains(said, "999,000") && !strings.Contains(said, "999000") {
		t.Errorf("it says\n%s", said)
	}
}

// euroSecurity is the security that a template lists in euros.
func euroSecurity(t *testing.T, path string) string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Securities")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row[3] == "EUR" {
			return row[0]
		}
	}
	t.Fatal("no security in euros")
	return ""
}

func TestTemplateIsNotWrittenOverAFile(t *testing.T) {
	folder := level3Folder(t)
	path := filepath.Join(t.TempDir(), "template.xlsx")
	batchOutput(t, exitcode.Done, "template", folder, path)
	batchOutput(t, exitcode.Usage, "template", folder, path)
	batchOutput(t, exitcode.Usage, "template", folder, path+"2", "--depositary", "Clearstream")
	batchOutput(t, exitcode.Usage, "template")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o027 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
