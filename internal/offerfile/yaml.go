package offerfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"tenderbatch/internal/display"
	"tenderbatch/internal/plainyaml"
)

// Bounds of an offer.yaml, far above what an offer needs. The time to parse YAML
// grows with their square.
const (
	maxOfferBytes   = 256 << 10
	maxOfferNesting = 32
)

// yamlKind is the kind of a value.
type yamlKind int

const (
	yamlEmpty  yamlKind = iota // nothing is written
	yamlNull                   // null or ~
	yamlScalar                 // a text, number or truth value
	yamlMapping
	yamlList
)

// String is the kind in a message.
func (k yamlKind) String() string {
	return [...]string{"empty", "null", "a single value", "a mapping", "a list"}[k]
}

// yamlNode is a value of the file: the part of YAML that an offer.yaml may use.
type yamlNode struct {
	kind    yamlKind
	text    string // of a scalar
	quoted  bool
	entries []yamlEntry // of a mapping
	items   []*yamlNode // of a list

	line, column, width int    // place in the file; width is what an excerpt marks
	path                string // from the top of the file
	version             int    // the amendment that says so, counted from 1; 0 for none
}

// yamlEntry is a key of a mapping with its value.
type yamlEntry struct {
	key   *yamlNode
	value *yamlNode
}

// entry returns the value of a key of a mapping, nil if there is none.
func (n *yamlNode) entry(key string) *yamlNode {
	for _, e := range n.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}

// yamlDocument is an offer.yaml as it is read, and what is wrong with it.
type yamlDocument struct {
	name   string
	source string // lines end in a line feed
	lines  []string
	starts []int     // where in source each line starts
	root   *yamlNode // nil if the file cannot be parsed
	faults []Fault
	last   struct{ line, column, offset int }
	said   map[string]bool // the faults of earlier versions of the terms, and their places
}

// parseYAML parses the file. What cannot be parsed, and every use of YAML that
// makes a file say something else than it shows (anchors, merged and duplicate
// keys, tags), is a fault.
func parseYAML(name string, source []byte) *yamlDocument {
	d := &yamlDocument{name: name, said: map[string]bool{}}
	if len(source) > maxOfferBytes {
		d.place(1, 1, 1, "", fmt.Sprintf("the file has %d bytes, more than the %d of the largest offer; is it the right file?", len(source), maxOfferBytes), false)
		return d
	}
	text, ok := d.text(source)
	d.source = text
	if !ok {
		return d
	}
	for at, line := 0, 0; line < len(d.lines); line++ {
		d.starts = append(d.starts, at)
		at += len(d.lines[line]) + 1
	}
	file, faults := plainyaml.Parse(text, maxOfferNesting)
	for _, f := range faults[:min(len(faults), maxFaults)] {
		d.place(f.Line, f.Column, 1, "", f.Message, false)
	}
	if file != nil {
		d.convert(file)
	}
	return d
}

// text is the source as lines that end in a line feed. A byte order mark is
// dropped; what is no text is a fault, and so are tabs that are not at the end of
// a line: they look like spaces and are none in YAML.
func (d *yamlDocument) text(source []byte) (string, bool) {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if json.Valid(source) {
		source = bytes.ReplaceAll(source, []byte("\t"), []byte(" ")) // JSON has tabs only between values
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(source))
	d.lines = strings.Split(text, "\n")
	for i, line := range d.lines {
		at, message := noText(line)
		if message == "" {
			continue
		}
		if line[at] != '\t' {
			d.lines[i] = line[:at] // the excerpt is to be text
		}
		d.place(i+1, utf8.RuneCountInString(line[:at])+1, 1, "", message, false)
	}
	return text, !d.failed()
}

// noText returns what about a line is no text, and where; "" if nothing is.
func noText(line string) (at int, message string) {
	for at, r := range line {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[at:], "\ufffd"):
			return at, "the file is not text in UTF-8 here; save it as UTF-8"
		case r == '\t' && !tabAllowed(line, at):
			return at, "there is a tab here; write spaces"
		case r != '\t' && display.Unseen(r):
			return at, fmt.Sprintf("the file has an invisible character here (%U); delete it", r)
		}
	}
	return 0, ""
}

// tabAllowed reports whether nothing but spaces or a remark follows a tab, or it
// is in a remark.
func tabAllowed(line string, at int) bool {
	rest := strings.TrimLeft(line[at:], " \t")
	return rest == "" || rest[0] == '#' || strings.HasPrefix(line, "#") || strings.Contains(line[:at], " #")
}

// convert makes the document of the parsed file.
func (d *yamlDocument) convert(file *ast.File) {
	docs := file.Docs
	if len(docs) > 1 {
		at := docs[1].Start
		if at == nil && docs[1].Body != nil {
			at = docs[1].Body.GetToken()
		}
		line, column := 1, 1
		if at != nil && at.Position != nil {
			line, column = at.Position.Line, at.Position.Column
		}
		d.place(line, column, 1, "", "the file has a second document; an offer is one document, with one --- at most, at its top", false)
		return
	}
	if len(docs) == 0 || docs[0].Body == nil {
		d.place(1, 1, 1, "", "the file is empty; docs/offer.md has an example to start from", false)
		return
	}
	d.root = d.node(docs[0].Body, "")
	if d.root.kind != yamlMapping {
		d.place(d.root.line, d.root.column, 1, "", fmt.Sprintf("the file is %s; an offer is a mapping of keys, which begins with id", d.root.kind), false)
	}
}

// node converts a value.
func (d *yamlDocument) node(from ast.Node, path string) *yamlNode {
	n := &yamlNode{path: path, width: 1, line: 1, column: 1}
	if t := from.GetToken(); t != nil && t.Position != nil {
		n.line, n.column = t.Position.Line, t.Position.Column
	}
	switch from := from.(type) {
	case *ast.MappingNode:
		d.mapping(n, from)
	case *ast.SequenceNode:
		n.kind = yamlList
		for i, v := range from.Values {
			n.items = append(n.items, d.node(v, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.NullNode:
		if n.kind = yamlNull; from.Token.Type == token.ImplicitNullType {
			n.kind = yamlEmpty
		}
	case *ast.LiteralNode:
		n.kind, n.quoted, n.text = yamlScalar, true, strings.TrimRight(from.Value.Value, "\n")
	case *ast.StringNode:
		n.kind, n.text = yamlScalar, from.Value
		n.quoted = from.Token.Type != token.StringType
		d.verify(n)
	default:
		n.kind, n.text = yamlScalar, from.GetToken().Value
		d.verify(n)
	}
	return n
}

func (d *yamlDocument) mapping(n *yamlNode, from *ast.MappingNode) {
	n.kind = yamlMapping
	lines := make(map[string]int, len(from.Values))
	var parted partedAmount
	defer func() { d.sayParted(parted) }()
	for i, v := range from.Values {
		key := d.node(v.Key, n.path)
		key.path = pathTo(n.path, key.text)
		if i == 0 && !from.IsFlowStyle {
			n.line, n.column, n.width = key.line, key.column, key.width
		}
		value := d.node(v.Value, key.path)
		if value.kind == yamlEmpty {
			value.line, value.column, value.width = key.line, key.column, key.width
		}
		if from.IsFlowStyle && parted.goesOn(key, value, n.entries) {
			continue
		}
		if first, twice := lines[key.text]; twice {
			d.add(remark{node: key, message: fmt.Sprintf("the key %s is here twice, first on line %d; keep one of the two", display.Quote(key.text), first)})
			continue
		}
		lines[key.text] = key.line
		n.entries = append(n.entries, yamlEntry{key, value})
	}
}

// partedAmount is an amount in a mapping in braces, such as {amount: 75,000,000}, whose
// commas part it into a value and keys without one.
type partedAmount struct {
	value  *yamlNode // its first digits, nil for none
	digits string    // all of them
}

var (
	firstDigits = regexp.MustCompile(`^[1-9]\d{0,2}$`)
	threeDigits = regexp.MustCompile(`^\d{3}(\.\d+)?$`)
)

// goesOn reports whether a key is the next three digits of an amount.
func (p *partedAmount) goesOn(key, value *yamlNode, before []yamlEntry) bool {
	if value.kind != yamlEmpty || !threeDigits.MatchString(key.text) || len(before) == 0 {
		return false
	}
	last := before[len(before)-1].value
	switch {
	case last == p.value:
	case last.kind == yamlScalar && firstDigits.MatchString(last.text):
		p.value, p.digits = last, last.text
	default:
		return false
	}
	p.digits += key.text
	return true
}

// sayParted says how such an amount is written.
func (d *yamlDocument) sayParted(p partedAmount) {
	if p.value != nil {
		d.add(remark{node: p.value, message: fmt.Sprintf("amounts are written without separators: %s", p.digits)})
	}
}

// verify makes sure that a scalar is what is in the file at its place. The
// parser drops a tab inside a text without a word; nothing of the kind may reach
// the terms.
func (d *yamlDocument) verify(n *yamlNode) {
	rest := d.from(n.line, n.column)
	isThere := plainStands
	if n.quoted {
		isThere = quotedStands
	}
	if !isThere(rest, n.text) {
		d.place(n.line, n.column, 1, n.path, "this value cannot be read without doubt; write it on one line, in quotation marks and without tabs", false)
	}
	if strings.HasPrefix(rest, n.text) {
		n.width = utf8.RuneCountInString(n.text)
	}
}

// from is the file from a place on, "" if there is no such place. Values come in
// the order of the file, so it goes on from the place asked for before.
func (d *yamlDocument) from(line, column int) string {
	if line < 1 || line > len(d.lines) || column < 1 {
		return ""
	}
	if line != d.last.line || column < d.last.column {
		d.last.line, d.last.column, d.last.offset = line, 1, 0
	}
	text := d.lines[line-1]
	for ; d.last.column < column && d.last.offset < len(text); d.last.column++ {
		_, size := utf8.DecodeRuneInString(text[d.last.offset:])
		d.last.offset += size
	}
	if d.last.column < column {
		return ""
	}
	return d.source[d.starts[line-1]+d.last.offset:]
}

// plainStands reports whether the words of a text without quotation marks stand
// at the start of rest, and end there.
func plainStands(rest, text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
		rest = strings.TrimLeft(rest, " \n")
		if !strings.HasPrefix(rest, word) {
			return false
		}
		rest = rest[len(word):]
	}
	return text != "" && (rest == "" || strings.ContainsRune(" \t\n,:]}", rune(rest[0])))
}

// quotedStands reports whether a text in quotation marks is at the start of
// rest. One with escapes, or on several lines, is left to the parser.
func quotedStands(rest, text string) bool {
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return false
	}
	mark := rest[:1]
	inside, after, closed := strings.Cut(rest[1:], mark)
	if !closed {
		return false
	}
	return inside == text || strings.ContainsAny(inside, "\\\n") || strings.HasPrefix(after, mark)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// pathTo is the path of a key of the mapping at path.
func pathTo(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return fmt.Sprintf("%s[%q]", path, key)
	case path == "":
		return key
	}
	return path + "." + key
}
