package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Fault is one thing that is wrong with the file, and where.
type Fault struct {
	File    string
	Line    int    // 1 is the first
	Column  int    // in characters; 1 is the first
	Message string // what is wrong and what to do
}

// String is the message with its place before it.
func (f Fault) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Error holds everything that is wrong with the file.
type Error struct {
	Faults []Fault // at least one, in the order of the file
}

// Error shows all faults, one on a line. It never shows a value, which may be a
// secret that was put where the name of a variable belongs.
func (e *Error) Error() string {
	shown := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		shown[i] = f.String()
	}
	return strings.Join(shown, "\n")
}

// maxFaults is how many faults are listed at once.
const maxFaults = 50

// file is a batch.yaml while it is read.
type file struct {
	name   string
	faults []Fault
}

// place notes a fault at a line and column.
func (f *file) place(line, column int, format string, args ...any) {
	if len(f.faults) < maxFaults {
		f.faults = append(f.faults, Fault{File: f.name, Line: max(line, 1), Column: max(column, 1), Message: fmt.Sprintf(format, args...)})
	}
}

// fault notes a fault at a value.
func (f *file) fault(at ast.Node, format string, args ...any) {
	if m, ok := at.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		at = m.Values[0].Key // the token of a mapping is its first colon
	}
	line, column := 1, 1
	if t := at.GetToken(); t != nil && t.Position != nil {
		line, column = t.Position.Line, t.Position.Column
	}
	f.place(line, column, format, args...)
}

// err returns the faults in the order of the file.
func (f *file) err() error {
	slices.SortStableFunc(f.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{Faults: f.faults}
}
