package ingest

import (
	"fmt"
	"strings"
)

// hostileXML attacks the reading of XML, in the sheet unless the name says where.
func hostileXML() []hostile {
	const entities = `<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	sheet := func(content func() string) func() []byte {
		return func() []byte { return hostileBook{parts: map[string]string{hostileSheet: content()}}.bytes() }
	}
	text := func(content string) func() []byte { return sheet(func() string { return content }) }
	data := func(content func() string) func() []byte {
		return sheet(func() string { return worksheet(rows(content())) })
	}
	in := func(part, content string) func() []byte {
		return func() []byte { return hostileBook{parts: map[string]string{part: content}}.bytes() }
	}
	return []hostile{
		{name: "a billion laughs", want: hostileSheet + " … byte 38 … DOCTYPE",
			make: text(hostileXMLHead + entities + `<worksheet>&c;</worksheet>`)},
		{name: "an external entity", want: "DOCTYPE",
			make: text(`<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>`)},
		{name: "an external document type", want: "DOCTYPE",
			make: text(`<!DOCTYPE w SYSTEM "http://example.com/w.dtd"><worksheet/>`)},
		{name: "entities in the workbook part", want: "xl/workbook.xml … DOCTYPE",
			make: in("xl/workbook.xml", entities+`<workbook/>`)},
		{name: "entities in the strings", want: "xl/sharedStrings.xml … DOCTYPE",
			make: in("xl/sharedStrings.xml", entities+`<sst/>`)},
		{name: "entities in the styles", want: "xl/styles.xml … DOCTYPE",
			make: in("xl/styles.xml", entities+`<styleSheet/>`)},
		{name: "entities in the relationships", want: "_rels/.rels … DOCTYPE",
			make: in("_rels/.rels", entities+`<Relationships/>`)},
		{name: "entities in the content types", want: "[Content_Types].xml … DOCTYPE",
			make: in("[Content_Types].xml", entities+`<Types/>`)},
		{name: "an entity that is not declared", want: "&c; is not a reference",
			make: text(worksheet(rows(`<row><c t="str"><v>&c;</v></c></row>`)))},
		{name: "a character that cannot be", want: "&#0; is not a reference",
			make: text(worksheet(rows(`<row><c t="str"><v>&#0;</v></c></row>`)))},
		{name: "a character of twenty digits", want: "begins no reference",
			make: text(worksheet(rows(`<row><c t="str"><v>&#99999999999999999999;</v></c></row>`)))},
		{name: "a million elements within one another", want: hostileSheet + " … deeper than the limit of 64",
			make: sheet(func() string {
				return worksheet(times(1_000_000, "<a%d>") + times(1_000_000, "</a>"))
			})},
		{name: "rich text within itself", want: "deeper than the limit of 64", make: sheet(func() string {
			return worksheet(times(100_000, "<ext>"))
		})},
		{name: "a million attributes", want: "more than 64 attributes", make: sheet(func() string {
			return worksheet(`<x ` + times(1_000_000, `a%d="" `) + `/>`)
		})},
		{name: "tags of 64 attributes, each compared with each", want: "is where it is not allowed",
			make: data(func() string {
				return times(60_000, `<?x %d?><z:a xmlns:z="u" `+times(62, `aaaaaaa%d=""`+" ")+`/>`) + `<d/>`
			})},
		{name: "sixteen thousand prefixes, looked up a million times",
			want: "more than 64 prefixes are declared at once",
			make: sheet(func() string { return manyPrefixes(60, 50, "first") })},
		{name: "tags of 64 attributes in a prefix that is found last, then a fault", want: "is not a number",
			make: sheet(func() string { return manyPrefixes(1, 62, "first") })},
		{name: "an attribute of 8 MiB", want: "a tag or text is longer than the limit of 1048576 bytes",
			make: sheet(func() string {
				return worksheet(`<x a="` + varied(8<<20) + `"/>`)
			})},
		{name: "an attribute without an end", want: "longer than the limit", make: sheet(func() string {
			return hostileXMLHead + `<worksheet a="` + varied(8<<20)
		})},
		{name: "a name of 8 MiB", want: "longer than the limit",
			make: sheet(func() string { return worksheet(`<` + varied(8<<20) + `/>`) })},
		{name: "a text of 8 MiB", want: "longer than the limit", make: data(func() string {
			return `<row><c t="inlineStr"><is><t>` + varied(8<<20) + `</t></is></c></row>`
		})},
		{name: "a text of 8 MiB in pieces", want: "longer than the limit", make: data(func() string {
			return `<row><c t="inlineStr"><is><t>` + times(20_000, varied(500)+`<!-- -->`) + `</t></is></c></row>`
		})},
		{name: "a text of 8 MiB in runs", want: "longer than the limit", make: data(func() string {
			return `<row><c t="inlineStr"><is>` + times(20_000, `<r><t>`+varied(500)+`</t></r>`) + `</is></c></row>`
		})},
		{name: "a comment of 8 MiB", want: "longer than the limit",
			make: data(func() string { return `<!--` + varied(8<<20) + `-->` })},
		{name: "a comment without an end", want: "longer than the limit",
			make: sheet(func() string { return hostileXMLHead + `<!--` + varied(8<<20) })},
		{name: "an instruction of 8 MiB", want: "longer than the limit",
			make: data(func() string { return `<?a ` + varied(8<<20) + `?>` })},
		{name: "CDATA of 8 MiB", want: "longer than the limit", make: data(func() string {
			return `<row><c t="str"><v><![CDATA[` + varied(8<<20) + `]]></v></c></row>`
		})},
		{name: "a formula of 8 MiB", want: "longer than the limit",
			make: data(func() string { return `<row><c><f>` + varied(8<<20) + `</f></c></row>` })},
		{name: "an end tag without an end", want: "longer than the limit",
			make: data(func() string { return `</row` + strings.Repeat(" ", 3<<20) })},
		{name: "CDATA within CDATA", want: "]]>",
			make: text(worksheet(rows(`<row><c t="str"><v><![CDATA[<![CDATA[a]]>]]></v></c></row>`)))},
		{name: "UTF-16 that stops", want: hostileSheet + " … ends within", make: text("\xff\xfe<\x00w\x00")},
		{name: "UTF-16 with half a character", want: hostileSheet + " … half a character of UTF-16",
			make: text("\xff\xfe<\x00\x00\xd8w\x00")},
		{name: "UTF-7", want: `"utf-7"`, make: text(`<?xml version="1.0" encoding="utf-7"?><worksheet/>`)},
		{name: "EBCDIC", want: "not UTF-8", make: text("\x4c\x6f\xa7\x94\x93")},
		{name: "a NUL in a value", want: "byte 527: a control character",
			make: text(worksheet(rows("<row><c><v>1\x000</v></c></row>")))},
		{name: "an overlong character", want: "a byte that is not UTF-8: 0xc0",
			make: text(worksheet(rows("<row><c t=\"str\"><v>\xc0\xbc</v></c></row>")))},
		{name: "half a surrogate pair", want: "a byte that is not UTF-8: 0xed",
			make: text(worksheet(rows("<row><c t=\"str\"><v>\xed\xa0\x80</v></c></row>")))},
		{name: "XML 1.1", want: `XML "1.1", not 1.0`, make: text(`<?xml version="1.1"?><worksheet/>`)},
		{name: "a second root", want: "a second root element", make: text(worksheet(rows("")) + `<worksheet/>`)},
		{name: "text behind the root", want: "text outside the root element", make: text(worksheet(rows("")) + `x`)},
		{name: "the end of the sheet missing", want: "the part ends within <sheetData>",
			make: text(hostileXMLHead + `<worksheet xmlns="` + hostileMain + `"><sheetData>` + headingRow + goodRow)},
		{name: "a tag that ends at the end of the part", want: "ends within a tag",
			make: text(hostileXMLHead + `<worksheet xmlns="` + hostileMain + `"><sheetData><row`)},
		{name: "crossed tags", want: "closes what is not open",
			make: text(worksheet(`<sheetData><row></sheetData></row>`))},
		{name: "an attribute twice", want: "twice", make: text(worksheet(rows(`<row r="3" r="4"/>`)))},
		{name: "a prefix that is not declared", want: "prefix of", make: text(worksheet(rows(`<x:row/>`)))},
		{name: "a sheet in another namespace", want: "the root element is",
			make: text(strings.ReplaceAll(worksheet(rows("")), hostileMain, "urn:other"))},
	}
}

// varied is text of so many bytes that packs badly enough for the limit of the
// ratio.
func varied(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		if i%256 == 0 {
			x = x*1664525 + 1013904223
		}
		b[i] = 'a' + byte(x>>24)%26
		if i%256 < 3 {
			x = x*1664525 + 1013904223
		}
	}
	return string(b)
}

// manyPrefixes declares prefixes on each of a number of elements within one
// another, and uses the first of all on a great many tags.
func manyPrefixes(deep, each int, used string) string {
	var b strings.Builder
	b.WriteString(hostileXMLHead + `<worksheet xmlns="` + hostileMain + `" xmlns:first="urn:first">`)
	for i := range deep {
		b.WriteString("<ext ")
		for j := range each {
			fmt.Fprintf(&b, `xmlns:p%dq%d="u" `, i, j)
		}
		b.WriteString(">")
	}
	tag := "<" + used + ":a " + times(62, used+":b%d='' ") + "/>"
	for i := range 60 << 20 / len(tag) {
		fmt.Fprintf(&b, "<?x %d?>%s", i*i, tag)
	}
	b.WriteString(times(deep, "</ext>") + rows(`<row><c><v>x</v></c></row>`) + "</worksheet>")
	return b.String()
}
