package outgoing

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/ledger"
)

// TestNoWireIsPaidTwice draws runs of an offer, each of which supersedes the one before, and exports of the newest, with
// whatever a person says was paid. What the bank pays of a wire, by all exports that are not refused, is never more than
// the largest amount that a run has for it.
func TestNoWireIsPaidTwice(t *testing.T) {
	const wires = 3
	rapid.Check(t, func(rt *rapid.T) {
		var names []string       // the newest run first
		var amounts [][wires]int // of each run
		var entries []ledger.Entry
		var sent [wires]int
		for step := range rapid.IntRange(2, 25).Draw(rt, "steps") {
			if len(names) == 0 || rapid.IntRange(0, 2).Draw(rt, "what") == 0 {
				var next [wires]int
				for w := range wires {
					if len(amounts) > 0 {
						next[w] = amounts[0][w]
					}
					next[w] += rapid.IntRange(0, 2).Draw(rt, "more")
				}
				names, amounts = slices.Insert(names, 0, fmt.Sprint("run-", step)), slices.Insert(amounts, 0, next)
				continue
			}
			basis := rapid.IntRange(0, len(names)-1).Draw(rt, "paid") // 0: none of them
			e, pays := &Export{}, [wires]int{}
			if basis > 0 {
				e.paid = names[basis]
			}
			var references []string
			for w := range wires {
				pays[w] = amounts[0][w]
				if basis > 0 {
					pays[w] -= amounts[basis][w]
				}
				if pays[w] > 0 {
					references = append(references, fmt.Sprint("wire-", w))
				}
			}
			last, first, n := exportedOf(entries, paidBefore(names[1:], e.paid), references)
			if n > 0 {
				if last.Export == nil || !slices.Contains(references, first) {
					rt.Fatalf("it is refused for %q, by %+v", first, last)
				}
				continue
			}
			entries = append(entries, ledger.Entry{Event: ledger.Exported, Run: names[0], Export: &ledger.Export{Wires: references}})
			for w := range wires {
				if sent[w] += pays[w]; sent[w] > amounts[0][w] {
					rt.Fatalf("of wire %d %d is paid, and it is over %d: %+v", w, sent[w], amounts[0][w], entries)
				}
			}
		}
	})
}

// What was exported before is refused as long as nothing says that it was paid, and nothing else is.
func TestWhatWasExportedIsRefusedOnce(t *testing.T) {
	entries := []ledger.Entry{{Run: "a", Seq: 1}, {Run: "a", Seq: 2, Export: &ledger.Export{Wires: []string{"x", "y"}}},
		{Run: "b", Seq: 3, Export: &ledger.Export{Wires: []string{"y", "z"}}}}
	for _, c := range []struct {
		supersedes []string
		paid       string
		wires      []string
		n          int
		last       int64
	}{
		{nil, "", []string{"x", "y", "z", "v"}, 3, 3},
		{nil, "", []string{"x"}, 1, 2},
		{nil, "", []string{"v"}, 0, 0},
		{[]string{"b", "a"}, "b", []string{"x", "y", "z"}, 0, 0},
		{[]string{"b", "a"}, "a", []string{"x", "y", "z"}, 2, 3},
		{[]string{"b", "a"}, "", []string{"x", "y"}, 2, 3},
		{nil, "b", []string{"x"}, 1, 2}, // it supersedes nothing
	} {
		if last, _, n := exportedOf(entries, paidBefore(c.supersedes, c.paid), c.wires); n != c.n || last.Seq != c.last {
			t.Errorf("%+v: %d, by entry %d", c, n, last.Seq)
		}
	}
}
