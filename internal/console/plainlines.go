package console

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// plainLines reads lines that each end where a line ends, and skips and finds them as fast as the memory is:
// so a page of a million instructions, or a search in them, needs no index.
type plainLines struct {
	in       io.Reader
	buf      []byte // what was read
	low      []byte // the same in small letters, as far as lowered says
	from     int    // where the next line begins
	lowered  int
	finished bool // there is nothing more to read
}

// readAhead is how much is read at once.
const readAhead = 1 << 20

func newPlainLines(in io.Reader) *plainLines { return &plainLines{in: in} }

// fill reads more behind what is not dealt with yet.
func (l *plainLines) fill() error {
	if l.finished {
		return io.EOF
	}
	rest := copy(l.buf, l.buf[l.from:])
	if l.lowered > l.from {
		copy(l.low, l.low[l.from:l.lowered])
	}
	l.lowered, l.from = max(0, l.lowered-l.from), 0
	if cap(l.buf) < rest+readAhead {
		grown := make([]byte, rest, 2*rest+readAhead)
		copy(grown, l.buf[:rest])
		l.buf = grown
	}
	n, err := io.ReadFull(l.in, l.buf[rest:rest+readAhead])
	l.buf = l.buf[:rest+n]
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		l.finished, err = true, nil
	}
	return err
}

// next is the next line, in memory that is used again; it is io.EOF after the last.
func (l *plainLines) next() ([]byte, error) {
	for {
		if end := bytes.IndexByte(l.buf[l.from:], '\n'); end >= 0 {
			line := l.buf[l.from : l.from+end+1]
			l.from += end + 1
			return line, nil
		}
		if l.finished && l.from < len(l.buf) {
			line := l.buf[l.from:]
			l.from = len(l.buf)
			return line, nil
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// skip passes over lines; it is io.EOF if there are fewer.
func (l *plainLines) skip(n int) error {
	for n > 0 {
		rest := l.buf[l.from:]
		if count := bytes.Count(rest, []byte("\n")); count < n {
			n -= count
			l.from = len(l.buf)
			if err := l.fill(); err != nil {
				return err
			}
			continue
		}
		for ; n > 0; n-- {
			l.from += bytes.IndexByte(l.buf[l.from:], '\n') + 1
		}
	}
	return nil
}

// find is the next line that has a text in it, which is in small letters; capital ones of ASCII count as small.
func (l *plainLines) find(text []byte) ([]byte, error) {
	letters := bytes.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' })
	for {
		low := l.buf
		if letters {
			low = l.lower()
		}
		at := bytes.Index(low[l.from:], text)
		if at < 0 {
			l.from += bytes.LastIndexByte(l.buf[l.from:], '\n') + 1
			if err := l.fill(); err != nil {
				return nil, err
			}
			continue
		}
		if bytes.IndexByte(l.buf[l.from+at:], '\n') < 0 && !l.finished {
			l.from += bytes.LastIndexByte(l.buf[l.from:l.from+at], '\n') + 1
			if err := l.fill(); err != nil {
				return nil, err
			}
			continue
		}
		l.from += bytes.LastIndexByte(l.buf[l.from:l.from+at], '\n') + 1
		return l.next()
	}
}

// lower is what was read in small letters.
func (l *plainLines) lower() []byte {
	if cap(l.low) < len(l.buf) {
		grown := make([]byte, len(l.buf), cap(l.buf))
		copy(grown, l.low[:min(l.lowered, len(l.low))])
		l.low = grown
	}
	l.low = l.low[:len(l.buf)]
	lowerASCII(l.low[l.lowered:], l.buf[l.lowered:])
	l.lowered = len(l.buf)
	return l.low
}

// lowerASCII copies a text with the capital letters of ASCII as small ones, eight at a time.
func lowerASCII(to, from []byte) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(from); i += 8 {
		w := binary.LittleEndian.Uint64(from[i:])
		seven := w &^ high
		upper := (seven + (0x80-'A')*ones) ^ (seven + (0x7f-'Z')*ones)
		w |= upper & ^w & high >> 2
		binary.LittleEndian.PutUint64(to[i:], w)
	}
	for ; i < len(from); i++ {
		to[i] = from[i]
		if c := from[i]; c >= 'A' && c <= 'Z' {
			to[i] = c + 'a' - 'A'
		}
	}
}

// countLines counts the lines of a file.
func countLines(in io.Reader) (n int, err error) {
	buf := make([]byte, readAhead)
	for {
		k, err := in.Read(buf)
		n += bytes.Count(buf[:k], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
