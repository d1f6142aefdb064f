package export

import (
	"github.com/xuri/excelize/v2"
)

// look is how a cell is drawn. Equal looks share one style of the workbook.
type look struct {
	role   role
	tone   tone
	align  align
	format string // number format, "" for none
	wrap   bool
	set    bool // set off from the numbers at its left
}

// role is the part a cell plays on the sheet.
type role uint8

const (
	plain role = iota
	inTitle
	inSubtitle
	inBanner
	inSection // the title of a block
	inHeading // of a table
	inBody
	inSubtotal
	inTotal
	inFact // the name of a fact
)

// tone is what a cell's colour says.
type tone uint8

const (
	normal tone = iota
	muted
	good
	doubtful
	bad
	linked // leads to another place of the workbook
)

type align uint8

const (
	general align = iota
	left
	center
	right
)

// The colours: one accent, greys, and three that mean something.
const (
	accent    = "1F4E79"
	tint      = "E9F0F7"
	white     = "FFFFFF"
	ink       = "222B36"
	grey      = "66717E"
	hairline  = "D9DFE5"
	green     = "1B6B3C"
	amber     = "8A5A00"
	amberFill = "FFE9B3"
	red       = "B3261E"
	redFill   = "FBE3E1"
)

// The font is on every system or has a twin of the same widths there.
const (
	fontName = "Arial"
	fontSize = 10
)

// style turns a look into excelize's terms.
func (l look) style() *excelize.Style {
	s := &excelize.Style{
		Font:      &excelize.Font{Family: fontName, Size: fontSize, Color: ink},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: l.wrap, Horizontal: [...]string{"", "left", "center", "right"}[l.align]},
	}
	if l.format != "" {
		s.CustomNumFmt = &l.format
	}
	l.roleStyle(s)
	l.toneStyle(s)
	if l.set {
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1
	}
	return s
}

func (l look) roleStyle(s *excelize.Style) {
	switch l.role {
	case inTitle:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 16, accent
	case inSubtitle:
		s.Font.Color = grey
	case inBanner:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 11, white
		s.Fill = fill(accent)
	case inSection:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 11, accent
	case inHeading:
		s.Font.Bold, s.Font.Color = true, accent
		s.Fill = fill(tint)
		s.Border = []excelize.Border{{Type: "bottom", Color: accent, Style: 1}}
	case inBody:
		s.Border = []excelize.Border{{Type: "bottom", Color: hairline, Style: 1}}
	case inSubtotal:
		s.Font.Bold = true
		s.Fill = fill(tint)
		s.Border = []excelize.Border{{Type: "bottom", Color: hairline, Style: 1}}
	case inTotal:
		s.Font.Bold = true
		s.Border = []excelize.Border{{Type: "top", Color: accent, Style: 1}}
	case inFact:
		s.Font.Color = grey
	}
}

func (l look) toneStyle(s *excelize.Style) {
	banner := l.role == inBanner
	switch l.tone {
	case muted:
		s.Font.Color = grey
	case good:
		s.Font.Color = green
	case doubtful:
		s.Font.Color = amber
		if banner {
			s.Fill = fill(amberFill)
		}
	case linked:
		s.Font.Color, s.Font.Underline = accent, "single"
	case bad:
		s.Font.Color, s.Font.Bold = red, true
		if banner {
			s.Fill = fill(redFill)
		}
	}
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}
