package spreadsheet

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/display"
)

// Clean makes text from an input fit to be shown: XML and spreadsheets cannot
// hold control characters, so each is shown as its picture (U+2400 and up); a
// tab and a line feed stay. What else cannot be seen, such as a mark that turns the
// direction of what follows, is written out. What is no character at all becomes U+FFFD.
func Clean(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t' || r == '\n':
			b.WriteRune(r)
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune(0x2421)
		case r == utf8.RuneError || r == 0xfffe || r == 0xffff:
			b.WriteRune(utf8.RuneError)
		case display.Unseen(r):
			b.WriteString(display.Escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printable reports whether text is plain ASCII without control characters, as
// nearly all of it is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// CellLimit is how many UTF-16 units a spreadsheet cell can hold.
const CellLimit = 32767

// Fit cuts text that no cell can hold and marks the cut.
func Fit(s string) string {
	if len(s) <= CellLimit {
		return s
	}
	units := 0
	for i, r := range s {
		n := utf16.RuneLen(r)
		if units+n > CellLimit-1 && len(s) > i {
			if tail := utf16.Encode([]rune(s[i:])); units+len(tail) <= CellLimit {
				return s
			}
			return s[:i] + "…"
		}
		units += n
	}
	return s
}
