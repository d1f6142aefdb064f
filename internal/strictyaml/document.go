package strictyaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"tenderbatch/internal/display"
)

// Format is what a file of one kind may be.
type Format struct {
	Bytes   int  // at most; the time to parse grows with their square
	Nesting int  // at most
	Hidden  bool // no line of the file is shown in a fault: it may hold a secret
}

// Kind is the kind of a value.
type Kind int

// The kinds of values.
const (
	Empty  Kind = iota // nothing is written
	Null               // null or ~
	Scalar             // a text, number or truth value
	Mapping
	List
)

// String is the kind in a message.
func (k Kind) String() string {
	return [...]string{"empty", "null", "a single value", "a mapping", "a list"}[k]
}

// Node is a value of the file.
type Node struct {
	Kind    Kind
	Text    string // of a scalar, as it is written, without quotation marks
	Quoted  bool
	Entries []Entry // of a mapping, in the order of the file
	Items   []*Node // of a list

	Line, Column int    // place in the file; 1 is the first, columns in characters
	Width        int    // how many characters an excerpt marks
	Path         string // from the top of the file, such as series[1].id
	Version      int    // for the reader: which change of the file says so; 0 for none
}

// Entry is a key of a mapping with its value.
type Entry struct{ Key, Value *Node }

// Entry returns the value of a key of a mapping, nil if there is none.
func (n *Node) Entry(key string) *Node {
	for _, e := range n.Entries {
		if e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}

// Document is a file as it is read, and what is wrong with it.
type Document struct {
	Name   string // in faults
	Root   *Node  // nil if the file is empty or cannot be parsed
	Source string // lines end in a line feed

	format Format
	lines  []string
	starts []int // where in Source each line starts
	faults []Fault
	last   struct{ line, column, offset int }
}

// Parse parses a file. What cannot be parsed is a fault, and so is every use of YAML that
// makes a file say something else than it shows. An empty file has no root and no fault.
func Parse(name string, source []byte, format Format) *Document {
	d := &Document{Name: name, format: format}
	if len(source) > format.Bytes {
		d.place(Fault{Line: 1, Column: 1, Message: fmt.Sprintf(
			"the file has %d bytes, more than the %d that such a file can have; is it the right file?", len(source),
			format.Bytes)}, 1, false)
		return d
	}
	text, ok := d.text(source)
	d.Source = text
	if !ok {
		return d
	}
	for at, line := 0, 0; line < len(d.lines); line++ {
		d.starts = append(d.starts, at)
		at += len(d.lines[line]) + 1
	}
	file, problems := parseText(text, format.Nesting)
	for _, p := range problems {
		d.place(Fault{Line: p.line, Column: p.column, Message: p.message, parser: p.parser}, 1, false)
	}
	if file != nil {
		d.convert(file)
	}
	return d
}

// text is the source as lines that end in a line feed. A byte order mark is
// dropped; what is no text is a fault, and so are tabs that are not at the end of
// a line: they look like spaces and are none in YAML.
func (d *Document) text(source []byte) (string, bool) {
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
		d.place(Fault{Line: i + 1, Column: utf8.RuneCountInString(line[:at]) + 1, Message: message}, 1, false)
	}
	return text, !d.Failed()
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

// convert makes the nodes of the parsed file.
func (d *Document) convert(file *ast.File) {
	docs := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool {
		return d.Start == nil &&
			d.Body == nil
	})
	if len(docs) > 1 {
		at := docs[1].Start
		if at == nil {
			at = docs[1].Body.GetToken()
		}
		line, column := 1, 1
		if at != nil && at.Position != nil {
			line, column = at.Position.Line, at.Position.Column
		}
		const message = "the file has a second document; write one document, with one --- at most, at its top"
		d.place(Fault{Line: line, Column: column, Message: message}, 1, false)
		return
	}
	if len(docs) == 1 && docs[0].Body != nil {
		d.Root = d.node(docs[0].Body, "")
	}
}

// node converts a value.
func (d *Document) node(from ast.Node, path string) *Node {
	n := &Node{Path: path, Width: 1, Line: 1, Column: 1}
	if t := from.GetToken(); t != nil && t.Position != nil {
		n.Line, n.Column = t.Position.Line, t.Position.Column
	}
	switch from := from.(type) {
	case *ast.MappingNode:
		d.mapping(n, from)
	case *ast.SequenceNode:
		n.Kind = List
		for i, v := range from.Values {
			n.Items = append(n.Items, d.node(v, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.NullNode:
		if n.Kind = Null; from.Token.Type == token.ImplicitNullType {
			n.Kind = Empty
		}
	case *ast.LiteralNode:
		n.Kind, n.Quoted, n.Text = Scalar, true, strings.TrimRight(from.Value.Value, "\n")
	case *ast.StringNode:
		n.Kind, n.Text = Scalar, from.Value
		n.Quoted = from.Token.Type != token.StringType
		d.verify(n)
	default:
		n.Kind, n.Text = Scalar, from.GetToken().Value
		d.verify(n)
	}
	return n
}

func (d *Document) mapping(n *Node, from *ast.MappingNode) {
	n.Kind = Mapping
	lines := make(map[string]int, len(from.Values))
	var parted partedAmount
	defer func() { d.sayParted(parted) }()
	for i, v := range from.Values {
		key := d.node(v.Key, n.Path)
		key.Path = PathTo(n.Path, key.Text)
		if i == 0 && !from.IsFlowStyle {
			n.Line, n.Column, n.Width = key.Line, key.Column, key.Width
		}
		value := d.node(v.Value, key.Path)
		if value.Kind == Empty {
			value.Line, value.Column, value.Width = key.Line, key.Column, key.Width
		}
		if from.IsFlowStyle && parted.goesOn(key, value, n.Entries) {
			continue
		}
		if first, twice := lines[key.Text]; twice {
			d.Fault(key, key.Path, fmt.Sprintf("%s is here twice, first on line %d; keep one of the two", d.named(key), first))
			continue
		}
		lines[key.Text] = key.Line
		n.Entries = append(n.Entries, Entry{key, value})
	}
}

// named is a key in a message.
func (d *Document) named(key *Node) string {
	if d.format.Hidden {
		return "this key"
	}
	return "the key " + display.Quote(key.Text)
}

// partedAmount is an amount in a mapping in braces, such as {amount: 75,000,000}, whose
// commas part it into a value and keys without one.
type partedAmount struct {
	value  *Node  // its first digits, nil for none
	digits string // all of them
}

var (
	firstDigits = regexp.MustCompile(`^[1-9]\d{0,2}$`)
	threeDigits = regexp.MustCompile(`^\d{3}(\.\d+)?$`)
)

// goesOn reports whether a key is the next three digits of an amount.
func (p *partedAmount) goesOn(key, value *Node, before []Entry) bool {
	if value.Kind != Empty || !threeDigits.MatchString(key.Text) || len(before) == 0 {
		return false
	}
	last := before[len(before)-1].Value
	switch {
	case last == p.value:
	case last.Kind == Scalar && firstDigits.MatchString(last.Text):
		p.value, p.digits = last, last.Text
	default:
		return false
	}
	p.digits += key.Text
	return true
}

// sayParted says how such an amount is written.
func (d *Document) sayParted(p partedAmount) {
	if p.value != nil {
		d.Fault(p.value, p.value.Path, "amounts are written without separators: "+p.digits)
	}
}

// verify makes sure that a scalar is what is in the file at its place. The
// parser drops a tab inside a text without a word; nothing of the kind may reach
// the terms.
func (d *Document) verify(n *Node) {
	rest := d.rest(n.Line, n.Column)
	isThere := plainStands
	if n.Quoted {
		isThere = quotedStands
	}
	if !isThere(rest, n.Text) {
		d.place(Fault{
			Line: n.Line, Column: n.Column, Path: n.Path,
			Message: "this value cannot be read without doubt; write it on one line, in quotation marks and without tabs",
		}, 1, false)
	}
	if strings.HasPrefix(rest, n.Text) {
		n.Width = utf8.RuneCountInString(n.Text)
	}
}

// rest is the file rest a place on, "" if there is no such place. Values come in
// the order of the file, so it goes on rest the place asked for before.
func (d *Document) rest(line, column int) string {
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
	return d.Source[d.starts[line-1]+d.last.offset:]
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
	if rest == "" || (rest[0] != '"' && rest[0] != '\'') {
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

// PathTo is the path of a key of the mapping at path.
func PathTo(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return fmt.Sprintf("%s[%q]", path, key)
	case path == "":
		return key
	}
	return path + "." + key
}

var (
	wholeForm  = regexp.MustCompile(`^[-+]?[0-9]+$`)
	numberForm = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// Plain is what a text without quotation marks is by YAML's core schema, as JSON has it: a number,
// true or false, null, or a text.
func Plain(text string) any {
	switch text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case "null", "Null", "NULL", "~", "":
		return nil
	}
	if wholeForm.MatchString(text) || numberForm.MatchString(text) {
		digits := strings.TrimPrefix(text, "+")
		if v := json.Number(strings.TrimLeft(digits, "0")); json.Valid([]byte(digits)) {
			return json.Number(digits)
		} else if json.Valid([]byte(v)) {
			return v // YAML takes leading zeros
		}
	}
	return text
}

// JSON is the value as JSON has it: a map, a list, or what [Plain] makes of a text.
func (n *Node) JSON() any {
	switch n.Kind {
	case Mapping:
		all := map[string]any{}
		for _, e := range n.Entries {
			all[e.Key.Text] = e.Value.JSON()
		}
		return all
	case List:
		all := make([]any, len(n.Items))
		for i, item := range n.Items {
			all[i] = item.JSON()
		}
		return all
	case Scalar:
		if !n.Quoted {
			return Plain(n.Text)
		}
		return n.Text
	}
	return nil
}
