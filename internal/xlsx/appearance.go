package xlsx

import (
	"strings"
	"unicode/utf8"
)

// Appearance is what a cell's style says beside its [Format], as far as it can change what a
// person takes the cell to say. Cells of one style share one.
type Appearance struct {
	Struck bool   // the font is struck through
	Code   string // the number format, as far as it is short; "" if it says nothing

	// What the number format shows, of a number above zero.
	Zeros    int    // it is so many zeros and nothing else, such as 0000, which shows 901 as 0901; else 0
	Masked   bool   // it sets characters between the digits that do not part thousands
	Padded   bool   // it puts zeros in front, other than by Zeros
	Scaled   bool   // the number is shown divided by a thousand or more, as by #,##0,
	Nothing  bool   // it shows nothing at all, as ;;; does
	Negative bool   // it shows the number with a minus sign or in parentheses
	Currency string // signs and codes of currencies, such as €, $ or USD, separated by spaces; "" for none
	Literal  string // letters and digits that it sets beside the number, such as ",000" or "thousand"; "" for none
}

// Strike says what of a cell's content is struck through.
type Strike uint8

// The kinds of strikes.
const (
	NotStruck Strike = iota
	PartlyStruck
	Struck
)

// appearanceOf is what a number format says; nil if that is nothing.
func appearanceOf(code string) *Appearance {
	var l Appearance
	code = code[:min(len(code), longestCode)]
	sections := formatSections(code)
	// Without conditions the first section is that of numbers above zero.
	conditional := strings.ContainsAny(conditions(code), "<>=")
	l.Nothing = len(sections) > 1 && strings.TrimSpace(sections[0]) == ""
	l.Negative = !conditional && showsNegative(sections[0])
	for i, section := range sections {
		if i == 0 || (conditional && i < 3) {
			l.read(section)
		}
	}
	l.Literal = strings.TrimSpace(l.Literal)
	if l == (Appearance{}) {
		return nil
	}
	l.Code = code[:min(len(code), mostCode)]
	l.Literal = l.Literal[:min(len(l.Literal), mostCode)]
	return &l
}

// showsNegative reports whether a section sets a minus or a parenthesis before the digits of
// a number. Those after an underscore only leave their width blank.
func showsNegative(section string) bool {
	sign := false
	for i := 0; i < len(section); i++ {
		switch section[i] {
		case '_', '*', '\\':
			i++
		case '"', '[':
			return false
		case '-', '(':
			sign = true
		case '0', '#', '?':
			return sign
		}
	}
	return false
}

// longestCode is more than the characters that a spreadsheet allows a format to have.
const longestCode = 1024

// mostCode is how much of a format code is kept, to be shown.
const mostCode = 64

// formatSections are the parts of a format code between the semicolons that part it.
func formatSections(code string) []string {
	var all []string
	start := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"', '[':
			shut := byte('"')
			if code[i] == '[' {
				shut = ']'
			}
			if n := strings.IndexByte(code[i+1:], shut); n >= 0 {
				i += n + 1
			}
		case '\\', '_', '*':
			i++
		case ';':
			all = append(all, code[start:i])
			start = i + 1
		}
	}
	return append(all, code[start:])
}

// conditions are the insides of the brackets of a code, one after another.
func conditions(code string) string {
	var inside strings.Builder
	for {
		_, rest, found := strings.Cut(code, "[")
		if !found {
			return inside.String()
		}
		in, after, _ := strings.Cut(rest, "]")
		if !strings.HasPrefix(in, "$") {
			inside.WriteString(in)
		}
		code = after
	}
}

// read adds what one section of a format code shows.
func (a *Appearance) read(section string) {
	var digits, literal strings.Builder // the placeholders with the commas and points among them, and all other text
	for i := 0; i < len(section); i++ {
		switch c := section[i]; {
		case len(section)-i >= len(general) && strings.EqualFold(section[i:i+len(general)], general):
			i += len(general) - 1
		case c == '"':
			text, _, _ := strings.Cut(section[i+1:], `"`)
			a.addText(text, &literal)
			i += len(text) + 1
			digits.WriteString(between(text))
		case c == '\\' && i+1 < len(section):
			text := firstLetter(section[i+1:])
			a.addText(text, &literal)
			i += len(text)
			digits.WriteString(between(text))
		case c == '*' || c == '_':
			text := firstLetter(section[i+1:])
			if i += len(text); c == '*' {
				a.addText(text, &literal) // it fills the cell
			}
		case c == '[':
			inside, _, _ := strings.Cut(section[i+1:], "]")
			if sign, isCurrency := strings.CutPrefix(inside, "$"); isCurrency {
				sign, _, _ = strings.Cut(sign, "-")
				a.Currency = strings.TrimSpace(a.Currency + " " + strings.TrimSpace(sign))
			}
			i += len(inside) + 1
		case strings.IndexByte("0#?.,", c) >= 0:
			digits.WriteByte(c)
		case c == '(' || c == '-':
			digits.WriteByte('"')
		case c == 'E' || c == 'e':
			if i++; i < len(section) && section[i] != '+' && section[i] != '-' {
				i--
			}
		case strings.IndexByte("@ )+%", c) >= 0: // text, or what changes nothing
		default:
			text := firstLetter(section[i:])
			a.addText(text, &literal)
			i += len(text) - 1
			digits.WriteString(between(text))
		}
	}
	a.Literal += literal.String()
	a.judge(digits.String())
}

// general is the format of a number as it is.
const general = "General"

// judge says what the placeholders of a section, with a quote for other text among them, do to a number.
func (a *Appearance) judge(shape string) {
	inner := strings.Trim(shape, `"`)
	if len(inner) > 1 && strings.Trim(inner, "0") == "" && inner == shape {
		a.Zeros = max(a.Zeros, len(inner))
		return
	}
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(inner, `"`, ""), ".")
	a.Scaled = a.Scaled || strings.HasSuffix(whole, ",") || strings.HasSuffix(fraction, ",")
	a.Masked = a.Masked || strings.Contains(inner, `"`)
	a.Padded = a.Padded || strings.Count(whole, "0") > 1
}

// between is for a text among the placeholders: nothing for one that parts thousands.
func between(text string) string {
	if strings.Trim(text, " '’\u00a0\u2009\u202f") == "" {
		return ""
	}
	return `"`
}

// addText takes a text that a format shows: a currency, or letters and digits, or neither.
func (a *Appearance) addText(text string, literal *strings.Builder) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
	case isCurrency(text):
		a.Currency = strings.TrimSpace(a.Currency + " " + text)
	case text == "%", strings.ContainsFunc(text, isLetterOrDigit):
		literal.WriteString(text + " ")
	}
}

// isCurrency reports whether a text is a currency sign, three capital letters, or both.
func isCurrency(text string) bool {
	letters := strings.Trim(text, "$€£¥ ")
	if letters == "" {
		return true
	}
	return len(letters) <= 3 && (len(letters) == 3 || letters != text) &&
		strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func isLetterOrDigit(r rune) bool {
	return (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') ||
		(r > 0x7f && r != '€' && r != '£' && r != '¥' && r != 0xa0 && r != 0x2009 && r != 0x202f)
}

// firstLetter is the first character of a text.
func firstLetter(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// readFonts reads the fonts element: of each font, whether it strikes through.
func readFonts(s *scanner) (struck []bool, err error) {
	err = s.each("font", func() error {
		strikes, err := s.strikes()
		struck = append(struck, strikes)
		return err
	}, "extLst")
	return struck, err
}

// strikes reads a font, or the properties of a run, to its end.
func (s *scanner) strikes() (struck bool, err error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return struck, err
		}
		if s.is("strike") {
			struck = true
			if value, given := s.attr("val"); given {
				if struck, err = s.boolean(value); err != nil {
					return false, err
				}
			}
		}
		if err := s.skip(); err != nil {
			return false, err
		}
	}
}

// runStrikes adds up what the runs of a text say.
type runStrikes struct{ struck, plain bool }

// of is what of the text is struck.
func (r runStrikes) of() Strike {
	switch {
	case r.struck && r.plain:
		return PartlyStruck
	case r.struck:
		return Struck
	}
	return NotStruck
}

// readColumns reads the cols element into the columns that cannot be seen.
func (r *sheetReader) readColumns() error {
	return r.each("col", func() error {
		first, err := r.number("min")
		if err != nil {
			return err
		}
		last, err := r.number("max")
		if err != nil {
			return err
		}
		value, _ := r.attr("hidden")
		hidden, err := r.boolean(value)
		if err != nil {
			return err
		}
		width, given := r.attr("width")
		hidden = hidden || (given && strings.Trim(string(width), "0.") == "")
		if hidden && first > 0 && last >= first && len(r.tail.Hidden) < maxColumns {
			r.tail.Hidden = append(r.tail.Hidden, Columns{first - 1, min(last, maxColumns) - 1})
		}
		return r.skip()
	})
}

// Columns are columns beside each other, from 0, both inclusive.
type Columns struct{ First, Last int }
