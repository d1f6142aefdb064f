package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/bench/report"
	"tenderbatch/internal/xlsx"
)

// TestMain lets the test's own program stand for bench where bench starts itself.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_CHILD") != "" {
		main()
	}
	os.Exit(m.Run())
}

// The whole command, in small.
func TestBench(t *testing.T) {
	var out, errs bytes.Buffer
	if run([]string{"-rows", "300", "-peer-rows", "200", "-checked-rows", "100", "-runs", "1", "-calamine=false"}, &out, &errs) != 0 {
		t.Fatal(errs.String())
	}
	for _, want := range []string{"| shared | 300 | read | 2 |", "| inline | 200 | excelize | 1 |", "| shared | 100 | instructions | 1 |", "× inflate |", "× read |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{{"-rows", "0"}, {"-rows", "1048576"}, {"-peer-rows", "-1"}, {"-runs", "0"}, {"-child", "unknown-child"}, {"-unknown"}} {
		if run(args, &bytes.Buffer{}, &bytes.Buffer{}) == 0 {
			t.Errorf("%v is taken", args)
		}
	}
}

// The workbooks are the same bytes each time, and both readers find the same in
// both variants.
func TestWorkbooks(t *testing.T) {
	const rows = 400
	var want [][]string
	for _, inline := range []bool{false, true} {
		var first, second bytes.Buffer
		if err := report.WriteWorkbook(&first, rows, inline); err != nil {
			t.Fatal(err)
		}
		if err := report.WriteWorkbook(&second, rows, inline); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("%s: other bytes the second time, %v", report.Variant(inline), err)
		}
		got := ownRows(t, first.Bytes())
		if want == nil {
			want = got
		}
		peer := peerRows(t, first.Bytes())
		for i := range want {
			if !slices.Equal(got[i], want[i]) || !slices.Equal(peer[i], want[i]) {
				t.Fatalf("%s, row %d:\n%q\n%q\n%q", report.Variant(inline), i+1, got[i], peer[i], want[i])
			}
		}
		if len(got) != rows+1 || len(peer) != rows+1 || len(got[rows]) != report.Columns {
			t.Fatalf("%s: %d and %d rows", report.Variant(inline), len(got), len(peer))
		}
	}
	if got := strings.Join(want[41], "|"); got != "900000040|52729NAA8|213000|38303.17161951516|0040|Participant Bank 40|HOLDER-1240|desk40@bank.example|USD|WITH|38303.5|Book-entry|41|Remark for line 680" {
		t.Error(got)
	}
}

func ownRows(t *testing.T, b []byte) (rows [][]string) {
	t.Helper()
	book, err := xlsx.Open(bytes.NewReader(b), int64(len(b)), xlsx.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	_, err = book.Rows(0, func(row *xlsx.Row) error {
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, string(c.Text))
		}
		rows = append(rows, cells)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func peerRows(t *testing.T, b []byte) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A workbook that is damaged is no measurement.
func TestDamageIsAnError(t *testing.T) {
	path, err := report.WriteFile(t.TempDir(), 10, false, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.xlsx")
	if err := os.WriteFile(damaged, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"inflate", "read", "excelize", "instructions"} {
		if err := measureHere(name, damaged, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := measureHere(name, path, &bytes.Buffer{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where the sources of calamine lie in a folder, cargo takes everything from there.
func TestCratesFolder(t *testing.T) {
	crates := t.TempDir()
	if flags := sourceFlags(crates); flags != nil {
		t.Errorf("an empty folder: %q", flags)
	}
	if err := os.Mkdir(filepath.Join(crates, "calamine-0.34.0"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(crates, "calamine-0.34.0", "Cargo.toml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if flags := sourceFlags(crates); !slices.Contains(flags, "--offline") || !strings.Contains(strings.Join(flags, " "), crates) {
		t.Errorf("%q", flags)
	}
}

// A folder of workbooks: each content once, with what is refused and what excelize
// sees in another way.
func TestCorpus(t *testing.T) {
	folder := t.TempDir()
	var sound bytes.Buffer
	if err := report.WriteWorkbook(&sound, 3, true); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(sound.Bytes())
	damaged[len(damaged)/2] ^= 1
	for name, content := range map[string][]byte{"a.xlsx": sound.Bytes(), "b.XLSM": sound.Bytes(), "c.xlsx": damaged, "d.txt": damaged} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if run([]string{"-corpus", folder}, &out, &errs) != 0 {
		t.Fatal(errs.String())
	}
	for _, want := range []string{"REFUSED " + filepath.Join(folder, "c.xlsx"), "2 different workbooks: 1 read, 1 refused", "the cells differ in 0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if got := difference(map[string]cells{"S": {"A1": "A"}}, map[string]cells{"S": {"A1": "_x0041_"}, "Chart": {}}); !strings.Contains(got, "A1") {
		t.Errorf("the difference is %q", got)
	}
}
