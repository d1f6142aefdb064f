package strictyaml

import (
	"fmt"
	"regexp"
	"strings"
)

// Text is a scalar that is a text, whatever its characters: it is written in quotation marks where
// YAML could take it for anything else.
func Text(s string) *Node { return &Node{Kind: Scalar, Text: s, Quoted: Plain(s) != any(s)} }

// Bare is a scalar that is written as it is, such as a number or true.
func Bare(s string) *Node { return &Node{Kind: Scalar, Text: s} }

// Put sets the value of a key of a mapping, at its end if the key is new.
func (n *Node) Put(key string, value *Node) {
	n.Kind = Mapping
	for i := range n.Entries {
		if n.Entries[i].Key.Text == key {
			n.Entries[i].Value = value
			return
		}
	}
	n.Entries = append(n.Entries, Entry{Text(key), value})
}

// Written is one line of a file that [Node.Lines] writes, and the path of the value that begins on it.
type Written struct{ Path, Line string }

// Lines are the lines of a file that [Parse] reads as the mapping n: one value a line, indented by two
// spaces. Comments and layout of a file that n was read from are not kept.
func (n *Node) Lines() []Written {
	var w writer
	w.mapping(n, "", "", "")
	return w
}

// writer collects lines.
type writer []Written

// mapping writes the entries of a mapping. first is what the first line has in place of the indent.
func (w *writer) mapping(n *Node, path, indent, first string) {
	for i, e := range n.Entries {
		before := indent
		if i == 0 && first != "" {
			before = first
		}
		w.value(e.Value, PathTo(path, e.Key.Text), before+scalarText(e.Key)+":", indent)
	}
}

// value writes what follows a key or the dash of an item.
func (w *writer) value(n *Node, path, line, indent string) {
	switch {
	case n.Kind == Mapping && len(n.Entries) > 0:
		*w = append(*w, Written{path, line})
		w.mapping(n, path, indent+"  ", "")
	case n.Kind == List && len(n.Items) > 0:
		*w = append(*w, Written{path, line})
		w.items(n, path, indent+"  ")
	default:
		*w = append(*w, Written{path, line + " " + flat(n)})
	}
}

func (w *writer) items(n *Node, path, indent string) {
	for i, item := range n.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case item.Kind == Mapping && len(item.Entries) > 0:
			w.mapping(item, at, indent+"  ", indent+"- ")
		case item.Kind == List && len(item.Items) > 0:
			*w = append(*w, Written{at, indent + "-"})
			w.items(item, at, indent+"  ")
		default:
			*w = append(*w, Written{at, indent + "- " + flat(item)})
		}
	}
}

// flat is a value that fits on the line of its key.
func flat(n *Node) string {
	switch n.Kind {
	case Mapping:
		return "{}"
	case List:
		return "[]"
	case Scalar:
		return scalarText(n)
	}
	return "null"
}

// plainText is text that means itself without quotation marks, wherever it is.
var plainText = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ._/()%+&;'-]|:[0-9])*$`)

func scalarText(n *Node) string {
	if !n.Quoted && plainText.MatchString(n.Text) && !strings.HasSuffix(n.Text, " ") && n.Text != "null" {
		return n.Text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range n.Text {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
