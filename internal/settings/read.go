package settings

import (
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// reader reads the value of one key. name is the key in messages.
type reader func(name string, n ast.Node)

// section reads a mapping: each key by its reader.
func (f *file) section(name string, n ast.Node, keys map[string]reader) (given map[string]ast.Node) {
	given = map[string]ast.Node{}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		f.fault(n, "%s is %s here; write its keys below it: %s", name, kind(n), listed(keys))
		return given
	}
	for _, v := range m.Values {
		key, _ := text(v.Key)
		read, known := keys[key]
		switch _, twice := given[key]; {
		case twice:
			f.fault(v.Key, "%s is here twice; keep one of the two", key)
		case !known:
			f.fault(v.Key, "unknown key in %s; write %s", name, listed(keys))
		default:
			given[key] = v.Value
			read(key, v.Value)
		}
	}
	return given
}

// oldKeys still work, but are not listed.
var oldKeys = []string{"settle"}

// listed shows the keys there are.
func listed(keys map[string]reader) string {
	return oneOf(slices.DeleteFunc(slices.Sorted(maps.Keys(keys)), func(k string) bool { return slices.Contains(oldKeys, k) }))
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
	return func(name string, n ast.Node) {
		s, ok := text(n)
		if !ok || s == "" {
			f.fault(n, "%s is %s here; write %s", name, kindOf(n, ok), want)
			return
		}
		if wrong := check(s); wrong != "" {
			f.fault(n, "%s %s", name, wrong)
			return
		}
		*to = s
	}
}

// kindOf is the kind of a value that is no text, or the empty text.
func kindOf(n ast.Node, isText bool) string {
	if isText {
		return "an empty text"
	}
	return kind(n)
}

// list reads a list of single values, each accepted by check.
func (f *file) list(to *[]string, want string, check func(string) string) reader {
	return func(name string, n ast.Node) {
		list, ok := n.(*ast.SequenceNode)
		if !ok || len(list.Values) == 0 {
			f.fault(n, "%s must be a list; write %s", name, want)
			return
		}
		*to = nil
		for _, item := range list.Values {
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
func choices[T ~string](values ...T) (want string, check func(string) string) {
	want = oneOf(values)
	return want, func(s string) string {
		if slices.Contains(values, T(s)) {
			return ""
		}
		return "is not known; write " + want
	}
}

// flag reads true or false.
func (f *file) flag(to *bool) reader {
	return func(name string, n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			f.fault(n, "%s must be true or false, without quotation marks", name)
			return
		}
		*to = b.Value
	}
}
