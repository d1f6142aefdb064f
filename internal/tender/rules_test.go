package tender

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRulesAreDocumented holds docs/rules.md against the codes in the code: every
// code has its line, and no line is left of a code that was removed.
func TestRulesAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`"(R[0-9]+-[a-z][a-z-]*)"`)
	inCode := map[string]bool{}
	for _, pattern := range []string{"*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllSubmatch(source, -1) {
				inCode[string(m[1])] = true
			}
		}
	}
	for c := range inCode {
		if !strings.Contains(string(page), "| `"+c+"` |") {
			t.Errorf("docs/rules.md has no line for %s", c)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(R[^`]+)` \\|").FindAllSubmatch(page, -1) {
		if !inCode[string(m[1])] {
			t.Errorf("docs/rules.md has a line for %s, which is not in the code", m[1])
		}
	}
}

// TestRulesAreListed checks that Rules has every code that this package uses.
func TestRulesAreListed(t *testing.T) {
	source, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, r := range Rules() {
		if slices.Contains(listed, r.Code) || r.Meaning == "" {
			t.Errorf("%s is listed twice or without a meaning", r.Code)
		}
		listed = append(listed, r.Code)
	}
	for _, m := range regexp.MustCompile(`= "(R[^"]+)"`).FindAllSubmatch(source, -1) {
		if !slices.Contains(listed, string(m[1])) {
			t.Errorf("Rules does not list %s", m[1])
		}
	}
}
