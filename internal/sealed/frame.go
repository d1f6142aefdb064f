package sealed

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Of a frame of RFC 8878: the most bytes of its header, and those of the header of a block and of the checksum.
const (
	mostFrameHeader = 18
	blockHeader     = 3
	checksum        = 4
)

var (
	errNoFrame = errors.New("is no archive of batch: it does not begin as a Zstandard frame does")
	errCutOff  = errors.New("is cut off: its end is missing")
)

// oneFrame is an error unless a file is one frame with a checksum, from its first byte to its last. A decoder would
// pass over frames that follow, and over those that are marked to be skipped.
func oneFrame(file io.ReaderAt, size int64) error {
	start := make([]byte, min(size, mostFrameHeader))
	if _, err := file.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return &readError{err}
	}
	var h zstd.Header
	switch err := h.Decode(start); {
	case err != nil && size < mostFrameHeader && size > 0:
		return errCutOff
	case err != nil, h.Skippable:
		return errNoFrame
	case h.DictionaryID != 0 || !h.HasCheckSum || h.WindowSize > mostWindow:
		return errors.New("is no archive of batch: its frame has no checksum, or needs what this program does not give it")
	}
	at := int64(h.HeaderSize)
	for last := false; !last; {
		var b [blockHeader]byte
		if n, err := file.ReadAt(b[:], at); n < len(b) {
			if err != nil && !errors.Is(err, io.EOF) {
				return &readError{err}
			}
			return errCutOff
		}
		bits := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		last = bits&1 == 1
		if length := bits >> 3; bits>>1&3 == 1 {
			at += blockHeader + 1 // one byte, to be repeated
		} else {
			at += blockHeader + length
		}
	}
	switch at += checksum; {
	case at > size:
		return errCutOff
	case at < size:
		return fmt.Errorf("has %d bytes after its end", size-at)
	}
	return nil
}

// readError says that a file could not be read: nothing is known of what it holds.
type readError struct{ error }

// Unwrap returns what it was.
func (e *readError) Unwrap() error { return e.error }
