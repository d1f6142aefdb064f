package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
)

// hostileBook is a workbook of two tenders in which anything can be wrong.
type hostileBook struct {
	parts map[string]string                    // parts by name, instead of or besides the usual
	sheet string                               // content of the sheet's root element; the two tenders if empty
	texts string                               // content of the shared strings
	style string                               // content of the styles
	entry func(*zip.FileHeader, []byte) []byte // changes an entry about to be written
	last  []rawEntry
}

// rawEntry is an entry whose packed bytes and header are given.
type rawEntry struct {
	header zip.FileHeader
	packed []byte
}

const (
	hostileXMLHead = `<?xml version="1.0" encoding="UTF-8"?>`
	hostileMain    = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	hostileDocRel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	hostilePackRel = `http://schemas.openxmlformats.org/package/2006/relationships`
	hostileSheet   = "xl/worksheets/sheet1.xml"
	hostileTypes   = hostileXMLHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`

	headingCells = `<c t="inlineStr"><is><t>VOI Number</t></is></c><c t="inlineStr"><is><t>CUSIP</t></is></c><c t="inlineStr"><is><t>Principal Amount</t></is></c><c t="inlineStr"><is><t>Submitted At</t></is></c><c t="inlineStr"><is><t>Participant</t></is></c>`
	headingRow   = `<row>` + headingCells + `</row>`
	goodRow      = `<row><c><v>900007</v></c><c t="inlineStr"><is><t>52729NAA8</t></is></c><c><v>5000</v></c><c s="1"><v>38303.5</v></c><c><v>123</v></c></row>`
	hostileStyle = `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>`
)

// rows is a sheet's content: the headings, a tender, and what is given.
func rows(more string) string { return `<sheetData>` + headingRow + goodRow + more + `</sheetData>` }

// worksheet is a whole sheet part.
func worksheet(content string) string {
	return hostileXMLHead + `<worksheet xmlns="` + hostileMain + `">` + content + `</worksheet>`
}

func relationships(content string) string {
	return hostileXMLHead + `<Relationships xmlns="` + hostilePackRel + `">` + content + `</Relationships>`
}

const bookRelationships = `<Relationship Id="s1" Type="` + hostileDocRel + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="t" Type="` + hostileDocRel + `/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="y" Type="` + hostileDocRel + `/styles" Target="styles.xml"/>`

func workbookXML(sheets string) string {
	return hostileXMLHead + `<workbook xmlns="` + hostileMain + `" xmlns:r="` + hostileDocRel + `"><sheets>` + sheets + `</sheets></workbook>`
}

// content is the parts by name, in the order they are written.
func (h hostileBook) content() (names []string, parts map[string]string) {
	sheet := h.sheet
	if sheet == "" {
		sheet = rows("")
	}
	parts = map[string]string{
		"[Content_Types].xml":        hostileTypes,
		"_rels/.rels":                relationships(`<Relationship Id="r" Type="` + hostileDocRel + `/officeDocument" Target="xl/workbook.xml"/>`),
		"xl/workbook.xml":            workbookXML(`<sheet name="Tenders" sheetId="1" r:id="s1"/>`),
		"xl/_rels/workbook.xml.rels": relationships(bookRelationships),
		"xl/sharedStrings.xml":       hostileXMLHead + `<sst xmlns="` + hostileMain + `">` + h.texts + `</sst>`,
		"xl/styles.xml": hostileXMLHead + `<styleSheet xmlns="` + hostileMain + `">` + cmpOr(h.style,
			hostileStyle) + `</styleSheet>`,
		hostileSheet: worksheet(sheet),
	}
	for name, content := range h.parts {
		parts[name] = content
	}
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, parts
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// bytes is the file.
func (h hostileBook) bytes() []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	names, parts := h.content()
	for _, name := range names {
		header := zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(parts[name])),
			UncompressedSize64: uint64(len(parts[name]))}
		packed := deflated(parts[name])
		header.CompressedSize64 = uint64(len(packed))
		if h.entry != nil {
			packed = h.entry(&header, packed)
		}
		mustWrite(z, header, packed)
	}
	for _, e := range h.last {
		mustWrite(z, e.header, e.packed)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func mustWrite(z *zip.Writer, header zip.FileHeader, packed []byte) {
	w, err := z.CreateRaw(&header)
	if err == nil {
		_, err = w.Write(packed)
	}
	if err != nil {
		panic(err)
	}
}

func deflated(content string) []byte {
	var buf bytes.Buffer
	level := 6
	if len(content) > 20<<20 {
		level = 2 // for the time of the test
	}
	w, err := flate.NewWriter(&buf, level)
	if err != nil {
		panic(err)
	}
	for len(content) > 0 {
		n := min(len(content), 1<<20)
		if _, err := w.Write([]byte(content[:n])); err != nil {
			panic(err)
		}
		content = content[n:]
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// oneEntry changes one entry of a book before it is written.
func oneEntry(name string, change func(*zip.FileHeader, []byte) []byte) func(*zip.FileHeader, []byte) []byte {
	return func(h *zip.FileHeader, packed []byte) []byte {
		if h.Name == name {
			return change(h, packed)
		}
		return packed
	}
}

// fields are where the central directory keeps what a case changes.
const (
	centralOffset = 42
	centralCRC    = 16
)

// patched changes a 32-bit field of the directory's entry of that name.
func patched(b []byte, name string, field int, value uint32) []byte {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			panic("no entry " + name)
		}
		at += i
		if strings.HasPrefix(string(b[at+46:]), name) {
			binary.LittleEndian.PutUint32(b[at+field:], value)
			return b
		}
		at += 4
	}
}

// kernel is a stretch of deflate's output that inflates to a MiB of zeros, the
// most that deflate can do. It is repeated to make bombs without packing them.
var kernel = sync.OnceValue(func() []byte {
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, 9)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		panic(err)
	}
	if err := w.Flush(); err != nil { // ends on a whole byte
		panic(err)
	}
	return buf.Bytes()
})

// bomb inflates to so many MiB of zeros.
func bomb(mib int) []byte {
	return append(bytes.Repeat(kernel(), mib), 0x03, 0x00) // an empty last block
}

// zipHeader is the header of an entry that says it inflates to so many bytes.
func zipHeader(name string, size uint64) zip.FileHeader {
	return zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: size}
}
