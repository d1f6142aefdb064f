package xlsx

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/xlsx/fault"
)

// Format is what a cell's number format makes of a number.
type Format uint8

// The kinds of number formats.
const (
	General      Format = iota // none, or "General"
	NumberFormat               // a number of any shape: 0.00, #,##0, currency, fraction, scientific
	DateTime                   // a date, a time, or an elapsed time
	Percent
	TextFormat // "@": what is typed stays text
	ISODate    // of a cell of type "d", whose text is a wall time, whatever its number format
)

// readStyles reads the number formats of the cell styles.
func (w *Workbook) readStyles(s *scanner) error {
	custom := make(map[int]Format)
	appearances := make(map[int]*Appearance) // by number format
	var styles []cellStyle
	var struck []bool // by font
	seen := false
	err := s.document(nsMain, "styleSheet", func() (err error) {
		switch {
		case s.is("numFmts"):
			return readCustomFormats(s, custom, appearances)
		case s.is("fonts"):
			struck, err = readFonts(s)
		case s.is("dxfs"):
			w.striking, err = readStriking(s)
		case s.is("cellXfs"):
			if seen {
				return s.fault(fault.RuleStructure, "the cell styles are listed twice")
			}
			seen = true
			styles, err = readCellStyles(s)
		default:
			err = s.skip()
		}
		return err
	})
	w.setFormats(styles, custom)
	w.setAppearances(styles, appearances, struck)
	return err
}

// setFormats finds the format of each style once all is known.
func (w *Workbook) setFormats(styles []cellStyle, custom map[int]Format) {
	w.formats = make([]Format, len(styles))
	for i, style := range styles {
		format, ok := custom[int(style.format)]
		if !ok {
			format = builtinFormat(int(style.format))
		}
		w.formats[i] = format
	}
}

// setAppearances finds the appearance of each style once all is known.
func (w *Workbook) setAppearances(styles []cellStyle, appearances map[int]*Appearance, struck []bool) {
	if len(appearances) == 0 && !slices.Contains(struck, true) {
		return // as in most workbooks
	}
	crossed := make(map[int32]*Appearance) // appearances by number format, struck through
	w.appearances = make([]*Appearance, len(styles))
	for i, style := range styles {
		l := appearances[int(style.format)]
		if int(style.font) < len(struck) && struck[style.font] {
			if crossed[style.format] == nil {
				both := Appearance{Struck: true}
				if l != nil {
					both = *l
					both.Struck = true
				}
				crossed[style.format] = &both
			}
			l = crossed[style.format]
		}
		w.appearances[i] = l
	}
}

// cellStyle is a style of cells: the id of its number format and the place of its font.
type cellStyle struct{ format, font int32 }

// readCustomFormats reads the numFmts element.
func readCustomFormats(s *scanner, custom map[int]Format, appearances map[int]*Appearance) error {
	return s.each("numFmt", func() error {
		id, err := s.number("numFmtId")
		if err != nil {
			return err
		}
		code, _ := s.attr("formatCode")
		format := codeFormat(string(code))
		if before, ok := custom[id]; ok && before != format {
			return s.fault(fault.RuleStructure, "the number format %d is given twice, differently", id)
		}
		custom[id] = format
		if l := appearanceOf(string(code)); l != nil && format != DateTime {
			appearances[id] = l
		}
		return s.skip()
	})
}

// readCellStyles reads the cellXfs element.
func readCellStyles(s *scanner) ([]cellStyle, error) {
	var styles []cellStyle
	for {
		more, err := s.child()
		if !more || err != nil {
			return styles, err
		}
		if s.ns == nsCompat {
			if styles, err = readFallbackStyles(s, styles); err != nil {
				return nil, err
			}
			continue
		}
		if !s.is("xf") {
			if err := s.skipForeign("extLst"); err != nil {
				return nil, err
			}
			continue
		}
		format, err := s.number("numFmtId")
		if err != nil {
			return nil, err
		}
		font, err := s.number("fontId")
		if err != nil {
			return nil, err
		}
		styles = append(styles, cellStyle{int32(format), int32(font)})
		if err := s.skip(); err != nil {
			return nil, err
		}
	}
}

// readFallbackStyles reads alternate content among the styles: of the choices, which
// are for programs with extensions of their own, none is taken, but what they fall
// back on.
func readFallbackStyles(s *scanner, styles []cellStyle) ([]cellStyle, error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return styles, err
		}
		if s.ns == nsCompat && string(s.local) == "Fallback" {
			var more []cellStyle
			more, err = readCellStyles(s)
			styles = append(styles, more...)
		} else {
			err = s.skip()
		}
		if err != nil {
			return nil, err
		}
	}
}

// number reads a whole number from an attribute of the last tag; 0 if it is missing.
func (s *scanner) number(local string) (int, error) {
	value, ok := s.attr(local)
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
	if err != nil {
		return 0, s.fault(fault.RuleStructure, "%s is %.40q in <%.40s>, not a number", local, value, s.name)
	}
	return int(n), nil
}

// builtinFormat knows the formats a workbook uses without giving their codes. 27 to 36 and 50 to 58
// are dates in the East Asian editions of Excel and nothing elsewhere.
func builtinFormat(id int) Format {
	switch {
	case id == 9, id == 10:
		return Percent
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return DateTime
	case id == 49:
		return TextFormat
	case id >= 1 && id <= 13, id >= 37 && id <= 44, id == 48:
		return NumberFormat
	}
	return General
}

// codeFormat finds the kind of a custom format code: a date if any of its sections shows a part of a
// date or time, else a percentage if any shows one, else what its first section is.
func codeFormat(code string) Format {
	marks := strings.ToLower(formatMarks(code))
	first, _, _ := strings.Cut(marks, ";")
	switch {
	case strings.ContainsAny(marks, "dhmsyeg"):
		return DateTime
	case strings.Contains(marks, "%"):
		return Percent
	case first == "" && !strings.Contains(marks, ";"), first == "n":
		return General
	case strings.Contains(first, "@") && !strings.ContainsAny(first, "0#?"):
		return TextFormat
	}
	return NumberFormat
}

// formatMarks returns a format code without what it shows literally: quoted and escaped text, fill
// and padding characters, colours, conditions and locales. Elapsed units such as [hh] stay, "General"
// becomes n, and the E+ of a scientific format goes, so that neither is taken for a date.
func formatMarks(code string) string {
	var marks strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				return marks.String()
			}
			i += n + 1
		case c == '\\', c == '_', c == '*':
			i++
		case c == '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return marks.String()
			}
			if inside := code[i+1 : i+n]; elapsed(inside) {
				marks.WriteString(inside)
			}
			i += n
		case len(code)-i >= 7 && strings.EqualFold(code[i:i+7], "general"):
			marks.WriteByte('n')
			i += 6
		case (c == 'E' || c == 'e') && i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-'):
			i++
		default:
			marks.WriteByte(c)
		}
	}
	return marks.String()
}

// elapsed reports whether the inside of brackets is a unit of elapsed time: h, mm, ss and so on.
func elapsed(inside string) bool {
	if inside == "" {
		return false
	}
	return strings.Trim(inside, "hH") == "" || strings.Trim(inside, "mM") == "" || strings.Trim(inside, "sS") == ""
}
