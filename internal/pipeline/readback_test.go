package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
)

// TestInstructionsOnSeveralSheetsAreReadBack moves the lower rows of the sheet of
// instructions to the sheet on which a longer one would go on.
func TestInstructionsOnSeveralSheetsAreReadBack(t *testing.T) {
	o := mustRun(t, Request{Folder: example(t)})
	book, err := excelize.OpenFile(filepath.Join(o.Folder, result.WorkbookName))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Instructions", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	heading := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 5 && row[0] == "Instruction" })
	if _, err := book.NewSheet("Instructions 2"); err != nil {
		t.Fatal(err)
	}
	moved := append([][]string{rows[heading]}, rows[heading+21:]...)
	for i, row := range moved {
		if err := book.SetSheetRow("Instructions 2", "A"+decimal.NewFromInt(int64(i+1)).String(), &row); err != nil {
			t.Fatal(err)
		}
	}
	for n := len(rows); n > heading+21; n-- {
		if err := book.SetCellValue("Instructions", "A"+decimal.NewFromInt(int64(n)).String(), ""); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "two.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	if detail, err := readback.ReadWorkbook(path, o.Run); err != nil || detail != "" {
		t.Errorf("a sound workbook: %s, %v", detail, err)
	}
	if err := book.DeleteSheet("Instructions 2"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	if detail, err := readback.ReadWorkbook(path, o.Run); err == nil && detail == "" {
		t.Error("that the second sheet is missing was not noticed")
	}
}

// TestALargeWorkbookIsReadBack writes a workbook larger than any that is taken
// from a depositary.
func TestALargeWorkbookIsReadBack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	r := *mustRun(t, Request{Folder: example(t)}).Run
	const times = 12
	book, allocation := *r.Book, *r.Allocation
	book.Lines = slices.Repeat(book.Lines, times)
	for i := range book.Lines {
		book.Lines[i].ParticipantName = strings.Repeat("x", 30_000)
	}
	allocation.Lines = slices.Repeat(allocation.Lines, times)
	settlement, err := settle.Settle(r.Offer, &book, &allocation)
	if err != nil {
		t.Fatal(err)
	}
	r.Book, r.Allocation, r.Settlement = &book, &allocation, settlement
	path := filepath.Join(t.TempDir(), "large.xlsx")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := workbook.WriteWorkbook(file, &r); err != nil {
		t.Fatal(err)
	}
	if detail, err := readback.ReadWorkbook(path, &r); err != nil || detail != "" {
		t.Error(detail, err)
	}
}

// TestEveryWrittenFileIsReadBack changes one figure, or takes away one line, of
// each file of a run.
func TestEveryWrittenFileIsReadBack(t *testing.T) {
	o := mustRun(t, Request{Folder: example(t)})
	for _, f := range outputs(o.Run) {
		if err := readback.Check(filepath.Join(o.Folder, f.name), o.Run); err != nil {
			t.Fatalf("a sound run: %v", err)
		}
	}
	lastLine := func(s string) string { return s[:strings.LastIndex(strings.TrimSuffix(s, "\n"), "\n")+1] }
	for _, c := range []struct {
		name  string
		spoil func(string) string
	}{
		{result.InstructionsName, lastLine},
		{result.InstructionsName, func(s string) string {
			return strings.Replace(s, ",728000,728000,0,",
				",728000,727000,1000,", 1)
		}},
		{result.PaymentsName, lastLine},
		{result.PaymentsName, func(s string) string { return s[:len(s)-2] + string('0'+(s[len(s)-2]-'0'+1)%10) + "\n" }},
		{result.RejectsName, lastLine},
		{result.RejectsName, func(s string) string { return strings.Replace(s, ",rejected,true,", ",rejected,false,", 1) }},
		{result.RejectsName, func(s string) string { return strings.Replace(s, ",USD,12500,", ",USD,12600,", 1) }},
		{result.JSONName, func(s string) string {
			return strings.Replace(s, `"accepted": "249457000"`, `"accepted": "249456000"`, 1)
		}},
		{result.JSONName, func(s string) string { return strings.Replace(s, `"counted": 602`, `"counted": 601`, 1) }},
		{result.JSONName, func(s string) string {
			return strings.Replace(s, `"total": "658621435.62"`, `"total": "658621435.63"`, 1)
		}},
		{result.JSONName, func(s string) string { return s[:len(s)/2] }},
	} {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(o.Folder)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, c.name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := c.spoil(string(content))
		if spoilt == string(content) {
			t.Fatalf("%s: nothing was spoilt", c.name)
		}
		if err := os.WriteFile(path, []byte(spoilt), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := readback.Check(path, o.Run); err == nil || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
