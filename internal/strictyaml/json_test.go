package strictyaml

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestValuesAreWhatYAMLMakesOfThem(t *testing.T) {
	d := Parse("a.yaml", []byte("a: 1\nb: '1'\nc: 2004-11-12\nd: true\ne: null\nf: [1.50, x, ~]\ng: {h: yes}\ni: 007\nj: -2.5e3\nk:\n"), Format{Bytes: 1000, Nesting: 9})
	if d.Failed() {
		t.Fatal("it cannot be read")
	}
	want := map[string]any{
		"a": json.Number("1"), "b": "1", "c": "2004-11-12", "d": true, "e": nil, "f": []any{json.Number("1.50"), "x", nil},
		"g": map[string]any{"h": "yes"}, "i": json.Number("7"), "j": json.Number("-2.5e3"), "k": nil,
	}
	if got := d.Root.JSON(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := json.Marshal(d.Root.JSON()); err != nil {
		t.Error(err)
	}
}
