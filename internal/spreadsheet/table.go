package spreadsheet

// Column is one column of a table.
type Column struct {
	Heading string
	Least   float64 // is its width in any case
	Widest  float64 // at which its text wraps; 0 for never
	Right   bool    // of numbers: the heading is at the right
}

// Table is headings, rows and rows of totals.
type Table struct {
	Columns []Column
	Rows    [][]Cell
	Totals  [][]Cell
	None    string // shown where there are no rows
}

// Table writes a table whose headings stand in the given row, and returns the
// area of its rows, one empty one if there are none.
func (s *Sheet) Table(top int, t Table) Area {
	s.headings(top, t.Columns)
	body := Area{top + 1, 1, top + max(1, len(t.Rows)), len(t.Columns)}
	if len(t.Rows) == 0 {
		s.Put(body.Top, 1, Label(t.None).WithTone(Muted))
	}
	for i, cells := range t.Rows {
		s.Line(body.Top+i, cells, t.Columns, InBody)
	}
	for i, cells := range t.Totals {
		s.Line(body.Bottom+1+i, cells, t.Columns, InTotal)
	}
	return body
}

// headings writes the heading row.
func (s *Sheet) headings(row int, columns []Column) {
	for i, col := range columns {
		c := Label(col.Heading).As(InHeading).Wrapped()
		if col.Right {
			c = c.Aligned(Right)
		} else if i > 0 && columns[i-1].Right {
			c.Style.Set = true
		}
		s.Put(row, i+1, c)
		s.Widen(i+1, max(col.Least, longestWord(col.Heading)+2))
	}
}

// Line writes one row of a table; empty cells are drawn, too. Cells keep a role
// that they have already.
func (s *Sheet) Line(row int, cells []Cell, columns []Column, r Role) {
	for i := range columns {
		c := Cell{}
		if i < len(cells) {
			c = cells[i]
		}
		if c.Style.Role == Plain {
			c.Style.Role = r
		}
		if i > 0 && columns[i-1].Right && !columns[i].Right {
			c.Style.Set = true
		}
		if w := c.Shown() + CellPadding; c.Kind != Empty && !(r != InBody && runsOver(cells, i)) {
			if most := columns[i].Widest; most > 0 && c.Kind == TextKind {
				c.Style.wrap = true
				w = min(w, most)
			}
			s.Widen(i+1, w)
		}
		s.Put(row, i+1, c)
	}
}

// runsOver reports whether text has an empty cell at its right, into which it may run.
func runsOver(cells []Cell, i int) bool {
	return cells[i].Kind == TextKind && i+1 < len(cells) && cells[i+1].Kind == Empty
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

// Sum adds up the cells of a column.
func Sum(a Area) string { return "SUM(" + a.Fixed() + ")" }

// SumOf adds up the cells of a column in the rows whose key, in another column,
// is that of a cell.
func SumOf(amounts, keys, key string) string {
	return "SUMIFS(" + amounts + "," + keys + "," + key + ")"
}
