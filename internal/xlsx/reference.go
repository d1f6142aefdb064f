package xlsx

import "bytes"

// columnLetters reads the column at the start of a reference. It returns the column, from 0, and the
// number of letters; zero letters if there is no column.
func columnLetters(b []byte) (col, n int) {
	for n < len(b) && n < 3 && b[n] >= 'A' && b[n] <= 'Z' {
		col = col*26 + int(b[n]-'A') + 1
		n++
	}
	if col > maxColumns {
		return 0, 0
	}
	return col - 1, n
}

// rowNumber reads the digits of a row's number at the start of b; 0 if it is none.
func rowNumber(b []byte) (row, n int) {
	for n < len(b) && n < 8 && b[n] >= '0' && b[n] <= '9' {
		row = row*10 + int(b[n]-'0')
		n++
	}
	if row > maxRows || (n > 0 && b[0] == '0') {
		return 0, n
	}
	return row, n
}

// parseReference reads the name of a cell.
func parseReference(ref []byte) (col, row int, ok bool) {
	col, n := columnLetters(ref)
	row, m := rowNumber(ref[n:])
	return col, row, n > 0 && row > 0 && n+m == len(ref)
}

// parseRange reads a range of cells, or one cell as a range of its own.
func parseRange(ref []byte) (Range, bool) {
	first, last, divided := bytes.Cut(ref, []byte(":"))
	if !divided {
		last = first
	}
	col, row, ok := parseReference(first)
	lastCol, lastRow, okLast := parseReference(last)
	return Range{col, row, lastCol, lastRow}, ok && okLast && col <= lastCol && row <= lastRow
}
