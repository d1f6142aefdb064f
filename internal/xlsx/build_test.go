package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A small builder of workbooks. Everything is text, so that a test can put any fault anywhere.

const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainNS      = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	strictNS    = `http://purl.oclc.org/ooxml/spreadsheetml/main`
	docRelNS    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	strictRelNS = `http://purl.oclc.org/ooxml/officeDocument/relationships`
	packRelNS   = `http://schemas.openxmlformats.org/package/2006/relationships`
)

// file is one entry of an archive being built.
type file struct{ name, content string }

// book is a workbook being built; the zero value has one sheet without rows.
type book struct {
	sheet   string // content of the first sheet's root element; data(...) is the usual
	strings string // content of sst; no part if empty
	styles  string // content of styleSheet; no part if empty
	pr      string // workbookPr element
	files   []file // replace or add parts
	without string // name of a part to leave out
}

// data wraps rows as a worksheet's content.
func data(rows string) string { return "<sheetData>" + rows + "</sheetData>" }

// sheetXML is a worksheet part.
func sheetXML(content string) string {
	return xmlHead + `<worksheet xmlns="` + mainNS + `" xmlns:r="` + docRelNS + `">` + content + `</worksheet>`
}

// parts lists the entries of the archive.
func (b book) parts() []file {
	content := b.sheet
	if content == "" {
		content = data("")
	}
	rels := `<Relationship Id="rId1" Type="` + docRelNS + `/worksheet" Target="worksheets/sheet1.xml"/>`
	if b.strings != "" {
		rels += `<Relationship Id="rId2" Type="` + docRelNS + `/sharedStrings" Target="sharedStrings.xml"/>`
	}
	if b.styles != "" {
		rels += `<Relationship Id="rId3" Type="` + docRelNS + `/styles" Target="styles.xml"/>`
	}
	files := []file{
		{"[Content_Types].xml", typesXML("/xl/workbook.xml", typeWorkbook)},
		{"_rels/.rels",
			relsXML(`<Relationship Id="rId1" Type="` + docRelNS + `/officeDocument" Target="xl/workbook.xml"/>`)},
		{"xl/workbook.xml",
			xmlHead + `<workbook xmlns="` + mainNS + `" xmlns:r="` + docRelNS + `">` + b.pr + `<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relsXML(rels)},
		{"xl/worksheets/sheet1.xml", sheetXML(content)},
	}
	if b.strings != "" {
		files = append(files, file{"xl/sharedStrings.xml",
			xmlHead + `<sst xmlns="` + mainNS + `">` + b.strings + `</sst>`})
	}
	if b.styles != "" {
		files = append(files, file{"xl/styles.xml",
			xmlHead + `<styleSheet xmlns="` + mainNS + `">` + b.styles + `</styleSheet>`})
	}
	return b.replaced(files)
}

// replaced puts the book's own files over the usual ones.
func (b book) replaced(files []file) []file {
	var out []file
	for _, f := range files {
		for _, own := range b.files {
			if own.name == f.name {
				f = own
			}
		}
		if f.name != b.without {
			out = append(out, f)
		}
	}
	for _, own := range b.files {
		known := false
		for _, f := range files {
			known = known || f.name == own.name
		}
		if !known {
			out = append(out, own)
		}
	}
	return out
}

func typesXML(part, kind string) string {
	return xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="` + part + `" ContentType="` + kind + `"/></Types>`
}

func relsXML(content string) string {
	return xmlHead + `<Relationships xmlns="` + packRelNS + `">` + content + `</Relationships>`
}

// zipped packs the book, deflated, with data descriptors.
func (b book) zipped(t testing.TB) []byte {
	t.Helper()
	return zipFiles(t, b.parts())
}

func zipFiles(t testing.TB, files []file) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// open opens packed bytes.
func open(b []byte) (*Workbook, error) {
	return Open(bytes.NewReader(b), int64(len(b)), DefaultLimits())
}

// dump reads every sheet of a workbook into lines such as
// "2 hidden: A=text:abc B=number/date:38303 C=formula,blank:".
func dump(b []byte) ([]string, error) {
	return dumpWith(b, DefaultLimits())
}

func dumpWith(b []byte, limits Limits) ([]string, error) {
	w, err := Open(bytes.NewReader(b), int64(len(b)), limits)
	if err != nil {
		return nil, err
	}
	return rowsOf(w)
}

func rowsOf(w *Workbook) ([]string, error) {
	var lines []string
	for i, sheet := range w.Sheets() {
		if i > 0 {
			lines = append(lines, "sheet "+sheet.Name)
		}
		tail, err := w.Rows(i, func(r *Row) error {
			lines = append(lines, describe(r))
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, m := range tail.Merged {
			lines = append(lines, "merged "+CellName(m.FirstCol, m.FirstRow)+":"+CellName(m.LastCol, m.LastRow))
		}
	}
	return lines, nil
}

var (
	kindNames   = map[Kind]string{Blank: "blank", Text: "text", Number: "number", Bool: "bool", Error: "error"}
	formatNames = map[Format]string{General: "", NumberFormat: "/number", DateTime: "/date", Percent: "/percent",
		TextFormat: "/text", ISODate: "/iso"}
)

func describe(r *Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", r.Number)
	if r.Hidden {
		b.WriteString(" hidden")
	}
	b.WriteString(":")
	for _, c := range r.Cells {
		name := strings.TrimRight(CellName(c.Col, 1), "1")
		fmt.Fprintf(&b, " %s=", name)
		if c.Formula {
			b.WriteString("formula,")
		}
		fmt.Fprintf(&b, "%s%s:%s", kindNames[c.Kind], formatNames[c.Format], c.Text)
	}
	return b.String()
}
