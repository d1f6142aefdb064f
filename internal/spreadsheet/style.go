package spreadsheet

import (
	"github.com/xuri/excelize/v2"
)

// Style is how a cell is drawn. Equal looks share one style of the workbook.
type Style struct {
	Role   Role
	Tone   Tone
	Align  align
	Format string // number format, "" for none
	wrap   bool
	Set    bool // set off from the numbers at its left
}

// Role is the part a cell plays on the sheet.
type Role uint8

const (
	Plain Role = iota
	InTitle
	InSubtitle
	InBanner
	InSection // the title of a block
	InHeading // of a table
	InBody
	InSubtotal
	InTotal
	InFact // the name of a fact
)

// Tone is what a cell's colour says.
type Tone uint8

const (
	Normal Tone = iota
	Muted
	Good
	Doubtful
	Bad
	Linked // leads to another place of the workbook
)

type align uint8

const (
	general align = iota
	Left
	center
	Right
)

// The colours: one accent, greys, and three that mean something.
const (
	Accent    = "1F4E79"
	tint      = "E9F0F7"
	white     = "FFFFFF"
	ink       = "222B36"
	grey      = "66717E"
	hairline  = "D9DFE5"
	green     = "1B6B3C"
	Amber     = "8A5A00"
	amberFill = "FFE9B3"
	Red       = "B3261E"
	redFill   = "FBE3E1"
)

// The font is on every system or has a twin of the same widths there.
const (
	fontName = "Arial"
	FontSize = 10
)

// ExcelStyle turns a look into excelize's terms.
func (l Style) ExcelStyle() *excelize.Style {
	s := &excelize.Style{
		Font: &excelize.Font{Family: fontName, Size: FontSize, Color: ink},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: l.wrap,
			Horizontal: [...]string{"", "left", "center", "right"}[l.Align]},
	}
	if l.Format != "" {
		s.CustomNumFmt = &l.Format
	}
	l.roleStyle(s)
	l.toneStyle(s)
	if l.Set {
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1
	}
	return s
}

func (l Style) roleStyle(s *excelize.Style) {
	switch l.Role {
	case InTitle:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 16, Accent
	case InSubtitle:
		s.Font.Color = grey
	case InBanner:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 11, white
		s.Fill = fill(Accent)
	case InSection:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 11, Accent
	case InHeading:
		s.Font.Bold, s.Font.Color = true, Accent
		s.Fill = fill(tint)
		s.Border = []excelize.Border{{Type: "bottom", Color: Accent, Style: 1}}
	case InBody:
		s.Border = []excelize.Border{{Type: "bottom", Color: hairline, Style: 1}}
	case InSubtotal:
		s.Font.Bold = true
		s.Fill = fill(tint)
		s.Border = []excelize.Border{{Type: "bottom", Color: hairline, Style: 1}}
	case InTotal:
		s.Font.Bold = true
		s.Border = []excelize.Border{{Type: "top", Color: Accent, Style: 1}}
	case InFact:
		s.Font.Color = grey
	}
}

func (l Style) toneStyle(s *excelize.Style) {
	banner := l.Role == InBanner
	switch l.Tone {
	case Muted:
		s.Font.Color = grey
	case Good:
		s.Font.Color = green
	case Doubtful:
		s.Font.Color = Amber
		if banner {
			s.Fill = fill(amberFill)
		}
	case Linked:
		s.Font.Color, s.Font.Underline = Accent, "single"
	case Bad:
		s.Font.Color, s.Font.Bold = Red, true
		if banner {
			s.Fill = fill(redFill)
		}
	}
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}
