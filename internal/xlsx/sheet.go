package xlsx

import (
	"strconv"

	"tenderbatch/internal/xlsx/fault"
)

// Row is a row of a sheet. It and everything in it hold only during the call it is passed to.
type Row struct {
	Number int  // from 1
	Hidden bool // by hand, by a filter, by a collapsed outline or without height
	Cells  []Cell
}

// Cell is a cell the file holds; those it does not hold are missing from the row. Column B follows
// column A, with a gap where cells are missing.
type Cell struct {
	Col        int // from 0
	Kind       Kind
	Format     Format
	Formula    bool        // the value is a formula's stored result; if Kind is Blank, none was stored
	Shared     int         // the number of the shared string, from 1, that Text is; 0 if it is none
	Text       []byte      // see Kind; not to be changed
	Struck     Strike      // what of it is struck through
	Appearance *Appearance // what else the style says; nil for nothing
}

// Kind is the kind of a cell's value. It says what Cell.Text holds.
type Kind uint8

// The kinds of values.
const (
	Blank  Kind = iota // nothing
	Text               // the text; also an ISO 8601 date of a cell of type "d"
	Number             // the digits as stored, such as 1500000, 0.30000000000000004 or 4.4E-2
	Bool               // 0 or 1
	Error              // Excel's error value, such as #N/A
)

// Tail is what follows the rows of a sheet.
type Tail struct {
	Merged []Range   // as stored; a merged range has its value in its first cell
	Hidden []Columns // that cannot be seen

	// Striking are the ranges, as stored, that a conditional format strikes through where its
	// condition holds, which is not known; the first few.
	Striking []string
}

// Range is a rectangle of cells, with columns from 0 and rows from 1, all of them inclusive.
type Range struct {
	FirstCol, FirstRow, LastCol, LastRow int
}

// CellName is the name of a cell by its column, from 0, and its row, from 1, such as "B7".
func CellName(col, row int) string {
	var letters [16]byte
	i := len(letters)
	for n := col + 1; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		letters[i] = byte('A' + (n-1)%26)
	}
	return string(strconv.AppendInt(letters[i:], int64(row), 10))
}

// sheetReader reads the rows of one worksheet.
type sheetReader struct {
	*scanner
	book *Workbook
	call func(*Row) error

	row     Row
	arena   []byte // the texts of the row's cells that are not shared strings
	started bool   // a row is open
	digits  []byte // the row's number as a reference has it
	lastRow int    // number of the last row
	lastCol int    // column of the row's last cell, -1 before it
	rows    int
	cells   int
	shared  int64 // bytes of the shared strings in the cells so far
	tail    Tail
	stopped error // what call returned
}

// Rows calls row for each row of the sheet that has cells, in ascending order; sheet is an index
// into [Workbook.Sheets]. The *Row and its cells hold only during the call.
//
// Any fault of the part, up to its last byte and its checksum, is an [*FormatError], even after all rows
// were seen: what row was given counts only once Rows has returned without an error. An error from
// row stops the reading and is returned as it is.
func (w *Workbook) Rows(sheet int, row func(*Row) error) (Tail, error) {
	if sheet < 0 || sheet >= len(w.parts) {
		return Tail{}, fault.New(fault.RulePackage, "", "there is no sheet %d; the workbook has %d", sheet,
			len(w.parts))
	}
	e := w.parts[sheet]
	src := w.archive.open(e)
	defer src.close()
	r := &sheetReader{scanner: newScanner(src, e.name, e.size, w.limits), book: w, call: row}
	err := r.read()
	if r.stopped != nil {
		return Tail{}, r.stopped
	}
	if err != nil {
		return Tail{}, blame(r.locate(err), src)
	}
	return r.tail, nil
}

// locate adds the last place known to a fault of the part.
func (r *sheetReader) locate(err error) error {
	e, ok := err.(*fault.FormatError)
	if !ok || e.Cell != "" || !r.started {
		return err
	}
	at := *e
	at.Cell = "row " + strconv.Itoa(r.row.Number)
	if r.lastCol >= 0 {
		at.Cell = CellName(r.lastCol, r.row.Number)
	}
	return &at
}

// read reads the whole part.
func (r *sheetReader) read() error {
	if err := r.root(nsMain, "worksheet"); err != nil {
		return err
	}
	var data, merges bool
	for {
		more, err := r.child()
		if err != nil {
			return err
		}
		switch {
		case !more:
			if !data {
				return r.fault(fault.RuleStructure, "the sheet has no sheetData")
			}
			return r.finishDocument()
		case r.is("sheetData"):
			if data {
				return r.fault(fault.RuleStructure, "the sheet has a second sheetData")
			}
			data = true
			err = r.readData()
		case r.is("cols") && !data:
			err = r.readColumns()
		case r.is("mergeCells"):
			if merges {
				return r.fault(fault.RuleStructure, "the sheet has a second mergeCells")
			}
			merges = true
			err = r.readMerges()
		case r.is("conditionalFormatting"):
			err = r.readConditional()
		default:
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

// readData reads the sheetData element.
func (r *sheetReader) readData() error {
	for {
		begun, err := r.plainRow()
		if !begun && err == nil {
			var more bool
			if more, err = r.child(); !more {
				return err
			}
			if !r.is("row") {
				if err := r.skipForeign("extLst"); err != nil {
					return err
				}
				continue
			}
			err = r.openRow()
		}
		if err != nil {
			return err
		}
		if err := r.readCells(); err != nil {
			return err
		}
		if err := r.closeRow(); err != nil {
			return err
		}
	}
}

// openRow reads the tag of a row.
func (r *sheetReader) openRow() error {
	number := r.lastRow + 1
	if ref, ok := r.attr("r"); ok {
		n, end := rowNumber(ref)
		if n == 0 || end != len(ref) {
			return r.fault(fault.RuleReference, "%.40q is not the number of a row", ref)
		}
		number = n
	}
	value, _ := r.attr("hidden")
	hidden, err := r.boolean(value)
	if err != nil {
		return err
	}
	height, _ := r.attr("ht")
	return r.beginRow(number, hidden || string(height) == "0")
}

// beginRow checks a row's number and makes room for its cells.
func (r *sheetReader) beginRow(number int, hidden bool) error {
	if number <= r.lastRow {
		return r.fault(fault.RuleOrder, "row %d comes after row %d", number, r.lastRow)
	}
	if number > maxRows {
		return r.fault(fault.RuleReference, "row %d is below a sheet's last row, %d", number, maxRows)
	}
	if r.rows++; r.rows > r.limit.Rows {
		return r.fault(fault.RuleLimit, "the sheet has more rows than the limit of %d", r.limit.Rows)
	}
	r.started = true
	r.lastRow, r.lastCol = number, -1
	r.row = Row{Number: number, Hidden: hidden, Cells: r.row.Cells[:0]}
	r.digits = strconv.AppendInt(r.digits[:0], int64(number), 10)
	r.arena = r.arena[:0]
	return nil
}

// closeRow hands the row on.
func (r *sheetReader) closeRow() error {
	r.started = false
	if len(r.row.Cells) == 0 {
		return nil
	}
	r.stopped = r.call(&r.row)
	return r.stopped
}

// readCells reads the cells of a row to its end.
func (r *sheetReader) readCells() error {
	for {
		if err := r.readPlain(); err != nil {
			return err
		}
		if r.plainRowEnd() {
			return nil
		}
		more, err := r.child()
		if !more || err != nil {
			return err
		}
		if !r.is("c") {
			if err := r.skipForeign("extLst"); err != nil {
				return err
			}
			continue
		}
		if err := r.readCell(); err != nil {
			return err
		}
	}
}

// rawCell is a cell as its tags have it.
type rawCell struct {
	col      int
	style    int
	kind     cellType
	formula  bool
	valued   bool   // there is a v
	inline   bool   // there is an is
	struck   Strike // what of that is struck through
	preserve bool   // the v has xml:space="preserve"
	checked  bool   // the value is digits, with a point at most
	index    int    // of the shared string, if checked
	value    []byte
}

// cellType is the t attribute of a cell.
type cellType uint8

const (
	typeNumber cellType = iota // this and the next are written in digits
	typeShared
	typeInline
	typeFormulaText
	typeBool
	typeError
	typeDate
)

func cellTypeOf(t []byte) (cellType, bool) {
	switch string(t) {
	case "n", "":
		return typeNumber, true
	case "s":
		return typeShared, true
	case "inlineStr":
		return typeInline, true
	case "str":
		return typeFormulaText, true
	case "b":
		return typeBool, true
	case "e":
		return typeError, true
	case "d":
		return typeDate, true
	}
	return 0, false
}

// readCell reads a cell whose tag is the last token.
func (r *sheetReader) readCell() error {
	c := rawCell{col: r.lastCol + 1}
	if ref, ok := r.attr("r"); ok {
		col, row, ok := parseReference(ref)
		if !ok {
			return r.fault(fault.RuleReference, "%.40q is not the name of a cell", ref)
		}
		if row != r.row.Number {
			return r.fault(fault.RuleReference, "the cell %s is in row %d", ref, r.row.Number)
		}
		c.col = col
	}
	var err error
	if c.style, err = r.styleIndex(); err != nil {
		return err
	}
	t, _ := r.attr("t")
	var ok bool
	if c.kind, ok = cellTypeOf(t); !ok {
		return r.fault(fault.RuleValue, "a cell has the unknown type %.40q", t)
	}
	if err := r.place(c.col); err != nil {
		return err
	}
	if err := r.readBody(&c); err != nil {
		return err
	}
	return r.add(&c)
}

// styleIndex reads the tag's style. Some programs write an empty one where they mean none.
func (r *sheetReader) styleIndex() (int, error) {
	if value, _ := r.attr("s"); len(value) == 0 {
		return 0, nil
	}
	return r.number("s")
}

// place checks that a cell follows the last one.
func (r *sheetReader) place(col int) error {
	if col <= r.lastCol {
		return r.fault(fault.RuleOrder, "the cell %s comes after %s", CellName(col, r.row.Number),
			CellName(r.lastCol, r.row.Number))
	}
	if col >= maxColumns {
		return r.fault(fault.RuleReference, "a cell is to the right of a sheet's last column")
	}
	if r.cells++; r.cells > r.limit.Cells {
		return r.fault(fault.RuleLimit, "the sheet has more cells than the limit of %d", r.limit.Cells)
	}
	r.lastCol = col
	return nil
}

// readBody reads what a cell holds.
func (r *sheetReader) readBody(c *rawCell) error {
	for {
		more, err := r.child()
		if !more || err != nil {
			return err
		}
		switch {
		case r.is("f") && !c.formula:
			c.formula = true
			err = r.skip()
		case r.is("v") && !c.valued:
			c.valued = true
			c.preserve = r.open[len(r.open)-1].preserve
			var value []byte
			value, err = r.content()
			c.value = r.keep(value)
		case r.is("is") && !c.inline:
			c.inline = true
			start := len(r.arena)
			r.arena, c.struck, err = r.appendString(r.arena)
			if c.kind == typeInline && err == nil {
				c.value = r.arena[start:len(r.arena):len(r.arena)]
			}
		default:
			err = r.skipForeign("extLst")
		}
		if err != nil {
			return err
		}
	}
}

// keep copies a value so that it holds as long as the row.
func (r *sheetReader) keep(value []byte) []byte {
	start := len(r.arena)
	r.arena = append(r.arena, value...)
	return r.arena[start:len(r.arena):len(r.arena)]
}

// readMerges reads the mergeCells element.
func (r *sheetReader) readMerges() error {
	return r.each("mergeCell", func() error {
		ref, _ := r.attr("ref")
		merged, ok := parseRange(ref)
		if !ok {
			return r.fault(fault.RuleReference, "%.40q is not a range of cells", ref)
		}
		if len(r.tail.Merged) >= r.limit.Merges {
			return r.fault(fault.RuleLimit, "the sheet has more merged ranges than the limit of %d", r.limit.Merges)
		}
		r.tail.Merged = append(r.tail.Merged, merged)
		return r.skip()
	})
}
