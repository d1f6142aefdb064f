package workbook

import (
	"regexp"
	"slices"

	"tenderbatch/internal/spreadsheet"
)

// field is one column of a list whose rows show an R: all there is to it. To add a column
// to a sheet, add an entry to its fields.
type field[R any] struct {
	key     string // by which formulas, totals and other sheets find it
	column  spreadsheet.Column
	cell    func(r *R) spreadsheet.Cell // nil: the column is empty
	formula string                      // of its cells; {key} is the cell of that column in the same row
	total   bool                        // it is added up by currency
}

// fields are the columns of a list, in their order.
type fields[R any] []field[R]

// at is the number of a column; the first is 1. It panics if no column has the key: that
// is an error in the program, which every test of the sheet finds.
func (f fields[R]) at(key string) int {
	i := slices.IndexFunc(f, func(c field[R]) bool { return c.key == key })
	if i < 0 {
		panic("no column " + key)
	}
	return i + 1
}

func (f fields[R]) letters(key string) string { return spreadsheet.Letters(f.at(key)) }

// columns are the headings and widths.
func (f fields[R]) columns() []spreadsheet.Column {
	all := make([]spreadsheet.Column, len(f))
	for i := range f {
		all[i] = f[i].column
	}
	return all
}

var keyInFormula = regexp.MustCompile(`\{(\w+)\}`)

// formulas are those of the cells, by column, as spreadsheet.Cell.By takes them.
func (f fields[R]) formulas() []string {
	all := make([]string, len(f))
	for i := range f {
		all[i] = keyInFormula.ReplaceAllStringFunc(f[i].formula, func(key string) string {
			return f.letters(key[1:len(key)-1]) + "#"
		})
	}
	return all
}

// list is a list of so many rows; none is shown if there are none. Each goroutine that
// makes rows asks rows for a function of its own, which returns what the i-th row shows
// until it is called again.
func (f fields[R]) list(count int, none string, rows func() func(i int) *R) *spreadsheet.Listing {
	formulas := f.formulas()
	maker := func() spreadsheet.RowMaker {
		row := rows()
		return func(i int, cells []spreadsheet.Cell) { f.fill(row(i), formulas, cells) }
	}
	return &spreadsheet.Listing{Columns: f.columns(), Count: count, Maker: maker, None: none}
}

func (f fields[R]) fill(r *R, formulas []string, cells []spreadsheet.Cell) {
	for i := range f {
		if f[i].cell == nil {
			continue
		}
		cells[i] = f[i].cell(r)
		if formulas[i] != "" && cells[i].Kind != spreadsheet.Empty {
			cells[i] = cells[i].By(formulas[i])
		}
	}
}

// row makes the cells of one row of a table.
func (f fields[R]) row(r *R) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(f))
	f.fill(r, f.formulas(), cells)
	return cells
}

// totals is a row with the columns that are added up: r holds their sums, formula adds up
// a column.
func (f fields[R]) totals(label string, r *R, formula func(col int) string) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(f))
	cells[0] = spreadsheet.Label(label)
	for i := range f {
		if !f[i].total {
			continue
		}
		if cells[i] = f[i].cell(r); cells[i].Kind != spreadsheet.Empty {
			cells[i] = cells[i].By(formula(i + 1))
		}
	}
	return cells
}
