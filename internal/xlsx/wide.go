package xlsx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/xlsx/fault"
)

// wideBytes is how much of a part in UTF-16 is turned into UTF-8 at a time.
const wideBytes = 32 << 10

// wideReader turns a part that is in UTF-16, as the packages of Office may be, into UTF-8.
type wideReader struct {
	src   io.Reader
	part  string
	order binary.ByteOrder
	raw   []byte // read and not turned yet: less than a character
	ready []byte // turned and not taken yet
	err   error  // what comes after ready
}

// newWideReader returns a reader for a part that begins with UTF-16's byte order mark, from its first
// bytes and the rest; nil for any other.
func newWideReader(part string, first []byte, rest io.Reader) *wideReader {
	w := &wideReader{src: io.MultiReader(bytes.NewReader(bytes.Clone(first)), rest), part: part}
	switch {
	case bytes.HasPrefix(first, []byte("\xFF\xFE")):
		w.order = binary.LittleEndian
	case bytes.HasPrefix(first, []byte("\xFE\xFF")):
		w.order = binary.BigEndian
	default:
		return nil
	}
	return w
}

// Read implements io.Reader. The byte order mark comes out as that of UTF-8.
func (w *wideReader) Read(b []byte) (int, error) {
	for len(w.ready) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		w.fill()
	}
	n := copy(b, w.ready)
	w.ready = w.ready[n:]
	return n, nil
}

// fill turns the next stretch.
func (w *wideReader) fill() {
	had := len(w.raw)
	w.raw = append(w.raw, make([]byte, wideBytes)...)
	n, err := readFull(w.src, w.raw[had:])
	b := w.raw[:had+n]
	w.ready = w.ready[:0]
	for len(b) >= 2 {
		r := rune(w.order.Uint16(b))
		size := 2
		if utf16.IsSurrogate(r) {
			if len(b) < 4 {
				break // the other half is still to come
			}
			r, size = utf16.DecodeRune(r, rune(w.order.Uint16(b[2:]))), 4
			if r == utf8.RuneError {
				w.err = fault.New(fault.RuleEncoding, w.part, "the part has half a character of UTF-16")
				return
			}
		}
		w.ready = utf8.AppendRune(w.ready, r)
		b = b[size:]
	}
	w.raw = append(w.raw[:0], b...)
	if w.err = err; errors.Is(err, io.EOF) && len(b) > 0 {
		w.err = fault.New(fault.RuleEncoding, w.part, "the part ends within a character of UTF-16")
	}
}
