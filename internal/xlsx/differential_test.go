package xlsx

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// soundSheet is a generated workbook and the texts its cells must read as, by name.
type soundSheet struct {
	book  book
	cells map[string]string
}

// generate writes a sound sheet in one of the many ways there are to write it.
func generate(r *rand.Rand) soundSheet {
	s := soundSheet{cells: make(map[string]string)}
	var rows, shared strings.Builder
	count := 0
	number := 0
	for range 1 + r.IntN(20) {
		number += 1 + r.IntN(3)
		fmt.Fprintf(&rows, `<row r="%d"%s>`, number,
			pick(r, "", ` spans="1:9"`, ` hidden="1"`, ` ht="15" customHeight="1"`))
		for col := r.IntN(3); col < 30; col += 1 + r.IntN(6) {
			name := CellName(col, number)
			style := pick(r, "", ` s="0"`, ` s="1"`, ` s="2"`)
			switch text := someText(r); r.IntN(7) {
			case 0:
				digits := someNumber(r)
				s.cells[name] = digits
				fmt.Fprintf(&rows, `<c r="%s"%s%s><v>%s</v></c>`, name, style, pick(r, "", ` t="n"`), digits)
			case 1:
				s.cells[name] = text
				fmt.Fprintf(&rows, `<c r="%s"%s t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, name, style,
					html.EscapeString(text))
			case 2:
				s.cells[name] = text
				fmt.Fprintf(&rows, `<c r="%s"%s t="str"><f>A1&amp;""</f><v xml:space="preserve">%s</v></c>`, name,
					style, html.EscapeString(text))
			case 3:
				digit := pick(r, "0", "1")
				s.cells[name] = digit
				fmt.Fprintf(&rows, `<c r="%s"%s t="b"><v>%s</v></c>`, name, style, digit)
			case 4:
				fmt.Fprintf(&rows, `<c r="%s"%s/>`, name, style)
			default:
				s.cells[name] = text
				fmt.Fprintf(&rows, `<c r="%s"%s t="s"><v>%d</v></c>`, name, style, count)
				count++
				shared.WriteString(pick(r,
					`<si><t xml:space="preserve">`+html.EscapeString(text)+`</t></si>`,
					`<si><r><t xml:space="preserve">`+html.EscapeString(text[:len(text)/2])+`</t></r><r><rPr><b/></rPr><t xml:space="preserve">`+html.EscapeString(text[len(text)/2:])+`</t></r></si>`))
			}
		}
		rows.WriteString(pick(r, `</row>`, "</row>\n"))
	}
	s.book = book{sheet: data(rows.String()), strings: shared.String(),
		styles: `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="10"/></cellXfs>`}
	return s
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func someNumber(r *rand.Rand) string {
	return pick(r, strconv.Itoa(r.IntN(1e9)), strconv.FormatFloat(r.Float64()*1e5, 'g', -1, 64), "-0.5",
		"4.4000000000000004E-2", "0.30000000000000004")
}

// someText is ASCII, so that it can be divided into runs anywhere.
func someText(r *rand.Rand) string {
	const letters = "abc XYZ 0189 <>&\"' .,;:/-_$"
	b := make([]byte, 1+r.IntN(24))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// TestSameAsExcelize reads generated sheets and compares every cell with what was generated and with
// what excelize reads.
func TestSameAsExcelize(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for seed := range uint64(trials(400)) {
		s := generate(rand.New(rand.NewPCG(seed, 4)))
		packed := s.book.zipped(t)
		w, err := open(packed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatalf("seed %d: excelize: %v", seed, err)
		}
		seen := 0
		_, err = w.Rows(0, func(r *Row) error {
			for _, c := range r.Cells {
				name := CellName(c.Col, r.Number)
				theirs, err := f.GetCellValue("Sheet1", name)
				if err != nil {
					return err
				}
				if string(c.Text) != s.cells[name] || theirs != s.cells[name] {
					t.Errorf("seed %d, %s: wrote %q, got %q, excelize %q", seed, name, s.cells[name], c.Text, theirs)
				}
				if c.Kind != Blank {
					seen++
				}
			}
			return nil
		})
		if err != nil || seen != len(s.cells) {
			t.Fatalf("seed %d: %d cells of %d, %v", seed, seen, len(s.cells), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadsWhatExcelizeWrites takes workbooks of the program's own writer.
func TestReadsWhatExcelizeWrites(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	want := []string{"1: A=text:VOI B=text: spaced ", "2: A=number:900001 B=bool:1", "3 hidden: A=text:x"}
	for name, v := range map[string]any{"A1": "VOI", "B1": " spaced ", "A2": 900001, "B2": true, "A3": "x"} {
		if err := f.SetCellValue("Sheet1", name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetRowVisible("Sheet1", 3, false); err != nil {
		t.Fatal(err)
	}
	buf, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	got, err := dump(buf.Bytes())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// Where excelize differs, these say who is right.
func TestWhereExcelizeIsWrong(t *testing.T) {
	tests := []struct {
		rule, sheet, ours string
	}{
		{"an empty style attribute does not lose the cell", data(`<row r="1"><c r="A1" s=""><v>5</v></c></row>`),
			"1: A=number:5"},
		{"space at the ends without xml:space is not part of the text in Excel",
			data(`<row r="1"><c r="A1" t="inlineStr"><is><t> a </t></is></c></row>`), "1: A=text:a"},
		{"an escape in the text of a formula is a character",
			data(`<row r="1"><c r="A1" t="str"><v>_x0041_</v></c></row>`), "1: A=text:A"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			packed := book{sheet: tt.sheet}.zipped(t)
			got, err := dump(packed)
			if err != nil || strings.Join(got, "|") != tt.ours {
				t.Fatalf("got %q, %v", got, err)
			}
			f, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{RawCellValue: true})
			if err != nil {
				return // refused, then
			}
			defer f.Close()
			theirs, err := f.GetRows("Sheet1")
			if err == nil && len(theirs) == 1 && strings.HasSuffix(tt.ours, ":"+strings.Join(theirs[0], " ")) {
				t.Errorf("excelize agrees by now (%q); move this case to the generated ones", theirs)
			}
		})
	}
}
