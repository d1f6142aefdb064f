package xlsx

import (
	"bytes"

	"tenderbatch/internal/xlsx/fault"
)

// namespace is what a namespace name means to this package.
type namespace uint8

const (
	nsNone     namespace = iota // no namespace
	nsOther                     // one this package does not read
	nsMain                      // SpreadsheetML, transitional or strict
	nsDocRel                    // r:id, transitional or strict
	nsPackRel                   // relationship parts
	nsTypes                     // [Content_Types].xml
	nsXML                       // xml:space
	nsCompat                    // markup compatibility
	nsCrypt                     // EncryptionInfo of a protected workbook
	nsPassword                  // its keys under a password
	nsThreaded                  // comments that can be answered
	nsXmlns                     // the declarations themselves
)

// namespaceOf knows a namespace by its name.
func namespaceOf(uri []byte) namespace {
	switch string(uri) {
	case "":
		return nsNone
	case "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main":
		return nsMain
	case "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
		"http://purl.oclc.org/ooxml/officeDocument/relationships":
		return nsDocRel
	case "http://schemas.openxmlformats.org/package/2006/relationships":
		return nsPackRel
	case "http://schemas.openxmlformats.org/package/2006/content-types":
		return nsTypes
	case "http://www.w3.org/XML/1998/namespace":
		return nsXML
	case "http://schemas.openxmlformats.org/markup-compatibility/2006":
		return nsCompat
	case "http://schemas.microsoft.com/office/2006/encryption":
		return nsCrypt
	case uriPassword:
		return nsPassword
	case "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments":
		return nsThreaded
	case "http://www.w3.org/2000/xmlns/":
		return nsXmlns
	}
	return nsOther
}

// binding is a prefix in force from the element at depth on.
type binding struct {
	prefix string
	ns     namespace
	depth  int
}

// maxPrefixes is how many may be in force at once; a workbook's has about twenty. It keeps the search
// for one short.
const maxPrefixes = 64

// resolveNames binds the prefixes the last tag declares, then resolves its own name and those of
// its attributes.
func (s *scanner) resolveNames(depth int) error {
	for i := range s.attrs {
		if err := s.bind(&s.attrs[i], depth); err != nil {
			return err
		}
	}
	prefix, local, ok := splitName(s.name)
	if !ok {
		return s.malformed("<%.40s is not a name", s.name)
	}
	s.local, s.ns = local, s.byDefault
	if prefix != nil {
		if s.ns, ok = s.lookup(prefix); !ok {
			return s.malformed("the prefix of <%.40s is not declared", s.name)
		}
	}
	for i := range s.attrs {
		if err := s.resolveAttribute(i); err != nil {
			return err
		}
	}
	return nil
}

// bind puts a prefix in force if the attribute declares one.
func (s *scanner) bind(a *attribute, depth int) error {
	if !bytes.HasPrefix(a.name, []byte("xmlns")) {
		return nil
	}
	if len(s.bindings) == maxPrefixes {
		return s.fault(fault.RuleLimit, "more than %d prefixes are declared at once", maxPrefixes)
	}
	ns := namespaceOf(a.value)
	if len(a.name) == len("xmlns") {
		s.byDefault = ns
		s.bindings = append(s.bindings, binding{"", ns, depth})
		return nil
	}
	if a.name[len("xmlns")] != ':' {
		return nil
	}
	prefix := string(a.name[len("xmlns:"):])
	if prefix == "" || prefix == "xmlns" || ns == nsNone || ns == nsXmlns || (prefix == "xml") != (ns == nsXML) {
		return s.malformed("<%.40s declares a prefix that cannot be", s.name)
	}
	s.bindings = append(s.bindings, binding{prefix, ns, depth})
	return nil
}

// unbind takes the prefixes declared by the element at depth out of force.
func (s *scanner) unbind(depth int) {
	n := len(s.bindings)
	for n > 0 && s.bindings[n-1].depth == depth {
		n--
	}
	if n == len(s.bindings) {
		return
	}
	s.bindings = s.bindings[:n]
	s.byDefault, _ = s.lookup(nil)
}

// lookup finds what a prefix means.
func (s *scanner) lookup(prefix []byte) (namespace, bool) {
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == string(prefix) {
			return s.bindings[i].ns, true
		}
	}
	if string(prefix) == "xml" {
		return nsXML, true
	}
	return nsNone, false
}

// resolveAttribute resolves the name of the attribute at i. Two that turn out to be the same under
// two prefixes are a fault.
func (s *scanner) resolveAttribute(i int) error {
	a := &s.attrs[i]
	prefix, local, ok := splitName(a.name)
	if !ok {
		return s.malformed("%.40s in <%.40s is not a name", a.name, s.name)
	}
	a.local = local
	switch {
	case prefix == nil && string(local) == "xmlns", string(prefix) == "xmlns":
		a.ns = nsXmlns
		return nil
	case prefix == nil:
		a.ns = nsNone
		return nil
	}
	if a.ns, ok = s.lookup(prefix); !ok {
		return s.malformed("the prefix of %.40s in <%.40s is not declared", a.name, s.name)
	}
	if a.ns == nsOther {
		return nil // such attributes are not read
	}
	for j := range i {
		if b := &s.attrs[j]; b.ns == a.ns && bytes.Equal(b.local, a.local) {
			return s.malformed("<%.40s has the attribute %.40s twice", s.name, a.local)
		}
	}
	return nil
}

// splitName divides a name at its colon.
func splitName(name []byte) (prefix, local []byte, ok bool) {
	i := bytes.IndexByte(name, ':')
	if i < 0 {
		return nil, name, true
	}
	prefix, local = name[:i], name[i+1:]
	return prefix, local, i > 0 && nameLength(local) > 0 && bytes.IndexByte(local, ':') < 0
}

// nameLength is the length of the XML name at the start of b; zero if there is none.
func nameLength(b []byte) int {
	if len(b) == 0 || nameClass[b[0]] != nameStart {
		return 0
	}
	i := 1
	for i < len(b) && nameClass[b[i]] != 0 {
		i++
	}
	return i
}

const (
	nameStart = 1 // may begin a name
	nameInner = 2 // may only go on with one
)

// nameClass sorts bytes; every character beyond ASCII is taken as one of a name.
var nameClass = func() (class [256]byte) {
	for c := range class {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':', c >= 0x80:
			class[c] = nameStart
		case c >= '0' && c <= '9', c == '-', c == '.':
			class[c] = nameInner
		}
	}
	return class
}()
