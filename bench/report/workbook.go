// Package report writes the workbooks that the benchmarks read: reports of DTC's width, the
// same bytes each time, and the terms of an offer they belong to.
package report

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/flate"
)

const (
	Columns = 14      // of a report
	MaxRows = 1 << 20 // of a sheet, the headings among them
)

// Headings are those of a report of DTC's width.
var Headings = [Columns]string{"VOI Number", "CUSIP", "Principal Amount", "Submitted At", "DTC Participant",
	"Participant Name",
	"Customer Reference", "Contact", "Currency", "Status", "Report Date", "Delivery", "Line", "Remark"}

// cusips are those of the offer the instructions are checked against.
var cusips = []string{"52729NAA8", "52729NAC4", "52729NAH3", "037833100"}

// How many different texts a column has. Those of Customer Reference are all
// different; the others repeat, as they do in life.
const (
	participants = 611
	desks        = 97
	remarks      = 5003
)

// Where the texts of a column begin among the shared strings. The place of each
// follows from its row, so that none need be remembered: a million rows take no
// more memory than ten.
const (
	cusipsAt       = Columns
	numbersAt      = cusipsAt + 4
	namesAt        = numbersAt + participants
	desksAt        = namesAt + participants
	currencyAt     = desksAt + desks
	statusAt       = currencyAt + 1
	deliveryAt     = statusAt + 2
	remarksAt      = deliveryAt + 1
	referencesAt   = remarksAt + remarks
	withdrawnEvery = 41 // each so manieth tender is withdrawn
)

// WriteFile writes a workbook into a folder and returns its path; one that is
// there already is not written again.
func WriteFile(folder string, rows int, inline bool, log io.Writer) (string, error) {
	path := filepath.Join(folder, fmt.Sprintf("%s-%d.xlsx", Variant(inline), rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintf(log, "writing %d rows with %s strings\n", rows, Variant(inline))
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if err := WriteWorkbook(file, rows, inline); err != nil {
		return "", err
	}
	return path, file.Close()
}

// Variant names how the strings of a workbook are kept.
func Variant(inline bool) string {
	if inline {
		return "inline"
	}
	return "shared"
}

// WriteWorkbook writes a report of so many tenders. It keeps none of them.
func WriteWorkbook(to io.Writer, rows int, inline bool) error {
	z := zip.NewWriter(to)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) })
	for _, p := range fixedParts {
		if err := writePart(z, p.name, func(w *bufio.Writer) { ignore(w.WriteString(p.content)) }); err != nil {
			return err
		}
	}
	if err := writePart(z, SheetPart, func(w *bufio.Writer) { writeSheet(w, rows, inline) }); err != nil {
		return err
	}
	if err := writePart(z, stringsPart, func(w *bufio.Writer) { writeStrings(w, rows, inline) }); err != nil {
		return err
	}
	return z.Close()
}

// writePart writes one entry. A bufio.Writer keeps its first error, which Flush
// returns, so fill need not look.
func writePart(z *zip.Writer, name string, fill func(*bufio.Writer)) error {
	entry, err := z.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(entry, 64<<10)
	fill(w)
	return w.Flush()
}

func ignore(int, error) {}

const (
	SheetPart   = "xl/worksheets/sheet1.xml"
	stringsPart = "xl/sharedStrings.xml"

	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainNS  = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	docRel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	packRel = `http://schemas.openxmlformats.org/package/2006/relationships`
	typesNS = `http://schemas.openxmlformats.org/package/2006/content-types`
	ooxml   = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

var fixedParts = []struct{ name, content string }{
	{"[Content_Types].xml", xmlHead + `<Types xmlns="` + typesNS + `">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + ooxml + `sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + ooxml + `worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + ooxml + `styles+xml"/>` +
		`<Override PartName="/xl/sharedStrings.xml" ContentType="` + ooxml + `sharedStrings+xml"/></Types>`},
	{"_rels/.rels", xmlHead + `<Relationships xmlns="` + packRel + `"><Relationship Id="rId1" Type="` + docRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", xmlHead + `<workbook xmlns="` + mainNS + `" xmlns:r="` + docRel + `"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", xmlHead + `<Relationships xmlns="` + packRel + `">` +
		`<Relationship Id="rId1" Type="` + docRel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + docRel + `/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId3" Type="` + docRel + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
	{"xl/styles.xml", xmlHead + `<styleSheet xmlns="` + mainNS + `"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
		`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="3" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}

// text is a text of the report: of which column it is, and which of the texts of
// that column.
type text struct{ column, at, which int }

// append appends the text itself.
func (t text) append(b []byte) []byte {
	switch t.column {
	case 1:
		return append(b, cusips[t.which]...)
	case 4:
		return fmt.Appendf(b, "%04d", t.which)
	case 5:
		return strconv.AppendInt(append(b, "Participant Bank "...), int64(t.which), 10)
	case 6:
		return strconv.AppendInt(append(b, "HOLDER-"...), int64(t.which)*31, 10)
	case 7:
		return append(strconv.AppendInt(append(b, "desk"...), int64(t.which), 10), "@bank.example"...)
	case 8:
		return append(b, "USD"...)
	case 9:
		return append(b, []string{"MADE", "WITH"}[t.which]...)
	case 11:
		return append(b, "Book-entry"...)
	}
	return strconv.AppendInt(append(b, "Remark for line "...), int64(t.which), 10)
}

// textsOf lists the texts of the tender n, from 0.
func textsOf(n int) [Columns]text {
	status := 0
	if n%withdrawnEvery == withdrawnEvery-1 {
		status = 1
	}
	return [Columns]text{
		1:  {1, cusipsAt, n % len(cusips)},
		4:  {4, numbersAt, n % participants},
		5:  {5, namesAt, n % participants},
		6:  {6, referencesAt, n},
		7:  {7, desksAt, n % desks},
		8:  {8, currencyAt, 0},
		9:  {9, statusAt, status},
		11: {11, deliveryAt, 0},
		13: {13, remarksAt, n * 17 % remarks},
	}
}

// writeStrings writes the shared strings, in the order of the constants above.
func writeStrings(w *bufio.Writer, rows int, inline bool) {
	ignore(w.WriteString(xmlHead + `<sst xmlns="` + mainNS + `">`))
	defer func() { ignore(w.WriteString(`</sst>`)) }()
	if inline {
		return
	}
	var b []byte
	put := func(s text) {
		b = append(s.append(append(b[:0], `<si><t>`...)), `</t></si>`...)
		ignore(w.Write(b))
	}
	for _, h := range Headings {
		ignore(w.WriteString(`<si><t>` + h + `</t></si>`))
	}
	for _, column := range []struct{ column, count int }{
		{1, len(cusips)}, {4, participants}, {5, participants}, {7, desks}, {8, 1}, {9, 2}, {11, 1}, {13, remarks}, {6, rows},
	} {
		for i := range column.count {
			put(text{column: column.column, which: i})
		}
	}
}

// writeSheet writes the sheet row by row.
func writeSheet(w *bufio.Writer, rows int, inline bool) {
	ignore(w.WriteString(xmlHead + `<worksheet xmlns="` + mainNS + `"><dimension ref="A1:N` + strconv.Itoa(rows+1) + `"/><sheetData>`))
	r := rowWriter{inline: inline}
	ignore(w.Write(r.headings()))
	for n := range rows {
		ignore(w.Write(r.tender(n)))
	}
	ignore(w.WriteString(`</sheetData></worksheet>`))
}

// rowWriter writes rows into memory it uses again.
type rowWriter struct {
	inline bool
	number int
	b      []byte
}

func (r *rowWriter) begin(number int) {
	r.number = number
	r.b = strconv.AppendInt(append(r.b[:0], `<row r="`...), int64(number), 10)
	r.b = append(r.b, `" spans="1:14">`...)
}

// cell writes a cell up to the end of its reference.
func (r *rowWriter) cell(column int) {
	r.b = append(r.b, `<c r="`...)
	r.b = append(r.b, byte('A'+column))
	r.b = strconv.AppendInt(r.b, int64(r.number), 10)
}

func (r *rowWriter) text(column, index int, appendTo func([]byte) []byte) {
	r.cell(column)
	if r.inline {
		r.b = append(r.b, `" t="inlineStr"><is><t>`...)
		r.b = append(appendTo(r.b), `</t></is></c>`...)
		return
	}
	r.b = append(r.b, `" t="s"><v>`...)
	r.b = append(strconv.AppendInt(r.b, int64(index), 10), `</v></c>`...)
}

func (r *rowWriter) value(column, style int, appendTo func([]byte) []byte) {
	r.cell(column)
	if style > 0 {
		r.b = strconv.AppendInt(append(r.b, `" s="`...), int64(style), 10)
	}
	r.b = append(r.b, `"><v>`...)
	r.b = append(appendTo(r.b), `</v></c>`...)
}

func (r *rowWriter) headings() []byte {
	r.begin(1)
	for i, h := range Headings {
		r.text(i, i, func(b []byte) []byte { return append(b, h...) })
	}
	return append(r.b, `</row>`...)
}

// tender writes the row of the tender n, from 0.
func (r *rowWriter) tender(n int) []byte {
	r.begin(n + 2)
	texts := textsOf(n)
	for column := range Columns {
		if t := texts[column]; t.at > 0 {
			r.text(column, t.at+t.which, t.append)
			continue
		}
		style, number := numberOf(column, n)
		r.value(column, style, number)
	}
	return append(r.b, `</row>`...)
}

// numberOf is the number in a column of the tender n, and its style.
func numberOf(column, n int) (style int, appendTo func([]byte) []byte) {
	whole := func(i int) func([]byte) []byte {
		return func(b []byte) []byte { return strconv.AppendInt(b, int64(i), 10) }
	}
	switch column {
	case 0:
		return 0, whole(900_000_000 + n)
	case 2:
		return 1, whole(n*7919%977*1000 + 1000)
	case 3: // an instant of a working day, with the digits Excel's arithmetic leaves
		return 2, func(b []byte) []byte { return fmt.Appendf(b, "38303.%011d", (n*7919+401)*1_000_003%99_999_999_989) }
	case 10:
		return 2, func(b []byte) []byte { return append(b, "38303.5"...) }
	}
	return 1, whole(n + 1)
}
