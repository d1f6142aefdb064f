package termsheet

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// Form is a form that was filled in, as terms.
type Form struct {
	Terms []byte   // an offer.yaml of which [offerfile.ParseTerms] finds no fault
	Notes []string // what of the workbook was not read, for people
}

// MostBytes is more than the size of any form.
const MostBytes = 16 << 20

// limits bound what a form may make the reader do.
func limits() xlsx.Limits {
	l := xlsx.DefaultLimits()
	l.PartBytes, l.TotalBytes, l.Strings, l.Merges = 64<<20, 128<<20, 100_000, 10_000
	l.Cells, l.Rows = 500_000, 100_000
	return l
}

// Read reads a form; name is what messages call the file. Its error is an *[Error] with everything that
// is wrong with it, at the cells: what cannot be read for sure, and what the reader of offer.yaml says
// of the terms.
func Read(name string, file io.ReaderAt, size int64) (*Form, error) {
	book, err := xlsx.Open(file, size, limits())
	if err != nil {
		return nil, notAForm(name, err)
	}
	r := &reading{name: name, places: map[string]place{}, date1904: book.Date1904(), terms: emptyMapping()}
	form, further, err := r.sheets(book)
	if err != nil {
		return nil, notAForm(name, err)
	}
	isRead := len(r.faults) == 0
	if isRead {
		r.form(form)
		if further != nil {
			r.further(further)
		}
	}
	inOrder(r.terms)
	source, paths := fileOf(r.terms)
	if len(r.faults) < mostFaults && isRead {
		if _, err := offerfile.ParseTerms(name, source); err != nil {
			if paths, err = r.withGroups(err, paths); err != nil {
				err = r.termsFaults(err, paths)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if len(r.faults) > 0 {
		return nil, &Error{r.faults}
	}
	return &Form{Terms: source, Notes: r.notes}, nil
}

// usualOrder is the order in which people write the keys of an offer.yaml; others follow.
var usualOrder = []string{"id", "issuer", "timezone", "schedule", "catch_up", "run_after", "paper", "release",
	"retention", "dates",
	"withdrawal", "acceptance", "pricing", "references", "caps", "pools", "auctions", "fx", "conditions", "series",
	"depositaries",
	"waivers", "resolutions", "amendments"}

// inOrder puts the keys of terms into the usual order.
func inOrder(terms *strictyaml.Node) {
	rank := func(e strictyaml.Entry) int {
		if i := slices.Index(usualOrder, e.Key.Text); i >= 0 {
			return i
		}
		return len(usualOrder)
	}
	slices.SortStableFunc(terms.Entries, func(a, b strictyaml.Entry) int { return rank(a) - rank(b) })
}

// fileOf is terms as an offer.yaml, and for each of its lines the path of the value on it.
func fileOf(terms *strictyaml.Node) (source []byte, paths []string) {
	add := func(path, line string) {
		paths, source = append(paths, path), append(append(source, line...), '\n')
	}
	add("", "# Made from a form by batch import-terms; docs/offer.md explains each key.")
	for _, w := range terms.Lines() {
		if mappingOrList := w.Line[0] != ' ' && strings.HasSuffix(w.Line, ":"); mappingOrList {
			add("", "")
		}
		add(w.Path, w.Line)
	}
	return source, paths
}

// place is a cell of the form.
type place struct {
	sheet    string
	col, row int // from 0 and from 1; row 0 for the sheet as a whole
	label    string
	value    string
}

func (p place) name() string {
	if p.row == 0 {
		return ""
	}
	return xlsx.CellName(p.col, p.row)
}

// reading is a form while it is read.
type reading struct {
	name     string
	formName string // of the sheet
	date1904 bool
	terms    *strictyaml.Node
	places   map[string]place // by the path of the value in the terms
	order    []string         // the paths, as they were found
	marks    []mark
	notes    []string
	faults   []Fault
}

// mark is the currency that a number format shows beside an amount of an item.
type mark struct {
	at    place
	item  *strictyaml.Node
	words string
}

// grid is the cells of a sheet that say something.
type grid struct {
	name  string
	rows  []int // in order
	cells map[int][]cell
	tail  xlsx.Tail
}

// sheets reads the sheets and finds those of the form.
func (r *reading) sheets(book *xlsx.Workbook) (form, further *grid, err error) {
	for i, sheet := range book.Sheets() {
		g, err := gridOf(book, i, sheet)
		if err != nil {
			return nil, nil, err
		}
		switch title := g.title(); {
		case title == normal(formTitle) && form == nil:
			form, r.formName = g, g.name
		case title == normal(furtherTitle) && further == nil:
			further = g
		case title == normal(formTitle) || title == normal(furtherTitle):
			r.fault(place{sheet: g.name}, "the workbook has a second sheet of this kind; keep one of the two")
		case len(g.rows) > 0:
			r.notes = append(r.notes, fmt.Sprintf("the sheet %q is not part of the form, and was not read", g.name))
			continue
		}
		r.comments(book, i, g)
	}
	if form == nil {
		r.faults = append(r.faults, Fault{File: r.name, Message: fmt.Sprintf("no sheet has %q in A1, so this is not a "+
			"form that batch "+
			"terms writes; fill in one that it wrote", formTitle)})
	}
	if form != nil && further == nil {
		r.fault(place{sheet: form.name}, fmt.Sprintf("the form lacks its sheet %[1]s; copy it from the form as it "+
			"was, or if the offer has no "+
			"further terms add a sheet with %[1]q in A1", furtherTitle))
	}
	return form, further, nil
}

// comments says that comments at cells were not read: what is in one may be meant as a term.
func (r *reading) comments(book *xlsx.Workbook, i int, g *grid) {
	comments, err := book.Comments(i)
	if err != nil {
		r.fault(place{sheet: g.name}, fmt.Sprintf("its comments cannot be read (%v); save the workbook again", err))
	}
	for _, c := range comments {
		r.notes = append(r.notes, fmt.Sprintf("the comment at %s of the sheet %q was not read: %q",
			xlsx.CellName(c.Col, c.Row), g.name,
			short(c.Text)))
	}
}

func gridOf(book *xlsx.Workbook, i int, sheet xlsx.Sheet) (*grid, error) {
	g := &grid{name: sheet.Name, cells: map[int][]cell{}}
	tail, err := book.Rows(i, func(row *xlsx.Row) error {
		for _, c := range row.Cells {
			read := cell{col: c.Col, row: row.Number, kind: c.Kind, format: c.Format, formula: c.Formula, text: string(c.Text),
				struck: c.Struck != xlsx.NotStruck, hidden: row.Hidden || sheet.Hidden}
			if c.Appearance != nil {
				shown := *c.Appearance
				read.appearance, read.struck = &shown, read.struck || shown.Struck
			}
			if !read.isBlank() {
				g.cells[row.Number] = append(g.cells[row.Number], read)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sheet %q: %w", sheet.Name, err)
	}
	g.tail = tail
	g.rows = slices.Sorted(maps.Keys(g.cells))
	for _, cells := range g.cells {
		for i := range cells {
			cells[i].hidden = cells[i].hidden || slices.ContainsFunc(tail.Hidden, func(h xlsx.Columns) bool {
				return h.First <= cells[i].col && cells[i].col <= h.Last
			})
		}
	}
	return g, nil
}

// title is the text in A1 as titles are compared, "" if there is none.
func (g *grid) title() string {
	if len(g.rows) == 0 || g.rows[0] != 1 || g.cells[1][0].col != 0 {
		return ""
	}
	return normal(values.Trim(g.cells[1][0].text))
}

// at is a cell of a row, a blank one if it says nothing.
func (g *grid) at(row, col int) cell {
	for _, c := range g.cells[row] {
		if c.col == col {
			return c
		}
	}
	return cell{col: col, row: row}
}

// isNote reports whether a cell is for people only.
func (c cell) isNote() bool {
	return c.kind == xlsx.Text && !c.formula && strings.HasPrefix(values.Trim(c.text), notePrefix)
}

// says is the text of a cell as labels are compared.
func (c cell) says() string {
	if c.kind != xlsx.Text || c.formula {
		return ""
	}
	return normal(values.Trim(c.text))
}
