package xlsx

import (
	"fmt"
	"testing"
)

// A conditional format that strikes through is known by its range.
func TestConditionalStrikes(t *testing.T) {
	const formats = `<conditionalFormatting sqref="A2:F9 H2"><cfRule type="expression" dxfId="1" priority="1"><formula>$F2="WITH"</formula></cfRule></conditionalFormatting>` +
		`<conditionalFormatting sqref="B2:B9"><cfRule type="expression" dxfId="0" priority="2"><formula>TRUE</formula></cfRule><cfRule type="dataBar" priority="3"/></conditionalFormatting>` +
		`<conditionalFormatting sqref="C2"><cfRule type="expression" dxfId="2" priority="4"/><cfRule type="expression" dxfId="99" priority="5"/></conditionalFormatting>`
	w, err := open(book{
		sheet:  data(`<row r="1"><c r="A1"><v>1</v></c></row>`) + formats,
		styles: `<cellXfs count="1"><xf/></cellXfs><dxfs count="3"><dxf><font><b/></font></dxf><dxf><font><strike/></font><fill/></dxf><dxf><font><strike val="0"/></font></dxf></dxfs>`,
	}.zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	tail, err := w.Rows(0, func(*Row) error { return nil })
	if want := "[A2:F9 H2]"; err != nil || fmt.Sprint(tail.Striking) != want {
		t.Errorf("%v, %v; want %s", tail.Striking, err, want)
	}
}
