package termsheet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
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
