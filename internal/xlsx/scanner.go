package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"tenderbatch/internal/xlsx/fault"
)

// token is what the scanner found next.
type token uint8

const (
	tokenEnd   token = iota // the end of the part, after a whole document
	tokenOpen               // a start tag; an empty-element tag is one with a tokenClose after it
	tokenClose              // an end tag
	tokenText               // character data or CDATA, with references resolved
)

const (
	maxAttributes = 64        // of one tag; keeps the search for repeated ones short
	windowBytes   = 256 << 10 // what the scanner holds at a time, unless a token is longer
	smallWindow   = 4 << 10   // the window of a small part
	pad           = 64        // zero bytes after the window's end, which stop every loop
)

// attribute is one of the last tag's; its bytes hold until the next token.
type attribute struct {
	name  []byte // as written, with its prefix
	local []byte
	ns    namespace
	value []byte
}

// element is a tag that is still open.
type element struct {
	start    int // of its name in scanner.names
	ns       namespace
	preserve bool // xml:space
}

// scanner reads the XML of one part as tokens out of a sliding window. Every byte that enters the
// window has been checked to be UTF-8 of characters XML allows, so a zero byte is always its end.
type scanner struct {
	src   io.Reader
	part  string
	size  int64 // of the part
	limit Limits

	buf      []byte // the window, and at least pad zero bytes
	pos, end int    // of what is unread in buf
	base     int64  // offset in the part of buf[0]
	cut      []byte // the bytes of a character that goes on in the next reading
	cutBytes [4]byte
	srcErr   error // what src returned at last; io.EOF at its end

	names     []byte // the open elements' names, one after another
	open      []element
	bindings  []binding
	byDefault namespace // of names without prefix

	marked  bool // the part began with a byte order mark
	wide    bool // the part is in UTF-16
	rooted  bool // the root element was opened
	closing bool // an empty-element tag still owes its tokenClose

	// The last token.
	name     []byte
	local    []byte
	ns       namespace
	attrs    []attribute
	text     []byte
	scratch  []byte // values with resolved references
	value    []byte // what content returned
	tokenPos int64
}

func newScanner(src io.Reader, part string, size int64, limit Limits) *scanner {
	window := int(min(windowBytes, max(size+1, smallWindow)))
	return &scanner{src: src, part: part, size: size, limit: limit, buf: make([]byte, window+pad)}
}

// fault makes an error at the place of the last token.
func (s *scanner) fault(rule fault.Rule, format string, args ...any) error {
	return &fault.FormatError{Rule: rule, Part: s.part, Offset: s.tokenPos, Msg: fmt.Sprintf(format, args...)}
}

func (s *scanner) malformed(format string, args ...any) error {
	return s.fault(fault.RuleXML, format, args...)
}

// more slides the window over what was read and fills it up. It returns io.EOF when there is nothing
// to add, and a fault when the window is as long as a token may be.
func (s *scanner) more() error {
	if s.srcErr != nil {
		return s.drained()
	}
	from := copy(s.buf, s.buf[s.pos:s.end])
	s.base += int64(s.pos)
	s.pos = 0
	if from > s.limit.RunBytes {
		return s.fault(fault.RuleLimit, "a tag or text is longer than the limit of %d bytes", s.limit.RunBytes)
	}
	if from+len(s.cut) >= len(s.buf)-pad {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	had := from + copy(s.buf[from:], s.cut)
	n, err := readFull(s.src, s.buf[had:len(s.buf)-pad])
	s.srcErr = err
	fresh := s.buf[from : had+n]
	if s.base == 0 && from == 0 {
		if w := newWideReader(s.part, fresh, s.src); w != nil && !s.wide && s.part != infoStream {
			s.src, s.srcErr, s.wide = w, nil, true
			return s.more()
		}
		if err := s.checkEncoding(fresh); err != nil {
			return err
		}
	}
	sound, wrong := soundText(fresh)
	if wrong != "" {
		s.tokenPos = s.base + int64(from+sound)
		return s.fault(fault.RuleEncoding, "%s", wrong)
	}
	s.cut = append(s.cutBytes[:0], fresh[sound:]...)
	s.end = from + sound
	clear(s.buf[s.end : s.end+pad])
	if sound == 0 {
		return s.drained()
	}
	return nil
}

// drained is why the window cannot be filled any more.
func (s *scanner) drained() error {
	if errors.Is(s.srcErr, io.EOF) && len(s.cut) > 0 {
		s.tokenPos = s.base + int64(s.end)
		return s.fault(fault.RuleEncoding, "the part ends within a character")
	}
	return s.srcErr
}

// next returns the next token. Comments and processing instructions are passed over; a text that
// they or CDATA divide comes as several tokens.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		return s.closeElement(), nil
	}
	s.scratch = s.scratch[:0]
	for {
		for s.pos == s.end {
			if err := s.more(); err != nil {
				return s.finish(err)
			}
		}
		s.tokenPos = s.base + int64(s.pos)
		if s.buf[s.pos] != '<' {
			if err := s.readText(); err != nil {
				return tokenEnd, err
			}
			if len(s.open) > 0 {
				return tokenText, nil
			}
			continue
		}
		if err := s.ensure(2); err != nil {
			return tokenEnd, err
		}
		switch s.buf[s.pos+1] {
		case '/':
			return s.readEndTag()
		case '?':
			if err := s.readInstruction(); err != nil {
				return tokenEnd, err
			}
		case '!':
			isText, err := s.readDeclaration()
			if isText || err != nil {
				return tokenText, err
			}
		default:
			return s.readStartTag()
		}
	}
}

// finish ends the document, if it may end here.
func (s *scanner) finish(err error) (token, error) {
	if !errors.Is(err, io.EOF) {
		return tokenEnd, err
	}
	s.tokenPos = s.base + int64(s.pos)
	if len(s.open) > 0 {
		return tokenEnd, s.malformed("the part ends within <%s>", s.lastName())
	}
	if !s.rooted {
		return tokenEnd, s.malformed("the part has no content")
	}
	return tokenEnd, nil
}

// lastName is the name of the innermost open element.
func (s *scanner) lastName() []byte { return s.names[s.open[len(s.open)-1].start:] }

// ensure makes n bytes visible.
func (s *scanner) ensure(n int) error {
	for s.end-s.pos < n {
		if err := s.more(); err != nil {
			return s.cutShort(err)
		}
	}
	return nil
}

// cutShort turns the end of the part into a fault, for use within a token.
func (s *scanner) cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return s.malformed("the part ends within a tag, comment or text")
	}
	return err
}

// find returns where mark begins, counted from s.pos, looking from there on.
func (s *scanner) find(from int, mark string) (int, error) {
	for {
		if s.end-s.pos >= from {
			if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(mark)); i >= 0 {
				return s.bounded(from + i)
			}
			from = max(from, s.end-s.pos-len(mark)+1)
		}
		if err := s.more(); err != nil {
			return 0, s.cutShort(err)
		}
	}
}

// bounded compares the length of a token with the limit.
func (s *scanner) bounded(n int) (int, error) {
	if n > s.limit.RunBytes {
		return 0, s.fault(fault.RuleLimit, "a tag or text is longer than the limit of %d bytes", s.limit.RunBytes)
	}
	return n, nil
}

// readText reads character data up to the next tag. Outside the root element only space may stand.
func (s *scanner) readText() error {
	n := 0
	for {
		i := bytes.IndexByte(s.buf[s.pos+n:s.end], '<')
		if i >= 0 {
			n += i
			break
		}
		n = s.end - s.pos
		if err := s.more(); err != nil {
			if !errors.Is(err, io.EOF) {
				return err
			}
			if len(s.open) > 0 {
				return s.cutShort(err)
			}
			break
		}
	}
	if _, err := s.bounded(n); err != nil {
		return err
	}
	raw := s.buf[s.pos : s.pos+n]
	s.pos += n
	if len(s.open) == 0 {
		if !blank(raw) {
			return s.malformed("there is text outside the root element")
		}
		return nil
	}
	if bytes.Contains(raw, []byte("]]>")) {
		return s.malformed("a text holds ]]> outside of CDATA")
	}
	var err error
	s.text, err = s.resolve(raw, false)
	return err
}

// readDeclaration reads a comment, or CDATA, which is text. Anything else that begins with <! is a
// document type and refused, so that no entity can ever be declared.
func (s *scanner) readDeclaration() (isText bool, err error) {
	if err := s.ensure(4); err != nil {
		return false, err
	}
	if bytes.HasPrefix(s.buf[s.pos:], []byte("<!--")) {
		return false, s.readComment()
	}
	if err := s.ensure(9); err != nil {
		return false, err
	}
	switch {
	case bytes.HasPrefix(s.buf[s.pos:], []byte("<![CDATA[")) && len(s.open) > 0:
		n, err := s.find(9, "]]>")
		if err != nil {
			return false, err
		}
		s.text = normalLines(&s.scratch, s.buf[s.pos+9:s.pos+n])
		s.pos += n + 3
		return true, nil
	case bytes.HasPrefix(s.buf[s.pos:], []byte("<!DOCTYPE")):
		return false, s.malformed("the part declares a document type (DOCTYPE), which workbooks do not do")
	}
	return false, s.malformed("<! begins neither a comment nor CDATA")
}

// readComment passes over a comment.
func (s *scanner) readComment() error {
	n, err := s.find(4, "--")
	if err != nil {
		return err
	}
	if err := s.ensure(n + 3); err != nil {
		return err
	}
	if s.buf[s.pos+n+2] != '>' {
		return s.malformed("a comment holds --")
	}
	s.pos += n + 3
	return nil
}

// readInstruction passes over a processing instruction and reads the XML declaration.
func (s *scanner) readInstruction() error {
	n, err := s.find(2, "?>")
	if err != nil {
		return err
	}
	body := s.buf[s.pos+2 : s.pos+n]
	s.pos += n + 2
	target := body[:nameLength(body)]
	rest := body[len(target):]
	if len(target) == 0 || (len(rest) > 0 && !isSpace(rest[0])) {
		return s.malformed("a processing instruction has no name")
	}
	if !bytes.EqualFold(target, []byte("xml")) {
		return nil
	}
	if s.tokenPos > int64(s.bomLength()) || string(target) != "xml" {
		return s.malformed("the XML declaration is not at the start")
	}
	return s.checkXMLDeclaration(rest)
}

// readEndTag reads </name>, which must be the innermost open element's.
func (s *scanner) readEndTag() (token, error) {
	n, err := s.find(2, ">")
	if err != nil {
		return tokenEnd, err
	}
	name := bytes.TrimRight(s.buf[s.pos+2:s.pos+n], " \t\r\n")
	if len(s.open) == 0 || !bytes.Equal(name, s.lastName()) {
		return tokenEnd, s.malformed("</%.40s> closes what is not open", name)
	}
	s.pos += n + 1
	return s.closeElement(), nil
}

// closeElement takes the innermost element off the stack.
func (s *scanner) closeElement() token {
	last := len(s.open) - 1
	s.names = s.names[:s.open[last].start]
	s.open = s.open[:last]
	s.unbind(last + 1)
	return tokenClose
}

// readStartTag reads a tag and puts its element on the stack.
func (s *scanner) readStartTag() (token, error) {
	for {
		length, empty, err := s.parseTag()
		if err != nil {
			return tokenEnd, err
		}
		if length > 0 {
			if _, err := s.bounded(length); err != nil {
				return tokenEnd, err
			}
			s.pos += length
			s.closing = empty
			return tokenOpen, s.openElement()
		}
		if err := s.more(); err != nil {
			return tokenEnd, s.cutShort(err)
		}
	}
}

// openElement resolves the tag's names and puts its element on the stack.
func (s *scanner) openElement() error {
	depth := len(s.open) + 1
	if depth > s.limit.Depth {
		return s.fault(fault.RuleLimit, "elements are nested deeper than the limit of %d", s.limit.Depth)
	}
	if depth == 1 {
		if s.rooted {
			return s.malformed("a second root element follows the first")
		}
		s.rooted = true
	}
	if err := s.resolveNames(depth); err != nil {
		return err
	}
	e := element{start: len(s.names), ns: s.ns, preserve: depth > 1 && s.open[depth-2].preserve}
	for _, a := range s.attrs {
		if a.ns == nsXML && string(a.local) == "space" {
			e.preserve = string(a.value) == "preserve"
		}
	}
	s.names = append(s.names, s.name...)
	s.open = append(s.open, e)
	return nil
}

// parseTag reads the start tag at s.pos into name and attrs, with references resolved. Its length is
// zero when the window ends within the tag.
func (s *scanner) parseTag() (length int, empty bool, err error) {
	b := s.buf[s.pos : s.end+1] // the zero byte at s.end stops every loop
	s.attrs, s.scratch = s.attrs[:0], s.scratch[:0]
	i := 1 + nameLength(b[1:])
	s.name = b[1:i]
	if len(s.name) == 0 && b[i] != 0 {
		return 0, false, s.malformed("< begins no tag")
	}
	for {
		spaced := isSpace(b[i])
		for isSpace(b[i]) {
			i++
		}
		switch {
		case b[i] == '>':
			return i + 1, false, nil
		case b[i] == '/' && b[i+1] == '>':
			return i + 2, true, nil
		case b[i] == 0 || (b[i] == '/' && b[i+1] == 0):
			return 0, false, nil
		case !spaced:
			return 0, false, s.malformed("the tag <%.40s is malformed", s.name)
		}
		n, err := s.parseAttribute(b[i:])
		if n == 0 || err != nil {
			return 0, false, err
		}
		i += n
	}
}

// parseAttribute reads name="value" at the start of b and returns its length; zero when b ends
// within it.
func (s *scanner) parseAttribute(b []byte) (int, error) {
	i := nameLength(b)
	a := attribute{name: b[:i]}
	for isSpace(b[i]) {
		i++
	}
	if b[i] == '=' {
		i++
		for isSpace(b[i]) {
			i++
		}
		if quote := b[i]; quote == '"' || quote == '\'' {
			return s.parseValue(b, i+1, quote, a)
		}
	}
	if b[i] == 0 {
		return 0, nil
	}
	return 0, s.malformed("an attribute of <%.40s is malformed", s.name)
}

// parseValue reads an attribute's value from b[from:] to its closing quote.
func (s *scanner) parseValue(b []byte, from int, quote byte, a attribute) (int, error) {
	n := bytes.IndexByte(b[from:], quote)
	if n < 0 {
		if bytes.IndexByte(b[from:], '<') >= 0 {
			return 0, s.malformed("a value in <%.40s holds < or has no closing quote", s.name)
		}
		return 0, nil
	}
	raw := b[from : from+n]
	if len(a.name) == 0 || bytes.IndexByte(raw, '<') >= 0 {
		return 0, s.malformed("an attribute of <%.40s is malformed", s.name)
	}
	if len(s.attrs) == maxAttributes {
		return 0, s.fault(fault.RuleLimit, "<%.40s has more than %d attributes", s.name, maxAttributes)
	}
	for i := range s.attrs {
		if bytes.Equal(s.attrs[i].name, a.name) {
			return 0, s.malformed("<%.40s has the attribute %.40s twice", s.name, a.name)
		}
	}
	var err error
	if a.value, err = s.resolve(raw, true); err != nil {
		return 0, err
	}
	s.attrs = append(s.attrs, a)
	return from + n + 1, nil
}

// attr returns the value of an attribute without prefix.
func (s *scanner) attr(local string) ([]byte, bool) { return s.attrIn(nsNone, local) }

// attrIn returns the value of an attribute in a namespace.
func (s *scanner) attrIn(ns namespace, local string) ([]byte, bool) {
	for i := range s.attrs {
		if a := &s.attrs[i]; a.ns == ns && string(a.local) == local {
			return a.value, true
		}
	}
	return nil, false
}

// is reports whether the last tag is SpreadsheetML's element of that name.
func (s *scanner) is(local string) bool { return s.ns == nsMain && string(s.local) == local }

// child moves to the next element within the current one, whose earlier children were all read to
// their ends; false at the end of the current one. Text between elements is a fault.
func (s *scanner) child() (bool, error) {
	for {
		tok, err := s.next()
		if err != nil {
			return false, err
		}
		switch tok {
		case tokenOpen:
			return true, nil
		case tokenClose, tokenEnd:
			return false, nil
		case tokenText:
			if !blank(s.text) {
				return false, s.fault(fault.RuleStructure, "there is text within <%.40s>, which holds elements only",
					s.lastName())
			}
		}
	}
}

// each calls read for each element of that name within the current one, and skips what else may be there.
func (s *scanner) each(local string, read func() error, known ...string) error {
	for {
		more, err := s.child()
		if !more || err != nil {
			return err
		}
		if s.is(local) {
			err = read()
		} else {
			err = s.skipForeign(known...)
		}
		if err != nil {
			return err
		}
	}
}

// content reads the text of the current element to its end; it holds until the next call.
func (s *scanner) content() ([]byte, error) {
	s.value = s.value[:0]
	for {
		tok, err := s.next()
		if err != nil {
			return nil, err
		}
		switch tok {
		case tokenText:
			s.value = append(s.value, s.text...)
			if _, err := s.bounded(len(s.value)); err != nil {
				return nil, err
			}
		case tokenOpen:
			return nil, s.fault(fault.RuleStructure, "<%.40s> is within a text", s.name)
		default:
			return s.value, nil
		}
	}
}

// skip passes over the rest of the current element. Rows must not hide in what is passed over.
func (s *scanner) skip() error {
	for depth := len(s.open); len(s.open) >= depth; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		if tok == tokenOpen && s.is("sheetData") {
			return s.fault(fault.RuleStructure, "sheetData is where it is not allowed")
		}
	}
	return nil
}

// skipForeign passes over an element that is not part of what is read here. One of SpreadsheetML
// must be among the known; alternate content would need a choice that cannot be checked.
func (s *scanner) skipForeign(known ...string) error {
	if s.ns == nsCompat {
		return s.fault(fault.RuleStructure, "alternate content is among the values")
	}
	if s.ns == nsMain {
		for _, k := range known {
			if string(s.local) == k {
				return s.skip()
			}
		}
		return s.fault(fault.RuleStructure, "<%.40s> is where it is not allowed", s.name)
	}
	return s.skip()
}

// root moves to the root element, which must be SpreadsheetML's of that name.
func (s *scanner) root(ns namespace, local string) error {
	if _, err := s.next(); err != nil {
		return err
	}
	if s.ns != ns || string(s.local) != local {
		return s.fault(fault.RuleStructure, "the root element is <%.60s>, not <%s>", s.name, local)
	}
	return nil
}

// document reads a whole part: read is called for each element within the root.
func (s *scanner) document(ns namespace, root string, read func() error) error {
	if err := s.root(ns, root); err != nil {
		return err
	}
	for {
		more, err := s.child()
		if err != nil {
			return err
		}
		if !more {
			return s.finishDocument()
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// finishDocument reads to the end of the part, after the root element.
func (s *scanner) finishDocument() error {
	_, err := s.next()
	return err
}
