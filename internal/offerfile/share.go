package offerfile

import (
	"slices"
	"strings"

	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// An offer may have hundreds of series and more than a thousand amendments, each of
// which changes a value or two. A version of the terms is read in full only where it
// differs from the one before: the nodes of the file that an amendment leaves alone are
// the same in both, and what was read of them, and found sound, is taken over.

// takeOver returns what was read of the version before, for [items] to go on with; an
// empty offer if that had a fault. The reader of that version has it no more.
func (r *termsReader) takeOver() *tender.Offer {
	if r.before == nil || r.before.result == nil {
		return &tender.Offer{}
	}
	was := r.before.result
	r.before.result = nil
	return was
}

// items reads the items of a list. was is what was read of it in the version before, in
// whose place the new items are put. What read makes of an item may depend on the item
// and on the offer's zone alone.
func items[T any](f termsField, was []T, read func(termsField) T) []T {
	old := f.r.before.topNode(f.path)
	switch {
	case !f.given():
		return nil
	case f.node == old && len(was) > 0:
		return was
	case old == nil || f.node.Kind != strictyaml.List || len(old.Items) != len(f.node.Items) || len(was) != len(old.Items):
		var all []T
		for _, item := range f.list() {
			f.r.count++
			all = append(all, read(item))
		}
		return all
	}
	for i, n := range f.node.Items {
		if n != old.Items[i] {
			f.r.count++
			was[i] = read(f.item(i))
		}
	}
	return was
}

// topNode is the value that a key at the top had in the version before, nil if that cannot
// be used.
func (r *termsReader) topNode(key string) *strictyaml.Node {
	if r == nil {
		return nil
	}
	return r.root.Entry(key)
}

// texts reads a list of texts, once for all versions that have the very same list.
func (f termsField) texts() []string {
	if known, ok := f.r.words[f.node]; ok && f.r.before != nil {
		return known
	}
	var all []string
	for _, item := range f.list() {
		all = append(all, item.text())
	}
	if f.given() {
		f.r.words[f.node] = all
	}
	return slices.Clip(all)
}

// same reports whether the values at the paths are the very ones of the version before,
// and that was found sound, so that a rule about them holds as it did. In a path, "*"
// is each item of a list: "series.*.id".
func (r *termsReader) same(paths ...string) bool {
	if r.before == nil || len(r.remarks) > 0 {
		return false
	}
	for _, p := range paths {
		if !sameNodes(r.before.root, r.root, p) {
			return false
		}
	}
	return true
}

func sameNodes(was, is *strictyaml.Node, path string) bool {
	if was == is {
		return true
	}
	if was == nil || is == nil || path == "" {
		return false
	}
	first, rest, _ := strings.Cut(path, ".")
	if first != "*" {
		return sameNodes(was.Entry(first), is.Entry(first), rest)
	}
	if was.Kind != strictyaml.List || is.Kind != strictyaml.List || len(was.Items) != len(is.Items) {
		return false
	}
	for i := range is.Items {
		if !sameNodes(was.Items[i], is.Items[i], rest) {
			return false
		}
	}
	return true
}

// sameItem is same for one item of a list, of which only the value of a key matters.
func (r *termsReader) sameItem(list string, i int, key string) bool {
	if r.before == nil || len(r.remarks) > 0 {
		return false
	}
	was, is := r.before.root.Entry(list), r.root.Entry(list)
	if was == nil || is == nil || len(was.Items) != len(is.Items) {
		return false
	}
	return sameNodes(was.Items[i], is.Items[i], key)
}
