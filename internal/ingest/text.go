package ingest

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tenderbatch/internal/display"
)

// maxText is the number of characters a cell can hold; what is longer in a CSV
// file is cut.
const maxText = 32_767

// trim takes away spaces of every kind at both ends, and the marks of no width
// that web pages leave behind or that programs put in front of numbers to keep Excel
// from changing them.
func trim(s string) string {
	if plainEnds(s) {
		return s
	}
	return strings.TrimFunc(s, isSpace)
}

// plainEnds reports whether both ends are plain characters; nearly all cells are.
func plainEnds(s string) bool {
	if s == "" {
		return true
	}
	first, last := s[0], s[len(s)-1]
	return first > ' ' && first < 0x7f && last > ' ' && last < 0x7f
}

func isSpace(r rune) bool {
	switch r {
	case '\u200b', '\u2060', '\ufeff', '\u180e', '\u200e', '\u200f', '\x1f':
		return true
	}
	return unicode.IsSpace(r)
}

// copied is a text as it may be passed on: at most maxText characters, and the
// characters that are not to be seen, or that change what is seen beside them,
// written as \u202e.
func copied(s string) string {
	if isPlain(s) && len(s) <= maxText {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		shown := shown(r)
		if n += utf8.RuneCountInString(shown); n > maxText {
			break
		}
		b.WriteString(shown)
	}
	return b.String()
}

func shown(r rune) string {
	switch {
	case r == utf8.RuneError:
		return `\ufffd`
	case isInvisible(r):
		return display.Escape(r)
	}
	return string(r)
}

// isPlainText is isPlain of the bytes of a text.
func isPlainText(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isInvisible reports whether a character controls rather than shows: control
// codes, line separators, direction marks and other format characters.
func isInvisible(r rune) bool { return display.Unseen(r) }

// quote shows a value in a message, short enough for a line.
func quote(s string) string {
	const most = 60
	s = copied(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return `"` + s + `"`
}

// list shows several values in a message.
func list(values []string) string {
	var quoted []string
	for i, v := range values {
		if i == maxListed {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(values)-i))
			break
		}
		quoted = append(quoted, quote(v))
	}
	return strings.Join(quoted, ", ")
}

// isDigits reports whether s is one or more of 0 to 9 and nothing else.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// trimmed is what trim leaves of the bytes of a text.
func trimmed(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	if first, last := b[0], b[len(b)-1]; first > ' ' && first < 0x7f && last > ' ' && last < 0x7f {
		return b
	}
	return bytes.TrimFunc(b, isSpace)
}
