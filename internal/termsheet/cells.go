package termsheet

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/schema"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// Formats of the fields. Texts are kept as they are typed, so that no spreadsheet makes a number of a
// CUSIP or a date of 5-2030.
const (
	textFormat   = "@"
	minuteFormat = "yyyy-mm-dd hh:mm"
	secondFormat = minuteFormat + ":ss"
	priceFormat  = "#,##0.00######"
	wholeFormat  = "#,##0"
)

// cellStyle is how a cell is drawn.
type cellStyle struct {
	role   spreadsheet.Role
	format string
	entry  bool // is filled in
	right  bool
	wrap   bool
	small  bool
}

// filledCell is a value as the form has it.
type filledCell struct {
	text   string
	digits string // a number, in place of a text
	style  cellStyle
}

// emptyCell is a field that is not filled in.
func emptyCell(v *schema.Value, f field) filledCell {
	style := cellStyle{role: spreadsheet.InBody, entry: true, format: textFormat, wrap: true}
	switch kindOf(v, f) {
	case number:
		if style.format, style.right = wholeFormat, true; f.price || f.number {
			style.format = priceFormat
		}
	case day:
		style.format, style.right = spreadsheet.DayFormat, true
	case moment:
		style.format, style.right = minuteFormat, true
	}
	return filledCell{style: style}
}

// cellOf is the cell of a value. It is an error where a cell cannot hold it.
func cellOf(n *strictyaml.Node, v *schema.Value, f field) (filledCell, error) {
	c := emptyCell(v, f)
	if n.Kind == strictyaml.List {
		return c.listed(n, f)
	}
	if n.Kind != strictyaml.Scalar {
		return c, fmt.Errorf("%s is %s", f.label, n.Kind)
	}
	c.text = n.Text
	switch kindOf(v, f) {
	case number:
		c.numbered(n.Text)
	case day:
		if d, err := tender.ParseDate(n.Text); err == nil {
			c.dated(d.Time(), spreadsheet.DayFormat)
		}
	case moment:
		c.timed(n.Text)
		if v.IsOpen() && c.digits == "" {
			c.text = shown(n.Text)
		}
	case choice:
		c.text = shown(n.Text)
	case flag:
		c.text = map[string]string{"true": "yes", "false": "no"}[n.Text]
	}
	if spreadsheet.Fit(c.text) != c.text || spreadsheet.Clean(c.text) != c.text {
		return c, fmt.Errorf("%s is longer than a cell can hold, or has characters that none can", f.label)
	}
	return c, nil
}

// listed is texts in one cell: securities each on a line, others beside each other.
func (c filledCell) listed(n *strictyaml.Node, f field) (filledCell, error) {
	words, apart := make([]string, len(n.Items)), ", "
	for i, item := range n.Items {
		words[i] = item.Text
	}
	if f.key == "securities" {
		apart = "\n"
	}
	c.text = strings.Join(words, apart)
	if len(words) == 0 || spreadsheet.Fit(c.text) != c.text {
		return c, fmt.Errorf("%s is longer than a cell can hold", f.label)
	}
	return c, nil
}

// numbered keeps a number as a number if a spreadsheet keeps its digits.
func (c *filledCell) numbered(text string) {
	v, err := decimal.NewFromString(text)
	if err != nil || !plainNumber.MatchString(text) || !exactDigits(v) {
		c.style.format = textFormat
		return
	}
	if places := decimals.Places(v); c.style.format == wholeFormat && places > 0 {
		c.style.format = spreadsheet.DecimalsFormat(places)
	} else if places > 8 {
		c.style.format = "General"
	}
	c.text, c.digits = "", v.String()
}

func (c *filledCell) dated(t time.Time, format string) {
	serial, ok := spreadsheet.Serial(t)
	if !ok {
		c.style.format = textFormat
		return
	}
	c.text, c.digits, c.style.format = "", string(serial.Append(nil)), format
}

// wallTime is a time that a spreadsheet can hold as a number: one without an offset, not at midnight,
// which would be taken for a date alone, and not in parts of a second.
var wallTime = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$`)

func (c *filledCell) timed(text string) {
	layout, format := "2006-01-02T15:04", minuteFormat
	if len(text) > len(layout) {
		layout, format = layout+":05", secondFormat
	}
	t, err := time.Parse(layout, text)
	if !wallTime.MatchString(text) || err != nil || t.Equal(t.Truncate(24*time.Hour)) {
		c.style.format = textFormat
		return
	}
	c.dated(t, format)
}

// asRead is the cell as a reader of the workbook finds it.
func (c filledCell) asRead() cell {
	read := cell{kind: xlsx.Text, text: c.text, format: xlsx.TextFormat}
	if c.digits != "" {
		read.kind, read.text, read.format = xlsx.Number, c.digits, xlsx.NumberFormat
		if strings.HasPrefix(c.style.format, "yyyy") {
			read.format = xlsx.DateTime
		}
	}
	return read
}

// escapes are texts that a spreadsheet would take for a character, such as _x0041_ for A.
var escapes = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// put writes a cell.
func (f *form) put(sheet string, row, col int, c filledCell) {
	ref := spreadsheet.At(row, col)
	if c.digits != "" {
		f.note(f.file.SetCellDefault(sheet, ref, c.digits))
	} else if c.text != "" {
		f.note(f.file.SetCellStr(sheet, ref, escapes.ReplaceAllString(c.text, "_x005F$0")))
	}
	f.note(f.file.SetCellStyle(sheet, ref, ref, f.style(c.style)))
}

// style is the number of a style in the workbook.
func (f *form) style(s cellStyle) int {
	id, made := f.styles[s]
	if !made {
		var err error
		id, err = f.file.NewStyle(s.excel())
		f.note(err)
		f.styles[s] = id
	}
	return id
}

func (f *form) text(sheet string, row, col int, text string, style cellStyle) {
	f.put(sheet, row, col, filledCell{text: text, style: style})
}

// excel is a style in excelize's terms: fields to fill in have a frame.
func (s cellStyle) excel() *excelize.Style {
	look := spreadsheet.Style{Role: s.role, Format: s.format}
	if s.right {
		look.Align = spreadsheet.Right
	}
	style := look.ExcelStyle()
	style.Alignment.WrapText = s.wrap
	if s.entry {
		if !s.right {
			style.Alignment.Horizontal, style.Alignment.Indent = "left", 1
		}
		style.Border = nil
		for _, side := range []string{"left", "right", "top", "bottom"} {
			style.Border = append(style.Border, excelize.Border{Type: side, Color: frameColour, Style: 1})
		}
	}
	if s.small {
		style.Font.Size = 9
	}
	return style
}

const frameColour = "AEB9C4"

// Widths of the columns, in digits, and heights of rows, in points.
const (
	labelWidth, valueWidth = 34, 16.5
	lineHeight             = 13.5
)

func (f *form) widths() {
	f.note(f.file.SetColWidth(formSheet, "A", "A", labelWidth))
	f.note(f.file.SetColWidth(formSheet, "B", spreadsheet.Letters(f.cols), valueWidth))
}

// heights makes rows as high as their longest text needs.
func (f *form) heights() {
	lines := map[int]int{}
	for _, s := range f.spots {
		v := f.values[s.path()]
		if v == nil {
			continue
		}
		c, err := cellOf(v, askedOf(s.list, s.field.key), s.field)
		if err != nil {
			continue
		}
		width := valueWidth
		if s.col == leftLabel {
			width = labelWidth
		}
		n := 0
		for _, line := range strings.Split(c.text, "\n") {
			n += 1 + max(0, len(line)-1)/int(width+1)
		}
		lines[s.row] = max(lines[s.row], n)
	}
	for row := firstRow; row <= f.last; row++ {
		f.note(f.file.SetRowHeight(formSheet, row, min(400, lineHeight*float64(max(1, lines[row])))))
	}
}
