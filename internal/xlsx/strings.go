package xlsx

import (
	"math"

	"tenderbatch/internal/xlsx/fault"
)

// stringTable holds the shared strings, one after another in one piece of memory.
type stringTable struct {
	bytes  []byte
	ends   []uint32       // where each string ends
	struck map[int]Strike // of the strings of which anything is struck through
}

// count is the number of strings.
func (t *stringTable) count() int { return len(t.ends) }

// at returns a string; i must be below count.
func (t *stringTable) at(i int) []byte {
	var start uint32
	if i > 0 {
		start = t.ends[i-1]
	}
	end := t.ends[i]
	return t.bytes[start:end:end]
}

// readStrings reads the part of the shared strings. The counts it declares are not relied on.
func (w *Workbook) readStrings(s *scanner) error {
	if err := s.root(nsMain, "sst"); err != nil {
		return err
	}
	t := &w.strings
	t.bytes = make([]byte, 0, s.size/2) // about half of the part is markup
	for {
		t.readPlain(s, w.limits.Strings)
		more, err := s.child()
		if err != nil {
			return err
		}
		if !more {
			return s.finishDocument()
		}
		if !s.is("si") {
			if err := s.skipForeign("extLst"); err != nil {
				return err
			}
			continue
		}
		if len(t.ends) >= w.limits.Strings {
			return s.fault(fault.RuleLimit, "there are more shared strings than the limit of %d", w.limits.Strings)
		}
		var struck Strike
		if t.bytes, struck, err = s.appendString(t.bytes); err != nil {
			return err
		}
		if struck != NotStruck {
			if t.struck == nil {
				t.struck = make(map[int]Strike)
			}
			t.struck[len(t.ends)] = struck
		}
		if len(t.bytes) > math.MaxUint32 {
			return s.fault(fault.RuleLimit, "the shared strings are longer than the limit of %d bytes",
				uint32(math.MaxUint32))
		}
		t.ends = append(t.ends, uint32(len(t.bytes)))
	}
}

// readPlain takes strings as long as they are written in the plainest way, <si><t>text</t></si>
// without references or escapes, and lie whole in the window. It decides nothing: at anything else
// it stops before the string, and the scanner reads it from there.
func (t *stringTable) readPlain(s *scanner, limit int) {
	const open, shut = "<si><t>", "</t></si>"
	if s.byDefault != nsMain || s.closing || s.limit.noPlain || s.open[len(s.open)-1].preserve {
		return
	}
	b, i := s.buf, s.pos
	for len(t.ends) < limit && string(b[i:i+len(open)]) == open {
		from := i + len(open)
		end := from + plainLength(b[from:])
		if string(b[end:end+len(shut)]) != shut || end-from > s.limit.RunBytes ||
			len(t.bytes) > math.MaxUint32-(end-from) {
			break
		}
		if isSpace(b[from]) || isSpace(b[end-1]) {
			break // its ends are to be trimmed
		}
		t.bytes = append(t.bytes, b[from:end]...)
		t.ends = append(t.ends, uint32(len(t.bytes)))
		i = end + len(shut)
		for isSpace(b[i]) {
			i++
		}
	}
	s.pos = i
}

// plainLength is the length of the text at the start of b up to anything but a plain character: a
// tag, a reference, a line end to be made "\n", the start of an escape, of "]]>", or the window's end.
func plainLength(b []byte) int {
	for i, c := range b {
		if !plainText[c] {
			return i
		}
	}
	return len(b)
}

var plainText = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c != 0
	}
	for _, c := range []byte("<&\r_]") {
		plain[c] = false
	}
	return plain
}()

// appendString reads the text of an si or is element to its end and appends it to dst. Text in runs
// is joined and phonetic text left out. Space at the ends of the whole goes unless the text it is in
// preserves it; space where runs meet stays, since Excel shows it.
func (s *scanner) appendString(dst []byte) ([]byte, Strike, error) {
	r := richText{text: dst, start: len(dst), sound: len(dst)}
	for {
		more, err := s.child()
		if err != nil {
			return nil, NotStruck, err
		}
		if !more {
			return r.text[:r.sound], r.strikes.of(), nil
		}
		switch {
		case s.is("t") && !r.plain && !r.runs:
			r.plain = true
			err = r.add(s)
		case s.is("r"):
			r.runs = true
			err = r.addRun(s)
		default:
			err = s.skipForeign("rPh", "phoneticPr", "extLst")
		}
		if err != nil {
			return nil, NotStruck, err
		}
	}
}

// richText is a string being put together.
type richText struct {
	text    []byte
	start   int  // of this string in text
	sound   int  // length of text without the space at its end that may have to go
	plain   bool // a text outside runs was seen
	runs    bool // a run was seen
	started bool // something was added that space after it cannot be the start of
	strikes runStrikes
}

// addRun reads an r element.
func (r *richText) addRun(s *scanner) error {
	seen, struck := false, false
	for {
		more, err := s.child()
		if !more || err != nil {
			return err
		}
		switch {
		case s.is("rPr"):
			struck, err = s.strikes()
		case s.is("t") && !seen:
			seen = true
			before := len(r.text)
			if err = r.add(s); err == nil && len(trimSpace(r.text[before:])) > 0 {
				r.strikes.struck = r.strikes.struck || struck
				r.strikes.plain = r.strikes.plain || !struck
			}
		default:
			err = s.skipForeign("extLst")
		}
		if err != nil {
			return err
		}
	}
}

// add reads a t element.
func (r *richText) add(s *scanner) error {
	preserve := s.open[len(s.open)-1].preserve
	text, err := s.content()
	if err != nil {
		return err
	}
	if !preserve && !r.started {
		for len(text) > 0 && isSpace(text[0]) {
			text = text[1:]
		}
	}
	body := trimEnd(text)
	if preserve {
		body = text
	}
	r.started = r.started || len(body) > 0
	r.text = appendUnescaped(r.text, body)
	if len(body) > 0 {
		r.sound = len(r.text)
	}
	r.text = append(r.text, text[len(body):]...)
	if len(r.text)-r.start > s.limit.RunBytes {
		return s.fault(fault.RuleLimit, "the runs of a text are together longer than the limit of %d bytes",
			s.limit.RunBytes)
	}
	return nil
}
