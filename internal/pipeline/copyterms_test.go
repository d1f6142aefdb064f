package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/offerfolder"
)

// TestT17CopiedTermsDifferInTheIDOnly copies terms whose id is written in every way.
func TestT17CopiedTermsDifferInTheIDOnly(t *testing.T) {
	for _, c := range []struct{ line, id, want string }{
		{"id: small", "big-2", "id: big-2"},
		{"id: small   # the offer", "big-2", "id: big-2   # the offer"},
		{`id: "small: one" # the offer`, "a # b", `id: "a # b" # the offer`},
		{"id:  'small'\r", "2027", "id:  \"2027\"\r"},
		{"id: small", `$1 "x"`, `id: "$1 \"x\""`},
		{"id: small", "true", `id: "true"`},
		{"id: small", "1e5", `id: "1e5"`},
		{"id: small", "größer", `id: "größer"`},
	} {
		folder := t.TempDir()
		source := strings.Replace(smallTerms, "id: small", c.line, 1)
		if err := os.WriteFile(filepath.Join(folder, offerfolder.OfferName), []byte(source), 0o640); err != nil {
			t.Fatal(err)
		}
		content, notes, err := offerfolder.CopyTerms(folder, c.id)
		if want := strings.Replace(smallTerms, "id: small", c.want, 1); string(content) != want || len(notes) > 0 ||
			err != nil {
			t.Errorf("%s: %q, %q, %v", c.line, content, notes, err)
		}
	}
}

func TestTermsWhoseIDIsNotOnALineOfItsOwnAreNotCopied(t *testing.T) {
	folder := t.TempDir()
	source := strings.Replace(smallTerms, "id: small", "\"id\": small", 1)
	if err := os.WriteFile(filepath.Join(folder, offerfolder.OfferName), []byte(source), 0o640); err != nil {
		t.Fatal(err)
	}
	if content, _, err := offerfolder.CopyTerms(folder, "other"); !errors.As(err, new(*offerfolder.UsageError)) ||
		content != nil {
		t.Errorf("%q, %v", content, err)
	}
	if _, _, err := offerfolder.CopyTerms(t.TempDir(), "other"); !errors.As(err, new(*offerfolder.UsageError)) {
		t.Errorf("%v", err)
	}
}
