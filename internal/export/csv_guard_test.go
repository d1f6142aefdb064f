package export

import (
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever a spreadsheet takes for the separator, no field of a guarded text starts a
// formula.
func TestI26NothingRunsWhateverTheSeparator(t *testing.T) {
	for text, want := range map[string]string{
		"P1;=HYPERLINK(0)": "P1;'=HYPERLINK(0)", " =1+1": " '=1+1", "＝1+1": "'＝1+1", "=1": "'=1", "'=1": "''=1",
		"a;b": "a;b", ";=1": ";'=1", "a|@b|c": "a|'@b|c", "a; ;  +1": "a; ;  '+1", "plain": "plain", "": "",
	} {
		if got := guard(text); got != want || PlainText(got) != text {
			t.Errorf("%q is guarded as %q, want %q; read back as %q", text, got, want, PlainText(got))
		}
	}
}

func TestI26AGuardIsTakenOffExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("a'=+-@;|\t \u00a0＝\n1"))).Draw(t, "text")
		guarded := guard(text)
		if PlainText(guarded) != text {
			t.Errorf("%q is guarded as %q and read back as %q", text, guarded, PlainText(guarded))
		}
		for _, separator := range ",;|" {
			rows := csv.NewReader(strings.NewReader("x" + string(separator) + strings.ReplaceAll(guarded, "\n", " ")))
			rows.Comma, rows.LazyQuotes = separator, true
			fields, err := rows.Read()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fields[1:] {
				if f = strings.TrimLeft(f, spaces); f != "" && strings.ContainsAny(f[:1], "=+-@") && !strings.Contains(text, ",") {
					t.Errorf("%q guarded as %q gives the field %q", text, guarded, f)
				}
			}
		}
	})
}

func TestGuard(t *testing.T) {
	for plain, guarded := range map[string]string{
		"": "", "VOI1": "VOI1", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\nx": "'\nx",
		"'=1": "''=1", "''=1": "'''=1", "'x": "'x", "a=b": "a=b",
	} {
		if got := guard(plain); got != guarded {
			t.Errorf("guard(%q) = %q, want %q", plain, got, guarded)
		}
		if got := PlainText(guarded); got != plain {
			t.Errorf("PlainText(%q) = %q, want %q", guarded, got, plain)
		}
	}
}
