package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenderbatch/internal/schema"
	"tenderbatch/internal/strictyaml"
)

// file is a batch.yaml while it is read.
type file struct {
	yaml  *strictyaml.Document
	walk  *schema.Walk        // nil, but where what is asked for is collected, see schema.go
	words map[string][]string // the choices, by what their faults say
}

// fault notes a fault at a value.
func (f *file) fault(at *strictyaml.Node, format string, args ...any) {
	if f.walk != nil {
		return
	}
	f.yaml.Fault(at, at.Path, fmt.Sprintf(format, args...))
}

// reader reads the value of one key. name is the key in messages.
type reader func(name string, n *strictyaml.Node)

// section reads a mapping: each key by its reader.
func (f *file) section(name string, n *strictyaml.Node, keys map[string]reader) (given map[string]*strictyaml.Node) {
	given = map[string]*strictyaml.Node{}
	if f.walk != nil {
		f.collect(n, keys)
		return given
	}
	if n.Kind != strictyaml.Mapping {
		f.fault(n, "%s is %s here; write its keys below it: %s", name, n.Kind, listed(keys))
		return given
	}
	for _, e := range n.Entries {
		read, known := keys[e.Key.Text]
		if !known {
			f.fault(e.Key, "unknown key in %s; write %s", name, listed(keys))
			continue
		}
		given[e.Key.Text] = e.Value
		read(e.Key.Text, e.Value)
	}
	return given
}

// oldKeys still work, but are not listed.
var oldKeys = []string{"settle"}

// listed shows the keys there are.
func listed(keys map[string]reader) string {
	return oneOf(slices.DeleteFunc(slices.Sorted(maps.Keys(keys)),
		func(k string) bool { return slices.Contains(oldKeys, k) }))
}

// oneOf shows a choice: a, b or c.
func oneOf[T ~string](values []T) string {
	var s strings.Builder
	for i, v := range values {
		switch {
		case i > 0 && i == len(values)-1:
			s.WriteString(" or ")
		case i > 0:
			s.WriteString(", ")
		}
		s.WriteString(string(v))
	}
	return s.String()
}

// value reads a single value that check accepts. check returns what is wrong with it,
// "" for nothing; want is an example.
func (f *file) value(to *string, want string, check func(string) string) reader {
	return func(name string, n *strictyaml.Node) {
		if words := f.words[want]; words != nil {
			f.walk.Of(n).Choice(words)
		} else {
			f.walk.Of(n).Text(want)
		}
		switch {
		case f.walk != nil:
			return
		case n.Kind != strictyaml.Scalar:
			f.fault(n, "%s is %s here; write %s", name, n.Kind, want)
			return
		case n.Text == "":
			f.fault(n, "%s is an empty text here; write %s", name, want)
			return
		}
		if wrong := check(n.Text); wrong != "" {
			f.fault(n, "%s %s", name, wrong)
			return
		}
		*to = n.Text
	}
}

// list reads a list of single values, each accepted by check.
func (f *file) list(to *[]string, want string, check func(string) string) reader {
	return func(name string, n *strictyaml.Node) {
		if v := f.walk.Of(n); v != nil {
			v.Filled()
			v.Distinct()
			var s string
			f.value(&s, want, check)("an item of "+name, f.walk.Node(v.List()))
			return
		}
		if n.Kind != strictyaml.List || len(n.Items) == 0 {
			f.fault(n, "%s must be a list; write %s", name, want)
			return
		}
		*to = nil
		for _, item := range n.Items {
			var s string
			f.value(&s, want, check)("an item of "+name, item)
			if s != "" && slices.Contains(*to, s) {
				f.fault(item, "an item of %s is in it twice; keep one of the two", name)
			}
			*to = append(*to, s)
		}
	}
}

// choices are the texts of a typed choice, and its check.
func choices[T ~string](f *file, values ...T) (want string, check func(string) string) {
	want = oneOf(values)
	if f.walk != nil {
		f.words[want] = texts(values)
	}
	return want, func(s string) string {
		if slices.Contains(values, T(s)) {
			return ""
		}
		return "is not known; write " + want
	}
}

// flag reads true or false.
func (f *file) flag(to *bool) reader {
	return func(name string, n *strictyaml.Node) {
		f.walk.Of(n).Flag()
		if n.Kind != strictyaml.Scalar || n.Quoted || (n.Text != "true" && n.Text != "false") {
			f.fault(n, "%s must be true or false, without quotation marks", name)
			return
		}
		*to = n.Text == "true"
	}
}
