package xlsx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/xlsx/fault"
)

const someStrings = `<si><t>zero</t></si><si><t>one</t></si>`

const someStyles = `<numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd hh:mm:ss"/><numFmt numFmtId="165" formatCode="0.00 &quot;days&quot;"/></numFmts>` +
	`<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/><xf numFmtId="49"/></cellXfs>`

// TestRead holds what comes out of sound sheets, one case a rule.
func TestRead(t *testing.T) {
	row := func(cells string) string { return data(`<row r="1">` + cells + `</row>`) }
	tests := []struct {
		rule string
		book book
		want string // lines joined by " | "
	}{
		{"a sheet without rows", book{}, ""},
		{"an empty sheetData tag", book{sheet: `<sheetData/>`}, ""},
		{"a row without cells is not reported",
			book{sheet: data(`<row r="1"/><row r="2"></row><row r="3"><c r="A3"><v>1</v></c></row>`)}, "3: A=number:1"},
		{"a number keeps its digits",
			book{sheet: row(`<c r="A1"><v>0.30000000000000004</v></c><c r="B1"><v>4.4000000000000004E-2</v></c><c r="C1" t="n"><v>-1500000.00</v></c><c r="D1"><v>1e5</v></c>`)}, "1: A=number:0.30000000000000004 B=number:4.4000000000000004E-2 C=number:-1500000.00 D=number:1e5"},
		{"a shared string", book{sheet: row(`<c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c>`),
			strings: someStrings}, "1: A=text:one B=text:zero"},
		{"an inline string", book{sheet: row(`<c r="A1" t="inlineStr"><is><t>in</t></is></c>`)}, "1: A=text:in"},
		{"an inline string in runs",
			book{sheet: row(`<c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t>in </t></r><r><t>runs</t></r></is></c>`)},
			"1: A=text:in runs"},
		{"a text from a formula", book{sheet: row(`<c r="A1" t="str"><f>B1&amp;"x"</f><v>a&amp;b</v></c>`)},
			"1: A=formula,text:a&b"},
		{"an empty text from a formula is text", book{sheet: row(`<c r="A1" t="str"><f>""</f><v></v></c>`)},
			"1: A=formula,text:"},
		{"a number from a formula", book{sheet: row(`<c r="A1"><f>1+1</f><v>2</v></c>`)}, "1: A=formula,number:2"},
		{"a formula without a stored value",
			book{sheet: row(`<c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v></v></c><c r="C1"><f t="shared" si="0"/></c>`)}, "1: A=formula,blank: B=formula,blank: C=formula,blank:"},
		{"booleans", book{sheet: row(`<c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="b"><v>true</v></c>`)}, "1: A=bool:1 B=bool:0 C=bool:1"},
		{"an error value", book{sheet: row(`<c r="A1" t="e"><v>#N/A</v></c>`)}, "1: A=error:#N/A"},
		{"an ISO date", book{sheet: row(`<c r="A1" t="d"><v>2004-11-12T16:59:59.700</v></c>`)},
			"1: A=text/iso:2004-11-12T16:59:59.700"},
		{"blank cells", book{sheet: row(`<c r="A1"/><c r="B1" s="0"></c><c r="C1" t="s"/><c r="D1"><v/></c>`)},
			"1: A=blank: B=blank: C=blank: D=blank:"},
		{"a gap between cells",
			book{sheet: row(`<c r="B1"><v>1</v></c><c r="AA1"><v>2</v></c><c r="XFD1"><v>3</v></c>`)},
			"1: B=number:1 AA=number:2 XFD=number:3"},
		{"cells without a reference count on", book{sheet: row(`<c><v>1</v></c><c r="D1"><v>2</v></c><c><v>3</v></c>`)},
			"1: A=number:1 D=number:2 E=number:3"},
		{"rows without a number count on",
			book{sheet: data(`<row><c><v>1</v></c></row><row r="5"><c><v>2</v></c></row><row><c><v>3</v></c></row>`)},
			"1: A=number:1 | 5: A=number:2 | 6: A=number:3"},
		{"the last row", book{sheet: data(`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`)},
			"1048576: A=number:1"},
		{"a hidden row",
			book{sheet: data(`<row r="1" hidden="1"><c><v>1</v></c></row><row r="2" hidden="true"><c><v>1</v></c></row><row r="3" hidden="0"><c><v>1</v></c></row>`)}, "1 hidden: A=number:1 | 2 hidden: A=number:1 | 3: A=number:1"},
		{"merged ranges",
			book{sheet: row(`<c r="A1"><v>1</v></c>`) + `<mergeCells count="2"><mergeCell ref="A1:C2"/><mergeCell ref="D4"/></mergeCells>`}, "1: A=number:1 | merged A1:C2 | merged D4:D4"},
		{"kinds of number formats",
			book{sheet: row(`<c r="A1" s="0"><v>1</v></c><c r="B1" s="1"><v>1</v></c><c r="C1" s="2"><v>1</v></c><c r="D1" s="3"><v>1</v></c><c r="E1" s="4"><v>1</v></c><c r="F1" s="5"><v>1</v></c>`), styles: someStyles}, "1: A=number:1 B=number/date:1 C=number/date:1 D=number/number:1 E=number/percent:1 F=number/text:1"},
		{"an empty style is none", book{sheet: row(`<c r="A1" s=""><v>1</v></c>`)}, "1: A=number:1"},
		{"a namespace prefix", book{files: []file{{"xl/worksheets/sheet1.xml",
			`<x:worksheet xmlns:x="` + mainNS + `"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`}}, strings: someStrings}, "1: A=text:one"},
		{"a prefix declared on a cell",
			book{sheet: row(`<y:c xmlns:y="` + mainNS + `" r="A1"><y:v>7</y:v></y:c><c r="B1"><v>8</v></c>`)},
			"1: A=number:7 B=number:8"},
		{"elements of another namespace are not cells",
			book{sheet: row(`<z:c xmlns:z="urn:z" r="A1"><z:v>7</z:v></z:c><c r="B1"><v>8</v></c>`)}, "1: B=number:8"},
		{"a default namespace undone on a cell",
			book{sheet: row(`<c xmlns="" r="A1"><v>7</v></c><c r="B1"><v>8</v></c>`)}, "1: B=number:8"},
		{"strict namespaces",
			book{files: strictFiles(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="d"><v>2004-11-12</v></c></row>`)}, "1: A=text:strict B=text/iso:2004-11-12"},
		{"CDATA", book{sheet: row(`<c r="A1" t="inlineStr"><is><t>a<![CDATA[<b>&amp;]]>c</t></is></c><c r="B1"><v><![CDATA[12]]></v></c>`)}, "1: A=text:a<b>&amp;c B=number:12"},
		{"comments and processing instructions",
			book{sheet: `<!-- a --><sheetData><?pi x?><row r="1"><!----><c r="A1"><!-- > --><v>1<!-- 2 -->3</v></c></row></sheetData><!-- end -->`}, "1: A=number:13"},
		{"space between elements", book{sheet: "\n<sheetData>\r\n <row r=\"1\" >\n\t<c r = " +
			"'A1'\n>\n<v>1</v\n>\n</c>\n</row> </sheetData>\n"}, "1: A=number:1"},
		{"space around a number", book{sheet: row(`<c r="A1"><v> 12 </v></c>`)}, "1: A=number:12"},
		{"references",
			book{sheet: row(`<c r="A1" t="inlineStr"><is><t>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;</t></is></c>`)}, "1: A=text:<>&\"'AB\U0001F600"},
		{"references in attributes", book{sheet: data(`<row r="&#49;"><c r="&#x41;1" t="&#x73;"><v>0</v></c></row>`),
			strings: someStrings}, "1: A=text:zero"},
		{"escapes", book{sheet: row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="str"><v>_x0042_</v></c><c r="C1" t="inlineStr"><is><t>_x0043_</t></is></c>`), strings: `<si><t>_x0041__x005F_x0041_ _x00_ _xD83D__xDE00_ _xD83D_ _x000d_</t></si>`}, "1: A=text:A_x0041_ _x00_ \U0001F600 _xD83D_ \r B=text:B C=text:C"},
		{"line ends become \\n", book{sheet: row("<c r=\"A1\" t=\"inlineStr\"><is><t>a\r\nb\rc\nd</t></is></c>")},
			"1: A=text:a\nb\nc\nd"},
		{"space at a text's ends goes",
			book{sheet: row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t> b </t></is></c><c r="C1" t="str"><v> c </v></c>`), strings: `<si><t> a&#10;</t></si>`}, "1: A=text:a B=text:b C=text:c"},
		{"space stays where xml:space preserves it",
			book{sheet: row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t xml:space="preserve"> b </t></is></c><c r="C1" t="str"><v xml:space="preserve"> c </v></c>`), strings: `<si><t xml:space="preserve"> a </t></si>`}, "1: A=text: a  B=text: b  C=text: c "},
		{"xml:space is inherited and can be undone",
			book{sheet: row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>`),
				strings: `<si xml:space="preserve"><t> a </t></si><si xml:space="preserve"><t xml:space="default"> b </t></si>`}, "1: A=text: a  B=text:b"},
		{"a no-break space is no space of XML's",
			book{sheet: row(`<c r="A1" t="inlineStr"><is><t>` + "\u00a0a\u00a0" + `</t></is></c>`)},
			"1: A=text:\u00a0a\u00a0"},
		{"rich text is joined", book{sheet: row(`<c r="A1" t="s"><v>0</v></c>`),
			strings: `<si><r><t>Level</t></r><r><rPr><b/></rPr><t> </t></r><r><t>3</t></r></si>`}, "1: A=text:Level 3"},
		{"phonetic text is left out", book{sheet: row(`<c r="A1" t="s"><v>0</v></c>`),
			strings: "<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh><phoneticPr fontId=\"1\"/></si>"},
			"1: A=text:東京"},
		{"an empty shared string",
			book{sheet: row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c>`),
				strings: `<si><t></t></si><si><t/></si><si/>`}, "1: A=text: B=text: C=text:"},
		{"shared strings between comments and spaces",
			book{sheet: row(`<c r="A1" t="s"><v>1</v></c>`),
				strings: "\n<si><t>a</t></si>\n<!-- x --><si>\n<t>b</t></si>"}, "1: A=text:b"},
		{"a byte order mark", book{files: []file{{"xl/worksheets/sheet1.xml",
			"\xEF\xBB\xBF" + sheetXML(row(`<c r="A1"><v>1</v></c>`))}}}, "1: A=number:1"},
		{"no XML declaration", book{files: []file{{"xl/worksheets/sheet1.xml",
			`<worksheet xmlns="` + mainNS + `"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`}}},
			"1: A=number:1"},
		{"attributes and elements not known",
			book{sheet: `<sheetPr/><dimension ref="A1"/><sheetFormatPr defaultRowHeight="15"/>` + data(`<row r="1" spans="1:1" ht="15" x14ac:dyDescent="0.25" xmlns:x14ac="urn:x"><c r="A1" cm="1"><v>1</v><extLst><ext/></extLst></c></row>`) + `<pageMargins left="0.7"/><extLst><ext><x:any xmlns:x="urn:y">text</x:any></ext></extLst>`}, "1: A=number:1"},
		{"alternate content beside the rows",
			book{sheet: data(`<row><c><v>1</v></c></row>`) + `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x14"/></mc:AlternateContent>`}, "1: A=number:1"},
		{"a formula's text that is called inline, as LibreOffice wrote it",
			book{sheet: row(`<c r="A1" t="inlineStr"><f>[1]Sheet1!A2</f><v t="inlineStr">linked</v></c>`)},
			"1: A=formula,text:linked"},
		{"cell styles that are alternate content fall back",
			book{sheet: row(`<c r="A1" s="1"><v>1</v></c><c r="B1" s="2"><v>1</v></c>`),
				styles: `<cellXfs><xf numFmtId="0"/><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="hs"><xf numFmtId="10"/></mc:Choice><mc:Fallback><xf numFmtId="22"/></mc:Fallback></mc:AlternateContent><xf numFmtId="10"/></cellXfs>`}, "1: A=number/date:1 B=number/percent:1"},
		{"a text longer than the window", book{sheet: row(`<c r="A1" t="inlineStr"><is><t>` + strings.Repeat("x",
			600_000) + `</t></is></c>`)}, "1: A=text:" + strings.Repeat("x", 600_000)},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := dump(tt.book.zipped(t))
			if err != nil {
				t.Fatal(err)
			}
			if joined := strings.Join(got, " | "); joined != tt.want {
				t.Errorf("got  %.300q\nwant %.300q", joined, tt.want)
			}
		})
	}
}

// strictFiles is a whole workbook in the strict vocabulary, with parts under names of its own and
// absolute targets.
func strictFiles(rows string) []file {
	return []file{
		{"[Content_Types].xml", typesXML("/book/main.xml", typeWorkbook)},
		{"_rels/.rels",
			relsXML(`<Relationship Id="a" Type="` + strictRelNS + `/officeDocument" Target="/book/main.xml"/>`)},
		{"book/main.xml",
			`<workbook xmlns="` + strictNS + `" xmlns:rel="` + strictRelNS + `" conformance="strict"><sheets><sheet name="S" sheetId="1" rel:id="x"/></sheets></workbook>`},
		{"book/_rels/main.xml.rels",
			relsXML(`<Relationship Id="x" Type="` + strictRelNS + `/worksheet" Target="../pages/one.xml"/><Relationship Id="y" Type="` + strictRelNS + `/sharedStrings" Target="/texts/all.xml"/>`)},
		{"pages/one.xml", `<worksheet xmlns="` + strictNS + `"><sheetData>` + rows + `</sheetData></worksheet>`},
		{"texts/all.xml", `<sst xmlns="` + strictNS + `"><si><t>strict</t></si></sst>`},
	}
}

// TestRefuseSheet holds what is refused in a sheet, one case a rule.
func TestRefuseSheet(t *testing.T) {
	row := func(cells string) string { return data(`<row r="1">` + cells + `</row>`) }
	inline := func(text string) string { return row(`<c r="A1" t="inlineStr"><is><t>` + text + `</t></is></c>`) }
	tests := []struct {
		name  string
		sheet string
		rule  fault.Rule
	}{
		{"a second sheetData", data("") + data(""), fault.RuleStructure},
		{"sheetData within something else", data("") + `<extLst><sheetData/></extLst>`, fault.RuleStructure},
		{"no sheetData", `<dimension ref="A1"/>`, fault.RuleStructure},
		{"a row repeated", data(`<row r="1"/><row r="1"/>`), fault.RuleOrder},
		{"a row descending", data(`<row r="2"/><row r="1"/>`), fault.RuleOrder},
		{"a cell repeated", row(`<c r="A1"/><c r="A1"/>`), fault.RuleOrder},
		{"a cell descending", row(`<c r="B1"/><c r="A1"/>`), fault.RuleOrder},
		{"a plain cell descending", row(`<c r="B1"><v>1</v></c><c r="A1"><v>1</v></c>`), fault.RuleOrder},
		{"a cell of another row", row(`<c r="A2"/>`), fault.RuleReference},
		{"a cell without a row", row(`<c r="A"/>`), fault.RuleReference},
		{"a cell in row 0", row(`<c r="A0"/>`), fault.RuleReference},
		{"a cell with a zero before its row", row(`<c r="A01"/>`), fault.RuleReference},
		{"a lower case reference", row(`<c r="a1"/>`), fault.RuleReference},
		{"a reference with dollars", row(`<c r="$A$1"/>`), fault.RuleReference},
		{"an empty reference", row(`<c r=""/>`), fault.RuleReference},
		{"a column beyond XFD", row(`<c r="XFE1"/>`), fault.RuleReference},
		{"a cell counted on beyond XFD", row(`<c r="XFD1"/><c/>`), fault.RuleReference},
		{"a row beyond the last", data(`<row r="1048577"/>`), fault.RuleReference},
		{"a row counted on beyond the last", data(`<row r="1048576"/><row/>`), fault.RuleReference},
		{"row 0", data(`<row r="0"/>`), fault.RuleReference},
		{"a row that is no number", data(`<row r="1a"/>`), fault.RuleReference},
		{"hidden neither true nor false", data(`<row r="1" hidden="2"/>`), fault.RuleStructure},
		{"a shared string out of range", row(`<c r="A1" t="s"><v>2</v></c>`), fault.RuleString},
		{"a negative shared string", row(`<c r="A1" t="s"><v>-1</v></c>`), fault.RuleString},
		{"a shared string without a number", row(`<c r="A1" t="s"><v></v></c>`), fault.RuleString},
		{"a shared string with a huge number", row(`<c r="A1" t="s"><v>99999999999999999999</v></c>`),
			fault.RuleString},
		{"a style out of range", row(`<c r="A1" s="6"/>`), fault.RuleStyle},
		{"a style that is no number", row(`<c r="A1" s="x"/>`), fault.RuleStructure},
		{"an unknown type", row(`<c r="A1" t="q"/>`), fault.RuleValue},
		{"a number that is none", row(`<c r="A1"><v>1,5</v></c>`), fault.RuleValue},
		{"NaN", row(`<c r="A1"><v>NaN</v></c>`), fault.RuleValue},
		{"a hexadecimal number", row(`<c r="A1"><v>0x10</v></c>`), fault.RuleValue},
		{"an exponent without digits", row(`<c r="A1"><v>1E</v></c>`), fault.RuleValue},
		{"a point without digits", row(`<c r="A1"><v>.</v></c>`), fault.RuleValue},
		{"a boolean that is none", row(`<c r="A1" t="b"><v>2</v></c>`), fault.RuleValue},
		{"an inline string with a v", row(`<c r="A1" t="inlineStr"><v>x</v></c>`), fault.RuleValue},
		{"a number with an is", row(`<c r="A1"><is><t>x</t></is></c>`), fault.RuleValue},
		{"two values", row(`<c r="A1"><v>1</v><v>2</v></c>`), fault.RuleStructure},
		{"two formulas", row(`<c r="A1"><f>1</f><f>2</f><v>2</v></c>`), fault.RuleStructure},
		{"two inline strings", row(`<c r="A1" t="inlineStr"><is><t>1</t></is><is><t>2</t></is></c>`),
			fault.RuleStructure},
		{"two texts in a string", row(`<c r="A1" t="inlineStr"><is><t>1</t><t>2</t></is></c>`), fault.RuleStructure},
		{"two texts in a run", row(`<c r="A1" t="inlineStr"><is><r><t>1</t><t>2</t></r></is></c>`),
			fault.RuleStructure},
		{"an element within a value", row(`<c r="A1"><v>1<b/>2</v></c>`), fault.RuleStructure},
		{"a stray element in a cell", row(`<c r="A1"><w>1</w></c>`), fault.RuleStructure},
		{"a stray element in a row", row(`<d r="A1"/>`), fault.RuleStructure},
		{"a stray element among rows", data(`<c r="A1"/>`), fault.RuleStructure},
		{"alternate content among cells",
			row(`<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"/>`),
			fault.RuleStructure},
		{"text among cells", row(`<c r="A1"/>1`), fault.RuleStructure},
		{"text among rows", data(`x`), fault.RuleStructure},
		{"text in a cell", row(`<c r="A1">5</c>`), fault.RuleStructure},
		{"a second mergeCells", data("") + `<mergeCells/><mergeCells/>`, fault.RuleStructure},
		{"a merged range that is none", data("") + `<mergeCells><mergeCell ref="B2:A1"/></mergeCells>`,
			fault.RuleReference},
		{"a merged range without ref", data("") + `<mergeCells><mergeCell/></mergeCells>`, fault.RuleReference},

		{"a tag not closed", `<sheetData><row></sheetData>`, fault.RuleXML},
		{"tags crossed", `<sheetData><row><c></row></c></sheetData>`, fault.RuleXML},
		{"an end tag too many", data("") + `</x>`, fault.RuleXML},
		{"an end tag with an attribute", `<sheetData></sheetData x="1">`, fault.RuleXML},
		{"an attribute twice", row(`<c r="A1" r="A1"/>`), fault.RuleXML},
		{"a prefixed attribute twice",
			row(`<c xmlns:p="` + docRelNS + `" xmlns:q="` + docRelNS + `" p:id="1" q:id="1" r="A1"/>`), fault.RuleXML},
		{"an attribute without quotes", row(`<c r=A1/>`), fault.RuleXML},
		{"an attribute without a value", row(`<c r/>`), fault.RuleXML},
		{"attributes not divided", row(`<c r="A1"s="0"/>`), fault.RuleXML},
		{"< in a value", row(`<c r="A<1"/>`), fault.RuleXML},
		{"a value without its quote", row(`<c r="A1/>`), fault.RuleXML},
		{"a prefix not declared", row(`<p:c r="A1"/>`), fault.RuleXML},
		{"an attribute's prefix not declared", row(`<c r="A1" p:x="1"/>`), fault.RuleXML},
		{"a name with two colons", row(`<a:b:c r="A1"/>`), fault.RuleXML},
		{"a tag without a name", row(`< c r="A1"/>`), fault.RuleXML},
		{"a name that begins with a digit", row(`<1c/>`), fault.RuleXML},
		{"a prefix undeclared", row(`<c xmlns:p="" r="A1"/>`), fault.RuleXML},
		{"an unknown entity", inline(`&nbsp;`), fault.RuleXML},
		{"an unknown entity in a formula", row(`<c r="A1"><f>&x;</f><v>1</v></c>`), fault.RuleXML},
		{"an unknown entity in a value", row(`<c r="&x;"/>`), fault.RuleXML},
		{"an unknown entity in a tag passed over", data("") + `<pageMargins left="&x;"/>`, fault.RuleXML},
		{"a bare ampersand", inline(`a & b`), fault.RuleXML},
		{"an ampersand at the end", inline(`a &amp`), fault.RuleXML},
		{"a reference to no character", inline(`&#0;`), fault.RuleXML},
		{"a reference to a surrogate", inline(`&#xD800;`), fault.RuleXML},
		{"a reference beyond Unicode", inline(`&#x110000;`), fault.RuleXML},
		{"a reference without digits", inline(`&#x;`), fault.RuleXML},
		{"]]> in text", inline(`a]]>b`), fault.RuleXML},
		{"CDATA not closed", inline(`<![CDATA[a`), fault.RuleXML},
		{"-- in a comment", `<!-- a -- b -->` + data(""), fault.RuleXML},
		{"a comment not closed", data("") + `<!-- a`, fault.RuleXML},
		{"a declaration within", `<!ENTITY a "b">` + data(""), fault.RuleXML},
		{"an XML declaration within", `<?xml version="1.0"?>` + data(""), fault.RuleXML},
		{"an instruction without a name", `<? a?>` + data(""), fault.RuleXML},
		{"a byte that is not UTF-8", inline("a\xFFb"), fault.RuleEncoding},
		{"an overlong character", inline("a\xC0\x80b"), fault.RuleEncoding},
		{"half a surrogate in UTF-8", inline("a\xED\xA0\x80b"), fault.RuleEncoding},
		{"a NUL", inline("a\x00b"), fault.RuleEncoding},
		{"a control character", inline("a\x0Bb"), fault.RuleEncoding},
		{"U+FFFE", inline("a\uFFFEb"), fault.RuleEncoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := book{sheet: tt.sheet, strings: someStrings, styles: someStyles}
			wantRule(t, b.zipped(t), DefaultLimits(), tt.rule, "xl/worksheets/sheet1.xml")
		})
	}
}

// wantRule reads packed bytes and wants them refused for a rule in a part.
func wantRule(t *testing.T, packed []byte, limits Limits, rule fault.Rule, part string) *fault.FormatError {
	t.Helper()
	got, err := dumpWith(packed, limits)
	var e *fault.FormatError
	if !errors.As(err, &e) {
		t.Fatalf("want rule %s, got error %v and rows %.200q", rule, err, got)
	}
	if e.Rule != rule || e.Part != part {
		t.Fatalf("want rule %s in %q, got %s in %q: %v", rule, part, e.Rule, e.Part, e)
	}
	return e
}

// TestRefusePart holds what is refused at the ends of a part, which the builder's frame hides.
func TestRefusePart(t *testing.T) {
	sound := sheetXML(data(`<row><c><v>1</v></c></row>`))
	tests := []struct {
		name, part string
		rule       fault.Rule
	}{
		{"nothing", "", fault.RuleXML},
		{"space only", " \n", fault.RuleXML},
		{"a comment only", "<!-- -->", fault.RuleXML},
		{"text after the root", sound + "x", fault.RuleXML},
		{"zero bytes after the root", sound + "\x00\x00", fault.RuleEncoding},
		{"a second root", sound + "<a/>", fault.RuleXML},
		{"CDATA after the root", sound + "<![CDATA[ ]]>", fault.RuleXML},
		{"an end tag after the root", sound + "</worksheet>", fault.RuleXML},
		{"text before the root", "x" + sound, fault.RuleXML},
		{"space before the declaration", " " + sound, fault.RuleXML},
		{"the end within a tag", sound[:len(sound)-3], fault.RuleXML},
		{"the end within the rows", sound[:len(sound)-30], fault.RuleXML},
		{"the end within a character", sound + "\xE6\x9D", fault.RuleEncoding},
		{"a DOCTYPE", `<!DOCTYPE worksheet [<!ENTITY a "b">]>` + sound[len(xmlHead):], fault.RuleXML},
		{"another root element", `<sst xmlns="` + mainNS + `"/>`, fault.RuleStructure},
		{"another namespace", `<worksheet xmlns="urn:x"><sheetData/></worksheet>`, fault.RuleStructure},
		{"no namespace", `<worksheet><sheetData/></worksheet>`, fault.RuleStructure},
		{"XML 1.1", strings.Replace(sound, "1.0", "1.1", 1), fault.RuleXML},
		{"another encoding", strings.Replace(sound, "UTF-8", "ISO-8859-1", 1), fault.RuleEncoding},
		{"a malformed declaration", strings.Replace(sound, ` encoding="UTF-8"`, ` encoding=`, 1), fault.RuleXML},
		{"UTF-16 that stops", "\xFF\xFE<\x00", fault.RuleXML},
		{"UTF-16 the other way round that stops", "\xFE\xFF\x00<", fault.RuleXML},
		{"UTF-16 without its mark", "<\x00?\x00", fault.RuleEncoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const part = "xl/worksheets/sheet1.xml"
			b := book{files: []file{{part, tt.part}}}
			wantRule(t, b.zipped(t), DefaultLimits(), tt.rule, part)
		})
	}
}

func TestFaultNamesThePlace(t *testing.T) {
	rows := `<row r="6"><c r="A6"><v>1</v></c></row><row r="7"><c r="A7"><v>1</v></c><c r="B7" t="s"><v>9</v></c></row>`
	b := book{sheet: data(rows), strings: someStrings}
	e := wantRule(t, b.zipped(t), DefaultLimits(), fault.RuleString, "xl/worksheets/sheet1.xml")
	at := strings.Index(sheetXML(data(rows)), `<c r="B7"`)
	want := fmt.Sprintf("xl/worksheets/sheet1.xml, B7, byte %d: shared string 9 does not exist: the workbook has 2", at)
	if e.Error() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
}

// TestStrayAtEveryWindow puts a fault at places around the end of the scanner's window, where the
// plain path hands over to the scanner.
func TestStrayAtEveryWindow(t *testing.T) {
	for shift := range trials(70) {
		var rows strings.Builder
		rows.WriteString("<!--" + strings.Repeat("x", shift) + "-->")
		last := 0
		for n := 1; rows.Len() < windowBytes+2000; n++ {
			fmt.Fprintf(&rows,
				`<row r="%d"><c r="A%d"><v>%d</v></c><c r="B%d" t="inlineStr"><is><t>t%d</t></is></c></row>`, n, n, n,
				n, n)
			last = n
		}
		got, err := dump(book{sheet: data(rows.String())}.zipped(t))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != last {
			t.Fatalf("shift %d: %d rows, want %d", shift, len(got), last)
		}
		for i, line := range got {
			if want := fmt.Sprintf("%d: A=number:%d B=text:t%d", i+1, i+1, i+1); line != want {
				t.Fatalf("shift %d: got %q, want %q", shift, line, want)
			}
		}
	}
}

// TestCharactersAcrossWindows cuts characters of every length at every place of a window's end.
func TestCharactersAcrossWindows(t *testing.T) {
	for shift := range 8 {
		text := strings.Repeat("x", shift) + strings.Repeat("é東\U0001F600", windowBytes/9+100)
		got, err := dump(book{sheet: data(`<row><c t="inlineStr"><is><t>` + text + `</t></is></c></row>`)}.zipped(t))
		if err != nil || len(got) != 1 || got[0] != "1: A=text:"+text {
			t.Fatalf("shift %d: %v", shift, err)
		}
	}
}

func TestErrorOfTheCallbackComesBackAsItIs(t *testing.T) {
	w, err := open(manyRows(t, 60_000))
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for _, stop := range []error{errors.New("enough"),
		&fault.FormatError{Rule: fault.RuleXML, Offset: -1, Msg: "the caller's own"}} {
		calls := 0
		_, err := w.Rows(0, func(*Row) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Fatalf("got %v after %d calls", err, calls)
		}
	}
	wantGoroutines(t, before)
}

// wantGoroutines waits until no more goroutines run than before.
func wantGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// manyRows is a workbook large enough for inflating ahead.
func manyRows(t testing.TB, n int) []byte {
	var rows strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d"><v>%d</v></c></row>`, i, i, i)
	}
	return book{sheet: data(rows.String())}.zipped(t)
}

func TestPanicOfTheCallbackLeavesNoGoroutine(t *testing.T) {
	w, err := open(manyRows(t, 60_000))
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	func() {
		defer func() { _ = recover() }()
		_, _ = w.Rows(0, func(*Row) error { panic("stop") })
	}()
	wantGoroutines(t, before)
}

func TestRowsRefusesASheetThatIsNotThere(t *testing.T) {
	w, err := open(book{}.zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{-1, 1} {
		if _, err := w.Rows(i, nil); err == nil {
			t.Errorf("sheet %d: no error", i)
		}
	}
}

func TestReadingAllocatesNothingPerCell(t *testing.T) {
	small, large := allocations(t, 2_000), allocations(t, 20_000)
	if large > small+200 {
		t.Errorf("%v allocations for 2,000 rows, %v for 20,000", small, large)
	}
}

func allocations(t *testing.T, rows int) float64 {
	w, err := open(manyRows(t, rows))
	if err != nil {
		t.Fatal(err)
	}
	return testing.AllocsPerRun(2, func() {
		if _, err := w.Rows(0, func(*Row) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

func TestCellName(t *testing.T) {
	got := []string{CellName(0, 1), CellName(1, 7), CellName(25, 2), CellName(26, 3), CellName(701, 4),
		CellName(702, 5), CellName(16383, 1048576)}
	want := []string{"A1", "B7", "Z2", "AA3", "ZZ4", "AAA5", "XFD1048576"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for col := range maxColumns {
		if back, row, ok := parseReference([]byte(CellName(col, 12))); !ok || back != col || row != 12 {
			t.Fatalf("%s reads as %d, %d, %v", CellName(col, 12), back, row, ok)
		}
	}
}
