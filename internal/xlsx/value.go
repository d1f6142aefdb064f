package xlsx

import "tenderbatch/internal/xlsx/fault"

// add checks a cell's style and value and appends it to the row.
func (r *sheetReader) add(c *rawCell) error {
	if len(r.arena) > r.limit.RowBytes {
		return r.fault(fault.RuleLimit, "the row is longer than the limit of %d bytes", r.limit.RowBytes)
	}
	r.row.Cells = append(r.row.Cells, Cell{})
	cell := &r.row.Cells[len(r.row.Cells)-1]
	cell.Col, cell.Formula = c.col, c.formula
	switch {
	case c.style < len(r.book.formats):
		cell.Format = r.book.formats[c.style]
		if c.style < len(r.book.appearances) {
			r.setAppearance(cell, c.style)
		}
	case c.style > 0:
		return r.fault(fault.RuleStyle, "style %d does not exist: the workbook has %d", c.style, len(r.book.formats))
	}
	if c.kind == typeInline && c.formula && c.valued && !c.inline {
		c.kind = typeFormulaText // as LibreOffice once wrote texts linked from other files
	}
	if (c.inline && c.kind != typeInline) || (c.valued && c.kind == typeInline) {
		return r.fault(fault.RuleValue, "the cell's type does not fit what it holds")
	}
	switch {
	case c.checked && c.kind == typeShared:
		return r.setShared(cell, c.index)
	case c.checked:
		cell.Kind, cell.Text = Number, c.value
	case c.valued || c.inline:
		return r.setValue(cell, c)
	}
	return nil
}

// setAppearance sets what the style says beside the format.
func (r *sheetReader) setAppearance(cell *Cell, style int) {
	if cell.Appearance = r.book.appearances[style]; cell.Appearance != nil && cell.Appearance.Struck {
		cell.Struck = Struck
	}
}

// setValue reads the value of a cell that has one.
func (r *sheetReader) setValue(cell *Cell, c *rawCell) error {
	switch c.kind {
	case typeInline:
		cell.Kind, cell.Text = Text, c.value
		cell.Struck = max(cell.Struck, c.struck)
		return nil
	case typeFormulaText:
		text := c.value
		if !c.preserve {
			text = trimSpace(text)
		}
		cell.Kind, cell.Text = Text, unescape(text)
		return nil
	}
	value := trimSpace(c.value)
	switch c.kind {
	case typeShared:
		index, ok := parseIndex(value)
		if !ok {
			return r.fault(fault.RuleString, "%.40q is not the number of a shared string", value)
		}
		return r.setShared(cell, index)
	case typeError:
		cell.Kind, cell.Text = Error, value
		return nil
	}
	if len(value) == 0 {
		return nil // <v/>: nothing is stored
	}
	cell.Text = value
	switch c.kind {
	case typeDate:
		cell.Kind, cell.Format = Text, ISODate
	case typeBool:
		cell.Kind = Bool
		return r.setBool(cell, value)
	default:
		cell.Kind = Number
		if !isNumber(value) {
			return r.fault(fault.RuleValue, "%.40q is not a number", value)
		}
	}
	return nil
}

// setShared appearances up a shared string.
func (r *sheetReader) setShared(cell *Cell, index int) error {
	if index >= r.book.strings.count() {
		return r.fault(fault.RuleString, "shared string %d does not exist: the workbook has %d", index,
			r.book.strings.count())
	}
	cell.Kind, cell.Text, cell.Shared = Text, r.book.strings.at(index), index+1
	if len(r.book.strings.struck) > 0 {
		cell.Struck = max(cell.Struck, r.book.strings.struck[index])
	}
	if r.shared += int64(len(cell.Text)); r.shared > r.limit.TextBytes {
		return r.fault(fault.RuleLimit, "the sheet's shared strings, each time they are used, are longer than the "+
			"limit of %d bytes", r.limit.TextBytes)
	}
	return nil
}

// maxIndexDigits is how many digits the number of a shared string may have; no table is as long.
const maxIndexDigits = 9

// parseIndex reads up to nine digits.
func parseIndex(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > maxIndexDigits {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

var zero, one = []byte("0"), []byte("1")

func (r *sheetReader) setBool(cell *Cell, value []byte) error {
	switch string(value) {
	case "0", "false":
		cell.Text = zero
	case "1", "true":
		cell.Text = one
	default:
		return r.fault(fault.RuleValue, "%.40q is neither 0 nor 1", value)
	}
	return nil
}

// isNumber reports whether b is a decimal number, with or without an exponent.
func isNumber(b []byte) bool {
	n := digitCount(b)
	if n == len(b) && n > 0 {
		return true
	}
	_, ok := parseDecimal(b)
	return ok
}

// unescape resolves the escapes _xHHHH_ of a text in its own memory, which they never outgrow.
func unescape(text []byte) []byte {
	return appendUnescaped(text[:0], text)
}
