package display

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestT10 shows what names of files may hold.
func TestT10WhatCannotBeSeenIsWrittenOut(t *testing.T) {
	for text, want := range map[string][3]string{
		"dtc-2026-11-25.csv": {"dtc-2026-11-25.csv", "dtc-2026-11-25.csv", "dtc-2026-11-25.csv"},
		"Nestlé 東京.csv":      {"Nestlé 東京.csv", "Nestlé 東京.csv", "Nestlé 東京.csv"},
		"a\x1b[31mb":         {`a\u001b[31mb`, `a\u001b[31mb`, `a\u001b[31mb`},
		"a\nb\tc\rd":         {`a\u000ab\u0009c\u000dd`, "a\nb\\u0009c\\u000dd", "a b c d"},
		"vsc.\u202e4002":     {`vsc.\u202e4002`, `vsc.\u202e4002`, `vsc.\u202e4002`},
		"a\u2066b\u2069c":    {`a\u2066b\u2069c`, `a\u2066b\u2069c`, `a\u2066b\u2069c`},
		"a\u200bb\ufeff":     {`a\u200bb\ufeff`, `a\u200bb\ufeff`, `a\u200bb\ufeff`},
		"a\u0085b\u2028c":    {`a\u0085b\u2028c`, `a\u0085b\u2028c`, "a b c"},
		"a\xffb\xc3":         {`a\xffb\xc3`, `a\xffb\xc3`, `a\xffb\xc3`},
		"a\ufffdb":           {"a\ufffdb", "a\ufffdb", "a\ufffdb"},
		"\U000e0041\u3164":   {`\U000e0041\u3164`, `\U000e0041\u3164`, `\U000e0041\u3164`},
		"\x9b31m\u009b31m":   {`\x9b31m\u009b31m`, `\x9b31m\u009b31m`, `\x9b31m\u009b31m`},
		"":                   {"", "", ""},
	} {
		for i, show := range []func(string) string{Line, Lines, Flat} {
			if got := show(text); got != want[i] {
				t.Errorf("%q, way %d: %q, want %q", text, i, got, want[i])
			}
		}
	}
}

func FuzzWhatIsShownCanBeSeen(f *testing.F) {
	for _, s := range []string{"", "dtc.csv", "a\x1b]0;x\x07", "\u202e\u2066\u200f", "\xff\xfe", "a\r\nb", "\x00"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		for name, shown := range map[string]string{"Line": Line(s), "Lines": strings.ReplaceAll(Lines(s), "\n", ""), "Flat": Flat(s)} {
			if !utf8.ValidString(shown) || strings.ContainsFunc(shown, Unseen) {
				t.Errorf("%s of %q is %q", name, s, shown)
			}
			if plain(s) && shown != s {
				t.Errorf("%s of %q is %q", name, s, shown)
			}
		}
		if most >= 3 {
			if cut := Cut(s, most); len(cut) > most || !utf8.ValidString(cut) {
				t.Errorf("Cut of %q to %d is %q", s, most, cut)
			}
		}
	})
}

func TestT20SecretsAreMaskedByValue(t *testing.T) {
	var s Secrets
	s.AddURL("https://user:pa%2Fss@hooks.example.com/services/T024F/B0/qWmX9/{offer}?token=a%26b-c&x=1")
	s.AddLogin("batch@example.com", "s3cr3t&\"word")
	for text, want := range map[string]string{
		"POST /services/T024F/B0/qWmX9/level3?token=a%26b-c was not found": "POST /services/********/B0/********/level3?token=******** was not found",
		"token a&b-c, or a&amp;b-c":                                        "token ********, or ********",
		"pa/ss, pa%2Fss":                                                   "********, ********",
		`s3cr3t&"word`:                                                     "********",
		`{"password":"s3cr3t\u0026\"word"}`:                                `{"password":"********"}`,
		"s3cr3t&amp;&#34;word":                                             "********",
		"535 AGJhdGNoQGV4YW1wbGUuY29tAHMzY3IzdCYid29yZA==":                 "535 ********",
		"535 czNjcjN0JiJ3b3Jk":                                             "535 ********",
		"hooks.example.com answers 404 Not Found":                          "hooks.example.com answers 404 Not Found",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	var none *Secrets
	none.Add("x")
	none.AddURL("x")
	if none.Hide("a") != "a" {
		t.Error("nil hides something")
	}
}
