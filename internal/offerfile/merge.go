package offerfile

import (
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// amendment is an amendment as the file states it.
type amendment struct {
	tender.Amendment
	version int              // 1 for the first
	node    *strictyaml.Node // all of it
	set     *strictyaml.Node // a mapping; nil if it is none
}

// readAmendments reads when each amendment takes effect; what it sets is read
// once it is worked in.
func (r *termsReader) readAmendments(f termsField, launch tender.Date) []amendment {
	var all []amendment
	for i, item := range f.list() {
		m := item.mapping()
		a := amendment{version: i + 1, node: item.node}
		a.Effective = m.need("effective").instant()
		a.Note = m.may("note").prose()
		if set := m.need("set"); set.mapping().node != nil {
			a.set = set.node
		}
		m.close()
		r.checkEffective(m, a, all, launch)
		all = append(all, a)
	}
	return all
}

// checkEffective checks that an amendment takes effect after launch and after
// the one before it.
func (r *termsReader) checkEffective(m *termsMapping, a amendment, earlier []amendment, launch tender.Date) {
	at := strictyaml.PathTo(m.path, "effective")
	if a.Effective.IsZero() || !r.sound(at) {
		return
	}
	if r.sound("dates.launch") && tender.DateOf(a.Effective).Before(launch) {
		r.fault(at, r.node(at), "effective %s is before launch %s; correct one of them", r.node(at).Text, launch)
	}
	if n := len(earlier); n > 0 && !a.Effective.After(earlier[n-1].Effective) {
		r.fault(at, r.node(at), "effective %s is not after that of the amendment before it; put the amendments in the "+
			"order in which they take effect", r.node(at).Text)
	}
}

// markVersion says of a value and all in it which amendment it belongs to.
func markVersion(n *strictyaml.Node, version int) {
	n.Version = version
	for _, e := range n.Entries {
		e.Key.Version = version
		markVersion(e.Value, version)
	}
	for _, v := range n.Items {
		markVersion(v, version)
	}
}

// keyedLists are the lists whose items an amendment can change one by one, with
// the key that names an item.
var keyedLists = map[string]string{
	"caps": "name", "pools": "name", "auctions": "name", "references": "name", "series": "id", "conditions": "name",
	"depositaries": "name",
}

// notAmendable are the keys that no amendment can set.
var notAmendable = []string{"id", "timezone", "release", "retention", "amendments"}

// amendedBy returns a reader of the terms with one more amendment worked in. The
// values keep their places in the file.
func (r *termsReader) amendedBy(a amendment) *termsReader {
	next := newTermsReader(r.root, a.version)
	next.amendments, next.words = r.amendments, r.words
	if len(r.remarks) == 0 {
		next.before, r.before = r, nil
	}
	if a.set == nil {
		return next
	}
	markVersion(a.set, a.version)
	next.set = a.set
	root := *r.root
	root.Entries = slices.Clone(r.root.Entries)
	for _, e := range a.set.Entries {
		key := e.Key.Text
		if slices.Contains(notAmendable, key) {
			next.fault(e.Key.Path, e.Key, "%s cannot be amended; take it out of the amendment", key)
			continue
		}
		if !r.sound(key) {
			continue // the key is at fault before it is amended
		}
		old := root.Entry(key)
		if name, keyed := keyedLists[key]; keyed && e.Value.Kind == strictyaml.Mapping {
			put(&root, e.Key, r.mergeItems(next, old, e, name))
		} else {
			put(&root, e.Key, mergeValue(old, e.Value))
		}
	}
	next.root = &root
	return next
}

// put sets the value of a key of a mapping.
func put(n, key, value *strictyaml.Node) {
	for i, e := range n.Entries {
		if e.Key.Text == key.Text {
			n.Entries[i] = strictyaml.Entry{Key: key, Value: value}
			return
		}
	}
	n.Entries = append(n.Entries, strictyaml.Entry{Key: key, Value: value})
}

// mergeValue is what an amendment makes of a value: a mapping is merged into a
// mapping key by key, everything else takes the old value's place.
func mergeValue(old, set *strictyaml.Node) *strictyaml.Node {
	if old == nil || old.Kind != strictyaml.Mapping || set.Kind != strictyaml.Mapping {
		return set
	}
	merged := *set
	merged.Entries = slices.Clone(old.Entries)
	for _, e := range set.Entries {
		put(&merged, e.Key, mergeValue(old.Entry(e.Key.Text), e.Value))
	}
	return &merged
}

// mergeItems is what an amendment makes of a list whose items it changes by
// name. Faults go to the reader of the terms as amended.
func (r *termsReader) mergeItems(next *termsReader, old *strictyaml.Node, set strictyaml.Entry,
	name string) *strictyaml.Node {
	list := set.Key.Text
	merged := *set.Value
	merged.Kind, merged.Entries = strictyaml.List, nil
	if old == nil || old.Kind != strictyaml.List {
		next.fault(set.Key.Path, set.Key, "there are no %s to change; write them as a list", list)
		return &merged
	}
	merged.Items = slices.Clone(old.Items)
	for _, e := range set.Value.Entries {
		i := itemNamed(merged.Items, name, e.Key.Text)
		var names []string
		if i < 0 {
			names = namesOf(merged.Items, name)
		}
		switch {
		case i < 0 && len(names) < len(merged.Items): // it may be the one whose name is at fault
		case i < 0:
			next.fault(e.Key.Path, e.Key, "none of the %s is %s; %s", list, display.Quote(e.Key.Text),
				instead(e.Key.Text, names))
		case e.Value.Kind != strictyaml.Mapping:
			next.fault(e.Value.Path, e.Value, "%s is %s here; write a mapping of what changes", display.Quote(e.Key.Text),
				e.Value.Kind)
		default:
			merged.Items[i] = mergeValue(merged.Items[i], e.Value)
		}
	}
	return &merged
}

// itemNamed returns the position of the item with the name, -1 if there is none.
func itemNamed(items []*strictyaml.Node, key, wanted string) int {
	return slices.IndexFunc(items, func(item *strictyaml.Node) bool {
		n := item.Entry(key)
		return n != nil && n.Kind == strictyaml.Scalar && n.Text == wanted
	})
}

// namesOf returns the names of all items that have one.
func namesOf(items []*strictyaml.Node, key string) (names []string) {
	for _, item := range items {
		if n := item.Entry(key); n != nil && n.Kind == strictyaml.Scalar {
			names = append(names, n.Text)
		}
	}
	return names
}
