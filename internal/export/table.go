package export

// column is one column of a table.
type column struct {
	heading string
	least   float64 // is its width in any case
	widest  float64 // at which its text wraps; 0 for never
	right   bool    // of numbers: the heading stands at the right
}

// table is headings, rows and rows of totals.
type table struct {
	columns []column
	rows    [][]cell
	totals  [][]cell
	none    string // stands where there are no rows
}

// table writes a table whose headings stand in the given row, and returns the
// area of its rows, one empty one if there are none.
func (s *sheet) table(top int, t table) area {
	s.headings(top, t.columns)
	body := area{top + 1, 1, top + max(1, len(t.rows)), len(t.columns)}
	if len(t.rows) == 0 {
		s.put(body.top, 1, label(t.none).toned(muted))
	}
	for i, cells := range t.rows {
		s.line(body.top+i, cells, t.columns, inBody)
	}
	for i, cells := range t.totals {
		s.line(body.bottom+1+i, cells, t.columns, inTotal)
	}
	return body
}

// headings writes the heading row.
func (s *sheet) headings(row int, columns []column) {
	for i, col := range columns {
		c := label(col.heading).as(inHeading).wrapped()
		if col.right {
			c = c.aligned(right)
		} else if i > 0 && columns[i-1].right {
			c.look.set = true
		}
		s.put(row, i+1, c)
		s.widen(i+1, max(col.least, longestWord(col.heading)+2))
	}
}

// line writes one row of a table; empty cells are drawn, too. Cells keep a role
// that they have already.
func (s *sheet) line(row int, cells []cell, columns []column, r role) {
	for i := range columns {
		c := cell{}
		if i < len(cells) {
			c = cells[i]
		}
		if c.look.role == plain {
			c.look.role = r
		}
		if i > 0 && columns[i-1].right && !columns[i].right {
			c.look.set = true
		}
		if w := c.shown() + cellPadding; c.kind != empty && !(r != inBody && runsOver(cells, i)) {
			if most := columns[i].widest; most > 0 && c.kind == words {
				c.look.wrap = true
				w = min(w, most)
			}
			s.widen(i+1, w)
		}
		s.put(row, i+1, c)
	}
}

// runsOver reports whether text has an empty cell at its right, into which it may run.
func runsOver(cells []cell, i int) bool {
	return cells[i].kind == words && i+1 < len(cells) && cells[i+1].kind == empty
}

func longestWord(s string) float64 {
	longest, word := 0.0, 0.0
	for _, r := range s {
		if r == ' ' {
			word = 0
			continue
		}
		word += runeWidth(r) * boldWidth
		longest = max(longest, word)
	}
	return longest
}

// sum adds up the cells of a column.
func sum(a area) string { return "SUM(" + a.fixed() + ")" }

// sumOf adds up the cells of a column in the rows whose key, in another column,
// is that of a cell.
func sumOf(amounts, keys, key string) string {
	return "SUMIFS(" + amounts + "," + keys + "," + key + ")"
}
