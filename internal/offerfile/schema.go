package offerfile

import (
	"io"

	"tenderbatch/internal/schema"
)

// WriteSchema writes the JSON Schema of an offer.yaml: the keys, kinds and choices that the reader of
// the terms asks for.
func WriteSchema(w io.Writer) error {
	root := schema.New()
	schema.Each(func(walk *schema.Walk) {
		r := newTermsReader(walk.Node(root), 0)
		r.walk = walk
		r.offer()
	})
	root.At("amendments", "[]").Put("set", root.Amending(keyedLists, notAmendable))
	return root.Write(w, "offer.yaml, the terms of an offer; docs/offer.md explains each key", true)
}
