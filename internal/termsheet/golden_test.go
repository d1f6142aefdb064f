package termsheet

import (
	"bytes"
	flags "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

var update = flags.Bool("update", false, "write the golden files")

// TestGolden dumps the cells and the drop-downs of forms, so that a person can review them.
func TestGolden(t *testing.T) {
	var blank bytes.Buffer
	if err := WriteBlank(&blank, tender.PaperA4); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"blank.txt": blank.Bytes(), "level3.txt": formOf(t, readFile(t, "../../fixtures/level3-2004/offer.yaml")),
	} {
		got := dumpOf(t, data)
		file := "testdata/" + name
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("the form is not as in %s (%v); write it again with -update, and read the difference", file, err)
		}
	}
}

func dumpOf(t *testing.T, data []byte) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&out, "%s\n", sheet)
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if line := strings.TrimRight(strings.ReplaceAll(strings.Join(row, " | "), "\n", "⏎"), " |"); line != "" {
				fmt.Fprintf(&out, "%3d %s\n", i+1, line)
			}
		}
		checks, err := f.GetDataValidations(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range checks {
			fmt.Fprintf(&out, "    %s %s\n", v.Sqref, v.Formula1)
		}
	}
	return out.Bytes()
}
