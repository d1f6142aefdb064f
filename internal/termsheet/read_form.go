package termsheet

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// form reads the sheet of the form: first the blocks, then the tables, each below its title.
func (r *reading) form(g *grid) {
	rows, tableAt := g.rows[1:], titlesOf(g) // below the title
	first := len(rows)
	for i, row := range rows {
		if tableAt[row] != nil {
			first = i
			break
		}
	}
	fields := r.blocks(g, rows[:first])
	missing := []string{}
	for i := range tables {
		if !slices.ContainsFunc(rows, func(row int) bool { return tableAt[row] == &tables[i] }) {
			missing = append(missing, tables[i].title)
		}
	}
	for at := first; at < len(rows); {
		end := at + 1
		for end < len(rows) && tableAt[rows[end]] == nil {
			end++
		}
		for _, c := range g.cells[rows[at]] {
			if c.col > 0 && !c.isNote() {
				r.unread(g, c)
			}
		}
		t := tableAt[rows[at]]
		if t.columns {
			fields = append(fields, r.gridTable(g, t, rows[at], rows[at+1:end])...)
		} else {
			fields = append(fields, r.rowTable(g, t, rows[at], rows[at+1:end])...)
		}
		at = end
	}
	if len(missing) > 0 {
		r.fault(place{sheet: g.name}, fmt.Sprintf("the form lacks the table %s; write an empty one with batch terms "+
			"--blank, and copy the "+
			"values there", strings.Join(missing, ", and the table ")))
	}
	r.merged(g, fields)
	r.checkMarks()
}

// titlesOf are the tables by the rows of their titles. A title is alone in its row; where none of a table is, the first
// one with something beside it counts, or all below would be taken for the table before.
func titlesOf(g *grid) map[int]*table {
	all := map[int]*table{}
	for i := range tables {
		beside := -1
		for _, row := range g.rows[1:] {
			others := slices.ContainsFunc(g.cells[row], func(c cell) bool { return c.col > 0 && !c.isNote() })
			switch {
			case g.at(row, 0).says() != normal(tables[i].title):
			case !others:
				all[row], beside = &tables[i], -2
			case beside == -1:
				beside = row
			}
		}
		if beside >= 0 {
			all[beside] = &tables[i]
		}
	}
	return all
}

// known is a field of the blocks, and where its value is from its label on.
type known struct {
	field
	offset int
}

func blockFields() map[string]known {
	all := map[string]known{}
	for _, b := range leftBlocks {
		for _, f := range b.fields {
			all[normal(f.label)] = known{f, leftValue - leftLabel}
		}
	}
	for _, b := range rightBlocks {
		for _, f := range b.fields {
			all[normal(f.label)] = known{f, rightValue - rightLabel}
		}
	}
	return all
}

// blocks reads the terms of the offer as a whole, and returns the cells of the fields.
func (r *reading) blocks(g *grid, rows []int) (fields [][2]int) {
	wanted, found := blockFields(), map[string]place{}
	titles := map[string]bool{}
	for _, b := range slices.Concat(leftBlocks, rightBlocks) {
		titles[normal(b.title)] = true
	}
	for _, row := range rows {
		read := map[int]bool{}
		for _, c := range g.cells[row] {
			f, is := wanted[c.says()]
			switch {
			case read[c.col] || c.isNote() || titles[c.says()]:
			case is:
				at := place{sheet: g.name, col: c.col, row: row, label: f.label}
				if first, twice := found[f.key]; twice {
					r.fault(at, fmt.Sprintf("this field is there twice, first in %s; keep one of the two", first.name()))
				}
				found[f.key] = at
				fields = append(fields, [2]int{c.col + f.offset, row})
				read[c.col+f.offset] = true
				r.value(g.at(row, c.col+f.offset), g.name, f.field, "", "")
				if f.beside != "" {
					fields, read[c.col+f.offset+1] = append(fields, [2]int{c.col + f.offset + 1, row}), true
					r.value(g.at(row, c.col+f.offset+1), g.name, besideOf(f.field), "", "")
				}
			default:
				r.unread(g, c)
			}
		}
	}
	r.lacking(g, func(yield func(field) bool) {
		for _, b := range slices.Concat(leftBlocks, rightBlocks) {
			for _, f := range b.fields {
				if _, ok := found[f.key]; !ok && !yield(f) {
					return
				}
			}
		}
	}, "")
	return fields
}

// lacking says which fields were taken out of the form.
func (r *reading) lacking(g *grid, fields func(func(field) bool), in string) {
	var labels []string
	for f := range fields {
		labels = append(labels, f.label)
	}
	if len(labels) == 0 {
		return
	}
	r.fault(place{sheet: g.name}, fmt.Sprintf("the form lacks %s%s: a label was changed, or the field was deleted; "+
		"write the label again, or "+
		"copy the values into an empty form of batch terms --blank", strings.Join(labels, ", "), in))
}

// unread is the fault of a cell that is no field.
func (r *reading) unread(g *grid, c cell) {
	r.fault(place{sheet: g.name, col: c.col, row: c.row, value: c.text}, "nothing is read from this cell, as it is "+
		"no field of the form; "+
		"move what it says into a field, clear it, or begin it with "+notePrefix)
}

// value reads the cell of a field and puts it among the terms.
func (r *reading) value(c cell, sheet string, f field, list, at string) {
	path := pathUnder(at, f.key)
	here := place{sheet: sheet, col: c.col, row: c.row, label: f.label, value: c.shown()}
	if _, is := r.places[path]; !is {
		r.order = append(r.order, path)
	}
	r.places[path] = here
	asked := askedOf(list, f.key)
	n, err := c.asNode(asked, f, r.date1904)
	if err != nil {
		r.fault(here, err.Error())
		n = &strictyaml.Node{Kind: strictyaml.Scalar, Text: unreadable}
	}
	if n == nil {
		return
	}
	into := r.terms
	if list != "" {
		items := r.terms.Entry(list)
		into = items.Items[len(items.Items)-1]
	}
	putAt(into, f.key, n)
	if c.kind == xlsx.Number && c.appearance != nil && c.appearance.Currency != "" {
		r.marks = append(r.marks, mark{here, into, c.appearance.Currency})
	}
}

// unreadable is in the terms for a value that cannot be read: what is not there would count as not filled in, and what
// depends on it would be found wrong, too. What the reader of offer.yaml says of it is not said, as its cell has its fault.
const unreadable = "?"

// checkMarks says which amounts are shown in another currency than the item has.
func (r *reading) checkMarks() {
	for _, m := range r.marks {
		currency := m.item.Entry("currency")
		if currency == nil || currency.Kind != strictyaml.Scalar {
			continue
		}
		for word := range strings.FieldsSeq(m.words) {
			if !values.MarkFits(word, currency.Text) {
				r.fault(m.at, fmt.Sprintf("the cell shows it in %s, and the currency is %s; correct one of the two", word, currency.Text))
			}
		}
	}
}

// shown is the text of a cell in a message.
func (c cell) shown() string {
	if c.kind == xlsx.Number && c.format == xlsx.DateTime {
		return ""
	}
	return values.Trim(c.text)
}

// newItem adds an item to a list of the terms, and returns its path.
func (r *reading) newItem(list string) string {
	items := r.terms.Entry(list)
	if items == nil {
		items = &strictyaml.Node{Kind: strictyaml.List}
		r.terms.Put(list, items)
	}
	items.Items = append(items.Items, emptyMapping())
	return indexed(list, len(items.Items)-1)
}

// titlePlace notes where a list is, for what is said of it as a whole.
func (r *reading) titlePlace(g *grid, t *table, row int) {
	if first, twice := r.places[t.list]; twice {
		r.fault(place{sheet: g.name, row: row, label: t.title}, "this table is there twice, first in "+
			""+first.name()+"; keep one of the two")
	}
	r.places[t.list] = place{sheet: g.name, row: row, label: t.title}
}

// gridTable reads a table whose items are columns.
func (r *reading) gridTable(g *grid, t *table, title int, rows []int) (fields [][2]int) {
	r.titlePlace(g, t, title)
	at := map[string]int{} // row by key
	used := map[int]bool{}
	for _, row := range rows {
		i := slices.IndexFunc(t.fields, func(f field) bool { return normal(f.label) == g.at(row, 0).says() })
		for _, c := range g.cells[row] {
			switch {
			case c.isNote() || (i >= 0 && c.col == 0):
			case i < 0:
				r.unread(g, c)
			default:
				used[c.col] = true
			}
		}
		if i < 0 {
			continue
		}
		if first, twice := at[t.fields[i].key]; twice {
			r.fault(place{sheet: g.name, row: row, label: t.fields[i].label},
				fmt.Sprintf("this field is there twice, first in row %d; keep one of the two", first))
		}
		at[t.fields[i].key] = row
	}
	r.lacking(g, lacks(t, at), " in the table "+t.title)
	if len(used) > mostItems {
		r.tooMany(g, t, title)
		return nil
	}
	for _, col := range sortedKeys(used) {
		path := r.newItem(t.list)
		for _, f := range t.fields {
			if row, is := at[f.key]; is {
				fields = append(fields, [2]int{col, row})
				r.value(g.at(row, col), g.name, f, t.list, path)
			}
		}
	}
	return fields
}

// rowTable reads a table whose items are rows.
func (r *reading) rowTable(g *grid, t *table, title int, rows []int) (fields [][2]int) {
	r.titlePlace(g, t, title)
	rows = slices.DeleteFunc(slices.Clone(rows), func(row int) bool {
		return !slices.ContainsFunc(g.cells[row], func(c cell) bool { return !c.isNote() })
	})
	at := map[string]int{} // column by key
	if len(rows) > 0 {
		for _, c := range g.cells[rows[0]] {
			i := slices.IndexFunc(t.fields, func(f field) bool { return normal(f.label) == c.says() })
			if i < 0 {
				if !c.isNote() {
					r.unread(g, c)
				}
				continue
			}
			if first, twice := at[t.fields[i].key]; twice {
				r.fault(place{sheet: g.name, col: c.col, row: c.row, label: t.fields[i].label},
					"this column is there twice, first in "+xlsx.CellName(first, c.row)+"; keep one of the two")
			}
			at[t.fields[i].key] = c.col
		}
		rows = rows[1:]
	}
	r.lacking(g, lacks(t, at), " in the table "+t.title)
	if len(rows) > mostItems {
		r.tooMany(g, t, title)
		return nil
	}
	for _, row := range rows {
		path := r.newItem(t.list)
		read := map[int]bool{}
		for _, f := range t.fields {
			if col, is := at[f.key]; is {
				read[col], fields = true, append(fields, [2]int{col, row})
				r.value(g.at(row, col), g.name, f, t.list, path)
			}
		}
		for _, c := range g.cells[row] {
			if !read[c.col] && !c.isNote() {
				r.unread(g, c)
			}
		}
	}
	return fields
}

// mostItems is more than the items of any table of an offer.
const mostItems = 500

func (r *reading) tooMany(g *grid, t *table, title int) {
	r.fault(place{sheet: g.name, row: title, label: t.title}, fmt.Sprintf("the table has more than %d items, more than any offer; clear "+
		"what does not belong here", mostItems))
}

// lacks are the fields of a table that were not found.
func lacks(t *table, found map[string]int) func(func(field) bool) {
	return func(yield func(field) bool) {
		for _, f := range t.fields {
			if _, is := found[f.key]; !is && !yield(f) {
				return
			}
		}
	}
}

func sortedKeys(m map[int]bool) (all []int) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// merged says which merged ranges have several fields in them: only the first would be read.
func (r *reading) merged(g *grid, fields [][2]int) {
	for _, m := range g.tail.Merged {
		n := 0
		for _, at := range fields {
			if m.FirstCol <= at[0] && at[0] <= m.LastCol && m.FirstRow <= at[1] && at[1] <= m.LastRow {
				n++
			}
		}
		if n > 1 {
			at := place{sheet: g.name, col: m.FirstCol, row: m.FirstRow}
			r.fault(at, fmt.Sprintf("the cells down to %s are merged and are %d fields; unmerge them, and write each "+
				"value into its own field",
				xlsx.CellName(m.LastCol, m.LastRow), n))
		}
	}
}
