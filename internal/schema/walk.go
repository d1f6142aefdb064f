package schema

import (
	"tenderbatch/internal/strictyaml"
)

// Walk is one pass of a reader over a file that has every key, or some of them. The reader asks for a
// node by the value that it notes, and so the file grows as it is read.
type Walk struct {
	Sample string // the text of every single value

	pick  int             // which choice is made, where there are several
	kind  strictyaml.Kind // of every value
	whole bool            // every key that may be left out is there; else some are
	asked uint32          // how many times it was asked for such a key
	of    map[*strictyaml.Node]*Value
}

// mostChoices is at least as many as any choice of a reader has.
const mostChoices = 100

// Each has a reader pass over files that differ in what a reader may look at: the kind of the
// values, which optional keys are there, a number that is zero, and each choice.
func Each(read func(*Walk)) {
	for _, kind := range []strictyaml.Kind{strictyaml.Scalar, strictyaml.Mapping, strictyaml.List} {
		for pick := range mostChoices {
			for _, sample := range []string{"1", "0"} {
				read(&Walk{Sample: sample, pick: pick, kind: kind, whole: sample == "1" && pick%2 == 0,
					of: map[*strictyaml.Node]*Value{}})
			}
		}
	}
}

// Of is the value that a node is for, nil for none.
func (w *Walk) Of(n *strictyaml.Node) *Value {
	if w == nil || n == nil {
		return nil
	}
	return w.of[n]
}

// Node is a node for a value. It has one entry, whatever its key.
func (w *Walk) Node(v *Value) *strictyaml.Node {
	n := w.leaf(v)
	key := &strictyaml.Node{Kind: strictyaml.Scalar, Text: "ANY"}
	n.Entries = []strictyaml.Entry{{Key: key, Value: w.leaf(v.Any())}}
	return n
}

// leaf is a node without entries.
func (w *Walk) leaf(v *Value) *strictyaml.Node {
	n := &strictyaml.Node{Kind: w.kind, Text: w.Sample, Line: 1, Column: 1, Width: 1}
	w.of[n] = v
	return n
}

// Optional is a node for the value of a key that may be left out, nil where it is: in a third of the
// places, which are others in each pass.
func (w *Walk) Optional(v *Value) *strictyaml.Node {
	w.asked++
	mixed := (w.asked*2654435761 ^ uint32(w.pick)*40503*65537) >> 7
	if !w.whole && mixed%3 == 0 {
		return nil
	}
	return w.Node(v)
}

// Chosen is the place of the choice to make of so many.
func (w *Walk) Chosen(of int) int {
	if of > mostChoices {
		panic("schema: a choice of more words than are tried; raise mostChoices")
	}
	return w.pick % of
}
