package xlsx

// plainRow takes the tag of a row as Excel writes it at its barest, with a number and perhaps spans.
// Like readPlain it decides nothing; it reports whether a row was begun.
func (r *sheetReader) plainRow() (bool, error) {
	const open = `<row r="`
	if r.byDefault != nsMain || r.closing || r.limit.noPlain || len(r.open) >= r.limit.Depth {
		return false, nil
	}
	at := r.pos
	for isSpace(r.buf[at]) {
		at++
	}
	b := r.buf[at : r.end+pad]
	if len(b) < pad || string(b[:len(open)]) != open {
		return false, nil
	}
	number, n := rowNumber(b[len(open):])
	i := len(open) + n
	if number == 0 || b[i] != '"' {
		return false, nil
	}
	i++
	if string(b[i:i+len(plainSpans)]) == plainSpans {
		i += len(plainSpans)
		for (b[i] >= '0' && b[i] <= '9') || b[i] == ':' {
			i++
		}
		if b[i] != '"' {
			return false, nil
		}
		i++
	}
	if b[i] != '>' {
		return false, nil
	}
	r.tokenPos = r.base + int64(at)
	r.pos = at + i + 1
	r.scanner.open = append(r.scanner.open,
		element{len(r.names), nsMain, r.scanner.open[len(r.scanner.open)-1].preserve})
	r.names = append(r.names, "row"...)
	return true, r.beginRow(number, false)
}

const plainSpans = ` spans="`

// plainRowEnd takes the end tag of a row that plainRow could have begun.
func (r *sheetReader) plainRowEnd() bool {
	const shut = "</row>"
	b := r.buf[r.pos : r.end+pad]
	if r.limit.noPlain || r.closing || string(b[:len(shut)]) != shut || string(r.lastName()) != "row" {
		return false
	}
	r.pos += len(shut)
	r.closeElement()
	return true
}

// readPlain takes cells as long as they are written the way Excel and most programs write them, and
// lie whole in the window. It is there for speed and decides nothing: it stops before the first cell
// that is anything else, even if only by a space, and the scanner reads that one from its first byte.
func (r *sheetReader) readPlain() error {
	if r.byDefault != nsMain || r.closing || r.limit.noPlain {
		return nil
	}
	preserve := r.scanner.open[len(r.scanner.open)-1].preserve
	for {
		i := r.pos
		for isSpace(r.buf[i]) {
			i++
		}
		c := rawCell{col: r.lastCol + 1, preserve: preserve}
		n := r.plainCell(r.buf[i:r.end+pad], &c)
		if n == 0 {
			return nil
		}
		r.tokenPos = r.base + int64(i)
		r.pos = i + n
		if err := r.place(c.col); err != nil {
			return err
		}
		if c.kind != typeShared {
			c.value = r.keep(c.value)
		}
		if err := r.add(&c); err != nil {
			return err
		}
	}
}

// plainCell reads a cell at the start of b into c and returns its length; zero if it is not a plain
// one. The zero bytes at the end of b match nothing and so stop everything.
func (r *sheetReader) plainCell(b []byte, c *rawCell) int {
	if string(b[:3]) != "<c " {
		return 0
	}
	i := r.plainAttributes(b, c)
	if i == 0 {
		return 0
	}
	if b[i] == '/' && b[i+1] == '>' {
		return i + 2
	}
	if b[i] != '>' {
		return 0
	}
	i++
	if string(b[i:i+3]) == "<f>" {
		n := plainFormula(b[i+3:])
		if n > r.limit.RunBytes || string(b[i+3+n:i+7+n]) != "</f>" {
			return 0
		}
		c.formula = true
		i += n + 7
	}
	switch {
	case string(b[i:i+4]) == "</c>":
		return i + 4
	case string(b[i:i+3]) == "<v>" && c.kind <= typeShared:
		return r.plainNumber(b, i+3, c)
	case string(b[i:i+3]) == "<v>" && c.kind != typeInline:
		return r.plainValue(b, i+3, "</v></c>", c)
	case string(b[i:i+7]) == "<is><t>" && c.kind == typeInline:
		c.inline = true
		n := r.plainValue(b, i+7, "</t></is></c>", c)
		if len(c.value) > 0 && !c.preserve && (isSpace(c.value[0]) || isSpace(c.value[len(c.value)-1])) {
			return 0
		}
		return n
	}
	return 0
}

// plainAttributes reads r, s and t, each once at most, one space before each, and returns where the
// tag's end must stand.
func (r *sheetReader) plainAttributes(b []byte, c *rawCell) int {
	i := 2
	seen := byte(0)
	for b[i] == ' ' {
		name := b[i+1]
		if b[i+2] != '=' || b[i+3] != '"' || name == seen {
			return 0
		}
		i += 4
		var n int
		switch {
		case name == 'r' && seen == 0:
			n = r.plainReference(b[i:], c)
		case name == 's' && (seen == 0 || seen == 'r'):
			n = plainStyle(b[i:], c)
		case name == 't':
			n = plainType(b[i:], c)
		}
		if n == 0 || b[i+n] != '"' {
			return 0
		}
		seen = name
		if i += n + 1; name == 't' {
			break
		}
	}
	return i
}

// plainReference reads a cell's name in the current row.
func (r *sheetReader) plainReference(b []byte, c *rawCell) int {
	col, n := columnLetters(b[:4])
	if n == 0 {
		return 0
	}
	digits := r.digits
	if string(b[n:n+len(digits)]) != string(digits) {
		return 0
	}
	c.col = col
	return n + len(digits)
}

// plainStyle reads a style's number.
func plainStyle(b []byte, c *rawCell) int {
	n := 0
	for n < 6 && b[n] >= '0' && b[n] <= '9' {
		c.style = c.style*10 + int(b[n]-'0')
		n++
	}
	return n
}

// plainType reads a cell's type.
func plainType(b []byte, c *rawCell) int {
	switch {
	case b[1] == '"':
		switch b[0] {
		case 's':
			c.kind = typeShared
		case 'n':
			c.kind = typeNumber
		case 'b':
			c.kind = typeBool
		case 'e':
			c.kind = typeError
		default:
			return 0
		}
		return 1
	case string(b[:4]) == `str"`:
		c.kind = typeFormulaText
		return 3
	case string(b[:10]) == `inlineStr"`:
		c.kind = typeInline
		return 9
	}
	return 0
}

// plainValue reads a text from b[from:] that must be followed by shut.
func (r *sheetReader) plainValue(b []byte, from int, shut string, c *rawCell) int {
	n := plainLength(b[from:])
	end := from + n
	if n > r.limit.RunBytes || end+len(shut) > len(b) || string(b[end:end+len(shut)]) != shut {
		return 0
	}
	c.value, c.valued = b[from:end], !c.inline
	return end + len(shut)
}

// plainNumber reads a number of digits, perhaps with a point among them, or the number of a shared
// string, from b[from:].
func (r *sheetReader) plainNumber(b []byte, from int, c *rawCell) int {
	const shut = "</v></c>"
	end := from
	for b[end] >= '0' && b[end] <= '9' {
		c.index = c.index*10 + int(b[end]-'0')
		end++
	}
	whole := end - from
	if b[end] == '.' && c.kind == typeNumber {
		for end++; b[end] >= '0' && b[end] <= '9'; {
			end++
		}
	}
	if whole == 0 || (c.kind == typeShared && whole > maxIndexDigits) || end-from > r.limit.RunBytes ||
		end+len(shut) > len(b) || string(b[end:end+len(shut)]) != shut {
		return 0
	}
	c.value, c.valued, c.checked = b[from:end], true, true
	return end + len(shut)
}

// plainFormula is the length of a formula without references to be checked.
func plainFormula(b []byte) int {
	for i, c := range b {
		if c == '<' || c == '&' || c == ']' || c == 0 {
			return i
		}
	}
	return len(b)
}
