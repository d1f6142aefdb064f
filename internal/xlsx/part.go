package xlsx

import (
	"bufio"
	"errors"
	"hash/crc32"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"

	"tenderbatch/internal/xlsx/fault"
)

const (
	blockBytes    = 128 << 10 // one step of inflating ahead
	blocksAhead   = 3         // blocks in flight between the inflater and the scanner
	aheadFrom     = 1 << 20   // inflated size from which a second goroutine pays
	packedBuffer  = 64 << 10  // packed bytes read from the file at a time
	minimalWindow = 4 << 10   // smallest window a scanner starts with
)

// part inflates one entry and checks it against its declared size and checksum: Read returns io.EOF only
// when both agreed and no packed byte is left over.
type part struct {
	entry  *entry
	packed *bufio.Reader
	plain  io.Reader
	read   int64
	crc    uint32
	err    error
}

// openPart opens an entry for reading from its first byte.
func (c *container) openPart(e *entry) *part {
	packed := bufio.NewReaderSize(io.NewSectionReader(c.file, e.data, e.packed),
		int(min(packedBuffer, max(e.packed, 16))))
	p := &part{entry: e, packed: packed, plain: packed}
	if e.method == methodDeflate {
		p.plain = flate.NewReader(packed)
	}
	return p
}

// Read implements io.Reader.
func (p *part) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.plain.Read(b)
	p.crc = crc32.Update(p.crc, crc32.IEEETable, b[:n])
	p.read += int64(n)
	switch {
	case p.read > p.entry.size:
		p.err = p.damaged("it inflates to more than the %d bytes declared", p.entry.size)
	case errors.Is(err, io.EOF):
		p.err = p.finish()
	case err != nil:
		p.err = p.broken(err)
	}
	return n, p.err
}

// finish checks a part that came to its end; io.EOF if all is well.
func (p *part) finish() error {
	if p.read != p.entry.size {
		return p.damaged("it inflates to %d bytes, not to the %d declared", p.read, p.entry.size)
	}
	if p.crc != p.entry.crc {
		return p.damaged("its checksum is %08x, not the %08x declared", p.crc, p.entry.crc)
	}
	if _, err := p.packed.ReadByte(); !errors.Is(err, io.EOF) {
		return p.damaged("packed bytes follow its end")
	}
	return io.EOF
}

// broken distinguishes a file that cannot be read from packed data that make no sense.
func (p *part) broken(err error) error {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	if errors.As(err, &corrupt) || errors.As(err, &internal) || errors.Is(err, io.ErrUnexpectedEOF) {
		return p.damaged("its packed data are corrupt after %d bytes", p.read)
	}
	return &fault.FormatError{Rule: fault.RuleRead, Part: p.entry.name, Offset: p.read, Msg: "the file cannot be read",
		Err: err}
}

func (p *part) damaged(format string, args ...any) error {
	e := fault.New(fault.RuleChecksum, p.entry.name, "the part is damaged: "+format, args...)
	e.Msg += "; ask for the file to be sent again"
	return e
}

// ahead inflates a part in its own goroutine, a few blocks before its reader.
type ahead struct {
	full  chan block
	empty chan []byte
	done  chan struct{} // closed when the goroutine ended
	quit  chan struct{} // closed to make it end
	rest  []byte        // what Read did not take yet of the block it is at
	whole []byte        // that block
	err   error
}

// block is a stretch of a part, and the error that came after it.
type block struct {
	bytes []byte
	err   error
}

// stream is a part to be read and closed; closing waits until nothing of it runs any more.
type stream struct {
	io.Reader
	close func()
}

// open starts reading a part, ahead of the reader where a second processor can do so.
func (c *container) open(e *entry) stream {
	p := c.openPart(e)
	if e.size < aheadFrom || runtime.GOMAXPROCS(0) < 2 {
		return stream{p, func() {}}
	}
	a := startAhead(p)
	return stream{a, a.stop}
}

func startAhead(src io.Reader) *ahead {
	a := &ahead{
		full:  make(chan block, blocksAhead),
		empty: make(chan []byte, blocksAhead),
		done:  make(chan struct{}),
		quit:  make(chan struct{}),
	}
	for range blocksAhead {
		a.empty <- make([]byte, blockBytes)
	}
	go a.fill(src)
	return a
}

// fill reads src block for block until it ends, fails, or the reader has had enough.
func (a *ahead) fill(src io.Reader) {
	defer close(a.done)
	for {
		var buf []byte
		select {
		case buf = <-a.empty:
		case <-a.quit:
			return
		}
		n, err := readFull(src, buf)
		select {
		case a.full <- block{buf[:n], err}:
		case <-a.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// readFull fills b, or returns what came before src's own error, unchanged.
func readFull(src io.Reader, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := src.Read(b[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Read implements io.Reader.
func (a *ahead) Read(b []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.whole != nil {
			a.empty <- a.whole[:blockBytes] // has room for every block there is
		}
		next := <-a.full
		a.rest, a.whole, a.err = next.bytes, next.bytes, next.err
	}
	n := copy(b, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// stop ends the goroutine and waits for it.
func (a *ahead) stop() {
	close(a.quit)
	<-a.done
}
