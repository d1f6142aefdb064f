package csvfile

import (
	"strings"
	"testing"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

func TestDecode(t *testing.T) {
	for content, want := range map[string]string{
		"\xef\xbb\xbfa,b\n":                    "UTF-8 with a byte order mark: a,b\n",
		"a\x00,\x00\xe9\x00\n\x00":             "UTF-16 without a byte order mark: a,é\n",
		"\x00a\x00,\x00\xe9\x00\n":             "UTF-16 without a byte order mark: a,é\n",
		"\xff\xfea\x00,\x00\xe9\x00\n\x00":     "UTF-16: a,é\n",
		"a\rb\r":                               "UTF-8: a\nb\n",
		"a,=\"0901\"\n":                        "UTF-8: a,\"0901\"\n",
		"a\n\x1a":                              "UTF-8: a\n",
		"a\x00b\n":                             "line 1: there is a NUL byte",
		"a\n\xe9\n":                            "line 2: a character is not UTF-8",
		"a\rb\n":                               "line 1: a line ends with a carriage return only",
		" \n":                                  "the file is empty",
		"a\n" + strings.Repeat("b", maxLine+1): "line 2: the line has 1048577 bytes",
	} {
		text, encoding, faults := Decode([]byte(content), "")
		got := encoding + ": " + string(text)
		if len(faults) > 0 {
			got = strings.TrimPrefix(faults[0].Cell+": "+faults[0].Message, ": ")
		}
		if !strings.HasPrefix(got, want) || (len(faults) > 0) != (text == nil) {
			t.Errorf("%.20q: %q, want %q", content, got, want)
		}
	}
	if text, _, faults := Decode([]byte("a\x80\n"), tender.Windows1252); string(text) != "a€\n" || len(faults) > 0 {
		t.Errorf("%q, %v", text, faults)
	}
}

func TestALineHasTheFieldsOfTheHeadings(t *testing.T) {
	lines := Lines{Text: []byte("a;b;c\n1;2;3\n1;2;3;;\n1;2\nTotal;9\n"), Separator: ';', Headings: 1, Needed: 3}
	lines.MayBeShort = func(first string, filled int) bool { return first == "Total" && filled == 2 }
	var read []int
	_, err := lines.Each(func(row *xlsx.Row) error { read = append(read, len(row.Cells)); return nil })
	if err == nil || !strings.Contains(err.Error(), "has 2 fields, the headings have 3") || len(read) != 3 {
		t.Errorf("%v after %v", err, read)
	}
	lines.Text = []byte("a;b;c\n1;2;3\nTotal;9\n")
	if _, err := lines.Each(func(*xlsx.Row) error { return nil }); err != nil {
		t.Error(err)
	}
}
