// Package plainyaml parses the plain part of YAML that people's files may use:
// mappings, lists and single values. What makes a file say something else than it
// shows (anchors, aliases, tags, merged and complex keys, directives) is a fault, and
// so is nesting that no such file has. Keys that stand twice are left to the reader,
// who can say what they are.
package plainyaml

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Fault is one thing that is wrong with a file, and where.
type Fault struct {
	Line, Column int    // 1 is the first; columns in characters
	Message      string // what is wrong and what to do; it shows no value
}

// Parse parses text whose lines end in a line feed. nesting is how deep it may be
// nested: the time to parse grows with its square. With faults, which are in the order
// of the file, there is no file.
func Parse(text string, nesting int) (*ast.File, []Fault) {
	tokens := lexer.Tokenize(text)
	if faults := refuse(tokens, nesting); len(faults) > 0 {
		return nil, faults
	}
	file, err := parse(tokens)
	if err != nil {
		return nil, []Fault{syntax(err)}
	}
	return file, nil
}

// refused are the parts of YAML that a file may not use.
var refused = map[token.Type]string{
	token.AnchorType:     "an anchor (&)",
	token.AliasType:      "an alias (*)",
	token.TagType:        "a tag (!)",
	token.MergeKeyType:   "a merge key (<<)",
	token.MappingKeyType: "a complex key (?)",
	token.DirectiveType:  "a directive (%)",
}

// refuse faults what a file may not use.
func refuse(tokens token.Tokens, nesting int) (faults []Fault) {
	depth, line, indicators := 0, 0, 0
	for _, t := range tokens {
		at := t.Position
		if what, ok := refused[t.Type]; ok {
			faults = append(faults, Fault{at.Line, at.Column, what + " is not used in this file; write the value itself, in quotation marks if it is a text"})
		}
		if at.Line != line {
			line, indicators = at.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingValueType:
			if depth == 0 {
				indicators++
			}
		}
		if depth > nesting || indicators > nesting {
			return append(faults, Fault{at.Line, at.Column, "the file is nested deeper than any of its kind; look for a bracket that is not closed"})
		}
	}
	return faults
}

// parse parses the tokens of a file. The parser has been known to panic on
// malformed input; that is a file that cannot be parsed.
func parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// NotYAML begins the message about a place where text is no YAML. What follows it is
// the parser's, and may show a word of the file.
const NotYAML = "this is not YAML: "

// syntax is the fault that a parser's error is about.
func syntax(err error) Fault {
	const advice = "; look at the indentation, quotation marks and brackets here and in the lines above"
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		at := e.GetToken().Position
		return Fault{at.Line, at.Column, NotYAML + e.GetMessage() + advice}
	}
	return Fault{1, 1, "the file is not YAML" + advice}
}
