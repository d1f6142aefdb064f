package workbook

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/spreadsheet"
)

// sortedBackwards turns the rows first to last of a sheet round, as a spreadsheet does that
// sorts them: each keeps its formulas, which go on meaning cells of their own row.
func sortedBackwards(t *testing.T, f *excelize.File, sheet string, first, last, columns int) {
	t.Helper()
	type held struct{ value, formula string }
	rows := make([][]held, last+1)
	for row := first; row <= last; row++ {
		for col := 1; col <= columns; col++ {
			value, err := f.GetCellValue(sheet, spreadsheet.At(row, col), excelize.Options{RawCellValue: true})
			must(t, err)
			formula, err := f.GetCellFormula(sheet, spreadsheet.At(row, col))
			must(t, err)
			rows[row] = append(rows[row], held{value, formula})
		}
	}
	for row := first; row <= last; row++ {
		from := first + last - row
		here := regexp.MustCompile(fmt.Sprintf(`\b([A-Z]{1,2})%d\b`, from))
		for i, c := range rows[from] {
			cell := spreadsheet.At(row, i+1)
			if isAmount.MatchString(c.value) {
				must(t, f.SetCellDefault(sheet, cell, c.value))
			} else {
				must(t, f.SetCellStr(sheet, cell, c.value))
			}
			if c.formula != "" {
				must(t, f.SetCellFormula(sheet, cell, here.ReplaceAllString(c.formula, fmt.Sprintf("${1}%d", row))))
			}
		}
	}
}

var isAmount = regexp.MustCompile(`^\d{1,14}(\.\d+)?$`)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Sorted in any way, the lists of wires and payments have the same totals, and each
// reference leads to its own instructions.
func TestP1SortedListsKeepLinksAndTotals(t *testing.T) {
	r := smallRun(t)
	f := opened(t, rendered(t, r))
	for sheet, count := range map[string]int{"Wires": len(r.Settlement.Wires), "Payments": len(r.Settlement.Payments)} {
		if count < 2 {
			t.Fatalf("%s: %d rows are too few to be sorted", sheet, count)
		}
		first := 0
		rows := rowsOf(t, f, sheet)
		for i, row := range rows {
			if first == 0 && len(row) >= moneyFields.at("total") && reference.MatchString(row[moneyFields.at("reference")-1]) {
				first = i + 1
			}
		}
		before := rows[first+count:]
		sortedBackwards(t, f, sheet, first, first+count-1, moneyFields.at("total"))
		totals := 0
		for i, row := range before {
			for col := moneyFields.at("accepted"); col <= moneyFields.at("total") && col <= len(row); col++ {
				totals += sameTotal(t, f, sheet, spreadsheet.At(first+count+1+i, col), row[col-1])
			}
		}
		if totals < 10 {
			t.Errorf("%s: only %d totals were compared", sheet, totals)
		}
		for row := first; row < first+count; row++ {
			sameTotal(t, f, sheet, spreadsheet.At(row, moneyFields.at("total")), "")
			leadsToItself(t, f, sheet, row, rows[2*first+count-1-row-1][moneyFields.at("reference")-1])
		}
	}
}

var reference = regexp.MustCompile(`^[0-9A-Z]+-[A-Z]{3}-\d{8}-[0-9A-Z]{10}$`)

// sameTotal calculates a formula and compares it with what was stored, and counts it. Without
// a want, the value stored in the cell is wanted.
func sameTotal(t *testing.T, f *excelize.File, sheet, cell, want string) int {
	t.Helper()
	formula, err := f.GetCellFormula(sheet, cell)
	must(t, err)
	if formula == "" {
		return 0
	}
	if want == "" {
		want, err = f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
		must(t, err)
	}
	got, err := f.CalcCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil || !dec(got).Round(2).Equal(dec(want).Round(2)) {
		t.Errorf("%s!%s: %s is %s, %v; want %s", sheet, cell, formula, got, err, want)
	}
	return 1
}

// leadsToItself follows the link of the reference that must be in a row now.
func leadsToItself(t *testing.T, f *excelize.File, sheet string, row int, want string) {
	t.Helper()
	formula, err := f.GetCellFormula(sheet, spreadsheet.At(row, moneyFields.at("reference")))
	must(t, err)
	_, rest, _ := strings.Cut(formula, "!A\"&(")
	place, _, ok := strings.Cut(rest, "),\"")
	if !ok {
		t.Fatalf("%s row %d: the reference has the formula %q", sheet, row, formula)
	}
	const scratch = "ZZ1"
	must(t, f.SetCellFormula(sheet, scratch, place))
	target, err := f.CalcCellValue(sheet, scratch)
	must(t, err)
	got, err := f.GetCellValue("Instructions", fmt.Sprint(spreadsheet.Letters(instructionFields.at("reference")), target))
	if must(t, err); got != want || !strings.HasSuffix(formula, `"`+want+`")`) {
		t.Errorf("%s row %d: %s leads to row %s of %q", sheet, row, want, target, got)
	}
}
