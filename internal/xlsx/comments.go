package xlsx

import (
	"path"
	"strings"

	"tenderbatch/internal/xlsx/fault"
)

// Comment is a note that hangs at a cell: only who points at the cell sees it.
type Comment struct {
	Col, Row int // from 0 and from 1
	Text     string
}

// threadedComments is the kind of the part with comments that can be answered. What is in it
// is among the plain comments, too, with a sentence of Excel's in front.
const threadedComments = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"

// Comments lists the comments on cells of a sheet, which is an index into [Workbook.Sheets].
// A fault of a part that holds some is an [*FormatError].
func (w *Workbook) Comments(sheet int) ([]Comment, error) {
	if sheet < 0 || sheet >= len(w.parts) {
		return nil, fault.New(fault.RulePackage, "", "there is no sheet %d; the workbook has %d", sheet, len(w.parts))
	}
	dir, base := path.Split(w.parts[sheet].name)
	if w.archive.find(dir+"_rels/"+base+".rels") == nil {
		return nil, nil // nothing belongs to the sheet
	}
	links, err := w.readLinks(w.parts[sheet].name)
	if err != nil {
		return nil, err
	}
	threaded, err := w.commentsOf(links, threadedComments, nsThreaded)
	if err != nil {
		return nil, err
	}
	plain, err := w.commentsOf(links, "comments", nsMain)
	if err != nil {
		return nil, err
	}
	all, answered := threaded, make(map[Range]bool)
	for _, c := range threaded {
		answered[Range{c.Col, c.Row, c.Col, c.Row}] = true
	}
	for _, c := range plain {
		if !answered[Range{c.Col, c.Row, c.Col, c.Row}] {
			all = append(all, c)
		}
	}
	return all, nil
}

// commentsOf reads the comments of one kind. Programs leave links to parts behind that they
// took away.
func (w *Workbook) commentsOf(links *links, kind string, ns namespace) (all []Comment, err error) {
	l, err := links.only(kind)
	if l == nil || err != nil || w.archive.find(l.target) == nil {
		return nil, err
	}
	err = w.readPart(l.target, func(s *scanner) error {
		if ns == nsThreaded {
			if err := s.root(ns, "ThreadedComments"); err != nil {
				return err
			}
			if all, err = s.commentList("threadedComment", ns); err != nil {
				return err
			}
			return s.finishDocument()
		}
		return s.document(ns, "comments", func() error {
			if !s.is("commentList") {
				return s.skip()
			}
			all, err = s.commentList("comment", ns)
			return err
		})
	})
	return all, err
}

// commentList reads the elements of a list of comments.
func (s *scanner) commentList(local string, ns namespace) (all []Comment, err error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return all, err
		}
		if s.ns != ns || string(s.local) != local {
			if err := s.skip(); err != nil {
				return nil, err
			}
			continue
		}
		ref, _ := s.attr("ref")
		col, row, ok := parseReference(ref)
		if !ok {
			return nil, s.fault(fault.RuleReference, "%.40q is not the name of a cell", ref)
		}
		if len(all) >= s.limit.Merges {
			return nil, s.fault(fault.RuleLimit, "the sheet has more comments than the limit of %d", s.limit.Merges)
		}
		text, err := s.commentText(ns)
		if err != nil {
			return nil, err
		}
		all = append(all, Comment{col, row, text})
	}
}

// commentText reads a comment to its end.
func (s *scanner) commentText(ns namespace) (string, error) {
	var text []byte
	for {
		more, err := s.child()
		switch {
		case err != nil:
			return "", err
		case !more:
			return strings.TrimSpace(string(text)), nil
		case s.ns != ns || string(s.local) != "text":
			err = s.skip()
		case ns == nsMain:
			text, _, err = s.appendString(text[:0])
		default:
			var content []byte
			if content, err = s.content(); err == nil {
				text = append(text[:0], content...)
			}
		}
		if err != nil {
			return "", err
		}
	}
}
