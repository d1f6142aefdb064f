package workbook

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; see what changed with go test -update and git diff\n%s", path, firstDifference(string(got), string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestText(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *result.Run) error{
		result.JSONName: export.WriteJSON, result.InstructionsName: export.WriteInstructions, result.WiresName: export.WriteWires, result.PaymentsName: export.WritePayments, result.PaidName: export.WritePaid, result.RejectsName: export.WriteRejects,
		result.ReleaseTextName: export.WriteReleaseText, result.ReleaseMarkdownName: export.WriteReleaseMarkdown,
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got, smallRun(t)); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.Bytes())
		})
	}
}

// TestWorkbook dumps every sheet, cell by cell, so that a person can review
// what a change does to the workbook.
func TestWorkbook(t *testing.T) {
	f := opened(t, rendered(t, smallRun(t)))
	for _, sheet := range f.GetSheetList() {
		t.Run(sheet, func(t *testing.T) {
			golden(t, "workbook-"+strings.ToLower(sheet)+".txt", dump(t, f, sheet))
		})
	}
}

func opened(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// written is what a cell of a workbook holds.
type written struct{ ref, value, formula, format string }

// cells reads all cells of a sheet that hold something, raw.
func cells(t testing.TB, f *excelize.File, sheet string) []written {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []written
	for r, row := range rows {
		for c, value := range row {
			w := written{ref: spreadsheet.At(r+1, c+1), value: value}
			if w.formula, err = f.GetCellFormula(sheet, w.ref); err != nil {
				t.Fatal(err)
			}
			if w.value == "" && w.formula == "" {
				continue
			}
			w.format = formatOf(t, f, sheet, w.ref)
			all = append(all, w)
		}
	}
	return all
}

func formatOf(t testing.TB, f *excelize.File, sheet, ref string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, ref)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	if style.CustomNumFmt != nil {
		return *style.CustomNumFmt
	}
	return ""
}

func dump(t testing.TB, f *excelize.File, sheet string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, w := range cells(t, f, sheet) {
		fmt.Fprintf(&out, "%-5s %q", w.ref, w.value)
		if w.formula != "" {
			fmt.Fprintf(&out, "  =%s", w.formula)
		}
		if w.format != "" {
			fmt.Fprintf(&out, "  [%s]", w.format)
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}
