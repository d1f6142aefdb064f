package termsheet

import (
	"errors"
	"fmt"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/xlsx"
)

// furtherFormat bounds the further terms as those of an offer.yaml.
var furtherFormat = strictyaml.Format{Bytes: 256 << 10, Nesting: 32}

// further reads the sheet of further terms and works them into those of the form.
func (r *reading) further(g *grid) {
	lines, rows := r.furtherLines(g)
	if len(lines) == 0 {
		return
	}
	d := strictyaml.Parse(r.name, []byte(strings.Join(lines, "\n")+"\n"), furtherFormat)
	placed := func(line int) place {
		row := rows[min(max(line-1, 0), len(rows)-1)]
		return place{sheet: g.name, row: row, value: g.at(row, 0).text}
	}
	if d.Failed() {
		var wrong *strictyaml.Error
		if errors.As(d.Err(), &wrong) {
			for _, f := range wrong.Faults {
				r.fault(placed(f.Line), f.Message)
			}
		}
		return
	}
	switch {
	case d.Root == nil:
	case d.Root.Kind != strictyaml.Mapping:
		r.fault(placed(1), fmt.Sprintf("the further terms are %s; write keys as in offer.yaml, such as schedule: \"30 "+
			"17 * * 1-5\"",
			d.Root.Kind))
	default:
		r.merge(r.terms, d.Root, "", placed)
	}
}

// furtherLines are the lines of further terms, and the row of each.
func (r *reading) furtherLines(g *grid) (lines []string, rows []int) {
	for _, row := range g.rows[1:] {
		for _, c := range g.cells[row] {
			at := place{sheet: g.name, col: c.col, row: row, value: c.shown()}
			switch {
			case c.isNote():
				continue
			case c.col > 0:
				r.fault(at, "nothing is read from this cell; write further terms into column A, one line in each cell")
				continue
			}
			if err := c.unsure(); err != nil {
				r.fault(at, err.Error())
				continue
			}
			if c.kind != xlsx.Text {
				r.fault(at, "this is no line of terms; format the cell as text, and write it as in offer.yaml")
				continue
			}
			for _, line := range strings.Split(strings.ReplaceAll(c.text, "\r\n", "\n"), "\n") {
				lines, rows = append(lines, strings.TrimRight(line, " \u00a0")), append(rows, row)
			}
		}
	}
	return lines, rows
}

// merge works further terms into those of the form. A term can be in one of the two only.
func (r *reading) merge(into, from *strictyaml.Node, path string, placed func(line int) place) {
	for _, e := range from.Entries {
		key := e.Key.Text
		at := strictyaml.PathTo(path, key)
		old, value := into.Entry(key), e.Value
		name := ""
		if path == "" {
			name = offerfile.NameKey(key)
		}
		switch {
		case name != "" && value.Kind == strictyaml.Mapping:
			r.mergeItems(old, value, key, name, placed)
		case old == nil:
			into.Put(key, copied(value))
			r.placeAll(value, at, placed)
		case old.Kind == strictyaml.Mapping && value.Kind == strictyaml.Mapping:
			r.merge(old, value, at, placed)
		default:
			other, _ := r.placeOf(at)
			r.fault(placed(e.Key.Line), fmt.Sprintf("%s is in %s of the form, too; keep one of the two",
				display.Quote(at), other.name()))
		}
	}
}

// mergeItems works what the further terms say of single items, by name, into the items of a list.
func (r *reading) mergeItems(list, from *strictyaml.Node, key, name string, placed func(line int) place) {
	for _, e := range from.Entries {
		i := -1
		if list != nil {
			for n, item := range list.Items {
				if id := item.Entry(name); id != nil && id.Text == e.Key.Text {
					i = n
				}
			}
		}
		switch {
		case i < 0:
			r.fault(placed(e.Key.Line), fmt.Sprintf("the form has none of the %s named %s; write it there, or correct "+
				"the name", key,
				display.Quote(e.Key.Text)))
		case e.Value.Kind != strictyaml.Mapping:
			r.fault(placed(e.Key.Line), "write what more is said of it as keys, one on each line below")
		default:
			r.merge(list.Items[i], e.Value, indexed(key, i), placed)
		}
	}
}

// placeAll notes the cells of values that come from the further terms.
func (r *reading) placeAll(n *strictyaml.Node, path string, placed func(line int) place) {
	r.places[path] = placed(n.Line)
	r.order = append(r.order, path)
	for _, e := range n.Entries {
		r.placeAll(e.Value, strictyaml.PathTo(path, e.Key.Text), placed)
	}
	for i, item := range n.Items {
		r.placeAll(item, indexed(path, i), placed)
	}
}
