package batch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/export"
	"tenderbatch/internal/settle"
)

// TestInstructionsOnSeveralSheetsAreReadBack moves the lower rows of the sheet of
// instructions to the sheet on which a longer one would go on.
func TestInstructionsOnSeveralSheetsAreReadBack(t *testing.T) {
	o := mustRun(t, Request{Folder: example(t)})
	book, err := excelize.OpenFile(filepath.Join(o.Folder, export.WorkbookName))
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
	if err := readBack(path, o.Run); err != nil {
		t.Errorf("a sound workbook: %v", err)
	}
	if err := book.DeleteSheet("Instructions 2"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	if err := readBack(path, o.Run); err == nil {
		t.Error("that the second sheet is missing was not noticed")
	}
}

// TestALargeWorkbookIsReadBack writes a workbook larger than any that is taken
// from a depositary.
func TestALargeWorkbookIsReadBack(t *testing.T) {
	r := *mustRun(t, Request{Folder: example(t)}).Run
	const times = 12
	book, allocation, settlement := *r.Book, *r.Allocation, *r.Settlement
	book.Lines = slices.Repeat(book.Lines, times)
	for i := range book.Lines {
		book.Lines[i].ParticipantName = strings.Repeat("x", 30_000)
	}
	allocation.Lines = slices.Repeat(allocation.Lines, times)
	settlement.Lines = slices.Repeat(settlement.Lines, times)
	settlement.Funding = slices.Clone(settlement.Funding)
	for i := range settlement.Funding {
		one := settlement.Funding[i].Cash
		n := decimal.NewFromInt(times)
		settlement.Funding[i].Cash = settle.Cash{
			Consideration: one.Consideration.Mul(n), EarlyPayment: one.EarlyPayment.Mul(n), AccruedInterest: one.AccruedInterest.Mul(n),
		}
	}
	r.Book, r.Allocation, r.Settlement = &book, &allocation, &settlement
	path := filepath.Join(t.TempDir(), "large.xlsx")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := export.WriteWorkbook(file, &r); err != nil {
		t.Fatal(err)
	}
	if err := readBack(path, &r); err != nil {
		t.Error(err)
	}
}
