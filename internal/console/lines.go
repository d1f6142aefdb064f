package console

import (
	"bufio"
	"bytes"
	"io"
)

// lineReader reads the lines of a CSV file, of which one can have line breaks in quotes.
type lineReader struct {
	in   *bufio.Reader
	line []byte
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{in: bufio.NewReaderSize(r, 1<<20)} }

// next is the next line, in memory that is used again; it is io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	l.line = l.line[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		whole := err == nil
		if err == bufio.ErrBufferFull {
			err = nil
		}
		if len(l.line) == 0 && whole && bytes.Count(part, []byte(`"`))%2 == 0 {
			return part, nil
		}
		l.line = append(l.line, part...)
		switch {
		case err == io.EOF && len(l.line) > 0:
			return l.line, nil
		case err != nil:
			return nil, err
		case whole && bytes.Count(l.line, []byte(`"`))%2 == 0:
			return l.line, nil
		}
	}
}
