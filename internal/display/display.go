// Package display makes text of others fit to be shown: names of files, texts of
// cells, answers of servers. The reader of a terminal, a log, a mail or a message must
// see what is there, and nothing there may act on the terminal, begin a line of its own,
// turn the direction of what follows, or be a secret.
//
// What cannot be seen is written out: \u202e for a character, \xff for a byte that is
// no text. Files for programs (manifests, JSON) have the text itself.
package display

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unseen reports whether a character controls rather than shows: control codes, line
// separators, direction marks, and what has no width or no shape.
func Unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co,
		unicode.Other_Default_Ignorable_Code_Point)
}

// Escape is a character written out.
func Escape(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Line is text as one line: everything that cannot be seen is written out, line breaks
// and tabs too.
func Line(s string) string {
	return written(s, func(rune) (string, bool) { return "", false })
}

// Lines is text of several lines, as the program's own messages are: line feeds stay.
func Lines(s string) string {
	return written(s, func(r rune) (string, bool) { return "\n", r == '\n' })
}

// Flat is text of several lines made into one: line breaks and tabs become spaces.
func Flat(s string) string {
	return written(lineBreaks.Replace(s), func(r rune) (string, bool) {
		return " ", r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u0085'
	})
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// written writes out what cannot be seen, but for what instead knows better.
func written(s string, instead func(rune) (string, bool)) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				fmt.Fprintf(&b, `\x%02x`, s[i])
				continue
			}
		}
		text, known := instead(r)
		switch {
		case known:
			b.WriteString(text)
		case Unseen(r):
			b.WriteString(Escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain reports whether text is ASCII that can be seen, as nearly all of it is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Cut is text of at most most bytes, in valid UTF-8. What is cut ends in "…".
func Cut(s string, most int) string {
	const cut = "…"
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= most {
		return s
	}
	end := max(0, most-len(cut))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + cut
}
