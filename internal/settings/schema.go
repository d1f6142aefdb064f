package settings

import (
	"io"
	"slices"

	"tenderbatch/internal/schema"
	"tenderbatch/internal/strictyaml"
)

// WriteSchema writes the JSON Schema of a batch.yaml: the keys, kinds and choices that the reader of
// the settings asks for.
func WriteSchema(w io.Writer) error {
	root := schema.New()
	schema.Each(func(walk *schema.Walk) {
		f, s := &file{walk: walk, words: map[string][]string{}}, Default()
		f.settings(walk.Node(root), &s)
	})
	return root.Write(w, "batch.yaml, the settings of the service; docs/settings.md explains each key", false)
}

// collect notes the keys of a section, and what their readers ask for. None must be there: what a
// section cannot do without, its faults say.
func (f *file) collect(n *strictyaml.Node, keys map[string]reader) {
	v := f.walk.Of(n)
	v.Mapping()
	for key, read := range keys {
		value := v.Key(key, false)
		if slices.Contains(oldKeys, key) {
			v.Old(key)
		}
		read(key, f.walk.Node(value))
	}
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
