package offerfile

import (
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// amendment is an amendment as the file states it.
type amendment struct {
	tender.Amendment
	version int       // 1 for the first
	node    *yamlNode // all of it
	set     *yamlNode // a mapping; nil if it is none
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
	at := pathTo(m.path, "effective")
	if a.Effective.IsZero() || !r.sound(at) {
		return
	}
	if r.sound("dates.launch") && tender.DateOf(a.Effective).Before(launch) {
		r.fault(at, r.node(at), "effective %s is before launch %s; correct one of them", r.node(at).text, launch)
	}
	if n := len(earlier); n > 0 && !a.Effective.After(earlier[n-1].Effective) {
		r.fault(at, r.node(at), "effective %s is not after that of the amendment before it; put the amendments in the order in which they take effect", r.node(at).text)
	}
}

// markVersion says of a value and all in it which amendment it belongs to.
func (n *yamlNode) markVersion(version int) {
	n.version = version
	for _, e := range n.entries {
		e.key.version = version
		e.value.markVersion(version)
	}
	for _, v := range n.items {
		v.markVersion(version)
	}
}

// keyedLists are the lists whose items an amendment can change one by one, with
// the key that names an item.
var keyedLists = map[string]string{
	"caps": "name", "series": "id", "conditions": "name", "depositaries": "name",
}

// notAmendable are the keys that no amendment can set.
var notAmendable = []string{"id", "timezone", "amendments"}

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
	a.set.markVersion(a.version)
	next.set = a.set
	root := *r.root
	root.entries = slices.Clone(r.root.entries)
	for _, e := range a.set.entries {
		key := e.key.text
		if slices.Contains(notAmendable, key) {
			next.fault(e.key.path, e.key, "%s cannot be amended; take it out of the amendment", key)
			continue
		}
		if !r.sound(key) {
			continue // the key is at fault before it is amended
		}
		old := root.entry(key)
		if name, keyed := keyedLists[key]; keyed && e.value.kind == yamlMapping {
			root.put(e.key, r.mergeItems(next, old, e, name))
		} else {
			root.put(e.key, mergeValue(old, e.value))
		}
	}
	next.root = &root
	return next
}

// put sets the value of a key of a mapping.
func (n *yamlNode) put(key, value *yamlNode) {
	for i, e := range n.entries {
		if e.key.text == key.text {
			n.entries[i] = yamlEntry{key, value}
			return
		}
	}
	n.entries = append(n.entries, yamlEntry{key, value})
}

// mergeValue is what an amendment makes of a value: a mapping is merged into a
// mapping key by key, everything else takes the old value's place.
func mergeValue(old, set *yamlNode) *yamlNode {
	if old == nil || old.kind != yamlMapping || set.kind != yamlMapping {
		return set
	}
	merged := *set
	merged.entries = slices.Clone(old.entries)
	for _, e := range set.entries {
		merged.put(e.key, mergeValue(old.entry(e.key.text), e.value))
	}
	return &merged
}

// mergeItems is what an amendment makes of a list whose items it changes by
// name. Faults go to the reader of the terms as amended.
func (r *termsReader) mergeItems(next *termsReader, old *yamlNode, set yamlEntry, name string) *yamlNode {
	list := set.key.text
	merged := *set.value
	merged.kind, merged.entries = yamlList, nil
	if old == nil || old.kind != yamlList {
		next.fault(set.key.path, set.key, "there are no %s to change; write them as a list", list)
		return &merged
	}
	merged.items = slices.Clone(old.items)
	for _, e := range set.value.entries {
		i := itemNamed(merged.items, name, e.key.text)
		var names []string
		if i < 0 {
			names = namesOf(merged.items, name)
		}
		switch {
		case i < 0 && len(names) < len(merged.items): // it may be the one whose name is at fault
		case i < 0:
			next.fault(e.key.path, e.key, "none of the %s is %s; %s", list, display.Quote(e.key.text), instead(e.key.text, names))
		case e.value.kind != yamlMapping:
			next.fault(e.value.path, e.value, "%s is %s here; write a mapping of what changes", display.Quote(e.key.text), e.value.kind)
		default:
			merged.items[i] = mergeValue(merged.items[i], e.value)
		}
	}
	return &merged
}

// itemNamed returns the position of the item with the name, -1 if there is none.
func itemNamed(items []*yamlNode, key, wanted string) int {
	return slices.IndexFunc(items, func(item *yamlNode) bool {
		n := item.entry(key)
		return n != nil && n.kind == yamlScalar && n.text == wanted
	})
}

// namesOf returns the names of all items that have one.
func namesOf(items []*yamlNode, key string) (names []string) {
	for _, item := range items {
		if n := item.entry(key); n != nil && n.kind == yamlScalar {
			names = append(names, n.text)
		}
	}
	return names
}
