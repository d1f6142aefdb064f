package termsheet

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/strictyaml"
)

// pathUnder is the path of a key, such as interest.coupon, under another path.
func pathUnder(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func indexed(list string, item int) string { return fmt.Sprintf("%s[%d]", list, item) }

// valueAt is the value at a key such as interest.coupon, nil if there is none.
func valueAt(n *strictyaml.Node, key string) *strictyaml.Node {
	for _, k := range strings.Split(key, ".") {
		if n == nil || n.Kind != strictyaml.Mapping {
			return nil
		}
		n = n.Entry(k)
	}
	return n
}

// putAt sets the value at a key; a single value that is in the way of a mapping becomes its key at.
func putAt(n *strictyaml.Node, key string, value *strictyaml.Node) {
	steps := strings.Split(key, ".")
	for _, k := range steps[:len(steps)-1] {
		next := n.Entry(k)
		if next == nil {
			next = emptyMapping()
			n.Put(k, next)
		} else if next.Kind != strictyaml.Mapping {
			wrapped := emptyMapping()
			wrapped.Put("at", next)
			n.Put(k, wrapped)
			next = wrapped
		}
		n = next
	}
	n.Put(steps[len(steps)-1], value)
}

// dropAt takes the value at a key away, and mappings that are empty then.
func dropAt(n *strictyaml.Node, key string) {
	first, rest, deeper := strings.Cut(key, ".")
	inner := n.Entry(first)
	if inner == nil {
		return
	}
	if deeper && inner.Kind == strictyaml.Mapping {
		if dropAt(inner, rest); len(inner.Entries) > 0 {
			return
		}
	}
	n.Entries = slices.DeleteFunc(n.Entries, func(e strictyaml.Entry) bool { return e.Key.Text == first })
}

// copied is a copy of a value, of which nothing is shared.
func copied(n *strictyaml.Node) *strictyaml.Node {
	c := *n
	c.Entries, c.Items = nil, nil
	for _, e := range n.Entries {
		key := *e.Key
		c.Entries = append(c.Entries, strictyaml.Entry{Key: &key, Value: copied(e.Value)})
	}
	for _, item := range n.Items {
		c.Items = append(c.Items, copied(item))
	}
	return &c
}

// meaningfulNull is a key of which null says something else than leaving it out.
const meaningfulNull = "annual_decimals"

// withoutNulls takes away keys that are null, which means the same as to leave them out, and lists
// that are empty at the top. What amendments set stays as it is: there null takes a value away.
func withoutNulls(n *strictyaml.Node, top bool) {
	n.Entries = slices.DeleteFunc(n.Entries, func(e strictyaml.Entry) bool {
		if top && e.Key.Text == "amendments" && len(e.Value.Items) > 0 {
			return false
		}
		withoutNulls(e.Value, false)
		empty := top && e.Value.Kind == strictyaml.List && len(e.Value.Items) == 0
		return empty || (e.Value.Kind == strictyaml.Null && e.Key.Text != meaningfulNull)
	})
	for _, item := range n.Items {
		if item.Kind == strictyaml.Mapping {
			withoutNulls(item, false)
		}
	}
}

// rest is what is left of the items of a list once their fields are on the form: a mapping by name, of
// those of which something is left; nil if nothing is.
func rest(list string, items *strictyaml.Node, names []string) *strictyaml.Node {
	by := emptyMapping()
	for i, item := range items.Items {
		if len(item.Entries) > 0 {
			by.Put(names[i], item)
		}
	}
	if len(by.Entries) == 0 || offerfile.NameKey(list) == "" {
		return nil
	}
	return by
}
