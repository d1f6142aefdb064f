package spreadsheet

import (
	"runtime"
	"strings"
	"sync"
)

// Listing is a table whose rows are made again each time they are needed: once to
// measure them, once to write them. So it may be as long as an offer is large.
// What does not fit on a sheet goes on on further sheets, numbered from 2.
type Listing struct {
	Columns   []Column
	Count     int
	Maker     func() RowMaker
	None      string // shown where there are no rows
	Parts     []*stretch
	Described func(rows int) // called now and then with rows that were written; it may be nil
}

// RowMaker fills the cells of the i-th row of a list. Each goroutine has one of
// its own.
type RowMaker func(i int, cells []Cell)

// stretch is the part of a list that is on one sheet.
type stretch struct {
	*Listing
	Sheet *Sheet
	from  int // the first row of the list that is here
	Area
}

// Lay gives the rows of a list their places: from below the heading row top of
// the sheet on, and on further sheets, made by more, as far as needed. foot is
// how many rows stay free below them on each sheet.
func (v *Frame) Lay(l *Listing, s *Sheet, top, foot int, more func(number int) *Sheet) {
	for from := 0; ; {
		s.headings(top, l.Columns)
		n := min(l.Count-from, v.RowsPerSheet-top-foot)
		p := &stretch{l, s, from, Area{top + 1, 1, top + max(1, n), len(l.Columns)}}
		l.Parts = append(l.Parts, p)
		s.Filter, s.Frozen, s.Repeat = Area{top, 1, p.Bottom, p.Right}, top, top
		v.Name(strings.ReplaceAll(s.Name, " ", "_")+"List", s, s.Filter.Fixed())
		if l.Count == 0 {
			s.Put(p.Top, 1, Label(l.None).WithTone(Muted))
			return
		}
		s.Body = p
		if from += n; from >= l.Count {
			return
		}
		s.Next = more(len(l.Parts) + 1)
		s, top = s.Next, FirstRow
	}
}

// First is the sheet on which a list begins.
func (l *Listing) First() *Sheet { return l.Parts[0].Sheet }

// Last is the sheet on which a list ends.
func (l *Listing) Last() *stretch { return l.Parts[len(l.Parts)-1] }

// Over joins a formula over each part of the list with plus signs. address is
// that of a column of the part, as seen from a sheet.
func (l *Listing) Over(from *Sheet, formula func(address func(col int) string) string) string {
	var terms []string
	for _, p := range l.Parts {
		terms = append(terms, formula(func(col int) string { return p.Sheet.seen(from, p.Column(col).Fixed()) }))
	}
	return strings.Join(terms, "+")
}

// Each makes the rows of the part one after the other, in cells that it uses
// again.
func (p *stretch) Each(widths []float64, do func(n int, r *Row)) {
	draw, fill := p.drawer(widths), p.Maker()
	r := Row{Cells: make([]Cell, len(p.Columns))}
	for n := p.Top; n <= p.Bottom; n++ {
		clear(r.Cells)
		fill(p.from+n-p.Top, r.Cells)
		r.Height = draw(r.Cells)
		do(n, &r)
	}
}

// drawer returns what completes the cells of a row as the body of a table and
// says how tall the row is.
func (l *Listing) drawer(widths []float64) func(cells []Cell) (height float64) {
	set, lines := l.setOff(), newLineCounter()
	return func(cells []Cell) float64 {
		most := 1
		for i := range cells {
			c := &cells[i]
			l.finish(c, i, set[i])
			if c.Style.wrap && c.Kind == TextKind && widths != nil {
				most = max(most, lines(c.Value, widths[i]-2))
			}
		}
		return rowHeight(most, bodyHeight-lineHeight)
	}
}

// setOff says of each column whether it is set off from numbers at its left.
func (l *Listing) setOff() []bool {
	set := make([]bool, len(l.Columns))
	for i := 1; i < len(set); i++ {
		set[i] = l.Columns[i-1].Right && !l.Columns[i].Right
	}
	return set
}

func (l *Listing) finish(c *Cell, i int, set bool) {
	if c.Style.Role == Plain {
		c.Style.Role = InBody
	}
	c.Style.Set = c.Style.Set || set
	c.Style.wrap = c.Style.wrap || (c.Kind == TextKind && l.Columns[i].Widest > 0)
}

// extent is what must be known of rows before the first is written.
type extent struct {
	widths []float64
	looks  []Style // in the order in which they are met
	met    map[Style]bool
}

// measure makes all rows of the part once and widens the columns of its sheet.
func (p *stretch) measure() {
	workers := min(runtime.GOMAXPROCS(0), 1+(p.Bottom-p.Top)/1024)
	found := make([]extent, workers)
	var wait sync.WaitGroup
	for w := range workers {
		part := *p
		part.Top = p.Top + (p.Bottom-p.Top+1)*w/workers
		part.Bottom = p.Top + (p.Bottom-p.Top+1)*(w+1)/workers - 1
		part.from = p.from + part.Top - p.Top
		wait.Go(func() { found[w] = part.extent() })
	}
	wait.Wait()
	met := make(map[Style]bool)
	for _, e := range found {
		for i, width := range e.widths {
			p.Sheet.Widen(i+1, width)
		}
		for _, l := range e.looks { // in their order whatever the workers
			if !met[l] {
				met[l] = true
				p.Sheet.looks = append(p.Sheet.looks, l)
			}
		}
	}
}

func (p *stretch) extent() extent {
	e := extent{widths: make([]float64, len(p.Columns)), met: make(map[Style]bool)}
	last := make([]Style, len(p.Columns))
	p.Each(nil, func(_ int, r *Row) {
		for i := range r.Cells {
			c := &r.Cells[i]
			if c.Kind != Empty {
				e.widths[i] = max(e.widths[i], p.Columns[i].needed(c))
			}
			if last[i] != c.Style {
				last[i] = c.Style
				e.meet(c.Style)
			}
		}
	})
	return e
}

func (e *extent) meet(l Style) {
	if !e.met[l] {
		e.met[l] = true
		e.looks = append(e.looks, l)
	}
}

// CellPadding is what a column is wider than the content of its widest cell.
const CellPadding = 2.2

// needed is how wide the column must be for a cell.
func (col Column) needed(c *Cell) float64 {
	w := c.Shown() + CellPadding
	if col.Widest > 0 && c.Kind == TextKind {
		w = min(w, col.Widest)
	}
	return w
}

// tolerance is what sums of widths may differ by, depending on their order.
const tolerance = 0.5

// newLineCounter returns lines with a memory: many rows have the same reason.
func newLineCounter() func(s string, width float64) int {
	type text struct {
		s     string
		width float64
	}
	before := make(map[text]int)
	return func(s string, width float64) int {
		if w, plain := plainWidth(s); plain && w+tolerance <= width {
			return 1
		}
		n, known := before[text{s, width}]
		if !known {
			if len(before) == 256 {
				clear(before)
			}
			n = lines(s, width)
			before[text{s, width}] = n
		}
		return n
	}
}
