package xlsx

import (
	"fmt"
	"testing"
)

const (
	plainCommentsXML = xmlHead + `<comments xmlns="` + mainNS + `"><authors><author>A</author></authors><commentList>` +
		`<comment ref="C2" authorId="0"><text><r><rPr><b/></rPr><t>A:</t></r><r><t xml:space="preserve">
WITHDRAWN per phone</t></r></text></comment><comment ref="D3" authorId="0"><text><t>[Threaded comment] Reply</t></text></comment></commentList></comments>`
	threadedCommentsXML = xmlHead + `<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">` +
		`<threadedComment ref="D3" dT="2004-11-12T10:00:00.00" personId="{1}" id="{2}"><text>withdrawn &amp; cancelled</text></threadedComment></ThreadedComments>`
)

// commentedBook has comments on cells, plain ones and such that can be answered.
func commentedBook() book {
	rels := `<Relationship Id="rId1" Type="` + docRelNS + `/comments" Target="../comments1.xml"/>` +
		`<Relationship Id="rId2" Type="` + threadedComments + `" Target="../threadedComments/threadedComment1.xml"/>`
	return book{files: []file{
		{"xl/worksheets/_rels/sheet1.xml.rels", relsXML(rels)}, {"xl/comments1.xml", plainCommentsXML},
		{"xl/threadedComments/threadedComment1.xml", threadedCommentsXML},
	}}
}

func TestComments(t *testing.T) {
	for _, test := range []struct{ without, want string }{
		{"", `[{3 3 "withdrawn & cancelled"} {2 2 "A:\nWITHDRAWN per phone"}]`},
		{"xl/threadedComments/threadedComment1.xml",
			`[{2 2 "A:\nWITHDRAWN per phone"} {3 3 "[Threaded comment] Reply"}]`},
		{"xl/worksheets/_rels/sheet1.xml.rels", `[]`},
	} {
		b := commentedBook()
		for i, f := range b.files {
			if f.name == test.without {
				b.files = append(b.files[:i:i], b.files[i+1:]...)
				break
			}
		}
		w, err := open(b.zipped(t))
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Comments(0)
		if got := fmt.Sprint(shownComments(all)); err != nil || got != test.want {
			t.Errorf("without %q: %s, %v; want %s", test.without, got, err, test.want)
		}
	}
	b := commentedBook()
	b.files[1].content = xmlHead + `<comments xmlns="` + mainNS + `"><commentList><comment ref="nowhere"/></commentList></comments>`
	w, err := open(b.zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Comments(0); err == nil {
		t.Error("a comment at no cell is read")
	}
}

func shownComments(all []Comment) []string {
	shown := []string{}
	for _, c := range all {
		shown = append(shown, fmt.Sprintf("{%d %d %q}", c.Col, c.Row, c.Text))
	}
	return shown
}
