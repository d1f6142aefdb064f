package xlsx

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/xlsx/fault"
)

// soundText returns how many bytes of b are whole UTF-8 characters that XML allows. What follows
// them is a character cut off at the end of b, or, if wrong is not empty, a fault.
func soundText(b []byte) (sound int, wrong string) {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	i := 0
	for i < len(b) {
		// 32 printable ASCII characters at a time, then eight.
		for i+32 <= len(b) {
			w, x := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
			y, z := binary.LittleEndian.Uint64(b[i+16:]), binary.LittleEndian.Uint64(b[i+24:])
			if (w|(w-0x20*ones)|x|(x-0x20*ones)|y|(y-0x20*ones)|z|(z-0x20*ones))&highs != 0 {
				break
			}
			i += 32
		}
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			if (x|(x-0x20*ones))&highs != 0 {
				break
			}
			i += 8
		}
		for stop := min(i+8, len(b)); i < stop; {
			c := b[i]
			if (c >= 0x20 && c < utf8.RuneSelf) || c == '\n' || c == '\r' || c == '\t' {
				i++
				continue
			}
			if c < 0x20 {
				return i, "a control character that XML does not allow: 0x" + strconv.FormatUint(uint64(c), 16)
			}
			if !utf8.FullRune(b[i:]) {
				return i, ""
			}
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return i, "a byte that is not UTF-8: 0x" + strconv.FormatUint(uint64(c), 16)
			}
			if r == 0xFFFE || r == 0xFFFF {
				return i, "a character that XML does not allow: U+" + strconv.FormatUint(uint64(r), 16)
			}
			i += n
		}
	}
	return i, ""
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// bomLength is the length of the byte order mark the part begins with, asked at its first tag.
func (s *scanner) bomLength() int {
	if s.marked {
		return len(byteOrderMark)
	}
	return 0
}

// checkEncoding appearances at the first bytes of a part: UTF-16 is distinguished before its zero bytes are
// taken for control characters, and a byte order mark is passed over.
func (s *scanner) checkEncoding(first []byte) error {
	for _, mark := range []string{"\xFE\xFF", "\xFF\xFE", "\x00<", "<\x00"} {
		if bytes.HasPrefix(first, []byte(mark)) {
			return s.fault(fault.RuleEncoding, "the part is in UTF-16 without its mark; save the workbook again in "+
				"Excel and send that")
		}
	}
	if bytes.HasPrefix(first, byteOrderMark) {
		s.marked = true
		s.pos = len(byteOrderMark)
	}
	return nil
}

// checkXMLDeclaration reads what follows "<?xml": version 1.0, and the encoding that the part is in.
func (s *scanner) checkXMLDeclaration(rest []byte) error {
	s.name, s.attrs = []byte("?xml"), s.attrs[:0]
	b := append(bytes.Clone(rest), 0)
	for i := 0; ; {
		spaced := isSpace(b[i])
		for isSpace(b[i]) {
			i++
		}
		if b[i] == 0 {
			break
		}
		n, err := s.parseAttribute(b[i:])
		if err != nil {
			return err
		}
		if n == 0 || !spaced {
			return s.malformed("the XML declaration is malformed")
		}
		i += n
	}
	for i, a := range s.attrs {
		switch string(a.name) {
		case "version":
			if i != 0 || string(a.value) != "1.0" {
				return s.malformed("the part is XML %.20q, not 1.0", a.value)
			}
		case "encoding":
			if !s.isEncoding(string(bytes.ToLower(a.value))) {
				return s.fault(fault.RuleEncoding, "the part says it is in %.20q, which it is not, or which is not "+
					"read; save the workbook again in Excel and send that", a.value)
			}
		case "standalone":
		default:
			return s.malformed("the XML declaration is malformed")
		}
	}
	if len(s.attrs) == 0 || string(s.attrs[0].name) != "version" {
		return s.malformed("the XML declaration has no version")
	}
	return nil
}

// isEncoding reports whether the part is in an encoding, by its name in small letters.
func (s *scanner) isEncoding(name string) bool {
	if s.wide {
		return name == "utf-16"
	}
	return name == "utf-8" || name == "us-ascii"
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// blank reports whether b is nothing but space.
func blank(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// trimSpace cuts what XML calls space, and nothing else, off both ends.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return trimEnd(b)
}

func trimEnd(b []byte) []byte {
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// resolve replaces the references in a text or value and makes its line ends "\n" (in a value, all
// space becomes " "). The result is raw itself where there is nothing to do.
func (s *scanner) resolve(raw []byte, value bool) ([]byte, error) {
	for _, c := range raw {
		if c == '&' || c == '\r' || (value && c < ' ') {
			return s.resolveInto(raw, value)
		}
	}
	return raw, nil
}

func (s *scanner) resolveInto(raw []byte, value bool) ([]byte, error) {
	start := len(s.scratch)
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			i = len(raw)
		}
		plain := normalLines(&s.scratch, raw[:i])
		if value {
			spacesOnly(plain)
		}
		if raw = raw[i:]; len(raw) == 0 {
			break
		}
		n := bytes.IndexByte(raw[:min(len(raw), 16)], ';')
		if n < 0 {
			return nil, s.malformed("& begins no reference")
		}
		r, ok := reference(raw[1:n])
		if !ok {
			return nil, s.malformed("&%s; is not a reference XML knows", raw[1:n])
		}
		s.scratch = utf8.AppendRune(s.scratch, r)
		raw = raw[n+1:]
	}
	return s.scratch[start:len(s.scratch):len(s.scratch)], nil
}

// normalLines appends raw to *to with its line ends made "\n" and returns what it appended.
func normalLines(to *[]byte, raw []byte) []byte {
	start := len(*to)
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '\r')
		if i < 0 {
			*to = append(*to, raw...)
			break
		}
		*to = append(append(*to, raw[:i]...), '\n')
		raw = raw[i+1:]
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
	return (*to)[start:]
}

func spacesOnly(b []byte) {
	for i, c := range b {
		if isSpace(c) {
			b[i] = ' '
		}
	}
}

// reference returns the character that &name; means.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	if len(digits) == 0 || digits[0] == '+' || digits[0] == '-' || bytes.IndexByte(digits, '_') >= 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	r := rune(n)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(r) || r == 0xFFFE || r == 0xFFFF {
		return 0, false
	}
	return r, r >= 0x20 || r == '\t' || r == '\n' || r == '\r'
}

// appendUnescaped appends a text to dst with its escapes _xHHHH_ resolved. Each is a UTF-16
// code unit; one that is half a pair, and not followed by the other half, stays as it is written.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '_')
		if i < 0 {
			return append(dst, text...)
		}
		dst, text = append(dst, text[:i]...), text[i:]
		r, n := escape(text)
		if n == 0 {
			dst, text = append(dst, '_'), text[1:]
			continue
		}
		dst, text = utf8.AppendRune(dst, r), text[n:]
	}
}

// escape reads the escape, or pair of escapes, at the start of text; its length is zero if there is
// none.
func escape(text []byte) (rune, int) {
	const length = len("_x0000_")
	r, ok := escapedUnit(text)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, length
	}
	low, ok := escapedUnit(text[length:])
	if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
		return pair, 2 * length
	}
	return 0, 0
}

// escapedUnit reads _xHHHH_ at the start of text.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	var unit rune
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}
