package strictyaml

import (
	"strings"
	"testing"
)

func TestWhatAFileDoesNotShowIsAFault(t *testing.T) {
	for text, want := range map[string]string{
		"a: &b 1\nc: *b\n":             "an anchor (&)",
		"a: !!str 1\n":                 "a tag (!)",
		"a: {<<: {b: 1}}\n":            "a merge key (<<)",
		"? a\n: b\n":                   "a complex key (?)",
		"%YAML 1.2\n---\na: 1\n":       "a directive (%)",
		"a: " + "[[[[[" + "\n":         "nested deeper",
		"- - - - - a\n":                "nested deeper",
		"a: 'b\n":                      "not YAML",
		"a: [1, 2]\nb: {c: d, e: f}\n": "",
		"a: 1\na: 2\n":                 "", // who reads it says which key
	} {
		file, faults := parseText(text, 4)
		switch {
		case want == "" && (file == nil || len(faults) > 0):
			t.Errorf("%q: %v", text, faults)
		case want != "" && (file != nil || len(faults) == 0 || !strings.Contains(faults[0].message, want) || faults[0].line < 1 || faults[0].column < 1):
			t.Errorf("%q: %v, want %q", text, faults, want)
		}
	}
}
