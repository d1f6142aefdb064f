package export

import (
	"io"
	"regexp"
	"strconv"
	"strings"
)

// rowEncoder writes the rows of one sheet as XML. Nothing but its buffer grows
// with the rows. The first error sticks, so only that at the end is checked.
type rowEncoder struct {
	w      io.Writer
	buf    []byte
	styles map[look]int
	drawn  []drawn // by column
	err    error
}

// drawn is how the cell above was drawn: mostly the next one is drawn alike.
type drawn struct {
	look   look
	style  int
	letter string
}

// rowsAtATime is how many bytes are handed on at once.
const rowsAtATime = 128 << 10

// progressRows is after how many rows it is told how far the writing has come.
const progressRows = 1000

// writeRows writes the sheetData element.
func (s *sheet) writeRows(w io.Writer) error {
	e := rowEncoder{w: w, buf: make([]byte, 0, rowsAtATime+rowsAtATime/8), styles: s.styles}
	e.buf = append(e.buf, "<sheetData>"...)
	for i := range s.rows {
		e.row(i+1, &s.rows[i])
	}
	if s.body != nil {
		s.body.each(s.widths, func(n int, r *row) {
			e.row(n, r)
			if n%progressRows == 0 && s.body.told != nil {
				s.body.told(progressRows)
			}
		})
		for i := range s.foot {
			e.row(s.body.bottom+1+i, &s.foot[i])
		}
	}
	e.buf = append(e.buf, "</sheetData>"...)
	e.flush()
	return e.err
}

func (e *rowEncoder) flush() {
	if e.err == nil {
		_, e.err = e.w.Write(e.buf)
	}
	e.buf = e.buf[:0]
}

func (e *rowEncoder) row(n int, r *row) {
	if r.height == 0 && len(r.cells) == 0 {
		return
	}
	b := append(e.buf, `<row r="`...)
	b = append(strconv.AppendInt(b, int64(n), 10), '"')
	if r.height > 0 {
		b = append(b, ` ht="`...)
		b = strconv.AppendFloat(b, r.height, 'f', -1, 64)
		b = append(b, `" customHeight="1"`...)
	}
	e.buf = append(b, '>')
	var number [20]byte
	digits := strconv.AppendInt(number[:0], int64(n), 10)
	for i := range r.cells {
		if c := &r.cells[i]; c.kind != empty || c.look != (look{}) {
			e.cell(i, digits, c)
		}
	}
	e.buf = append(e.buf, "</row>"...)
	if len(e.buf) >= rowsAtATime {
		e.flush()
	}
}

// draw returns how the cell of a column is drawn.
func (e *rowEncoder) draw(col int, l *look) *drawn {
	for len(e.drawn) <= col {
		n := len(e.drawn)
		e.drawn = append(e.drawn, drawn{style: e.styles[look{}], letter: letters(n + 1)})
	}
	d := &e.drawn[col]
	if d.look != *l {
		d.look, d.style = *l, e.styles[*l]
	}
	return d
}

func (e *rowEncoder) cell(col int, row []byte, c *cell) {
	d := e.draw(col, &c.look)
	b := append(e.buf, `<c r="`...)
	b = append(append(b, d.letter...), row...)
	b = append(b, `" s="`...)
	b = append(strconv.AppendInt(b, int64(d.style), 10), '"')
	switch {
	case c.kind == empty && c.formula == "":
		e.buf = append(b, "/>"...)
		return
	case c.kind == truth:
		b = append(b, ` t="b"`...)
	case c.kind == words && c.formula != "":
		b = append(b, ` t="str"`...)
	case c.kind == words:
		b = append(b, ` t="inlineStr"><is><t`...)
		if !tight(c.value) {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = appendText(append(b, '>'), c.value)
		e.buf = append(b, "</t></is></c>"...)
		return
	}
	b = append(b, '>')
	if c.formula != "" {
		b = append(b, "<f>"...)
		b = appendFormula(b, c.formula, row)
		b = append(b, "</f>"...)
	}
	b = append(b, "<v>"...)
	switch {
	case c.kind == number && c.value == "":
		b = c.amount.Append(b)
	default:
		b = appendText(b, c.value)
	}
	e.buf = append(b, "</v></c>"...)
}

// appendFormula writes a formula with the number of its row.
func appendFormula(b []byte, formula string, row []byte) []byte {
	for {
		before, after, found := strings.Cut(formula, "#")
		b = appendText(b, before)
		if !found {
			return b
		}
		b, formula = append(b, row...), after
	}
}

// tight reports whether text keeps its spaces without being told to.
func tight(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// escape is what a spreadsheet takes for an escaped character in text.
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// appendText writes text as XML, and what looks like a spreadsheet's escape so
// that it is read as it stands.
func appendText(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		reference := references[s[i]]
		if reference == "" {
			continue
		}
		if s[i] == '_' {
			if !escape.MatchString(s[i:min(i+len("_x000D_"), len(s))]) {
				continue
			}
			reference = "_x005F_"
		}
		b = append(append(b, s[from:i]...), reference...)
		from = i + 1
	}
	return append(b, s[from:]...)
}

// references are the characters that text in XML cannot hold as they are. The
// text itself is clean: there are no others that XML cannot hold.
var references = [256]string{
	'<': "&lt;", '>': "&gt;", '&': "&amp;", '"': "&#34;", '\'': "&#39;",
	'\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;",
	'_': "_", // may begin an escape
}
