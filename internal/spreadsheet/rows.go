package spreadsheet

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
	styles map[Style]int
	drawn  []drawn // by column
	err    error
}

// drawn is how the cell above was drawn: mostly the next one is drawn alike.
type drawn struct {
	Style  Style
	style  int
	letter string
}

// rowsAtATime is how many bytes are handed on at once.
const rowsAtATime = 128 << 10

// progressRows is after how many rows progress is reported.
const progressRows = 1000

// writeRows writes the sheetData element.
func (s *Sheet) writeRows(w io.Writer) error {
	e := rowEncoder{w: w, buf: make([]byte, 0, rowsAtATime+rowsAtATime/8), styles: s.styles}
	e.buf = append(e.buf, "<sheetData>"...)
	for i := range s.rows {
		e.row(i+1, &s.rows[i])
	}
	if s.Body != nil {
		s.Body.Each(s.Widths, func(n int, r *Row) {
			e.row(n, r)
			if n%progressRows == 0 && s.Body.Described != nil {
				s.Body.Described(progressRows)
			}
		})
		for i := range s.foot {
			e.row(s.Body.Bottom+1+i, &s.foot[i])
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

func (e *rowEncoder) row(n int, r *Row) {
	if r.Height == 0 && len(r.Cells) == 0 {
		return
	}
	b := append(e.buf, `<row r="`...)
	b = append(strconv.AppendInt(b, int64(n), 10), '"')
	if r.Height > 0 {
		b = append(b, ` ht="`...)
		b = strconv.AppendFloat(b, r.Height, 'f', -1, 64)
		b = append(b, `" customHeight="1"`...)
	}
	e.buf = append(b, '>')
	var number [20]byte
	digits := strconv.AppendInt(number[:0], int64(n), 10)
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Kind != Empty || c.Style != (Style{}) {
			e.cell(i, digits, c)
		}
	}
	e.buf = append(e.buf, "</row>"...)
	if len(e.buf) >= rowsAtATime {
		e.flush()
	}
}

// draw returns how the cell of a column is drawn.
func (e *rowEncoder) draw(col int, l *Style) *drawn {
	for len(e.drawn) <= col {
		n := len(e.drawn)
		e.drawn = append(e.drawn, drawn{style: e.styles[Style{}], letter: Letters(n + 1)})
	}
	d := &e.drawn[col]
	if d.Style != *l {
		d.Style, d.style = *l, e.styles[*l]
	}
	return d
}

func (e *rowEncoder) cell(col int, row []byte, c *Cell) {
	d := e.draw(col, &c.Style)
	b := append(e.buf, `<c r="`...)
	b = append(append(b, d.letter...), row...)
	b = append(b, `" s="`...)
	b = append(strconv.AppendInt(b, int64(d.style), 10), '"')
	switch {
	case c.Kind == Empty && c.Formula == "":
		e.buf = append(b, "/>"...)
		return
	case c.Kind == truth:
		b = append(b, ` t="b"`...)
	case c.Kind == TextKind && c.Formula != "":
		b = append(b, ` t="str"`...)
	case c.Kind == TextKind:
		b = append(b, ` t="inlineStr"><is><t`...)
		if !tight(c.Value) {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = AppendText(append(b, '>'), c.Value)
		e.buf = append(b, "</t></is></c>"...)
		return
	}
	b = append(b, '>')
	if c.Formula != "" {
		b = append(b, "<f>"...)
		b = appendFormula(b, c.Formula, row)
		b = append(b, "</f>"...)
	}
	b = append(b, "<v>"...)
	switch {
	case c.Kind == Number && c.Value == "":
		b = c.Amount.Append(b)
	default:
		b = AppendText(b, c.Value)
	}
	e.buf = append(b, "</v></c>"...)
}

// appendFormula writes a formula with the number of its row.
func appendFormula(b []byte, formula string, row []byte) []byte {
	for {
		before, after, found := strings.Cut(formula, "#")
		b = AppendText(b, before)
		if !found {
			return b
		}
		b, formula = append(b, row...), after
	}
}

// tight reports whether text keeps its spaces without a mark.
func tight(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	return s == "" || (s[0] != ' ' && s[len(s)-1] != ' ')
}

// escape is what a spreadsheet takes for an escaped character in text.
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// AppendText writes text as XML, and what looks like a spreadsheet's escape so
// that it is read as written.
func AppendText(b []byte, s string) []byte {
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
