package export

import (
	"runtime"
	"strings"
	"sync"
)

// listing is a table whose rows are made anew each time they are needed: once to
// measure them, once to write them. So it may be as long as an offer is large.
// What does not fit on a sheet goes on on further sheets, numbered from 2.
type listing struct {
	columns []column
	count   int
	maker   func() rowMaker
	none    string // stands where there are no rows
	parts   []*stretch
	told    func(rows int) // of rows that were written, now and then; nil: nobody
}

// rowMaker fills the cells of the i-th row of a list. Each goroutine has one of
// its own.
type rowMaker func(i int, cells []cell)

// stretch is the part of a list that stands on one sheet.
type stretch struct {
	*listing
	sheet *sheet
	from  int // the first row of the list that stands here
	area
}

// lay gives the rows of a list their places: from below the heading row top of
// the sheet on, and on further sheets, made by more, as far as needed. foot is
// how many rows stay free below them on each sheet.
func (v *volume) lay(l *listing, s *sheet, top, foot int, more func(number int) *sheet) {
	for from := 0; ; {
		s.headings(top, l.columns)
		n := min(l.count-from, v.rowsPerSheet-top-foot)
		p := &stretch{l, s, from, area{top + 1, 1, top + max(1, n), len(l.columns)}}
		l.parts = append(l.parts, p)
		s.filter, s.frozen, s.repeat = area{top, 1, p.bottom, p.right}, top, top
		v.name(strings.ReplaceAll(s.name, " ", "_")+"List", s, s.filter.fixed())
		if l.count == 0 {
			s.put(p.top, 1, label(l.none).toned(muted))
			return
		}
		s.body = p
		if from += n; from >= l.count {
			return
		}
		s.next = more(len(l.parts) + 1)
		s, top = s.next, firstRow
	}
}

// first is the sheet on which a list begins.
func (l *listing) first() *sheet { return l.parts[0].sheet }

// last is the sheet on which a list ends.
func (l *listing) last() *stretch { return l.parts[len(l.parts)-1] }

// over joins a formula over each part of the list with plus signs. address is
// that of a column of the part, as seen from a sheet.
func (l *listing) over(from *sheet, formula func(address func(col int) string) string) string {
	var terms []string
	for _, p := range l.parts {
		terms = append(terms, formula(func(col int) string { return p.sheet.seen(from, p.column(col).fixed()) }))
	}
	return strings.Join(terms, "+")
}

// each makes the rows of the part one after the other, in cells that it uses
// again.
func (p *stretch) each(widths []float64, do func(n int, r *row)) {
	draw, fill := p.drawer(widths), p.maker()
	r := row{cells: make([]cell, len(p.columns))}
	for n := p.top; n <= p.bottom; n++ {
		clear(r.cells)
		fill(p.from+n-p.top, r.cells)
		r.height = draw(r.cells)
		do(n, &r)
	}
}

// drawer returns what completes the cells of a row as the body of a table and
// says how tall the row is.
func (l *listing) drawer(widths []float64) func(cells []cell) (height float64) {
	set, lines := l.setOff(), newLineCounter()
	return func(cells []cell) float64 {
		most := 1
		for i := range cells {
			c := &cells[i]
			l.finish(c, i, set[i])
			if c.look.wrap && c.kind == words && widths != nil {
				most = max(most, lines(c.value, widths[i]-2))
			}
		}
		return rowHeight(most, bodyHeight-lineHeight)
	}
}

// setOff says of each column whether it is set off from numbers at its left.
func (l *listing) setOff() []bool {
	set := make([]bool, len(l.columns))
	for i := 1; i < len(set); i++ {
		set[i] = l.columns[i-1].right && !l.columns[i].right
	}
	return set
}

func (l *listing) finish(c *cell, i int, set bool) {
	if c.look.role == plain {
		c.look.role = inBody
	}
	c.look.set = c.look.set || set
	c.look.wrap = c.look.wrap || c.kind == words && l.columns[i].widest > 0
}

// extent is what must be known of rows before the first is written.
type extent struct {
	widths []float64
	looks  []look // in the order in which they are met
	met    map[look]bool
}

// measure makes all rows of the part once and widens the columns of its sheet.
func (p *stretch) measure() {
	workers := min(runtime.GOMAXPROCS(0), 1+(p.bottom-p.top)/1024)
	found := make([]extent, workers)
	var wait sync.WaitGroup
	for w := range workers {
		part := *p
		part.top = p.top + (p.bottom-p.top+1)*w/workers
		part.bottom = p.top + (p.bottom-p.top+1)*(w+1)/workers - 1
		part.from = p.from + part.top - p.top
		wait.Go(func() { found[w] = part.extent() })
	}
	wait.Wait()
	met := make(map[look]bool)
	for _, e := range found {
		for i, width := range e.widths {
			p.sheet.widen(i+1, width)
		}
		for _, l := range e.looks { // in their order whatever the workers
			if !met[l] {
				met[l] = true
				p.sheet.looks = append(p.sheet.looks, l)
			}
		}
	}
}

func (p *stretch) extent() extent {
	e := extent{widths: make([]float64, len(p.columns)), met: make(map[look]bool)}
	last := make([]look, len(p.columns))
	p.each(nil, func(_ int, r *row) {
		for i := range r.cells {
			c := &r.cells[i]
			if c.kind != empty {
				e.widths[i] = max(e.widths[i], p.columns[i].needed(c))
			}
			if last[i] != c.look {
				last[i] = c.look
				e.meet(c.look)
			}
		}
	})
	return e
}

func (e *extent) meet(l look) {
	if !e.met[l] {
		e.met[l] = true
		e.looks = append(e.looks, l)
	}
}

// cellPadding is what a column is wider than the content of its widest cell.
const cellPadding = 2.2

// needed is how wide the column must be for a cell.
func (col column) needed(c *cell) float64 {
	w := c.shown() + cellPadding
	if col.widest > 0 && c.kind == words {
		w = min(w, col.widest)
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
