package parquetfile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
)

var table = &export.Table{File: "t.csv", Columns: []export.Column{
	{Name: "z", Type: export.Number}, {Name: "a", Type: export.Text}, {Name: "n", Type: export.Integer}, {Name: "d", Type: export.Day},
	{Name: "t", Type: export.Instant}, {Name: "b", Type: export.Bool},
}}

func TestColumnsKeepTheirOrderAndEmptyCellsAreNull(t *testing.T) {
	const content = "z,a,n,d,t,b\n-0.05,'=1+1,7,2004-12-02,2004-11-12T17:00:00.001-05:00,true\n,,,,,\n"
	var b, again bytes.Buffer
	if err := Write(&b, table, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, table, strings.NewReader(content)); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same table gives other bytes", err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range file.Schema().Fields() {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, ""); got != "zantdb" && got != "zandtb" {
		t.Errorf("the columns are %s", got)
	}
	rows := file.RowGroups()[0].Rows()
	defer rows.Close()
	read := make([]parquet.Row, 2)
	if n, _ := rows.ReadRows(read); n != 2 {
		t.Fatalf("%d rows", n)
	}
	if got := read[0][1].String(); got != "=1+1" {
		t.Errorf("the text is %q", got)
	}
	if got := read[0][2].Int64(); got != 7 {
		t.Errorf("the number is %d", got)
	}
	if got := read[0][4].Int64(); got != 1100296800001 {
		t.Errorf("the instant is %d", got)
	}
	for i, v := range read[1] {
		if !v.IsNull() {
			t.Errorf("the empty cell %d is %v", i, v)
		}
	}
}

func TestNumbersAreExact(t *testing.T) {
	for text, want := range map[string]string{
		"0": "00000000000000000000000000000000", "1": "000000000000000000000002540be400", "-0.0000000001": "ffffffffffffffffffffffffffffffff",
		"9999999999999999999999999999.9999999999": "4b3b4ca85a86c47a098a223fffffffff",
	} {
		v, err := decimalValue(decimal.RequireFromString(text))
		if err != nil || hexOf(v.ByteArray()) != want {
			t.Errorf("%s is %s, %v, want %s", text, hexOf(v.ByteArray()), err, want)
		}
	}
	for _, text := range []string{"0.00000000001", "10000000000000000000000000000"} {
		if v, err := decimalValue(decimal.RequireFromString(text)); err == nil {
			t.Errorf("%s is %s", text, v)
		}
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

func TestWhatIsNotOfItsTypeIsRefused(t *testing.T) {
	for _, row := range []string{"x,,,,,", ",,1.5,,,", ",,,02.12.2004,,", ",,,,noon,", ",,,,,maybe"} {
		if err := Write(&bytes.Buffer{}, table, strings.NewReader("z,a,n,d,t,b\n"+row+"\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s gives %v", row, err)
		}
	}
	if err := Write(&bytes.Buffer{}, table, strings.NewReader("z,a\n1,2\n")); err == nil {
		t.Error("columns that are missing are not noticed")
	}
}
