package xlsx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"tenderbatch/internal/xlsx/fault"
)

// packed is an archive being put together byte for byte, so that anything in it can be wrong.
type packed struct {
	entries []packedEntry
	before  []byte // ahead of the first entry
	gap     []byte // ahead of the directory
	after   []byte // behind the end record
	comment string
	zip64   bool
	end     func(*endRecord)
}

// packedEntry is one entry; the functions change what is about to be written.
type packedEntry struct {
	name, content string
	stored        bool
	descriptor    int // form of the data descriptor: bytes, 0 for none
	local         func(*header)
	central       func(*header)
	tail          []byte // behind the packed data
	data          func([]byte) []byte
}

// header holds the fields a local header and the directory share.
type header struct {
	flags, method     uint16
	crc, packed, size uint32
	name              string
	extra             []byte
	offset            uint32
	disk              uint16
}

type endRecord struct{ disk, countHere, count, dirSize, dirStart uint64 }

func (p packed) bytes() []byte {
	le := binary.LittleEndian
	out := slices.Clone(p.before)
	var dir []byte
	for _, e := range p.entries {
		h := e.header(len(out))
		data := e.packedData()
		local := h
		if e.local != nil {
			e.local(&local)
		}
		out = append(le.AppendUint32(out, sigLocal), 20, 0)
		out = le.AppendUint16(le.AppendUint16(out, local.flags), local.method)
		out = le.AppendUint32(append(out, 0, 0, 0, 0), local.crc)
		out = le.AppendUint32(le.AppendUint32(out, local.packed), local.size)
		out = le.AppendUint16(le.AppendUint16(out, uint16(len(local.name))), uint16(len(local.extra)))
		out = append(append(append(out, local.name...), local.extra...), data...)
		out = append(append(out, e.descriptorBytes(h)...), e.tail...)

		if e.central != nil {
			e.central(&h)
		}
		dir = append(le.AppendUint32(dir, sigCentral), 20, 0, 20, 0)
		dir = le.AppendUint16(le.AppendUint16(dir, h.flags), h.method)
		dir = le.AppendUint32(append(dir, 0, 0, 0, 0), h.crc)
		dir = le.AppendUint32(le.AppendUint32(dir, h.packed), h.size)
		dir = le.AppendUint16(le.AppendUint16(dir, uint16(len(h.name))), uint16(len(h.extra)))
		dir = le.AppendUint16(append(dir, 0, 0), h.disk)
		dir = le.AppendUint32(append(dir, 0, 0, 0, 0, 0, 0), h.offset)
		dir = append(append(dir, h.name...), h.extra...)
	}
	out = append(out, p.gap...)
	n := uint64(len(p.entries))
	end := endRecord{0, n, n, uint64(len(dir)), uint64(len(out))}
	out = append(out, dir...)
	if p.end != nil {
		p.end(&end)
	}
	if p.zip64 {
		at := uint64(len(out))
		out = le.AppendUint64(le.AppendUint32(out, sigEnd64), lenEnd64-12)
		out = append(out, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		out = le.AppendUint64(le.AppendUint64(out, end.countHere), end.count)
		out = le.AppendUint64(le.AppendUint64(out, end.dirSize), end.dirStart)
		out = le.AppendUint64(le.AppendUint32(le.AppendUint32(out, sigLocator64), 0), at)
		out = le.AppendUint32(out, 1)
		end = endRecord{0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF}
	}
	out = le.AppendUint16(le.AppendUint32(out, sigEnd), uint16(end.disk))
	out = le.AppendUint16(le.AppendUint16(append(out, 0, 0), uint16(end.countHere)), uint16(end.count))
	out = le.AppendUint32(le.AppendUint32(out, uint32(end.dirSize)), uint32(end.dirStart))
	out = append(le.AppendUint16(out, uint16(len(p.comment))), p.comment...)
	return append(out, p.after...)
}

func (e packedEntry) header(offset int) header {
	h := header{
		method: methodDeflate,
		crc:    crc32.ChecksumIEEE([]byte(e.content)),
		packed: uint32(len(e.packedData())),
		size:   uint32(len(e.content)),
		name:   e.name,
		offset: uint32(offset),
	}
	if e.stored {
		h.method = methodStored
	}
	if e.descriptor > 0 {
		h.flags = flagDescriptor
	}
	return h
}

func (e packedEntry) packedData() []byte {
	data := []byte(e.content)
	if !e.stored {
		var buf bytes.Buffer
		w, _ := flate.NewWriter(&buf, 6)
		_, _ = w.Write(data)
		_ = w.Close()
		data = buf.Bytes()
	}
	if e.data != nil {
		data = e.data(data)
	}
	return data
}

func (e packedEntry) descriptorBytes(h header) []byte {
	le := binary.LittleEndian
	var b []byte
	if e.descriptor == 16 || e.descriptor == 24 {
		b = le.AppendUint32(b, sigDescriptor)
	}
	b = le.AppendUint32(b, h.crc)
	if e.descriptor > 16 {
		return le.AppendUint64(le.AppendUint64(b, uint64(h.packed)), uint64(h.size))
	}
	return le.AppendUint32(le.AppendUint32(b, h.packed), h.size)[:min(e.descriptor, len(b)+8)]
}

// packedBook is a sound archive of one small sheet; change works on it before it is written.
func packedBook(change func(*packed)) []byte {
	var p packed
	for _, f := range (book{sheet: data(`<row><c><v>1</v></c></row>`),
		files: []file{{"docProps/app.xml", "<a/>"}}}).parts() {
		p.entries = append(p.entries, packedEntry{name: f.name, content: f.content})
	}
	change(&p)
	return p.bytes()
}

// sheetEntry is where packedBook has its sheet, otherEntry a part that is not read.
const (
	sheetEntry = 4
	otherEntry = 5
)

// zip64Extra is a zip64 extra field of these values.
func zip64Extra(values ...uint64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(le.AppendUint16(nil, extraZip64), uint16(8*len(values)))
	for _, v := range values {
		b = le.AppendUint64(b, v)
	}
	return b
}

func TestContainersThatAreRead(t *testing.T) {
	wide := func(h *header) {
		h.extra = zip64Extra(uint64(h.size), uint64(h.packed))
		h.size, h.packed = 0xFFFFFFFF, 0xFFFFFFFF
	}
	tests := []struct {
		rule   string
		change func(*packed)
	}{
		{"as it is", func(*packed) {}},
		{"stored entries", func(p *packed) { p.entries[sheetEntry].stored = true }},
		{"a descriptor without signature", func(p *packed) { p.entries[sheetEntry].descriptor = 12 }},
		{"a descriptor with signature", func(p *packed) { p.entries[sheetEntry].descriptor = 16 }},
		{"a wide descriptor", func(p *packed) { p.entries[sheetEntry].descriptor = 20 }},
		{"a wide descriptor with signature", func(p *packed) { p.entries[sheetEntry].descriptor = 24 }},
		{"sizes left to the descriptor", func(p *packed) {
			p.entries[sheetEntry].descriptor = 16
			p.entries[sheetEntry].local = func(h *header) { h.crc, h.packed, h.size = 0, 0, 0 }
		}},
		{"a zip64 end record", func(p *packed) { p.zip64 = true }},
		{"zip64 sizes", func(p *packed) {
			p.entries[sheetEntry].local, p.entries[sheetEntry].central = wide, wide
		}},
		{"other extra fields", func(p *packed) {
			p.entries[sheetEntry].local = func(h *header) { h.extra = make([]byte, 500) }
		}},
		{"a folder", func(p *packed) {
			p.entries = append(p.entries, packedEntry{name: "xl/media/", stored: true})
		}},
		{"a name in a code page", func(p *packed) {
			p.entries = append(p.entries, packedEntry{name: "xl/media/\xcd\xbc\xc6\xac1.png"})
		}},
		{"an archive comment", func(p *packed) { p.comment = "made by a report program" }},
		{"names with backslashes", func(p *packed) {
			for i := range p.entries {
				p.entries[i].name = strings.ReplaceAll(p.entries[i].name, "/", `\`)
			}
		}},
		{"a name with backslashes in the directory only", func(p *packed) {
			p.entries[sheetEntry].central = func(h *header) { h.name = strings.ReplaceAll(h.name, "/", `\`) }
		}},
		{"a descriptor that only the directory announces", func(p *packed) {
			p.entries[sheetEntry].descriptor = 16
			p.entries[sheetEntry].local = func(h *header) { h.flags = 0 }
		}},
		{"a descriptor that only the entry announces", func(p *packed) {
			p.entries[sheetEntry].descriptor = 16
			p.entries[sheetEntry].central = func(h *header) { h.flags = 0 }
		}},
		{"a descriptor that is announced and not needed", func(p *packed) {
			p.entries[sheetEntry].central = func(h *header) { h.flags |= flagDescriptor }
		}},
		{"a name in another case than the relationship's", func(p *packed) {
			p.entries[sheetEntry].name = "XL/Worksheets/Sheet1.XML"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := dump(packedBook(tt.change))
			if err != nil || len(got) != 1 || got[0] != "1: A=number:1" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestContainersThatAreRefused(t *testing.T) {
	other := func(change func(*packedEntry)) func(*packed) {
		return func(p *packed) { change(&p.entries[otherEntry]) }
	}
	both := func(change func(*header)) func(*packed) {
		return other(func(e *packedEntry) { e.local, e.central = change, change })
	}
	rename := func(name string) func(*packed) { return other(func(e *packedEntry) { e.name = name }) }
	tests := []struct {
		rule   string
		change func(*packed)
	}{
		{"a name twice", rename("xl/workbook.xml")},
		{"names equal but for case", rename("xl/WORKBOOK.xml")},
		{"names equal but for case beyond ASCII", func(p *packed) {
			p.entries = append(p.entries, packedEntry{name: "xl/é.xml"}, packedEntry{name: "xl/É.xml"})
		}},
		{"an absolute name", rename("/docProps/app.xml")},
		{"a name that climbs", rename("xl/../../app.xml")},
		{"a name with a dot segment", rename("./app.xml")},
		{"a name with an empty segment", rename("docProps//app.xml")},
		{"a name that climbs by backslashes", rename(`xl\..\..\app.xml`)},
		{"names equal but for slashes", rename(`xl\workbook.xml`)},
		{"a name with a drive", rename("c:app.xml")},
		{"a name with a NUL", rename("app.xml\x00")},
		{"a name that is said to be UTF-8 and is not", other(func(e *packedEntry) {
			e.name = "app\xFF.xml"
			e.local = func(h *header) { h.flags |= flagUTF8 }
			e.central = e.local
		})},
		{"an empty name", rename("")},
		{"a folder with content", rename("docProps/")},
		{"an encrypted entry", both(func(h *header) { h.flags |= flagEncrypted })},
		{"a strongly encrypted entry", both(func(h *header) { h.flags |= flagStrong })},
		{"a masked header", both(func(h *header) { h.flags |= flagMasked })},
		{"patched data", both(func(h *header) { h.flags |= flagPatched })},
		{"another method", both(func(h *header) { h.method = 12 })},
		{"a stored entry of two sizes", other(func(e *packedEntry) {
			e.stored = true
			e.local = func(h *header) { h.size++ }
			e.central = e.local
		})},
		{"another volume", other(func(e *packedEntry) { e.central = func(h *header) { h.disk = 1 } })},
		{"a local header of another name",
			other(func(e *packedEntry) { e.local = func(h *header) { h.name = "docProps/abc.xml" } })},
		{"a local header of another method",
			other(func(e *packedEntry) { e.local = func(h *header) { h.method = methodStored } })},
		{"a local header of other flags",
			other(func(e *packedEntry) { e.local = func(h *header) { h.flags |= flagEncrypted } })},
		{"a local header of another checksum", other(func(e *packedEntry) { e.local = func(h *header) { h.crc++ } })},
		{"a local header of another size", other(func(e *packedEntry) { e.local = func(h *header) { h.size++ } })},
		{"a local header of another packed size",
			other(func(e *packedEntry) { e.local = func(h *header) { h.packed-- } })},
		{"a local header without sizes or descriptor",
			other(func(e *packedEntry) { e.local = func(h *header) { h.crc, h.packed, h.size = 0, 0, 0 } })},
		{"a directory with a smaller packed size",
			other(func(e *packedEntry) { e.central = func(h *header) { h.packed-- } })},
		{"a packed size beyond the next entry", both(func(h *header) { h.packed += 1000 })},
		{"a descriptor that disagrees", other(func(e *packedEntry) {
			e.descriptor = 16
			e.local = func(h *header) { h.crc ^= 1 }
			e.central = e.local
		})},
		{"a descriptor that is not there", other(func(e *packedEntry) {
			e.central = func(h *header) { h.flags |= flagDescriptor }
			e.local = func(h *header) { h.flags |= flagDescriptor; h.crc, h.packed, h.size = 0, 0, 0 }
		})},
		{"a descriptor not announced", other(func(e *packedEntry) {
			e.descriptor = 16
			e.local = func(h *header) { h.flags = 0 }
			e.central = e.local
		})},
		{"bytes behind an entry", other(func(e *packedEntry) { e.tail = []byte("x") })},
		{"bytes behind a descriptor", other(func(e *packedEntry) { e.descriptor, e.tail = 16, []byte("x") })},
		{"bytes ahead of the directory", func(p *packed) { p.gap = []byte("hidden") }},
		{"an entry the directory leaves out", func(p *packed) {
			p.gap = packedEntryBytes("xl/worksheets/sheet2.xml")
		}},
		{"two entries of the same bytes", other(func(e *packedEntry) { e.central = func(h *header) { h.offset = 0 } })},
		{"an entry ahead of its place", other(func(e *packedEntry) { e.central = func(h *header) { h.offset-- } })},
		{"an entry beyond the file",
			other(func(e *packedEntry) { e.central = func(h *header) { h.offset = 1 << 30 } })},
		{"bytes behind the end record", func(p *packed) { p.after = []byte("\x00") }},
		{"bytes behind an archive comment", func(p *packed) { p.comment, p.after = "hello", []byte("\n") }},
		{"an archive comment with an end record in it",
			func(p *packed) { p.comment = "PK\x05\x06" + strings.Repeat("\x00", 18) }},
		{"a directory longer than its entries",
			func(p *packed) { p.end = func(e *endRecord) { e.count--; e.countHere-- } }},
		{"a directory shorter than its entries",
			func(p *packed) { p.end = func(e *endRecord) { e.count++; e.countHere++ } }},
		{"two numbers of entries", func(p *packed) { p.end = func(e *endRecord) { e.countHere++ } }},
		{"a directory that starts elsewhere", func(p *packed) { p.end = func(e *endRecord) { e.dirStart++ } }},
		{"a directory of another size", func(p *packed) { p.end = func(e *endRecord) { e.dirSize-- } }},
		{"one volume of several", func(p *packed) { p.end = func(e *endRecord) { e.disk = 1 } }},
		{"a zip64 end record that is missing",
			func(p *packed) { p.end = func(e *endRecord) { e.dirStart = 0xFFFFFFFF } }},
		{"a zip64 end record of two numbers",
			func(p *packed) { p.zip64, p.end = true, func(e *endRecord) { e.countHere++ } }},
		{"a zip64 end record that overflows",
			func(p *packed) { p.zip64, p.end = true, func(e *endRecord) { e.dirStart = 1 << 63 } }},
		{"a zip64 size without its field", both(func(h *header) { h.size = 0xFFFFFFFF })},
		{"a zip64 size that overflows", both(func(h *header) { h.extra, h.size = zip64Extra(1<<63), 0xFFFFFFFF })},
		{"a zip64 size other than the local one", other(func(e *packedEntry) {
			e.local = func(h *header) { h.extra, h.size = zip64Extra(uint64(h.size)+1), 0xFFFFFFFF }
		})},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := dump(packedBook(tt.change))
			var e *fault.FormatError
			if !errors.As(err, &e) || e.Rule != fault.RuleContainer {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	t.Run("bytes ahead of the first entry", func(t *testing.T) {
		b := packedBook(func(p *packed) { p.before = []byte("PK\x03\x04junk") })
		wantRule(t, b, DefaultLimits(), fault.RuleContainer, "[Content_Types].xml")
	})
}

// packedEntryBytes is an entry on its own, without a directory.
func packedEntryBytes(name string) []byte {
	b := packed{entries: []packedEntry{{name: name, content: "<a/>"}}}.bytes()
	return b[:bytes.Index(b, []byte("PK\x01\x02"))]
}

func TestPartsThatAreDamaged(t *testing.T) {
	both := func(change func(*header)) func(*packedEntry) {
		return func(e *packedEntry) { e.local, e.central = change, change }
	}
	tests := []struct {
		rule   string
		change func(*packedEntry)
	}{
		{"another checksum", both(func(h *header) { h.crc++ })},
		{"a larger size than declared", both(func(h *header) { h.size-- })},
		{"a smaller size than declared", both(func(h *header) { h.size++ })},
		{"packed data cut off", func(e *packedEntry) { e.data = func(b []byte) []byte { return b[:len(b)-5] } }},
		{"bytes behind the packed data", func(e *packedEntry) {
			e.data = func(b []byte) []byte {
				return append(b,
					0)
			}
		}},
		{"a second stream behind the first",
			func(e *packedEntry) { e.data = func(b []byte) []byte { return append(b, b...) } }},
		{"packed data that make no sense",
			func(e *packedEntry) { e.data = func(b []byte) []byte { b[0] = 0xFF; return b } }},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			b := packedBook(func(p *packed) { tt.change(&p.entries[sheetEntry]) })
			wantRule(t, b, DefaultLimits(), fault.RuleChecksum, "xl/worksheets/sheet1.xml")
		})
	}
	t.Run("damage after the last row", func(t *testing.T) {
		b := packedBook(func(p *packed) {
			e := &p.entries[sheetEntry]
			e.content += strings.Repeat(" ", 3<<20)
			both(func(h *header) { h.crc++ })(e)
		})
		wantRule(t, b, DefaultLimits(), fault.RuleChecksum, "xl/worksheets/sheet1.xml")
	})
	t.Run("damage is named rather than what it did to the XML", func(t *testing.T) {
		b := packedBook(func(p *packed) {
			e := &p.entries[sheetEntry]
			e.stored = true
			e.data = func(b []byte) []byte { b[200] = '<'; return b }
		})
		wantRule(t, b, DefaultLimits(), fault.RuleChecksum, "xl/worksheets/sheet1.xml")
	})
}

func TestLimits(t *testing.T) {
	rows := data(`<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>1</v></c></row>`) + `<mergeCells><mergeCell ref="A1"/><mergeCell ref="A2"/></mergeCells>`
	long := data(`<row><c t="inlineStr"><is><t>` + strings.Repeat("x", 5000) + `</t></is></c></row>`)
	flat := data(strings.Repeat(" ", 5<<20))
	tests := []struct {
		name string
		book book
		set  func(*Limits)
		want string // what the message must print
	}{
		{"entries", book{}, func(l *Limits) { l.Entries = 4 }, "5 entries; the limit is 4"},
		{"bytes in all", book{}, func(l *Limits) { l.TotalBytes = 1000 }, "1000"},
		{"bytes of a part", book{sheet: long}, func(l *Limits) { l.PartBytes = 3000 }, "3000"},
		{"ratio", book{sheet: flat}, func(*Limits) {}, "300"},
		{"depth", book{}, func(l *Limits) { l.Depth = 1 }, "limit of 1"},
		{"text", book{sheet: long}, func(l *Limits) { l.RunBytes = 4999 }, "4999"},
		{"text in pieces", book{sheet: strings.Replace(long, "xxxx", "xx<!-- -->xx", 1)},
			func(l *Limits) { l.RunBytes = 4999 }, "4999"},
		{"tag", book{sheet: `<dimension ref="` + strings.Repeat("x", 3000) + `"/>`},
			func(l *Limits) { l.RunBytes = 3000 }, "3000"},
		{"comment", book{sheet: `<!--` + strings.Repeat("x", 300_000) + `-->`}, func(l *Limits) { l.RunBytes = 3000 },
			"3000"},
		{"attributes", book{sheet: `<dimension ` + manyAttributes(257) + `/>`}, func(*Limits) {}, "64"},
		{"shared strings", book{sheet: rows, strings: someStrings}, func(l *Limits) { l.Strings = 1 }, "limit of 1"},
		{"rows", book{sheet: rows, strings: someStrings}, func(l *Limits) { l.Rows = 1 }, "limit of 1"},
		{"cells", book{sheet: rows, strings: someStrings}, func(l *Limits) { l.Cells = 2 }, "limit of 2"},
		{"bytes of a row", book{sheet: long}, func(l *Limits) { l.RowBytes = 4999 }, "4999"},
		{"merged ranges", book{sheet: rows, strings: someStrings}, func(l *Limits) { l.Merges = 1 }, "limit of 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			limits := DefaultLimits()
			tt.set(&limits)
			got, err := dumpWith(tt.book.zipped(t), limits)
			var e *fault.FormatError
			if !errors.As(err, &e) || e.Rule != fault.RuleLimit || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("want a limit that prints %q, got %v and %.100q", tt.want, err, got)
			}
		})
	}
	t.Run("as large as the limits", func(t *testing.T) {
		limits := DefaultLimits()
		limits.RunBytes, limits.Strings, limits.Rows, limits.Cells, limits.Merges = 5000, 2, 2, 3, 2
		for _, sheet := range []string{rows, long} {
			if _, err := dumpWith(book{sheet: sheet, strings: someStrings}.zipped(t), limits); err != nil {
				t.Error(err)
			}
		}
	})
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// failing is a file that cannot be read from some place on.
type failing struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("disk on fire")

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.from {
		return 0, errDisk
	}
	return f.Reader.ReadAt(b, off)
}

func TestFileThatCannotBeRead(t *testing.T) {
	b := manyRows(t, 60_000)
	for _, from := range []int64{0, 100, int64(len(b) / 2), int64(len(b) - 1)} {
		_, err := Open(failing{bytes.NewReader(b), from}, int64(len(b)), DefaultLimits())
		var e *fault.FormatError
		if !errors.As(err, &e) || e.Rule != fault.RuleRead || !errors.Is(err, errDisk) {
			t.Errorf("from %d: %v", from, err)
		}
	}
}

func TestFileCutAnywhere(t *testing.T) {
	b := packedBook(func(*packed) {})
	for n := range len(b) {
		got, err := dump(b[:n])
		var e *fault.FormatError
		if !errors.As(err, &e) {
			t.Fatalf("%d of %d bytes: %q, %v", n, len(b), got, err)
		}
		if e.Rule != fault.RuleTruncated && e.Rule != fault.RuleEmpty {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}
