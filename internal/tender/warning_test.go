package tender

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestP7EveryWarningCodeIsExplained holds the codes against the page and the schema.
func TestP7EveryWarningCodeIsExplained(t *testing.T) {
	source, err := os.ReadFile("warning.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`WarningCode = "`).FindAllString(string(source), -1)); n != len(WarningCodes) {
		t.Errorf("%d codes, %d in the list", n, len(WarningCodes))
	}
	for _, file := range []string{"../../docs/result.md", "../../docs/schemas/result.schema.json"} {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, code := range WarningCodes {
			if slices.Contains(WarningCodes[:i], code) {
				t.Errorf("%s is there twice", code)
			}
			if !strings.Contains(string(page), "`"+string(code)+"` |") && !strings.Contains(string(page), `"`+string(code)+`"`) {
				t.Errorf("%s does not know %s", file, code)
			}
		}
	}
}
