package strictyaml

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// problem is what the parser finds, and where.
type problem struct {
	line, column int // 1 is the first; columns in characters
	message      string
	parser       bool // the message is the parser's, and may show a word of the file
}

// parseText parses text whose lines end in a line feed. nesting is how deep it may be
// nested: the time to parse grows with its square. With problems, which are in the order
// of the file, there is no file.
func parseText(text string, nesting int) (*ast.File, []problem) {
	tokens := lexer.Tokenize(text)
	if faults := refuse(tokens, nesting); len(faults) > 0 {
		return nil, faults
	}
	file, err := parse(tokens)
	if err != nil {
		return nil, []problem{syntax(err)}
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
func refuse(tokens token.Tokens, nesting int) (faults []problem) {
	depth, line, indicators := 0, 0, 0
	for _, t := range tokens {
		at := t.Position
		if what, ok := refused[t.Type]; ok {
			faults = append(faults, problem{
				line: at.Line, column: at.Column,
				message: what + " is not used in this file; write the value itself, in quotation marks if it is a text",
			})
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
			return append(faults, problem{
				line: at.Line, column: at.Column,
				message: "the file is nested deeper than any of its kind; look for a bracket that is not closed",
			})
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

// advice is what to do about text that is not YAML.
const advice = "; look at the indentation, quotation marks and brackets here and in the lines above"

// syntax is what a parser's error is about.
func syntax(err error) problem {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		at := e.GetToken().Position
		return problem{at.Line, at.Column, "this is not YAML: " + e.GetMessage() + advice, true}
	}
	return problem{1, 1, "the file is not YAML" + advice, true}
}
