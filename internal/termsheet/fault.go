package termsheet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/xlsx/fault"
)

// Fault is one thing that is wrong with a form, and where.
type Fault struct {
	File  string
	Sheet string // "" if it is about the file
	Cell  string // such as B7, "" if it is about the sheet
	Label string // of the field, "" if there is none
	Value string // what the cell says, "" for nothing

	Message string // what is wrong, and what to do
}

// String is the fault in one line, such as
//
//	form.xlsx: sheet "Terms", B12 (Launch), "soon": the text is not a date; write it as 2004-11-12
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File + ": ")
	if f.Sheet != "" {
		b.WriteString("sheet " + display.Quote(f.Sheet))
		if f.Cell != "" {
			b.WriteString(", " + f.Cell)
		}
		if f.Label != "" {
			b.WriteString(" (" + f.Label + ")")
		}
		if f.Value != "" {
			b.WriteString(", " + display.Quote(short(f.Value)))
		}
		b.WriteString(": ")
	}
	return b.String() + f.Message
}

// short is the beginning of a long value.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Error holds everything that is wrong with a form.
type Error struct{ Faults []Fault } // at least one

// Error shows all faults, one a line.
func (e *Error) Error() string {
	shown := make([]string, 0, len(e.Faults))
	for _, f := range e.Faults {
		shown = append(shown, f.String())
	}
	return strings.Join(shown, "\n")
}

// mostFaults is how many faults are listed at once.
const mostFaults = 100

// notAForm is the error of a file that is no workbook that can be read, or none with a form.
func notAForm(name string, err error) error {
	var wrong *fault.FormatError
	if errors.As(err, &wrong) {
		return &Error{[]Fault{{File: name, Message: fmt.Sprintf("%v; a form is an Excel workbook (.xlsx) as batch "+
			"terms writes it", err)}}}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// fault notes what is wrong with a cell.
func (r *reading) fault(at place, message string) {
	if len(r.faults) >= mostFaults || slices.ContainsFunc(r.faults, func(f Fault) bool {
		return f.Sheet == at.sheet && f.Cell == at.name() && f.Cell != ""
	}) {
		return
	}
	r.faults = append(r.faults, Fault{File: r.name, Sheet: at.sheet, Cell: at.name(), Label: at.label,
		Value: at.value, Message: message})
}

// mostRounds is how often groups can be in groups.
const mostRounds = 4

// withGroups reads terms with faults again, with each group of fields that they lack there and empty, so that of each such
// field it is said whether it is needed, and not of the group once.
func (r *reading) withGroups(err error, paths []string) ([]string, error) {
	for range mostRounds {
		var wrong *strictyaml.Error
		if !errors.As(err, &wrong) {
			break
		}
		added := false
		for _, f := range wrong.Faults {
			if strings.Contains(f.Message, " lacks the key ") && r.addGroup(f.Path) {
				added = true
			}
		}
		if !added {
			break
		}
		source, lines := fileOf(r.terms)
		_, again := offerfile.ParseTerms(r.name, source)
		if again == nil { // the group is needed, and none of its fields
			break
		}
		err, paths = again, lines
	}
	return paths, err
}

// addGroup adds an empty group at a path, if there are fields of one and it is not there.
func (r *reading) addGroup(path string) bool {
	if !slices.ContainsFunc(r.order, func(p string) bool { return strings.HasPrefix(p, path+".") }) {
		return false
	}
	item, key, inItem := strings.Cut(path, "].")
	into := r.terms
	if !inItem {
		key = path
	} else {
		list, number, _ := strings.Cut(item, "[")
		at, err := strconv.Atoi(number)
		items := r.terms.Entry(list)
		if err != nil || items == nil || at >= len(items.Items) {
			return false
		}
		into = items.Items[at]
	}
	if valueAt(into, key) != nil {
		return false
	}
	putAt(into, key, emptyMapping())
	return true
}

// termsFaults notes what the reader of offer.yaml says of the terms that the form makes, at the cells.
func (r *reading) termsFaults(err error, paths []string) error {
	var wrong *strictyaml.Error
	if !errors.As(err, &wrong) {
		return err
	}
	for _, f := range wrong.Faults {
		path := f.Path
		if field, is := neededOf[path]; is {
			path = field
		}
		at, found := r.placeOf(path)
		if !found && f.Line-1 < len(paths) {
			at, _ = r.placeOf(paths[f.Line-1])
		}
		message := f.Message
		if before, _, lacks := strings.Cut(message, " lacks the key "); lacks && before != "" && at.value == "" &&
			at.label != "" {
			message = "this is not filled in, and is needed"
		}
		r.fault(at, message)
	}
	return nil
}

// neededOf is the field that is needed of a group of fields, where it is not the first of them on the form.
var neededOf = map[string]string{"dates.settlement": "dates.settlement.final"}

// placeOf is the cell of a value by its path: its own, that of the first value in it, or that of what
// it is in.
func (r *reading) placeOf(path string) (place, bool) {
	for path != "" {
		if at, ok := r.places[path]; ok {
			return at, true
		}
		for _, p := range r.order {
			if strings.HasPrefix(p, path) && len(p) > len(path) && strings.ContainsRune(".[", rune(p[len(path)])) {
				return r.places[p], true
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return place{sheet: r.formName}, false
}
