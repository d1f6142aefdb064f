package fault

import (
	"errors"
	"io"
	"strings"
)

// ReadAt reads n bytes of the file at off.
func ReadAt(file io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if err := ReadInto(file, off, b); err != nil {
		return nil, err
	}
	return b, nil
}

// ReadInto fills b with the bytes of the file at off.
func ReadInto(file io.ReaderAt, off int64, b []byte) error {
	n, err := file.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) || err == nil {
		return &FormatError{Rule: RuleTruncated, Offset: off,
			Msg: "the file stops before its structure does; ask for it to be sent again"}
	}
	return &FormatError{Rule: RuleRead, Offset: off, Msg: "the file cannot be read", Err: err}
}

// ErrTruncated is a zip that has no end.
var ErrTruncated = &FormatError{Rule: RuleTruncated, Offset: -1,
	Msg: "the file is cut off: it begins as a workbook but its end is missing; ask for it to be sent again"}

// FoldName is the key under which names that differ only in case are one.
func FoldName(name string) string { return strings.ToLower(strings.ToUpper(name)) }
