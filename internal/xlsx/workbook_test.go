package xlsx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"tenderbatch/internal/xlsx/fault"
)

// workbookXML is a workbook part with this content.
func workbookXML(content string) string {
	return xmlHead + `<workbook xmlns="` + mainNS + `" xmlns:r="` + docRelNS + `">` + content + `</workbook>`
}

// linkXML is a relationship of the workbook.
func linkXML(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + docRelNS + `/` + kind + `" Target="` + target + `"/>`
}

const oneSheet = `<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>`

func TestSheets(t *testing.T) {
	b := book{files: []file{
		{"xl/workbook.xml",
			workbookXML(`<workbookPr date1904="1"/><sheets><sheet name="Tenders &amp; more" sheetId="3" r:id="b"/><sheet name="Chart" sheetId="9" r:id="c"/><sheet name="Module1" sheetId="10" state="veryHidden" r:id=""/><sheet name="Hidden" sheetId="4" state="hidden" r:id="a"/><sheet name="Deep" sheetId="5" state="veryHidden" r:id="d"/></sheets><definedNames/>`)},
		{"xl/_rels/workbook.xml.rels", relsXML(linkXML("a", "worksheet", "worksheets/x.xml") + linkXML("b", "worksheet",
			"/xl/worksheets/y%20z.xml") + linkXML("c", "chartsheet", "chartsheets/sheet1.xml") + linkXML("d",
			"worksheet", "./worksheets/../worksheets/w.xml"))},
		{"xl/worksheets/x.xml", sheetXML(data(`<row><c><v>1</v></c></row>`))},
		{"xl/worksheets/y z.xml", sheetXML(data(`<row><c><v>2</v></c></row>`))},
		{"xl/worksheets/w.xml", sheetXML(data(`<row><c><v>3</v></c></row>`))},
	}}
	packed := b.zipped(t)
	w, err := open(packed)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sheet{{"Tenders & more", false}, {"Hidden", true}, {"Deep", true}}
	if !slices.Equal(w.Sheets(), want) || !w.Date1904() {
		t.Errorf("got %v, date1904 %v", w.Sheets(), w.Date1904())
	}
	got, err := dump(packed)
	if joined := strings.Join(got, " | "); err != nil ||
		joined != "1: A=number:2 | sheet Hidden | 1: A=number:1 | sheet Deep | 1: A=number:3" {
		t.Errorf("got %q, %v", joined, err)
	}
}

// Links as some programs write them, which Excel follows.
func TestOddLinksAreFollowed(t *testing.T) {
	for name, links := range map[string]string{
		"backslashes": linkXML("rId1", "worksheet", `worksheets\sheet1.xml`),
		"the shared strings twice": linkXML("rId1", "worksheet", "worksheets/sheet1.xml") + linkXML("rId2",
			"sharedStrings", "sharedStrings.xml") + linkXML("rId3", "sharedStrings", "/xl/sharedStrings.xml"),
		"an absolute, backslashed one": linkXML("rId1", "worksheet", `\xl\worksheets\sheet1.xml`),
	} {
		b := book{sheet: data(`<row><c><v>1</v></c></row>`),
			files: []file{{"xl/_rels/workbook.xml.rels", relsXML(links)},
				{"xl/sharedStrings.xml", `<sst xmlns="` + mainNS + `"/>`}}}
		if got, err := dump(b.zipped(t)); err != nil || len(got) != 1 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestPartsThatAreNotLinkedAreNotRead(t *testing.T) {
	b := book{files: []file{{"xl/sharedStrings.xml", "<damaged"}, {"xl/styles.xml", ""}}}
	if _, err := dump(b.zipped(t)); err != nil {
		t.Error(err)
	}
}

func TestMacroWorkbookAndTemplatesAreRead(t *testing.T) {
	for _, kind := range []string{typeMacro, typeTemplate, typeMacroTpl,
		"application/vnd.ms-excel.sheet.macroEnabled.main+xml"} {
		b := book{files: []file{{"[Content_Types].xml", typesXML("/xl/workbook.xml", kind)}}}
		if _, err := dump(b.zipped(t)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestRefusePackage(t *testing.T) {
	const (
		types, root, main, rels = "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
	)
	with := func(name, content string) book { return book{files: []file{{name, content}}} }
	sheet1 := linkXML("rId1", "worksheet", "worksheets/sheet1.xml")
	tests := []struct {
		name string
		book book
		rule fault.Rule
	}{
		{"a content type given twice", with(types,
			strings.Replace(typesXML("/xl/workbook.xml", typeWorkbook), "</Types>",
				`<Default Extension="XML" ContentType="a/b"/></Types>`, 1)), fault.RulePackage},
		{"a content type without a name", with(types,
			strings.Replace(typesXML("/xl/workbook.xml", typeWorkbook), "</Types>",
				`<Override ContentType="a/b"/></Types>`, 1)), fault.RulePackage},
		{"a stray content type", with(types,
			strings.Replace(typesXML("/xl/workbook.xml", typeWorkbook), "</Types>", `<Other/></Types>`, 1)),
			fault.RulePackage},
		{"no relationships of the package", book{without: root}, fault.RulePackage},
		{"no relationships of the workbook", book{without: rels}, fault.RulePackage},
		{"no workbook part", book{without: main}, fault.RulePackage},
		{"no sheet part", book{without: "xl/worksheets/sheet1.xml"}, fault.RulePackage},
		{"two workbooks", with(root, relsXML(linkXML("a", "officeDocument", "xl/workbook.xml")+linkXML("b",
			"officeDocument", "xl/workbook2.xml"))), fault.RulePackage},
		{"a workbook outside the file", with(root,
			relsXML(`<Relationship Id="a" Type="`+docRelNS+`/officeDocument" Target="http://x/y" TargetMode="External"/>`)), fault.RulePackage},
		{"a relationship given twice", with(rels, relsXML(sheet1+sheet1)), fault.RulePackage},
		{"a relationship without target", with(rels, relsXML(sheet1+`<Relationship Id="z" Type="x"/>`)),
			fault.RulePackage},
		{"two parts of shared strings", with(rels,
			relsXML(sheet1+linkXML("a", "sharedStrings", "s.xml")+linkXML("b", "sharedStrings", "t.xml"))),
			fault.RulePackage},
		{"shared strings that are not there", with(rels, relsXML(sheet1+linkXML("a", "sharedStrings", "s.xml"))),
			fault.RulePackage},
		{"styles that are not there", with(rels, relsXML(sheet1+linkXML("a", "styles", "s.xml"))), fault.RulePackage},
		{"a sheet without a relationship", with(main,
			workbookXML(`<sheets><sheet name="A" sheetId="1" r:id="rId9"/></sheets>`)), fault.RulePackage},
		{"a sheet without an id", with(main, workbookXML(`<sheets><sheet name="A" sheetId="1"/></sheets>`)),
			fault.RulePackage},
		{"a sheet of an unknown kind", with(rels, relsXML(linkXML("rId1", "theme", "worksheets/sheet1.xml"))),
			fault.RulePackage},
		{"a sheet without a name", with(main, workbookXML(`<sheets><sheet sheetId="1" r:id="rId1"/></sheets>`)),
			fault.RulePackage},
		{"two sheets of one name", book{files: []file{
			{main, workbookXML(`<sheets><sheet name="A" r:id="rId1"/><sheet name="a" r:id="rId2"/></sheets>`)},
			{rels, relsXML(sheet1 + linkXML("rId2", "worksheet", "b.xml"))}, {"xl/b.xml", sheetXML(data(""))}}},
			fault.RulePackage},
		{"two sheets of one part", with(main,
			workbookXML(`<sheets><sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId1"/></sheets>`)),
			fault.RulePackage},
		{"an unknown state", with(main, workbookXML(`<sheets><sheet name="A" state="lost" r:id="rId1"/></sheets>`)),
			fault.RulePackage},
		{"no list of sheets", with(main, workbookXML(``)), fault.RulePackage},
		{"an empty list of sheets", with(main, workbookXML(`<sheets/>`)), fault.RulePackage},
		{"two lists of sheets", with(main, workbookXML(oneSheet+oneSheet)), fault.RulePackage},
		{"a stray element among the sheets", with(main, workbookXML(`<sheets><blatt/></sheets>`)), fault.RuleStructure},
		{"date1904 neither true nor false", with(main, workbookXML(`<workbookPr date1904="x"/>`+oneSheet)),
			fault.RuleStructure},
		{"a stray element among the strings", book{strings: `<si><t>a</t></si><sj/>`}, fault.RuleStructure},
		{"a stray element in a string", book{strings: `<si><t>a</t><u/></si>`}, fault.RuleStructure},
		{"text among the strings", book{strings: `<si><t>a</t></si>x`}, fault.RuleStructure},
		{"an unknown entity in a string", book{strings: `<si><t>a&x;</t></si>`}, fault.RuleXML},
		{"a style's format that is no number", book{styles: `<cellXfs><xf numFmtId="x"/></cellXfs>`},
			fault.RuleStructure},
		{"a number format given twice, differently",
			book{styles: `<numFmts><numFmt numFmtId="164" formatCode="0"/><numFmt numFmtId="164" formatCode="yyyy"/></numFmts>`}, fault.RuleStructure},
		{"two lists of cell styles", book{styles: `<cellXfs/><cellXfs/>`}, fault.RuleStructure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dump(tt.book.zipped(t))
			var e *fault.FormatError
			if !errors.As(err, &e) || e.Rule != tt.rule {
				t.Errorf("want rule %s, got %v and %q", tt.rule, err, got)
			}
		})
	}
}

// compound is the start of a compound file whose directory has these streams.
func compoundOf(names ...string) []byte {
	b := append([]byte(compoundStart), make([]byte, 512-len(compoundStart))...)
	for _, name := range append([]string{"Root Entry"}, names...) {
		entry := make([]byte, 128)
		units := utf16.Encode([]rune(name))
		for i, u := range units {
			binary.LittleEndian.PutUint16(entry[2*i:], u)
		}
		binary.LittleEndian.PutUint16(entry[64:], uint16(2*len(units)+2))
		b = append(b, entry...)
	}
	return b
}

func TestOtherFilesAreNamed(t *testing.T) {
	archive := func(files ...file) []byte { return zipFiles(t, files) }
	lock := append([]byte{5}, []byte("Clerk")...)
	lock = append(lock, bytes.Repeat([]byte{' '}, lockFileBytes-len(lock))...)
	word := "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	tests := []struct {
		name string
		file []byte
		rule fault.Rule
		says string
	}{
		{"empty", nil, fault.RuleEmpty, "empty"},
		{"legacy xls", compoundOf("Workbook"), fault.RuleXLS, ".xls"},
		{"older xls", compoundOf("Book"), fault.RuleXLS, ".xls"},
		{"raw BIFF", []byte("\x09\x08\x10\x00\x00\x06\x05\x00"), fault.RuleXLS, ".xls"},
		{"password-protected", compoundOf("EncryptionInfo", "EncryptedPackage"), fault.RuleProtected, "password"},
		{"an old Word file", compoundOf("WordDocument"), fault.RuleOther, ".doc"},
		{"an Outlook message", compoundOf("__properties_version1.0"), fault.RuleOther, "Outlook"},
		{"another compound file", compoundOf("Contents"), fault.RuleOther, "old Office"},
		{"xlsb", book{files: []file{{"[Content_Types].xml",
			typesXML("/xl/workbook.xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main")}}}.zipped(t),
			fault.RuleXLSB, ".xlsb"},
		{"docx", book{files: []file{{"[Content_Types].xml", typesXML("/xl/workbook.xml", word)}}}.zipped(t),
			fault.RuleOther, "wordprocessingml"},
		{"ods", archive(file{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
			file{"content.xml", "<a/>"}), fault.RuleODS, "OpenDocument"},
		{"numbers", archive(file{"Index/Document.iwa", "x"}), fault.RuleOther, "Numbers"},
		{"a plain zip", archive(file{"tenders.csv", "a,b"}), fault.RuleZip, "zip archive"},
		{"a zip without entries", archive(), fault.RuleZip, "without content"},
		{"pdf", []byte("%PDF-1.7\n..."), fault.RulePDF, "PDF"},
		{"html", []byte("\n<!DOCTYPE HTML><html></html>"), fault.RuleHTML, "HTML"},
		{"an HTML table under a workbook's name", []byte("<table><tr><td>1</td></tr></table>"), fault.RuleHTML, "HTML"},
		{"XML spreadsheet 2003",
			[]byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`),
			fault.RuleXML2003, "2003"},
		{"other XML", []byte(`<?xml version="1.0"?><a/>`), fault.RuleOther, "XML"},
		{"rtf", []byte(`{\rtf1}`), fault.RuleOther, "RTF"},
		{"gzip", []byte("\x1F\x8B\x08\x00"), fault.RuleOther, "gzip"},
		{"text", []byte("VOI,CUSIP,Amount\n1,2,3\n"), fault.RuleOther, "plain text"},
		{"text in Windows-1252", []byte("Stra\xDFe,1\n"), fault.RuleOther, "plain text"},
		{"zero bytes", make([]byte, 1000), fault.RuleOther, "zero bytes"},
		{"noise", []byte{0xEE, 0x01, 0x02, 0xFF}, fault.RuleOther, "nor anything else"},
		{"the mark of an open workbook", lock, fault.RuleLockFile, "~$"},
		{"a workbook cut off", manyRows(t, 100)[:500], fault.RuleTruncated, "cut off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := wantRule(t, tt.file, DefaultLimits(), tt.rule, "")
			if !strings.Contains(e.Error(), tt.says) {
				t.Errorf("%q does not say %q", e, tt.says)
			}
		})
	}
}

func TestFormatOfACode(t *testing.T) {
	tests := []struct {
		code string
		want Format
	}{
		{"General", General}, {"GENERAL", General}, {"", General}, {"General;[Red]-General", General},
		{"0", NumberFormat}, {"#,##0.00", NumberFormat}, {"0.00E+00", NumberFormat}, {"##0.0e-0", NumberFormat},
		{`_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)`, NumberFormat},
		{`[$€-407] #,##0.00`, NumberFormat}, {`[Red]0;[Blue]-0`, NumberFormat}, {"# ?/?", NumberFormat},
		{";;;", NumberFormat},
		{`0" days"`, NumberFormat}, {`0\d`, NumberFormat}, {`0_d`, NumberFormat}, {`*d0`, NumberFormat},
		{`[>=100]0;0`, NumberFormat},
		{"yyyy-mm-dd", DateTime}, {"m/d/yy h:mm", DateTime}, {"h:mm AM/PM", DateTime}, {"[h]:mm:ss", DateTime},
		{"[mm]", DateTime}, {"[SS].000", DateTime},
		{`[$-409]d\-mmm\-yy;@`, DateTime}, {"mmmm", DateTime}, {"mm:ss.0", DateTime}, {`"on "dd`, DateTime},
		{"DD.MM.YYYY", DateTime}, {"[$-411]ggge", DateTime}, {"0;yyyy", DateTime},
		{"0%", Percent}, {"0.0000%;[Red]-0.0000%", Percent}, {`0"%"`, NumberFormat}, {`0\%`, NumberFormat},
		{"@", TextFormat}, {`"No. "@`, TextFormat}, {"0;0;0;@", NumberFormat},
		{`0"unclosed`, NumberFormat}, {`0[unclosed`, NumberFormat}, {`0\`, NumberFormat},
	}
	for _, tt := range tests {
		if got := codeFormat(tt.code); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.code, got, tt.want)
		}
	}
}

func TestFormatsWithoutACode(t *testing.T) {
	for id := range 200 {
		want := General
		switch {
		case id == 9, id == 10:
			want = Percent
		case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
			want = DateTime
		case id == 49:
			want = TextFormat
		case id >= 1 && id <= 13, id >= 37 && id <= 48:
			want = NumberFormat
		}
		if got := builtinFormat(id); got != want {
			t.Errorf("%d: got %d, want %d", id, got, want)
		}
	}
}
