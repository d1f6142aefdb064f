package offerfile

import (
	"io"

	"tenderbatch/internal/schema"
	"tenderbatch/internal/strictyaml"
)

// WriteSchema writes the JSON Schema of an offer.yaml: the keys, kinds and choices that the reader of
// the terms asks for.
func WriteSchema(w io.Writer) error {
	root := Keys()
	root.At("amendments", "[]").Put("set", root.Amending(keyedLists, notAmendable))
	return root.Write(w, "offer.yaml, the terms of an offer; docs/offer.md explains each key", true)
}

// InstantPattern is the pattern of a time in offer.yaml, by which [Keys] says that a value is one.
var InstantPattern = instantForm.String()

// Keys is what the reader of the terms asks for: every key of an offer.yaml with what its value can be.
func Keys() *schema.Value {
	root := schema.New()
	schema.Each(func(walk *schema.Walk) {
		r := newTermsReader(walk.Node(root), 0)
		r.walk = walk
		r.offer()
	})
	return root
}

// NameKey is the key that names the items of a list, such as id of series, where an amendment can
// change them one by one; "" for other lists.
func NameKey(list string) string { return keyedLists[list] }

// Tree is an offer.yaml as it is written, of which [ParseTerms] found no fault.
func Tree(name string, source []byte) *strictyaml.Node { return parse(name, source).file.Root }
