package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
)

// hostileContainers attack the zip archive.
func hostileContainers() []hostile {
	extra := func(name string, declared uint64, packed []byte) func() []byte {
		return func() []byte {
			return hostileBook{last: []rawEntry{{zip.FileHeader{Name: name, Method: zip.Deflate,
				UncompressedSize64: declared, CompressedSize64: uint64(len(packed))}, packed}}}.bytes()
		}
	}
	sheet := func(change func(*zip.FileHeader, []byte) []byte) func() []byte {
		return func() []byte { return hostileBook{entry: oneEntry(hostileSheet, change)}.bytes() }
	}
	header := func(change func(*zip.FileHeader)) func() []byte {
		return sheet(func(h *zip.FileHeader, packed []byte) []byte { change(h); return packed })
	}
	named := func(name string) func() []byte { return extra(name, 0, []byte{3, 0}) }
	sound := func() []byte { return hostileBook{}.bytes() }
	return []hostile{
		{name: "a bomb of 100 GiB that says so",
			want: "xl/media/a.xml: the entry inflates to 107374182400 bytes; the limit is 1073741824",
			make: extra("xl/media/a.xml", 100<<30, bomb(1))},
		{name: "a bomb of 100 MiB that says so", want: "xl/media/a.xml: the entry inflates from … ratio of 300",
			make: extra("xl/media/a.xml", 100<<20, bomb(100))},
		{name: "a bomb that says it is small",
			want: hostileSheet + " … the part is damaged: it inflates to more than the 1000 bytes declared",
			make: sheet(func(h *zip.FileHeader, _ []byte) []byte {
				b := bomb(4000)
				h.UncompressedSize64, h.CompressedSize64 = 1000, uint64(len(b))
				return b
			})},
		{name: "a bomb that says just what is allowed",
			want: hostileSheet + " … it inflates to 4194304 bytes, not to the 1073741824 declared",
			make: sheet(func(h *zip.FileHeader, _ []byte) []byte {
				b := append(bomb(4), make([]byte, 4<<20)...)
				h.UncompressedSize64, h.CompressedSize64 = 1<<30, uint64(len(b))
				return b
			})},
		{name: "many parts that are too much together",
			want: "the archive inflates to more than 1342177280 bytes, the limit",
			make: func() []byte {
				var h hostileBook
				for i := range 400 {
					h.last = append(h.last, rawEntry{zip.FileHeader{Name: fmt.Sprintf("xl/media/%d", i),
						Method: zip.Deflate, UncompressedSize64: 4 << 20, CompressedSize64: 2}, []byte{3, 0}})
				}
				return h.bytes()
			}},
		{name: "a declared size of 2^62", want: "xl/media/a.xml: the entry inflates to 4611686018427387904 bytes",
			make: extra("xl/media/a.xml", 1<<62, []byte{3, 0})},
		{name: "a declared size of 2^63", want: "xl/media/a.xml: the zip64 field holds an impossible size",
			make: extra("xl/media/a.xml", 1<<63, []byte{3, 0})},
		{name: "a declared size of zero", want: hostileSheet + " … it inflates to more than the 0 bytes declared",
			make: header(func(h *zip.FileHeader) { h.UncompressedSize64 = 0 })},
		{name: "a wrong checksum", want: hostileSheet + " … its checksum is",
			make: header(func(h *zip.FileHeader) { h.CRC32++ })},
		{name: "too many entries", want: "the archive has 5007 entries; the limit is 2048", make: func() []byte {
			var h hostileBook
			for i := range 5000 {
				h.last = append(h.last, rawEntry{zip.FileHeader{Name: fmt.Sprintf("a%d", i)}, nil})
			}
			return h.bytes()
		}},
		{name: "four billion entries declared", want: "entries; the limit is 2048",
			make: func() []byte { return zip64End(sound(), 1<<32, 0) }},
		{name: "a directory of 2^60 bytes", want: "directory has 1152921504606846976 bytes; the limit is",
			make: func() []byte { return zip64End(sound(), 7, 1<<60) }},
		{name: "a directory of negative size", want: "zip64 end record contradicts",
			make: func() []byte { return zip64End(sound(), 7, 1<<63) }},
		{name: "entries that overlap", want: "the entry overlaps the next",
			make: func() []byte { return patched(sound(), "xl/styles.xml", centralOffset, 0) }},
		{name: "a thousand entries of the same bytes", want: "the entry overlaps the next", make: sameBytes},
		{name: "an entry beyond the file", want: "xl/sharedStrings.xml: the bytes after the entry",
			make: func() []byte { return patched(sound(), "xl/styles.xml", centralOffset, 0x7fffffff) }},
		{name: "a directory that differs from the local header",
			want: "xl/styles.xml: the entry's own header gives other sizes",
			make: func() []byte { return patched(sound(), "xl/styles.xml", centralCRC, 1) }},
		{name: "a name that climbs", want: `"../../etc/cron.d/a" is not a name`, make: named("../../etc/cron.d/a")},
		{name: "an absolute name", want: `"/etc/cron.d/a" is not a name`, make: named("/etc/cron.d/a")},
		{name: "a name with a drive", want: "is not a name", make: named(`C:\windows\a`)},
		{name: "a name with a NUL", want: "is not a name", make: named("xl/a\x00.xml")},
		{name: "a name of 60,000 bytes", want: "is not a name", make: named("xl/../" + times(10_000, "abcdef"))},
		{name: "a name twice", want: hostileSheet + ": the archive has this entry twice", make: named(hostileSheet)},
		{name: "a name twice but for case", want: "XL/WORKSHEETS/SHEET1.XML: the archive has this entry twice",
			make: named("XL/WORKSHEETS/SHEET1.XML")},
		{name: "a zip password", want: hostileSheet + ": the entry is encrypted by the zip program",
			make: header(func(h *zip.FileHeader) { h.Flags |= 1 })},
		{name: "bzip2", want: hostileSheet + ": the entry is packed by method 12",
			make: header(func(h *zip.FileHeader) { h.Method = 12 })},
		{name: "zstandard", want: hostileSheet + ": the entry is packed by method 93",
			make: header(func(h *zip.FileHeader) { h.Method = 93 })},
		{name: "deflate64", want: hostileSheet + ": the entry is packed by method 9",
			make: header(func(h *zip.FileHeader) { h.Method = 9 })},
		{name: "stored with two sizes", want: hostileSheet + ": the entry is stored as it is but has two sizes",
			make: header(func(h *zip.FileHeader) { h.Method = zip.Store })},
		{name: "noise for packed data", want: hostileSheet + " … packed data are corrupt",
			make: sheet(func(_ *zip.FileHeader, b []byte) []byte {
				for i := range b {
					b[i] = byte(i*i>>3 ^ 0x55)
				}
				return b
			})},
		{name: "packed data that go on", want: hostileSheet + " … packed bytes follow its end",
			make: sheet(func(h *zip.FileHeader, b []byte) []byte {
				h.CompressedSize64 += 1000
				return append(b, make([]byte, 1000)...)
			})},
		{name: "packed data cut off", want: hostileSheet + " … packed data are corrupt",
			make: sheet(func(h *zip.FileHeader, b []byte) []byte {
				h.CompressedSize64 -= 10
				return b[:len(b)-10]
			})},
		{name: "endless empty blocks", want: hostileSheet + " … packed data are corrupt",
			make: sheet(func(h *zip.FileHeader, _ []byte) []byte {
				b := bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 4<<20)
				h.CompressedSize64 = uint64(len(b))
				return b
			})},
		{name: "the first half", want: "the file is cut off",
			make: func() []byte { b := sound(); return b[:len(b)/2] }},
		{name: "all but the last byte", want: "the file is cut off",
			make: func() []byte { b := sound(); return b[:len(b)-1] }},
		{name: "a program ahead of the archive", want: "the file is not a workbook",
			make: func() []byte { return append([]byte("MZ\x90\x00\x03"), sound()...) }},
		{name: "another archive behind it", want: "directory does not end where its end record says",
			make: func() []byte { return append(sound(), sound()...) }},
		{name: "64 KiB behind it", want: "after the archive's end record",
			make: func() []byte { return append(sound(), make([]byte, 65_000)...) }},
		{name: "a page behind it", want: "after the archive's end record",
			make: func() []byte { return append(sound(), "<script>alert(1)</script>"...) }},
		{name: "bytes among the entries", want: "the bytes after the entry are neither the next entry", make: withGap},
		{name: "a workbook in an archive", want: "the file is a zip archive, not a workbook", make: func() []byte {
			var buf bytes.Buffer
			z := zip.NewWriter(&buf)
			b := sound()
			mustWrite(z, zip.FileHeader{Name: "dtc.xlsx", Method: zip.Store, UncompressedSize64: uint64(len(b)),
				CompressedSize64: uint64(len(b))}, b)
			if err := z.Close(); err != nil {
				panic(err)
			}
			return buf.Bytes()
		}},
		{name: "an empty archive", want: "a zip archive without content",
			make: func() []byte { return append([]byte("PK\x05\x06"), make([]byte, 18)...) }},
		{name: "nothing but end records", want: "a zip archive without content",
			make: func() []byte { return bytes.Repeat([]byte("PK\x05\x06"), 1<<20) }},
		{name: "nothing but local headers", want: "the file is cut off",
			make: func() []byte { return bytes.Repeat([]byte("PK\x03\x04"), 1<<20) }},
		{name: "an old workbook's head and noise", want: "of an old Office kind", make: func() []byte {
			return append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), bytes.Repeat([]byte{0xff}, 32<<20)...)
		}},
	}
}

// zip64End replaces the end record by a zip64 one of those numbers; zero takes
// over the size there was.
func zip64End(b []byte, entries, size uint64) []byte {
	le := binary.LittleEndian
	end := b[len(b)-22:]
	dirSize, dirStart := uint64(le.Uint32(end[12:])), uint64(le.Uint32(end[16:]))
	if size > 0 {
		dirSize = size
	}
	b = b[:len(b)-22]
	at := uint64(len(b))
	b = le.AppendUint64(append(b, "PK\x06\x06"...), 44)
	b = append(b, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint64(le.AppendUint64(b, entries), entries)
	b = le.AppendUint64(le.AppendUint64(b, dirSize), dirStart)
	b = le.AppendUint64(append(b, "PK\x06\x07\x00\x00\x00\x00"...), at)
	b = le.AppendUint32(b, 1)
	b = append(b, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff"...)
	return append(b, "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
}

// sameBytes has a thousand entries that all point to the sheet, so that a small
// file would inflate to a large one.
func sameBytes() []byte {
	h := hostileBook{}
	for i := range 1000 {
		h.last = append(h.last, rawEntry{zip.FileHeader{Name: fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1000),
			Method: zip.Deflate, UncompressedSize64: 0, CompressedSize64: 2}, []byte{3, 0}})
	}
	b := h.bytes()
	for at := 0; ; at += 4 {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return b
		}
		at += i
		binary.LittleEndian.PutUint32(b[at+centralOffset:], 0)
	}
}

// withGap has bytes between the last entry and the directory.
func withGap() []byte {
	b := hostileBook{}.bytes()
	le := binary.LittleEndian
	end := len(b) - 22
	start := le.Uint32(b[end+16:])
	gap := make([]byte, 100)
	out := append(append(append([]byte{}, b[:start]...), gap...), b[start:]...)
	le.PutUint32(out[len(out)-6:], start+uint32(len(gap)))
	return out
}
