package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"tenderbatch/internal/strictyaml"
)

// TestAKeyThatDependsOnAnotherIsOptional reads a mapping as a reader would that needs a key only
// where another is there, looks at the kind of a value, and at a choice.
func TestAKeyThatDependsOnAnotherIsOptional(t *testing.T) {
	root := New()
	Each(func(w *Walk) {
		top := w.Node(root)
		v := w.Of(top)
		v.Mapping()
		w.Of(w.Node(v.Key("always", true))).Flag()
		price := w.Optional(v.Key("price", false))
		if price != nil {
			w.Of(price).Number("a price", "^[0-9]+$", 0)
		}
		w.Of(w.Node(v.Key("coupon", price != nil))).Whole("a coupon", "^[1-9]$")
		when := w.Node(v.Key("when", true))
		if when.Kind == strictyaml.Mapping {
			w.Of(when).Mapping()
			w.Of(w.Node(w.Of(when).Key("at", true))).Pattern("a time", "^[0-9:]+$")
		} else {
			w.Of(when).Pattern("a time", "^[0-9:]+$")
		}
		rules := []string{"a", "b", "c"}
		w.Of(w.Node(v.Key("rule", true))).Choice(rules)
		outcome := w.Of(w.Node(v.Key("outcome", true)))
		outcome.Choice([]string{"of " + rules[w.Chosen(len(rules))]})
		names := w.Node(v.Key("names", true))
		w.Of(names).Mapping()
		for _, e := range names.Entries {
			w.Of(e.Value).Text("a name")
		}
	})
	var b bytes.Buffer
	if err := root.Write(&b, "a file", true); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Required   []string
		Properties map[string]map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := []string{"always", "names", "outcome", "rule", "when"}; !reflect.DeepEqual(got.Required, want) {
		t.Errorf("required are %q, want %q", got.Required, want)
	}
	if n := len(got.Properties["when"]["anyOf"].([]any)); n != 2 {
		t.Errorf("when has %d kinds: %s", n, b.String())
	}
	if n := len(got.Properties["outcome"]["enum"].([]any)); n != 3 {
		t.Errorf("outcome has %d words", n)
	}
	if _, is := got.Properties["names"]["additionalProperties"].(map[string]any); !is {
		t.Errorf("names has no keys of the user's own: %s", b.String())
	}
	if got.Properties["surprise"] != nil || got.Properties["always"]["type"] != "boolean" {
		t.Errorf("%s", b.String())
	}
}

func TestNothingIsNotedWithoutAWalk(t *testing.T) {
	var w *Walk
	v := w.Of(&strictyaml.Node{})
	v.Mapping()
	v.Text("a")
	v.Flag()
	v.Filled()
	v.Choice(nil)
	if v.Key("a", true) != nil || v.List() != nil || v.Any() != nil {
		t.Error("a value is noted")
	}
}
