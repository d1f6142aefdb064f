package ingest

import (
	"fmt"
	"strings"
)

// hostileSheets attack by what a workbook says: its structure and its values.
func hostileSheets() []hostile {
	data := func(more func() string) func() []byte {
		return func() []byte { return hostileBook{sheet: rows(more())}.bytes() }
	}
	text := func(more string) func() []byte { return data(func() string { return more }) }
	book := func(h func() hostileBook) func() []byte { return func() []byte { return h().bytes() } }
	parts := func(name string, content func() string) func() []byte {
		return func() []byte { return hostileBook{parts: map[string]string{name: content()}}.bytes() }
	}
	link := func(target, mode string) func() []byte {
		return parts("xl/_rels/workbook.xml.rels", func() string {
			return relationships(strings.Replace(bookRelationships, `Target="worksheets/sheet1.xml"`,
				`Target="`+target+`" `+mode, 1))
		})
	}
	const long = 32_000
	return []hostile{
		{name: "row a billion", want: hostileSheet + " … \"1000000000\" is not the number of a row",
			make: text(`<row r="1000000000"/>`)},
		{name: "row 2^64", want: "is not the number of a row", make: text(`<row r="18446744073709551616"/>`)},
		{name: "row 1,048,577", want: "is not the number of a row", make: text(`<row r="1048577"/>`)},
		{name: "more rows than a sheet has", want: "is below a sheet's last row",
			make: data(func() string { return times(1_100_000, "<row ht='%d'/>") })},
		{name: "a million rows of nothing, then a fault", want: "is not a number", make: data(func() string {
			return times(1_000_000, `<row ht="%d"><c s="1"/></row>`) + `<row><c><v>x</v></c></row>`
		})},
		{name: "a million rows of nothing before the headings, then a fault", want: "is not a number",
			make: book(func() hostileBook {
				return hostileBook{sheet: `<sheetData>` + times(1_000_000,
					`<row ht="%d"><c s="1"/></row>`) + headingRow + `<row><c><v>x</v></c></row></sheetData>`}
			})},
		{name: "a million tenders that are no tenders", want: "A10003: more than 10000 lines of the file are rejected",
			make: data(func() string {
				return times(900_000, `<row><c><v>%d</v></c></row>`)
			})},
		{name: "a hundred thousand tenders that are one", want: "lines of the file are rejected",
			make: data(func() string {
				return times(100_000, goodRow+`<?x %d?>`) + strings.Replace(goodRow, "5000", "6000", 1)
			})},
		{name: "sixteen thousand headings in each of fifty rows", want: "no column for", make: func() []byte {
			return hostileBook{sheet: `<sheetData>` + times(50,
				`<row>`+times(16384, `<c t="str"><v>Reference of kind %d</v></c>`)+`</row>`) + `</sheetData>`}.bytes()
		}},
		{name: "sixteen thousand columns of one name", want: "CUSIP", make: func() []byte {
			return hostileBook{sheet: `<sheetData><row>` + headingCells + times(16000,
				`<c t="str"><v>CUSIP</v></c><?x %d?>`) + `</row>` + goodRow + `</sheetData>`}.bytes()
		}},
		{name: "a million totals", want: "R6-total", make: data(func() string {
			return times(600_000, `<row><c t="str"><v>Total</v></c><c/><c><v>%d</v></c></row>`)
		})},
		{name: "headings a million times over, then a fault", want: "is not a number", make: data(func() string {
			return times(200_000, headingRow+`<?x %d?>`) + `<row><c><v>x</v></c></row>`
		})},
		{name: "remarks a million times over, then a fault", want: "is not a number", make: data(func() string {
			return times(1_000_000,
				`<row hidden="1" ht="%d"><c/><c/><c/><c/><c/><c t="str"><v>remark</v></c></row>`) + `<row><c><v>x</v></c></row>`
		})},
		{name: "rows in descending order", want: "row 5 comes after row 7", make: text(`<row r="7"/><row r="5"/>`)},
		{name: "a million columns", want: hostileSheet + " … a cell is to the right of a sheet's last column",
			make: data(func() string {
				return `<row>` + times(1_000_000, `<c/>`) + `</row>`
			})},
		{name: "column ZZZZ", want: `"ZZZZ1" is not the name of a cell`, make: text(`<row r="3"><c r="ZZZZ1"/></row>`)},
		{name: "cells in descending order", want: "comes after", make: text(`<row r="3"><c r="B3"/><c r="A3"/></row>`)},
		{name: "a cell of another row", want: "the cell A9 is in row 3", make: text(`<row r="3"><c r="A9"/></row>`)},
		{name: "more cells than the limit", want: "more cells than the limit of 20000000", make: data(func() string {
			return times(1300, "<row>"+times(16384, "<c/>")+"<?"+varied(9000)+"?></row>")
		})},
		{name: "a million merged ranges, then a fault", want: "is not a range of cells", make: book(func() hostileBook {
			return hostileBook{sheet: rows("") + `<mergeCells>` + times(1_000_000,
				`<mergeCell ref="A%d"/>`) + `<mergeCell/></mergeCells>`}
		})},
		{name: "more merged ranges than rows", want: "more merged ranges than the limit of 1048576",
			make: book(func() hostileBook {
				return hostileBook{sheet: rows("") + `<mergeCells>` + times(1_100_000,
					`<mergeCell ref="A1" x="%d"/>`) + `</mergeCells>`}
			})},
		{name: "a million merged ranges over the tenders", want: "are merged over several columns",
			make: book(func() hostileBook {
				return hostileBook{sheet: rows("") + `<mergeCells>` + times(1_000_000,
					`<mergeCell ref="A2:B2" x="%d"/>`) + `</mergeCells>`}
			})},
		{name: "a merged range backwards", want: `"B9:A1" is not a range`, make: book(func() hostileBook {
			return hostileBook{sheet: rows("") + `<mergeCells><mergeCell ref="B9:A1"/></mergeCells>`}
		})},
		{name: "ninety thousand styles, then one that does not exist", want: "style 99999 does not exist",
			make: book(func() hostileBook {
				return hostileBook{style: `<cellXfs>` + times(90_000, `<xf numFmtId="%d"/>`) + `</cellXfs>`,
					sheet: rows(`<row><c s="99999"/></row>`)}
			})},
		{name: "four million styles, then a fault", want: "is not a number", make: book(func() hostileBook {
			return hostileBook{style: `<cellXfs>` + times(4_000_000, `<xf numFmtId="%d"/>`) + `</cellXfs>`,
				sheet: rows(`<row><c><v>x</v></c></row>`)}
		})},
		{name: "two million number formats, then a fault", want: "is not a number", make: book(func() hostileBook {
			return hostileBook{style: `<numFmts>` + times(2_000_000,
				`<numFmt numFmtId="%d" formatCode="0"/>`) + `</numFmts>` + hostileStyle,
				sheet: rows(`<row><c><v>x</v></c></row>`)}
		})},
		{name: "a number format of 8 MiB", want: "xl/styles.xml … longer than the limit",
			make: book(func() hostileBook {
				return hostileBook{style: `<numFmts><numFmt numFmtId="200" formatCode="` + varied(8<<20) + `"/></numFmts>` + hostileStyle}
			})},
		{name: "a hundred number formats of a MiB of brackets", want: "is not a number", make: book(func() hostileBook {
			return hostileBook{style: `<numFmts>` + times(100,
				`<numFmt numFmtId="%d" formatCode="`+strings.Repeat("[h",
					400_000)+varied(200_000)+`"/>`) + `</numFmts>` + hostileStyle,
				sheet: rows(`<row><c><v>x</v></c></row>`)}
		})},
		{name: "more shared strings than the limit",
			want: "xl/sharedStrings.xml … more shared strings than the limit of 2000000",
			make: book(func() hostileBook {
				return hostileBook{texts: times(2_100_000, `<si><t>%d</t></si>`)}
			})},
		{name: "a shared string that does not exist", want: hostileSheet + ", A3, … shared string 7 does not exist",
			make: text(`<row><c t="s"><v>7</v></c></row>`)},
		{name: "a shared string of twenty digits", want: "is not the number of a shared string",
			make: text(`<row><c t="s"><v>18446744073709551616</v></c></row>`)},
		{name: "one string of a MiB in every heading",
			want: "shared strings, each time they are used, are longer than the limit of 536870912",
			make: book(func() hostileBook {
				return hostileBook{texts: `<si><t>` + varied(1<<20) + `</t></si>`,
					sheet: `<sheetData>` + times(5, `<row>`+times(16384,
						`<c t="s"><v>0</v></c><?x %d?>`)+`</row>`) + `</sheetData>`}
			})},
		{name: "one string of 32,000 characters in a million cells",
			want: "shared strings, each time they are used, are longer than the limit", make: book(func() hostileBook {
				return hostileBook{texts: `<si><t>` + varied(long) + `</t></si>`,
					sheet: rows(times(150_000, `<row><c><v>%d</v></c>`+times(5, `<c t="s"><v>0</v></c>`)+`</row>`))}
			})},
		{name: "a million rich runs, then a fault", want: "is not a number", make: book(func() hostileBook {
			return hostileBook{texts: `<si>` + times(1_000_000, `<r><rPr><sz val="%d"/></rPr><t> </t></r>`) + `</si>`,
				sheet: rows(`<row><c><v>x</v></c></row>`)}
		})},
		{name: "escapes without an end, then a fault", want: "is not a number", make: book(func() hostileBook {
			return hostileBook{texts: times(100,
				`<si><t>`+strings.Repeat("_x005F", 150_000)+varied(90_000)+`</t></si>`),
				sheet: rows(`<row><c><v>x</v></c></row>`)}
		})},
		{name: "two lists of cells", want: "second sheetData",
			make: func() []byte { return hostileBook{sheet: rows("") + rows("")}.bytes() }},
		{name: "no list of cells", want: "no sheetData",
			make: func() []byte { return hostileBook{sheet: `<dimension ref="A1"/>`}.bytes() }},
		{name: "cells behind alternate content", want: "alternate content",
			make: text(`<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>` + goodRow + `</mc:Choice></mc:AlternateContent>`)},
		{name: "a number that is none", want: "A3 … is not a number", make: text(`<row><c><v>1,5</v></c></row>`)},
		{name: "infinity", want: `"INF" is not a number`, make: text(`<row><c><v>INF</v></c></row>`)},
		{name: "an exponent of nine digits", want: "is not a number",
			make: text(`<row><c><v>1E999999999</v></c></row>`)},
		{name: "a number of a million digits", want: "5 rejects", make: data(func() string {
			return `<row><c><v>` + strings.Repeat("9", 1_000_000) + `</v></c></row>`
		})},
		{name: "a sheet on the web", want: "the sheet \"Tenders\" is not in the file",
			make: link("http://example.com/a.xml", `TargetMode="External"`)},
		{name: "a sheet on the disk", want: "is not in the file",
			make: link("file:///etc/passwd", `TargetMode="External"`)},
		{name: "a sheet above the archive", want: "is not in the file", make: link("../../../../../../etc/passwd", "")},
		{name: "a sheet that is the workbook", want: "xl/workbook.xml … the root element is",
			make: link("workbook.xml", "")},
		{name: "a sheet that is its own list", want: "the root element is", make: link("_rels/workbook.xml.rels", "")},
		{name: "a relationship twice", want: "is given twice",
			make: parts("xl/_rels/workbook.xml.rels",
				func() string { return relationships(bookRelationships + bookRelationships) })},
		{name: "a million relationships", want: "the relationship \"a1\" is given twice",
			make: parts("xl/_rels/workbook.xml.rels", func() string {
				return relationships(times(1_000_000,
					`<Relationship Id="a%d" Type="t" Target="x"/>`) + `<Relationship Id="a1" Type="t" Target="x"/>`)
			})},
		{name: "a million content types", want: "two content types are given",
			make: parts("[Content_Types].xml", func() string {
				return strings.Replace(hostileTypes, "</Types>",
					times(1_000_000,
						`<Override PartName="/a%d" ContentType="t"/>`)+`<Override PartName="/a1" ContentType="u"/></Types>`, 1)
			})},
		{name: "a million sheets", want: "xl/workbook.xml … does not exist",
			make: parts("xl/workbook.xml", func() string {
				return workbookXML(times(1_000_000, `<sheet name="a%d" sheetId="1" r:id="z"/>`))
			})},
		{name: "one part under two names", want: "are the same part", make: parts("xl/workbook.xml", func() string {
			return workbookXML(`<sheet name="Tenders" r:id="s1"/><sheet name="Again" r:id="s1"/>`)
		})},
		{name: "two sheets of one name", want: "two sheets have the name",
			make: parts("xl/workbook.xml", func() string {
				return workbookXML(`<sheet name="Tenders" r:id="s1"/><sheet name="TENDERS" r:id="t"/>`)
			})},
		{name: "a thousand sheets that look like tenders", want: "1001 sheets have the headings of tenders",
			make: book(manySheets)},
		{name: "no sheet at all", want: "the workbook lists no worksheet",
			make: parts("xl/workbook.xml", func() string { return workbookXML("") })},
		{name: "two columns of principal", want: "C1 … Principal Amount", make: func() []byte {
			return hostileBook{sheet: `<sheetData><row>` + headingCells + `<c t="inlineStr"><is><t>Principal Amount</t></is></c></row>` + goodRow + `</sheetData>`}.bytes()
		}},
	}
}

// manySheets has a thousand sheets with the headings besides the first.
func manySheets() hostileBook {
	h := hostileBook{parts: map[string]string{}}
	sheets, links := `<sheet name="Tenders" r:id="s1"/>`, bookRelationships
	for i := range 1000 {
		sheets += fmt.Sprintf(`<sheet name="More %d" r:id="m%d"/>`, i, i)
		links += fmt.Sprintf(`<Relationship Id="m%d" Type="%s/worksheet" Target="worksheets/more%d.xml"/>`, i,
			hostileDocRel, i)
		h.parts[fmt.Sprintf("xl/worksheets/more%d.xml", i)] = worksheet(rows(""))
	}
	h.parts["xl/workbook.xml"], h.parts["xl/_rels/workbook.xml.rels"] = workbookXML(sheets), relationships(links)
	return h
}
