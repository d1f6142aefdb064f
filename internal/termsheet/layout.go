package termsheet

import "tenderbatch/internal/strictyaml"

// Columns of the form, from 1: labels and values of the blocks at the left and at the right.
const (
	leftLabel, leftValue   = 1, 2
	rightLabel, rightValue = 5, 7
	fewestColumns          = 7
)

// notePrefix begins a cell that is for people only.
const notePrefix = "Note:"

// Rows at the top of the form.
const (
	titleRow = iota + 1
	firstNoteRow
	secondNoteRow
	firstRow = secondNoteRow + 2
)

// notes are what the form says to those who fill it in.
var notes = []string{
	notePrefix + " fill in the empty fields; a field that the offer does not have stays empty. Amounts are " +
		"numbers, with no currency; prices are per 1,000 of principal, unless it says otherwise at the right.",
	notePrefix + " what the form has no field for is on the sheet " + furtherTitle + ". Formulas, merged fields " +
		"and hidden rows are not read.",
}

// spot is a field of the form in its place, filled in or not.
type spot struct {
	field    field
	list     string // of offer.yaml, "" for a term of the offer as a whole
	item     int    // of the list, from 0
	row, col int    // from 1
}

// path is the path of the value in offer.yaml.
func (s spot) path() string {
	path := ""
	if s.list != "" {
		path = itemPath(s.list, s.item)
	}
	return pathUnder(path, s.field.key)
}

func itemPath(list string, item int) string { return indexed(list, item) }

// label is a title or label at its place; a heading is one of a table, whose fields are below it.
type label struct {
	text     string
	row, col int
	kind     labelKind
}

type labelKind int

const (
	blockTitle labelKind = iota
	fieldLabel
	tableHeading
	noteLabel
)

// layout is where everything of a form is.
type layout struct {
	labels []label
	spots  []spot
	last   int // row
	cols   int
}

// lay gives each field its place. count says how many items a list has; an empty form has some of each.
func lay(count func(list string) int) *layout {
	l := &layout{cols: fewestColumns}
	left := l.blocks(leftBlocks, firstRow, leftLabel, leftValue)
	right := l.blocks(rightBlocks, firstRow, rightLabel, rightValue)
	row := max(left, right)
	for _, t := range tables {
		n := max(count(t.list), t.rows)
		l.labels = append(l.labels, label{t.title, row, leftLabel, blockTitle})
		if t.columns {
			row = l.grid(t, row+1, n)
		} else {
			row = l.rows(t, row+1, n)
		}
		row++
	}
	l.last = row - 2
	return l
}

// blocks places blocks below each other and returns the row after the gap below them.
func (l *layout) blocks(all []block, row, labelCol, valueCol int) int {
	for _, b := range all {
		l.labels = append(l.labels, label{b.title, row, labelCol, blockTitle})
		if b.note != "" {
			l.labels = append(l.labels, label{notePrefix + " " + b.note, row, valueCol + 1, noteLabel})
		}
		row++
		for _, f := range b.fields {
			l.labels = append(l.labels, label{f.label, row, labelCol, fieldLabel})
			l.spots = append(l.spots, spot{field: f, row: row, col: valueCol})
			if f.beside != "" {
				l.spots = append(l.spots, spot{field: besideOf(f), row: row, col: valueCol + 1})
			}
			row++
		}
		row++
	}
	return row
}

// grid places a table whose items are columns.
func (l *layout) grid(t table, row, items int) int {
	for _, f := range t.fields {
		l.labels = append(l.labels, label{f.label, row, leftLabel, fieldLabel})
		for i := range items {
			l.spots = append(l.spots, spot{field: f, list: t.list, item: i, row: row, col: leftValue + i})
		}
		row++
	}
	l.cols = max(l.cols, leftLabel+items)
	return row
}

// rows places a table whose items are rows.
func (l *layout) rows(t table, row, items int) int {
	for col, f := range t.fields {
		l.labels = append(l.labels, label{f.label, row, col + 1, tableHeading})
		for i := range items {
			l.spots = append(l.spots, spot{field: f, list: t.list, item: i, row: row + 1 + i, col: col + 1})
		}
	}
	return row + 1 + items
}

// emptyMapping is terms in which nothing is said yet.
func emptyMapping() *strictyaml.Node { return &strictyaml.Node{Kind: strictyaml.Mapping} }
