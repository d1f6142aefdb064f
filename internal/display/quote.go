package display

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxText is the number of characters a cell can hold; what is longer in a CSV
// file is cut.
const MaxText = 32_767

// Copied is a text as it may be passed on: at most MaxText characters, and the
// characters that are not to be seen, or that change what is seen beside them,
// written as \u202e.
func Copied(s string) string {
	if plain(s) && len(s) <= MaxText {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		shown := shown(r)
		if n += utf8.RuneCountInString(shown); n > MaxText {
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
	case Unseen(r):
		return Escape(r)
	}
	return string(r)
}

// maxListed is how many values are listed in one message.
const maxListed = 50

// Quote shows a value in a message, short enough for a line.
func Quote(s string) string {
	const most = 60
	s = Copied(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return `"` + s + `"`
}

// List shows several values in a message.
func List(values []string) string {
	var quoted []string
	for i, v := range values {
		if i == maxListed {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(values)-i))
			break
		}
		quoted = append(quoted, Quote(v))
	}
	return strings.Join(quoted, ", ")
}
