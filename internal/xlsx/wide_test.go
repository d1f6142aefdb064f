package xlsx

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"tenderbatch/internal/xlsx/fault"
)

// wide is a text in UTF-16, with its mark.
func wide(text string, order binary.AppendByteOrder) string {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// Parts in UTF-16 are read as those in UTF-8, wherever a character is divided on the way.
func TestPartsInUTF16(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for more := range 3 {
			rows := `<row><c t="inlineStr"><is><t>` + strings.Repeat("x", more) + strings.Repeat("é日😀",
				wideBytes) + `</t></is></c><c><v>5</v></c></row>`
			narrow := sheetXML(data(rows))
			const part = "xl/worksheets/sheet1.xml"
			want, err := dump(book{files: []file{{part, narrow}}}.zipped(t))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(narrow, "UTF-8", "UTF-16", 1)
			got, err := dump(book{files: []file{{part, wide(text, order)}}}.zipped(t))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v, %d more: %v", order, more, err)
			}
		}
	}
	everything := book{sheet: data(`<row><c t="s"><v>0</v></c></row>`), strings: someStrings}
	want, err := dump(everything.zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	var parts []file
	for _, p := range everything.parts() {
		parts = append(parts, file{p.name, wide(strings.Replace(p.content, "UTF-8", "utf-16", 1), binary.LittleEndian)})
	}
	if got, err := dump(zipFiles(t, parts)); err != nil || !slices.Equal(got, want) {
		t.Errorf("every part: %q, %v", got, err)
	}
}

func TestDamagedUTF16(t *testing.T) {
	sound := strings.Replace(sheetXML(data(`<row><c t="inlineStr"><is><t>x😀y</t></is></c></row>`)), "UTF-8", "UTF-16",
		1)
	little := wide(sound, binary.LittleEndian)
	for name, content := range map[string]string{
		"half a pair before a letter": strings.Replace(little, "\x3d\xd8\x00\xde", "\x3d\xd8", 1),
		"the other half alone":        strings.Replace(little, "\x3d\xd8\x00\xde", "\x00\xde", 1),
		"a byte too few":              little[:len(little)-1],
		"a byte too many":             little + "\x00",
		"a NUL":                       strings.Replace(little, "x\x00", "\x00\x00", 1),
		"said to be UTF-8":            wide(strings.Replace(sound, "UTF-16", "UTF-8", 1), binary.LittleEndian),
		"UTF-8 said to be UTF-16":     sound,
	} {
		b := book{files: []file{{"xl/worksheets/sheet1.xml", content}}}
		if got, err := dump(b.zipped(t)); !isRule(err, fault.RuleEncoding) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
