// Package swifttext turns text into the characters that banks take in payments and in the messages
// of SWIFT, its character set X: the letters of English, digits, space and / - ? : ( ) . , ' +
//
// A name in Latin, Greek or Cyrillic script is written in these letters, one way for each letter:
// Latin loses its accents (and ß is ss, ø is o, æ is ae), Greek is as in the conversion table of the
// European Payments Council, Cyrillic as in passports (ICAO Doc 9303). No other script has such a
// way, so a name in one is an error: a person says how it is written.
package swifttext

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// marks are the characters of the set beside letters, digits and space.
const marks = "/-?:().,'+"

// Is reports whether a text has only characters of the set.
func Is(s string) bool {
	for _, r := range s {
		if !is(r) {
			return false
		}
	}
	return true
}

func is(r rune) bool {
	return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || r == ' ' ||
		strings.ContainsRune(marks, r)
}

// Text is a text in characters of the set. It neither begins nor ends with a space or a slash, has
// no two of them beside one another, and is never empty: where nothing would be left, or a letter has
// no other form, that is an error.
func Text(s string) (string, error) {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch letters, known := special[unicode.ToLower(r)]; {
		case known:
			b.WriteString(cased(letters, r, i+1 < len(runes) && unicode.IsUpper(runes[i+1])))
		default:
			plain, err := decomposed(r)
			if err != nil {
				return "", fmt.Errorf("%q has %q, which has no form in the letters that banks take", s, r)
			}
			b.WriteString(plain)
		}
	}
	text := tidy(b.String())
	if text == "" {
		return "", fmt.Errorf("%q has no letter or digit that banks take", s)
	}
	return text, nil
}

// decomposed is a character without its accents, or in the letters of its compatible form, as a
// full-width one has it.
func decomposed(r rune) (string, error) {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		letters, known := special[unicode.ToLower(part)]
		switch {
		case known:
			b.WriteString(cased(letters, part, false))
		case is(part):
			b.WriteRune(part)
		case unicode.IsSpace(part):
			b.WriteRune(' ')
		case inLatinAccents(part):
		default:
			return "", fmt.Errorf("%q", part)
		}
	}
	return b.String(), nil
}

// inLatinAccents reports whether a character is a combining accent of Latin, Greek or Cyrillic.
func inLatinAccents(r rune) bool { return r >= 0x300 && r <= 0x36F }

// cased gives the letters for a capital their capitals: all of them before another capital, else
// the first.
func cased(letters string, r rune, before bool) string {
	switch {
	case !unicode.IsUpper(r) || letters == "":
		return letters
	case before:
		return strings.ToUpper(letters)
	}
	return strings.ToUpper(letters[:1]) + letters[1:]
}

// tidy leaves one space or slash where there are several, and none at the ends.
func tidy(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return strings.Trim(s, " /")
}

// MostReference is how many characters a reference of a payment may have.
const MostReference = 35

// Reference is a reference in the characters of the set: an underscore, which banks do not take, is a
// hyphen. It is an error if it is too long, or has any other character: a reference that was
// transliterated could be the same as another.
func Reference(s string) (string, error) {
	text := strings.ReplaceAll(s, "_", "-")
	switch {
	case text == "" || !Is(text) || tidy(text) != text:
		return "", fmt.Errorf("the reference %q has characters that banks do not take", s)
	case len(text) > MostReference:
		return "", fmt.Errorf("the reference %q has more than %d characters", s, MostReference)
	}
	return text, nil
}

// Mark is 16 letters and digits that follow from some texts, and from no others: an identification
// where there is none of people. It has no letters that look like digits.
func Mark(of ...string) string {
	const letters, size = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 16
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", of))
	text := make([]byte, size)
	for i := range text {
		bit := 5 * i
		two := uint(sum[bit/8])<<8 | uint(sum[bit/8+1])
		text[i] = letters[two>>(11-bit%8)&31]
	}
	return string(text)
}
