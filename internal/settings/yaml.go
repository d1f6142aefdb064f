package settings

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"tenderbatch/internal/display"
	"tenderbatch/internal/plainyaml"
)

// Bounds of a batch.yaml, far above what one needs. The time to parse YAML grows with
// their square.
const (
	maxBytes   = 64 << 10
	maxNesting = 16
)

// parse returns the mapping that the file is, nil if there is none.
func (f *file) parse(content []byte) *ast.MappingNode {
	if len(content) > maxBytes {
		f.place(1, 1, "the file has %d bytes, more than the %d that settings can have; is it the right file?", len(content), maxBytes)
		return nil
	}
	source := strings.ReplaceAll(string(content), "\r\n", "\n")
	if f.checkText(source); len(f.faults) > 0 {
		return nil
	}
	parsed, faults := plainyaml.Parse(source, maxNesting)
	for _, p := range faults {
		f.place(p.Line, p.Column, "%s", p.Message)
	}
	if parsed == nil {
		return nil
	}
	return f.root(parsed)
}

// checkText faults what is no text, or cannot be seen. A tab looks like spaces and is
// none in YAML; the parser drops one inside a text without a word.
func (f *file) checkText(source string) {
	line, column := 1, 0
	for at, r := range source {
		if column++; r == '\n' {
			line, column = line+1, 0
			continue
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(source[at:], "\ufffd"):
			f.place(line, column, "the file is not text in UTF-8 here; save it as UTF-8")
			return
		case r == '\t':
			f.place(line, column, "there is a tab here; write spaces")
		case display.Unseen(r):
			f.place(line, column, "the file has an invisible character here (%U); delete it", r)
		}
	}
}

func (f *file) root(parsed *ast.File) *ast.MappingNode {
	docs := slices.DeleteFunc(slices.Clone(parsed.Docs), func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) == 0 {
		return nil // nothing but remarks
	}
	if len(docs) > 1 {
		f.fault(docs[1].Body, "the file has a second document; settings are one document, with one --- at most, at its top")
		return nil
	}
	root, ok := docs[0].Body.(*ast.MappingNode)
	if !ok {
		f.fault(docs[0].Body, "the file is %s; settings are keys with values, such as metrics", kind(docs[0].Body))
	}
	return root
}

// kind is the kind of a value in a message.
func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	}
	return "a single value"
}

// text is the text of a single value; ok is false if it is none.
func text(n ast.Node) (s string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	case *ast.MappingNode, *ast.SequenceNode, *ast.NullNode:
		return "", false
	}
	return n.GetToken().Value, true
}
