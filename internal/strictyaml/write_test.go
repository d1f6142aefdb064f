package strictyaml

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawNode draws a value as a file can hold it.
func drawNode(t *rapid.T, depth int) *Node {
	kinds := []Kind{Scalar, Null, Mapping, List}
	if depth == 0 {
		kinds = kinds[:2]
	}
	n := &Node{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "null", "~", "true", "1.50", "a: b", "- a", "a #b", "[", "{a}", "a,b", "'", "\"",
		"\\", "two\nlines", "end ", " begin", "*", "&a", "!t", "9-1/8% Notes", "2004-11-12T17:00", "Ä", "@x", "%d", "a:", "?", "|", ">"}),
		rapid.StringMatching(`[ -~]{0,12}`))
	switch n.Kind {
	case Scalar:
		*n = *Text(text.Draw(t, "text"))
	case Mapping:
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			key := text.Filter(func(s string) bool { return !strings.Contains(s, "\n") }).Draw(t, "key")
			n.Put(key, drawNode(t, depth-1))
		}
	case List:
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			n.Items = append(n.Items, drawNode(t, depth-1))
		}
	}
	return n
}

// TestWrittenIsRead parses what was written: the same values, each on the line that is said.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root := &Node{Kind: Mapping}
		root.Put("first", Text("x"))
		for range rapid.IntRange(0, 3).Draw(t, "top") {
			root.Put(rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "name"), drawNode(t, 3))
		}
		var all []string
		for _, w := range root.Lines() {
			all = append(all, w.Line)
		}
		source := strings.Join(all, "\n") + "\n"
		d := Parse("x.yaml", []byte(source), Format{Bytes: 1 << 20, Nesting: 32})
		if d.Failed() {
			t.Fatalf("%v\n%s", d.Err(), source)
		}
		sameNode(t, root, d.Root, source)
	})
}

func sameNode(t *rapid.T, want, got *Node, source string) {
	if want.Kind != got.Kind || want.Text != got.Text || len(want.Entries) != len(got.Entries) || len(want.Items) != len(got.Items) {
		t.Fatalf("%v %q is read as %v %q at %d:\n%s", want.Kind, want.Text, got.Kind, got.Text, got.Line, source)
	}
	for i, e := range want.Entries {
		if e.Key.Text != got.Entries[i].Key.Text {
			t.Fatalf("the key %q is read as %q:\n%s", e.Key.Text, got.Entries[i].Key.Text, source)
		}
		sameNode(t, e.Value, got.Entries[i].Value, source)
	}
	for i := range want.Items {
		sameNode(t, want.Items[i], got.Items[i], source)
	}
}
