package termsheet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

// offers are terms as people write them: the fixtures, those in the transcripts, and the examples of
// the documentation.
func offers(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	names, err := filepath.Glob("../../fixtures/*/offer.yaml")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		all[name] = readFile(t, name)
	}
	scripts, err := filepath.Glob("../../cmd/batch/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		for i, part := range strings.Split("\n"+string(readFile(t, name)), "\n-- ")[1:] {
			if file, text, _ := strings.Cut(part, " --\n"); strings.HasSuffix(file, "offer.yaml") {
				all[fmt.Sprint(name, i)] = []byte(text)
			}
		}
	}
	for i, part := range strings.Split(string(readFile(t, "../../docs/offer.md")), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		all[fmt.Sprint("offer.md ", i)] = []byte(text)
	}
	return all
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func formOf(t *testing.T, source []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, "offer.yaml", source); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTermsComeBack writes the form of every offer there is, and reads the same terms from it, in all
// their versions.
func TestTermsComeBack(t *testing.T) {
	taken := 0
	for name, source := range offers(t) {
		terms, err := offerfile.ParseTerms(name, source)
		if err != nil {
			continue
		}
		taken++
		data := formOf(t, source)
		back, err := Read("form.xlsx", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := offerfile.ParseTerms(name, back.Terms)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := Differences(terms, again); len(d) > 0 {
			t.Errorf("%s comes back otherwise: %s\n%s", name, strings.Join(d, "\n"), back.Terms)
		}
		if !bytes.Equal(data, formOf(t, source)) {
			t.Errorf("%s: the same terms gave other bytes", name)
		}
	}
	if taken < 15 {
		t.Errorf("only %d terms were written", taken)
	}
}

// TestEveryFieldIsAKey: what the form has a field for, the reader of offer.yaml asks for.
func TestEveryFieldIsAKey(t *testing.T) {
	check := func(list string, f field) {
		for _, f := range []field{f, besideOf(f)} {
			if f.key != "" && askedOf(list, f.key) == nil {
				t.Errorf("%s %s: there is no such key", list, f.key)
			}
		}
	}
	seen := map[string]bool{}
	for _, b := range append(append([]block{}, leftBlocks...), rightBlocks...) {
		for _, f := range b.fields {
			check("", f)
			if seen[normal(f.label)] {
				t.Errorf("the label %s is there twice", f.label)
			}
			seen[normal(f.label)] = true
		}
	}
	for _, tb := range tables {
		for _, f := range tb.fields {
			check(tb.list, f)
		}
	}
}

// filled is the form of the worked example after some cells of it were changed.
func filled(t *testing.T, source []byte, change func(f *excelize.File)) (*Form, error) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(formOf(t, source)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return Read("form.xlsx", bytes.NewReader(b.Bytes()), int64(b.Len()))
}

func TestBlankFormIsEmpty(t *testing.T) {
	for _, paper := range []tender.Paper{tender.PaperA4, tender.PaperLetter} {
		var b bytes.Buffer
		if err := WriteBlank(&b, paper); err != nil {
			t.Fatal(err)
		}
		_, err := Read("form.xlsx", bytes.NewReader(b.Bytes()), int64(b.Len()))
		for _, want := range []string{"B6 (Short name of the offer): this is not filled in", "B7 (Issuer)", "B11 (Launch)", "(Series of notes)", "(Depositaries)"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("of an empty form it is said %v, and not %q", err, want)
			}
		}
	}
}

// TestManySeries: a form of more series than one page can show comes back, too.
func TestManySeries(t *testing.T) {
	source, more := smallOffer, strings.Builder{}
	at := strings.Index(source, "  - id: 6-2031")
	end := strings.Index(source, "depositaries:")
	for i := range 40 {
		item := strings.ReplaceAll(source[at:end], "6-2031", fmt.Sprint("n-", i))
		more.WriteString(strings.Replace(item, "[775109BN0, US775109BN09]", fmt.Sprintf("[%q]", cusip(fmt.Sprintf("9000000%d", 10+i)[1:])), 1))
	}
	source = source[:end] + more.String() + source[end:]
	data := formOf(t, []byte(source))
	back, err := Read("form.xlsx", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	sameTerms(t, "40 series", []byte(source), back.Terms)
}

// cusip is eight digits with their check digit.
func cusip(digits string) string {
	sum := 0
	for i, c := range digits {
		n := int(c-'0') * (1 + i%2)
		sum += n/10 + n%10
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}

// Where one field was not filled in, it is that field which is named as needed, and not another one of its group: the
// final settlement date, and not the early one that the offer does not have.
func TestTheFieldThatIsNotFilledInIsNamed(t *testing.T) {
	asked := 0
	for _, name := range []string{"sampo-2025", "level3-2004"} {
		source := readFile(t, "../../fixtures/"+name+"/offer.yaml")
		for row := 6; row <= 50; row++ {
			cell := fmt.Sprint("B", row)
			_, err := filled(t, source, func(f *excelize.File) {
				if err := f.SetCellValue(f.GetSheetName(0), cell, nil); err != nil {
					t.Fatal(err)
				}
			})
			if err == nil || !strings.Contains(err.Error(), "is not filled in") {
				continue
			}
			if asked++; !strings.Contains(err.Error(), ", "+cell+" (") {
				t.Errorf("%s, %s empty: %v", name, cell, err)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d fields were found to be needed", asked)
	}
}

// A field that cannot be read, or a sheet that is missing, brings no fault of another cell or of an empty file.
func TestOneFaultOfAFormBringsNoOther(t *testing.T) {
	for _, c := range []struct {
		offer, want string
		change      func(f *excelize.File) error
	}{
		{"sampo-2025", "B17 (Final Settlement Date), \"soon\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "B17", "soon") }},
		{"sampo-2025", "lacks its sheet Further terms", func(f *excelize.File) error { return f.DeleteSheet("Further terms") }},
		// What is not read is not there, but not nothing: the total is not compared with a payment of zero.
		{"level3-2004", "C36 (Early Tender Payment), \"20,00\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "C36", "20,00") }},
		{"level3-2004", "C36 (Early Tender Payment), \"20\": this is a formula", func(f *excelize.File) error { return f.SetCellFormula("Terms", "C36", "10+10") }},
		{"level3-2004", "B12 (Early Tender Date), \"Friday\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "B12", "Friday") }},
		{"level3-2004", "B11 (Launch), \"Friday\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "B11", "Friday") }},
		{"level3-2004", "B45 (Interest payments a year), \"twice\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "B45", "twice") }},
		{"level3-2004", "C29 (Acceptance Priority Level), \"two\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "C29", "two") }},
		{"level3-2004", "C68 (Rate), \"1,2973\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "C68", "1,2973") }},
		{"level3-2004", "B53 (Amount), \"all\"", func(f *excelize.File) error { return f.SetCellValue("Terms", "B53", "all") }},
		// A word beside a table's title does not hide the table.
		{"level3-2004", "C24, \"four series\": nothing is read from this cell", func(f *excelize.File) error { return f.SetCellValue("Terms", "C24", "four series") }},
		{"level3-2004", "B70, \"two\": nothing is read from this cell", func(f *excelize.File) error { return f.SetCellValue("Terms", "B70", "two") }},
	} {
		_, err := filled(t, readFile(t, "../../fixtures/"+c.offer+"/offer.yaml"), func(f *excelize.File) {
			if err := c.change(f); err != nil {
				t.Fatal(err)
			}
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %s alone", err, c.want)
		}
	}
}

// Counsel fills in what is missing at once: of a group of fields in which nothing is filled in, each that is needed is named.
func TestAllFieldsThatAreNeededAreNamedAtOnce(t *testing.T) {
	source := readFile(t, "../../fixtures/level3-2004/offer.yaml")
	for name, c := range map[string]struct {
		clear []string
		want  []string
	}{
		"dates": {[]string{"B11", "B12", "C12", "B13", "C13", "B14", "B15", "B17", "B36", "C36", "D36", "E36", "B37", "C37", "D37", "E37"},
			[]string{"B11 (Launch)", "B13 (Expiration Date)", "B17 (Final Settlement Date)"}},
		"denomination":  {[]string{"B33", "B34"}, []string{"B33 (Minimum denomination)", "B34 (Integral multiple)"}},
		"of two series": {[]string{"B33", "B34", "D33", "D34"}, []string{"B33 (Min", "B34 (Int", "D33 (Min", "D34 (Int"}},
		// The others depend on it: with a coupon of zero, none of them is needed.
		"interest":        {[]string{"C43", "C44", "C45", "C46"}, []string{"C43 (Coupon"}},
		"after a coupon":  {[]string{"C44", "C45", "C46"}, []string{"C44 (Day count)", "C45 (Interest payments a year)", "C46 (Interest last paid)"}},
		"one of a group":  {[]string{"B34"}, []string{"B34 (Integral multiple)"}},
		"what is no need": {[]string{"B12", "C12", "B14", "B15", "B36", "C36", "D36", "E36", "B37", "C37", "D37", "E37"}, nil},
	} {
		_, err := filled(t, source, func(f *excelize.File) {
			for _, cell := range c.clear {
				if err := f.SetCellValue("Terms", cell, nil); err != nil {
					t.Fatal(err)
				}
			}
		})
		var lines []string
		if err != nil {
			lines = strings.Split(err.Error(), "\n")
		}
		for _, want := range c.want {
			if !slices.ContainsFunc(lines, func(line string) bool {
				return strings.Contains(line, ", "+want) && strings.HasSuffix(line, ": this is not filled in, and is needed")
			}) {
				t.Errorf("%s: %s is not named: %v", name, want, err)
			}
		}
		if len(lines) != len(c.want) {
			t.Errorf("%s: %d faults, want %d: %v", name, len(lines), len(c.want), err)
		}
	}
}
