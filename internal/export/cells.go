package export

import (
	"bufio"
	"encoding/xml"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// cell is one cell of a sheet. The zero cell is empty. A formula always comes
// with its result, so that viewers that do not calculate show it, too.
type cell struct {
	kind    kind
	value   string // the digits, the text, or 1 and 0 for true and false
	formula string // without the equals sign
	look    look
}

type kind uint8

const (
	empty kind = iota
	number
	words
	truth
)

// label is a cell of text. Text is always written as text: it cannot become a
// formula or a link.
func label(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{kind: words, value: fit(clean(s))}
}

// yes is a cell with TRUE or FALSE. Excel needs no format for it; LibreOffice
// would take a date's.
func yes(b bool) cell {
	c := cell{kind: truth, value: "0", look: look{align: center, format: `"TRUE";"TRUE";"FALSE"`}}
	if b {
		c.value = "1"
	}
	return c
}

// digits is a number with exactly so many decimals shown.
func digits(d decimal.Decimal, places int32) cell {
	return cell{kind: number, value: d.String(), look: look{format: decimals(places)}}
}

// decimals is the number format with so many decimals.
func decimals(places int32) string {
	if places <= 0 {
		return "#,##0"
	}
	return "#,##0." + strings.Repeat("0", int(places))
}

// count is a whole number.
func count(n int) cell { return digits(decimal.NewFromInt(int64(n)), 0) }

// principal is an amount of principal: whole units, decimals only where it has
// any.
func principal(d decimal.Decimal) cell { return digits(d, places(d)) }

// amounts are amounts in a currency that belong together: all with the decimals
// of cash, if one of them has any.
func amounts(currency string, all ...decimal.Decimal) []cell {
	n := int32(0)
	for _, d := range all {
		if needed := places(d); needed > 0 {
			n = max(n, needed, minorUnits(currency))
		}
	}
	cells := make([]cell, len(all))
	for i, d := range all {
		cells[i] = digits(d, n)
	}
	return cells
}

// cash is an amount of money in the minor units of its currency.
func cash(d decimal.Decimal, currency string) cell { return digits(d, minorUnits(currency)) }

// price is an amount per 1,000 of principal.
func price(d decimal.Decimal) cell { return digits(d, max(2, places(d))) }

// percentage is a ratio shown as a percentage with so many decimals.
func percentage(ratio decimal.Decimal, places int32) cell {
	format := "0%"
	if places > 0 {
		format = "0." + strings.Repeat("0", int(places)) + "%"
	}
	return cell{kind: number, value: ratio.String(), look: look{format: format}}
}

// excelDigits is how many significant digits a spreadsheet keeps of a number.
const excelDigits = 15

// factor is a proration factor as a percentage with all its digits. One that a
// spreadsheet would round is text.
func factor(f allocate.Factor) cell {
	d, ok := f.Shown()
	switch {
	case !ok:
		return label(f.String()).aligned(right)
	case len(strings.TrimLeft(strings.ReplaceAll(d.String(), ".", ""), "0")) > excelDigits:
		return label(d.Shift(2).String() + "%").aligned(right)
	}
	return percentage(d, places(d.Shift(2)))
}

// day is a date cell, empty for the zero Date.
func day(d tender.Date) cell {
	if d.IsZero() {
		return cell{}
	}
	return serial(d.Time(), "yyyy-mm-dd", d.String())
}

// moment is a date cell with the wall time of the zone, to the millisecond.
func moment(t time.Time, zone *time.Location) cell {
	if t.IsZero() {
		return cell{}
	}
	return serial(t.In(zone), "yyyy-mm-dd hh:mm:ss.000", stamp(t, zone))
}

// instantCell is a date cell like [moment], with milliseconds only where there are
// any.
func instantCell(t time.Time, zone *time.Location) cell {
	c := moment(t, zone)
	if c.kind == number && t.Nanosecond() == 0 {
		c.look.format = "yyyy-mm-dd hh:mm:ss"
	}
	return c
}

// calendar is when the days that spreadsheets count properly begin; earlier
// ones they number wrongly or not at all.
var calendar = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

// serial is the wall time t shows as a spreadsheet's serial number: days since
// the end of 1899, exact to less than a microsecond.
func serial(t time.Time, format, fallback string) cell {
	y, m, d := t.Date()
	wall := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	if wall.Before(calendar) || y > 9999 {
		return label(fallback)
	}
	ms := wall.UnixMilli() - time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).UnixMilli()
	days := big.NewRat(ms, (24 * time.Hour).Milliseconds())
	value := strings.TrimRight(strings.TrimRight(days.FloatString(11), "0"), ".")
	return cell{kind: number, value: value, look: look{format: format}}
}

// by gives a cell the formula that computes its value.
func (c cell) by(formula string) cell {
	c.formula = formula
	return c
}

func (c cell) as(r role) cell          { c.look.role = r; return c }
func (c cell) toned(t tone) cell       { c.look.tone = t; return c }
func (c cell) aligned(a align) cell    { c.look.align = a; return c }
func (c cell) formatted(f string) cell { c.look.format = f; return c }
func (c cell) wrapped() cell           { c.look.wrap = true; return c }

// rowWriter encodes the rows of one sheet. The error of a bufio.Writer sticks
// until it is flushed, so only that is checked.
type rowWriter struct {
	*bufio.Writer
	styles map[look]int
}

// writeRows writes the sheetData element.
func (s *sheet) writeRows(w io.Writer) error {
	out := rowWriter{bufio.NewWriter(w), s.styles}
	out.WriteString("<sheetData>")
	for i := range s.rows {
		out.row(i+1, &s.rows[i])
	}
	out.WriteString("</sheetData>")
	return out.Flush()
}

func (w rowWriter) row(n int, r *row) {
	if r.height == 0 && len(r.cells) == 0 {
		return
	}
	w.WriteString(`<row r="` + strconv.Itoa(n) + `"`)
	if r.height > 0 {
		w.WriteString(` ht="` + strconv.FormatFloat(r.height, 'f', -1, 64) + `" customHeight="1"`)
	}
	w.WriteString(">")
	for i := range r.cells {
		if c := &r.cells[i]; c.kind != empty || c.look != (look{}) {
			w.cell(at(n, i+1), c)
		}
	}
	w.WriteString("</row>")
}

func (w rowWriter) cell(ref string, c *cell) {
	w.WriteString(`<c r="` + ref + `" s="` + strconv.Itoa(w.styles[c.look]) + `"`)
	switch {
	case c.kind == truth:
		w.WriteString(` t="b"`)
	case c.kind == words && c.formula != "":
		w.WriteString(` t="str"`)
	case c.kind == words:
		w.WriteString(` t="inlineStr"><is><t xml:space="preserve">`)
		w.text(c.value)
		w.WriteString("</t></is></c>")
		return
	}
	w.WriteString(">")
	if c.formula != "" {
		w.WriteString("<f>")
		w.text(c.formula)
		w.WriteString("</f>")
	}
	if c.kind != empty {
		w.WriteString("<v>")
		w.text(c.value)
		w.WriteString("</v>")
	}
	w.WriteString("</c>")
}

// escape is what a spreadsheet takes for an escaped character in text.
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// text writes text as XML, and what looks like a spreadsheet's escape so that
// it is read as it stands.
func (w rowWriter) text(s string) {
	if strings.Contains(s, "_x") {
		s = escape.ReplaceAllString(s, "_x005F$0")
	}
	_ = xml.EscapeText(w, []byte(s))
}
