package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
)

const (
	benchRows = 100_000
	benchCols = 14
)

// benchBook writes a depositary's report by hand: numbers, a time stamp, and texts that are shared
// or inline.
func benchBook(t testing.TB, inline bool) []byte {
	var rows, shared strings.Builder
	known := make(map[string]int)
	text := func(ref, s string) {
		if inline {
			fmt.Fprintf(&rows, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, s)
			return
		}
		i, ok := known[s]
		if !ok {
			i = len(known)
			known[s] = i
			fmt.Fprintf(&shared, `<si><t>%s</t></si>`, s)
		}
		fmt.Fprintf(&rows, `<c r="%s" t="s"><v>%d</v></c>`, ref, i)
	}
	for n := 1; n <= benchRows; n++ {
		fmt.Fprintf(&rows, `<row r="%d" spans="1:14">`, n)
		ref := func(col int) string { return CellName(col, n) }
		number := func(col, style int, digits string) {
			fmt.Fprintf(&rows, `<c r="%s" s="%d"><v>%s</v></c>`, ref(col), style, digits)
		}
		number(0, 0, strconv.Itoa(900_000_000+n))
		text(ref(1), []string{"52729NAA8", "52729NAB6", "52729NAE0", "52729NAK6"}[n%4])
		number(2, 1, strconv.Itoa(n%977*1000+1000))
		number(3, 2, fmt.Sprintf("38303.%012d", int64(n)*7919*1_000_003%1_000_000_000_000))
		text(ref(4), fmt.Sprintf("%04d", n%611))
		text(ref(5), "Participant Bank "+strconv.Itoa(n%611))
		text(ref(6), "HOLDER-"+strconv.Itoa(n*31))
		text(ref(7), "desk"+strconv.Itoa(n%97)+"@bank.example")
		text(ref(8), "USD")
		text(ref(9), []string{"MADE", "WITH", "PEND"}[n%3])
		number(10, 2, "38303.5")
		text(ref(11), "book-entry")
		number(12, 1, strconv.Itoa(n))
		text(ref(13), "Remark for line "+strconv.Itoa(n%5003))
		rows.WriteString(`</row>`)
	}
	b := book{
		sheet:   data(rows.String()),
		strings: shared.String(),
		styles:  `<cellXfs><xf numFmtId="0"/><xf numFmtId="3"/><xf numFmtId="22"/></cellXfs>`,
	}
	return b.zipped(t)
}

var (
	benchShared = sync.OnceValue(func() []byte { return benchBook(&testing.B{}, false) })
	benchInline = sync.OnceValue(func() []byte { return benchBook(&testing.B{}, true) })
)

func eachVariant(b *testing.B, run func(b *testing.B, packed []byte)) {
	for _, v := range []struct {
		name string
		book func() []byte
	}{{"shared", benchShared}, {"inline", benchInline}} {
		b.Run(v.name, func(b *testing.B) {
			packed := v.book()
			b.ReportAllocs()
			b.ResetTimer()
			run(b, packed)
			b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkRows opens the workbook and reads every cell.
func BenchmarkRows(b *testing.B) {
	eachVariant(b, func(b *testing.B, packed []byte) {
		for range b.N {
			w, err := open(packed)
			if err != nil {
				b.Fatal(err)
			}
			cells := 0
			if _, err := w.Rows(0, func(r *Row) error { cells += len(r.Cells); return nil }); err != nil {
				b.Fatal(err)
			}
			if cells != benchRows*benchCols {
				b.Fatalf("%d cells", cells)
			}
		}
	})
}

// BenchmarkInflate reads the same parts without looking at them: the least any reader must take.
func BenchmarkInflate(b *testing.B) {
	eachVariant(b, func(b *testing.B, packed []byte) {
		buf := make([]byte, blockBytes)
		for range b.N {
			c, err := openContainer(bytes.NewReader(packed), int64(len(packed)), DefaultLimits())
			if err != nil {
				b.Fatal(err)
			}
			for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"} {
				if e := c.find(name); e != nil {
					if _, err := io.CopyBuffer(io.Discard, onlyReader{c.openPart(e)}, buf); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}

// BenchmarkExcelize is the peer: excelize's row iterator with raw values.
func BenchmarkExcelize(b *testing.B) {
	eachVariant(b, func(b *testing.B, packed []byte) {
		for range b.N {
			readExcelize(b, packed)
		}
	})
}

func readExcelize(b *testing.B, packed []byte) {
	f, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{RawCellValue: true})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	cells := 0
	for rows.Next() {
		columns, err := rows.Columns()
		if err != nil {
			b.Fatal(err)
		}
		cells += len(columns)
	}
	if cells != benchRows*benchCols {
		b.Fatalf("%d cells", cells)
	}
}
