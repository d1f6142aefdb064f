package spreadsheet

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
)

// Sheet is one sheet as it is put together: its cells, and how it is seen and
// printed.
type Sheet struct {
	Name   string
	rows   []Row
	Body   *stretch  // rows below those, made when they are written; nil for none
	foot   []Row     // rows below the body
	looks  []Style   // of the cells of the body
	Next   *Sheet    // on which a list goes on, nil for none
	Widths []float64 // of the columns, in digits
	Merges []Area
	Checks []Area // cells that turn red when they are FALSE
	Alarm  Area   // turns red when one of the checks on Controls is FALSE
	Filter Area   // headings and rows of the table that can be filtered
	Frozen int    // rows that stay in sight
	Repeat int    // row that is printed on every page, 0 for none
	Whole  bool   // printed on a single page, if it can be read there
	Charts []*Chart
	Breaks []int // rows that begin a page
	styles map[Style]int
}

// Row is the cells of one row.
type Row struct {
	Cells  []Cell
	Height float64 // in points; 0 is the standard
}

// Area is a rectangle of cells; rows and columns count from 1.
type Area struct{ Top, Left, Bottom, Right int }

// At is the address of a cell, such as B7.
func At(row, col int) string { return Letters(col) + strconv.Itoa(row) }

// Fixed is the address of a cell that does not move, such as $B$7.
func Fixed(row, col int) string { return "$" + Letters(col) + "$" + strconv.Itoa(row) }

// Letters are the letters of a column; the first is 1.
func Letters(col int) string {
	s := ""
	for ; col > 0; col = (col - 1) / 26 {
		s = string(rune('A'+(col-1)%26)) + s
	}
	return s
}

// String is the address of the area, such as B7:D9.
func (a Area) String() string { return At(a.Top, a.Left) + ":" + At(a.Bottom, a.Right) }

// Fixed is the address of the area that does not move, such as $B$7:$D$9.
func (a Area) Fixed() string { return Fixed(a.Top, a.Left) + ":" + Fixed(a.Bottom, a.Right) }

// Column is the part of the area in a column of the sheet.
func (a Area) Column(col int) Area { return Area{a.Top, col, a.Bottom, col} }

// Of is the address seen from another sheet.
func (s *Sheet) Of(address string) string {
	if strings.Contains(s.Name, " ") {
		return "'" + s.Name + "'!" + address
	}
	return s.Name + "!" + address
}

// seen is the address seen from a sheet.
func (s *Sheet) seen(from *Sheet, address string) string {
	if s == from {
		return address
	}
	return s.Of(address)
}

// Put sets a cell and styles it even where it is empty.
func (s *Sheet) Put(n, col int, c Cell) {
	r := s.row(n)
	for len(r.Cells) < col {
		r.Cells = append(r.Cells, Cell{})
	}
	r.Cells[col-1] = c
}

// row is a row above or below the body.
func (s *Sheet) row(n int) *Row {
	rows, i := &s.rows, n-1
	if s.Body != nil && n > s.Body.Bottom {
		rows, i = &s.foot, n-s.Body.Bottom-1
	}
	for len(*rows) <= i {
		*rows = append(*rows, Row{})
	}
	return &(*rows)[i]
}

// Get returns a cell above the body.
func (s *Sheet) Get(row, col int) Cell {
	if row > len(s.rows) || col > len(s.rows[row-1].Cells) {
		return Cell{}
	}
	return s.rows[row-1].Cells[col-1]
}

// Height is how many rows the sheet has.
func (s *Sheet) Height() int {
	if s.Body != nil {
		return s.Body.Bottom + len(s.foot)
	}
	return len(s.rows)
}

// SetHeight sets the height of a row.
func (s *Sheet) SetHeight(row int, points float64) {
	s.Put(row, 1, s.Get(row, 1))
	s.row(row).Height = points
}

// Gap makes a row the empty one between two blocks, and returns the row below it.
func (s *Sheet) Gap(row int) int {
	s.SetHeight(row, gapHeight)
	return row + 1
}

// widestColumn is as wide as a column gets, in digits; a spreadsheet allows 255.
const widestColumn = 120

// How much wider bold text is, and that of the banner, which is larger, too.
const (
	boldWidth   = 1.1
	bannerWidth = 1.25
)

// Widen makes a column at least so wide.
func (s *Sheet) Widen(col int, width float64) {
	for len(s.Widths) < col {
		s.Widths = append(s.Widths, 0)
	}
	s.Widths[col-1] = max(s.Widths[col-1], math.Ceil(4*min(width, widestColumn))/4)
}

// width is the width of a cell, of all columns it is merged over.
func (s *Sheet) width(row, col int) float64 {
	for _, m := range s.Merges {
		if m.Top == row && m.Left == col {
			sum := 0.0
			for c := m.Left; c <= m.Right; c++ {
				sum += s.Widths[c-1]
			}
			return sum
		}
	}
	return s.Widths[col-1]
}

// columns is how many columns the sheet has.
func (s *Sheet) columns() int { return len(s.Widths) }

// Shown is how wide the content of a cell is, in digits.
func (c Cell) Shown() float64 {
	switch {
	case c.Kind == truth:
		return 6
	case c.Kind == TextKind:
		return textWidth(c.Value)
	case strings.HasPrefix(c.Style.Format, "yyyy"):
		return float64(len(c.Style.Format))
	case c.Kind == Number && c.Value == "":
		_, zeros, fraction := strings.Cut(c.Style.Format, ".")
		if !fraction && c.Style.Format != "" { // shown rounded
			return float64(decimals.Amount{Units: c.Amount.Units / decimals.Tens[c.Amount.Places]}.Width(0))
		}
		return float64(c.Amount.Width(int32(len(zeros))))
	case c.Kind == Number:
		return float64(len(display.Thousands(c.padded())))
	}
	return 0
}

// padded is a number with the decimals that its format shows.
func (c Cell) padded() string {
	whole, fraction, _ := strings.Cut(c.Value, ".")
	_, zeros, _ := strings.Cut(c.Style.Format, ".")
	for len(fraction) < len(zeros) {
		fraction += "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// textWidth is about how wide text is, in digits: that of its longest line.
func textWidth(s string) float64 {
	if width, plain := plainWidth(s); plain {
		return width
	}
	widest := 0.0
	for line := range strings.Lines(s) {
		width := 0.0
		for _, r := range line {
			width += runeWidth(r)
		}
		widest = max(widest, width)
	}
	return widest
}

// plainWidth is the width of text that is one line of ASCII, as nearly all is.
func plainWidth(s string) (width float64, plain bool) {
	for i := range len(s) {
		if s[i] >= 128 || s[i] == '\n' {
			return 0, false
		}
		width += asciiWidth[s[i]]
	}
	return width, true
}

// asciiWidth is the width of each letter of ASCII.
var asciiWidth = func() (all [128]float64) {
	for r := range all {
		all[r] = letterWidth(rune(r))
	}
	return all
}()

func runeWidth(r rune) float64 {
	if r < 128 {
		return asciiWidth[r]
	}
	return letterWidth(r)
}

// letterWidth is about how wide a letter of Arial is; a digit is 1.
func letterWidth(r rune) float64 {
	switch {
	case r >= 0x1100:
		return 2
	case strings.ContainsRune("ijlI'|", r):
		return 0.5
	case strings.ContainsRune("ftr.,:;!()[] -/", r):
		return 0.6
	case strings.ContainsRune("cksvxyz", r):
		return 0.9
	case strings.ContainsRune("mMW%@", r):
		return 1.7
	case unicode.IsUpper(r), r == 'w':
		return 1.3
	}
	return 1
}

// lines is how many lines text takes in a column of a width, broken at spaces.
func lines(s string, width float64) int {
	n := 0
	for line := range strings.Lines(s) {
		n++
		used := 0.0
		for _, word := range strings.Fields(line) {
			w := textWidth(word)
			if used > 0 && used+w > width {
				n++
				used = 0
			}
			for ; w > width; w -= width { // a word longer than a line is broken
				n++
			}
			used += w + 0.65
		}
	}
	return max(n, 1)
}

// Heights of rows, in points.
const (
	bodyHeight = 15
	lineHeight = 13
	padHeight  = 7   // of headings
	gapHeight  = 8   // of an empty row between two blocks
	mostHeight = 400 // a spreadsheet allows 409
)

// finish draws the banner across the sheet and gives every row of cells a
// height that shows all of its text.
func (s *Sheet) finish() {
	s.fitHeadings()
	across := 0.0
	for _, width := range s.Widths {
		across += width
	}
	if needed := textWidth(s.Get(BannerRow, 1).Value) * bannerWidth; across < needed {
		last := max(1, s.columns())
		s.Widen(last, s.Widths[last-1]+needed-across)
	}
	for col := 2; col <= s.columns(); col++ {
		s.Put(BannerRow, col, Cell{Style: s.Get(BannerRow, 1).Style})
	}
	for i := range s.rows {
		s.fitHeight(i+1, &s.rows[i])
	}
	for i := range s.foot {
		s.fitHeight(s.Body.Bottom+1+i, &s.foot[i])
	}
}

// headingGap is what stays free beside a heading of one word, so that it does not run
// into the next.
const headingGap = 3

// fitHeadings widens the columns whose headings would just fill them and cannot be broken.
func (s *Sheet) fitHeadings() {
	for _, r := range s.rows {
		for i, c := range r.Cells {
			if c.Style.Role != InHeading || strings.Contains(c.Value, " ") {
				continue
			}
			// What is a little too wide may still be drawn on one line.
			full := textWidth(c.Value) * boldWidth
			if needed := full + headingGap; s.Widths[i] < needed && s.Widths[i]+2 >= full {
				s.Widen(i+1, needed)
			}
		}
	}
}

// fitHeight gives a row a height that shows all of its text.
func (s *Sheet) fitHeight(n int, r *Row) {
	if r.Height > 0 || len(r.Cells) == 0 {
		return
	}
	most, pad := 1, float64(bodyHeight-lineHeight)
	for col, c := range r.Cells {
		width := s.width(n, col+1) - 2
		if c.Style.Role == InHeading {
			width, pad = width/boldWidth, padHeight
		}
		if c.Style.wrap && c.Kind == TextKind {
			most = max(most, lines(c.Value, width))
		}
	}
	r.Height = rowHeight(most, pad)
}

func rowHeight(lines int, pad float64) float64 {
	return min(pad+lineHeight*float64(lines), mostHeight)
}
