package xlsx

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/xlsx/fault"
)

// tenderBook is a report of n tenders with shared strings, inline strings, numbers and dates.
func tenderBook(n int) book {
	var rows, shared strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&rows,
			`<row r="%d"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" s="1"><v>38303.%06d</v></c><c r="D%d" t="inlineStr"><is><t>line %d</t></is></c><c r="E%d"><v>%d000</v></c></row>`,
			i, i, 900000+i, i, i-1, i, i*7919%1000000, i, i, i, i*37%500+1)
		fmt.Fprintf(&shared, `<si><t>HOLDER %d</t></si>`, i*31)
	}
	return book{sheet: data(rows.String()), strings: shared.String(),
		styles: `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>`}
}

// TestBitFlips flips one bit anywhere in a workbook of 500 tenders, 3,000 times. Each must be an
// error, or not change a row.
func TestBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	sound := tenderBook(500).zipped(t)
	want, err := dump(sound)
	if err != nil || len(want) != 500 {
		t.Fatal(len(want), err)
	}
	r := rand.New(rand.NewPCG(3000, 1))
	noticed := 0
	for range trials(3000) {
		bit := r.IntN(len(sound) * 8)
		b := slices.Clone(sound)
		b[bit/8] ^= 1 << (bit % 8)
		got, err := dump(b)
		if err != nil {
			var e *fault.FormatError
			if !errors.As(err, &e) {
				t.Fatalf("bit %d: an error of another type: %v", bit, err)
			}
			noticed++
			continue
		}
		if !slices.Equal(got, want) {
			t.Fatalf("bit %d changed the rows without an error", bit)
		}
	}
	if noticed < trials(2500) {
		t.Errorf("only %d of %d flips were noticed", noticed, trials(3000))
	}
}

// TestBitFlipsInXML flips bits in the sheet itself, under a right checksum: what comes out is either
// refused or well-formed, and reading it never panics.
func TestBitFlipsInXML(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	sound := sheetXML(tenderBook(3).sheet)
	r := rand.New(rand.NewPCG(3000, 2))
	for range trials(3000) {
		b := []byte(sound)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		content := tenderBook(3)
		content.files = []file{{"xl/worksheets/sheet1.xml", string(b)}}
		_, err := dump(content.zipped(t))
		var e *fault.FormatError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error of another type: %v", err)
		}
	}
}

// TestPlainPathDecidesNothing reads sheets with and without the path for plainly written cells.
func TestPlainPathDecidesNothing(t *testing.T) {
	for seed := range uint64(trials(300)) {
		packed := generate(rand.New(rand.NewPCG(seed, 5))).book.zipped(t)
		want, err := slowDump(packed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dump(packed); err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v\ngot  %q\nwant %q", seed, err, got, want)
		}
	}
}

// FuzzOpen feeds whole files.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add(tenderBook(3).zipped(f))
	f.Add(zipFiles(f, strictFiles(`<row><c t="s"><v>0</v></c></row>`)))
	f.Add(packedBook(func(p *packed) { p.zip64 = true }))
	f.Add(packedBook(func(p *packed) { p.entries[sheetEntry].stored = true }))
	f.Add(compoundOf("EncryptionInfo", "EncryptedPackage"))
	f.Add([]byte("%PDF-1.7"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := dump(b)
		var e *fault.FormatError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("an error of another type: %v", err)
		}
	})
}

// FuzzSheet feeds the content of a sheet and of the shared strings. What is read must read the same
// when the plain path is kept out.
func FuzzSheet(f *testing.F) {
	f.Add(tenderBook(2).sheet, someStrings)
	f.Add(data(`<row r="1"><c r="A1" t="inlineStr"><is><t>a&amp;_x0041_</t></is></c><c t="str"><f>B1</f><v> x </v></c></row>`), `<si><r><t> a</t></r><r><t>b </t></r></si>`)
	f.Add(`<!-- c --><sheetData><row><c><v><![CDATA[1]]></v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>`, `<si><t xml:space="preserve"> a </t><rPh><t>b</t></rPh></si>`)
	f.Fuzz(func(t *testing.T, sheet, strings string) {
		b := book{sheet: sheet, strings: strings, styles: someStyles}
		got, err := dump(b.zipped(t))
		var e *fault.FormatError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error of another type: %v", err)
		}
		again, errAgain := slowDump(b.zipped(t))
		if (err == nil) != (errAgain == nil) || !slices.Equal(got, again) {
			t.Fatalf("plain: %q, %v\nscanner: %q, %v", got, err, again, errAgain)
		}
	})
}

// slowDump reads with the scanner alone.
func slowDump(b []byte) ([]string, error) {
	limits := DefaultLimits()
	limits.noPlain = true
	return dumpWith(b, limits)
}

// FuzzSerial feeds digits.
func FuzzSerial(f *testing.F) {
	for _, s := range []string{"38303.708333333336", "4.4E-2", "60", "0", "-1", "2958465.9999999999", "1E9999", ".5",
		"1."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, digits string) {
		if len(digits) > 100 {
			return
		}
		_, _ = SerialTime([]byte(digits), false)
		_, _ = SerialTimeOfDay([]byte(digits))
		if d, ok := parseDecimal([]byte(digits)); ok && d.exponent < 500 && d.exponent > -500 {
			checkSerial(t.Fatalf, digits)
		}
	})
}
