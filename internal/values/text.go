package values

import (
	"bytes"
	"strings"
	"unicode"
)

// Trim takes away spaces of every kind at both ends, and the marks of no width
// that web pages leave behind or that programs put in front of numbers to keep Excel
// from changing them.
func Trim(s string) string {
	return strings.TrimFunc(s, IsSpace)
}

// IsSpace reports whether a character is a space, or a mark without width.
func IsSpace(r rune) bool {
	switch r {
	case '\u200b', '\u2060', '\ufeff', '\u180e', '\u200e', '\u200f', '\x1f':
		return true
	}
	return unicode.IsSpace(r)
}

// IsPlainText reports whether a text has only printable characters of ASCII.
func IsPlainText(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// IsDigits reports whether s is one or more of 0 to 9 and nothing else.
func IsDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Trimmed is [Trim] for bytes.
func Trimmed(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	if first, last := b[0], b[len(b)-1]; first > ' ' && first < 0x7f && last > ' ' && last < 0x7f {
		return b
	}
	return bytes.TrimFunc(b, IsSpace)
}

// Words are the words of a list that is written as one text.
func Words(s string) []string { return strings.Fields(s) }

// Normal is a heading as headings are compared: small letters and digits only.
// No. and # are written no.
func Normal(s string) string {
	s = strings.ReplaceAll(s, "#", " no ")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
