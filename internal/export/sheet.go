package export

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
)

// sheet is one sheet as it is put together: its cells, and how it is seen and
// printed.
type sheet struct {
	name   string
	rows   []row
	body   *stretch  // rows below those, made when they are written; nil for none
	foot   []row     // rows below the body
	looks  []look    // of the cells of the body
	next   *sheet    // on which a list goes on, nil for none
	widths []float64 // of the columns, in digits
	merges []area
	checks []area // cells that turn red when they are FALSE
	alarm  area   // turns red when one of the checks on Controls is FALSE
	filter area   // headings and rows of the table that can be filtered
	frozen int    // rows that stay in sight
	repeat int    // row that is printed on every page, 0 for none
	whole  bool   // printed on a single page, if it can be read there
	charts []*chart
	styles map[look]int
}

type row struct {
	cells  []cell
	height float64 // in points; 0 is the standard
}

// area is a rectangle of cells; rows and columns count from 1.
type area struct{ top, left, bottom, right int }

// at is the address of a cell, such as B7.
func at(row, col int) string { return letters(col) + strconv.Itoa(row) }

// fixed is the address of a cell that does not move, such as $B$7.
func fixed(row, col int) string { return "$" + letters(col) + "$" + strconv.Itoa(row) }

func letters(col int) string {
	s := ""
	for ; col > 0; col = (col - 1) / 26 {
		s = string(rune('A'+(col-1)%26)) + s
	}
	return s
}

// String is the address of the area, such as B7:D9.
func (a area) String() string { return at(a.top, a.left) + ":" + at(a.bottom, a.right) }

// fixed is the address of the area that does not move, such as $B$7:$D$9.
func (a area) fixed() string { return fixed(a.top, a.left) + ":" + fixed(a.bottom, a.right) }

// column is the part of the area that lies in a column of the sheet.
func (a area) column(col int) area { return area{a.top, col, a.bottom, col} }

// of is the address seen from another sheet.
func (s *sheet) of(address string) string {
	if strings.Contains(s.name, " ") {
		return "'" + s.name + "'!" + address
	}
	return s.name + "!" + address
}

// seen is the address seen from a sheet.
func (s *sheet) seen(from *sheet, address string) string {
	if s == from {
		return address
	}
	return s.of(address)
}

// put sets a cell and styles it even where it is empty.
func (s *sheet) put(n, col int, c cell) {
	r := s.row(n)
	for len(r.cells) < col {
		r.cells = append(r.cells, cell{})
	}
	r.cells[col-1] = c
}

// row is a row above or below the body.
func (s *sheet) row(n int) *row {
	rows, i := &s.rows, n-1
	if s.body != nil && n > s.body.bottom {
		rows, i = &s.foot, n-s.body.bottom-1
	}
	for len(*rows) <= i {
		*rows = append(*rows, row{})
	}
	return &(*rows)[i]
}

// get returns a cell above the body.
func (s *sheet) get(row, col int) cell {
	if row > len(s.rows) || col > len(s.rows[row-1].cells) {
		return cell{}
	}
	return s.rows[row-1].cells[col-1]
}

// height is how many rows the sheet has.
func (s *sheet) height() int {
	if s.body != nil {
		return s.body.bottom + len(s.foot)
	}
	return len(s.rows)
}

// tall sets the height of a row.
func (s *sheet) tall(row int, points float64) {
	s.put(row, 1, s.get(row, 1))
	s.row(row).height = points
}

// gap makes a row the empty one between two blocks, and returns the row below it.
func (s *sheet) gap(row int) int {
	s.tall(row, gapHeight)
	return row + 1
}

// widestColumn is as wide as a column gets, in digits; a spreadsheet allows 255.
const widestColumn = 120

// How much wider bold text is, and that of the banner, which is larger, too.
const (
	boldWidth   = 1.1
	bannerWidth = 1.25
)

// widen makes a column at least so wide.
func (s *sheet) widen(col int, width float64) {
	for len(s.widths) < col {
		s.widths = append(s.widths, 0)
	}
	s.widths[col-1] = max(s.widths[col-1], math.Ceil(4*min(width, widestColumn))/4)
}

// width is the width of a cell, of all columns it is merged over.
func (s *sheet) width(row, col int) float64 {
	for _, m := range s.merges {
		if m.top == row && m.left == col {
			sum := 0.0
			for c := m.left; c <= m.right; c++ {
				sum += s.widths[c-1]
			}
			return sum
		}
	}
	return s.widths[col-1]
}

// columns is how many columns the sheet has.
func (s *sheet) columns() int { return len(s.widths) }

// shown is how wide the content of a cell is, in digits.
func (c cell) shown() float64 {
	switch {
	case c.kind == truth:
		return 6
	case c.kind == words:
		return textWidth(c.value)
	case strings.HasPrefix(c.look.format, "yyyy"):
		return float64(len(c.look.format))
	case c.kind == number && c.value == "":
		_, zeros, fraction := strings.Cut(c.look.format, ".")
		if !fraction && c.look.format != "" { // shown rounded
			return float64(decimals.Amount{Units: c.amount.Units / decimals.Tens[c.amount.Places]}.Width(0))
		}
		return float64(c.amount.Width(int32(len(zeros))))
	case c.kind == number:
		return float64(len(display.Thousands(c.padded())))
	}
	return 0
}

// padded is a number with the decimals that its format shows.
func (c cell) padded() string {
	whole, fraction, _ := strings.Cut(c.value, ".")
	_, zeros, _ := strings.Cut(c.look.format, ".")
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
func (s *sheet) finish() {
	s.fitHeadings()
	across := 0.0
	for _, width := range s.widths {
		across += width
	}
	if needed := textWidth(s.get(bannerRow, 1).value) * bannerWidth; across < needed {
		last := max(1, s.columns())
		s.widen(last, s.widths[last-1]+needed-across)
	}
	for col := 2; col <= s.columns(); col++ {
		s.put(bannerRow, col, cell{look: s.get(bannerRow, 1).look})
	}
	for i := range s.rows {
		s.fitHeight(i+1, &s.rows[i])
	}
	for i := range s.foot {
		s.fitHeight(s.body.bottom+1+i, &s.foot[i])
	}
}

// headingGap is what stays free beside a heading of one word, so that it does not run
// into the next.
const headingGap = 3

// fitHeadings widens the columns whose headings would just fill them and cannot be broken.
func (s *sheet) fitHeadings() {
	for _, r := range s.rows {
		for i, c := range r.cells {
			if c.look.role != inHeading || strings.Contains(c.value, " ") {
				continue
			}
			// What is a little too wide may still be drawn on one line.
			full := textWidth(c.value) * boldWidth
			if needed := full + headingGap; s.widths[i] < needed && s.widths[i]+2 >= full {
				s.widen(i+1, needed)
			}
		}
	}
}

// fitHeight gives a row a height that shows all of its text.
func (s *sheet) fitHeight(n int, r *row) {
	if r.height > 0 || len(r.cells) == 0 {
		return
	}
	most, pad := 1, float64(bodyHeight-lineHeight)
	for col, c := range r.cells {
		width := s.width(n, col+1) - 2
		if c.look.role == inHeading {
			width, pad = width/boldWidth, padHeight
		}
		if c.look.wrap && c.kind == words {
			most = max(most, lines(c.value, width))
		}
	}
	r.height = rowHeight(most, pad)
}

func rowHeight(lines int, pad float64) float64 {
	return min(pad+lineHeight*float64(lines), mostHeight)
}
