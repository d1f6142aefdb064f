package termsheet

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// content is what a form says: values of fields by their path, and lines of further terms.
type content struct {
	values  map[string]*strictyaml.Node
	counts  map[string]int
	further []string
	paper   tender.Paper
}

// Write writes the form of an offer's terms: those at launch, as an offer.yaml has them in source, and
// as further terms what the form has no field for, amendments among it. The form is read back before it
// is written, and must say the same. name is what messages call the file; the error is an
// *[strictyaml.Error] for terms that are wrong.
func Write(w io.Writer, name string, source []byte) error {
	terms, err := offerfile.ParseTerms(name, source)
	if err != nil {
		return err
	}
	c := contentOf(offerfile.Tree(name, source))
	c.paper = terms.AsOf(time.Time{}).PrintedOn()
	return writeChecked(w, c, terms)
}

// WriteBlank writes an empty form, for the paper it is printed on.
func WriteBlank(w io.Writer, paper tender.Paper) error {
	c := content{values: map[string]*strictyaml.Node{}, paper: paper}
	for _, b := range slices.Concat(leftBlocks, rightBlocks) {
		for _, f := range b.fields {
			if f.blank != "" {
				c.values[f.key] = strictyaml.Bare(f.blank)
			}
		}
	}
	return c.write(w)
}

// writeChecked writes a form once what was written says the same as the terms.
func writeChecked(w io.Writer, c content, terms *offerfile.Terms) error {
	var b bytes.Buffer
	if err := c.write(&b); err != nil {
		return err
	}
	back, err := Read("the form", bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return fmt.Errorf("the form cannot say these terms: %w", err)
	}
	again, err := offerfile.ParseTerms("the form", back.Terms)
	if err != nil {
		return fmt.Errorf("the form cannot say these terms: %w", err)
	}
	if differ := Differences(terms, again); len(differ) > 0 {
		return fmt.Errorf("the form cannot say these terms; it would change %s. Please report it, with the offer.yaml",
			strings.Join(differ, "; "))
	}
	_, err = w.Write(b.Bytes())
	return err
}

// contentOf parts terms into the fields of the form and what it has no field for.
func contentOf(root *strictyaml.Node) content {
	left := copied(root)
	withoutNulls(left, true)
	c := content{values: map[string]*strictyaml.Node{}, counts: map[string]int{}}
	for _, b := range slices.Concat(leftBlocks, rightBlocks) {
		for _, f := range b.fields {
			c.take(left, f, "", "")
		}
	}
	for _, t := range tables {
		c.takeList(left, t)
	}
	for _, line := range left.Lines() {
		c.further = append(c.further, line.Line)
	}
	return c
}

// take moves the value of a field from terms to the form.
func (c *content) take(from *strictyaml.Node, f field, list, at string) {
	for _, f := range []field{f, besideOf(f)} {
		v := valueAt(from, f.key)
		if f.key != "" && v != nil && v.Kind == strictyaml.Mapping && isDeadline(f.key) {
			f.key += ".at"
			v = valueAt(from, f.key)
			f.key = strings.TrimSuffix(f.key, ".at")
			if v != nil && fits(v, f, list) {
				c.values[pathUnder(at, f.key)] = v
				dropAt(from, f.key+".at")
			}
			continue
		}
		if f.key != "" && v != nil && fits(v, f, list) {
			c.values[pathUnder(at, f.key)] = v
			dropAt(from, f.key)
		}
	}
}

// isDeadline reports whether a key can be a time, or a mapping with one.
func isDeadline(key string) bool {
	return strings.HasPrefix(key, "withdrawal.") && strings.Count(key, ".") == 1
}

// takeList moves the items of a list. Where an item keeps something without a name under which it
// could be among the further terms, the whole list stays there.
func (c *content) takeList(from *strictyaml.Node, t table) {
	list := from.Entry(t.list)
	if list == nil || list.Kind != strictyaml.List {
		return
	}
	name, whole := offerfile.NameKey(t.list), copied(list)
	var names []string
	for i, item := range list.Items {
		n := item.Entry(name)
		if n != nil {
			names = append(names, n.Text)
		} else {
			names = append(names, "")
		}
		for _, f := range t.fields {
			c.take(item, f, t.list, indexed(t.list, i))
		}
	}
	c.counts[t.list] = len(list.Items)
	if slices.ContainsFunc(list.Items, func(n *strictyaml.Node) bool {
		return len(n.Entries) > 0 && (name == "" || n.Entry(name) != nil)
	}) {
		for path := range c.values {
			if strings.HasPrefix(path, t.list+"[") {
				delete(c.values, path)
			}
		}
		c.counts[t.list] = 0
		from.Put(t.list, whole)
		return
	}
	if by := rest(t.list, list, names); by != nil {
		from.Put(t.list, by)
		return
	}
	dropAt(from, t.list)
}

// fits reports whether a cell can hold a value so that it is read back.
func fits(v *strictyaml.Node, f field, list string) bool {
	asked := askedOf(list, f.key)
	filled, err := cellOf(v, asked, f)
	if err != nil {
		return false
	}
	back, err := filled.asRead().asNode(asked, f, false)
	return err == nil && back != nil && sameValue(v, back)
}

// sameValue reports whether two values say the same; numbers may have other zeros at their ends.
func sameValue(a, b *strictyaml.Node) bool {
	if a.Kind == strictyaml.List || b.Kind == strictyaml.List {
		return a.Kind == b.Kind && slices.EqualFunc(a.Items, b.Items, sameValue)
	}
	if a.Kind != strictyaml.Scalar || b.Kind != strictyaml.Scalar {
		return false
	}
	if a.Text == b.Text {
		return true
	}
	x, errX := decimal.NewFromString(a.Text)
	y, errY := decimal.NewFromString(b.Text)
	return plainNumber.MatchString(a.Text) && plainNumber.MatchString(b.Text) && errX == nil && errY == nil && x.Equal(y)
}

// form is a workbook while it is put together.
type form struct {
	content
	*layout
	file   *excelize.File
	styles map[cellStyle]int
	err    error // the first
}

// write writes the workbook. The same content gives the same bytes.
func (c content) write(w io.Writer) error {
	f := &form{content: c, file: excelize.NewFile(), styles: map[cellStyle]int{},
		layout: lay(func(list string) int { return c.counts[list] })}
	defer f.file.Close() // nothing of it is on disk
	f.note(f.file.SetSheetName("Sheet1", formSheet))
	f.head()
	for _, l := range f.labels {
		f.putLabel(l)
	}
	for _, s := range f.spots {
		f.putSpot(s)
	}
	f.heights()
	f.widths()
	f.page(formSheet)
	f.furtherSheet()
	made := "2000-01-01T00:00:00Z" // a form has no time of its own
	f.note(f.file.SetDocProps(&excelize.DocProperties{Title: spreadsheet.Clean(formTitle), Creator: "batch",
		LastModifiedBy: "batch", Created: made, Modified: made}))
	if f.err != nil {
		return fmt.Errorf("form: %w", f.err)
	}
	out := &spreadsheet.Archive{Out: w}
	f.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return out })
	_, err := f.file.WriteTo(io.Discard)
	return err
}

// note keeps the first error.
func (f *form) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// head writes what is at the top.
func (f *form) head() {
	f.text(formSheet, titleRow, 1, formTitle, cellStyle{role: spreadsheet.InTitle})
	f.text(formSheet, firstNoteRow, 1, notes[0], cellStyle{role: spreadsheet.InSubtitle, small: true})
	f.text(formSheet, secondNoteRow, 1, notes[1], cellStyle{role: spreadsheet.InSubtitle, small: true})
}

func (f *form) putLabel(l label) {
	style := cellStyle{role: spreadsheet.InFact}
	switch l.kind {
	case blockTitle:
		style.role = spreadsheet.InSection
	case noteLabel:
		style.role, style.small = spreadsheet.InSubtitle, true
	case tableHeading:
		style.role = spreadsheet.InHeading
	}
	f.text(formSheet, l.row, l.col, l.text, style)
}

// putSpot writes the value of a field, or the empty cell in which it is filled in, with what it checks.
func (f *form) putSpot(s spot) {
	asked := askedOf(s.list, s.field.key)
	filled, err := emptyCell(asked, s.field), error(nil)
	if v := f.values[s.path()]; v != nil {
		filled, err = cellOf(v, asked, s.field)
		f.note(err)
	}
	f.put(formSheet, s.row, s.col, filled)
	f.check(s, kindOf(asked, s.field), asked.Words())
}

// check gives the cell of a closed set its drop-down.
func (f *form) check(s spot, what kind, words []string) {
	var choices []string
	switch {
	case what == flag:
		choices = []string{"yes", "no"}
	case what == choice:
		for _, w := range words {
			choices = append(choices, shown(w))
		}
	case isDeadline(s.field.key):
		choices = []string{"early tender", "expiration"}
	default:
		return
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(spreadsheet.At(s.row, s.col))
	if isDeadline(s.field.key) {
		v.SetError(excelize.DataValidationErrorStyleInformation, s.field.label,
			"The Early Tender Date, the expiration, or a time of its own")
	} else {
		v.SetError(excelize.DataValidationErrorStyleStop, firstOf(s.field.label, 30),
			"Choose one of the list: "+strings.Join(choices, ", "))
	}
	f.note(v.SetDropList(choices))
	f.note(f.file.AddDataValidation(formSheet, v))
}

// firstOf is the beginning of a text, as long as a spreadsheet takes it for the title of a message.
func firstOf(s string, most int) string { return s[:min(len(s), most)] }

// furtherSheet writes the lines that the form has no field for.
func (f *form) furtherSheet() {
	_, err := f.file.NewSheet(furtherTitle)
	f.note(err)
	f.text(furtherTitle, 1, 1, furtherTitle, cellStyle{role: spreadsheet.InTitle})
	f.text(furtherTitle, 2, 1, notePrefix+" terms that the form has no field for, one line in each cell, written "+
		"as in offer.yaml.",
		cellStyle{role: spreadsheet.InSubtitle, small: true})
	for i, line := range f.further {
		if len(line) > spreadsheet.CellLimit {
			f.note(fmt.Errorf("the line that begins %q is longer than a cell can hold; shorten the text in the terms",
				short(line)))
			return
		}
		f.text(furtherTitle, furtherFirst+i, 1, line, cellStyle{role: spreadsheet.Plain, format: textFormat})
	}
	f.note(f.file.SetColWidth(furtherTitle, "A", "A", 110))
	f.note(f.file.SetColStyle(furtherTitle, "A", f.style(cellStyle{format: textFormat})))
	f.page(furtherTitle)
}

// furtherFirst is the row of the first line of further terms.
const furtherFirst = 4

// page sets what is seen and printed: the form on one page, as far as its columns can be read there.
func (f *form) page(sheet string) {
	lines, fitted, across, down := false, true, 1, 1
	orientation := "portrait"
	if f.cols > 10 {
		orientation = "landscape"
	}
	if f.cols > 16 {
		across = (f.cols + 14) / 15
	}
	if sheet == furtherTitle {
		orientation, across, down = "portrait", 1, 0
	}
	size := map[tender.Paper]int{tender.PaperA4: 9, tender.PaperLetter: 1}[cmp.Or(f.paper, tender.PaperA4)]
	f.note(f.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fitted}))
	f.note(f.file.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &lines}))
	f.note(f.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation,
		FitToWidth:  &across,
		FitToHeight: &down}))
	margin, edge := 0.4, 0.2
	f.note(f.file.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin, Top: &margin,
		Bottom: &margin, Header: &edge, Footer: &edge}))
	if across > 1 {
		f.note(f.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: formSheet + "!$A:$A",
			Scope: formSheet}))
	}
}
