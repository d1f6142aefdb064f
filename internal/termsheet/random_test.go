package termsheet

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/strictyaml"
)

// TestRandomTermsComeBack changes single values of the fixtures to whatever the reader of offer.yaml
// takes, and demands the same terms from their form.
func TestRandomTermsComeBack(t *testing.T) {
	names, err := filepath.Glob("../../fixtures/*/offer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, name := range names {
		sources[name] = readFile(t, name)
	}
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "offer")
		root := copied(offerfile.Tree(name, sources[name]))
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			changeOne(t, root)
		}
		source, _ := fileOf(root)
		terms, err := offerfile.ParseTerms(name, source)
		if err != nil {
			return
		}
		taken++
		var b bytes.Buffer
		if err := Write(&b, name, source); err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		back, err := Read("form.xlsx", bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		differ, err := Compare(terms, back.Terms)
		if err != nil || len(differ) > 0 {
			t.Fatalf("%v %s\n%s", err, strings.Join(differ, "\n"), source)
		}
	})
	if taken < 10 {
		t.Errorf("only %d terms were taken", taken)
	}
}

// changeOne changes a single value somewhere to one of its kind, so that often the terms stay sound.
func changeOne(t *rapid.T, root *strictyaml.Node) {
	var all []*strictyaml.Node
	var collect func(n *strictyaml.Node)
	collect = func(n *strictyaml.Node) {
		if n.Kind == strictyaml.Scalar {
			all = append(all, n)
		}
		for _, e := range n.Entries {
			collect(e.Value)
		}
		for _, item := range n.Items {
			collect(item)
		}
	}
	collect(root)
	n := rapid.SampledFrom(all).Draw(t, "value")
	switch {
	case plainNumber.MatchString(n.Text) && !n.Quoted:
		n.Text = rapid.SampledFrom([]string{n.Text + "000", n.Text + ".5", strings.TrimSuffix(n.Text, "000"), "0.000001", "123456789012345678",
			"1234567890123456.25", "837.50", "1000", "0", "2000.250"}).Draw(t, "number")
	case offerTime.MatchString(n.Text):
		n.Text += rapid.SampledFrom([]string{":05", ":05.700", "-04:00", "Z"}).Draw(t, "time")
	default:
		*n = *strictyaml.Text(rapid.SampledFrom([]string{"N/A", "TBD", "-", "Note: x", "Caps", "Series", "Issuer", "1,000", "a, b", "a; b", "true",
			"early tender", "early_tender", "two\nlines", "=1+1", "[●]", "x'y", "_x0041_", "007"}).Draw(t, "text"))
	}
}
