package offerfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"tenderbatch/internal/strictyaml"
)

// format bounds an offer.yaml, far above what an offer needs.
var format = strictyaml.Format{Bytes: 256 << 10, Nesting: 32}

// remark is a fault before it has its place in the file.
type remark struct {
	node    *strictyaml.Node
	path    string // of the value in the terms as amended, by which it is known again
	key     string // the key that is missing from node, if that is the fault
	message string
	secret  bool // the value may be a password
}

// document is an offer.yaml while its versions are read.
type document struct {
	file *strictyaml.Document
	said map[string]bool // the faults of earlier versions of the terms, and their places
}

// parse parses the file: one mapping.
func parse(name string, source []byte) *document {
	d := &document{file: strictyaml.Parse(name, source, format), said: map[string]bool{}}
	top := &strictyaml.Node{Line: 1, Column: 1, Width: 1}
	switch root := d.file.Root; {
	case d.failed():
	case root == nil:
		d.file.Fault(top, "", "the file is empty; docs/offer.md has an example to start from")
	case root.Kind != strictyaml.Mapping:
		top.Line, top.Column = root.Line, root.Column
		d.file.Fault(top, "", fmt.Sprintf("the file is %s; an offer is a mapping of keys, which begins with id", root.Kind))
	}
	return d
}

// add adds the fault a remark is about.
func (d *document) add(m remark) {
	path := m.node.Path
	if m.key != "" {
		path = strictyaml.PathTo(path, m.key)
	}
	if m.secret {
		d.file.SecretFault(m.node, path, m.message)
		return
	}
	d.file.Fault(m.node, path, m.message)
}

// report adds the faults of a version of the terms. What an earlier version was
// faulted for is not said again. A fault that only an amendment brings about
// is at the lines of the amendment, or at its set if it is in what the
// amendment leaves as it was.
func (d *document) report(r *termsReader) {
	var said []string
	for _, m := range r.remarks {
		fault, place := m.path+": "+m.message, fmt.Sprint(m.node.Line, ":", m.node.Column)
		said = append(said, fault, place)
		if d.said[fault] {
			continue
		}
		if r.set != nil && m.node.Version != r.version {
			if d.said[place] {
				continue
			}
			m.node, m.key = r.set, ""
			m.message = "with this amendment, " + m.message
		}
		d.add(m)
	}
	for _, s := range said {
		d.said[s] = true
	}
}

func (d *document) failed() bool { return d.file.Failed() }

// err returns the faults in the order of the file. Of a file that does not look like
// an offer no line is shown: it may hold what is not for the reader of the error.
func (d *document) err() error {
	if !d.looksLikeOffer() {
		d.file.Hide("the file is not YAML here, and does not look like an offer; is it the right file?")
	}
	return d.file.Err()
}

// offerKey is a line that an offer begins with, or has at its top.
var offerKey = regexp.MustCompile(`(?m)^["']?(id|issuer)["']?[ \t]*:([ \t]|$)`)

// looksLikeOffer reports whether a file that has faults is an offer by what can be read
// of it: it has id or issuer among the keys at its top. One that cannot be parsed must
// have them at the beginning of a line, and be text.
func (d *document) looksLikeOffer() bool {
	if d.file.Root != nil {
		return d.file.Root.Entry("id") != nil || d.file.Root.Entry("issuer") != nil
	}
	return offerKey.MatchString(d.file.Source) && utf8.ValidString(d.file.Source) &&
		!strings.ContainsRune(d.file.Source, 0)
}
